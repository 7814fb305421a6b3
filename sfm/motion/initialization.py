"""Where the adjuster begins: chained rotations, their translating twins, reversed depth."""

import math

import cv2
import numpy as np
import torch
from jaxtyping import Float

from sfm.geometry.problem import Observations, Parameters
from sfm.geometry.projection import middle_observation, unit_rays
from sfm.geometry.so3 import exp_so3


def _kabsch(a: np.ndarray, b: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Rotation R that minimises Σ w ‖b − R a‖² (Kabsch 1976)."""
    u, _, vt = np.linalg.svd((weight[:, None] * b).T @ a)
    d = np.sign(np.linalg.det(u @ vt))
    return u @ np.diag([1.0, 1.0, d]) @ vt


def chain(
    xy_px: Float[np.ndarray, "m n 2"], focal_px: float, pixel_aspect: float, *, zoom: bool
) -> tuple[Float[np.ndarray, "n 3 3"], Float[np.ndarray, " n"]]:
    """Rotations (camera from first camera) and log zoom, frame by frame, by a robust consensus of the tracks."""
    n = xy_px.shape[1]
    rotation = np.tile(np.eye(3), (n, 1, 1))
    log_zoom = np.zeros(n)
    for i in range(1, n):
        common = np.isfinite(xy_px[:, i - 1, 0]) & np.isfinite(xy_px[:, i, 0])
        rotation[i], log_zoom[i] = rotation[i - 1], log_zoom[i - 1]
        if common.sum() < 6:
            continue
        a, b = xy_px[common, i - 1], xy_px[common, i]
        square = np.array([pixel_aspect, 1.0])
        cv2.setRNGSeed(0)
        similarity, inlier = cv2.estimateAffinePartial2D(
            a * square, b * square, method=cv2.RANSAC, ransacReprojThreshold=3.0, maxIters=500
        )
        if similarity is None or inlier.sum() < 4:
            continue
        keep = inlier.ravel().astype(bool)
        scale = math.hypot(similarity[0, 0], similarity[1, 0]) if zoom else 1.0
        log_zoom[i] = log_zoom[i - 1] + math.log(max(scale, 1e-3))
        da = unit_rays(a[keep], focal_px * math.exp(log_zoom[i - 1]), pixel_aspect)
        db = unit_rays(b[keep], focal_px * math.exp(log_zoom[i]), pixel_aspect)
        rotation[i] = _kabsch(da, db, np.ones(keep.sum())) @ rotation[i - 1]
    return rotation, log_zoom


def parameters_from(
    observations: Observations,
    rotation: np.ndarray,
    translation: np.ndarray,
    log_zoom: np.ndarray,
    log_focal: float,
    *,
    inverse_depth: float,
) -> Parameters:
    """One hypothesis: points stand at `inverse_depth` on the ray of the middle frame that sees them."""
    dtype = observations.xy_px.dtype
    xy = observations.xy_px.cpu().numpy()
    middle = middle_observation(observations).cpu().numpy()
    local = unit_rays(xy[np.arange(len(xy)), middle], np.exp(log_focal + log_zoom[middle]), observations.pixel_aspect)
    world = np.einsum("mji,mj->mi", rotation[middle], local - inverse_depth * translation[middle])
    point = np.concatenate([world, np.full((len(xy), 1), inverse_depth)], 1)
    point /= np.linalg.norm(point, axis=1, keepdims=True)
    return Parameters(
        rotation=torch.tensor(rotation, dtype=dtype)[None],
        translation=torch.tensor(translation, dtype=dtype)[None],
        zoom=torch.tensor(log_zoom, dtype=dtype)[None],
        log_focal=torch.tensor([log_focal], dtype=dtype),
        point=torch.tensor(point, dtype=dtype)[None],
    )


def dolly_for_zoom(log_zoom: np.ndarray) -> np.ndarray:
    """World-to-camera translations (n, 3) whose image scale at unit depth is that of a zoom: z = 1/s − 1."""
    out = np.zeros((len(log_zoom), 3))
    out[:, 2] = np.exp(-log_zoom) - 1.0
    return out


def reversed_depth(parameters: Parameters) -> Parameters:
    """The twin with mirrored relief: translation negated, inverse depths mirrored about their median.

    Under weak perspective both explain the same flow (the Necker reversal); rotations are turned so that the
    motion of a point at median depth stays (small angles).
    """
    length = parameters.point[..., :3].norm(dim=-1, keepdim=True).clamp_min(1e-9)
    w = parameters.point[..., 3:] / length
    middle = w.median(dim=1, keepdim=True).values
    mirrored = (2 * middle - w).clamp_min(0.02 * middle.abs())
    point = torch.cat([parameters.point[..., :3] / length, mirrored], -1)
    shift = 2 * parameters.translation * middle
    zero = torch.zeros_like(shift[..., 0])
    turn = torch.stack([-shift[..., 1], shift[..., 0], zero], -1)
    return Parameters(
        rotation=exp_so3(turn) @ parameters.rotation,
        translation=-parameters.translation,
        zoom=parameters.zoom,
        log_focal=parameters.log_focal,
        point=point / point.norm(dim=-1, keepdim=True),
    )
