"""What moves by itself in each frame: where a short step of flow is not what the camera foretells.

Keyframes are far apart: what crosses the picture has left its place at the next one, and is found nowhere. A few frames
later it is still near. What goes along with the camera, or pauses, hardly differs from the scene for as long as that:
what moves before and after, and is followed from the one to the other, moves in between.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.ndimage import median_filter

from sfm.backends.dense.frame_cameras import FrameCameras
from sfm.backends.dense.mask_rim import trimmed
from sfm.backends.dense.observe import Scene
from sfm.flow.batches import in_batches
from sfm.flow.coarse_to_fine import flow
from sfm.flow.information import LEAST_SIGMA_PX, information, inside, resemblance
from sfm.flow.patches import patches
from sfm.flow.pyramid import Pyramid, cell

STEP_S = 1 / 15
"""Time from a frame to the one that it is compared with; half of the clip where that is less."""
LEAST_STEP = 0.7
"""No step is shorter than this part of it."""
LEVEL, WIDE_PX, LARGE_PX = 1, 8, 480
"""Of the pyramid, where patches are so far apart and the picture is so long: half of the size is enough, at half
of the cost. In a smaller picture a patch of that level is as wide as an arm and a leg."""
PAIRS_AT_ONCE = 8
RESEMBLES = 0.5
"""Weight of a place (`resemblance`) from which it testifies."""
NOISES, LEAST_PX = 2.5, 1.0
"""What is off by so many times what agrees between keyframes moves by itself, and by as many pixels of a 640-pixel
frame."""
DEPTHS, NEAREST = (0.8, 1.25), 4.0
"""A depth is known up to a factor; where none is known anything from infinity to so many times the median nearness."""
MOST_MOVED = 0.05
"""A step ends before nine tenths of the picture move by this share of its width."""
KEEPS, FOLLOWED = 0.9, 0.3
"""What is followed for a step is so probable still to move, and moves where that is more than the second both ways."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Steps:
    """Short steps of flow: row r goes from frame r to frame `to`[r].

    Attributes:
        place_px: where the patches are seen.
        info: of these places, entries xx, xy, yy in 1/px².
        testifies: what resembles, within the picture.
        sigma_px: deviation of a place that is known best.
    """

    to: Int[np.ndarray, " r"]
    sigma_px: float
    place_px: Float[np.ndarray, "r p 2"]
    info: Float[np.ndarray, "r p 3"]
    testifies: Bool[np.ndarray, "r p"]


def moving_cells(
    cameras: FrameCameras,
    nearness: Float[np.ndarray, "n p"],
    posed: Bool[np.ndarray, " n"],
    time_s: Float[np.ndarray, " n"],
    limit_px: float,
) -> Bool[np.ndarray, "n p"]:
    """Which patches of each frame move by themselves.

    Args:
        cameras: of all frames.
        nearness: inverse depths of their patches; NaN where unknown, and everywhere without translation.
        posed: which frames have a pose; in the others nobody knows what moves.
        time_s: of the frames.
        limit_px: residual up to which a patch agrees between keyframes.
    """
    n, scene = len(nearness), cameras.scene
    shape = scene.centres.shape[:2]
    to = _nearer(steps_to(time_s), cameras, nearness)
    if not len(to):
        return np.zeros(nearness.shape, bool)
    steps = _steps(scene, to)
    unit_px = max(scene.pyramid.hw(0)) / 640
    known = (posed[: len(to)] & posed[to])[:, None]
    off_px = np.where(known, _off_px(cameras, nearness, steps), np.nan)
    into = np.stack([cameras.cells(place) for place in steps.place_px])
    least_px = max(NOISES * limit_px, LEAST_PX * unit_px)
    over = _both_ways(off_px, into, to, n) > least_px
    found = _between(cleaned(_followed(cleaned(over, shape), into, to), shape))
    return trimmed(cameras, nearness, found, to, steps.place_px, least_px)


def steps_to(time_s: Float[np.ndarray, " n"]) -> Int[np.ndarray, " r"]:
    """For each frame the one that is nearest to a step later, or the next one where that is too near: where frames are
    repeated the others come at uneven times, and in half of a step little moves. The last ones have none, and two
    frames have none at all: what is hidden in one of them would move."""
    n = len(time_s)
    if n < 3:
        return np.zeros(0, int)
    step_s = min(STEP_S, (time_s[-1] - time_s[0]) / 2)
    until_s = np.append(time_s[1:], 2 * time_s[-1] - time_s[-2])
    nearest = np.searchsorted((time_s + until_s) / 2, time_s + step_s)
    to = np.maximum(nearest, np.searchsorted(time_s, time_s + LEAST_STEP * step_s))
    return to[to < n]


def _nearer(
    to: Int[np.ndarray, " r"], cameras: FrameCameras, nearness: Float[np.ndarray, "n p"]
) -> Int[np.ndarray, " r"]:
    """Steps that end before the near moves too far for the flow, one frame later at least."""
    if not len(to):
        return to
    most_px = MOST_MOVED * cameras.scene.pyramid.hw(0)[1]
    moved_px = np.cumsum([0.0, *(_moved_px(cameras, row, nearness[row]) for row in range(len(nearness) - 1))])
    reached = np.searchsorted(moved_px, moved_px[: len(to)] + most_px, side="right") - 1
    return np.maximum(np.minimum(to, reached), np.arange(len(to)) + 1)


