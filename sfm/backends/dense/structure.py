"""Depth and movement of every frame from those of the keyframes, and the points of the scene."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.ndimage import median_filter

from sfm.backends.dense.distortion import redistorted
from sfm.backends.dense.frames import PlacedFrames
from sfm.backends.dense.graph import FlowGraph
from sfm.backends.dense.keyframes import around
from sfm.backends.dense.models import nearest
from sfm.backends.dense.refinement import Refined
from sfm.flow.pyramid import cell
from sfm.geometry.projection import LEAST_DEPTH
from sfm.structure import PointTracks, Structure, colours_at
from sfm.types import Frames, Masks

SAME_SURFACE = 0.9
"""What falls into one cell is one surface where its inverse depths differ by a tenth; else the nearest counts."""
FILLED = 2
"""Cells over which a hole is filled from its rim; what is wider, as a sky, stays unknown."""
LEAST_NEARNESS = 0.02
"""Inverse depth of a point, in units of the median one; beyond, depth is noise and points are stray rays."""
NEXT, BEFORE = 0, 1
"""Slots of the neighbouring keyframes."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class DenseField:
    """A fitted model of a shot, as far as its structure is in it. Rows of frames are those that were looked at.

    Attributes:
        refined: the keyframes with the patches of the fine grid.
        first, first_residual_px: flow from nothing on the search's own grid, and its residuals: it has followed what
            moves by itself, where the flow that starts from the camera's motion finds nothing that resembles.
        key: rows of the keyframes.
        posed: which of them have a pose; beyond a break the unit is another one.
        placed: poses of all frames.
        limit_px: residual above which a patch moves by itself.
        translates: whether the camera does; without, nothing has a depth.
    """

    refined: Refined
    first: FlowGraph
    first_residual_px: Float[torch.Tensor, "k m s"]
    key: Int[np.ndarray, " k"]
    posed: Bool[np.ndarray, " k"]
    placed: PlacedFrames
    limit_px: float
    translates: bool


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """What the keyframes say of their patches.

    Attributes:
        centre_px: middles of the patches.
        nearness: inverse depths; NaN where unknown, and everywhere without translation.
        moving: what moves by itself.
        place_px: where the flow found each patch in each slot; NaN where it does not testify.
        residual_px: of each patch in each slot.
        patch_px: the patches in square pixels relative to the principal point.
        focal_px: of each frame.
        kappa: κ of the lens.
    """

    centre_px: Float[np.ndarray, "p 2"]
    nearness: Float[np.ndarray, "k p"]
    moving: Bool[np.ndarray, "k p"]
    place_px: Float[np.ndarray, "k m p 2"]
    residual_px: Float[np.ndarray, "k m p"]
    patch_px: Float[np.ndarray, "2 p"]
    focal_px: Float[np.ndarray, " n"]
    kappa: float


def structure_of(frames: Frames, masks: Masks, kept: Int[np.ndarray, " q"], field: DenseField) -> Structure:
    """The structure of a shot in the world and the unit of its fitted poses.

    Args:
        frames, masks: of the shot.
        kept: frames that were looked at.
        field: what was fitted to them.
    """
    seen = _seen(field)
    shape = _shape(field)
    depth = np.full((len(kept), *shape), np.nan, np.float32)
    moving = np.zeros((len(kept), *shape), bool)
    scene = field.refined.scene
    usable = scene.usable.cpu().numpy().reshape(shape)
    told = scene.told_cells(torch.arange(len(kept), device=scene.centres.device)).cpu().numpy().reshape(-1, *shape)
    for row in range(len(kept)):
        nearness, found = _frame(field, seen, row)
        moving[row] = found | told[row]
        with np.errstate(divide="ignore"):
            depth[row] = 1.0 / _filled(nearness, usable & ~moving[row])
    row = np.searchsorted(kept, np.arange(len(frames))).clip(0, len(kept) - 1)[masks.duplicate_of]
    points, colour, tracks = _points(frames, kept, field, seen) if field.translates else (None, None, None)
    return Structure(
        image_hw=frames.hw,
        cell_px=round(cell(field.refined.scene.centres)),
        depth=depth[row],
        moving=moving[row],
        points=points,
        colour=colour,
        tracks=tracks,
    )


def moving_patches(
    residual_px: Float[torch.Tensor, "k m p"], limit_px: float, shape: tuple[int, int]
) -> tuple[Bool[np.ndarray, "k p"], Bool[np.ndarray, "k p"]]:
    """What moves by itself, and what may tell of depth: patches that agree with the camera in most slots.

    The lower median over the slots counts, so that what is merely hidden on one side does not move. Single cells are
    the noise of the test: the majority of 3x3 decides.
    """
    middle = residual_px.nanmedian(1).values.cpu().numpy()
    with np.errstate(invalid="ignore"):
        over = middle > limit_px
    grids = over.reshape(-1, *shape).astype(np.uint8)
    cleaned = median_filter(grids, size=(1, 3, 3), mode="nearest").reshape(over.shape) > 0
    return cleaned, np.isfinite(middle) & ~over & ~cleaned


