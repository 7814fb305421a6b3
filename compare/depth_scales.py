"""Metres per unit of length, from a file, for protocols with a metric scale."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, final

from trajectory.errors import CinetrajError, ReadError
from trajectory.files import read_json
from trajectory.plain_numbers import is_positive


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

    def __post_init__(self) -> None:
        for name in ("reference", "generated"):
            value = getattr(self, name)
            if not is_positive(value):
                raise CinetrajError(f"depth scale: {name} is {value!r}, expected metres per unit, a number above 0")
            object.__setattr__(self, name, float(value))


def scales_of(given: Any) -> Mapping[str, DepthScale]:
    """The scales by the names of their clips, from such a mapping, a file of them, or None for none.

    Raises CinetrajError for anything else, as one number for both paths of a clip.
    """
    if given is None:
        return {}
    if isinstance(given, str | Path):
        return read_depth_scales(given)
    each: list[Any] = [*cast("Mapping[str, Any]", given).values()] if isinstance(given, Mapping) else [given]
    strange = [value for value in each if not isinstance(value, DepthScale)]
    if strange or not isinstance(given, Mapping):
        raise CinetrajError(
            f"depth scales hold {strange[0] if strange else given!r}, expected a file of them, or "
            "{'clip': compare.depth_scales.DepthScale(reference=1.5, generated=0.8)}: metres per unit of either path"
        )
    return {str(name): scale for name, scale in cast("Mapping[str, DepthScale]", given).items()}


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
        both: list[Any] = [given.get(side) for side in sides]
        if not all(map(is_positive, both)):
            raise ReadError(file, f"gives {name!r} the scales {both}, expected two positive numbers", remedy=remedy)
        scales[name] = DepthScale(reference=float(both[0]), generated=float(both[1]))
    return scales
