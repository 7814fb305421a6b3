"""A protocol is called by what was changed, and noise is that of numbers in its own units."""

from typing import Any

import pytest
from paths import smooth

from compare.report.page import render
from compare.report.stamps import called, noise_measurable, noise_of
from compare.report.tables import to_markdown
from compare.scoring import Result, score

FLOOR = {"protocol": "strict", "median": {"RotErr": 1000.0}}


def scored(**options: Any) -> list[Result]:
    references = {name: smooth(i) for i, name in enumerate("abcdefgh")}
    poor = {name: smooth(i + 20) for i, name in enumerate("abcdefgh")}
    return [score(references, clips, model=m, **options) for m, clips in (("poor", poor), ("good", references))]


def test_a_changed_protocol_is_called_by_the_settings_that_were_changed() -> None:
    """One in radians was called "strict (time seconds, ...)", which is what strict itself is."""
    stamp = scored(angle="rad")[0].record()["protocol"]
    assert called(stamp) == f"strict (angle rad, {stamp['hash'][:6]})"
    assert to_markdown(scored(angle="rad")).startswith("**strict (angle rad, ")
    own = scored()[0].record()["protocol"]
    assert called(own) == "strict"
    both = scored(time="progress", scale="absolute")[0].record()["protocol"]
    assert called(both).startswith(f"strict (time progress, scale {both['scale']}, ")


def test_noise_in_degrees_is_none_of_scores_in_radians() -> None:
    """A floor of one degree was laid at one radian."""
    degrees, radians = (scored(**options)[0].record()["protocol"] for options in ({}, {"angle": "rad"}))
    assert noise_of(degrees, [FLOOR]) == {"RotErr": 1000.0}
    assert noise_measurable(degrees)
    assert noise_of(radians, [FLOOR]) == {}
    assert not noise_measurable(radians)
    assert noise_of(scored(time="progress")[0].record()["protocol"], [FLOOR]) == {"RotErr": 1000.0}


def test_the_table_takes_the_noise_as_the_page_does() -> None:
    """The page said "below the noise", the table of the same call that one model is better."""
    pytest.importorskip("plotly")
    results = scored()
    assert "good is better" in to_markdown(results)
    assert "below the instrument's noise" in to_markdown(results, noise=[FLOOR])
    assert "below the instrument's noise" in render([r.record() for r in results], noise=[FLOOR])
