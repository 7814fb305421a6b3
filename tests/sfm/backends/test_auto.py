"""The default estimator on small rendered clips: from pictures to a trajectory that means what it says."""

from functools import cache

import clips
import numpy as np
import pytest
import torch
from flow_scene import FOCAL_PX, clip
from projected import angle_deg, path_error
from seen_points import reprojection_px

from sfm.backends.auto import run
from sfm.config import AutoConfig
from sfm.masks import find as masks
from sfm.synthetic import ClipSpec, MoverSpec, RenderedClip, render
from sfm.types import BackendResult, Frames, Masks
from trajectory.model import Trajectory, evidence_of


def with_focal(frames: Frames, focal_px: float | None) -> Frames:
    return Frames(
        rgb=frames.rgb,
        time_s=frames.time_s,
        index=frames.index,
        source_hw=frames.source_hw,
        source=frames.source,
        focal_px=focal_px,
    )


def estimate(rgb: np.ndarray, *, focal_px: float | None = None, threads: int = 1) -> BackendResult:
    frames = with_focal(clips.as_frames(rgb), focal_px)
    return run(frames, masks.find(frames), AutoConfig(), threads=threads)


@cache
def found(name: str, *, known: bool = False) -> BackendResult:
    return estimate(clip(name).rgb, focal_px=FOCAL_PX if known else None)


def path(result: BackendResult) -> Trajectory:
    assert result.trajectory is not None, result.reason
    return result.trajectory


def test_what_no_point_links_to_the_rest_has_no_pose():
    """Two scenes in one, as where a cut was missed: the poses of the shorter part would be guesses."""
    other = render(ClipSpec(seed=12, frames=8, image_hw=(180, 320), focal_px=FOCAL_PX, move={"pan_deg": 4.0}))
    result = estimate(np.concatenate([clip("pan").rgb, other.rgb]))
    assert result.status == "partial"
    assert path(result).valid[:14].all()
    assert not path(result).valid[16:].any()
    assert "link it to the rest" in path(result).reason[20]


@pytest.mark.parametrize(
    ("name", "model"),
    [("static", "static"), ("pan", "rotation"), ("zoom", "rotation_zoom"), ("truck", "full"), ("dolly", "full")],
)
def test_each_move_is_recognised_and_measured(name, model):
    result, truth = found(name), clip(name).trajectory
    assert (result.status, result.motion_model) == ("ok", model), result.reason
    trajectory = path(result)
    assert trajectory.valid.all()
    assert angle_deg(trajectory.rotations, truth.rotations).max() < 0.5
    zoom = trajectory.focal_px / trajectory.focal_px[0]
    np.testing.assert_allclose(zoom, truth.focal_px / truth.focal_px[0], rtol=0.03)
    if model == "full":
        assert path_error(trajectory.positions, truth.positions) < 0.03
    assert result.statistics["confidence"] > 0.5


def test_signs_are_those_of_the_camera():
    yaw = path(found("pan")).rotations[-1] @ (0, 0, 1)
    assert yaw[0] > 0.08  # a pan to the right ends looking towards +x
    assert path(found("truck")).positions[-1, 0] > 0
    assert path(found("dolly")).positions[-1, 2] > 0
    zoom = path(found("zoom")).focal_px
    assert zoom[-1] > zoom[0]


def test_positions_of_a_moving_camera_are_in_scene_depths():
    trajectory, truth = path(found("truck")), clip("truck").trajectory
    assert trajectory.scale == "arbitrary"
    assert trajectory.translation_bound is None
    assert np.nanmedian(trajectory.scene_depth) == pytest.approx(1)
    share = np.linalg.norm(trajectory.positions[-1]) / np.nanmedian(trajectory.scene_depth)
    true = np.linalg.norm(truth.positions[-1]) / np.median(truth.scene_depth)
    assert share == pytest.approx(true, rel=0.4)


def test_what_is_near_is_told_where_a_camera_moves():
    """In the unit of the positions, in which the median depth of the scene is one."""
    evidence = evidence_of(path(found("truck", known=True)))
    near, middle, far = evidence["depth_quantiles"]
    assert near < middle < far
    assert middle == pytest.approx(1.0, abs=0.1)
    assert "depth_quantiles" not in evidence_of(path(found("pan")))


