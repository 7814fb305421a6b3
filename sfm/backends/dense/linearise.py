"""Where a graph's patches should lie, how far off they are, and how that changes with every parameter.

A camera's pose moves by the left: x' = exp(ω) x + v in camera axes. Since the motion of a row's own camera acts on
the target's pixels through one adjoint matrix of the pair, only the six columns of the target's pose are ever built.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.geometry.so3 import hat

LEAST_DEPTH = 0.1
"""What is nearer to the target than this, in units of its depth in its own camera, does not testify."""
POSE = 6
"""Columns of a pose: translation, then rotation vector."""
FOCAL_SOURCE, FOCAL_TARGET, UNDISTORTION, COLUMNS = 6, 7, 8, 9
"""Columns of the lens: log focal length of the row's camera and of the target, κ; and how many columns there are."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Predicted:
    """Patches of some rows of a graph as the parameters place them in their targets.

    Attributes:
        rotation, translation: target from source.
        focal_px: of the targets.
        patch: (x, y) in the patch's own camera, in units of its focal length, distorted as seen.
        ideal: (x, y) predicted in the target, undistorted, in units of the target's focal length.
        observed: (x, y) in the target as seen, distorted, in the same units.
        per_depth: one over the depth in the target, in units of that in the patch's own camera.
        residual_px: seen minus predicted, undistorted pixels.
        front: in front of the target.
    """

    rotation: Float[Tensor, "k m 3 3"]
    translation: Float[Tensor, "k m 3"]
    focal_px: Float[Tensor, "k m 1"]
    patch: Float[Tensor, "k 2 p"]
    ideal: Float[Tensor, "k m 2 p"]
    observed: Float[Tensor, "k m 2 p"]
    per_depth: Float[Tensor, "k m p"]
    residual_px: Float[Tensor, "k m 2 p"]
    front: Bool[Tensor, "k m p"]


def predict(parameters: DenseParameters, graph: FlowGraph, rows: slice) -> Predicted:
    """The patches of `rows` in their targets."""
    kind = graph.patch_px.dtype
    source, target = graph.source[rows], graph.target[rows]
    own, other = parameters.rotation[source], parameters.rotation[target]
    rotation = other @ own.transpose(-1, -2)[:, None]
    translation = parameters.translation[target] - (rotation @ parameters.translation[source][:, None, :, None])[..., 0]
    rotation, translation = rotation.to(kind), translation.to(kind)
    focal = parameters.focal_px.to(kind)
    kappa = parameters.undistortion.to(kind)
    patch = graph.patch_px / focal[source][:, None, None]
    ray = patch * (1.0 + kappa * (patch**2).sum(1, keepdim=True))
    here = torch.cat([ray, torch.ones_like(ray[:, :1])], 1)
    k, m = target.shape
    there = (rotation.reshape(k, m * 3, 3) @ here).reshape(k, m, 3, -1)
    there = there + translation[..., None] * parameters.inverse_depth[rows][:, None, None]
    front = there[:, :, 2] > LEAST_DEPTH
    per_depth = 1.0 / there[:, :, 2].clamp_min(LEAST_DEPTH)
    ideal = there[:, :, :2] * per_depth[:, :, None]
    focal_px = focal[target][..., None]
    observed = graph.place_px[rows] / focal_px[..., None]
    seen = observed * (1.0 + kappa * (observed**2).sum(2, keepdim=True))
    return Predicted(
        rotation=rotation,
        translation=translation,
        focal_px=focal_px,
        patch=patch,
        ideal=ideal,
        observed=observed,
        per_depth=per_depth,
        residual_px=focal_px[..., None] * (seen - ideal),
        front=front,
    )


def whitened(residual: Float[Tensor, "k m 2 p"], root: Float[Tensor, "k m 3 p"]) -> Float[Tensor, "k m 2 p"]:
    """Residuals in standard deviations."""
    x, y = residual.unbind(2)
    return torch.stack([root[:, :, 0] * x + root[:, :, 1] * y, root[:, :, 2] * y], 2)


