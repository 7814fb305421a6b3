"""Means of several models are over the same clips."""

import pytest

from compare.common import clips_of, common_clips, common_mean


def record(model: str, **values: float) -> dict:
    return {"model": model, "values": {"worst": {"RotErr": values}, "drop": {"RotErr": {}}}}


def test_a_clip_that_one_model_was_spared_counts_for_none() -> None:
    easy = record("easy", a=1.0, b=3.0)  # its third clip could not be determined
    full = record("full", a=1.0, b=3.0, c=100.0)
    both = [easy, full]
    assert common_clips(both, "RotErr", "worst") == ["a", "b"]
    means = [common_mean(one, both, "RotErr", "worst") for one in both]
    assert [mean["value"] for mean in means] == [2.0, 2.0]
    assert [mean["clips"] for mean in means] == [2, 2]
    assert common_mean(full, [full], "RotErr", "worst")["value"] == pytest.approx(104 / 3)


def test_a_model_that_has_nothing_spoils_no_table() -> None:
    full, none = record("full", a=1.0), record("none")
    assert common_clips([none, full], "RotErr", "worst") == ["a"]
    assert common_mean(none, [none, full], "RotErr", "worst") == {"value": None, "clips": 0, "ci95": None}
    assert common_mean(full, [none, full], "RotErr", "drop")["value"] is None


def test_a_model_has_the_clips_with_scores_and_those_that_are_charged() -> None:
    values = {"drop": {"RotErr": {"a": 1.0}}, "worst": {"RotErr": {"a": 1.0, "c": 180.0}, "DirErr": {"b": 1.0}}}
    one = {"values": values, "coverage": {"ok": 2, "all": 3}}
    assert (clips_of(one, "drop"), clips_of(one, "worst")) == (2, 3)
    assert clips_of({"coverage": {"ok": 2, "all": 3}}, "worst") == 2  # scores of an early version hold no values