def _moved_px(cameras: FrameCameras, row: int, nearness: Float[np.ndarray, " p"]) -> float:
    """How far a tenth of the patches of a frame, and no more, move farther until the next one, as the camera has it."""
    place_px, _ = cameras.carried(row, row + 1, nearness)
    length = np.linalg.norm(place_px - cameras.centre_px, axis=1)
    return float(np.quantile(length[np.isfinite(length)], 0.9)) if np.isfinite(length).any() else np.inf


def _steps(scene: Scene, to: Int[np.ndarray, " r"]) -> _Steps:
    """Flow from each frame to the one a step later, at half of the size."""
    pyramid, p, n = scene.pyramid, scene.centres.shape[0] * scene.centres.shape[1], len(to)
    large = cell(scene.centres) >= WIDE_PX and max(pyramid.hw(0)) >= LARGE_PX
    level = min(LEVEL if large else 0, len(pyramid.levels) - 1)
    times = float(2**level)
    small = Pyramid(levels=pyramid.levels[level:], noise=pyramid.noise)
    centres, target = scene.centres / times, torch.from_numpy(to).to(pyramid.device)
    place, info = np.zeros((n, p, 2), np.float32), np.zeros((n, p, 3), np.float32)
    testifies = np.zeros((n, p), bool)

    def part_of(part: slice) -> None:
        source = torch.arange(part.start, part.stop, device=pyramid.device)
        moved, variance = flow(small, source, target[part], centres)
        template = patches(small, 0, source, centres.reshape(-1, 2))
        there = centres.reshape(-1, 2) + moved
        weight = inside(there, small.hw(0)) * resemblance(variance, template.deviation)
        place[part] = (there * times).cpu().numpy()
        info[part] = (information(template.tensor, variance, pyramid.noise) / times**2).cpu().numpy()
        testifies[part] = (weight > RESEMBLES).cpu().numpy()

    in_batches(n, PAIRS_AT_ONCE, pyramid.device, part_of)
    sigma_px = times * LEAST_SIGMA_PX
    return _Steps(to=to, sigma_px=sigma_px, place_px=place, info=info, testifies=testifies)


def _off_px(cameras: FrameCameras, nearness: Float[np.ndarray, "n p"], steps: _Steps) -> Float[np.ndarray, "r p"]:
    """By how much each step misses what the camera foretells at the depth that suits it best, NaN where none testifies.

    Each direction counts by its information, so that an edge says nothing along itself.
    """
    usual = float(np.nanmedian(nearness)) if np.isfinite(nearness).any() else 0.0
    off = np.full(steps.testifies.shape, np.nan)
    for row, (place, to) in enumerate(zip(steps.place_px, steps.to.tolist(), strict=True)):
        near = nearness[row]
        known = np.isfinite(near)
        far_px, near_px = (
            cameras.carried(row, to, np.where(known, factor * near, other))[0]
            for factor, other in zip(DEPTHS, (0.0, NEAREST * usual), strict=True)
        )
        along, missed = near_px - far_px, place - far_px
        xx, xy, yy = steps.info[row].T
        metric = np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -1)
        towards = (metric @ along[..., None])[..., 0]
        share = (towards * missed).sum(1) / np.maximum((towards * along).sum(1), 1e-9)
        left = missed - np.clip(share, 0.0, 1.0)[:, None] * along
        squared = np.einsum("pi,pij,pj->p", left, metric, left)
        off[row] = np.where(steps.testifies[row], steps.sigma_px * np.sqrt(np.maximum(squared, 0.0)), np.nan)
    return off


def _both_ways(
    off_px: Float[np.ndarray, "r p"], into: Int[np.ndarray, "r p"], to: Int[np.ndarray, " r"], n: int
) -> Float[np.ndarray, "n p"]:
    """The smaller one of what a patch misses on its way out and what came in missed: what is about to be hidden, or has
    just come out, agrees on one side."""
    r, p = off_px.shape
    found = np.full((n, p), np.nan)
    found[:r] = off_px
    for row in range(r):
        came = np.full(p, np.inf)
        there = (into[row] >= 0) & np.isfinite(off_px[row])
        np.minimum.at(came, into[row][there], off_px[row][there])
        found[to[row]] = np.fmin(found[to[row]], np.where(np.isfinite(came), came, np.nan))
    return found


def _followed(
    moving: Bool[np.ndarray, "n p"], into: Int[np.ndarray, "r p"], to: Int[np.ndarray, " r"]
) -> Bool[np.ndarray, "n p"]:
    """What moves, and what does so before and after where it is followed from the one to the other."""
    before, after = moving.astype(float), moving.astype(float)
    for row, cells in enumerate(into):
        there = cells >= 0
        came = np.zeros(moving.shape[1])
        np.maximum.at(came, cells[there], before[row][there])
        before[to[row]] = np.maximum(before[to[row]], KEEPS * came)
    for row in range(len(into) - 1, -1, -1):
        goes = np.where(into[row] >= 0, after[to[row]][into[row].clip(0)], 0.0)
        after[row] = np.maximum(after[row], KEEPS * goes)
    return moving | (np.minimum(before, after) > FOLLOWED)


def cleaned(moving: Bool[np.ndarray, "n p"], shape: tuple[int, ...]) -> Bool[np.ndarray, "n p"]:
    """The majority of 3x3 cells: single ones are the noise of the test."""
    grids = moving.reshape(len(moving), *shape).astype(np.uint8)
    return (median_filter(grids, size=(1, 3, 3), mode="nearest") > 0).reshape(moving.shape)


def _between(moving: Bool[np.ndarray, "n p"]) -> Bool[np.ndarray, "n p"]:
    """What moves in the frames before and after as well: steps of two frames never meet those between."""
    found = moving.copy()
    found[1:-1] |= moving[:-2] & moving[2:]
    return found
