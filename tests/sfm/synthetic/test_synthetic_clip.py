"""The renderer against its own geometry: what it draws must move as its truth says."""

import json

import cv2
import numpy as np
import pytest

from sfm.synthetic import ClipSpec, MoverSpec, measure, render, stage, write_video
from sfm.synthetic.paths import camera_path
from sfm.synthetic.raster import draw
from sfm.synthetic.truth import Caster, _project
from trajectory.errors import CinetrajError

SMALL = {"image_hw": (90, 160), "focal_px": 140.0, "frames": 4}


def _tracked_error(spec: ClipSpec) -> tuple[np.ndarray, np.ndarray]:
    """Lucas-Kanade, started at the true position, against the true position: (signed errors, true motion)."""
    set_up, clip = stage(spec), render(spec)
    first, last = (set_up.cameras(np.array([0.0, spec.frames - 1])))[:2]
    caster = Caster(set_up.scene)
    grey = [cv2.cvtColor(clip.rgb[k], cv2.COLOR_RGB2GRAY) for k in (0, -1)]
    corners = cv2.goodFeaturesToTrack(grey[0], 400, 0.01, 8)[:, 0]
    h, w = spec.image_hw
    in_cam = np.column_stack([(corners + 0.5 - [w / 2, h / 2]) / first.focal_px, np.ones(len(corners))])
    rays = in_cam @ first.cam_from_world[:3, :3]
    world = first.centre + rays * caster.distance(first.centre, rays)[:, None]
    target, seen = _project(caster, last, world)
    target = (target - 0.5).astype(np.float32)
    found, ok, _ = cv2.calcOpticalFlowPyrLK(
        grey[0],
        grey[1],
        corners,
        target.copy(),
        winSize=(15, 15),
        maxLevel=0,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        criteria=(3, 50, 0.001),
    )
    good = seen & (ok[:, 0] > 0)
    return (found - target)[good], (target - corners)[good]


@pytest.mark.parametrize("scene", ["room", "street", "landscape", "planar"])
def test_content_moves_as_the_truth_says(scene):
    spec = ClipSpec(seed=3, scene=scene, move={"truck": 0.01, "roll_deg": 0.5, "pan_deg": 0.4}, frames=2)
    error, motion = _tracked_error(spec)
    assert len(error) > 200
    assert np.linalg.norm(motion, axis=1).max() > 3
    assert np.median(np.linalg.norm(error, axis=1)) < 0.08
    assert np.abs(np.median(error, axis=0)).max() < 0.02


def test_equal_specs_give_equal_frames_and_other_seeds_other_ones():
    spec = ClipSpec(
        seed=5, frames=3, image_hw=(90, 160), focal_px=140.0, noise=3.0, flicker=0.05, movers=(MoverSpec(),)
    )
    one, two, other = render(spec), render(spec), render(ClipSpec.from_dict({**spec.to_dict(), "seed": 6}))
    assert (one.rgb == two.rgb).all()
    assert (one.rgb != other.rgb).mean() > 0.5


def test_specs_survive_json():
    spec = ClipSpec(seed=1, scene="far", move={"zoom": 1.2}, movers=(MoverSpec(area=0.2, motion="sway"),), blur=0.5)
    assert ClipSpec.from_dict(spec.to_dict()) == spec
    part = ClipSpec(move={"pan_deg": 9.0, "dolly": 0.1}, timing={"dolly": (0.5, 1.0)})
    assert ClipSpec.from_dict(json.loads(json.dumps(part.to_dict()))) == part
    assert "timing" not in spec.to_dict()
    with pytest.raises(CinetrajError, match="pan"):
        ClipSpec(move={"pan": 3.0})
    with pytest.raises(CinetrajError, match="bulr"):
        ClipSpec.from_dict({"bulr": 1})


def test_static_clip_repeats_one_frame():
    clip = render(ClipSpec(seed=2, scene="street", frames=3, image_hw=(90, 160), focal_px=140.0))
    assert (clip.rgb == clip.rgb[0]).all()
    assert clip.residual_parallax_px == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("scene", ["room", "street", "landscape", "far", "planar"])
