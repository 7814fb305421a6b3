"""The probability that each primitive happens, from the answers told and those of other candidates."""

from collections.abc import Mapping, Sequence

from trajectory.components import CHANNELS, NAMES, ZOOM

Answers = Mapping[str, bool | None]
"""Yes or no by primitive, None where not known."""


def probabilities(
    told: Answers,
    reliability: Mapping[str, float],
    others: Sequence[tuple[float, Answers]] = (),
    crossing: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Probability of each primitive, in the order of `NAMES`.

    A component is in one of three states: its motion, the opposite one, or neither; Static is one of two. The state
    told has the reliability of the answer. Half of what is left is shared by what the other candidates tell, by their
    weights, half equally by the states that are not told; all of it goes to these where there is no other candidate,
    and then the state told is never less likely than by chance. Where nothing is told, the candidates have their
    weights, and chance has the rest.

    A reliability is that of a whole quantity, all components together. The one that is told to move bears the risk: its
    motion has that reliability. One that is told to rest is as probable as each of n is that are right together with
    that reliability, its n-th root: n is 3 for turns and travel, 1 for zoom; a camera is static if all 7 rest.

    Args:
        crossing: by primitive, how probable it is that its amount lies on the other side of the threshold although the
            answer is right: that much of the state told goes from the motion to neither, or to the motion.
    """
    found: dict[str, float] = {}
    for pair in (*CHANNELS, ("Static",)):
        states = (*pair, None)
        state = _state(told, pair)
        weight = {each: 0.0 for each in states}
        for share, answers in others:
            told_there = _state(answers, pair)
            if told_there is not _UNKNOWN:
                weight[told_there] += share
        trust = reliability[state] if state is not None and state in pair else reliability[pair[0]]
        kept = trust ** (1.0 / _together(pair)) if state is None else trust
        shares = _shared(states, state, kept, weight)
        goes = {name: (crossing or {}).get(name, 0.0) for name in pair if state in (None, name)}
        there = min(kept, shares.get(state, 0.0)) / max(1.0, sum(goes.values()))
        for name, share in goes.items():
            shares[state] -= there * share
            shares[name if state is None else None] += there * share
        found |= {name: shares[name] for name in pair}
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


def _shared(
    states: tuple[str | None, ...], told: str | None, reliability: float, weight: Mapping[str | None, float]
) -> dict[str | None, float]:
    total = sum(weight.values())
    if told is _UNKNOWN:
        left, most = max(0.0, 1.0 - total), max(1.0, total)
        return {each: weight[each] / most + left / len(states) for each in states}
    untold = {each: 0.0 if each == told else 1.0 / (len(states) - 1) for each in states}
    candidates = {each: weight[each] / total for each in states} if total > 0 else untold
    kept = reliability if total > 0 else max(reliability, 1.0 / len(states))
    return {
        each: (kept if each == told else 0.0) + (1.0 - kept) * (candidates[each] + untold[each]) / 2.0
        for each in states
    }
