"""Why a run says what it says, in words: why not a zoom, why not a fixed camera, what else it might be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any, cast, final

from compare.run_files import RunShot
from trajectory.components import NAMES
from trajectory.description import Description
from trajectory.moves import all_told, travels

MODELS = ("static", "rotation", "rotation_zoom", "full", "full_zoom")
WORDS: Mapping[str, str] = {
    "static": "a fixed camera",
    "rotation": "a camera that only turns",
    "rotation_zoom": "a camera that turns and zooms",
    "full": "a camera that travels",
    "full_zoom": "a camera that travels and zooms",
}
AMBIGUOUS: Mapping[str, str] = {
    "dolly_zoom": "a zoom against the way (dolly zoom) looks almost the same: depths and zoom could trade places",
    "rotation_or_translation_before_a_flat_scene": "before a flat scene a small turn and a small travel look alike",
}
ESTIMATORS: Mapping[str, str] = {"sparse": "tracks", "dense": "dense flow", "tracks": "tracks", "flow": "dense flow"}
_STAYING = tuple(name for name in NAMES if name.startswith(("Pan", "Tilt", "Roll", "Zoom")))
"""What a camera does that does not travel."""


@final
@dataclass(frozen=True, kw_only=True)
class Reason:
    """A question that a reader has, and what the evidence answers."""

    question: str
    answer: str


def reasons(shot: RunShot, description: Description | None = None) -> tuple[Reason, ...]:
    """What the evidence of a shot says of still, travel, zoom and other answers; nothing where the backend tells none.

    The shares and residuals are those of the estimator that was believed (`won`), as in run.json.

    Args:
        description: what is told of the shot, which may be less than its motion model allows.
    """
    model = shot.shot.get("motion_model")
    told = shot.statistics
    found: list[Reason] = []
    if isinstance(model, str) and model in MODELS and isinstance(told.get("share"), Mapping):
        static = description is not None and description.decisions["Static"].yes is True
        hardly = _rests(description)
        found += [_still(model, told, static=static), _travel(model, told, hardly=hardly), _zoom(model, told)]
    found += [*_others(told), *_movers(told)]
    return tuple(found)


def model_words(shot: RunShot, description: Description | None = None) -> str:
    """What the motion model of a shot is called, and that it moves by less than is told as a move; "" without one."""
    model = str(shot.shot.get("motion_model"))
    hardly = model != "static" and (_rests(description) if model.startswith("full") else _stays(description))
    return WORDS.get(model, "") + (", by too little to be called a move" if hardly and model in WORDS else "")


def _rests(description: Description | None) -> bool:
    """Whether it is told that nothing travels."""
    if description is None:
        return False
    return travels(description.decisions, description.segments, description.translation_unit) is False


def _stays(description: Description | None) -> bool:
    """Whether it is told that nothing turns or zooms."""
    if description is None or any(description.decisions[name].yes is None for name in _STAYING):
        return False
    told = all_told(description.decisions, description.segments, description.translation_unit)
    return told.isdisjoint(_STAYING)


def _still(model: str, told: Mapping[str, Any], *, static: bool) -> Reason:
    if model == "static":
        turned = _share(told, "rotation")
        return Reason(
            question="Why a fixed camera?",
            answer=f"Standing still explains {_share(told, 'static')} of what is seen, and a turn no more than that "
            f"({turned}).",
        )
    return Reason(
        question="Why is it called static?" if static else "Why not a fixed camera?",
        answer=f"Standing still explains {_share(told, 'static')} of what is seen, "
        f"{WORDS[model]} {_share(told, model)}."
        + (" What it moves by is less than anyone would see." if static else ""),
    )


def _travel(model: str, told: Mapping[str, Any], *, hardly: bool) -> Reason:
    if model.startswith("full"):
        case = _first_travel(told, model)
        simpler, richer = (str(case["simpler"]), str(case["richer"])) if case else ("rotation", model)
        said = (
            f"{WORDS[simpler].capitalize()} explains {_share(told, simpler)}, one that travels {_share(told, richer)}."
        )
        if case and case.get("improvement") is not None:
            said += f" Residuals of the rigid scene are {_times(case['improvement'])} smaller with it"
            relief = case.get("relief")
            near_and_far = relief is not None and 0.0 < relief < 1.0
            said += f", at depths that spread by {relief:.0%}." if near_and_far else "."
        said += _rms(told, simpler, richer)
        if hardly:
            return Reason(
                question="Why a model that travels?", answer=f"{said} It does, by too little to be called a move."
            )
        return Reason(question="Why does it travel?", answer=said)
    said = f"Travel would explain {_more(told, model, 'full')}"
    said += _weighed(told, model, ("full", "full_zoom"), ", as a free depth for every point brings by chance.")
    bound = told.get("translation_bound")
    if isinstance(bound, int | float):
        said += f" If it travels at all, then by less than {bound:.2g} of the scene's depth."
    return Reason(question="Why does it not travel?", answer=said + _chance(told, "translation"))


def _zoom(model: str, told: Mapping[str, Any]) -> Reason:
    if model.endswith("zoom"):
        simpler = model.removesuffix("_zoom")
        said = (
            f"Without a zoom it explains {_share(told, simpler)} of what is seen, with one {_share(told, model)}."
            f"{_rms(told, simpler, model)}"
        )
        return Reason(question="Why a zoom?", answer=said + _chance(told, "zoom"))
    with_zoom = "full_zoom" if model == "full" else "rotation_zoom"
    said = f"A zoom as well would explain {_more(told, model, with_zoom)}"
    said += _weighed(told, model, (with_zoom,), "; that is too little to pay.")
    return Reason(question="Why not a zoom?", answer=said + _chance(told, "zoom"))


def _others(told: Mapping[str, Any]) -> list[Reason]:
    said: list[str] = []
    candidates = cast("Sequence[Mapping[str, Any]]", told.get("candidates") or ())
    for each in candidates[1:]:
        words = WORDS.get(str(each.get("motion_model")), "another motion")
        by = ESTIMATORS.get(str(each.get("backend")), str(each.get("backend")))
        said.append(f"{words}, by {by} (probability {each['probability']:.2f})")
    answer = f"Possible, too: {'; '.join(said)}." if said else ""
    if candidates and not said:
        answer = "No other of the motions that were tried has a probability of 0.03 or more."
    for item in cast("Sequence[str]", told.get("ambiguous") or ()):
        answer += f" Not ruled out: {AMBIGUOUS.get(item, item.replace('_', ' '))}."
    other = told.get("other")
    if isinstance(other, Mapping):
        won = ESTIMATORS.get(str(told.get("won")), "")
        loser = "tracks" if won == "dense flow" else "dense flow"
        words = WORDS.get(str(cast("Mapping[str, Any]", other).get("motion_model")), "no motion")
        answer += f" {won.capitalize()} won; {loser} alone said {words} ({cast('Mapping[str, Any]', other)['status']})."
    return [Reason(question="What else might it be?", answer=answer.strip())] if answer else []


def _movers(told: Mapping[str, Any]) -> list[Reason]:
    share = told.get("share_explained")
    if not isinstance(share, int | float):
        return []
    said = f"The camera explains {share:.0%} of what is seen, by the time that it is seen"
    left = f"; {1 - share:.0%} of what could be followed moves by itself, or was followed wrongly."
    left = ". All agrees." if share > 0.995 else left
    rigid = told.get("rigid")
    if rigid is False:
        left += f" It agrees only roughly: the best motion leaves {told['noise_px']:.2f} pixels."
    return [Reason(question="What does not agree?", answer=said + left)]


def _comparisons(told: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return cast("Sequence[Mapping[str, Any]]", told.get("comparisons") or ())


def _first_travel(told: Mapping[str, Any], model: str) -> Mapping[str, Any] | None:
    """The last comparison of a camera that travels with one that does not, of this model before another: of two that
    travel, none tells why."""
    found = [
        each
        for each in _comparisons(told)
        if each["richer"].startswith("full") and not each["simpler"].startswith("full")
    ]
    return next((each for each in reversed(found) if each["richer"] == model), found[-1] if found else None)


def _share(told: Mapping[str, Any], model: str) -> str:
    value = told["share"].get(model)
    return "an unknown share" if value is None else f"{value:.0%}"


def _more(told: Mapping[str, Any], simpler: str, richer: str) -> str:
    before, after = _share(told, simpler), _share(told, richer)
    return f"no more ({after})" if before == after else f"{after} instead of {before}"


def _smaller(case: Mapping[str, Any] | None) -> str:
    """How much smaller residuals are with the richer model, where that is told and anything."""
    improvement = None if case is None else case.get("improvement")
    if improvement is None or improvement < 0.005:
        return ""
    return f" and make residuals {_times(improvement)} smaller"


def _weighed(told: Mapping[str, Any], model: str, richer: tuple[str, ...], verdict: str) -> str:
    """How much smaller residuals are with a richer model that was not taken, and the verdict on it; other evidence may
    stand against what its residuals say.

    Residuals and verdict are of comparisons with this model: one that other evidence chose was held against none.
    """
    held = [each for each in _comparisons(told) if each.get("richer") in richer]
    case = next((each for each in held if each.get("simpler") == model), None)
    nearest = held[-1] if case is None and held else case
    if nearest is not None and nearest["margin"] >= 0:
        return f"{_smaller(case)}; by its residuals alone it would pay, but the rest of the evidence is against it."
    return _smaller(case) + ("." if case is None else verdict)


def _times(improvement: float) -> str:
    ratio = exp(improvement)
    return f"{ratio:.1f} times" if ratio >= 1.5 else f"{max(0.0, 1 - 1 / ratio):.0%}"


def _rms(told: Mapping[str, Any], simpler: str, richer: str) -> str:
    rms: Any = told.get("median_rms_px") or {}
    before, after = rms.get(simpler), rms.get(richer)
    if before is None or after is None:
        return ""
    return f" The median residual goes from {before:.2f} to {after:.2f} pixels."


def _chance(told: Mapping[str, Any], quantity: str) -> str:
    probability: Any = told.get("probability") or {}
    value = probability.get(quantity)
    return "" if value is None else f" That this is right has the probability {value:.2f}."
