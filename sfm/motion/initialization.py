"""Where the adjuster begins: chained rotations, their translating twins, two-view geometry, reversed depth."""

import math

import numpy as np
import torch
from jaxtyping import Float

from sfm.geometry.problem import Observations, Parameters, exp_so3


def directions(xy_px: np.ndarray, focal_px: float, pixel_aspect: float) -> np.ndarray:
    """Unit rays (…, 3) of pixels relative to the principal point."""
    rays = np.concatenate(
        [xy_px[..., :1] * pixel_aspect / focal_px, xy_px[..., 1:] / focal_px, np.ones((*xy_px.shape[:-1], 1))], -1
    )
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True)


def _kabsch(a: np.ndarray, b: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Rotation R that minimises Σ w ‖b − R a‖² (Kabsch 1976)."""
    u, _, vt = np.linalg.svd((weight[:, None] * b).T @ a)
    d = np.sign(np.linalg.det(u @ vt))
    return u @ np.diag([1.0, 1.0, d]) @ vt


def chain(
    xy_px: Float[np.ndarray, "m n 2"], focal_px: float, pixel_aspect: float, *, zoom: bool
) -> tuple[Float[np.ndarray, "n 3 3"], Float[np.ndarray, " n"]]:
    """Rotations (camera from first camera) and log zoom, frame by frame, by a robust consensus of the tracks."""
    import cv2

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
        da = directions(a[keep], focal_px * math.exp(log_zoom[i - 1]), pixel_aspect)
        db = directions(b[keep], focal_px * math.exp(log_zoom[i]), pixel_aspect)
        rotation[i] = _kabsch(da, db, np.ones(keep.sum())) @ rotation[i - 1]
    return rotation, log_zoom


def parameters_from(
    scene: Observations,
    rotation: np.ndarray,
    translation: np.ndarray,
    log_zoom: np.ndarray,
    log_focal: float,
    *,
    inverse_depth: float,
) -> Parameters:
    """One hypothesis: points stand at `inverse_depth` on the ray of the middle frame that sees them."""
    options = {"dtype": scene.xy_px.dtype, "device": scene.xy_px.device}
    xy = scene.xy_px.cpu().numpy()
    seen = scene.weight.cpu().numpy() > 0
    anchor = np.array([at[len(at) // 2] for at in (np.flatnonzero(row) for row in seen)])
    rows = np.arange(len(xy))
    focal = np.exp(log_focal + log_zoom[anchor])
    local = np.stack(
        [xy[rows, anchor, 0] * scene.pixel_aspect / focal, xy[rows, anchor, 1] / focal, np.ones(len(xy))], -1
    )
    local /= np.linalg.norm(local, axis=1, keepdims=True)
    world = np.einsum("mji,mj->mi", rotation[anchor], local - inverse_depth * translation[anchor])
    point = np.concatenate([world, np.full((len(xy), 1), inverse_depth)], 1)
    point /= np.linalg.norm(point, axis=1, keepdims=True)
    return Parameters(
        rotation=torch.tensor(rotation, **options)[None],
        translation=torch.tensor(translation, **options)[None],
        zoom=torch.tensor(log_zoom, **options)[None],
        log_focal=torch.tensor([log_focal], **options),
        point=torch.tensor(point, **options)[None],
    )


def dolly_for_zoom(log_zoom: np.ndarray) -> np.ndarray:
    """World-to-camera translations (n, 3) whose image scale at unit depth is that of a zoom: z = 1/s − 1."""
    out = np.zeros((len(log_zoom), 3))
    out[:, 2] = np.exp(-log_zoom) - 1.0
    return out


def reversed_depth(state: Parameters) -> Parameters:
    """The twin with mirrored relief: translation negated, inverse depths mirrored about their median.

    Under weak perspective both explain the same flow (the Necker reversal); rotations are turned so that the
    motion of a point at median depth stays (small angles).
    """
    length = state.point[..., :3].norm(dim=-1, keepdim=True).clamp_min(1e-9)
    w = state.point[..., 3:] / length
    middle = w.median(dim=1, keepdim=True).values
    mirrored = (2 * middle - w).clamp_min(0.02 * middle.abs())
    point = torch.cat([state.point[..., :3] / length, mirrored], -1)
    shift = 2 * state.translation * middle
    zero = torch.zeros_like(shift[..., 0])
    turn = torch.stack([-shift[..., 1], shift[..., 0], zero], -1)
    return Parameters(
        rotation=exp_so3(turn) @ state.rotation,
        translation=-state.translation,
        zoom=state.zoom,
        log_focal=state.log_focal,
        point=point / point.norm(dim=-1, keepdim=True),
    )


def two_view(
    scene: Observations, log_focal: float, first: int, second: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Essential geometry of two frames: rotation, unit translation and the points (m, 4), NaN where unseen.

    Five points with RANSAC (Nistér 2004), through OpenCV. None where it finds nothing.
    """
    import cv2

    xy = scene.xy_px.cpu().numpy()
    both = ((scene.weight[:, first] > 0) & (scene.weight[:, second] > 0)).cpu().numpy()
    if both.sum() < 20:
        return None
    focal = math.exp(log_focal)
    square = np.array([scene.pixel_aspect, 1.0]) / focal
    a, b = xy[both, first] * square, xy[both, second] * square
    cv2.setRNGSeed(0)
    essential, inlier = cv2.findEssentialMat(a, b, np.eye(3), method=cv2.RANSAC, prob=0.999, threshold=1.0 / focal)
    if essential is None or essential.shape != (3, 3):
        return None
    _, rotation, translation, inlier, points = cv2.recoverPose(
        essential, a, b, np.eye(3), distanceThresh=1e4, mask=inlier
    )
    world = np.full((len(xy), 4), np.nan)
    found = points.T
    found = found * np.sign(found[:, 3:] + 1e-300)
    found = found / np.linalg.norm(found, axis=1, keepdims=True)
    good = inlier.ravel() > 0
    world[np.flatnonzero(both)[good]] = found[good]
    return rotation, translation.ravel(), world
