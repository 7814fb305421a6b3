"""Gauge and scale between two paths: what is fixed, by what, and what stays unobservable."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int

from trajectory.errors import GaugeError
from trajectory.frames import Sim3
from trajectory.model import Trajectory
from trajectory.resample import at_times

OBSERVABLE = 1e-6
"""A spread of positions below this share of their size is no spread."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Gauge:
    """The change of world that lays a generated path on its reference.

    Attributes:
        unobservable: freedoms that the data did not determine, with the value that was assumed for them.
    """

    reference_from_generated: Sim3
    unobservable: tuple[str, ...]


def fix_gauge(
    reference: Float[np.ndarray, "k 4 4"], generated: Float[np.ndarray, "k 4 4"], *, with_scale: bool = True
) -> Gauge:
    """Sim(3) (or SE(3)) from orientations and positions together; defined on straight, turning and static paths.

    The rotation maximises Σ tr(R_refᵀ R R_gen) + Σ p_ref · R p_gen over proper rotations, with positions centred and
    each path divided by its root mean square extent (Kabsch 1976 with orientations as further vectors). The scale is
    Horn's symmetric one (1987): the ratio of those extents, so the inverse problem has the inverse answer.
    Never reflects: a mirrored path keeps its error.

    Raises:
        GaugeError: no pose to align by.
    """
    if len(reference) == 0:
        raise GaugeError("no point has a pose in both clips, expected at least one to fix the gauge by")
    p, q = reference[:, :3, 3], generated[:, :3, 3]
    p_mean, q_mean = p.mean(0), q.mean(0)
    p_size = float(np.sqrt(np.square(p - p_mean).sum(1).mean()))
    q_size = float(np.sqrt(np.square(q - q_mean).sum(1).mean()))
    rounding = OBSERVABLE * 1e-6
    p_moves = p_size > rounding * max(1e-300, float(np.abs(p).max()))
    q_moves = q_size > rounding * max(1e-300, float(np.abs(q).max()))
    votes = np.einsum("kij,klj->il", reference[:, :3, :3], generated[:, :3, :3])
    if p_moves and q_moves:
        votes = votes + np.einsum("ki,kj->ij", (p - p_mean) / p_size, (q - q_mean) / q_size)
    u, strength, vt = np.linalg.svd(votes)
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    rotation = u @ np.diag([1.0, 1.0, sign]) @ vt
    unobservable: list[str] = []
    if with_scale and not (p_moves and q_moves):
        who = "neither path" if not (p_moves or q_moves) else "the reference" if q_moves else "the generated path"
        verb = "translates" if who == "neither path" else "does not translate"
        unobservable.append(f"scale (taken as 1: {who} {verb})")
    if strength[1] + sign * strength[2] <= OBSERVABLE * len(reference):
        unobservable.append("rotation (the orientations contradict each other)")
    scale = p_size / q_size if with_scale and p_moves and q_moves else 1.0
    return Gauge(
        reference_from_generated=Sim3(scale=scale, rotation=rotation, translation=p_mean - scale * (rotation @ q_mean)),
        unobservable=tuple(unobservable),
    )


def fix_gauge_between(reference: Trajectory, generated: Trajectory, *, with_scale: bool = True) -> Gauge:
    """`fix_gauge` over the frames that are valid in both trajectories, row by row; they must have equal length."""
    if len(reference) != len(generated):
        raise GaugeError(
            f"the paths have {len(reference)} and {len(generated)} frames, expected equal; resample one with at_times"
        )
    both = reference.valid & generated.valid
    return fix_gauge(
        np.array(reference.world_from_cam[both]), np.array(generated.world_from_cam[both]), with_scale=with_scale
    )


def moved(poses: Float[np.ndarray, "k 4 4"], change: Sim3) -> Float[np.ndarray, "k 4 4"]:
    """Poses seen from another world frame."""
    out = poses.copy()
    out[:, :3, :3] = change.rotation @ poses[:, :3, :3]
    out[:, :3, 3] = change.scale * poses[:, :3, 3] @ change.rotation.T + change.translation
    return out


