"""Questions as margins, and the tasks that ask them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from compare.benchmarks.camerabench.questions import MOTIONS, TASKS, conjunction, has, moving, negation


def test_the_groups_of_the_benchmark() -> None:
    groups = [task.group for task in TASKS.values()]
    assert [groups.count(group) for group in "ABC"] == [40, 23, 18]
    assert all((task.positive is None) == (task.group == "C") for task in TASKS.values())


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(MOTIONS), st.none() | st.floats(-5, 5)))
def test_and_not_or_of_margins(facts: dict[str, float | None]) -> None:
    one, two = has("Pan_Left"), has("Zoom_In")
    both = conjunction(one, two)(facts)
    parts = [one(facts), two(facts)]
    if None not in parts:
        assert both == min(parts)  # type: ignore[type-var]
    elif both is not None:
        assert both < 0
        assert both in parts
    assert negation(negation(one))(facts) == one(facts)
    largest = moving(facts)
    known = [m for m in facts.values() if m is not None]
    if largest is not None:
        assert largest == max(known)
    else:
        assert not known or max(known) < 0