def jacobian(
    predicted: Predicted,
    parameters: DenseParameters,
    rows: slice,
    scaled_root: Float[Tensor, "k m 3 p"],
    *,
    lens: bool,
) -> tuple[Float[Tensor, "k m c 2 p"], Float[Tensor, "k m 2 p"]]:
    """Derivatives of predicted minus seen, multiplied by `scaled_root`, and those by the inverse depth of the patch.

    Args:
        predicted: by `predict`.
        parameters: as there.
        rows: as there.
        scaled_root: root of the information times the root of the weight.
        lens: with the three columns of the lens; without, only those of the pose.
    """
    u, v = predicted.ideal.unbind(2)
    f = predicted.focal_px
    root = scaled_root * f[:, :, None]
    columns = torch.empty(*u.shape[:2], COLUMNS if lens else POSE, 2, u.shape[-1], dtype=u.dtype, device=u.device)

    def put(column: int, x: Tensor | None, y: Tensor | None) -> None:
        first, second = columns[:, :, column, 0], columns[:, :, column, 1]
        if x is None:
            assert y is not None
            torch.mul(root[:, :, 1], y, out=first)
        else:
            torch.mul(root[:, :, 0], x, out=first)
            if y is not None:
                first.addcmul_(root[:, :, 1], y)
        if y is None:
            second.zero_()
        else:
            torch.mul(root[:, :, 2], y, out=second)

    d = parameters.inverse_depth[rows][:, None] * predicted.per_depth
    uv = u * v
    put(0, d, None)
    put(1, None, d)
    put(2, -d * u, -d * v)
    put(3, -uv, -1.0 - v * v)
    put(4, 1.0 + u * u, uv)
    put(5, -v, u)
    if lens:
        _lens_columns(predicted, parameters, put)
    return columns, depth_jacobian(predicted, scaled_root)


def depth_jacobian(predicted: Predicted, scaled_root: Float[Tensor, "k m 3 p"]) -> Float[Tensor, "k m 2 p"]:
    """Derivatives of predicted minus seen by the inverse depth of each patch, multiplied by `scaled_root`."""
    u, v = predicted.ideal.unbind(2)
    t, s = predicted.translation[..., None], predicted.per_depth * predicted.focal_px
    by_depth = torch.stack([s * (t[:, :, 0] - u * t[:, :, 2]), s * (t[:, :, 1] - v * t[:, :, 2])], 2)
    return whitened(by_depth, scaled_root)


def _lens_columns(
    predicted: Predicted, parameters: DenseParameters, put: Callable[[int, Tensor, Tensor], None]
) -> None:
    """The columns of both focal lengths and of κ; the common factor, the target's focal length, is in the root."""
    u, v = predicted.ideal.unbind(2)
    s, patch, observed = predicted.per_depth, predicted.patch, predicted.observed
    kappa = parameters.undistortion.to(u.dtype)
    k, m = u.shape[:2]
    across = predicted.rotation[..., :2].reshape(k, m * 3, 2)

    def carried(change: Tensor) -> tuple[Tensor, Tensor]:
        x, y, z = (across @ change).reshape(k, m, 3, -1).unbind(2)
        return s * (x - u * z), s * (y - v * z)

    squared = (patch**2).sum(1, keepdim=True)
    put(FOCAL_SOURCE, *carried(-patch * (1.0 + 3.0 * kappa * squared)))
    seen = (observed**2).sum(2)
    bend = 2.0 * kappa * seen
    put(FOCAL_TARGET, u + bend * observed[:, :, 0], v + bend * observed[:, :, 1])
    x, y = carried(patch * squared)
    put(UNDISTORTION, x - seen * observed[:, :, 0], y - seen * observed[:, :, 1])


def adjoint(rotation: Float[Tensor, "k m 3 3"], translation: Float[Tensor, "k m 3"]) -> Float[Tensor, "k m 6 6"]:
    """Ad of target from source: exp(ξ_target) T = T exp(ξ_source) for ξ_target = Ad ξ_source, ξ = (v, ω)."""
    upper = torch.cat([rotation, hat(translation) @ rotation], -1)
    return torch.cat([upper, torch.cat([torch.zeros_like(rotation), rotation], -1)], -2)
