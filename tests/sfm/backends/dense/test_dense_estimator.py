"""The dense backend on small rendered clips: from pictures to a trajectory that means what it says."""

import json
from functools import cache

import clips
import numpy as np
import pytest
import torch
from flow_scene import FOCAL_PX, HW, clip, depths_at, set_up
from projected import angle_deg, path_error

from sfm import backends
from sfm.backends.dense import estimator
from sfm.backends.dense.together import place_all
from sfm.config import DenseConfig
from sfm.masks import find as masks
from sfm.synthetic import ClipSpec, render
from sfm.types import BackendResult, Frames, Masks
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory, evidence_of


def estimate(rgb: np.ndarray, config: DenseConfig | str = "dense", *, focal_px: float | None = None) -> BackendResult:
    plain = clips.as_frames(rgb)
    frames = Frames(
        rgb=plain.rgb,
        time_s=plain.time_s,
        index=plain.index,
        source_hw=plain.source_hw,
        source=plain.source,
        focal_px=focal_px,
    )
    return backends.run(frames, masks.find(frames), config, device="cpu", threads=1)


@cache
def found(name: str) -> BackendResult:
    return estimate(clip(name).rgb)


def path(result: BackendResult) -> Trajectory:
    assert result.trajectory is not None, result.reason
    return result.trajectory


@pytest.mark.parametrize(
    ("name", "model"),
    [("static", "static"), ("pan", "rotation"), ("zoom", "rotation_zoom"), ("truck", "full"), ("dolly", "full")],
)
def test_each_move_is_recognised_and_measured(name, model):
    result, truth = found(name), clip(name).trajectory
    assert (result.status, result.motion_model) == ("ok", model), result.reason
    trajectory = path(result)
    assert trajectory.valid.all()
    assert angle_deg(trajectory.rotations, truth.rotations).max() < 0.2
    zoom = trajectory.focal_px / trajectory.focal_px[0]
    np.testing.assert_allclose(zoom, truth.focal_px / truth.focal_px[0], rtol=0.03)
    if model == "full":
        assert path_error(trajectory.positions, truth.positions) < 0.03
        assert trajectory.scale == "arbitrary"
        assert np.nanmedian(trajectory.scene_depth) == pytest.approx(1)
    else:
        assert trajectory.scale == "bounded"
        assert (trajectory.positions == 0).all()
        assert trajectory.translation_bound is not None
        assert 0 < trajectory.translation_bound < 0.05


def test_the_way_is_in_scene_depths():
    trajectory, truth = path(found("truck")), clip("truck").trajectory
    true = np.linalg.norm(truth.positions[-1]) / np.median(truth.scene_depth)
    assert np.linalg.norm(trajectory.positions[-1]) == pytest.approx(true, rel=0.4)
    assert trajectory.positions[-1, 0] > 0


def test_bars_have_no_part_in_the_depth_of_the_scene():
    """Patches that testify nowhere keep the depth that they began with, and in a wide film they were the median."""
    scene = clip("truck").rgb
    side = scene.shape[1] // 4
    result = estimate(np.pad(scene, ((0, 0), (side, side), (0, 0), (0, 0))))
    assert result.structure is not None
    assert result.structure.depth is not None
    by_maps = np.nanmedian(result.structure.depth, axis=(1, 2))
    np.testing.assert_allclose(path(result).scene_depth, by_maps, rtol=0.1)


def test_a_static_camera_does_not_turn_at_all():
    np.testing.assert_array_equal(path(found("static")).world_from_cam, np.tile(np.eye(4), (16, 1, 1)))


def test_a_pan_shows_the_focal_length_and_a_static_clip_does_not():
    pan, static = path(found("pan")), path(found("static"))
    assert pan.focal_px[0] == pytest.approx(FOCAL_PX, rel=0.05)
    assert (pan.focal_sigma_px / pan.focal_px).max() < 0.1
    assert (static.focal_sigma_px / static.focal_px).min() == pytest.approx(0.35, rel=0.01)


@pytest.mark.parametrize(("loops", "joining"), [(0, 8), (2, 0)])
def test_no_frames_join_where_keyframes_see_the_same_again(monkeypatch, loops, joining):
    """Frames between know nothing of the loop that the keyframes were adjusted to."""
    asked: list[int] = []

    def placed(*values: object):
        asked.append(values[-1])
        return place_all(*values)

    monkeypatch.setattr(estimator, "closed", lambda refined, *_: (refined, loops))
    monkeypatch.setattr(estimator, "place_all", placed)
    estimate(clip("truck").rgb)
    assert asked == [joining]


