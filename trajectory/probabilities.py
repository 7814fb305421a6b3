"""The probability that each primitive happens, from the answers told and those of other candidates."""

from collections.abc import Mapping, Sequence

from trajectory.components import CHANNELS, NAMES, ZOOM

Answers = Mapping[str, bool | None]
"""Yes or no by primitive, None where not known."""


def probabilities(
    told: Answers, reliability: Mapping[str, float], others: Sequence[tuple[float, Answers]] = ()
) -> dict[str, float]:
    """Probability of each primitive, in the order of `NAMES`.

    A component is in one of three states: its motion, the opposite one, or neither. The state told has the reliability
    of the answer; what is left goes to the other states, in proportion to the weights of the candidates that tell them.
    Where no candidate does it is shared equally, and the state told is never less likely than by chance. Where nothing
    is told, the candidates share all of it, else chance does. Static is one of two states.

    A reliability is that of a whole quantity, all components together. The one that is told to move bears the risk: its
    motion has that reliability. One that is told to rest is as probable as each of n is that are right together with
    that reliability, its n-th root: n is 3 for turns and travel, 1 for zoom; a camera is static if all 7 rest.
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
        trust = reliability[pair[0]]
        shares = _shared(states, state, trust ** (1.0 / _together(pair)) if state is None else trust, weight)
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
    rest = [each for each in states if each != told] if told is not _UNKNOWN else list(states)
    total = sum(weight[each] for each in rest)
    kept = 0.0 if told is _UNKNOWN else reliability if total > 0 else max(reliability, 1.0 / len(states))
    left = 1.0 - kept
    shares = {each: left * (weight[each] / total if total > 0 else 1.0 / len(rest)) for each in rest}
    return shares if told is _UNKNOWN else {told: kept, **shares}
