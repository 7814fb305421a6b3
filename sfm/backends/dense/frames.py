"""Every frame's pose, from the keyframes around it, many frames in one batch."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sfm.backends.dense.adjustment import residual_px
from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.linearise import FOCAL_TARGET, predict
from sfm.backends.dense.movement import of_scene
from sfm.backends.dense.normal import SHARED, ZOOM_BEND, blocks, weighted
from sfm.backends.dense.observe import Scene, expected_flow, flow_again, graph_of, unobserved
from sfm.flow.pyramid import chunks
from sfm.geometry.so3 import POSE
from sfm.motion.all_frames import between_keyframes
from sfm.types import MotionModel

ROUNDS, FLOW_STEPS, POSE_STEPS = 2, 2, 4
KERNELS = (16.0, 4.0)
"""Of the first step of a round and of the others, in units of the noise found."""
FRAMES_AT_ONCE = 64
"""Frames that are placed in one batch: each is for itself, so that memory need not grow with the clip."""
PATCHES = 500
"""Six unknowns a frame need no more."""
DAMPING = 1e-4
LEAST_SEEN = 0.5
"""Where fewer patches testify than this share of the usual number, the share of the usual number counts: in a frame of
snow a handful resembles something by chance, and says nothing."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class PlacedFrames:
    """Poses of all frames of a shot.

    Attributes:
        rotation, translation: camera from world.
        zoom: log focal length over that of the first keyframe.
        share: of the patches that a frame shows, the part that agrees with its pose (see `LEAST_SEEN`); 1 for
            keyframes.
        covariance: of (v, ω) of each pose with the keyframes held (see `sfm.backends.dense.uncertainty`); 0 for these,
            and for what the model does not move.
    """

    rotation: Float[np.ndarray, "n 3 3"]
    translation: Float[np.ndarray, "n 3"]
    zoom: Float[np.ndarray, " n"]
    share: Float[np.ndarray, " n"]
    covariance: Float[np.ndarray, "n 6 6"]


def place_frames(
    scene: Scene,
    keyed: DenseParameters,
    key: Int[np.ndarray, " k"],
    model: MotionModel,
    robust: tuple[float, float],
    belongs: Float[Tensor, "k p"],
    only: Int[np.ndarray, " f"] | None = None,
) -> PlacedFrames:
    """All frames between the first and the last keyframe (the others keep the nearest pose).

    Args:
        scene: all frames, with the patches of `keyed`.
        keyed: parameters of the keyframes.
        key: their frames.
        model: what moves.
        robust: scale of the kernels, and the residual (pixels) up to which a patch agrees.
        belongs: weight of each patch as a part of the rigid scene.
        only: frames to place, no keyframes; the others stay where interpolation puts them.
    """
    clock = scene.filmed_at()
    n = len(clock)
    rotation, translation, zoom = between_keyframes(
        keyed.rotation.cpu().numpy(), keyed.translation.cpu().numpy(), keyed.zoom.cpu().numpy(), clock[key], clock
    )
    others = np.setdiff1d(np.arange(key[0], key[-1] + 1), key) if only is None else only
    share, covariance = np.ones(n), np.zeros((n, POSE, POSE))
    if len(others) and model.rotates:
        some = spread_out(len(scene.usable), PATCHES)
        thin, keyed = scene.patches(some), keyed.patches(some)
        counted: list[Tensor] = []
        for part in chunks(len(others), FRAMES_AT_ONCE):
            few = others[part]
            after = np.searchsorted(key, few)
            around = np.union1d(after - 1, after)
            cameras = _joined(keyed, around, rotation[few], translation[few], zoom[few])
            cameras, spread, seen = _resected(thin, cameras, key[around], few, model, robust, belongs[around][:, some])
            rotation[few], translation[few], zoom[few] = _poses_from(cameras, len(key[around]))
            covariance[few] = spread.cpu().numpy() * SHARED * robust[0] ** 2 * len(some) / len(scene.usable)
            counted.append(seen)
        told = thin.told_cells(torch.from_numpy(others).to(thin.pyramid.device))
        share[others] = _shares(torch.cat(counted, 1), 1.0 - told.float().mean(-1))
    return PlacedFrames(rotation=rotation, translation=translation, zoom=zoom, share=share, covariance=covariance)


def _joined(
    keyed: DenseParameters,
    around: Int[np.ndarray, " a"],
    rotation: Float[np.ndarray, "f 3 3"],
    translation: Float[np.ndarray, "f 3"],
    zoom: Float[np.ndarray, " f"],
) -> DenseParameters:
    """Some of the keyframes, and frames after them."""
    return replace(
        keyed,
        rotation=torch.cat([keyed.rotation[around], torch.from_numpy(rotation).to(keyed.rotation)]),
        translation=torch.cat([keyed.translation[around], torch.from_numpy(translation).to(keyed.rotation)]),
        inverse_depth=keyed.inverse_depth[around],
        zoom=torch.cat([keyed.zoom[around], torch.from_numpy(zoom).to(keyed.zoom)]),
    )