def test_a_given_focal_length_is_taken():
    result = estimate(clip("truck").rgb, focal_px=FOCAL_PX)
    trajectory = path(result)
    np.testing.assert_allclose(trajectory.focal_px, FOCAL_PX, rtol=1e-9)
    assert (trajectory.focal_sigma_px == 0).all()
    assert result.statistics["focal_given"]
    assert path_error(trajectory.positions, clip("truck").trajectory.positions) < 0.02


def test_what_it_says_of_itself_can_be_written():
    result = found("pan")
    said = json.loads(json.dumps(dict(result.statistics)))
    assert set(said["share"]) == {"static", "rotation", "rotation_zoom", "full", "full_zoom"}
    assert said["keyframes"][0] == 0
    assert said["keyframes"][-1] == 15
    assert said["loop_edges"] == 0
    assert all(value >= 0 for value in result.seconds.values())
    provenance = path(result).provenance
    assert provenance.backend == "dense"
    assert provenance.evidence["motion_model"] == "rotation"
    json.dumps(dict(provenance.evidence))


def test_an_estimate_leaves_the_threads_alone():
    before = torch.get_num_threads()
    estimate(clip("static").rgb[:2])
    assert torch.get_num_threads() == before


def test_blank_and_repeated_frames_keep_the_time_axis_whole():
    source = [*range(6), 5, 5, *range(6, 16)]
    rgb = clip("truck").rgb[source].copy()
    rgb[10:12] = 0
    number = np.arange(18)
    repeats = np.where((number == 6) | (number == 7), 5, number)
    seen = Masks(usable=np.ones((180, 320), bool), blank=(rgb == 0).all((1, 2, 3)), duplicate_of=repeats)
    result = backends.run(clips.as_frames(rgb), seen, "dense", device="cpu", threads=1)
    trajectory = path(result)
    assert result.status == "partial"
    assert np.flatnonzero(~trajectory.valid).tolist() == [10, 11]
    assert trajectory.reason[10] == trajectory.reason[11] == "blank"
    np.testing.assert_array_equal(trajectory.world_from_cam[5], trajectory.world_from_cam[6])
    np.testing.assert_array_equal(trajectory.world_from_cam[5], trajectory.world_from_cam[7])
    assert trajectory.scene_depth is not None
    np.testing.assert_array_equal(trajectory.scene_depth[[6, 7]], trajectory.scene_depth[5])
    assert not set(result.statistics["keyframes"]) & {6, 7, 10, 11}
    keep = trajectory.valid
    assert path_error(trajectory.positions[keep], clip("truck").trajectory.positions[source][keep]) < 0.05


def test_what_a_missed_cut_hides_is_not_linked():
    """The frames between the last keyframe before the cut and the first after it are nobody's."""
    other = render(ClipSpec(seed=5, frames=8, image_hw=HW, focal_px=FOCAL_PX, move={"pan_deg": 3.0}, noise=1.5))
    result = estimate(np.concatenate([clip("truck").rgb, other.rgb]))
    trajectory = path(result)
    assert result.status == "partial"
    assert "link" in result.reason
    assert not trajectory.valid[16:].any()
    assert all("link it to the rest" in why for why in trajectory.reason[16:])
    last = max(number for number in result.statistics["keyframes"] if number < 16)
    assert last >= 13
    known = slice(0, last + 1)
    assert trajectory.valid[known].all()
    truth = clip("truck").trajectory
    assert path_error(trajectory.positions[known], truth.positions[known]) < 0.05
    assert angle_deg(trajectory.rotations[known], truth.rotations[known]).max() < 0.2


def test_the_points_are_those_of_frames_with_a_pose():
    """What lies beyond a missed cut has another unit and another world: its points stood among the others."""
    other = render(ClipSpec(seed=31, scene="landscape", frames=6, image_hw=HW, focal_px=FOCAL_PX, move={"truck": 0.08}))
    result = estimate(np.concatenate([clip("truck").rgb, other.rgb]))
    found = result.structure
    assert found is not None
    assert found.points is not None
    assert found.tracks is not None
    assert not path(result).valid[-6:].any()
    assert len(found.points) > 1000
    np.testing.assert_array_equal(np.unique(found.tracks.point), np.arange(len(found.points)))


