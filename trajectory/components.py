"""The names of CameraBench's 15 primitives and the seven signed components behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, final

import numpy as np
from jaxtyping import Float

from trajectory.kinematics import Motion, translation_is_noise

TranslationUnit = Literal["scene_depth", "path_length"]

NAMES: tuple[str, ...] = (
    "Move_In",
    "Move_Out",
    "Move_Up",
    "Move_Down",
    "Move_Right",
    "Move_Left",
    "Zoom_In",
    "Zoom_Out",
    "Pan_Right",
    "Pan_Left",
    "Tilt_Up",
    "Tilt_Down",
    "Roll_Clockwise",
    "Roll_Counterclockwise",
    "Static",
)
"""Names of the binary splits of CameraBench, in the order of its published table."""

CHANNELS: tuple[tuple[str, str], ...] = (
    ("Move_Right", "Move_Left"),
    ("Move_Down", "Move_Up"),
    ("Move_In", "Move_Out"),
    ("Tilt_Up", "Tilt_Down"),
    ("Pan_Right", "Pan_Left"),
    ("Roll_Clockwise", "Roll_Counterclockwise"),
    ("Zoom_In", "Zoom_Out"),
)
"""The seven signed components in OpenCV axes, each as (name where positive, name where negative)."""

TRANSLATION = slice(0, 3)
ROTATION = slice(3, 6)
ZOOM = 6
CHANNEL_OF = {name: (i, sign) for i, pair in enumerate(CHANNELS) for name, sign in zip(pair, (1.0, -1.0), strict=True)}
"""Component and sign of each primitive but Static."""

NO_INTRINSICS = "no intrinsics: the focal length is taken as constant, so zoom is not known"
PATH_LENGTH = "no scene depth: translation is in units of the path length, so its size is not known"


def opposite(primitive: str) -> str:
    """The primitive of the same component that goes the other way."""
    channel, sign = CHANNEL_OF[primitive]
    return CHANNELS[channel][1 if sign > 0 else 0]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """What a rule says of a clip.

    Attributes:
        channels: the seven signed components, NaN where not known.
        scores: by primitive; None where not known.
        best: by primitive; where not known the best estimate: a translation that nothing shows is zero, as its
            positions are by convention, and Static is no better than at its threshold. Empty where nothing was seen.
    """

    rule: str
    channels: Float[np.ndarray, " 7"]
    scores: Mapping[str, float | None]
    translation_unit: TranslationUnit
    notes: tuple[str, ...] = field(default=())
    best: Mapping[str, float] = field(default_factory=dict[str, float])


def by_name(channels: Float[np.ndarray, " 7"], static: float | None) -> dict[str, float | None]:
    """Scores by primitive in the order of `NAMES`; each opposite is the negative, unknown ones are None."""
    found: dict[str, float | None] = {}
    for name in NAMES:
        if name == "Static":
            found[name] = static
            continue
        channel, sign = CHANNEL_OF[name]
        value = float(channels[channel]) * sign
        found[name] = value + 0.0 if np.isfinite(value) else None
    return found


def best_by_name(channels: Float[np.ndarray, " 7"], static: float | None, static_best: float) -> dict[str, float]:
    """A number for every primitive: unknown components count as zero, an unknown Static as `static_best`."""
    numbers = by_name(np.nan_to_num(channels), static_best if static is None else static)
    return {name: value for name, value in numbers.items() if value is not None}


def translation_unit(moved: Motion) -> tuple[float, TranslationUnit]:
    """Length that the translation is measured in: the median scene depth, else the path length.

    Where the path is nothing but noise, the unit is infinite, so that every component is zero (the static guard).
    """
    if moved.depth is not None:
        return float(np.median(moved.depth)), "scene_depth"
    if translation_is_noise(moved):
        return np.inf, "path_length"
    return moved.path_length, "path_length"
