"""The machine output of describe."""

import json

import numpy as np
import pytest
from motions import SIGN, build, primitive

from trajectory.description import DescribeConfig, describe
from trajectory.primitives import NAMES

AMOUNT = {"turn": 30.0, "move": 0.5, "zoom": 0.4}


@pytest.mark.parametrize("name", SIGN)
def test_the_named_primitive_is_the_only_yes(name):
    found = describe(primitive(name, AMOUNT[SIGN[name][0]]))
    assert [n for n in NAMES if found.decisions[n].yes] == [name]
    assert found.decisions[name].margin > 0


def test_json_has_the_stable_keys_and_only_finite_numbers():
    for t in (build(), build(with_depth=False, with_intrinsics=False), build(turn_deg=(5, 30, 0), noise_deg=0.1)):
        text = json.dumps(describe(t).to_json(), allow_nan=False)
        found = json.loads(text)
        assert list(found)[:5] == ["rule", "scores", "decisions", "segments", "sentence"]
        assert tuple(found["scores"]) == NAMES
        assert tuple(found["decisions"]) == NAMES
        for decision in found["decisions"].values():
            assert 0.0 <= decision["reliability"] <= 1.0


def test_invalid_frames_lower_the_reliability():
    t = build(turn_deg=(0, 30, 0), frames=20)
    valid = np.ones(20, bool)
    valid[5:15] = False
    whole = describe(t).decisions["Pan_Right"].reliability
    assert describe(t.replace(valid=valid)).decisions["Pan_Right"].reliability < 0.6 * whole


def test_zoom_without_intrinsics_has_no_reliability():
    found = describe(build(move=(0, 0, 1), with_intrinsics=False))
    assert found.decisions["Zoom_In"].reliability == 0.0
    assert any("intrinsics" in note for note in found.notes)


def test_the_output_names_its_rule():
    assert describe(build(), DescribeConfig(rule="authors")).to_json()["rule"] == "authors"
