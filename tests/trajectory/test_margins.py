"""Laws of signed margins."""

from hypothesis import given
from hypothesis import strategies as st

from trajectory.margins import held_below, negated, weakest

margins = st.none() | st.floats(-5, 5)


@given(st.lists(margins, max_size=4))
def test_and_is_unknown_only_where_the_unknown_part_could_decide(parts: list[float | None]) -> None:
    said = weakest(*parts)
    if None not in parts and parts:
        assert said == min(p for p in parts if p is not None)
    elif any(p is not None and p < 0 for p in parts):
        assert said is not None
        assert said < 0
    else:
        assert said is None


@given(margins)
def test_not_twice_is_nothing(margin: float | None) -> None:
    assert negated(negated(margin)) == margin


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_what_is_held_below_is_a_no_and_keeps_its_rank(a: float, b: float) -> None:
    assert held_below(a) < 0
    assert (held_below(a) <= held_below(b)) == (a <= b) or abs(a - b) < 1e-3