def _shape(field: DenseField) -> tuple[int, int]:
    """Rows and columns of the grid."""
    rows, columns = field.refined.scene.centres.shape[:2]
    return int(rows), int(columns)


def _seen(field: DenseField) -> _Seen:
    scene, parameters = field.refined.scene, field.refined.parameters
    followed_px, residual_px = _followed(field)
    moving, _ = moving_patches(residual_px, field.limit_px, _shape(field))
    _, agrees = moving_patches(field.refined.residual_px, field.limit_px, _shape(field))
    told = scene.told_cells(torch.from_numpy(field.key).to(scene.centres.device))
    usable = (scene.usable & ~told).cpu().numpy()
    deep = usable & field.posed[:, None] & field.translates
    nearness = parameters.inverse_depth.cpu().numpy().astype(float)
    place = scene.pixels(followed_px.transpose(2, 3)).cpu().numpy()
    return _Seen(
        centre_px=scene.centres.reshape(-1, 2).cpu().numpy(),
        nearness=np.where(agrees & ~moving & deep, nearness, np.nan),
        moving=moving & usable,
        place_px=np.where(residual_px.isnan().cpu().numpy()[..., None], np.nan, place),
        residual_px=field.refined.residual_px.cpu().numpy(),
        patch_px=scene.patch_px.cpu().numpy().astype(float),
        focal_px=np.exp(float(parameters.log_focal) + field.placed.zoom),
        kappa=float(parameters.undistortion),
    )


def _followed(field: DenseField) -> tuple[Float[torch.Tensor, "k m 2 p"], Float[torch.Tensor, "k m p"]]:
    """Places and residuals of the patches; from the first flow about them where they do not testify themselves."""
    first, graph = field.first, field.refined.graph
    near = nearest(first.patch_px, graph.patch_px)
    unseen = field.refined.residual_px.isnan()
    place = graph.patch_px + (first.place_px - first.patch_px)[..., near]
    return (
        torch.where(unseen[:, :, None], place, graph.place_px),
        torch.where(unseen, field.first_residual_px[..., near], field.refined.residual_px),
    )


def _frame(field: DenseField, seen: _Seen, row: int) -> tuple[Float[np.ndarray, "gh gw"], Bool[np.ndarray, "gh gw"]]:
    """Inverse depth (NaN where unknown) and movement of one frame, carried from the keyframes on both sides."""
    shape = _shape(field)
    before, after = (int(each[0]) for each in around(field.key, np.array([row])))
    if before == after:
        return seen.nearness[after].reshape(shape), seen.moving[after].reshape(shape)
    filmed = field.refined.scene.filmed_at()
    start, stop = filmed[field.key[[before, after]]]
    share = (filmed[row] - start) / (stop - start)
    cells: list[np.ndarray] = []
    values: list[np.ndarray] = []
    for k, slot, way in ((before, NEXT, share), (after, BEFORE, 1.0 - share)):
        place, nearness = _carried(field, seen, k, row)
        # What moves by itself goes the way that the flow saw it go.
        flown = seen.centre_px + way * (seen.place_px[k, slot] - seen.centre_px)
        place = np.where((seen.moving[k] & np.isfinite(flown[:, 0]))[:, None], flown, place)
        cells.append(_cell_of(place, seen.centre_px, shape))
        values.append(np.stack([nearness, seen.moving[k], np.full(len(nearness), 1.0 - way)]))
    at, (nearness, moving, weight) = np.concatenate(cells), np.concatenate(values, 1)
    inside = at >= 0
    splat = _splat(at[inside], nearness[inside], weight[inside], shape)
    votes = _shares(at[inside], moving[inside], weight[inside], shape)
    return splat, median_filter((votes > 0.5).astype(np.uint8), size=3, mode="nearest") > 0


def _carried(
    field: DenseField, seen: _Seen, k: int, row: int
) -> tuple[Float[np.ndarray, "p 2"], Float[np.ndarray, " p"]]:
    """Where a frame sees the patches of a keyframe (pixels, NaN behind it), and their inverse depths there."""
    scene, placed, kappa = field.refined.scene, field.placed, seen.kappa
    own, from_world = placed.rotation[field.key[k]], placed.rotation[row]
    rotation = from_world @ own.T
    translation = placed.translation[row] - rotation @ placed.translation[field.key[k]]
    x = seen.patch_px / seen.focal_px[field.key[k]]
    ray = np.concatenate([x * (1.0 + kappa * (x**2).sum(0)), np.ones((1, x.shape[1]))])
    near = seen.nearness[k]
    there = rotation @ ray + translation[:, None] * np.nan_to_num(near)
    front = there[2] > LEAST_DEPTH
    z = np.where(front, there[2], 1.0)
    ideal = there[:2] / z
    bent = np.stack(redistorted(ideal[0], ideal[1], kappa))
    place = scene.pixels(torch.from_numpy((bent * seen.focal_px[row]).T)).numpy()
    return np.where(front[:, None], place, np.nan), np.where(front, near / z, np.nan)


