"""From per-frame poses to a trajectory: gauge, unit, intrinsics and repeated frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from sfm.backends.assemble import assemble, assemble_structure, source_rows
from sfm.structure import PointTracks, Structure
from sfm.types import FramePoses, Frames, Masks
from trajectory.errors import CinetrajError

N = 5


def frames() -> Frames:
    return Frames(
        rgb=np.zeros((N, 30, 40, 3), np.uint8),
        time_s=np.arange(N) / 10.0,
        index=np.arange(N),
        source_hw=(30, 40),
        source="made",
        pixel_aspect=1.25,
    )


def poses(seed: int = 0, valid: tuple[bool, ...] = (True,) * N, **changes: object) -> FramePoses:
    rng = np.random.default_rng(seed)
    values = {
        "rotation": Rotation.random(N, random_state=seed).as_matrix(),
        "translation": rng.normal(size=(N, 3)),
        "focal_px": np.linspace(50.0, 60.0, N),
        "depth": rng.uniform(2.0, 9.0, N),
        "valid": np.array(valid),
        "reason": tuple("" if v else "blank" for v in valid),
    }
    return FramePoses(**{**values, **changes})  # pyright: ignore[reportArgumentType]


@given(seed=st.integers(0, 99), first=st.integers(0, N - 1))
@settings(max_examples=20, deadline=None)
def test_the_first_valid_frame_is_the_world_and_the_median_depth_is_one(seed: int, first: int) -> None:
    valid = tuple(k >= first for k in range(N))
    found = assemble(frames(), poses(seed, valid))
    np.testing.assert_allclose(found.world_from_cam[first], np.eye(4), atol=1e-12)
    assert found.scene_depth is not None
    assert np.nanmedian(found.scene_depth) == pytest.approx(1.0)
    assert np.isnan(found.scene_depth[:first]).all()
    assert found.reason == tuple("" if v else "blank" for v in valid)


def test_intrinsics_stand_in_the_middle_of_the_working_size() -> None:
    found = assemble(frames(), poses())
    assert found.intrinsics_px is not None
    np.testing.assert_allclose(found.intrinsics_px[0], [[40.0, 0, 19.5], [0, 50.0, 14.5], [0, 0, 1]])


def test_without_translation_positions_are_zero_within_a_bound() -> None:
    found = assemble(frames(), poses(translates=False, translation_bound=0.1))
    assert (found.scale, found.translation_bound) == ("bounded", 0.1)
    assert not found.positions.any()


def test_poses_are_checked_at_the_door() -> None:
    with pytest.raises(CinetrajError, match="translation_bound"):
        poses(translates=False)
    with pytest.raises(CinetrajError, match="reason has 2 entries, expected 5"):
        poses(reason=("", ""))


def test_a_repeated_frame_takes_pose_and_verdict_of_its_original() -> None:
    found = poses(valid=(True, False, True, True, True)).repeated(np.array([0, 1, 1, 0, 4]))
    assert found.valid.tolist() == [True, False, False, True, True]
    assert found.reason == ("", "blank", "blank", "", "")
    np.testing.assert_array_equal(found.rotation[3], found.rotation[0])


def test_rows_of_a_model_of_some_frames() -> None:
    masks = Masks(usable=np.ones((2, 2), bool), blank=np.zeros(N, bool), duplicate_of=np.array([0, 0, 2, 3, 2]))
    assert source_rows(masks, np.array([0, 2]), N).tolist() == [0, 0, 1, -1, 1]


@given(seed=st.integers(0, 99), first=st.integers(0, N - 1))
@settings(max_examples=20, deadline=None)
def test_points_and_depths_lie_in_the_world_and_the_unit_of_the_trajectory(seed: int, first: int) -> None:
    """What a camera sees of a point does not change: its direction, and its depth over that of the scene."""
    given_poses = poses(seed, tuple(k >= first for k in range(N)))
    points = np.random.default_rng(seed).normal(size=(7, 3))
    in_camera = np.einsum("nij,mj->nmi", given_poses.rotation, points) + given_poses.translation[:, None]
    depth = np.abs(in_camera[:, :6, 2]).reshape(N, 2, 3).astype(np.float32)
    own = Structure(
        image_hw=(16, 24),
        cell_px=8,
        depth=depth,
        points=points,
        colour=np.zeros((7, 3), np.uint8),
        tracks=PointTracks(point=np.arange(N), frame=np.arange(N), xy_px=np.zeros((N, 2), np.float32)),
    )
    trajectory, found = assemble(frames(), given_poses), assemble_structure(given_poses, own)
    assert found is not None
    assert found.points is not None
    assert found.depth is not None
    assert found.tracks is not None
    unit = np.median(given_poses.depth[first:])
    for k in range(first, N):
        pose = trajectory.world_from_cam[k]
        again = (found.points - pose[:3, 3]) @ pose[:3, :3]
        np.testing.assert_allclose(again * unit, in_camera[k], atol=1e-9)
        np.testing.assert_allclose(found.depth[k].ravel() * unit, depth[k].ravel(), rtol=1e-5)
    assert np.isnan(found.depth[:first]).all()
    assert found.tracks.frame.tolist() == list(range(first, N))


def test_without_translation_there_are_no_points() -> None:
    still = poses(translates=False, translation_bound=0.1)
    moving = np.zeros((N, 2, 3), bool)
    own = Structure(
        image_hw=(16, 24), cell_px=8, moving=moving, points=np.ones((1, 3)), colour=np.ones((1, 3), np.uint8)
    )
    found = assemble_structure(still, own)
    assert found is not None
    assert found.points is None
    assert found.moving is not None
    assert assemble_structure(still, None) is None


def test_covariances_are_in_the_unit_of_the_positions_and_unknown_where_there_is_no_pose() -> None:
    given = np.tile(np.diag([4.0, 4, 4, 1, 1, 1]), (N, 1, 1))
    depth = np.full(N, 2.0)
    found = assemble(frames(), poses(valid=(False, True, True, True, True), covariance=given, depth=depth))
    assert found.pose_covariance is not None
    assert np.isnan(found.pose_covariance[0]).all()
    np.testing.assert_allclose(found.pose_covariance[1], np.eye(6))
    assert assemble(frames(), poses()).pose_covariance is None