def test_the_path_leads_over_what_covers_the_picture_for_a_while():
    """A wall of another texture slides through: it hides four frames wholly, and three more in part on either side."""
    rgb = clip("truck").rgb.copy()
    wall = render(ClipSpec(seed=9, frames=2, image_hw=HW, focal_px=FOCAL_PX)).rgb[0]
    width = HW[1]
    for i, edge in zip(range(4, 14), (0.3, 0.5, 0.8, 1.0, 1.1, 1.2, 1.3, 1.5, 1.7, 1.9), strict=True):
        right, left = round(min(edge, 1.0) * width), round(max(edge - 1.3, 0.0) * width)
        rgb[i, :, left:right] = np.roll(wall, round(edge * width), axis=1)[:, left:right]
    result = estimate(rgb, DenseConfig(keyframes=16), focal_px=FOCAL_PX)
    trajectory = path(result)
    assert result.motion_model == "full", result.reason
    assert result.status == "partial"
    assert [why == "something hides the scene" for why in trajectory.reason] == [7 <= i <= 10 for i in range(16)]
    truth = clip("truck").trajectory.positions
    for frames, error in (([0, 1, 2, 3, 4, 14, 15], 0.03), (np.flatnonzero(trajectory.valid), 0.15)):
        assert trajectory.valid[frames].all()
        assert path_error(trajectory.positions[frames], truth[frames]) < error


def test_a_frame_of_snow_fails_nothing_but_itself():
    name, at = "truck", 8
    rgb, truth = clip(name).rgb.copy(), clip(name).trajectory
    rgb[at] = np.random.default_rng(0).integers(0, 256, rgb[at].shape)
    result = estimate(rgb)
    trajectory = path(result)
    assert result.status == "partial"
    assert np.flatnonzero(~trajectory.valid).tolist() == [at]
    assert trajectory.reason[at]
    keep = trajectory.valid
    assert angle_deg(trajectory.rotations[keep], truth.rotations[keep]).max() < 0.2
    assert path_error(trajectory.positions[keep], truth.positions[keep]) < 0.05


def test_more_keyframes_and_finer_cells_tell_the_same():
    config = DenseConfig(keyframes=5, grid_px=16, search_px=20, reach=1)
    result, truth = estimate(clip("pan").rgb, config), clip("pan").trajectory
    assert len(result.statistics["keyframes"]) < 12
    assert result.motion_model == "rotation"
    assert angle_deg(path(result).rotations, truth.rotations).max() < 0.3


def test_two_frames_are_a_clip():
    result = estimate(clip("pan").rgb[[4, 8]])
    truth = clip("pan").trajectory.rotations[[4, 8]]
    trajectory = path(result)
    assert trajectory.valid.all()
    assert angle_deg(trajectory.rotations[1], truth[0].T @ truth[1]).max() < 1.0


def turned_between_two_frames(config):
    """And how far that is from the truth, degrees."""
    truth = clip("pan").trajectory.rotations[[4, 8]]
    found = path(estimate(clip("pan").rgb[[4, 8]], config)).rotations
    return angle_deg(found[0].T @ found[1], truth[0].T @ truth[1])


def test_another_flow_tells_the_same():
    assert turned_between_two_frames(DenseConfig(flow="dis", grid_px=16)) < 0.3


def test_a_flow_with_trained_weights_tells_the_same(shared):
    config = DenseConfig(flow="xfeat", flow_weights=shared / "weights", grid_px=16)
    assert turned_between_two_frames(config) < 0.3


def test_wrong_weights_stop_the_estimate(tmp_path):
    torch.save({"layer": torch.zeros(1)}, tmp_path / "xfeat.pt")
    with pytest.raises(CinetrajError, match="do not fit XFeat"):
        estimate(clip("pan").rgb[[4, 8]], DenseConfig(flow="xfeat", flow_weights=tmp_path))


SNOW = np.random.default_rng(0).integers(0, 256, (8, 90, 160, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    ("rgb", "reason"),
    [
        (np.zeros((8, 90, 160, 3), np.uint8), "blank"),
        (np.full((8, 90, 160, 3), 128, np.uint8), "blank"),
        (SNOW[:1], "fewer than two different frames"),
        (SNOW, "patches can be followed"),
    ],
    ids=["black", "grey", "one frame", "snow"],
)
def test_clips_that_show_nothing_fail_with_a_reason(rgb, reason):
    result = estimate(rgb)
    assert result.status == "failed"
    assert result.trajectory is None
    assert reason in result.reason
    assert "\n" not in result.reason


def test_a_picture_smaller_than_a_few_cells_fails_or_is_solved_but_does_not_crash():
    result = estimate(clips.pan(1, 6, hw=(40, 48)))
    assert result.status in ("failed", "unreliable", "partial", "ok")
    assert result.status == "ok" or result.reason


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"keyframes": 1}, "keyframes is 1"),
        ({"reach": 0}, "reach is 0"),
        ({"loops": -1}, "loops is -1"),
        ({"between": -1}, "between is -1"),
        ({"keyframe_share": 0.0}, "keyframe_share"),
        ({"grid_px": 32, "search_px": 16}, "grid_px=32"),
    ],
)
def test_a_bad_config_is_an_error(wrong, words):
    with pytest.raises(CinetrajError, match=words):
        DenseConfig(**wrong)


