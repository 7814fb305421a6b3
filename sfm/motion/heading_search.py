"""Where the camera may be heading: a sweep over all directions of translation, each with its best small turn.

With rays a and b of one point in two frames and a turn w that is still missing, the epipolar constraint is linear in w:
t·(a × b) + w·((a·b) t − (t·b) a) = 0. So every direction t of a grid over the half sphere has a robust least-squares
fit of three numbers, and what moves by itself cannot bend all of them (compare Heeger and Jepson 1992, Subspace
methods for recovering rigid motion, §3, who search the same half sphere).
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float

GRID = 220
"""Directions on the half sphere: about nine degrees apart."""
ROUNDS = ((64.0, 2), (24.0, 2), (8.0, 2), (3.0, 2), (1.0, 2))
"""Kernels in pixels of a 640-pixel frame and how often each is reweighted."""
APART = 0.35
"""Directions nearer than this (radians) to a better one are the same start."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Heading:
    """A candidate: unit direction from the first camera to the second, in the axes of the first, and the turn missing.

    Attributes:
        log_zoom: log focal ratio missing, 0 where none was asked for.
    """

    direction: Float[np.ndarray, " 3"]
    turn_rad: Float[np.ndarray, " 3"]
    log_zoom: float


def headings(
    a: Float[np.ndarray, "m 3"],
    b: Float[np.ndarray, "m 3"],
    turned: Float[np.ndarray, "3 3"],
    focal_px: float,
    unit_px: float,
    *,
    zoom: bool = False,
    count: int = 3,
) -> list[Heading]:
    """The best directions that are well apart, best first; opposite ones count as one, depth will tell them apart.

    Args:
        a, b: unit rays of the same points in two frames, each in its own camera's axes.
        turned: what is known of the rotation, second camera from first.
        zoom: whether the focal length of the second frame may be off too.
    """
    t = _half_sphere(GRID)
    outward = np.concatenate([-b[:, :2], np.zeros((len(b), 1))], 1) @ turned  # derivative of b by the log of its focal
    b = b @ turned
    c = t @ np.cross(a, b).T  # g m
    g = np.einsum("m,gi->gmi", (a * b).sum(1), t) - np.einsum("gm,mi->gmi", t @ b.T, a)
    if zoom:
        g = np.concatenate([g, (t @ np.cross(a, outward).T)[..., None]], 2)
    scale = focal_px / np.maximum(np.linalg.norm(np.cross(t[:, None], a[None]), axis=2), 0.05)
    c, g = c * scale, g * scale[..., None]
    held = 1e-6 * focal_px**2 * np.eye(g.shape[2])
    w = np.zeros((len(t), g.shape[2]))
    residual = c
    for width, rounds in ROUNDS:
        k2 = (width * unit_px) ** 2
        for _ in range(rounds):
            weighted = ((k2 / (k2 + residual**2)) ** 2)[..., None] * g
            matrix = weighted.transpose(0, 2, 1) @ g + held
            w = -np.linalg.solve(matrix, weighted.transpose(0, 2, 1) @ c[..., None])[..., 0]
            residual = c + (g @ w[..., None])[..., 0]
    support = (unit_px**2 / (unit_px**2 + residual**2)).sum(1)
    found: list[Heading] = []
    for i in np.argsort(-support, kind="stable"):
        if all(abs(float(t[i] @ other.direction)) < np.cos(APART) for other in found):
            missing = float(w[i, 3]) if zoom else 0.0
            found.append(Heading(direction=t[i], turn_rad=w[i, :3], log_zoom=missing))
        if len(found) == count:
            break
    return found


def _half_sphere(count: int) -> Float[np.ndarray, "g 3"]:
    """Even directions with z >= 0 (Fibonacci lattice)."""
    k = np.arange(count) + 0.5
    z = 1.0 - k / count
    angle = np.pi * (1.0 + np.sqrt(5.0)) * k
    r = np.sqrt(1.0 - z**2)
    return np.stack([r * np.cos(angle), r * np.sin(angle), z], 1)
