"""Laws of the changes of frame, then the axes by hand."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from trajectory.description import describe
from trajectory.errors import CinetrajError
from trajectory.frames import (
    AXES_FROM_OPENCV,
    Sim3,
    UnitBy,
    anchor_to_first,
    at_rows,
    from_axes,
    in_unit,
    inverse_poses,
    mirrored,
    time_reversed,
    to_axes,
    transform,
)
from trajectory.gravity import attitude_deg
from trajectory.model import Provenance, Trajectory, evidence_of
from trajectory.resample import at_times

seeds = st.integers(0, 2**32 - 1)


def some_path(seed: int, n: int = 12, *, gap: bool = True) -> Trajectory:
    random = np.random.default_rng(seed)
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, :3, :3] = Rotation.random(n, random_state=random).as_matrix()
    poses[:, :3, 3] = random.normal(size=(n, 3)) * 10.0 ** random.uniform(-3, 3)
    valid = np.ones(n, dtype=bool)
    if gap:
        valid[n // 2] = False
    return Trajectory(
        world_from_cam=poses,
        time_s=np.cumsum(random.uniform(0.01, 1.0, n)),
        valid=valid,
        image_hw=(480, 640),
        intrinsics_px=np.tile([[500.0, 1.0, 300.0], [0, 510.0, 250.0], [0, 0, 1]], (n, 1, 1)),
        scene_depth=random.uniform(1, 3, n),
        reason=tuple("" if v else "lost" for v in valid),
    )


def some_sim3(seed: int) -> Sim3:
    random = np.random.default_rng(seed)
    return Sim3(
        scale=float(10.0 ** random.uniform(-3, 3)),
        rotation=Rotation.random(random_state=random).as_matrix(),
        translation=random.normal(size=3) * 10,
    )


@given(seeds, seeds)
@settings(max_examples=30, deadline=None)
def test_transforms_form_a_group(a: int, b: int) -> None:
    path, first, second = some_path(a), some_sim3(a), some_sim3(b)
    size = 1 + np.abs(path.positions[path.valid]).max()
    back = transform(transform(path, first), first.inverse())
    np.testing.assert_allclose(back.world_from_cam, path.world_from_cam, atol=1e-9 * size * max(1, 1 / first.scale))
    two = transform(transform(path, first), second)
    one = transform(path, second.after(first))
    scale = 1 + np.abs(two.positions[path.valid]).max()
    np.testing.assert_allclose(one.world_from_cam, two.world_from_cam, atol=1e-12 * scale)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_transform_keeps_parallax_and_validity(seed: int) -> None:
    path = some_path(seed)
    moved = transform(path, some_sim3(seed + 1))
    before = np.linalg.norm(path.positions - path.positions[0], axis=1) / path.scene_depth
    after = np.linalg.norm(moved.positions - moved.positions[0], axis=1) / moved.scene_depth
    np.testing.assert_allclose(after, before, rtol=1e-8)
    np.testing.assert_array_equal(moved.valid, path.valid)
    assert moved.reason == path.reason


def test_a_scaled_metric_path_is_no_longer_metric() -> None:
    path = some_path(0).replace(scale="metric")
    assert transform(path, some_sim3(1)).scale == "arbitrary"
    assert transform(path, Sim3(scale=1.0, rotation=np.eye(3), translation=np.ones(3))).scale == "metric"


@given(seeds, seeds)
@settings(max_examples=30, deadline=None)
def test_the_anchor_does_not_see_the_world_frame(a: int, b: int) -> None:
    path = some_path(a)
    move = some_sim3(b)
    rigid = Sim3(scale=1.0, rotation=move.rotation, translation=move.translation)
    anchored = anchor_to_first(path)
    np.testing.assert_allclose(anchored.world_from_cam[0], np.eye(4), atol=1e-12)
    size = 1 + np.abs(path.positions[path.valid]).max()
    np.testing.assert_allclose(
        anchor_to_first(transform(path, rigid)).world_from_cam, anchored.world_from_cam, atol=1e-12 * size
    )


def test_the_anchor_is_the_first_valid_frame() -> None:
    path = some_path(3)
    late = path.replace(valid=path.valid & (np.arange(len(path)) >= 2), reason=None)
    np.testing.assert_allclose(anchor_to_first(late).world_from_cam[2], np.eye(4), atol=1e-12)
    with pytest.raises(CinetrajError, match="no valid frame"):
        anchor_to_first(path.replace(valid=np.zeros(len(path), dtype=bool)))


@pytest.mark.parametrize("axes", AXES_FROM_OPENCV)
def test_axes_go_there_and_back(axes: str) -> None:
    poses = some_path(5, gap=False).world_from_cam
    np.testing.assert_allclose(from_axes(to_axes(poses, axes), axes), poses, rtol=0, atol=1e-12 * np.abs(poses).max())
    assert (np.linalg.det(to_axes(poses, axes)[:, :3, :3]) > 0).all()  # conjugation never reflects the rotation


@pytest.mark.parametrize(
    ("axes", "forward", "right", "up"),
    [
        ("opencv", (0, 0, 1), (1, 0, 0), (0, -1, 0)),
        ("opengl", (0, 0, -1), (1, 0, 0), (0, 1, 0)),
        ("ned", (1, 0, 0), (0, 1, 0), (0, 0, -1)),
        ("unreal", (1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ],
)
def test_axes_by_hand(axes: str, forward: tuple, right: tuple, up: tuple) -> None:
    moves = np.tile(np.eye(4), (3, 1, 1))
    moves[0, :3, 3], moves[1, :3, 3], moves[2, :3, 3] = (0, 0, 1), (1, 0, 0), (0, -1, 0)  # forward, right, up in OpenCV
    np.testing.assert_array_equal(to_axes(moves, axes)[:, :3, 3], [forward, right, up])


def test_a_pan_right_stays_a_pan_right_in_unreal() -> None:
    pan = np.eye(4)[None].copy()
    pan[0, :3, :3] = Rotation.from_rotvec([0, 0.5, 0]).as_matrix()  # OpenCV: z turns towards +x
    looking = to_axes(pan, "unreal")[0, :3, 0]  # where the forward axis points
    assert looking[1] == pytest.approx(np.sin(0.5))  # towards Unreal's right


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_reversing_and_mirroring_twice_is_the_original(seed: int) -> None:
    path = some_path(seed)
    for twin in (time_reversed, mirrored):
        once, twice = twin(path), twin(twin(path))
        np.testing.assert_allclose(twice.world_from_cam, path.world_from_cam, rtol=1e-14)
        np.testing.assert_allclose(twice.time_s, path.time_s, rtol=1e-12)
        np.testing.assert_allclose(twice.intrinsics_px, path.intrinsics_px, rtol=1e-14)
        assert twice.reason == path.reason
        assert not np.allclose(once.world_from_cam, path.world_from_cam, equal_nan=True)


def test_the_mirror_turns_a_truck_right_into_a_truck_left_and_keeps_a_crane() -> None:
    path = some_path(1, 3, gap=False)
    poses = np.tile(np.eye(4), (3, 1, 1))
    poses[:, 0, 3], poses[:, 1, 3] = [0, 1, 2], [0, -1, -2]
    poses[:, :3, :3] = Rotation.from_rotvec([[0, 0, 0], [0, 0.1, 0], [0.1, 0, 0]]).as_matrix()
    flipped = mirrored(path.replace(world_from_cam=poses))
    np.testing.assert_array_equal(flipped.positions[:, 0], [0, -1, -2])
    np.testing.assert_array_equal(flipped.positions[:, 1], [0, -1, -2])
    turns = Rotation.from_matrix(np.array(flipped.rotations)).as_rotvec()
    np.testing.assert_allclose(turns, [[0, 0, 0], [0, -0.1, 0], [0.1, 0, 0]], atol=1e-12)  # pan flips, tilt stays
    assert flipped.intrinsics_px is not None
    assert flipped.intrinsics_px[0, 0, 2] == 340.0


def test_inverse_poses_invert() -> None:
    path = some_path(9)
    product = inverse_poses(path.world_from_cam) @ path.world_from_cam
    np.testing.assert_allclose(product[path.valid], np.tile(np.eye(4), (11, 1, 1)), atol=1e-9)
    assert np.isnan(product[~path.valid]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rotation": np.diag([1.0, 1, -1])}, "reflection"),
        ({"rotation": 2 * np.eye(3)}, "proper"),
        ({"scale": 0.0}, "positive"),
        ({"scale": float("nan")}, "positive"),
    ],
)
def test_a_sim3_that_is_none_is_refused(change: dict, message: str) -> None:
    with pytest.raises(CinetrajError, match=message):
        Sim3(**({"scale": 1.0, "rotation": np.eye(3), "translation": np.zeros(3)} | change))


def test_unknown_axes_are_refused() -> None:
    with pytest.raises(CinetrajError, match="opengl"):
        to_axes(np.eye(4)[None], "maya")


def test_covariances_follow_the_unit_and_the_mirror_and_no_turn_of_the_world():
    rng = np.random.default_rng(5)
    root = rng.normal(size=(4, 6, 6))
    path = Trajectory(
        world_from_cam=np.tile(np.eye(4), (4, 1, 1)),
        time_s=np.arange(4.0),
        valid=np.ones(4, bool),
        pose_covariance=root @ root.transpose(0, 2, 1),
    )
    turn = Rotation.random(random_state=1).as_matrix()
    seen = transform(path, Sim3(scale=2.0, rotation=turn, translation=np.ones(3))).pose_covariance
    assert seen is not None
    assert path.pose_covariance is not None
    np.testing.assert_allclose(seen[:, :3, :3], 4 * path.pose_covariance[:, :3, :3])
    np.testing.assert_allclose(seen[:, :3, 3:], 2 * path.pose_covariance[:, :3, 3:])
    np.testing.assert_allclose(seen[:, 3:, 3:], path.pose_covariance[:, 3:, 3:])
    flipped = mirrored(path)
    assert flipped.pose_covariance is not None
    assert flipped.pose_covariance[0, 1, 5] == -path.pose_covariance[0, 1, 5]
    assert flipped.pose_covariance[0, 0, 5] == path.pose_covariance[0, 0, 5]
    np.testing.assert_array_equal(mirrored(flipped).pose_covariance, path.pose_covariance)


@pytest.mark.parametrize("by", ["extent", "depth"])
def test_a_path_in_its_own_unit_shows_the_same_and_does_so_once(by: UnitBy) -> None:
    poses = np.tile(np.eye(4), (4, 1, 1))
    poses[:, :3, 3] = [[5, 0, 0], [5, 3, 0], [5, 3, 4], [6, 0, 0]]
    path = Trajectory(
        world_from_cam=poses,
        time_s=np.arange(4.0),
        valid=np.array([True, True, True, False]),
        scene_depth=np.array([8.0, 20, 10, np.nan]),
        scale="metric",
    )
    got, length = in_unit(path, by)
    assert length == {"extent": 5.0, "depth": 10.0}[by]
    assert got.scale == "arbitrary"
    np.testing.assert_allclose(got.positions[:3] * length, path.positions[:3])
    assert got.scene_depth is not None
    np.testing.assert_allclose(got.scene_depth[:3] * length, [8, 20, 10])
    assert in_unit(got, by)[1] == pytest.approx(1)


def test_no_unit_is_invented() -> None:
    still = Trajectory(world_from_cam=np.tile(np.eye(4), (3, 1, 1)), time_s=np.arange(3.0), valid=np.ones(3, bool))
    with pytest.raises(CinetrajError, match=r"does not move.*take the depth"):
        in_unit(still, "extent")
    with pytest.raises(CinetrajError, match=r"scene_depth is not known.*take the extent"):
        in_unit(still, "depth")


def test_twins_hold_the_camera_against_the_ground_as_their_pictures_show_it() -> None:
    poses = np.tile(np.eye(4), (3, 1, 1))
    poses[:, :3, :3] = Rotation.from_euler("X", [[0], [10], [25]], degrees=True).as_matrix()
    known = Provenance(backend="x", evidence={"gravity": {"pitch_deg": 5.0, "roll_deg": 4.0, "sigma_deg": 1.0}})
    path = Trajectory(
        world_from_cam=poses,
        time_s=np.arange(3.0),
        valid=np.ones(3, bool),
        distortion=np.array([0.1, 0.2, 0.3, 0.4]),
        pose_covariance=np.tile(np.eye(6), (3, 1, 1)),
        provenance=known,
    )
    before = attitude_deg(path, path.world_from_cam)
    for twin, sign, order in ((mirrored, -1, slice(None)), (time_reversed, 1, slice(None, None, -1))):
        held = attitude_deg(twin(path), twin(path).world_from_cam)
        assert before is not None
        assert held is not None
        np.testing.assert_allclose(held[0], before[0][order], atol=1e-9)
        np.testing.assert_allclose(held[1], sign * before[1][order], atol=1e-9)
        assert evidence_of(twin(path))["gravity"]["sigma_deg"] == 1.0
    np.testing.assert_array_equal(mirrored(path).distortion, [0.1, 0.2, 0.3, -0.4])
    assert time_reversed(path).pose_covariance is None  # it is against the other end


def test_twins_of_a_path_without_poses_have_none() -> None:
    known = Provenance(evidence={"gravity": {"pitch_deg": 5.0, "roll_deg": 4.0}})
    lost = Trajectory(
        world_from_cam=np.full((2, 4, 4), np.nan), time_s=np.arange(2.0), valid=np.zeros(2, bool), provenance=known
    )
    assert not time_reversed(lost).valid.any()
    assert not mirrored(lost).valid.any()


def told_of_the_first_frame() -> Trajectory:
    """Of a camera that goes ahead until what it sees is half as far away."""
    evidence = {
        "status": "ok",
        "not known": None,
        "depth_quantiles": [1.0, 2.0, 6.0],
        "candidates": [{"probability": 0.7, "file": None}, {"probability": 0.3, "file": "other.npz"}],
    }
    return some_path(2, 6, gap=False).replace(
        scene_depth=np.linspace(2.0, 1.0, 6), provenance=Provenance(evidence=evidence)
    )


def test_depths_of_the_scene_are_those_of_the_frame_that_is_first_now_and_in_the_unit_of_the_path() -> None:
    path = told_of_the_first_frame()
    assert evidence_of(time_reversed(path))["depth_quantiles"] == [0.5, 1.0, 3.0]
    assert evidence_of(time_reversed(time_reversed(path)))["depth_quantiles"] == [1.0, 2.0, 6.0]
    assert "depth_quantiles" not in evidence_of(time_reversed(path.replace(scene_depth=None)))
    assert evidence_of(in_unit(path, "depth")[0])["depth_quantiles"] == pytest.approx([1 / 1.5, 2 / 1.5, 4.0])
    assert evidence_of(mirrored(path))["depth_quantiles"] == [1.0, 2.0, 6.0]


def rows_at(path: Trajectory, time_s: np.ndarray) -> Trajectory:
    return at_rows(path, np.flatnonzero(np.isin(path.time_s, time_s)))


@pytest.mark.parametrize("cut", [at_times, rows_at])
def test_a_part_tells_gravity_and_depths_of_its_own_first_frame(cut: Callable[..., Trajectory]) -> None:
    """A camera that tilts up and then pans: the pan alone was told as of a level camera, so that it seemed to roll."""
    tilt_deg, pan_deg = np.minimum(np.arange(61.0), 30), np.maximum(np.arange(61.0) - 30, 0)
    poses = np.tile(np.eye(4), (61, 1, 1))
    poses[:, :3, :3] = Rotation.from_euler("YX", np.column_stack([pan_deg, tilt_deg]), degrees=True).as_matrix()
    evidence = {"gravity": {"pitch_deg": 0.0, "roll_deg": 0.0, "confidence": 1.0}, "depth_quantiles": [1.0, 2.0, 6.0]}
    whole = Trajectory(
        world_from_cam=poses,
        time_s=np.arange(61) / 30,
        valid=np.ones(61, bool),
        scene_depth=np.linspace(2.0, 1.0, 61),
        provenance=Provenance(evidence=evidence),
    )
    part = cut(whole, whole.time_s[30:])
    told = evidence_of(part)
    assert told["gravity"]["pitch_deg"] == pytest.approx(30)
    assert told["gravity"]["roll_deg"] == pytest.approx(0)
    assert told["depth_quantiles"] == pytest.approx([0.75, 1.5, 4.5])
    assert "roll" not in describe(part).sentence
    assert evidence_of(cut(whole, whole.time_s[:10])) == evidence


@pytest.mark.parametrize("twin", [time_reversed, mirrored])
def test_a_twin_does_not_claim_the_files_of_other_answers(twin: Callable[[Trajectory], Trajectory]) -> None:
    """They are played forwards, and not flipped: who read them beside it would count them against it."""
    evidence = evidence_of(twin(told_of_the_first_frame()))
    assert "candidates" not in evidence
    assert evidence["status"] == "ok"
    assert evidence["not known"] is None  # what it says of others stays as it is
