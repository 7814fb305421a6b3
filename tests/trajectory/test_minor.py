"""Minor moves: under the thresholds, above the noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motions import SIGN, build, primitive, steered

from trajectory.description import DescribeConfig, describe
from trajectory.image_motion import image_motion
from trajectory.minor import SIGMAS, noise_of_components
from trajectory.model import Provenance
from trajectory.probabilities import MOVES

AMOUNT = {"turn": 1.5, "move": 0.04, "zoom": 0.04}
UNIT = {"turn": "deg", "move": "scene_depth", "zoom": "ratio"}
QUIET = {"noise_px": 0.3, "working_hw": [360, 640]}


def quiet(t, **evidence):
    return t.replace(provenance=Provenance(evidence={**QUIET, **evidence}))


def with_covariance(t, position, turn_rad):
    deviations = np.repeat([position, turn_rad], 3)
    return t.replace(pose_covariance=np.tile(np.diag(deviations**2), (len(t), 1, 1)))


@pytest.mark.parametrize("name", SIGN)
def test_each_is_named_with_its_amount(name):
    amount = AMOUNT[SIGN[name][0]]
    found = describe(quiet(primitive(name, amount)))
    (minor,) = found.minor
    assert minor.primitive == name
    expected = {"turn": amount, "move": amount, "zoom": abs(np.expm1(amount if name == "Zoom_In" else -amount))}
    assert minor.amount == pytest.approx(expected[SIGN[name][0]], rel=1e-3)
    assert minor.unit == UNIT[SIGN[name][0]]
    assert minor.probability > 0.99
    assert found.minor_motion is True
    assert not any(decision.yes for decision in found.decisions.values())


@settings(max_examples=6, deadline=None)
@given(share=st.floats(0.02, 0.04), name=st.sampled_from(["Move_In", "Move_Out", "Move_Left", "Move_Up"]))
def test_slow_moves_of_two_to_four_percent_are_minor(share, name):
    (minor,) = describe(quiet(primitive(name, share))).minor
    assert (minor.primitive, minor.amount) == (name, pytest.approx(share, rel=1e-3))


def test_the_sentence_says_how_far_and_how_sure():
    found = describe(quiet(primitive("Move_In", 0.03), probability={"rotation": 1.0, "translation": 0.9, "zoom": 1.0}))
    assert found.sentence == "The camera hardly moves; it moves forward by 3.0 % of the scene depth."
    turned = describe(quiet(build(turn_deg=(0, 1.5, 0))))
    assert turned.sentence == "The camera hardly moves; it pans right by 1.5°."
    unsure = describe(quiet(primitive("Move_In", 0.03), probability={"rotation": 1.0, "translation": 0.6, "zoom": 1.0}))
    assert "; it possibly moves forward by 3.0 %" in unsure.sentence


def test_in_a_clip_that_nobody_vouches_for_they_are_hardly_more_probable_than_in_any():
    (minor,) = describe(quiet(primitive("Move_In", 0.03), status="unreliable", confidence=0.02)).minor
    assert MOVES < minor.probability < MOVES + 0.02


def test_noise_is_no_move_by_either_measure():
    t = primitive("Move_Right", 0.03)
    score = describe(t).scores["Move_Right"]
    diagonal = np.hypot(360, 640)
    for share, named in ((0.9, 1), (1.1, 0)):
        noise_px = share * score / SIGMAS * diagonal
        assert len(describe(t.replace(provenance=Provenance(evidence={**QUIET, "noise_px": noise_px}))).minor) == named
        deviation = share * 0.03 / SIGMAS
        assert len(describe(with_covariance(t, deviation, 1e-4)).minor) == named
    # The covariance goes before the noise of single positions.
    assert len(describe(with_covariance(quiet(t), 0.02, 1e-4)).minor) == 0


def test_without_a_measure_of_noise_nothing_is_minor():
    assert describe(primitive("Move_In", 0.03)).minor == ()
    assert describe(primitive("Move_In", 0.03)).sentence == "The camera hardly moves."


def test_what_is_decided_static_or_told_in_segments_is_not_minor_too():
    assert describe(quiet(primitive("Pan_Left", 20.0))).minor == ()
    assert describe(quiet(build())).minor == ()
    assert describe(quiet(build(move=(0.03, 0.0, 0.5)))).minor == ()  # no camera is aimed so well
    there_and_back = build(turn_deg=(0, 40, 0), frames=181, duration_s=6.0, profile=lambda a: np.sin(np.pi * a))
    assert describe(quiet(there_and_back)).minor == ()
    bounded = build().replace(scale="bounded", translation_bound=np.inf)
    assert describe(quiet(bounded)).minor == ()


def test_beside_a_pan_a_slow_move_is_minor():
    found = describe(quiet(build(turn_deg=(0, 20, 0), move=(0, 0, 0.03))), DescribeConfig())
    assert [each.primitive for each in found.minor] == ["Move_In"]
    assert found.to_json()["minor"][0]["unit"] == "scene_depth"


def test_the_angle_of_a_minor_pan_is_that_of_the_camera_whatever_its_lens_does():
    """It pans by 1.5 degrees while the lens is long; the scores of most steps are those of a wide one."""
    t = quiet(build(turn_deg=(0, 1.5, 0), profile=lambda at: np.clip(4 * at - 3, 0, 1)))
    k = t.intrinsics_px.copy()
    k[40:, [0, 1], [0, 1]] *= 1.5
    (minor,) = describe(t.replace(intrinsics_px=k)).minor
    assert (minor.primitive, minor.unit) == ("Pan_Right", "deg")
    assert minor.amount == pytest.approx(1.5, rel=1e-6)


def test_the_covariance_is_taken_to_the_frame_of_the_score():
    t, gravity = steered((-40, 0, 0), (0, 2, 0))
    sideways = np.zeros((len(t), 6, 6))
    sideways[:, 4, 4] = 1e-6  # about the camera's own y axis alone
    seen = image_motion(t.replace(pose_covariance=sideways), gravity=gravity)
    sigma = noise_of_components(t.replace(pose_covariance=sideways), seen) / seen.weight
    assert sigma[4] == pytest.approx(1e-3 / np.cos(np.radians(40)), rel=1e-3)
    assert sigma[5] == pytest.approx(1e-3 * np.tan(np.radians(40)), rel=1e-3)
    assert np.isinf(sigma[6])