def _cell_of(
    place_px: Float[np.ndarray, "p 2"], centre_px: Float[np.ndarray, "p 2"], shape: tuple[int, int]
) -> Int[np.ndarray, " p"]:
    """Numbers of the cells that places lie in, -1 outside of the grid."""
    first = centre_px[0]
    side = 2.0 * first[0] + 1.0
    at = np.rint(np.nan_to_num((place_px - first) / side, nan=-1.0))
    inside = ((at >= 0) & (at < shape[::-1])).all(1)
    return np.where(inside, at[:, 1] * shape[1] + at[:, 0], -1).astype(int)


def _splat(
    at: Int[np.ndarray, " o"],
    nearness: Float[np.ndarray, " o"],
    weight: Float[np.ndarray, " o"],
    shape: tuple[int, int],
) -> Float[np.ndarray, "gh gw"]:
    """The mean inverse depth of the nearest surface in each cell, NaN where nothing lies."""
    known = np.isfinite(nearness)
    at, nearness, weight = at[known], nearness[known], weight[known]
    nearest = np.zeros(shape[0] * shape[1])
    np.maximum.at(nearest, at, nearness)
    front = nearness >= SAME_SURFACE * nearest[at]
    return _shares(at[front], nearness[front], weight[front], shape)


def _shares(
    at: Int[np.ndarray, " o"], value: Float[np.ndarray, " o"], weight: Float[np.ndarray, " o"], shape: tuple[int, int]
) -> Float[np.ndarray, "gh gw"]:
    """Weighted mean of what lies in each cell, NaN where nothing does."""
    size = shape[0] * shape[1]
    total = np.bincount(at, weights=weight, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (np.bincount(at, weights=weight * value, minlength=size) / total).reshape(shape)


def _filled(nearness: Float[np.ndarray, "gh gw"], allowed: Bool[np.ndarray, "gh gw"]) -> Float[np.ndarray, "gh gw"]:
    """Holes filled from their rim by the median of 3x3; what moves, and what is no picture, stays unknown."""
    filled = np.where(allowed, nearness, np.nan)
    for _ in range(FILLED):
        framed = np.pad(filled, 1, constant_values=np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(framed, (3, 3)).reshape(*filled.shape, 9)
        holes = np.isnan(filled) & allowed & np.isfinite(windows).any(-1)
        filled[holes] = _medians(windows[holes])
    return filled


def _medians(values: Float[np.ndarray, "n k"]) -> Float[np.ndarray, " n"]:
    """As `np.nanmedian` of each row, which goes by masked arrays; each has a number at least."""
    known = np.isfinite(values).sum(-1)
    ordered, row = np.sort(values, axis=-1), np.arange(len(values))  # NaN comes last
    return (ordered[row, (known - 1) // 2] + ordered[row, known // 2]) / 2


def _points(
    frames: Frames, kept: Int[np.ndarray, " q"], field: DenseField, seen: _Seen
) -> tuple[np.ndarray, np.ndarray, PointTracks]:
    """The patches of the keyframes in the world with their colours, and where the flow found them."""
    there = seen.nearness[np.isfinite(seen.nearness)]
    with np.errstate(invalid="ignore"):
        known = seen.nearness > LEAST_NEARNESS * (np.median(there) if len(there) else 1.0)
    k, p = np.nonzero(known)
    parameters = field.refined.parameters
    focal = parameters.focal_px.cpu().numpy()
    x = field.refined.scene.patch_px.cpu().numpy().astype(float).T[p] / focal[k, None]
    x = x * (1.0 + float(parameters.undistortion) * (x**2).sum(1, keepdims=True))
    in_camera = np.concatenate([x, np.ones((len(x), 1))], 1) / seen.nearness[k, p, None]
    rotation, translation = parameters.rotation.cpu().numpy(), parameters.translation.cpu().numpy()
    world = np.einsum("mji,mj->mi", rotation[k], in_camera - translation[k])
    frame, centre = kept[field.key], seen.centre_px[p]
    with np.errstate(invalid="ignore"):
        fits = seen.residual_px[k, :, p] < field.limit_px
    point, slot = np.nonzero(fits)
    target = field.refined.graph.target.cpu().numpy()[k[point], slot]
    tracks = PointTracks(
        point=np.concatenate([np.arange(len(k)), point]),
        frame=np.concatenate([frame[k], frame[target]]),
        xy_px=np.concatenate([centre, seen.place_px[k[point], slot, p[point]]]).astype(np.float32),
    )
    return world, colours_at(frames.rgb, frame[k], centre), tracks