def test_every_pixel_is_covered_in_all_directions(scene):
    """No cracks: where nothing is drawn the canvas keeps a colour that we choose here to be impossible."""
    set_up = stage(ClipSpec(seed=7, scene=scene, frames=2, image_hw=(90, 160), focal_px=140.0, textures="repetitive"))
    caster = Caster(set_up.scene)
    turns = (0.0,) if scene == "planar" else (0.0, 90.0, 180.0, 270.0)
    for turn in turns:
        angle = np.radians(turn)
        camera = set_up.cameras(np.zeros(1))[0]
        about = np.eye(4)
        about[:3, :3] = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
        camera = camera._replace(cam_from_world=about @ camera.cam_from_world)
        picture, _ = draw(set_up.scene, (), camera)
        grey = np.abs(picture.astype(int) - 90).max(-1) == 0
        assert grey.mean() < 0.002
        rays = np.array([[x, y, 1.0] for x in (-0.5, 0, 0.5) for y in (-0.3, 0, 0.3)]) @ camera.cam_from_world[:3, :3]
        assert np.isfinite(caster.distance(camera.centre, rays)).all()


@pytest.mark.parametrize(
    ("move", "parallax"),
    [
        ({"pan_deg": 20.0}, False),
        ({"tilt_deg": -10.0, "roll_deg": 15.0}, False),
        ({"zoom": 1.5, "pan_deg": 5.0}, False),
        ({"truck": 0.2}, True),
        ({"dolly": 0.2}, True),
        ({"orbit_deg": 15.0}, True),
    ],
)
def test_residual_parallax_is_what_rotation_and_zoom_leave(move, parallax):
    known = measure(stage(ClipSpec(seed=4, scene="room", move=move, frames=8, textures="low")))
    moved = known.displacement
    assert moved.static_rms[-1] > 5
    if parallax:
        assert known.residual_parallax_px > 3
    else:
        assert known.residual_parallax_px < 1e-6
        if "zoom" not in move:
            assert moved.rotation_rms[-1] < 1e-6
        else:
            assert moved.rotation_rms[-1] > 5


def test_far_scene_hides_its_parallax():
    move = {"truck": 0.2}
    near, far = (
        measure(stage(ClipSpec(seed=4, scene=s, move=move, frames=4, textures="low"))) for s in ("landscape", "far")
    )
    assert far.residual_parallax_px < 0.1 * near.residual_parallax_px


def test_signs_of_the_primitives():
    """First camera's axes, x right, y down, z forward: the signs that the scores of the primitives rely on."""
    cases = {
        "truck": (0.3, lambda p, f: p[0, 3] > 1),
        "pedestal": (0.2, lambda p, f: p[1, 3] < -0.5),
        "dolly": (0.3, lambda p, f: p[2, 3] > 1),
        "pan_deg": (10.0, lambda p, f: p[0, 2] > 0.1),
        "tilt_deg": (10.0, lambda p, f: p[1, 2] < -0.1),
        "roll_deg": (10.0, lambda p, f: p[1, 0] > 0.1),
        "zoom": (1.5, lambda p, f: abs(f - 1.5) < 1e-9),
        "orbit_deg": (20.0, lambda p, f: p[0, 3] > 1 and p[0, 2] < -0.3),
        "crane_deg": (15.0, lambda p, f: p[1, 3] < -0.5 and p[1, 2] > 0.2),
    }
    for name, (value, holds) in cases.items():
        poses, focal = camera_path(
            {name: value},
            frame_time=np.arange(9.0),
            frames=9,
            fps=30.0,
            focal_px=500.0,
            reference_depth=4.0,
            easing="smooth",
            seed=1,
        )
        assert np.allclose(poses[0], np.eye(4))
        assert holds(poses[-1], focal[-1] / focal[0]), name
        assert not holds(poses[0], 1.0), name


@pytest.mark.parametrize("easing", ["smooth", "linear", "in", "out"])
def test_a_channel_with_a_timing_moves_within_its_part_alone(easing):
    poses, focal = camera_path(
        {"pan_deg": 20.0, "zoom": 1.5, "dolly": 0.2},
        frame_time=np.arange(-0.5, 41.0, 0.5),
        frames=41,
        fps=30.0,
        focal_px=500.0,
        reference_depth=4.0,
        easing=easing,
        seed=1,
        timing={"pan_deg": (0.0, 0.5), "zoom": (0.5, 0.75), "dolly": (0.75, 1.0)},
    )
    pan = np.degrees(np.arctan2(poses[:, 0, 2], poses[:, 0, 0]))
    first, then = slice(0, 42), slice(41, None)
    assert np.ptp(pan[first]) == pytest.approx(20.0)
    assert np.allclose(pan[then], 20.0)
    assert np.allclose(focal[first], 500.0)
    assert np.allclose(focal[61:], 750.0)
    assert np.allclose(poses[:62, :3, 3], 0.0)
    assert poses[-1, 2, 3] == pytest.approx(0.8)


