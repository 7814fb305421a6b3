"""Facts of a clip as signed margins, and the map from a margin to the benchmark's yes score."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from compare.benchmarks.camerabench.clips import Clip
from compare.benchmarks.camerabench.questions import GROUND, Facts, Question, Task
from trajectory.best_estimates import UnknownScores
from trajectory.errors import CinetrajError
from trajectory.margins import held_below

TIE = 1e-6
"""Distance from 1/2 that a yes score keeps, so that yes is never equal to no (a tie counts as wrong)."""


class Unknown(CinetrajError):
    """An answer that the path of the clip does not tell; the message goes into the row's `error`."""


@dataclass(frozen=True, kw_only=True)
class ClipFacts:
    """The facts of one clip for a task. gravity: False where a level first frame was assumed."""

    name: str
    facts: Facts
    gravity: bool


def clip_facts(clip: Clip, task: Task, unknown: UnknownScores = "nan") -> ClipFacts:
    """Facts of an estimated clip: its primitives, its moves relative to the ground, and the compound ones.

    Without gravity a level first frame is assumed, except where a task asks for the difference that it makes.

    Raises:
        Unknown: the clip failed, or the task needs a gravity that is not known.
    """
    if clip.camera is None:
        raise Unknown(f"{clip.name}: {clip.failure}")
    if task.needs_gravity and clip.camera.get("ground") is None:
        raise Unknown(f"{clip.name}: needs gravity (the pitch and roll of the first frame), which is not known")
    facts = motion_facts(clip.camera, unknown)
    return ClipFacts(name=clip.name, facts=facts, gravity=clip.camera.get("ground") is not None)


def motion_facts(description: Mapping[str, Any], unknown: UnknownScores = "nan") -> dict[str, float | None]:
    """Margins of the 15 primitives, of moves against the ground, arc, crane, dolly zoom, steadiness and speed.

    Positive is yes, 0 the threshold, None not known. The primitives have the description's own decisions; all others
    are content shifts in image diagonals over the thresholds of rule "apparent". Arcs and cranes are held below 0
    where no circle fits the path; a noticeable shake is one that is no longer smooth. Without gravity the moves
    against the ground are those of the camera. unknown: "number" takes the best estimates of what is not known.
    """
    from trajectory.compound import CompoundConfig
    from trajectory.decisions import Thresholds
    from trajectory.steadiness import SteadinessConfig

    facts = {name: _margin(description, name, unknown) for name in description["decisions"]}
    facts |= _ground(description, facts)
    # A pan there and back leaves no displacement, but its two segments are motion.
    stretches = [float(s["margin"]) for s in description.get("segments") or () if s["primitive"] != "Static"]
    facts["Stretch"] = max(stretches, default=None)
    compound: Mapping[str, Any] = description.get("compound") or {}
    limit = Thresholds().lateral_diag
    for pair, key, kind, words in (
        (("Arc_Counterclockwise", "Arc_Clockwise"), "around_diag", "arc", ("right", "left")),
        (("Crane_Up", "Crane_Down"), "over_diag", "crane", ("up", "down")),
    ):
        shared = compound.get(key)
        found: Mapping[str, Any] = compound.get(kind) or {}
        for name, sign, word in zip(pair, (1.0, -1.0), words, strict=True):
            if shared is None:
                facts[name] = None
                continue
            margin = sign * float(shared) / limit - 1.0
            if found.get("direction") == word:
                facts[name] = max(0.0, margin, float(found["swept_deg"]) / CompoundConfig().min_sweep_deg - 1.0)
            else:
                facts[name] = held_below(margin)
    facts |= _dolly_zoom(description, facts)
    steady = SteadinessConfig()
    shake, speed = _number(description, "steadiness", "shake_diag"), _number(description, "speed", "diag_per_s")
    facts["Shaky"] = None if shake is None else shake / steady.smooth_diag - 1.0
    facts["Smooth"] = None if shake is None else 1.0 - shake / steady.smooth_diag
    facts["Slow"] = None if speed is None else 1.0 - speed / steady.slow_diag_s
    facts["Fast"] = None if speed is None else speed / steady.fast_diag_s - 1.0
    return facts


def answer(question: Question, clip: ClipFacts) -> float:
    """The yes score of a question about a clip: (1 + m / (1 + |m|)) / 2 of its margin m, strictly within (0, 1).

    It rises with the margin and is above 1/2 for yes. Within `TIE` of 1/2 it is moved to the side of the decision, a
    margin of exactly 0 being a yes as in `Decision`; a pair of clips with equal margins stays tied between them.

    Raises:
        Unknown: the path does not tell.
    """
    margin = question(clip.facts)
    if margin is None:
        raise Unknown(f"{clip.name}: not known from this trajectory")
    value = 0.5 * (1.0 + margin / (1.0 + abs(margin)))
    value = max(value, 0.5 + TIE) if margin >= 0 else min(value, 0.5 - TIE)
    return min(max(value, 1e-12), 1.0 - 1e-12)


def _margin(description: Mapping[str, Any], name: str, unknown: UnknownScores) -> float | None:
    decision = description["decisions"][name]
    margin = decision["margin"]
    return None if margin is None or (decision["yes"] is None and unknown == "nan") else float(margin)


def _number(description: Mapping[str, Any], group: str, key: str) -> float | None:
    found = description.get(group)
    value = cast("Mapping[str, Any]", found).get(key) if isinstance(found, Mapping) else None
    return None if value is None else float(value)


def _ground(description: Mapping[str, Any], facts: Facts) -> dict[str, float | None]:
    """Margins of the moves along the horizon and along gravity; those of the camera where gravity is not known."""
    from trajectory.decisions import Thresholds

    found = description.get("ground")
    if found is None or any(facts[name] is None for name in GROUND):
        return {ground: facts[name] for name, ground in GROUND.items()}
    limits = Thresholds()
    share = limits.path_share if description.get("translation_unit") == "path_length" else None
    ahead = float(found["ahead"]) / (share or limits.radial_diag)
    up = float(found["up"]) / (share or limits.lateral_diag)
    return {
        "Ground_Forward": ahead - 1.0,
        "Ground_Backward": -ahead - 1.0,
        "Ground_Up": up - 1.0,
        "Ground_Down": -up - 1.0,
    }


def _dolly_zoom(description: Mapping[str, Any], facts: Mapping[str, float | None]) -> dict[str, float | None]:
    """A dolly zoom is a move along the axis against a zoom that the description found to balance it."""
    compound: Mapping[str, Any] = description.get("compound") or {}
    found = compound.get("dolly_zoom")
    margins: dict[str, float | None] = {}
    for name, word, move, zoom in (
        ("Dolly_In_Zoom_Out", "in_zoom_out", "Move_In", "Zoom_Out"),
        ("Dolly_Out_Zoom_In", "out_zoom_in", "Move_Out", "Zoom_In"),
    ):
        parts = (facts[move], facts[zoom])
        if parts[0] is None or parts[1] is None:
            margins[name] = None
            continue
        weakest = min(parts[0], parts[1])
        margins[name] = max(0.0, weakest) if found == word else held_below(weakest)
    return margins
