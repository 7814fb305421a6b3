"""How unsure fitted poses are: of keyframes with the points free, and of the frames between them with the points held.

Pose errors are (v, ω) in x' = exp(ω) x + v, camera from world.
"""

import math

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg.lapack import dposv

from sfm.geometry.normal_equations import CAMERA, normal_equations, schur
from sfm.geometry.problem import FreeParameters, Observations, Parameters
from sfm.geometry.resectioning import frame_normal
from sfm.geometry.so3 import POSE, adjoint, hat
from sfm.types import MotionModel


def camera_covariance(
    observations: Observations, parameters: Parameters, free: FreeParameters, *, kernel_px: float, noise_px: float
) -> Float[np.ndarray, "p p"] | None:
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
    kernel = np.full_like(parameters.log_focal, kernel_px)
    normal = normal_equations(observations, parameters, free, kernel, noise_px)
    matrix = schur(normal, np.zeros_like(parameters.log_focal), floor=1e-12)[0][0]
    diagonal = normal.camera[0].diagonal()
    moved = diagonal > 1e-12
    matrix = matrix + np.diag(~moved + 1e-12 * diagonal)
    if free.translation[0]:
        stretch = np.zeros((parameters.zoom.shape[1], CAMERA))
        stretch[:, 3:6] = parameters.translation[0]
        stretch = np.append(stretch[:, normal.used], 0.0)
        length = float(stretch @ stretch)
        if length > 0:
            matrix = matrix + np.outer(stretch, stretch) * (matrix.diagonal().mean() / length)
    _, found, bad = dposv(matrix, np.eye(len(matrix)))
    if bad:
        return None
    change = _beside(_pose_errors(parameters)[:, :, normal.used])
    return change @ (found * np.outer(moved, moved)) @ change.T


def _beside(blocks: Float[np.ndarray, "n r c"]) -> Float[np.ndarray, "nr1 nc1"]:
    """Blocks along the diagonal, then a 1: `scipy.linalg.block_diag`, which takes longer to load than all of this."""
    n, rows, columns = blocks.shape
    whole = np.zeros((n, rows, n, columns))
    whole[np.arange(n), :, np.arange(n)] = blocks
    whole = np.pad(whole.reshape(n * rows, n * columns), (0, 1))
    whole[-1, -1] = 1.0
    return whole


def capped_sigma(variance: float | None, prior: float) -> float:
    """Standard deviation of what has a prior, no larger than that."""
    return prior if variance is None else min(math.sqrt(max(variance, 0.0)), prior)


def keyframe_covariance(
    rotation: Float[np.ndarray, "k 3 3"],
    translation: Float[np.ndarray, "k 3"],
    spread: Float[np.ndarray, "n n"],
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
    change = np.eye(POSE * cameras)
    change.reshape(cameras, POSE, cameras, POSE)[:, :, first] -= adjoint(turn, shift)
    poses = change @ spread[: POSE * cameras, : POSE * cameras] @ change.T
    if model.translates:
        stretch = np.pad(shift, ((0, 0), (0, 3))).ravel()
        along = poses @ stretch
        length = float(stretch @ along)
        if length > 0:
            poses = poses - np.outer(along, along) / length
    found = np.einsum("iaib->iab", poses.reshape(cameras, POSE, cameras, POSE)).copy()
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
    diagonal = np.diagonal(normal, axis1=-2, axis2=-1)
    moved = diagonal > 1e-12
    found = np.linalg.inv(normal + (~moved + 1e-9 * diagonal)[..., None] * np.eye(CAMERA))
    change = _pose_errors(parameters)
    return change @ (found * (moved[:, :, None] & moved[:, None])) @ change.swapaxes(-1, -2)


def _pose_errors(parameters: Parameters) -> Float[np.ndarray, "n 6 7"]:
    """Derivative of (v, ω) of each camera by what the adjuster moves of it.

    It turns the orientation alone, so that the displacement of a turned camera is v = δt - ω × t.
    """
    translation = parameters.translation[0]
    out = np.zeros((len(translation), POSE, CAMERA))
    out[:, :3, :3], out[:, :3, 3:6], out[:, 3:, :3] = hat(translation), np.eye(3), np.eye(3)
    return out
