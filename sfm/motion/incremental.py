"""A start for paths that leave their first view behind: frames join one by one.

As in incremental structure from motion (Schönberger and Frahm 2016, §2) each frame is resected against the points
known so far. New points open at the depth of their neighbours and converge from there; a few steps of adjustment
follow every few frames.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from sfm.geometry.bundle_adjustment import adjust
from sfm.geometry.problem import FreeParameters, Observations, Parameters, rescaled
from sfm.motion.all_frames import resect

InitialWindow = Callable[[Observations], Parameters]


def window_of(scene: Observations, *, least: int = 5, most: int = 12, shared: float = 0.4) -> int:
    """How many frames still see `shared` of what the first one sees."""
    seen = scene.weight > 0
    first = seen[:, 0]
    alive = seen[first].to(scene.weight.dtype).mean(0)
    lost = (alive < shared).nonzero()
    end = int(lost[0]) if len(lost) else len(alive)
    return max(least, min(most, end, scene.weight.shape[1]))


def register_incrementally(
    scene: Observations,
    freedom: FreeParameters,
    begin: InitialWindow,
    *,
    kernels_px: tuple[float, ...],
    noise_px: float,
    every: int = 3,
) -> Parameters:
    """A full-motion start over all frames.

    begin: fits the frames of the first window.
    """
    n = scene.weight.shape[1]
    known_until = window_of(scene)
    state = _first(scene, begin, known_until)
    while known_until < n:
        stop = min(known_until + every, n)
        for frame in range(known_until, stop):
            state = register_frame(scene, state, freedom, frame, kernels_px[0], noise_px)
        known_until = stop
        part = _part(scene, slice(0, known_until))
        state = adjust(part, state, freedom, kernel_px=kernels_px[-2:], noise_px=noise_px, iterations=4).state
    return state


def _first(scene: Observations, begin: InitialWindow, count: int) -> Parameters:
    """The first window fitted with the tracks that it sees; the others wait at infinity."""
    part = _part(scene, slice(0, count))
    rows = (part.weight > 0).sum(1) >= 2
    state = begin(replace(part, xy_px=part.xy_px[rows], weight=part.weight[rows]))
    point = torch.zeros(1, len(rows), 4, dtype=scene.xy_px.dtype, device=scene.xy_px.device)
    point[..., 2] = 1.0
    point[:, rows] = state.point
    return replace(state, point=point)


def _part(scene: Observations, frames: slice | list[int]) -> Observations:
    return replace(scene, xy_px=scene.xy_px[:, frames], weight=scene.weight[:, frames])


def register_frame(
    scene: Observations, state: Parameters, freedom: FreeParameters, frame: int, kernel_px: float, noise_px: float
) -> Parameters:
    """The state with one more frame: resected against the known points, its new points initialise_points."""
    rotation, translation = _predicted(state)
    state = replace(
        rescaled(state),
        rotation=torch.cat([state.rotation, rotation], 1),
        translation=torch.cat([state.translation, translation], 1),
        zoom=torch.cat([state.zoom, state.zoom[:, -1:]], 1),
    )
    before = scene.weight[:, :frame] > 0
    known = before.sum(1) >= 2
    pair = [0, frame]
    two = replace(
        scene, xy_px=scene.xy_px[:, pair], weight=scene.weight[:, pair] * known[:, None].to(scene.weight.dtype)
    )
    held = replace(
        state, rotation=state.rotation[:, pair], translation=state.translation[:, pair], zoom=state.zoom[:, pair]
    )
    for width in (4 * kernel_px, kernel_px):
        held = resect(two, held, freedom, kernel_px=width, noise_px=noise_px, iterations=10)
    state = replace(
        state,
        rotation=torch.cat([state.rotation[:, :-1], held.rotation[:, 1:]], 1),
        translation=torch.cat([state.translation[:, :-1], held.translation[:, 1:]], 1),
        zoom=torch.cat([state.zoom[:, :-1], held.zoom[:, 1:]], 1),
    )
    now = scene.weight[:, frame] > 0
    return replace(state, point=initialise_points(scene, state, frame, now & ~known, now & known))


def _predicted(state: Parameters) -> tuple[Tensor, Tensor]:
    """The last pose; where it came from says nothing about an irregular clip."""
    return state.rotation[:, -1:], state.translation[:, -1:]


def initialise_points(scene: Observations, state: Parameters, frame: int, new: Tensor, known: Tensor) -> Tensor:
    """Points with those that a frame sees first put on its rays, at the median depth of what it knows."""
    rotation, translation = state.rotation[0, frame], state.translation[0, frame]
    known_in_camera = state.point[0, :, :3] @ rotation.T + state.point[0, :, 3:] * translation
    near = known & (known_in_camera[:, 2] > 0) & (state.point[0, :, 3] > 0)
    inverse = (state.point[0, :, 3] / known_in_camera.norm(dim=-1).clamp_min(1e-9))[near]
    w = inverse.median() if len(inverse) else torch.ones_like(translation[0])
    focal = state.focal_px[0, frame]
    ray = torch.stack(
        [
            scene.xy_px[:, frame, 0] * scene.pixel_aspect / focal,
            scene.xy_px[:, frame, 1] / focal,
            torch.ones_like(focal).expand(len(new)),
        ],
        -1,
    )
    ray = ray / ray.norm(dim=-1, keepdim=True)
    world = (ray - w * translation) @ rotation
    point = torch.cat([world, w.expand(len(new), 1)], -1)
    point = point / point.norm(dim=-1, keepdim=True)
    return torch.where(new[:, None], point, state.point[0])[None]
