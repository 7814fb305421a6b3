"""What a description means in the vocabularies of published benchmarks."""

from collections.abc import Mapping
from typing import Final

from trajectory.components import CHANNEL_OF, CHANNELS, NAMES
from trajectory.decisions import Thresholds
from trajectory.description import Description
from trajectory.margins import held_below, negated, weakest
from trajectory.steadiness import SteadinessConfig
from trajectory.vocabulary import PRIMITIVES

_STEADY = "cam_motion.steadiness_and_movement"
_ARC = "cam_motion.arc_crane_movement"
_GROUND = "cam_motion.ground_centric_movement"
_INCLUDED = "birds_worms_included"

CAMERABENCH: Final[Mapping[str, str]] = {word.name: word.camerabench for word in PRIMITIVES}
"""The 15 binary splits of CameraBench and their label names."""

_GROUND_WORDS = (
    ("Move_In", "forward", "ahead", 1.0),
    ("Move_Out", "backward", "ahead", -1.0),
    ("Move_Up", "upward", "up", 1.0),
    ("Move_Down", "downward", "up", -1.0),
)

CINETECHBENCH: Final[tuple[str, ...]] = (
    "Crane Shot",
    "Dolly In Shot",
    "Dolly Out Shot",
    "Fixed Shot",
    "Pan Left Shot",
    "Pan Right Shot",
    "Rolling Clockwise Shot",
    "Rolling Counterclockwise Shot",
    "Tilt Down Shot",
    "Tilt Up Shot",
    "Tracking Shot",
    "Trucking Left Shot",
    "Trucking Right Shot",
    "Zoom In Shot",
    "Zoom Out Shot",
)
"""The 15 camera-movement types of CineTechBench (`OPTIONS_video.py`)."""

CINETECHBENCH_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Fixed": ("Fixed Shot",),
    "Dolly": ("Dolly In Shot", "Dolly Out Shot"),
    "Tilt": ("Tilt Up Shot", "Tilt Down Shot"),
    "Pan": ("Pan Left Shot", "Pan Right Shot"),
    "Trucking": ("Trucking Left Shot", "Trucking Right Shot"),
    "Crane": ("Crane Shot",),
    "Rolling": ("Rolling Clockwise Shot", "Rolling Counterclockwise Shot"),
    "Zoom": ("Zoom In Shot", "Zoom Out Shot"),
}
"""The 8 groups that CineTechBench reports. A tracking shot follows a subject, so it is in none of them."""

CINETECHBENCH_PRIMITIVES: Final[Mapping[str, str]] = {
    word.cinetechbench: word.name for word in PRIMITIVES if word.cinetechbench is not None
}
"""The primitive that each of these types is; a crane and a tracking shot are none alone."""


def camerabench_margins(
    description: Description,
    *,
    thresholds: Thresholds | None = None,
    steadiness: SteadinessConfig | None = None,
) -> dict[str, float | None]:
    """Margins of the CameraBench labels that a camera path can decide, by full label name.

    Positive is yes, 0 the threshold, None not known. A label "only X" holds where X does and nothing else; labels
    relative to the ground appear only where gravity is known. Labels about subjects, scene and editing are left out.
    Rules: the label definitions of the benchmark (labels/cam_motion).
    """
    limits = (thresholds or Thresholds()).channels("apparent", description.translation_unit)
    steady = steadiness or SteadinessConfig()
    margin = {name: _known_margin(description, name) for name in NAMES}
    found: dict[str, float | None] = {}
    for name, label in CAMERABENCH.items():
        found[label] = margin[name]
        if name != "Static":
            found[label.replace(".has_", ".only_")] = _only(margin[name], margin, CHANNEL_OF[name][0])
    found |= _steady_labels(description, margin, steady)
    found |= _compound_labels(description, margin, float(limits[4]))
    found |= _ground_labels(description, margin, (float(limits[2]), float(limits[1])))
    return found


def _known_margin(description: Description, name: str) -> float | None:
    decision = description.decisions[name]
    return None if decision.yes is None else decision.margin


def _only(own: float | None, margin: Mapping[str, float | None], channel: int) -> float | None:
    """The motion and no other: the weakest of its margin and of the negatives of all other components."""
    others = [margin[name] for i, pair in enumerate(CHANNELS) if i != channel for name in pair]
    known = [value for value in others if value is not None]
    if own is None or (len(known) < len(others) and own >= 0 and max(known, default=-1.0) < 0):
        return None
    return min(own, *(-value for value in known)) if known else own


