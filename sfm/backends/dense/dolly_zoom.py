"""The sign of a way along the axis with a zoom: asked of what covers what, and doubted where that is silent."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from sfm.backends.dense.graph import FlowGraph
from sfm.backends.dense.models import DenseFit, Lens, fits_along_the_axis
from sfm.backends.dense.occlusion import Covered
from sfm.config import SelectionConfig
from sfm.geometry.projection import camera_centres
from sfm.motion.consensus import agreement
from sfm.motion.selection import Selection, select_model

SURE = 0.25
"""A balance of votes from here on decides. Where more than ten votes fell on rendered clips, it was 0.3 to 0.9 for the
right sign and the opposite for its twin."""
NEAR_TIE = 0.1
"""A twin that so much less of the content agrees with is a rival still."""
ALONG = 0.35
"""A path of which no more than this lies along the axis, 70 degrees off it, is no dolly whichever way round: a way
across the axis moves all in one direction, and its twin would move it outwards."""


def has_twin(fit: DenseFit) -> bool:
    """Whether a fit that translates may be told inside out: it zooms, or goes along its axis."""
    centre = camera_centres(fit.parameters.rotation, fit.parameters.translation).cpu().numpy()
    extent = np.ptp(centre, axis=0)
    return fit.model.zooms or bool(extent[2] > ALONG * np.linalg.norm(extent))


def with_the_sign(
    selection: Selection[DenseFit],
    fits: Sequence[DenseFit],
    votes: Covered,
    graph: FlowGraph,
    lens: Lens,
    unit_px: float,
    config: SelectionConfig,
) -> Selection[DenseFit]:
    """The selection, or that of its twin inside out where what covers what says so; flagged where nothing decides.

    Args:
        selection: by residuals alone, of a camera that translates.
        fits: all five models.
        votes: of what covers what under the selected fit.
        graph, lens, unit_px: as the models were fitted with.
        config: of the selection.
    """
    said = {**asdict(votes), "balance": votes.balance, "turned_inside_out": False}
    selection = replace(selection, evidence={**selection.evidence, "occlusion": said})
    if votes.balance > SURE:
        return selection
    twins = [fit for fit in fits_along_the_axis(graph, lens) if likeness(fit, selection.fitted) < 0]
    own, *others = agreement([selection.fitted, *twins], unit_px, fits[:3])
    if not others or max(others) < own - NEAR_TIE:
        return selection
    twin = twins[int(np.argmax(others))]
    if votes.balance < -SURE:
        # That the camera travels was found before; only which way round is asked here.
        other = select_model([*fits[:3], twin], unit_px, config, prior=lens.focal, model=twin.model.name)
        return replace(other, evidence={**other.evidence, "occlusion": {**said, "turned_inside_out": True}})
    return replace(selection, ambiguous=tuple(sorted({*selection.ambiguous, "dolly_zoom"})))


def likeness(one: DenseFit, other: DenseFit) -> float:
    """Whether two fits agree on what is near: the correlation of their inverse depths, none beyond its spread."""
    seen = (one.patch_votes > 0) & (other.patch_votes > 0)
    first, second = (fit.parameters.inverse_depth.cpu().numpy()[seen].astype(float) for fit in (one, other))
    return float(np.corrcoef(_within(first), _within(second))[0, 1])


def _within(near: np.ndarray) -> np.ndarray:
    low, high = np.quantile(near, (0.1, 0.9))
    return np.clip(near, low, high)
