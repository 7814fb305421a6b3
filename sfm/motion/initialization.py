"""Where the adjuster begins: chained rotations, their translating twins, reversed depth."""

import math
from dataclasses import dataclass
from typing import final

import cv2
import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from sfm.geometry.arrays import lengths, lower_median, unit
from sfm.geometry.problem import Observations, Parameters
from sfm.geometry.projection import middle_observation, unit_rays


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Steps:
    """What most of the tracks do from each frame to the next, in the picture alone.

    Attributes:
        scale: by how much the picture grows.
        follows: tracks that do so; none where nothing is known of the step.
    """

    scale: Float[np.ndarray, " s"]
    follows: Bool[np.ndarray, "m s"]


def steps_of(xy_px: Float[np.ndarray, "m n 2"], pixel_aspect: float) -> Steps:
    """The steps of the frames, each by a robust consensus of the tracks (RANSAC on similarities)."""
    m, n = xy_px.shape[:2]
    scale, follows = np.ones(n - 1), np.zeros((m, n - 1), bool)
    square = xy_px * np.array([pixel_aspect, 1.0])
    seen = np.isfinite(xy_px[..., 0])
    for i in range(n - 1):
        common = np.flatnonzero(seen[:, i] & seen[:, i + 1])
        if len(common) < 6:
            continue
        cv2.setRNGSeed(0)
        similarity, inlier = cv2.estimateAffinePartial2D(
            square[common, i], square[common, i + 1], method=cv2.RANSAC, ransacReprojThreshold=3.0, maxIters=500
        )
        if similarity is None or inlier.sum() < 4:
            continue
        follows[common, i] = inlier.ravel()
        scale[i] = max(math.hypot(similarity[0, 0], similarity[1, 0]), 1e-3)
    return Steps(scale=scale, follows=follows)


def chain(
    xy_px: Float[np.ndarray, "m n 2"], steps: Steps, focal_px: float, pixel_aspect: float, *, zoom: bool
) -> tuple[Float[np.ndarray, "n 3 3"], Float[np.ndarray, " n"]]:
    """Rotations (camera from first camera) and log zoom, frame by frame, by the tracks that follow each step.

    A step is the rotation R that minimises Σ ‖b − R a‖² of their rays (Kabsch 1976).
    """
    n = xy_px.shape[1]
    log_zoom = np.zeros(n)
    if zoom:
        log_zoom[1:] = np.cumsum(np.log(steps.scale))
    rays = np.nan_to_num(unit_rays(xy_px, focal_px * np.exp(log_zoom), pixel_aspect))
    products = np.einsum("ms,msi,msj->sij", steps.follows.astype(float), rays[:, 1:], rays[:, :-1], optimize=True)
    u, _, vt = np.linalg.svd(products)
    u[..., 2] *= np.sign(np.linalg.det(u @ vt))[:, None]
    rotation = np.tile(np.eye(3), (n, 1, 1))
    turn, known = np.asarray(u @ vt), np.asarray(steps.follows.any(0))
    for i in range(len(turn)):
        rotation[i + 1] = turn[i] @ rotation[i] if known[i] else rotation[i]
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
    xy = observations.xy_px
    middle = middle_observation(observations)
    local = unit_rays(xy[np.arange(len(xy)), middle], np.exp(log_focal + log_zoom[middle]), observations.pixel_aspect)
    world = np.einsum("mji,mj->mi", rotation[middle], local - inverse_depth * translation[middle])
    return Parameters(
        rotation=rotation[None],
        translation=translation[None],
        zoom=log_zoom[None],
        log_focal=np.array([log_focal]),
        point=unit(np.concatenate([world, np.full((len(xy), 1), inverse_depth)], 1))[None],
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
    length = np.maximum(lengths(parameters.point[..., :3]), 1e-9)[..., None]
    w = parameters.point[..., 3:] / length
    middle = lower_median(w, axis=1)[:, None]
    mirrored = np.maximum(2 * middle - w, 0.02 * np.abs(middle))
    point = np.concatenate([parameters.point[..., :3] / length, mirrored], -1)
    shift = 2 * parameters.translation * middle
    turn = np.stack([-shift[..., 1], shift[..., 0], np.zeros_like(shift[..., 0])], -1)
    turned = Rotation.from_rotvec(turn.reshape(-1, 3)).as_matrix().reshape(parameters.rotation.shape)
    return Parameters(
        rotation=turned @ parameters.rotation,
        translation=-parameters.translation,
        zoom=parameters.zoom,
        log_focal=parameters.log_focal,
        point=unit(point),
    )
