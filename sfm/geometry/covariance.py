"""How unsure fitted poses are: of keyframes with the points free, and of the frames between them with the points held.

Pose errors are (v, ω) in x' = exp(ω) x + v, camera from world.
"""

import math

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sfm.geometry.normal_equations import CAMERA, normal_equations, schur
from sfm.geometry.problem import FreeParameters, Observations, Parameters
from sfm.geometry.resectioning import frame_normal
from sfm.geometry.so3 import POSE, adjoint, hat
from sfm.types import MotionModel


def camera_covariance(
    observations: Observations, parameters: Parameters, free: FreeParameters, *, kernel_px: float, noise_px: float
) -> Float[Tensor, "p p"] | None:
    """Covariance of all cameras and the log focal length, points free: inverse of the reduced Hessian, prior included.

    Triggs et al. 2000, Bundle Adjustment, section 9: the first camera is the gauge, and so is the length of the path,
    which no picture shows. None where the system is singular.

    Args:
        observations, parameters, free: a fit of one hypothesis.
        kernel_px: robust kernel of its last steps.
        noise_px: standard deviation of a good residual.

    Returns:
        (v, ω) of each camera, then the log focal length; 0 for what does not move.
    """
    kernel = torch.full_like(parameters.log_focal, kernel_px)
    normal = normal_equations(observations, parameters, free, kernel, noise_px)
    matrix = schur(normal, torch.zeros_like(parameters.log_focal), floor=1e-12)[0][0]
    cameras, columns = parameters.zoom.shape[1], len(normal.used)
    moved = torch.diagonal(normal.camera[0]) > 1e-12
    matrix = matrix + torch.diag_embed((~moved).to(matrix.dtype) + 1e-12 * torch.diagonal(normal.camera[0]))
    change = _pose_errors(normal.used, parameters)
    if bool(free.translation[0]):
        stretch = torch.zeros(cameras, columns, dtype=matrix.dtype, device=matrix.device)
        stretch[:, [normal.used.index(i) for i in (3, 4, 5)]] = parameters.translation[0]
        stretch = torch.cat([stretch.reshape(-1), stretch.new_zeros(1)])
        length = float(stretch @ stretch)
        if length > 0:
            matrix = matrix + torch.outer(stretch, stretch) * (matrix.diagonal().mean() / length)
    root, bad = torch.linalg.cholesky_ex(matrix)
    if bool(bad):
        return None
    found = torch.cholesky_inverse(root) * (moved[:, None] & moved)
    return change @ found @ change.T


def capped_sigma(variance: Float[Tensor, ""] | None, prior: float) -> float:
    """Standard deviation of what has a prior, no larger than that."""
    return prior if variance is None else min(math.sqrt(max(float(variance), 0.0)), prior)


def keyframe_covariance(
    rotation: Float[Tensor, "k 3 3"],
    translation: Float[Tensor, "k 3"],
    spread: Float[Tensor, "n n"],
    model: MotionModel,
    first: int = 0,
) -> Float[np.ndarray, "k 6 6"]:
    """Covariance of each pose relative to that of keyframe `first`.

    The path's own scale is the unit: no picture knows it, so that directions which only stretch the path are taken
    out by conditioning (C - C d dᵀ C / dᵀ C d for the stretch d). NaN for what the model does not move: nothing
    was found out about it.

    Args:
        rotation, translation: of the keyframes, camera from world.
        spread: covariance of the cameras' unknowns, (v, ω) of all poses first.
        model: what moves.
        first: keyframe whose pose is the world.
    """
    cameras = len(rotation)
    turn = rotation @ rotation[first].T
    shift = translation - turn @ translation[first]
    change = torch.eye(POSE * cameras, dtype=spread.dtype, device=spread.device)
    change.view(cameras, POSE, cameras, POSE)[:, :, first] -= adjoint(turn[None], shift[None])[0]
    poses = change @ spread[: POSE * cameras, : POSE * cameras] @ change.T
    if model.translates:
        stretch = torch.zeros_like(poses[0]).view(cameras, POSE)
        stretch[:, :3] = shift
        along = poses @ stretch.reshape(-1)
        length = float(stretch.reshape(-1) @ along)
        if length > 0:
            poses = poses - torch.outer(along, along) / length
    blocks = poses.view(cameras, POSE, cameras, POSE).diagonal(dim1=0, dim2=2).permute(2, 0, 1)
    found = blocks.cpu().numpy().astype(float)
    unknown = np.repeat([not model.translates, not model.rotates], 3)
    found[:, unknown, :] = np.nan
    found[:, :, unknown] = np.nan
    return found


def frame_covariance(
    keyed: Float[np.ndarray, "k 6 6"], key: Int[np.ndarray, " k"], own: Float[np.ndarray, "n 6 6"]
) -> Float[np.ndarray, "n 6 6"]:
    """That of every frame: what the keyframes around it are unsure of, in proportion, and what it adds itself.

    Args:
        keyed: of the keyframes.
        key: their frames.
        own: of each frame with the keyframes held; 0 for these.
    """
    at = np.interp(np.arange(len(own)), key, np.arange(len(key)))
    before = np.floor(at).astype(int).clip(0, max(len(key) - 2, 0))
    after = np.minimum(before + 1, len(key) - 1)
    share = (at - before)[:, None, None]
    return (1.0 - share) * keyed[before] + share * keyed[after] + own


def own_covariance(
    observations: Observations, parameters: Parameters, free: FreeParameters, *, kernel_px: float, noise_px: float
) -> Float[np.ndarray, "n 6 6"]:
    """Covariance of each pose by itself, points and focal length held; 0 for what does not move or is not seen."""
    normal = frame_normal(observations, parameters, free, kernel_px, noise_px)[0][0]
    diagonal = torch.diagonal(normal, dim1=-2, dim2=-1)
    moved = diagonal > 1e-12
    found = torch.linalg.inv(normal + torch.diag_embed((~moved).to(normal.dtype) + 1e-9 * diagonal))
    found = found * (moved[:, :, None] & moved[:, None])
    change = _pose_errors(list(range(CAMERA)), parameters)[:-1, :-1]
    n = len(found)
    blocks = change.view(n, POSE, n, CAMERA).diagonal(dim1=0, dim2=2).permute(2, 0, 1)
    return (blocks @ found @ blocks.transpose(-1, -2)).cpu().numpy()


def _pose_errors(used: list[int], parameters: Parameters) -> Float[Tensor, "p q"]:
    """Derivative of (v, ω) of each camera, and the log focal length, by what the adjuster moves.

    It turns the orientation alone, so that the displacement of a turned camera is v = δt - ω × t.
    """
    cameras, columns = parameters.zoom.shape[1], len(used)
    out = torch.zeros(
        POSE * cameras + 1, columns * cameras + 1, dtype=parameters.zoom.dtype, device=parameters.zoom.device
    )
    out[-1, -1] = 1.0
    eye = torch.eye(3, dtype=out.dtype, device=out.device)
    for i in range(cameras):
        rows, base = slice(POSE * i, POSE * i + 3), columns * i
        turned = slice(POSE * i + 3, POSE * i + POSE)
        for start, block in ((0, hat(parameters.translation[0, i])), (3, eye)):
            if start in used:
                at = base + used.index(start)
                out[rows, at : at + 3] = block
        if 0 in used:
            out[turned, base : base + 3] = eye
    return out
