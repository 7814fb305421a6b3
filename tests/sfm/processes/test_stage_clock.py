"""Wall time by stage."""

import pytest

from sfm.processes import stage_clock


def test_times_of_one_stage_add_up_also_where_it_fails(monkeypatch: pytest.MonkeyPatch):
    now = iter([1.0, 3.0, 10.0, 14.0])
    monkeypatch.setattr(stage_clock.time, "perf_counter", lambda: next(now))
    seconds = {"decode": 0.5}
    with stage_clock.Clock(seconds, "shots"):
        pass
    with pytest.raises(ValueError, match="no frame"), stage_clock.Clock(seconds, "shots"):
        raise ValueError("no frame")
    assert seconds == {"decode": 0.5, "shots": 6.0}
