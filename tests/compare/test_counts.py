"""Counts in words."""

from compare.counts import counted


def test_counts_have_their_plural() -> None:
    assert [counted(n, "trajectory") for n in (1, 2)] == ["1 trajectory", "2 trajectories"]
    assert [counted(n, "row") for n in (1, 2)] == ["1 row", "2 rows"]
