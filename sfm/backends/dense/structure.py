"""Depth and movement of every frame from those of the keyframes, and the points of the scene."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from sfm.backends.dense.frame_cameras import FrameCameras
from sfm.backends.dense.frame_movement import cleaned, moving_cells
from sfm.backends.dense.frames import PlacedFrames
from sfm.backends.dense.graph import FlowGraph
from sfm.backends.dense.keyframes import around
from sfm.backends.dense.known_depths import nearness_deviation
from sfm.backends.dense.models import nearest
from sfm.backends.dense.nearness_grid import filled, off_its_neighbours, splat
from sfm.backends.dense.observe import expected_flow
from sfm.backends.dense.refinement import Refined
from sfm.flow.pyramid import cell
from sfm.structure import PointTracks, Structure, colours_at
from sfm.types import Frames, Masks

LEAST_SIGMA = 0.5
"""Standard deviation of an inverse depth, in units of the median one, from which it tells neither near nor far."""
MOST_SPREAD = 0.5
"""Standard deviation of the log of a point's depth, from which it is a stray ray and left out."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class DenseField:
    """A fitted model of a shot, as far as its structure is in it. Rows of frames are those that were looked at.

    Attributes:
        refined: the keyframes with the patches of the fine grid.
        first, first_residual_px: flow from nothing on the search's own grid, and its residuals: it has followed what
            moves by itself, where the flow that starts from the camera's motion finds nothing that resembles.
        key: rows of the keyframes.
        posed: which frames have a pose; beyond a break the unit is another one.
        placed: poses of all frames.
        limit_px: residual above which a patch moves by itself.
        translates: whether the camera does; without, nothing has a depth.
    """

    refined: Refined
    first: FlowGraph
    first_residual_px: Float[torch.Tensor, "k m s"]
    key: Int[np.ndarray, " k"]
    posed: Bool[np.ndarray, " n"]
    placed: PlacedFrames
    limit_px: float
    translates: bool


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """What the keyframes say of their patches.

    Attributes:
        nearness: inverse depths; NaN where unknown, and everywhere without translation.
        spread: their standard deviations as shares of themselves.
        bare: patches that agree with the camera whatever their depth.
        place_px: where the flow found each patch in each slot.
        fits: the slots whose flow found it where it is foretold, in every direction: along an edge that it slid along,
            a residual counts for nothing, but it is no sighting.
        cameras: of all frames.
    """

    nearness: Float[np.ndarray, "k p"]
    spread: Float[np.ndarray, "k p"]
    bare: Bool[np.ndarray, "k p"]
    place_px: Float[np.ndarray, "k m p 2"]
    fits: Bool[np.ndarray, "k m p"]
    cameras: FrameCameras


