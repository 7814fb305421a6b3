"""Laws of interpolation, then agreement with scipy's SLERP, then the gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from trajectory.errors import CinetrajError
from trajectory.model import Trajectory
from trajectory.resample import at_times, evenly, quat_wxyz_from_rotation, rotation_from_quat_wxyz, slerp

seeds = st.integers(0, 2**32 - 1)


def wander(seed: int, n: int = 15, turn: float = 1.0) -> Trajectory:
    random = np.random.default_rng(seed)
    poses = np.tile(np.eye(4), (n, 1, 1))
    rotation = Rotation.random(random_state=random)
    for i in range(n):
        poses[i, :3, :3] = rotation.as_matrix()
        rotation = rotation * Rotation.from_rotvec(turn * random.normal(size=3) / 3)
    poses[:, :3, 3] = np.cumsum(random.normal(size=(n, 3)), axis=0)
    return Trajectory(
        world_from_cam=poses,
        time_s=np.cumsum(random.uniform(0.05, 0.5, n)),
        valid=np.ones(n, dtype=bool),
        image_hw=(100, 200),
        intrinsics_px=np.eye(3) * np.insert(random.uniform(100, 200, (n, 1, 2)), 2, 1.0, axis=2),
        scene_depth=random.uniform(1, 2, n),
    )


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_at_its_own_times_a_path_is_itself_bit_for_bit(seed: int) -> None:
    path = wander(seed)
    again = at_times(path, path.time_s)
    np.testing.assert_array_equal(again.world_from_cam, path.world_from_cam)
    np.testing.assert_array_equal(again.intrinsics_px, path.intrinsics_px)
    np.testing.assert_array_equal(again.scene_depth, path.scene_depth)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_it_equals_scipys_slerp(seed: int) -> None:
    path = wander(seed)
    times = np.sort(np.random.default_rng(seed).uniform(path.time_s[0], path.time_s[-1], 40))
    got = at_times(path, times)
    expected = Slerp(path.time_s, Rotation.from_matrix(np.array(path.rotations)))(times).as_matrix()
    np.testing.assert_allclose(got.rotations, expected, atol=1e-12)
    for axis in range(3):
        np.testing.assert_allclose(
            got.positions[:, axis], np.interp(times, path.time_s, path.positions[:, axis]), atol=1e-12
        )
    assert got.valid.all()


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_refining_and_coming_back_loses_nothing(seed: int) -> None:
    path = wander(seed)
    fine = np.sort(np.unique(np.concatenate([path.time_s, (path.time_s[1:] + path.time_s[:-1]) / 2])))
    back = at_times(at_times(path, fine), path.time_s)
    np.testing.assert_allclose(back.world_from_cam, path.world_from_cam, atol=1e-13)


@given(seeds, st.sampled_from([1e-12, 1e-8, 1e-3, 1.0, 3.0, np.pi - 1e-6]))
@settings(max_examples=40, deadline=None)
def test_slerp_turns_evenly_at_any_angle(seed: int, angle: float) -> None:
    random = np.random.default_rng(seed)
    axis = random.normal(size=3)
    axis /= np.linalg.norm(axis)
    start = Rotation.random(random_state=random).as_matrix()[None]
    end = start @ Rotation.from_rotvec(angle * axis).as_matrix()
    part = slerp(start, end, np.array([0.3]))
    expected = start @ Rotation.from_rotvec(0.3 * angle * axis).as_matrix()
    np.testing.assert_allclose(part, expected, atol=1e-9)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_quaternions_there_and_back(seed: int) -> None:
    random = np.random.default_rng(seed)
    axis = np.concatenate([random.normal(size=(6, 3)), np.eye(3), -np.eye(3)])
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    rotation = Rotation.from_rotvec(axis * random.choice([0, 1e-9, 1.0, np.pi, np.pi - 1e-9], (12, 1))).as_matrix()
    np.testing.assert_allclose(rotation_from_quat_wxyz(quat_wxyz_from_rotation(rotation)), rotation, atol=1e-14)


def test_it_never_extrapolates() -> None:
    path = wander(1)
    got = at_times(path, np.array([path.time_s[0] - 0.01, path.time_s[0], path.time_s[-1], path.time_s[-1] + 0.01]))
    np.testing.assert_array_equal(got.valid, [False, True, True, False])
    assert got.reason == ("outside the time span", "", "", "outside the time span")
    assert got.scene_depth is not None
    assert np.isnan(got.scene_depth[[0, 3]]).all()


def test_gaps_stay_gaps() -> None:
    path = wander(2)
    valid = np.ones(15, dtype=bool)
    valid[5] = False
    holed = path.replace(valid=valid, reason=tuple("" if v else "blurred" for v in valid))
    middle = (path.time_s[1:] + path.time_s[:-1]) / 2
    got = at_times(holed, middle)
    np.testing.assert_array_equal(np.flatnonzero(~got.valid), [4, 5])
    assert got.reason is not None
    assert got.reason[4] == "blurred"
    assert at_times(holed, path.time_s[[4, 5, 6]]).valid.tolist() == [True, False, True]
    steps = np.diff(path.time_s)
    limit = float(np.median(steps))
    got = at_times(path, middle, max_gap_s=limit)
    np.testing.assert_array_equal(got.valid, steps <= limit)


def test_one_frame_is_known_at_its_time_only() -> None:
    path = wander(3, n=1)
    t = float(path.time_s[0])
    assert at_times(path, np.array([t - 1, t, t + 1])).valid.tolist() == [False, True, False]


def test_times_that_are_none_are_refused() -> None:
    with pytest.raises(CinetrajError, match="finite"):
        at_times(wander(1), np.array([0.0, np.nan]))


def test_a_gap_limit_must_be_positive() -> None:
    with pytest.raises(CinetrajError, match="max_gap_s"):
        at_times(wander(1), np.array([1.0]), max_gap_s=0.0)


@given(seeds, st.integers(1, 60))
@settings(max_examples=15, deadline=None)
def test_a_number_of_frames_spans_the_path_evenly(seed: int, count: int) -> None:
    path = wander(seed)
    got = evenly(path, count=count)
    assert len(got) == count
    assert got.valid.all()
    np.testing.assert_array_equal(got.world_from_cam[0], path.world_from_cam[0])
    if count > 1:
        np.testing.assert_allclose(got.world_from_cam[-1], path.world_from_cam[-1], atol=1e-12)
        np.testing.assert_allclose(np.diff(got.time_s), (path.time_s[-1] - path.time_s[0]) / (count - 1))


def test_a_rate_begins_at_the_start_and_never_leaves_the_path() -> None:
    path = wander(3).replace(time_s=np.arange(15) / 10 + 2)  # 1.4 s
    for fps, frames in ((10.0, 15), (30.0, 43), (16.0, 23), (0.5, 1)):
        got = evenly(path, fps=fps)
        assert len(got) == frames
        assert got.valid.all()
        np.testing.assert_allclose(got.time_s, 2 + np.arange(frames) / fps)
    assert len(evenly(path, count=9, fps=10.0)) == 9
    with pytest.raises(CinetrajError, match=r"16 frames at 10 fps last 1\.5 s and the path 1\.4 s, that is 15 frames"):
        evenly(path, count=16, fps=10.0)
    with pytest.raises(CinetrajError, match="frame numbers and no seconds"):
        evenly(path.replace(time_source="index"), fps=10.0)
    for wrong in ({"count": 0}, {"count": 10**9}, {"fps": 0.0}, {"fps": np.nan}, {"fps": 1e300, "count": 10**6}):
        with pytest.raises(CinetrajError):
            evenly(path, **wrong)
    assert evenly(path) is path