def laid_on(reference: Trajectory, path: Trajectory) -> Trajectory:
    """A path in the world and at the scale of a reference, to be drawn over it.

    Paths of as many frames are laid frame by frame; of another number, the path is taken at the reference's times.
    Raises GaugeError where they share no pose.
    """
    there = path if len(path) == len(reference) else at_times(path, reference.time_s)
    if not there.valid.any() and path.valid.any():
        spans = " and from ".join(f"{each.time_s[0]:.6g} to {each.time_s[-1]:.6g} s" for each in (reference, path))
        raise GaugeError(f"the paths share no time: they go from {spans}; count both from one moment, in seconds")
    change = fix_gauge_between(reference, there).reference_from_generated
    return there.replace(
        world_from_cam=moved(np.array(there.world_from_cam), change),
        time_s=reference.time_s,
        time_source=reference.time_source,
        pose_covariance=None,
    )


def anchored(poses: Float[np.ndarray, "b k 4 4"], first: Int[np.ndarray, " b"]) -> Float[np.ndarray, "b k 4 4"]:
    """Paths relative to the pose of each at `first`, which becomes the identity exactly."""
    each, (b, k) = np.arange(len(poses)), poses.shape[:2]
    origin = poses[each, first, :3]
    rows = poses[:, :, :3].swapaxes(1, 2).copy()
    rows[..., 3] -= origin[..., 3:]  # before the turn: differences of large coordinates keep their digits
    turned = origin[..., :3].swapaxes(1, 2) @ rows.reshape(b, 3, 4 * k)
    out = np.empty_like(poses)
    out[:, :, :3] = turned.reshape(b, 3, k, 4).swapaxes(1, 2)
    out[:, :, 3] = poses[:, :, 3]
    out[each, first] = np.eye(4)
    return out


def extent(positions: Float[np.ndarray, "*b k 3"], scored: Bool[np.ndarray, "*b k"]) -> Float[np.ndarray, "*b"]:
    """The largest distance from the origin among the scored points."""
    squared = np.einsum("...i,...i->...", positions, positions)
    return np.sqrt(np.where(scored, squared, 0.0).max(-1, initial=0.0))


def least_squares_scale(reference: Float[np.ndarray, "k 3"], generated: Float[np.ndarray, "k 3"]) -> float:
    """argmin over c >= 0 of Σ ‖ref - c gen‖²; 1 where the generated path is all zeros."""
    power = float(np.square(generated).sum())
    return max(0.0, float((reference * generated).sum()) / power) if power > 0 else 1.0


def l21_scale(reference: Float[np.ndarray, "k 3"], generated: Float[np.ndarray, "k 3"]) -> float:
    """argmin over c of Σ ‖ref - c gen‖ (WorldScore; solved there by cvxpy), to 1e-9 relative or better.

    The sum is convex in c. Its slope is bracketed by the minima of its terms, and the root is found by bisection,
    which is exact where the minimum lies on a kink. c may be negative, as published. 1 where all generated are zero.
    """
    moving = np.linalg.norm(generated, axis=1) > 0
    if not moving.any():
        return 1.0
    a, b = reference[moving], generated[moving]
    power = np.square(b).sum(1)
    best = (a * b).sum(1) / power
    low, high = float(best.min()), float(best.max())

    def slope(c: float) -> float:
        residual = c * b - a
        length = np.linalg.norm(residual, axis=1)
        # On a kink the slope jumps from -‖b‖ to +‖b‖: its middle is zero.
        return float(np.divide((b * residual).sum(1), length, out=np.zeros_like(length), where=length > 0).sum())

    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if slope(middle) > 0:
            high = middle
        else:
            low = middle

    def total(c: float) -> float:
        return float(np.linalg.norm(a - c * b, axis=1).sum())

    # A minimum on a kink is hit exactly only by its own candidate.
    candidates = [low, high, *best.tolist()]
    return float(min(candidates, key=total))
