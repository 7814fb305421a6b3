"""How to describe a trajectory."""

from dataclasses import dataclass, field
from typing import Any, Literal, final, get_args

import numpy as np

from trajectory.best_estimates import UnknownScores
from trajectory.compound import CompoundConfig
from trajectory.decisions import Thresholds
from trajectory.errors import CinetrajError
from trajectory.gravity import Gravity
from trajectory.kinematics import INDEX_FPS
from trajectory.plain_numbers import is_number
from trajectory.primitives import Extent
from trajectory.segments import SegmentConfig
from trajectory.steadiness import SteadinessConfig

Rule = Literal["apparent", "authors"]


@final
@dataclass(frozen=True, kw_only=True)
class DescribeConfig:
    """How to describe a trajectory.

    Attributes:
        rule: "apparent" (content displacement in image diagonals) or "authors" (CameraBench's own scoring).
        extent: rule apparent: "endpoint" (last frame against the first) or "path" (summed along the way).
        assumed_fov_deg: field of view along the longer side where the trajectory has no intrinsics.
        assumed_fps: frame rate where the trajectory only counts frames.
        pitch_deg, roll_deg: attitude of the first frame (up and clockwise positive), where known: pitch or both; else
            the provenance's.
        unknown: whether a score that is not known is the best estimate ("number"), flagged, or None ("nan").
    """

    rule: Rule = "apparent"
    extent: Extent = "endpoint"
    thresholds: Thresholds = field(default_factory=Thresholds)
    steadiness: SteadinessConfig = field(default_factory=SteadinessConfig)
    segments: SegmentConfig = field(default_factory=SegmentConfig)
    compound: CompoundConfig = field(default_factory=CompoundConfig)
    assumed_fov_deg: float = 55.0
    assumed_fps: float = INDEX_FPS
    pitch_deg: float | None = None
    roll_deg: float = 0.0
    unknown: UnknownScores = "number"

    def __post_init__(self) -> None:
        choices: dict[str, Any] = {"rule": Rule, "extent": Extent, "unknown": UnknownScores}
        for name, choice in choices.items():
            if getattr(self, name) not in get_args(choice):
                known = ", ".join(get_args(choice))
                raise CinetrajError(f"{name} is {getattr(self, name)!r}, expected one of {known}")
        parts = {"thresholds": Thresholds, "steadiness": SteadinessConfig}
        parts |= {"segments": SegmentConfig, "compound": CompoundConfig}
        for name, kind in parts.items():
            if not isinstance(getattr(self, name), kind):
                raise CinetrajError(f"{name} is {getattr(self, name)!r}, expected {kind.__name__}")
        for name in ("assumed_fov_deg", "assumed_fps", "roll_deg", "pitch_deg"):
            value = getattr(self, name)
            if not is_number(value) and not (name == "pitch_deg" and value is None):
                raise CinetrajError(f"{name} is {value!r}, expected a number")
        if not 1.0 <= self.assumed_fov_deg <= 170.0:
            raise CinetrajError(f"assumed_fov_deg is {self.assumed_fov_deg}, expected 1..170")
        if not 0.0 < self.assumed_fps < np.inf:
            raise CinetrajError(f"assumed_fps is {self.assumed_fps}, expected a positive number")
        if self.pitch_deg is None and self.roll_deg:
            raise CinetrajError(
                f"roll_deg is {self.roll_deg} without a pitch_deg, beside which alone it counts; give both"
            )
        if self.pitch_deg is not None:
            Gravity(pitch_deg=self.pitch_deg, roll_deg=self.roll_deg)  # refuses what is none