def test_depths_of_somebody_else_are_used_and_named(tmp_path):
    """Half a dozen right maps, each at a scale of its own; the wrong number of them is refused."""
    known, spec = set_up("truck"), clip("truck").spec
    y, x = np.mgrid[4 : HW[0] : 8, 4 : HW[1] : 8].astype(float)
    at = np.column_stack([x.ravel(), y.ravel()])
    near = np.stack([depths_at(known, frame, at).reshape(x.shape) for frame in range(spec.frames)])
    scale = np.exp(np.random.default_rng(0).normal(0, 0.3, spec.frames))[:, None, None]
    np.savez(tmp_path / "maps.npz", depth=scale / np.maximum(near, 1e-3))
    result = estimate(clip("truck").rgb, DenseConfig(grid_px=16, depth_prior=str(tmp_path / "maps.npz")))
    assert (result.status, result.motion_model) == ("ok", "full"), result.reason
    assert path_error(path(result).positions, clip("truck").trajectory.positions) < 0.02
    assert result.statistics["depth_prior"] == {"source": str(tmp_path / "maps.npz")}
    np.savez(tmp_path / "few.npz", depth=near[:3])
    with pytest.raises(CinetrajError, match=r"has 3 maps"):
        estimate(clip("truck").rgb, DenseConfig(depth_prior=str(tmp_path / "few.npz")))


def test_every_frame_says_how_unsure_its_pose_is():
    """Unsure of the way and the turn where both were found, of the turn alone in a pan, of nothing at rest."""
    for name, known in (("truck", 6), ("pan", 3), ("static", 0)):
        covariance = path(found(name)).pose_covariance
        assert covariance is not None
        assert np.isfinite(np.diagonal(covariance, axis1=1, axis2=2)).sum(1).tolist() == [known] * len(covariance)
        turn = np.sqrt(np.trace(covariance[:, 3:, 3:], axis1=1, axis2=2))
        if known:
            assert turn[0] < 1e-9 < turn[1:].min()
            wrong = np.radians(angle_deg(path(found(name)).rotations, clip(name).trajectory.rotations))
            assert (wrong < 4 * turn + 1e-4).all()
            assert turn.max() < np.radians(2.0)


def test_what_is_near_is_told_where_a_camera_moves():
    near, middle, far = evidence_of(path(found("truck")))["depth_quantiles"]
    assert near < middle < far
    assert middle == pytest.approx(1.0, abs=0.15)


def test_what_is_near_is_told_of_the_first_frame_with_a_pose_and_not_of_what_lies_before_a_missed_cut():
    other = render(ClipSpec(seed=31, scene="landscape", frames=6, image_hw=HW, focal_px=FOCAL_PX, move={"truck": 0.08}))
    trajectory = path(estimate(np.concatenate([other.rgb, clip("truck").rgb])))
    assert not trajectory.valid[:6].any()
    told, alone = (evidence_of(each)["depth_quantiles"] for each in (trajectory, path(found("truck"))))
    np.testing.assert_allclose(told, alone, rtol=0.15)


def test_between_bars_a_way_could_hide_as_well_as_in_a_picture_without_them():
    rgb, seen = clip("zoom").rgb, slice(HW[1] // 8 * 3, HW[1] // 8 * 5)
    barred = np.zeros_like(rgb)
    barred[:, :, seen] = rgb[:, :, seen]
    wide, between, narrow = (
        path(estimate(each, focal_px=FOCAL_PX)).translation_bound for each in (rgb, barred, rgb[:, :, seen])
    )
    assert wide is not None
    assert narrow is not None
    assert narrow > 1.2 * wide
    assert between == pytest.approx(narrow, rel=0.1)


def test_a_given_lens_stays_as_it_is():
    config = DenseConfig(grid_px=16, distortion=-0.05)
    trajectory = path(estimate(clip("pan").rgb[[4, 8]], config, focal_px=FOCAL_PX))
    assert trajectory.distortion is not None
    assert trajectory.distortion[0] == -0.05
    np.testing.assert_allclose(trajectory.focal_px, FOCAL_PX, rtol=1e-9)
