"""Metres per unit of length, from a file, for protocols with a metric scale."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, final

import numpy as np

from trajectory.errors import ReadError
from trajectory.files import read_json


@final
@dataclass(frozen=True, kw_only=True)
class DepthScale:
    """Metres per unit of each trajectory, from a depth map (CamI2V: median of metric over reconstructed depth).

    Attributes:
        reference: metres per unit of the reference.
        generated: metres per unit of the generated path.
    """

    reference: float
    generated: float


def read_depth_scales(path: str | Path) -> dict[str, DepthScale]:
    """A JSON file {"clip": {"reference": metres per unit, "generated": metres per unit}, ...}.

    CamI2V's scale is the median over pixels of metric depth over reconstructed depth, in the first frame.
    """
    file = Path(path)
    remedy = 'expected JSON like {"clip": {"reference": 1.5, "generated": 0.8}}'
    table = read_json(file, remedy=remedy)
    if not isinstance(table, dict):
        raise ReadError(file, f"holds a {type(table).__name__}", remedy=remedy)
    scales: dict[str, DepthScale] = {}
    for name, entry in cast("dict[str, Any]", table).items():
        sides = ("reference", "generated")
        given = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
        numbers: list[Any] = [given.get(side) for side in sides]
        good = [isinstance(x, int | float) and not isinstance(x, bool) and np.isfinite(x) and x > 0 for x in numbers]
        if not all(good):
            raise ReadError(file, f"gives {name!r} the scales {numbers}, expected two positive numbers", remedy=remedy)
        scales[name] = DepthScale(reference=float(numbers[0]), generated=float(numbers[1]))
    return scales