def structure_of(frames: Frames, masks: Masks, kept: Int[np.ndarray, " q"], field: DenseField) -> Structure:
    """The structure of a shot in the world and the unit of its fitted poses.

    Args:
        frames, masks: of the shot.
        kept: frames that were looked at.
        field: what was fitted to them.
    """
    seen = _seen(field)
    shape = _shape(field)
    depth, spread = (np.full((len(kept), *shape), np.nan, np.float32) for _ in range(2))
    scene = field.refined.scene
    usable = scene.usable.cpu().numpy()
    told = scene.told_cells(torch.arange(len(kept), device=scene.centres.device)).cpu().numpy()
    nearness, spreads, bare = (
        np.stack(each) for each in zip(*(_nearness(field, seen, row) for row in range(len(kept))), strict=True)
    )
    found = moving_cells(seen.cameras, nearness, field.posed, frames.time_s[kept], field.limit_px)
    moving = (told | (found & usable)).reshape(-1, *shape)
    fillable = (usable & ~bare).reshape(-1, *shape) & ~moving
    for row in range(len(kept)):
        with np.errstate(divide="ignore"):
            whole, spread[row] = filled(nearness[row].reshape(shape), spreads[row].reshape(shape), fillable[row])
            depth[row] = 1.0 / whole
    row = np.searchsorted(kept, np.arange(len(frames))).clip(0, len(kept) - 1)[masks.duplicate_of]
    points, colour, tracks = _points(frames, kept, field, seen) if field.translates else (None, None, None)
    return Structure(
        image_hw=frames.hw,
        cell_px=round(cell(field.refined.scene.centres)),
        depth=depth[row],
        depth_sigma_log=spread[row],
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
    moving = cleaned(over, shape)
    return moving, np.isfinite(middle) & ~over & ~moving


def _shape(field: DenseField) -> tuple[int, int]:
    """Rows and columns of the grid."""
    rows, columns = field.refined.scene.centres.shape[:2]
    return int(rows), int(columns)


def _seen(field: DenseField) -> _Seen:
    scene, parameters, placed = field.refined.scene, field.refined.parameters, field.placed
    residual_px = field.refined.residual_px
    moving, _ = moving_patches(_residual_px(field), field.limit_px, _shape(field))
    _, agrees = moving_patches(residual_px, field.limit_px, _shape(field))
    told = scene.told_cells(torch.from_numpy(field.key).to(scene.centres.device))
    deviation = nearness_deviation(parameters, field.refined.graph, field.refined.scale)
    known = (deviation < LEAST_SIGMA * parameters.inverse_depth.median()).cpu().numpy()
    deep = (scene.usable & ~told).cpu().numpy() & field.posed[field.key, None] & field.translates & agrees & ~moving
    nearness, sigma = (each.cpu().numpy().astype(float) for each in (parameters.inverse_depth, deviation))
    nearness = np.where(deep & known, nearness, np.nan)
    centre, place = scene.centres.reshape(-1, 2), scene.pixels(field.refined.graph.place_px.transpose(2, 3))
    off = (centre + expected_flow(scene, parameters, field.refined.graph) - place).norm(dim=-1)
    return _Seen(
        nearness=nearness,
        spread=np.hypot(sigma, off_its_neighbours(nearness, _shape(field))) / nearness,
        bare=deep & ~known,
        place_px=place.cpu().numpy(),
        fits=((residual_px < field.limit_px) & (off < field.limit_px)).cpu().numpy(),
        cameras=FrameCameras(
            scene=scene,
            rotation=placed.rotation,
            translation=placed.translation,
            focal_px=np.exp(float(parameters.log_focal) + placed.zoom),
            kappa=float(parameters.undistortion),
        ),
    )


def _residual_px(field: DenseField) -> Float[torch.Tensor, "k m p"]:
    """Of the patches; of those about them in the first flow where they do not testify themselves."""
    residual_px = field.refined.residual_px
    near = nearest(field.first.patch_px, field.refined.graph.patch_px)
    return torch.where(residual_px.isnan(), field.first_residual_px[..., near], residual_px)


def _nearness(
    field: DenseField, seen: _Seen, row: int
) -> tuple[Float[np.ndarray, " p"], Float[np.ndarray, " p"], Bool[np.ndarray, " p"]]:
    """Inverse depth of one frame (NaN where unknown) and its spread, from the keyframes about it, and what is bare."""
    before, after = (int(each[0]) for each in around(field.key, np.array([row])))
    if before == after:
        return seen.nearness[after], seen.spread[after], seen.bare[after]
    filmed = field.refined.scene.filmed_at()
    start, stop = filmed[field.key[[before, after]]]
    share = (filmed[row] - start) / (stop - start)
    cells: list[np.ndarray] = []
    values: list[np.ndarray] = []
    bare = np.zeros(seen.nearness.shape[1], bool)
    for k, weight in ((before, 1.0 - share), (after, share)):
        place, nearness = seen.cameras.carried(int(field.key[k]), row, seen.nearness[k])
        cells.append(seen.cameras.cells(place))
        values.append(np.stack([nearness, seen.spread[k], np.full(len(nearness), weight)]))
        bare[cells[-1][seen.bare[k] & (cells[-1] >= 0)]] = True
    at, (nearness, spread, weight) = np.concatenate(cells), np.concatenate(values, 1)
    inside = at >= 0
    found, spread = splat(at[inside], nearness[inside], spread[inside], weight[inside], seen.nearness.shape[1])
    return found, spread, bare & np.isnan(found)


def _points(
    frames: Frames, kept: Int[np.ndarray, " q"], field: DenseField, seen: _Seen
) -> tuple[np.ndarray, np.ndarray, PointTracks]:
    """The patches of the keyframes in the world with their colours, and where the flow found them."""
    with np.errstate(invalid="ignore"):
        k, p = np.nonzero((seen.spread < MOST_SPREAD) & seen.fits.any(1))
    parameters = field.refined.parameters
    focal = parameters.focal_px.cpu().numpy()
    x = seen.cameras.patch_px.T[p] / focal[k, None]
    x = x * (1.0 + float(parameters.undistortion) * (x**2).sum(1, keepdims=True))
    in_camera = np.concatenate([x, np.ones((len(x), 1))], 1) / seen.nearness[k, p, None]
    rotation, translation = parameters.rotation.cpu().numpy(), parameters.translation.cpu().numpy()
    world = np.einsum("mji,mj->mi", rotation[k], in_camera - translation[k])
    frame, centre = kept[field.key], seen.cameras.centre_px[p]
    point, slot = np.nonzero(seen.fits[k, :, p])
    target = field.refined.graph.target.cpu().numpy()[k[point], slot]
    tracks = PointTracks(
        point=np.concatenate([np.arange(len(k)), point]),
        frame=np.concatenate([frame[k], frame[target]]),
        xy_px=np.concatenate([centre, seen.place_px[k[point], slot, p[point]]]).astype(np.float32),
    )
    return world, colours_at(frames.rgb, frame[k], centre), tracks
