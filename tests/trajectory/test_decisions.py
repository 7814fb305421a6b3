"""Thresholds, margins and reliability."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motions import SIGN, build, primitive

from trajectory.decisions import Thresholds, near_threshold
from trajectory.description import DescribeConfig, describe
from trajectory.model import Provenance
from trajectory.primitives import CHANNEL_OF, NAMES
from trajectory.probabilities import MOVES
from trajectory.tags import tags

UNIT = {"turn": 30.0, "move": 0.5, "zoom": 0.4}
RULES = ("apparent", "authors")


def amount_at_threshold(name, rule, **options):
    """The amount of a primitive that scores exactly its threshold; scores are linear in it (authors' zoom: log)."""
    kind = SIGN[name][0]
    limit = Thresholds().channels(rule, "scene_depth")[CHANNEL_OF[name][0]]
    if rule == "authors" and kind == "zoom":
        return float(np.log1p(limit)) if name == "Zoom_In" else float(-np.log1p(-limit))
    found = describe(primitive(name, UNIT[kind], **options), DescribeConfig(rule=rule)).scores[name]
    return UNIT[kind] * limit / found


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(SIGN)),
    share=st.floats(0.7, 1.4),
    frames=st.integers(8, 90),
    duration_s=st.floats(0.5, 20.0),
    depth=st.floats(1e-2, 1e2),
)
def test_near_the_threshold_the_margin_follows_the_amount(rule, name, share, frames, duration_s, depth):
    t = primitive(name, share * amount_at_threshold(name, rule), frames=frames, duration_s=duration_s, depth=depth)
    decision = describe(t, DescribeConfig(rule=rule)).decisions[name]
    assert decision.margin == pytest.approx(share - 1.0, abs=0.05)
    assert decision.yes is (decision.margin >= 0.0)


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=25, deadline=None)
@given(name=st.sampled_from(sorted(SIGN)), share=st.floats(1.0, 4.0), seed=st.integers(0, 1000))
def test_a_clear_primitive_is_the_only_yes_under_noise(rule, name, share, seed):
    t = primitive(
        name, share * UNIT[SIGN[name][0]], frames=48, noise_deg=0.03, noise_position=0.0005, duration_s=3.0, seed=seed
    )
    found = describe(t, DescribeConfig(rule=rule)).decisions
    assert [n for n in NAMES if found[n].yes] == [name]


@pytest.mark.parametrize("rule", RULES)
def test_static_margin_is_one_when_nothing_moves_and_falls_with_motion(rule):
    margins = [
        describe(build(turn_deg=(0, a, 0)), DescribeConfig(rule=rule)).decisions["Static"].margin
        for a in (0.0, 0.1, 0.3, 1.0, 10.0)
    ]
    assert margins[0] == 1.0
    assert margins == sorted(margins, reverse=True)
    assert margins[1] > 0 > margins[-1]


def test_the_noise_of_the_clip_widens_static():
    t = build(turn_deg=(0, 0.5, 0))
    noisy = t.replace(provenance=Provenance(evidence={"noise_px": 2.0, "working_hw": [360, 640]}))
    assert describe(t).decisions["Static"].yes is False
    assert describe(noisy).decisions["Static"].yes is True


def test_a_far_travel_straight_ahead_is_not_also_sideways():
    t = build(move=(0.1, 0.0, 3.0))
    assert describe(t).scores["Move_Right"] > Thresholds().lateral_diag
    assert describe(t).decisions["Move_Right"].yes is False
    assert describe(build(move=(0.1, 0.0, 0.1))).decisions["Move_Right"].yes is True


@pytest.mark.parametrize("rule", RULES)
def test_bounded_translation_answers_no_and_unbounded_does_not_know(rule):
    t = build(turn_deg=(0, 20, 0)).replace(scale="bounded", translation_bound=0.02)
    found = describe(t, DescribeConfig(rule=rule)).decisions["Move_In"]
    assert found.yes is False
    assert found.margin == -1.0
    assert 0.0 < found.reliability < 1.0
    unknown = describe(t.replace(translation_bound=np.inf), DescribeConfig(rule=rule))
    assert unknown.decisions["Move_In"].yes is None
    assert unknown.decisions["Move_In"].reliability == 0.0
    assert unknown.decisions["Pan_Right"].yes is True


def reliability(t, name="Pan_Right"):
    return describe(t).decisions[name].reliability


def test_reliability_follows_valid_frames_confidence_and_status():
    t = build(turn_deg=(0, 30, 0), frames=40)
    assert reliability(t) == 1.0
    every_second = np.arange(40) % 2 == 0
    assert reliability(t.replace(valid=every_second)) == pytest.approx(0.5 * 38 / 39)
    first_half = np.arange(40) < 20
    assert reliability(t.replace(valid=first_half)) < 0.3
    evidence = [{"confidence": 0.6}, {"status": "partial"}, {"status": "unreliable"}]
    found = [reliability(t.replace(provenance=Provenance(evidence=e))) for e in evidence]
    assert found[0] == pytest.approx(0.6)
    assert 1.0 > found[1] > found[2] > 0.0