@pytest.mark.parametrize("name", ["static", "pan", "zoom"])
def test_a_camera_that_only_turns_gets_a_bound_and_no_translation(name):
    trajectory = path(found(name))
    assert trajectory.scale == "bounded"
    assert (trajectory.positions == 0).all()
    assert trajectory.translation_bound is not None
    assert 0 < trajectory.translation_bound < 0.05


def test_a_static_camera_does_not_turn_at_all():
    np.testing.assert_array_equal(path(found("static")).world_from_cam, np.tile(np.eye(4), (16, 1, 1)))


def test_the_focal_length_is_taken_where_it_is_given():
    trajectory = path(found("truck", known=True))
    np.testing.assert_allclose(trajectory.focal_px, FOCAL_PX, rtol=1e-9)
    assert (trajectory.focal_sigma_px == 0).all()
    assert path_error(trajectory.positions, clip("truck").trajectory.positions) < 0.02
    assert found("truck", known=True).statistics["focal_given"]


def test_a_pan_shows_the_focal_length_and_a_static_clip_does_not():
    pan, static = path(found("pan")), path(found("static"))
    assert pan.focal_px[0] == pytest.approx(FOCAL_PX, rel=0.05)
    assert (pan.focal_sigma_px / pan.focal_px).max() < 0.1
    assert (static.focal_sigma_px / static.focal_px).min() == pytest.approx(0.35, rel=0.01)


def test_every_frame_says_how_unsure_its_pose_is():
    for name, known in (("truck", 6), ("pan", 3), ("static", 0)):
        covariance = path(found(name, known=True)).pose_covariance
        assert covariance is not None
        assert np.isfinite(np.diagonal(covariance, axis1=1, axis2=2)).sum(1).tolist() == [known] * len(covariance)
        if known:
            turn = np.sqrt(np.trace(covariance[:, 3:, 3:], axis1=1, axis2=2))
            assert turn[0] < 1e-9 < turn[1:].min()
            wrong = np.radians(angle_deg(path(found(name, known=True)).rotations, clip(name).trajectory.rotations))
            assert (wrong < 4 * turn + 1e-4).all()
            assert turn.max() < np.radians(2.0)


def test_a_zoom_without_a_turn_keeps_the_usual_focal_length():
    """In its middle: any other explains it as well, and played backwards it is the same zoom."""
    zoom = path(found("zoom"))
    assert zoom.focal_px is not None
    assert zoom.focal_sigma_px is not None
    middle_px = np.sqrt(zoom.focal_px[0] * zoom.focal_px[-1])
    assert middle_px == pytest.approx(0.85 * 320, rel=0.1)
    assert zoom.focal_sigma_px[0] > 0.2 * zoom.focal_px[0]


def test_the_result_keeps_the_losers_and_says_what_it_is():
    result = found("pan")
    assert set(result.statistics["share"]) == {"static", "rotation", "rotation_zoom", "full", "full_zoom"}
    assert result.picture["tracks_px"].shape[0] == result.picture["moving"].shape[0]
    assert result.picture["tracks_px"].shape[1:] == (16, 2)
    provenance = path(result).provenance
    assert provenance.backend == "auto"
    assert provenance.evidence["motion_model"] == "rotation"
    assert provenance.evidence["status"] == "ok"


def test_a_rerun_gives_identical_arrays_and_leaves_the_threads_alone():
    before = torch.get_num_threads()
    again = path(estimate(clip("truck").rgb, threads=1))
    assert torch.get_num_threads() == before
    first = path(found("truck"))
    for name in ("world_from_cam", "intrinsics_px", "scene_depth", "focal_sigma_px", "valid"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name), err_msg=name)
    assert first.reason == again.reason


def test_blank_frames_are_invalid_and_named_and_the_others_stay():
    rgb = clip("truck").rgb.copy()
    rgb[6:8] = 0
    result = estimate(rgb)
    trajectory = path(result)
    assert result.status == "partial"
    assert np.flatnonzero(~trajectory.valid).tolist() == [6, 7]
    assert trajectory.reason[6] == trajectory.reason[7] == "blank"
    keep = trajectory.valid
    assert path_error(trajectory.positions[keep], clip("truck").trajectory.positions[keep]) < 0.05


