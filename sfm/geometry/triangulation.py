"""Points found anew for cameras that are known by now: a depth has many minima, a camera that many points hold has not.

Each track is tried at several inverse depths on the ray of its middle frame (a plane sweep, Collins 1996); the best by
the robust cost is kept, if it beats where the adjuster left the point.
"""

from dataclasses import replace

import torch
from torch import Tensor

from sfm.geometry.problem import FreeParameters, Observations, Parameters, geman_mcclure, rescaled, residuals

INVERSE_DEPTHS = (0.0, 0.05, 0.12, 0.25, 0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.0, 2.6, 3.5, 5.0, 8.0, 14.0)
"""In units of the median one; between neighbours the adjuster converges."""


def retriangulated(scene: Observations, state: Parameters, freedom: FreeParameters, kernel_px: Tensor) -> Parameters:
    """The same cameras with every point at its best inverse depth, for the hypotheses that move their camera.

    The state must be `rescaled`: its median inverse distance is one.
    """
    rows = freedom.translation.nonzero()[:, 0]
    if not len(rows):
        return state
    part = state.take(rows)
    c2 = kernel_px[rows][:, None, None] ** 2

    def cost(point: Tensor) -> Tensor:
        r, _, _ = residuals(scene, replace(part, point=point))
        squared = (r**2).sum(-1)
        return (scene.weight * geman_mcclure(squared, c2)).sum(2)

    ray, centre = _middle_rays(scene, part)
    best = part.point
    least = cost(best) * (1 - 1e-3)
    for w in INVERSE_DEPTHS:
        point = torch.cat([ray + w * centre, torch.full_like(ray[..., :1], w)], -1)
        point = point / point.norm(dim=-1, keepdim=True)
        tried = cost(point)
        better = tried < least
        best = torch.where(better[..., None], point, best)
        least = torch.where(better, tried, least)
    point = state.point.clone()
    point[rows] = best
    return replace(state, point=point)


def completed(
    scene: Observations, state: Parameters, rows: Tensor, freedom: FreeParameters, kernel_px: Tensor
) -> Parameters:
    """A state that knows only the points of some tracks (b s 4) with those of all (b m 4), at their best depths.

    rows: the tracks whose points the state holds (s).
    """
    state = rescaled(state)
    ray, centre = _middle_rays(scene, state)
    w = freedom.translation.to(ray.dtype)[:, None, None].expand_as(ray[..., :1])
    point = torch.cat([ray + w * centre, w], -1)
    point = point / point.norm(dim=-1, keepdim=True)
    point[:, rows] = state.point
    return retriangulated(scene, replace(state, point=point), freedom, kernel_px)


def _middle_rays(scene: Observations, state: Parameters) -> tuple[Tensor, Tensor]:
    """Unit rays (b m 3) in the world of the middle observation of each track, and the camera centres behind them."""
    seen = (scene.weight > 0).to(torch.int64)
    middle = (seen.cumsum(1) * 2 > seen.sum(1, keepdim=True)).to(torch.int64).argmax(1)
    rows = torch.arange(len(seen), device=seen.device)
    xy = scene.xy_px[rows, middle]
    focal = state.focal_px[:, middle]
    local = torch.stack([xy[:, 0] * scene.pixel_aspect / focal, xy[:, 1] / focal, torch.ones_like(focal)], -1)
    local = local / local.norm(dim=-1, keepdim=True)
    rotation, translation = state.rotation[:, middle], state.translation[:, middle]
    ray = torch.einsum("bmji,bmj->bmi", rotation, local)
    centre = -torch.einsum("bmji,bmj->bmi", rotation, translation)
    return ray, centre
