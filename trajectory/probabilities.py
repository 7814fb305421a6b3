"""The probability that each primitive happens, from the answers told and those of other candidates."""

from collections.abc import Mapping, Sequence
from typing import Final

from trajectory.components import CHANNELS, NAMES, ZOOM

Answers = Mapping[str, bool | None]
"""Yes or no by primitive, None where not known."""
_State = str | None
"""A primitive, None for neither of two opposite ones."""


MOVES: Final = 0.1
"""How often a camera moves in one of two opposite ways at all, or is static: about one clip in ten, of CameraBench's
and of those that were rendered for calibration."""
BY_CANDIDATES: Final = 2.0 / 3.0
"""Of the probability that an answer leaves, the share that goes by the other candidates (docs/confidence.md)."""


def probabilities(
    told: Answers,
    reliability: Mapping[str, float],
    others: Sequence[tuple[float, Answers]] | None = None,
    crossing: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Probability of each primitive, in the order of `NAMES`.

    A component is in one of three states: its motion, the opposite one, or neither; Static is one of two. The state
    told has the reliability of the answer. What is left goes by what the other candidates tell, by their weights, up to
    `BY_CANDIDATES`; the rest by how often cameras move so (`MOVES`). Where an answer has no rival it is wrong in its
    amount and seldom in its kind, so that it stands for them itself. Where nothing is told, the candidates have their
    weights, and the rest goes by how often cameras move so.

    A reliability is that of a whole quantity, all components together. The one that is told to move bears the risk: its
    motion has that reliability. One that is told to rest is as probable as each of n is that are right together with
    that reliability, its n-th root: n is 3 for turns and travel, 1 for zoom; a camera is static if all 7 rest, which is
    never more probable than that the most probable of the motions does not happen.

    Args:
        others: weight and answers of each rival; None where nobody looked for rivals.
        crossing: by primitive, how probable it is that its amount lies on the other side of the threshold although the
            answer is right: that much of the state told goes from the motion to neither, or to the motion.
    """
    found: dict[str, float] = {}
    for pair in (*CHANNELS, ("Static",)):
        states = (*pair, None)
        state = _state(told, pair)
        usual = {each: 1.0 - MOVES * len(pair) if each is None else MOVES for each in states}
        weight = {each: 0.0 for each in states}
        for share, answers in others or ():
            told_there = _state(answers, pair)
            for each in states:
                weight[each] += share * (usual[each] if told_there is _UNKNOWN else told_there == each)
        if state is _UNKNOWN:
            shares = _of_what_is_not_told(weight, usual)
        else:
            trust = reliability[pair[0] if state is None else state]
            kept = trust ** (1.0 / _together(pair)) if state is None else trust
            if others is not None and not any(weight.values()):
                weight[state] = 1.0
            shares = _of_what_is_told(state, kept, weight, usual)
            goes = {name: (crossing or {}).get(name, 0.0) for name in pair if state in (None, name)}
            there = shares[state] / max(1.0, sum(goes.values()))
            for name, share in goes.items():
                shares[state] -= there * share
                shares[name if state is None else None] += there * share
        found |= {name: shares[name] for name in pair}
    found["Static"] = min(found["Static"], 1.0 - max(found[name] for pair in CHANNELS for name in pair))
    return {name: found[name] for name in NAMES}


_UNKNOWN = "unknown"


def _together(pair: tuple[str, ...]) -> int:
    """How many components one reliability speaks of."""
    if pair == ("Static",):
        return len(CHANNELS)
    return 1 if pair == CHANNELS[ZOOM] else 3


def _state(answers: Answers, pair: tuple[str, ...]) -> str | None:
    """The primitive of a component that is told, None for neither."""
    if any(answers[name] is None for name in pair):
        return _UNKNOWN
    return next((name for name in pair if answers[name]), None)


def _of_what_is_not_told(weight: Mapping[_State, float], usual: Mapping[_State, float]) -> dict[_State, float]:
    total = sum(weight.values())
    return {each: weight[each] / max(1.0, total) + max(0.0, 1.0 - total) * usual[each] for each in usual}


def _of_what_is_told(
    told: _State, kept: float, weight: Mapping[_State, float], usual: Mapping[_State, float]
) -> dict[_State, float]:
    total = sum(weight.values())
    by_candidates = BY_CANDIDATES if total > 0.0 else 0.0
    left = {
        each: by_candidates * weight[each] / max(total, 1e-12) + (1.0 - by_candidates) * usual[each] for each in usual
    }
    return {each: (kept if each == told else 0.0) + (1.0 - kept) * left[each] for each in usual}