def _steady_labels(
    description: Description, margin: Mapping[str, float | None], steady: SteadinessConfig
) -> dict[str, float | None]:
    still, shake, speed = margin["Static"], description.shake_diag, description.speed_diag_s
    moves = [value for name in NAMES if name != "Static" and (value := margin[name]) is not None]
    clear = max([*moves, *(s.margin for s in description.segments if s.primitive != "Static")], default=None)
    shaky = None if shake is None else shake / steady.smooth_diag - 1.0
    very_shaky = None if shake is None else shake / steady.shaky_diag - 1.0
    slow = None if speed is None else 1.0 - speed / steady.slow_diag_s
    fast = None if speed is None else speed / steady.fast_diag_s - 1.0
    return {
        f"{_STEADY}.moving_camera": negated(still),
        f"{_STEADY}.clear_moving_camera": clear,
        f"{_STEADY}.fixed_camera_with_shake": weakest(negated(clear), shaky),
        f"{_STEADY}.shaky_camera": shaky,
        f"{_STEADY}.very_shaky_camera": very_shaky,
        f"{_STEADY}.stable_camera": weakest(clear, negated(very_shaky)),
        f"{_STEADY}.very_stable_camera": weakest(clear, negated(shaky)),
        f"{_STEADY}.slow_moving_camera": weakest(clear, slow),
        f"{_STEADY}.fast_moving_camera": weakest(clear, fast),
        "cam_motion.motion_complexity.is_minor_motion": weakest(negated(still), negated(clear)),
    }


def _compound_labels(
    description: Description, margin: Mapping[str, float | None], lateral: float
) -> dict[str, float | None]:
    """Arcs ("clockwise" is leftward), cranes and dolly zooms.

    Where no circle fits the path, the shared shift of the move and the opposite turn still ranks the clip, below 0.
    """
    compound = description.compound
    names = {
        "arc_clockwise": ("arc", "left", -1.0),
        "arc_counterclockwise": ("arc", "right", 1.0),
        "crane_up": ("crane", "up", 1.0),
        "crane_down": ("crane", "down", -1.0),
    }
    found: dict[str, float | None] = {}
    for name, (kind, way, sign) in names.items():
        label = f"{_ARC}.{name}.has_{name}"
        if compound is None or margin["Move_Right"] is None:
            found[label] = None
            continue
        shared = sign * (compound.around_diag if kind == "arc" else compound.over_diag) / lateral - 1.0
        fitted = compound.arc if kind == "arc" else compound.crane
        found[label] = max(0.0, shared) if fitted is not None and fitted.direction == way else held_below(shared)
    for label, way, pair in (
        ("has_dolly_in_zoom_out", "in_zoom_out", ("Move_In", "Zoom_Out")),
        ("has_dolly_out_zoom_in", "out_zoom_in", ("Move_Out", "Zoom_In")),
    ):
        both = weakest(margin[pair[0]], margin[pair[1]])
        if both is not None and (compound is None or compound.dolly_zoom != way):
            both = min(both, -1e-9)
        found[f"cam_motion.dolly_zoom_movement.{label}"] = both
    return found


def _ground_labels(
    description: Description, margin: Mapping[str, float | None], limits: tuple[float, float]
) -> dict[str, float | None]:
    ground = description.ground
    if ground is None or margin["Move_In"] is None:
        return {}
    against = dict(margin)
    for name, _, attribute, sign in _GROUND_WORDS:
        limit = limits[0] if attribute == "ahead" else limits[1]
        against[name] = sign * (ground.ahead if attribute == "ahead" else ground.up) / limit - 1.0
    found: dict[str, float | None] = {}
    for name, word, _, _ in _GROUND_WORDS:
        stem = f"{_GROUND}.{word}"
        only = _only(against[name], against, CHANNEL_OF[name][0])
        found[f"{stem}.has_{word}_wrt_ground_{_INCLUDED}"] = against[name]
        found[f"{stem}.only_{word}_wrt_ground_{_INCLUDED}"] = only
        found[f"{stem}.has_{word}_wrt_ground"] = against[name] if ground.view == "level" else None
        found[f"{stem}.only_{word}_wrt_ground"] = only if ground.view == "level" else None
    return found
