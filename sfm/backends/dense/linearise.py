"""Where a graph's patches should lie, how far off they are, and how that changes with every parameter.

A camera's pose moves by the left: x' = exp(ω) x + v in camera axes. Since the motion of a row's own camera acts on
the target's pixels through one adjoint matrix of the pair, only the six columns of the target's pose are ever built.
Parameters may have a dimension before all others: several states of one graph, taken together.
"""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.geometry.projection import LEAST_DEPTH

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
        straightening: by how much the lens has to be stretched there: undistorted lengths over those seen.
        residual_px: seen minus predicted, as long as in the picture: were they measured where the lens is straightened,
            a lens that shrinks the picture would shrink its errors, and every clip would have one.
        front: in front of the target.
    """

    rotation: Float[Tensor, "*s k m 3 3"]
    translation: Float[Tensor, "*s k m 3"]
    focal_px: Float[Tensor, "*s k m 1"]
    patch: Float[Tensor, "*s k 2 p"]
    ideal: Float[Tensor, "*s k m 2 p"]
    observed: Float[Tensor, "*s k m 2 p"]
    per_depth: Float[Tensor, "*s k m p"]
    straightening: Float[Tensor, "*s k m p"]
    residual_px: Float[Tensor, "*s k m 2 p"]
    front: Bool[Tensor, "*s k m p"]


def between(
    parameters: DenseParameters, graph: FlowGraph, rows: slice
) -> tuple[Float[Tensor, "*s k m 3 3"], Float[Tensor, "*s k m 3"]]:
    """Rotation and translation of each slot of some rows, target from source."""
    source, target = graph.source[rows], graph.target[rows]
    own, other = (parameters.rotation[..., cameras, :, :] for cameras in (source, target))
    rotation = other @ own.transpose(-1, -2).unsqueeze(-3)
    here, there = (parameters.translation[..., cameras, :] for cameras in (source, target))
    return rotation, there - (rotation @ here[..., None, :, None])[..., 0]


def predict(parameters: DenseParameters, graph: FlowGraph, rows: slice) -> Predicted:
    """The patches of `rows` in their targets."""
    kind = graph.patch_px.dtype
    source, target = graph.source[rows], graph.target[rows]
    rotation, translation = (x.to(kind) for x in between(parameters, graph, rows))
    focal = parameters.focal_px.to(kind)
    kappa = parameters.undistortion.to(kind)[..., None, None, None]
    patch = graph.patch_px / focal[..., source, None, None]
    ray = patch * (1.0 + kappa * (patch**2).sum(-2, keepdim=True))
    ray = torch.cat([ray, torch.ones_like(ray[..., :1, :])], -2)
    placed = (rotation.flatten(-3, -2) @ ray).unflatten(-2, rotation.shape[-3:-1])
    placed = placed.addcmul(translation[..., None], parameters.inverse_depth[..., rows, None, None, :])
    away = placed[..., 2, :]
    per_depth = 1.0 / away.clamp_min(LEAST_DEPTH)
    ideal = placed[..., :2, :] * per_depth[..., None, :]
    focal_px = focal[..., target, None]
    observed = graph.place_px[rows] / focal_px[..., None]
    bend = kappa[..., None] * (observed**2).sum(-2, keepdim=True)
    seen, straightening = observed * (1.0 + bend), 1.0 + 2.0 * bend
    return Predicted(
        rotation=rotation,
        translation=translation,
        focal_px=focal_px,
        patch=patch,
        ideal=ideal,
        observed=observed,
        per_depth=per_depth,
        straightening=straightening[..., 0, :],
        residual_px=focal_px[..., None] * (seen - ideal) / straightening,
        front=away > LEAST_DEPTH,
    )


def whitened(residual: Float[Tensor, "*s k m 2 p"], root: Float[Tensor, "*r k m 3 p"]) -> Float[Tensor, "*s k m 2 p"]:
    """Residuals in standard deviations."""
    x, y = residual.unbind(-2)
    across, mixed, down = root.unbind(-2)
    return torch.stack([(across * x).addcmul(mixed, y), down * y], -2)


def jacobian(
    predicted: Predicted,
    parameters: DenseParameters,
    rows: slice,
    scaled_root: Float[Tensor, "*r k m 3 p"],
    *,
    lens: bool,
) -> tuple[Float[Tensor, "*s k m c 2 p"], Float[Tensor, "*s k m 2 p"]]:
    """Derivatives of predicted minus seen, multiplied by `scaled_root`, and those by the inverse depth of the patch.

    Args:
        predicted: by `predict`.
        parameters: as there.
        rows: as there.
        scaled_root: root of the information times the root of the weight.
        lens: with the three columns of the lens; without, only those of the pose.
    """
    scale = (predicted.focal_px / predicted.straightening).unsqueeze(-2)
    first, cross, second = ((scaled_root * scale)[..., None, i, :] for i in range(3))
    columns = _pose_columns(predicted, parameters, rows)
    if lens:
        columns += _lens_columns(predicted, parameters)
    x, y = (torch.stack(each, -2) for each in zip(*columns, strict=True))
    return torch.stack([(first * x).addcmul_(cross, y), second * y], -2), depth_jacobian(predicted, scaled_root)


def _pose_columns(predicted: Predicted, parameters: DenseParameters, rows: slice) -> list[tuple[Tensor, Tensor]]:
    """The six columns of the target's pose; the common factor, the target's focal length, is in the root."""
    u, v = predicted.ideal.unbind(-2)
    d = parameters.inverse_depth[..., rows, None, :] * predicted.per_depth
    uv, none = u * v, torch.zeros_like(d)
    return [(d, none), (none, d), (-d * u, -d * v), (-uv, -1.0 - v * v), (1.0 + u * u, uv), (-v, u)]


def depth_jacobian(predicted: Predicted, scaled_root: Float[Tensor, "*r k m 3 p"]) -> Float[Tensor, "*s k m 2 p"]:
    """Derivatives of predicted minus seen by the inverse depth of each patch, multiplied by `scaled_root`."""
    across, along = predicted.translation[..., :2, None], predicted.translation[..., 2:, None]
    scale = (predicted.per_depth * predicted.focal_px / predicted.straightening).unsqueeze(-2)
    return whitened(scale * (across - predicted.ideal * along), scaled_root)


def _lens_columns(predicted: Predicted, parameters: DenseParameters) -> list[tuple[Tensor, Tensor]]:
    """The columns of both focal lengths and of κ; the common factor is as in `_pose_columns`."""
    u, v = predicted.ideal.unbind(-2)
    scale, patch = predicted.per_depth, predicted.patch
    kappa = parameters.undistortion.to(u.dtype)[..., None, None, None]
    across = predicted.rotation[..., :2].flatten(-3, -2)

    def carried(change: Tensor) -> tuple[Tensor, Tensor]:
        x, y, z = (across @ change).unflatten(-2, predicted.rotation.shape[-3:-1]).unbind(-2)
        return scale * (x - u * z), scale * (y - v * z)

    squared = (patch**2).sum(-2, keepdim=True)
    source = carried(-patch * (1.0 + 3.0 * kappa * squared))
    seen = (predicted.observed**2).sum(-2)
    bend = 2.0 * kappa * seen
    a, b = predicted.observed.unbind(-2)
    # Of what the residual is divided by, too: (off_x, off_y) is the residual over the focal length.
    off_x, off_y = (predicted.residual_px / predicted.focal_px[..., None]).unbind(-2)
    target = u + bend * (a - 2.0 * off_x), v + bend * (b - 2.0 * off_y)
    x, y = carried(patch * squared)
    return [source, target, (x - seen * (a - 2.0 * off_x), y - seen * (b - 2.0 * off_y))]