def test_reliability_of_zoom_and_dolly_falls_where_they_are_ambiguous():
    t = build(move=(0, 0, 0.5), log_zoom=-0.5)
    doubtful = t.replace(provenance=Provenance(evidence={"ambiguous": ["dolly_zoom"]}))
    for name in ("Move_In", "Zoom_Out"):
        assert reliability(doubtful, name) == pytest.approx(0.5 * reliability(t, name))
    assert reliability(doubtful, "Pan_Right") == reliability(t, "Pan_Right")


def test_translation_without_depth_is_half_as_reliable():
    t = build(move=(0, 0, 1.0))
    assert reliability(t.replace(scene_depth=None), "Move_In") == pytest.approx(0.5 * reliability(t, "Move_In"))


def test_reliability_is_the_probability_of_the_quantity_where_the_estimator_gives_it():
    t = build(turn_deg=(0, 30, 0), frames=40)
    told = {"rotation": 0.97, "translation": 0.41, "zoom": 0.8}
    # Confidence, status and doubts are in the probabilities already.
    evidence = {"probability": told, "status": "unreliable", "confidence": 0.2, "ambiguous": ["dolly_zoom"]}
    sure = t.replace(provenance=Provenance(evidence=evidence))
    for name, expected in (("Pan_Left", 0.97), ("Move_In", 0.41), ("Zoom_In", 0.8), ("Static", 0.41)):
        assert reliability(sure, name) == pytest.approx(expected)
    assert reliability(sure.replace(valid=np.arange(40) % 2 == 0)) == pytest.approx(0.97 * 0.5 * 38 / 39)
    assert reliability(sure.replace(intrinsics_px=None), "Zoom_In") == 0.0
    assert reliability(sure.replace(scene_depth=None), "Move_In") == pytest.approx(0.5 * 0.41)
    bounded = sure.replace(scale="bounded", translation_bound=0.04)
    assert reliability(bounded, "Move_In") == pytest.approx(0.41)


def test_a_quantity_without_a_probability_keeps_the_older_rule():
    t = build(turn_deg=(0, 30, 0))
    partly = t.replace(provenance=Provenance(evidence={"confidence": 0.6, "probability": {"rotation": 0.9}}))
    assert reliability(partly, "Pan_Right") == pytest.approx(0.9)
    assert reliability(partly, "Move_In") == reliability(partly, "Static") == pytest.approx(0.6)


def test_every_primitive_has_a_probability():
    t = build(turn_deg=(0, 30, 0))
    sure = describe(t).decisions
    assert {name for name in NAMES if sure[name].probability == 1.0} == {"Pan_Right"}
    doubtful = t.replace(provenance=Provenance(evidence={"confidence": 0.4}))
    found = describe(doubtful).decisions
    assert found["Pan_Right"].probability == pytest.approx(0.4 + 0.6 * MOVES)
    assert found["Pan_Left"].probability == pytest.approx(0.6 * MOVES)
    assert found["Move_In"].probability == pytest.approx((1 - 0.4 ** (1 / 3)) * MOVES)
    assert found["Static"].probability == pytest.approx((1 - 0.4 ** (1 / 7)) * MOVES)  # static if all seven rest


def test_a_margin_within_the_noise_is_no_sure_one():
    noisy = np.tile(np.diag([1e-9] * 3 + [np.radians(1.0) ** 2] * 3), (60, 1, 1))
    for pan_deg, least, most in ((3.0, 0.5, 0.75), (20.0, 0.999, 1.0)):
        t = build(frames=60, turn_deg=(0, pan_deg, 0)).replace(pose_covariance=noisy)
        told = describe(t)
        found = told.decisions["Pan_Right"]
        assert found.yes
        assert least < found.probability <= most
        near = "Pan_Right" in near_threshold(told.decisions)
        assert near == (most < 1) == ("possibly pans right" in told.sentence) == (told.captions.prompt is None)
        assert near == ("Pan_Right" in told.doubted)
        assert near != all(span.sure for span in tags(told, t, ("spatialvid",))["spatialvid"].spans)


def test_whether_a_camera_is_static_is_even_at_the_threshold_of_stillness():
    """By the spread of the component that moves most."""
    still = Thresholds().static_diag
    per_deg = -describe(build(frames=60, turn_deg=(0, 1.0, 0))).scores["Static"]
    certain = {"probability": {"rotation": 1.0, "translation": 1.0, "zoom": 1.0}}
    for share, least, most in ((0.5, 0.95, 1.0), (0.99, 0.5, 0.6), (1.01, 0.4, 0.5), (2.0, 0.0, 0.05)):
        turn_deg = share * still / per_deg
        noisy = np.tile(np.diag([1e-9] * 3 + [np.radians(0.2 * still / per_deg) ** 2] * 3), (60, 1, 1))
        t = build(frames=60, turn_deg=(0, turn_deg, 0))
        found = describe(t.replace(pose_covariance=noisy, provenance=Provenance(evidence=certain))).decisions["Static"]
        assert found.yes == (share < 1.0)
        assert least <= found.probability <= most, share
