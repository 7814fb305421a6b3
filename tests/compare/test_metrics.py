"""Laws of the metrics, then values by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import path, smooth
from scipy.spatial.transform import Rotation

from compare import metrics

seeds = st.integers(0, 2**32 - 1)


def poses(seed: int, n: int = 12) -> np.ndarray:
    return np.array(smooth(seed, n).world_from_cam)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_errors_are_symmetric_zero_on_identity_and_bounded_by_their_worst(seed: int) -> None:
    a, b = poses(seed), poses(seed + 1)
    for x in (a, b):
        x[:, :3, 3] /= max(1.0, np.linalg.norm(x[:, :3, 3], axis=1).max())
    every = np.ones(len(a), dtype=bool)
    for metric in (metrics.rot_err, metrics.trans_err, metrics.cam_mc):
        assert metric(a, a, every).value == 0
        there, back = metric(a, b, every), metric(b, a, every)
        assert there.value == pytest.approx(back.value, rel=1e-12)
        assert there.per_frame is not None
        assert (there.per_frame <= there.worst + 1e-12).all()


@given(seeds, st.sampled_from([0.0, 1e-12, 1e-8, 1e-3, 1.0, 3.0, np.pi - 1e-7, np.pi]))
@settings(max_examples=40, deadline=None)
def test_angles_are_exact_where_arccos_is_not(seed: int, angle: float) -> None:
    random = np.random.default_rng(seed)
    axis = random.normal(size=3)
    axis /= np.linalg.norm(axis)
    a = Rotation.random(random_state=random)
    b = a * Rotation.from_rotvec(angle * axis)
    got = metrics.angles_between(a.as_matrix()[None], b.as_matrix()[None])[0]
    assert got == pytest.approx(angle, abs=1e-15 + 4e-8 * (angle > 3.1), rel=1e-3 if angle < 1e-9 else 1e-7)


def test_units_and_aggregations() -> None:
    still = np.zeros((4, 3))
    a = np.array(path(still, still).world_from_cam)
    b = np.array(path(np.tile([3.0, 0, 4.0], (4, 1)), np.outer([0, 1, 2, 3], [0, 0, 0.1])).world_from_cam)
    every = np.ones(4, dtype=bool)
    assert metrics.rot_err(a, b, every, how="sum", angle="rad").value == pytest.approx(0.6)
    assert metrics.rot_err(a, b, every).value == pytest.approx(np.degrees(0.15))
    assert metrics.rot_err(a, b, every, how="rmse", angle="rad").value == pytest.approx(np.sqrt(0.14 / 4))
    assert metrics.rot_err(a, b, every, how="sum", angle="rad").unit == "rad (sum)"
    assert metrics.trans_err(a, b, every).value == pytest.approx(5.0)
    rotated = metrics.cam_mc(a, b, every).per_frame
    assert rotated is not None
    assert rotated[0] == pytest.approx(5.0)
    # [R|t] of a turn by 0.3 about z: two diagonal and two off-diagonal entries change.
    assert rotated[3] == pytest.approx(np.sqrt(25 + 2 * (1 - np.cos(0.3)) ** 2 + 2 * np.sin(0.3) ** 2))


def test_points_without_a_pose_are_charged_at_the_worst_and_only_then() -> None:
    a, b = poses(1), poses(2)
    scored = np.ones(len(a), dtype=bool)
    scored[:3] = False
    score = metrics.rot_err(a, b, scored)
    charged = metrics.charge(score, ~scored, "mean")
    assert score.coverage == pytest.approx(9 / 12)
    assert charged.value == pytest.approx((9 * score.value + 3 * 180) / 12)
    assert metrics.charge(score, np.zeros(12, dtype=bool), "mean") is score


def test_no_common_pose_is_undefined_and_never_nan() -> None:
    a = poses(1)
    none = np.zeros(len(a), dtype=bool)
    for metric in (metrics.rot_err, metrics.trans_err, metrics.cam_mc, metrics.direction_err):
        score = metric(a, a, none)
        assert score.value is None
        assert score.undefined


def test_direction_of_travel() -> None:
    u = np.linspace(0, 1, 10)[:, None]
    still = np.zeros((10, 3))
    a = np.array(path(u * [1, 0, 0], still).world_from_cam)
    every = np.ones(10, dtype=bool)
    for direction, angle in (([5, 0, 0], 0.0), ([0, 0, 2], 90.0), ([-1, 0, 0], 180.0), ([1, 0, 1], 45.0)):
        b = np.array(path(u * direction, still).world_from_cam)
        assert metrics.direction_err(a, b, every).value == pytest.approx(angle, abs=1e-9)
    static = np.array(path(still, still).world_from_cam)
    assert "does not translate" in metrics.direction_err(a, static, every).undefined
    assert "reference" in metrics.direction_err(static, a, every).undefined


def test_motion_ratio_and_its_limits() -> None:
    assert metrics.motion_ratio(2.0, 3.0).value == 1.5
    assert metrics.motion_ratio(0.0, 3.0).undefined == "the reference does not translate"


def test_zoom_error_does_not_see_the_size_of_the_image() -> None:
    every = np.ones(5, dtype=bool)
    zoom = np.linspace(0, 1, 5)  # doubles the focal length
    assert metrics.zoom_err(zoom, zoom + 3, every).value == pytest.approx(0, abs=1e-15)
    assert metrics.zoom_err(zoom, np.zeros(5), every).value == pytest.approx(0.5)
    assert "generated clip" in metrics.zoom_err(zoom, None, every).undefined
    assert metrics.zoom_err(zoom, zoom * np.nan, every).value is None


def test_a_shaken_path_is_rougher_and_size_and_duration_do_not_matter() -> None:
    random = np.random.default_rng(0)
    u = np.linspace(0, 1, 50)[:, None]
    calm = np.hstack([np.sin(u), u, u**2])
    shaken = calm + 0.01 * random.normal(size=calm.shape)
    score = metrics.smoothness(calm, shaken)
    assert score.value is not None
    assert score.value > 3
    assert metrics.smoothness(calm, 7 * calm).value == pytest.approx(0, abs=1e-9)
    assert metrics.smoothness(calm, np.zeros((50, 3))).value is None


@pytest.mark.parametrize(
    ("rotation", "translation", "expected"),
    [(0, 0, 1.0), (15, 0, 0.0), (7.5, 0, np.sqrt(0.5)), (0, 0.25, np.sqrt(0.5)), (90, 9, 0.0), (3, 0.1, 0.8)],
)
def test_world_score(rotation: float, translation: float, expected: float) -> None:
    assert metrics.world_score(float(rotation), float(translation)).value == pytest.approx(expected)
