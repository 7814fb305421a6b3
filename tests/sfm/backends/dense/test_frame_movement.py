"""What moves by itself in each frame: figures that cross, pause and go along, and scenes in which nothing moves."""

from dataclasses import replace
from typing import Any

import clips
import numpy as np
import pytest
from flow_scene import FOCAL_PX, HW

from sfm import backends
from sfm.backends.dense.frame_movement import steps_to
from sfm.config import DenseConfig
from sfm.masks import find as masks
from sfm.synthetic import ClipSpec, MoverSpec, render
from sfm.types import Frames

N = 24


def moving(rgb: np.ndarray, fps: float = 30.0) -> np.ndarray:
    """Of each pixel whether the dense backend says that it moves."""
    return moving_in(clips.as_frames(rgb, fps))


def moving_in(frames: Frames) -> np.ndarray:
    """The same of frames with times of their own."""
    result = backends.run(frames, masks.find(frames), DenseConfig(), device="cpu", threads=1)
    assert result.structure is not None, result.reason
    assert result.structure.moving is not None
    cell_px = result.structure.cell_px
    return result.structure.moving.repeat(cell_px, 1).repeat(cell_px, 2)


def overlap(told: np.ndarray, true: np.ndarray) -> float:
    """Intersection over union, all frames together, of what both know of."""
    height, width = told.shape[1:]
    true = true[:, :height, :width]
    return float((told & true).sum() / (told | true).sum())


def clip(move: dict[str, float], mover: dict[str, Any], **other: Any) -> tuple[np.ndarray, np.ndarray]:
    """Frames, and where something moves."""
    movers = (MoverSpec(**mover),) if mover else ()
    given = {"seed": 77, "frames": N, "image_hw": HW, "focal_px": FOCAL_PX, "noise": 1.0} | other
    made = render(ClipSpec(move=move, movers=movers, **given))
    return made.rgb, made.moving


@pytest.mark.parametrize(
    ("move", "mover", "least"),
    [
        ({"truck": 0.12}, {"area": 0.12, "speed": 0.5}, 0.65),
        ({"pan_deg": 8.0}, {"area": 0.12, "speed": 0.5}, 0.65),
        ({}, {"kind": "vehicle", "area": 0.15, "speed": 0.5}, 0.65),
    ],
    ids=["crosses a truck", "crosses a pan", "drives by"],
)
def test_what_moves_by_itself_is_told_in_every_frame(
    move: dict[str, float], mover: dict[str, Any], least: float
) -> None:
    """What crosses is elsewhere at the next keyframe: half of it was not told, and half of what was told did not."""
    rgb, true = clip(move, mover)
    told = moving(rgb)
    assert overlap(told, true) > least
    assert min(overlap(told[i : i + 1], true[i : i + 1]) for i in range(2, N - 2)) > least - 0.25


@pytest.mark.parametrize(("fps", "every"), [(60.0, 1), (15.0, 4)])
def test_a_step_takes_as_long_at_any_rate(fps: float, every: int) -> None:
    rgb, true = clip({"truck": 0.12}, {"area": 0.12, "speed": 0.3}, frames=2 * N)
    assert overlap(moving(rgb[::every], fps), true[::every]) > 0.5


@pytest.mark.parametrize("move", [{"truck": 0.15}, {"pan_deg": 10.0}, {"dolly": 0.15}, {"zoom": 1.3}], ids=str)
def test_where_nothing_moves_by_itself_nothing_is_told_to(move: dict[str, float]) -> None:
    rgb, true = clip(move, {})
    assert not true.any()
    assert moving(rgb).mean() < 0.02


def test_what_pauses_moves_and_what_has_not_begun_does_not() -> None:
    """A picture slides over a wall, rests for four frames and goes on; another one rests and then begins."""
    ground, one, other = clips.texture(1), clips.texture(2, cell_px=5), clips.texture(3, cell_px=5)
    rgb, true, later = [], np.zeros((N, *HW), bool), np.zeros((N, *HW), bool)
    for i in range(N):
        image = ground[: HW[0], : HW[1]].copy()
        x, y = 20 + 5 * (i - min(max(i - 10, 0), 4)), 90 - 4 * max(i - 16, 0)
        image[20:80, x : x + 70] = one[:60, :70]
        image[y : y + 60, 220:290] = other[:60, :70]
        true[i, 20:80, x : x + 70] = True
        later[i, y : y + 60, 220:290] = True
        rgb.append(image)
    told = moving(clips.noisy(np.stack(rgb), 1.0, np.random.default_rng(0)))
    height, width = told.shape[1:]
    true, later = true[:, :height, :width], later[:, :height, :width]
    assert (told & true)[10:15].sum() / true[10:15].sum() > 0.7
    assert (told & later)[:12].sum() / later[:12].sum() < 0.05
    assert (told & later)[18:].sum() / later[18:].sum() > 0.7


def test_a_step_takes_as_long_where_the_rate_drops_within_the_clip() -> None:
    """Steps were counted in frames of the usual rate: where frames came farther apart the last ones had no mask."""
    rgb, true = clip({"pan_deg": 8.0}, {"area": 0.12, "speed": 0.5})
    there = np.r_[:12, 12:N:3]
    frames = replace(clips.as_frames(rgb[there], 30.0), time_s=there / 30.0)
    told = moving_in(frames)
    assert min(overlap(told[i : i + 1], true[there][i : i + 1]) for i in range(len(there))) > 0.4


@pytest.mark.parametrize(
    ("time_s", "to"),
    [
        (np.arange(6) / 30, [2, 3, 4, 5]),
        (np.arange(6) / 24, [2, 3, 4, 5]),
        (np.arange(5) / 15, [1, 2, 3, 4]),
        (np.arange(4.0), [1, 2, 3]),
        (np.array([0, 1, 2, 3, 6, 9, 12]) / 30, [2, 3, 4, 4, 5, 6]),
        (np.array([0, 1, 3, 4, 6, 7]) / 24, [2, 2, 4, 4]),
        (np.arange(7) / 240, [3, 4, 5, 6]),
        (np.arange(3) / 30, [1, 2]),
        (np.arange(2) / 10, []),
    ],
)
def test_a_frame_is_compared_with_the_one_nearest_to_a_step_later(time_s: np.ndarray, to: list[int]) -> None:
    assert steps_to(time_s).tolist() == to


def test_two_frames_have_no_step_and_no_mask() -> None:
    rgb, _ = clip({"truck": 0.3}, {})
    assert not moving(rgb[[0, 6]]).any()


def test_what_has_no_pose_has_no_mask() -> None:
    """Beyond a cut that nobody found the last frames have none: against a wrong one all of them would move."""
    rgb, _ = clip({"truck": 0.12}, {})
    other = render(ClipSpec(seed=31, scene="landscape", frames=6, image_hw=HW, focal_px=FOCAL_PX, move={"truck": 0.08}))
    assert moving(np.concatenate([rgb[:16], other.rgb])).mean() < 0.02


def test_what_is_near_and_rushes_by_does_not_move() -> None:
    """A truck along a near wall, half its depth in two thirds of a second: in one step the wall goes too far to be
    followed, and was told to move."""
    rgb, _ = clip({"truck": 0.5, "pedestal": 0.2}, {}, seed=9, frames=20, image_hw=(360, 640), focal_px=500.0)
    assert moving(rgb).mean() < 0.04