def _poses_from(cameras: DenseParameters, first: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rotations, translations and log zooms of the cameras from `first` on."""
    values = cameras.rotation, cameras.translation, cameras.zoom
    rotation, translation, zoom = (value[first:].cpu().numpy() for value in values)
    return rotation, translation, zoom


def _shares(counted: Float[Tensor, "2 f"], untold: Float[Tensor, " f"]) -> Float[np.ndarray, " f"]:
    """The share of the patches of each frame that agrees, from how many agree and how many testify.

    Args:
        counted: both numbers.
        untold: share of the patches of each frame that were not told to move.
    """
    agreeing, seeing = counted
    usual = LEAST_SEEN * float((seeing / untold.clamp_min(1e-3)).median()) * untold
    return (agreeing / torch.maximum(seeing, usual.clamp_min(1.0))).cpu().numpy()


def spread_out(count: int, most: int) -> Int[Tensor, " q"]:
    """About `most` of `count` patches, by a step that is no divisor of a row."""
    step = max(1, round(count / most))
    return torch.arange(0, count, step if step % 2 or step == 1 else step + 1)


def _slots(key: Int[np.ndarray, " k"], others: Int[np.ndarray, " f"]) -> Int[np.ndarray, "k m"]:
    """For each keyframe the numbers in `others` of the frames between it and its neighbours; -1 where there is none."""
    after = np.searchsorted(key, others)
    rows: list[list[int]] = [[] for _ in key]
    for number, place in enumerate(after):
        rows[place].append(number)
        rows[place - 1].append(number)
    table = np.full((len(key), max(map(len, rows))), -1)
    for row, numbers in enumerate(rows):
        table[row, : len(numbers)] = numbers
    return table


def _resected(
    scene: Scene,
    cameras: DenseParameters,
    key: Int[np.ndarray, " k"],
    others: Int[np.ndarray, " f"],
    model: MotionModel,
    robust: tuple[float, float],
    belongs: Float[Tensor, "k p"],
) -> tuple[DenseParameters, Float[Tensor, "f 6 6"], Float[Tensor, "2 f"]]:
    """Poses of the cameras beyond the keyframes and their covariance in units of the residuals' noise; how many patches
    agree with each, and how many testify.

    Args:
        scene, cameras, key, others, model, belongs: as in `place_frames`.
        robust: scale of the kernels, and the residual up to which a patch agrees.
    """
    scale, limit_px = robust
    device = scene.pyramid.device
    table = torch.from_numpy(_slots(key, others)).to(device)
    source = torch.arange(len(key), device=device)
    camera = torch.where(table >= 0, table + len(key), source[:, None])
    every = torch.from_numpy(np.concatenate([key, others])).to(device)
    graph = unobserved(scene, source, camera)
    spread = torch.zeros(len(every), POSE, POSE, dtype=torch.float64, device=device)
    for _ in range(ROUNDS):
        start = expected_flow(scene, cameras, graph)
        found = flow_again(scene, every[: len(key)], every[camera], start, FLOW_STEPS)
        graph = of_scene(graph_of(scene, found, source, camera, back=False), belongs)
        for step in range(POSE_STEPS):
            cameras, spread = _poses_stepped(cameras, graph, model, KERNELS[min(step, 1)] * scale, len(key))
    left = residual_px(cameras, graph)
    seen = ~torch.isnan(left)
    agrees = seen & (left < limit_px)
    size = len(every)
    flat = camera.reshape(-1)
    counted = torch.zeros(2, size, device=device)
    for row, what in enumerate((agrees, seen)):
        counted[row].index_add_(0, flat, what.sum(-1).reshape(-1).to(counted.dtype))
    return cameras, spread[len(key) :], counted[:, len(key) :]


def _poses_stepped(
    cameras: DenseParameters, graph: FlowGraph, model: MotionModel, kernel: float, fixed: int
) -> tuple[DenseParameters, Float[Tensor, "n 6 6"]]:
    """One step of Gauss-Newton for the poses (and zooms) of the cameras from `fixed` on, each for itself.

    Returns:
        The cameras after it, and the covariance of each pose, 0 for what does not move.
    """
    size, columns = len(cameras.zoom), POSE + 1
    matrix = torch.zeros(size, columns, columns, dtype=torch.float64, device=graph.device)
    pull = torch.zeros(size, columns, dtype=torch.float64, device=graph.device)
    chosen = torch.tensor([*range(POSE), FOCAL_TARGET] if model.zooms else [*range(POSE)], device=graph.device)
    c = len(chosen)
    for rows in blocks(graph):
        predicted = predict(cameras, graph, rows)
        by_camera, _, residual = weighted(predicted, cameras, graph, rows, kernel, lens=model.zooms)
        flat = by_camera.index_select(2, chosen).flatten(-2)
        target = graph.target[rows].reshape(-1)
        gram = (flat @ flat.transpose(-1, -2)).double().reshape(-1, c, c)
        towards = (flat @ residual.flatten(-2)[..., None]).double().reshape(-1, c)
        matrix[:, :c, :c].index_add_(0, target, gram)
        pull[:, :c].index_add_(0, target, towards)
    free = torch.tensor([model.translates] * 3 + [model.rotates] * 3 + [model.zooms], device=graph.device)
    matrix = matrix * (free[:, None] & free)
    diagonal = matrix.diagonal(dim1=1, dim2=2)
    matrix = matrix + torch.diag_embed(diagonal * DAMPING + 1e-6 + (~free).double())
    matrix[:, -1, -1] += ZOOM_BEND**-2
    step = torch.linalg.solve(matrix, pull * free)
    step[:fixed] = 0.0
    spread = torch.linalg.inv(matrix) * (free[:, None] & free)
    return cameras.moved(step[:, :POSE], step[:, POSE]), spread[:, :POSE, :POSE]
