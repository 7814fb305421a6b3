"""What counts as a clock, of streams that need no file."""

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from sfm.video.clock import counts_slots, stands, stated_rate


def stream(times: list[int], *, average: Any = Fraction(12), guessed: Any = Fraction(25)) -> Any:
    entries = [SimpleNamespace(timestamp=time) for time in times]
    return SimpleNamespace(index_entries=entries, average_rate=average, guessed_rate=guessed)


@pytest.mark.parametrize(("times", "still"), [([], False), ([7], False), ([0, 0, 0], True), ([0, 0, 1], False)])
def test_a_clock_stands_where_all_times_are_one(times: list[int], *, still: bool) -> None:
    assert stands(stream(times)) is still


def test_the_average_rate_is_believed_unless_the_clock_stands() -> None:
    assert stated_rate(stream([0, 1, 2])) == 12
    assert stated_rate(stream([0, 0, 0])) == 25
    assert stated_rate(stream([0, 1], average=None)) == 25
    assert stated_rate(stream([], average=None, guessed=None)) is None


def test_only_an_avi_counts_slots() -> None:
    assert counts_slots(SimpleNamespace(format=SimpleNamespace(name="avi")))
    assert not counts_slots(SimpleNamespace(format=SimpleNamespace(name="mov,mp4,m4a,3gp,3g2,mj2")))