def test_frozen_frames_repeat_the_pose_of_the_frame_that_they_show():
    rgb = np.repeat(clip("pan").rgb, 2, axis=0)
    result = estimate(rgb)
    trajectory = path(result)
    assert result.motion_model == "rotation"
    assert trajectory.valid.all()
    np.testing.assert_array_equal(trajectory.world_from_cam[0::2], trajectory.world_from_cam[1::2])
    assert angle_deg(trajectory.rotations[0::2], clip("pan").trajectory.rotations).max() < 0.5


def test_tracks_are_asked_of_two_frames_too():
    """A way between two frames was left to the flow, which took most for turns."""
    result = estimate(clip("truck").rgb[[0, 6]])
    assert result.status == "ok"
    assert result.motion_model == "full"
    assert result.statistics["won"] == "tracks"


def test_identical_frames_are_a_static_clip():
    """A still picture as a video: everything that it shows stands still."""
    result = estimate(np.repeat(clip("static").rgb[:1], 12, axis=0))
    assert result.motion_model == "static"
    trajectory = path(result)
    assert trajectory.valid.all()
    assert (trajectory.positions == 0).all()


@pytest.mark.parametrize(
    ("rgb", "reason"),
    [
        (np.zeros((8, 90, 160, 3), np.uint8), "blank"),
        (np.full((8, 90, 160, 3), 200, np.uint8), "blank"),
        (np.random.default_rng(0).integers(0, 256, (8, 90, 160, 3)).astype(np.uint8), "no two frames can be explained"),
    ],
    ids=["black", "grey", "snow"],
)
def test_clips_that_show_nothing_fail_with_a_reason(rgb, reason):
    result = estimate(rgb)
    assert result.status == "failed"
    assert result.trajectory is None or result.trajectory.valid.sum() < 2
    assert reason in result.reason


def test_smooth_content_without_corners_is_never_ok():
    ramp = np.tile(np.linspace(20, 200, 160)[None, None, :, None], (8, 90, 1, 3)).astype(np.uint8)
    frames = clips.as_frames(ramp)
    seen = Masks(usable=np.ones((90, 160), bool), blank=np.zeros(8, bool), duplicate_of=np.arange(8))
    result = run(frames, seen, AutoConfig(dense=False))
    assert result.status == "failed"
    assert "points can be followed" in result.reason
    assert run(frames, seen, AutoConfig()).status in ("failed", "unreliable")


@cache
def crossing() -> tuple[RenderedClip, BackendResult]:
    spec = ClipSpec(
        seed=5,
        frames=16,
        image_hw=(180, 320),
        focal_px=FOCAL_PX,
        movers=(MoverSpec(kind="vehicle", area=0.25, speed=0.4),),
        noise=1.5,
    )
    made = render(spec)
    return made, estimate(made.rgb)


def test_a_vehicle_that_crosses_leaves_a_static_clip_static_and_is_found():
    made, result = crossing()
    assert result.motion_model == "static"
    xy, moving = result.picture["tracks_px"], result.picture["moving"]
    on_mover = np.zeros(len(xy))
    for track in range(len(xy)):
        at = np.flatnonzero(np.isfinite(xy[track, :, 0]))
        column, row = np.rint(xy[track, at]).astype(int).T
        on_mover[track] = made.moving[at, row, column].mean()
    inside, outside = on_mover > 0.9, on_mover == 0
    assert inside.sum() >= 10
    assert moving[inside].mean() > 0.8
    assert moving[outside].mean() < 0.1


def test_points_lie_where_the_trajectory_sees_them_and_have_the_colours_of_the_picture() -> None:
    result = found("truck")
    assert np.median(reprojection_px(result)) < 0.5
    structure = result.structure
    assert structure is not None
    assert structure.points is not None
    assert structure.colour is not None
    assert len(structure.points) > 100
    assert (structure.depth, structure.moving) == (None, None)
    assert np.median(structure.points[:, 2]) == pytest.approx(1.0, abs=0.2)  # the unit is the median depth
    rgb = clip("truck").rgb
    assert np.abs(structure.colour.mean(0) - rgb.mean((0, 1, 2))).max() < 25


def test_without_translation_there_are_no_points() -> None:
    assert found("pan").structure is None
