"""Two pieces of one path, each in a world and a unit of its own, are that path again."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from trajectory import Trajectory
from trajectory.errors import CinetrajError
from trajectory.frames import Sim3, anchor_to_first, at_rows, transform
from trajectory.join import UNLINKED_SIGMA_LOG, joined

COUNT, START, STOP = 50, 20, 32
"""Frames of the path; those that both pieces have are START to STOP."""


def path(*, travels: bool = True, noise: float = 0.0, seed: int = 0) -> Trajectory:
    """A bend with a zoom, seen with some noise."""
    random = np.random.default_rng(seed)
    time_s = np.arange(COUNT) / 24
    turn = Rotation.from_rotvec(np.column_stack([0.1 * np.sin(time_s), 0.4 * time_s, 0.05 * time_s]))
    poses = np.tile(np.eye(4), (COUNT, 1, 1))
    wrong = Rotation.from_rotvec(noise * random.standard_normal((COUNT, 3)))
    poses[:, :3, :3] = (turn * wrong).as_matrix()
    if travels:
        way = np.column_stack([time_s, 0.2 * time_s**2, 0.5 * np.sin(time_s)])
        poses[:, :3, 3] = way + noise * random.standard_normal((COUNT, 3))
    focal = np.linspace(300.0, 400.0, COUNT)
    intrinsics = np.zeros((COUNT, 3, 3))
    intrinsics[:, 0, 0] = intrinsics[:, 1, 1] = focal
    intrinsics[:, :, 2] = (320, 180, 1)
    return Trajectory(
        world_from_cam=poses,
        time_s=time_s,
        valid=np.ones(COUNT, bool),
        image_hw=(360, 640),
        intrinsics_px=intrinsics,
        scale="arbitrary" if travels else "bounded",
        translation_bound=None if travels else 0.01,
        scene_depth=np.linspace(4.0, 5.0, COUNT),
        focal_sigma_px=np.full(COUNT, 2.0),
        pose_covariance=np.tile(1e-4 * np.eye(6), (COUNT, 1, 1)),
    )


def part(whole: Trajectory, start: int, stop: int, *, invalid: tuple[int, ...] = ()) -> Trajectory:
    piece = at_rows(whole, np.arange(start, stop))
    valid = piece.valid.copy()
    valid[list(invalid)] = False
    poses = np.where(valid[:, None, None], piece.world_from_cam, np.nan)
    reason = tuple("" if good else "blank" for good in valid)
    return piece.replace(world_from_cam=poses, valid=valid, reason=reason)


def elsewhere(piece: Trajectory, scale: float = 3.0) -> Trajectory:
    turn = Rotation.from_rotvec([0.3, -1.0, 0.5]).as_matrix()
    return anchor_to_first(transform(piece, Sim3(scale=scale, rotation=turn, translation=np.array([1.0, -2.0, 5.0]))))


def test_exact_pieces_are_the_path_again() -> None:
    whole = path()
    found, seam = joined(part(whole, 0, STOP), elsewhere(part(whole, START, COUNT)), START)
    np.testing.assert_allclose(found.world_from_cam, whole.world_from_cam, atol=1e-9)
    np.testing.assert_allclose(found.intrinsics_px, whole.intrinsics_px, rtol=1e-12)
    np.testing.assert_allclose(found.scene_depth, whole.scene_depth, rtol=1e-9)
    np.testing.assert_array_equal(found.time_s, whole.time_s)
    assert (seam.start, seam.stop) == (START, STOP)
    assert seam.rotation_deg < 1e-5
    assert seam.position < 1e-9
    assert seam.scale == pytest.approx(1 / 3, rel=1e-9)
    assert found.scale == "arbitrary"


def longer(piece: Trajectory, factor: float, sigma_px: float) -> Trajectory:
    """As a piece that took the lens for a longer one."""
    assert piece.intrinsics_px is not None
    intrinsics = piece.intrinsics_px.copy()
    intrinsics[:, :2, :2] *= factor
    return piece.replace(intrinsics_px=intrinsics, focal_sigma_px=np.full(len(piece), sigma_px))


@pytest.mark.parametrize(("sigma_px", "share"), [((20.0, 28.0), 0.5), ((2.0, 200.0), 0.0), ((200.0, 2.0), 1.0)])
def test_pieces_that_differ_in_their_lens_make_no_zoom(sigma_px: tuple[float, float], share: float) -> None:
    """What is hardly known of a focal length is no zoom where pieces meet; a zoom within them stays."""
    whole = path()
    first = longer(part(whole, 0, STOP), 1.0, sigma_px[0])
    second = longer(elsewhere(part(whole, START, COUNT)), 1.4, sigma_px[1])
    found, _ = joined(first, second, START)
    assert found.focal_px is not None
    assert whole.focal_px is not None
    ratio = found.focal_px / whole.focal_px
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)
    assert np.log(ratio[0]) == pytest.approx(share * np.log(1.4), abs=0.02)


def test_a_camera_that_rests_where_pieces_meet_is_not_torn_by_its_noise() -> None:
    whole = path()
    at_rest = whole.world_from_cam.copy()
    at_rest[START:, :3, 3] = at_rest[START, :3, 3]
    noise = 1e-4 * np.random.default_rng(3).standard_normal((2, COUNT, 3))
    one, other = (whole.replace(world_from_cam=at_rest.copy()) for _ in range(2))
    for each, off in zip((one, other), noise, strict=True):
        each.world_from_cam.setflags(write=True)
        each.world_from_cam[START:, :3, 3] += off[START:]
    _, seam = joined(part(one, 0, STOP), part(other, START, COUNT), START)
    assert seam.position < 0.05
    _, seam = joined(part(whole, 0, STOP), part(other, START, COUNT), START)
    assert seam.position > 0.2


def test_turns_without_travel_are_joined_and_their_bounds_add() -> None:
    whole = path(travels=False)
    found, seam = joined(part(whole, 0, STOP), elsewhere(part(whole, START, COUNT), 1.0), START)
    np.testing.assert_allclose(found.rotations, whole.rotations, atol=1e-9)
    np.testing.assert_allclose(found.positions, 0, atol=1e-9)
    assert (found.scale, found.translation_bound) == ("bounded", 0.02)
    assert seam.position == 0


def test_depths_give_the_unit_where_one_piece_does_not_travel() -> None:
    whole = path()
    first = part(path(travels=False), 0, STOP)
    found, seam = joined(first, elsewhere(part(whole, START, COUNT)), START)
    assert seam.scale == pytest.approx(1 / 3, rel=1e-6)
    assert seam.position > 0.2, "one travels there, the other does not"
    assert found.scale == "arbitrary"
    blind = part(whole, START, COUNT).replace(scene_depth=None)
    _, unlinked = joined(first, blind, START)
    assert (unlinked.scale, unlinked.scale_sigma_log) == (1.0, UNLINKED_SIGMA_LOG)


def test_frames_without_a_pose_in_one_piece_take_that_of_the_other() -> None:
    whole = path()
    first = part(whole, 0, STOP, invalid=(3, 22, 31))
    second = elsewhere(part(whole, START, COUNT, invalid=(4, 25)))
    found, _ = joined(first, second, START)
    assert np.flatnonzero(~found.valid).tolist() == [3, START + 25]
    np.testing.assert_allclose(found.world_from_cam[found.valid], whole.world_from_cam[found.valid], atol=1e-9)
    assert found.reason is not None
    assert (found.reason[3], found.reason[22], found.reason[START + 25]) == ("blank", "", "blank")


def test_too_few_shared_poses_are_refused() -> None:
    whole = path()
    lost = part(whole, START, COUNT, invalid=tuple(range(10)))
    with pytest.raises(CinetrajError, match="2 shared frames have a pose in both pieces, expected 3"):
        joined(part(whole, 0, STOP), lost, START)


def test_the_covariance_is_that_of_many_joined_pieces() -> None:
    """By simulation: pieces with known errors of their own, joined, spread as the composed covariance says."""
    random = np.random.default_rng(5)
    whole, sigma = path(), 2e-3
    moved = part(whole, START, COUNT)
    ends = []
    for _ in range(300):
        at_link = sigma * random.standard_normal(6)
        turn = Rotation.from_rotvec(at_link[3:]).as_matrix()
        change = np.eye(4)
        change[:3, :3], change[:3, 3] = turn, at_link[:3]
        link = whole.world_from_cam[START]
        end = link @ change @ np.linalg.inv(link) @ whole.world_from_cam[-1]
        apart = np.linalg.inv(whole.world_from_cam[-1]) @ end
        ends.append(np.concatenate([apart[:3, 3], Rotation.from_matrix(apart[:3, :3]).as_rotvec()]))
    spread = np.cov(np.array(ends).T)
    first = part(whole, 0, STOP).replace(pose_covariance=np.tile(sigma**2 * np.eye(6), (STOP, 1, 1)))
    found, _ = joined(first, moved.replace(pose_covariance=np.zeros((COUNT - START, 6, 6))), START)
    assert found.pose_covariance is not None
    told = found.pose_covariance[-1]
    np.testing.assert_allclose(np.sqrt(np.diag(told)), np.sqrt(np.diag(spread)), rtol=0.15)


def test_the_doubt_about_the_unit_grows_with_the_way() -> None:
    whole = path(noise=3e-3)
    clean = part(path(), START, COUNT)
    first = part(whole, 0, STOP)
    assert clean.pose_covariance is not None
    second = elsewhere(clean.replace(pose_covariance=0 * clean.pose_covariance))
    found, seam = joined(first.replace(pose_covariance=np.zeros((STOP, 6, 6))), second, START)
    assert found.pose_covariance is not None
    spread = np.sqrt(np.trace(found.pose_covariance[STOP:, :3, :3], axis1=1, axis2=2))
    assert (np.diff(spread) > 0).all()
    way = np.linalg.norm(found.positions[-1] - found.positions[START])
    assert spread[-1] == pytest.approx(seam.scale_sigma_log * way, rel=0.01)  # the shared frames pass into each other
    true = np.linalg.norm(path().positions[-1] - path().positions[START])
    assert abs(way - true) < 4 * max(spread[-1], 3e-3)
