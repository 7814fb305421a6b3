"""Fewer points of long clips for a page."""

import json
from typing import Any

import numpy as np
import pytest
from paths import smooth

from compare.report import page, thinned
from compare.scoring import score


def long_record(frames: int) -> dict[str, Any]:
    sets = [{"a": smooth(seed, frames)} for seed in (1, 2)]
    return score(*sets, protocol="cami2v-rel", model="mine", detail=True).record()


def test_a_page_of_long_clips_has_no_more_points_than_it_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("plotly")
    record = long_record(2000)
    (before,) = record["details"].values()
    whole = len(page.render([record]))
    monkeypatch.setattr(thinned, "MOST_POINTS", 200)
    assert len(page.render([record])) < whole - 0.8 * len(json.dumps(before))
    (after,) = thinned.thinned({"a": before}).values()
    assert after["reference"]["xyz"] == [*before["reference"]["xyz"][::10], before["reference"]["xyz"][-1]]
    assert after["generated"]["wxyz"] == [*before["generated"]["wxyz"][::10], before["generated"]["wxyz"][-1]]
    assert len(after["at"]) == len(after["reference"]["xyz"]) == 201
    assert after["notes"][-1] == "of 2000 points one in 10 is drawn, and the largest of each 10 errors"
    assert after["moves"] == before["moves"]


def test_the_peak_of_an_error_is_drawn_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinned, "MOST_POINTS", 200)
    (before,) = long_record(2000)["details"].values()
    (after,) = thinned.thinned({"a": before}).values()
    assert after["errors"]
    for name, error in after["errors"].items():
        every = np.array(before["errors"][name]["values"], dtype=float)
        assert max(error["values"]) == np.nanmax(every)
        assert error["at"][int(np.argmax(error["values"]))] == before["at"][int(np.nanargmax(every))]
    gap = {"errors": {"e": {"unit": "deg", "values": [None] * 500 + [1.0] * 500}}}
    assert thinned.thinned({"a": gap})["a"]["errors"]["e"]["values"] == [None] * 100 + [1.0] * 100


def test_clips_that_fit_are_as_they_were() -> None:
    details = {str(k): {"errors": {}, "reference": {"xyz": [[0.0] * 3] * 100, "wxyz": []}} for k in range(3000)}
    assert thinned.thinned(details) == details
