"""How sure a fit is within its model: the focal length, the poses of the keyframes and of the frames between them."""

import math
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sfm.backends.dense.adjustment import covariance
from sfm.backends.dense.graph import DenseParameters
from sfm.backends.dense.linearise import POSE, adjoint
from sfm.backends.dense.models import KERNELS, Lens
from sfm.backends.dense.refinement import Refined
from sfm.types import MotionModel


def spread_of(refined: Refined, model: MotionModel, lens: Lens) -> Float[Tensor, "n n"] | None:
    """Covariance of the cameras' unknowns, all else free, in the order of `adjustment.covariance`; None where singular.

    So many residuals as `SHARED` says testify as one.
    """
    freedom = lens.freedom(model, scale=refined.scale)
    parameters = replace(refined.parameters, inverse_depth=refined.parameters.inverse_depth.double())
    found = covariance(parameters, refined.graph.double(), freedom, KERNELS[-1] * refined.scale)
    return None if found is None else found * freedom.shared


def focal_sigma_log(spread: Float[Tensor, "n n"] | None, model: MotionModel, lens: Lens) -> float:
    """Standard deviation of the log focal length; that of its prior where the clip says nothing."""
    if lens.focal.given or not model.rotates or spread is None:
        return lens.focal.sigma
    return min(math.sqrt(max(float(spread[-2, -2]), 0.0)), lens.focal.sigma)


def keyframe_covariance(
    parameters: DenseParameters, spread: Float[Tensor, "n n"], model: MotionModel, first: int = 0
) -> Float[np.ndarray, "k 6 6"]:
    """Covariance of each pose relative to that of keyframe `first`: (v, ω) in x' = exp(ω) x + v, camera from world.

    The path's own scale is the unit: a flow does not know it, so that directions which only stretch the path are taken
    out by conditioning (C - C d dᵀ C / dᵀ C d for the stretch d). NaN for what the model does not move: nothing
    was found out about it.

    Args:
        parameters: of the keyframes.
        spread: covariance of all unknowns, poses first, as `adjustment.covariance` orders them.
        model: what moves.
        first: keyframe whose pose is the world.
    """
    cameras = len(parameters.zoom)
    turn = parameters.rotation @ parameters.rotation[first].T
    shift = parameters.translation - turn @ parameters.translation[first]
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
