"""What may not change the answer: coding, size, sampling, direction of time, left and right.

One rendered clip, a truck with a pan past a walker, its focal length given; each variant is estimated afresh. Angles in
degrees between rotations relative to the first frame; paths as the largest deviation in shares of the extent.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import clips
import cv2
import numpy as np
import pytest
from projected import angle_deg, path_error

from sfm import video
from sfm.backends.auto import run
from sfm.config import AutoConfig
from sfm.masks import find as evidence
from sfm.synthetic import ClipSpec, MoverSpec, render, write_video
from sfm.types import Frames
from trajectory.frames import mirrored, time_reversed
from trajectory.model import Trajectory

FOCAL_PX = 275.0
SPEC = ClipSpec(
    seed=21,
    frames=20,
    image_hw=(180, 320),
    focal_px=FOCAL_PX,
    move={"truck": 0.14, "pan_deg": -4.0},
    movers=(MoverSpec(area=0.06),),
    noise=1.0,
)
rendered = cache(lambda: render(SPEC))


def estimate(rgb: np.ndarray, *, focal_px: float | None = FOCAL_PX, time_s: np.ndarray | None = None) -> Trajectory:
    plain = clips.as_frames(np.ascontiguousarray(rgb))
    frames = Frames(
        rgb=plain.rgb,
        time_s=plain.time_s if time_s is None else time_s,
        index=plain.index,
        source_hw=plain.source_hw,
        source="memory",
        focal_px=focal_px,
    )
    result = run(frames, evidence.find(frames), AutoConfig())
    assert result.motion_model == "full", (result.motion_model, result.reason)
    assert result.status == "ok", result.reason
    assert result.trajectory is not None
    return result.trajectory


@cache
def original() -> Trajectory:
    return estimate(rendered().rgb)


def relative(trajectory: Trajectory, anchor: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rotations and positions in the axes of one camera, positions in scene depths."""
    poses = np.linalg.inv(trajectory.world_from_cam[anchor]) @ trajectory.world_from_cam
    return poses[:, :3, :3], poses[:, :3, 3] / float(np.nanmedian(trajectory.scene_depth))


def assert_same(found: Trajectory, expected: Trajectory, *, angle: float, path: float) -> None:
    rotation, positions = relative(found)
    wanted_rotation, wanted = relative(expected)
    assert angle_deg(rotation, wanted_rotation).max() < angle
    assert path_error(positions, wanted) < path
    assert np.linalg.norm(positions[-1]) == pytest.approx(np.linalg.norm(wanted[-1]), rel=0.15)


def test_the_original_is_right():
    truth = rendered().trajectory
    rotation, positions = relative(original())
    assert angle_deg(rotation, truth.rotations).max() < 0.3
    assert path_error(positions, truth.positions) < 0.02
    assert positions[-1, 0] > 0.05


def test_coding_again_at_a_low_rate(tmp_path: Path):
    target = tmp_path / "clip.mp4"
    write_video(rendered(), target, crf=28)
    coded = video.load(target).rgb
    assert coded.shape == rendered().rgb.shape
    assert np.abs(coded.astype(float) - rendered().rgb).mean() > 1  # the pictures did change
    assert_same(estimate(coded), original(), angle=0.4, path=0.04)


def test_three_quarters_of_the_size():
    small = np.stack([cv2.resize(f, (240, 135), interpolation=cv2.INTER_AREA) for f in rendered().rgb])
    assert_same(estimate(small, focal_px=0.75 * FOCAL_PX), original(), angle=0.3, path=0.04)


@pytest.mark.parametrize("first", [0, 1], ids=["even", "odd"])
def test_every_second_frame(first):
    part = slice(first, None, 2)
    whole = original()
    expected = whole.replace(
        world_from_cam=whole.world_from_cam[part],
        time_s=whole.time_s[part],
        valid=whole.valid[part],
        intrinsics_px=whole.intrinsics_px[part],
        scene_depth=whole.scene_depth[part],
        focal_sigma_px=whole.focal_sigma_px[part],
        pose_covariance=whole.pose_covariance[part],
        reason=whole.reason[part],
    )
    assert_same(estimate(rendered().rgb[part], time_s=whole.time_s[part]), expected, angle=0.25, path=0.03)


@pytest.mark.parametrize(
    ("change", "twin"),
    [(lambda rgb: rgb[::-1], time_reversed), (lambda rgb: rgb[:, :, ::-1], mirrored)],
    ids=["played backwards", "left for right"],
)
def test_twins_of_the_clip_are_twins_of_the_path(
    change: Callable[[np.ndarray], np.ndarray], twin: Callable[[Trajectory], Trajectory]
):
    expected = twin(original())
    found = estimate(change(rendered().rgb))
    assert_same(found, expected, angle=0.25, path=0.03)
    assert relative(found)[1][-1, 0] * relative(original())[1][-1, 0] < 0


@pytest.mark.slow
def test_a_pan_played_backwards_is_a_pan_to_the_other_side():
    spec = ClipSpec(seed=22, frames=12, image_hw=(180, 320), focal_px=FOCAL_PX, move={"pan_deg": 7.0}, noise=1.0)
    made = render(spec)
    heading = []
    for rgb in (made.rgb, made.rgb[::-1], made.rgb[:, :, ::-1]):
        frames = clips.as_frames(np.ascontiguousarray(rgb))
        result = run(frames, evidence.find(frames), AutoConfig())
        assert result.motion_model == "rotation"
        assert result.trajectory is not None
        ahead = result.trajectory.rotations[-1] @ (0, 0, 1)
        heading.append(float(np.degrees(np.arctan2(ahead[0], ahead[2]))))
    np.testing.assert_allclose(heading, (7, -7, -7), atol=0.4)
