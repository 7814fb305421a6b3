"""How likely a viewer would name a primitive."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motions import build, primitive

from trajectory.components import NAMES
from trajectory.description import describe
from trajectory.likelihood import LEAST, likelihood
from trajectory.model import Provenance

MARGINS = st.floats(-100, 100) | st.none()


@settings(max_examples=50, deadline=None)
@given(name=st.sampled_from(NAMES), margin=MARGINS, probability=st.floats(0, 1))
def test_it_is_a_probability_and_no_more_than_that_of_the_motion(name, margin, probability):
    assert 0.0 <= likelihood(name, margin, probability) <= probability


@settings(max_examples=50, deadline=None)
@given(name=st.sampled_from(NAMES), one=st.floats(-3, 3), other=st.floats(-3, 3), probability=st.floats(0, 1))
def test_more_of_it_is_no_less_likely_to_be_named(name, one, other, probability):
    less, more = sorted((one, other))
    assert likelihood(name, less, probability) <= likelihood(name, more, probability)


def test_half_of_the_viewers_name_what_is_at_the_threshold():
    for name in ("Move_In", "Static"):
        assert likelihood(name, 0.0, 0.8) == pytest.approx(0.4)
        assert likelihood(name, None, 0.8) == pytest.approx(0.8 * LEAST)
    assert likelihood("Pan_Left", 19.0, 1.0) > 0.99
    assert likelihood("Static", 0.95, 1.0) > 0.99
    assert likelihood("Static", -19.0, 1.0) == LEAST


def test_a_certain_small_move_ranks_before_a_doubtful_large_one():
    doubts = {"probability": {"rotation": 0.9, "translation": 0.3, "zoom": 0.9}}
    large = describe(primitive("Move_In", 2.0).replace(provenance=Provenance(evidence=doubts)))
    small = describe(primitive("Move_In", 0.3))
    assert large.scores["Move_In"] > small.scores["Move_In"]
    said = [json.loads(json.dumps(found.to_json()))["decisions"]["Move_In"] for found in (large, small)]
    assert said[0]["likelihood"] < said[1]["likelihood"]


def test_what_is_not_told_is_named_by_few():
    said = describe(build(turn_deg=(0, 20, 0))).to_json()["decisions"]
    assert max(said, key=lambda name: said[name]["likelihood"]) == "Pan_Right"
    assert all(said[name]["likelihood"] < 0.05 for name in ("Pan_Left", "Tilt_Up", "Zoom_In", "Static"))