@pytest.mark.parametrize("timing", [{"dolly": (0.2, 0.2)}, {"dolly": (0.5, 1.2)}, {"truck": (0.0, 0.5)}])
def test_a_timing_that_means_nothing_is_refused(timing):
    with pytest.raises(CinetrajError, match=next(iter(timing))):
        ClipSpec(move={"dolly": 0.1}, timing=timing)


@pytest.mark.parametrize("area", [0.06, 0.3, 0.5])
def test_movers_cover_what_they_promise_and_leave_the_truth_alone(area):
    movers = (MoverSpec(area=area, motion="sway", speed=0.1),)
    size = {"image_hw": (90, 160), "focal_px": 140.0}
    clip = render(ClipSpec(seed=8, scene="room", frames=28, textures="low", movers=movers, **size))
    assert clip.moving.mean() == pytest.approx(area, rel=0.2)
    assert (clip.trajectory.world_from_cam == np.eye(4)).all()
    still = ~clip.moving.any(0)
    assert (clip.rgb[0][still] == clip.rgb[9][still]).mean() > 0.95
    assert (clip.rgb[0][~still] != clip.rgb[9][~still]).any()


def test_tracked_subject_stays_centred():
    spec = ClipSpec(seed=8, scene="street", move={"truck": 0.4}, frames=12, movers=(MoverSpec(motion="tracked"),))
    clip = render(spec)
    columns = [np.flatnonzero(mask.any(0)).mean() for mask in clip.moving]
    assert np.ptp(columns) < 60


def test_depth_agrees_with_scene_depth():
    clip = measure(stage(ClipSpec(seed=9, scene="landscape", frames=3, textures="low")))
    assert clip.trajectory.scene_depth is not None
    assert np.median(clip.depth[0]) == pytest.approx(clip.trajectory.scene_depth[0], rel=0.15)


def test_written_video_decodes_to_the_same_pictures(tmp_path):
    import av

    clip = render(ClipSpec(seed=2, scene="room", move={"pan_deg": 4.0}, frames=5, image_hw=(180, 320), focal_px=280.0))
    write_video(clip, tmp_path / "a.mp4", crf=12)
    write_video(clip, tmp_path / "b.mp4", crf=12)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    with av.open(str(tmp_path / "a.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 5
    grey = [frame.astype(float).mean(-1) for frame in frames]
    assert np.abs(grey[2] - clip.rgb[2].astype(float).mean(-1)).mean() < 4


def test_blur_and_letterbox_show():
    spec = ClipSpec(seed=3, scene="planar", move={"pan_deg": 8.0}, frames=3, easing="linear", letterbox=0.2)
    sharp, soft = render(spec), render(ClipSpec.from_dict({**spec.to_dict(), "blur": 1.0}))
    detail = [cv2.Laplacian(c.rgb[1][60:300, :, 1], cv2.CV_32F).std() for c in (sharp, soft)]
    assert detail[1] < 0.6 * detail[0]
    assert (sharp.rgb[:, :36] == 0).all()
    assert (sharp.rgb[:, 36:40] != 0).any()


@pytest.mark.parametrize(
    ("spec", "blocks"),
    [
        (
            ClipSpec(seed=5, noise=3.0, flicker=0.05, movers=(MoverSpec(area=0.2),), **SMALL),
            [[157.58, 188.38, 176.26, 140.52], [145.63, 191.76, 174.54, 157.7], [129.26, 129.92, 156.35, 150.81]],
        ),
        (
            ClipSpec(seed=6, scene="street", move={"truck": 0.1, "pan_deg": 5.0}, blur=0.6, letterbox=0.2, **SMALL),
            [[93.72, 71.93, 64.69, 119.23], [129.59, 102.8, 112.09, 165.32], [82.21, 75.52, 74.49, 78.8]],
        ),
    ],
)
def test_clips_stay_as_they_were_drawn_first(spec, blocks):
    """Means of the last frame's blocks, from before the renderer had weather and lenses: results on clips compare."""
    found = render(spec).rgb[-1].astype(float).reshape(3, 30, 4, 40, 3).mean((1, 3, 4))
    assert found == pytest.approx(np.array(blocks), abs=0.3)
