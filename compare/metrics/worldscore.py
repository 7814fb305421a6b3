"""WorldScore: one number of RotErr and TransErr."""

from collections.abc import Mapping

import numpy as np

from compare.metrics._metric import Metric
from compare.metrics._scores import undefined
from compare.rows import Score


def world_score(rotation_deg: float, translation: float) -> Score:
    """WorldScore's camera control: sqrt of (1 - clip(rotation / 15°)) times (1 - clip(translation / 0.5))."""
    quality = (1 - np.clip(rotation_deg / 15, 0, 1)) * (1 - np.clip(translation / 0.5, 0, 1))
    return Score(name="WorldScore", value=float(np.sqrt(quality)), unit="score", better="higher", worst=0.0)


def _combine(found: Mapping[str, Score]) -> Score:
    rotation, translation = found["RotErr"].value, found["TransErr"].value
    if rotation is None or translation is None:
        return undefined("WorldScore", "score", "RotErr or TransErr is undefined", better="higher", worst=0.0)
    return world_score(rotation, translation)


METRIC = Metric(
    name="WorldScore",
    summary="sqrt of the two clipped qualities",
    unit="score",
    better="higher",
    combine=_combine,
    parts=("RotErr", "TransErr"),
    worst=0.0,
)
