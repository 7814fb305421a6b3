"""What the adjuster works on: the tracks, the parameters of several motion hypotheses, and their residuals.

Points are homogeneous, X = (cos φ · d, sin φ) with d a unit direction seen from the world origin, so that
tan φ is the inverse distance and points at infinity are ordinary (Triggs et al. 2000, Bundle Adjustment, §2-3).
"""

from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Observations:
    """What was measured: m tracks in n frames, shared by all hypotheses.

    xy_px: relative to the principal point; anything where weight is 0.
    weight: 0 where unseen; tracks of crowded cells count less.
    pixel_aspect: pixel width over height.
    """

    xy_px: Float[Tensor, "m n 2"]
    weight: Float[Tensor, "m n"]
    pixel_aspect: float


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Parameters:
    """Parameters of b hypotheses: world-to-camera poses, focal lengths and points."""

    rotation: Float[Tensor, "b n 3 3"]
    translation: Float[Tensor, "b n 3"]
    zoom: Float[Tensor, "b n"]
    log_focal: Float[Tensor, " b"]
    point: Float[Tensor, "b m 4"]

    def take(self, rows: Tensor | list[int]) -> "Parameters":
        """Some of the hypotheses, in the order given."""
        return Parameters(
            rotation=self.rotation[rows],
            translation=self.translation[rows],
            zoom=self.zoom[rows],
            log_focal=self.log_focal[rows],
            point=self.point[rows],
        )

    @property
    def focal_px(self) -> Float[Tensor, "b n"]:
        """fy per frame."""
        return torch.exp(self.log_focal[:, None] + self.zoom)


def stack(states: list[Parameters]) -> Parameters:
    """Several batches as one."""
    return Parameters(
        rotation=torch.cat([s.rotation for s in states]),
        translation=torch.cat([s.translation for s in states]),
        zoom=torch.cat([s.zoom for s in states]),
        log_focal=torch.cat([s.log_focal for s in states]),
        point=torch.cat([s.point for s in states]),
    )


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FreeParameters:
    """Which parameters each of the b hypotheses may move, and the prior that holds the focal length."""

    rotation: Bool[Tensor, " b"]
    translation: Bool[Tensor, " b"]
    zoom: Bool[Tensor, " b"]
    focal: Bool[Tensor, " b"]
    log_focal_prior: float
    log_focal_sigma: float

    def take(self, rows: Tensor | list[int]) -> "FreeParameters":
        """The freedom of some of the hypotheses."""
        return replace(
            self,
            rotation=self.rotation[rows],
            translation=self.translation[rows],
            zoom=self.zoom[rows],
            focal=self.focal[rows],
        )


def exp_so3(omega: Float[Tensor, "*s 3"]) -> Float[Tensor, "*s 3 3"]:
    """Rotation matrices of rotation vectors (Rodrigues)."""
    return torch.linalg.matrix_exp(hat(omega))


def hat(v: Float[Tensor, "*s 3"]) -> Float[Tensor, "*s 3 3"]:
    """Cross-product matrices."""
    zero = torch.zeros_like(v[..., 0])
    x, y, z = v.unbind(-1)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*v.shape[:-1], 3, 3)


def points_in_camera(state: Parameters) -> Float[Tensor, "b m n 3"]:
    """Homogeneous points in camera axes: R X + w t."""
    direction, w = state.point[..., :3], state.point[..., 3]
    rotated = torch.einsum("bnij,bmj->bmni", state.rotation, direction)
    return rotated + w[:, :, None, None] * state.translation[:, None]


MIN_DEPTH = 1e-3
BEYOND_INFINITY = -0.05
"""Least inverse distance, in units of the median one: noise may push a far point beyond infinity, but not farther."""
FAR_PX = 1e4


def residuals(scene: Observations, state: Parameters) -> tuple[Tensor, Tensor, Tensor]:
    """Residual vectors in pixels (b m n 2), points in camera axes and which lie in front of the camera."""
    x = points_in_camera(state)
    z = x[..., 2]
    real = state.point[..., 3] > BEYOND_INFINITY * state.point[..., :3].norm(dim=-1)
    front = (z > MIN_DEPTH) & real[:, :, None]
    safe = torch.where(front, z, torch.ones_like(z))
    focal = state.focal_px[:, None, :]
    u = focal / scene.pixel_aspect * x[..., 0] / safe - scene.xy_px[..., 0]
    v = focal * x[..., 1] / safe - scene.xy_px[..., 1]
    r = torch.stack([u, v], -1)
    return torch.where(front[..., None], r, torch.full_like(r, FAR_PX)), x, front


def geman_mcclure(squared: Tensor, kernel_squared: Tensor | float) -> Tensor:
    """The robust cost c² r² / (c² + r²) of squared residuals: quadratic below the kernel c, level beyond it."""
    return kernel_squared * squared / (kernel_squared + squared)


def rescaled(state: Parameters) -> Parameters:
    """The same geometry with a median inverse distance of one, so that the free scale cannot drift away."""
    length = state.point[..., :3].norm(dim=-1).clamp_min(1e-12)
    scale = (state.point[..., 3] / length).median(dim=1).values  # negative: points and path mirrored, same images
    scale = torch.where(scale.abs() > 1e-9, scale, torch.ones_like(scale))
    point = torch.cat([state.point[..., :3], state.point[..., 3:] / scale[:, None, None]], -1)
    return replace(
        state,
        translation=state.translation * scale[:, None, None],
        point=point / point.norm(dim=-1, keepdim=True),
    )
