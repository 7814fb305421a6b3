"""The published rows."""

import pytest

from compare.benchmarks.camerabench.published import PUBLISHED


def test_published_averages_are_the_means_of_their_columns() -> None:
    for row in PUBLISHED:
        if row.percent:
            assert len(row.percent) == 15
            assert sum(row.percent) / 15 == pytest.approx(row.average, abs=0.1)
    megasam = next(row for row in PUBLISHED if row.name == "MegaSAM")
    assert (megasam.column("Static"), megasam.column("Zoom_Out")) == (60.1, 10.2)
