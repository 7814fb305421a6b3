"""One pair, many times: each draw is a pair of paths that may be the true ones."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Float, Int

from compare.laid import Laid
from compare.metrics import Comparison
from compare.noise import SINGLE, planes, pose_errors, shrinkage, unit_errors, zoom_errors
from trajectory.model import Trajectory
from trajectory.posterior import has_spread
from trajectory.resample import quat_wxyz_from_rotation, rotation_from_quat_wxyz

ROUNDING = 1e-6
"""Numbers of two paths that differ by less are the same, written with a few digits less."""
UNIT = 11
"""Added to the seed, so that units of length are off in another order than paths are."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Draws:
    """m draws of the paths of one pair at its k points of comparison; a metric may look at them all at once.

    Draws are the last axis of each array, so that numpy runs along them, and components lie apart in memory. They are
    of single precision, and therefore hold the difference of the paths beside one of them: it may be much smaller than
    both.

    Attributes:
        comparison: of the estimates themselves.
        weight: how many draws of the posterior each of these stands for.
        angle: (k, m) between the orientations, in radians.
        reference: (k, 3, m) the positions of the reference, as the protocol compares them.
        offset: (k, 3, m) from there to the positions of the generated path, as far as it is real (`shrinkage`).
        unshrunk: the same, all of it.
        zoom: (k, m) log2 of the zoom of the generated clip over that of the reference, None where one has none.
        extents: (2, m) largest distance from the first point in the common unit, over that of the estimate.
        turned: (k, 3, m) what was added to the reference's orientations, a rotation vector on their right.
        apart: (k, 4, m) quaternion wxyz from the reference's camera to the generated one.
        seed: of the order of the draws.
    """

    comparison: Comparison
    weight: int
    angle: Float[np.ndarray, "k m"]
    reference: Float[np.ndarray, "k 3 m"]
    offset: Float[np.ndarray, "k 3 m"]
    unshrunk: Float[np.ndarray, "k 3 m"]
    zoom: Float[np.ndarray, "k m"] | None
    extents: Float[np.ndarray, "2 m"]
    turned: Float[np.ndarray, "k 3 m"]
    apart: Float[np.ndarray, "k 4 m"]
    seed: int

    @property
    def generated(self) -> Float[np.ndarray, "k 3 m"]:
        """The positions of the generated path."""
        return self.reference + self.offset

    def one(self, number: int) -> Comparison:
        """The comparison of a single draw, for a metric that looks at one at a time."""
        base = self.comparison
        a, b = base.reference.copy(), base.generated.copy()
        turned = _quaternions(self.turned[..., number : number + 1].astype(np.float64))[..., 0]
        a[:, :3, :3] = base.reference[:, :3, :3] @ rotation_from_quat_wxyz(turned)
        b[:, :3, :3] = a[:, :3, :3] @ rotation_from_quat_wxyz(self.apart[..., number].astype(np.float64))
        a[:, :3, 3] = self.reference[..., number]
        b[:, :3, 3] = a[:, :3, 3] + self.offset[..., number]
        sizes = base.common_extents
        if not isinstance(sizes, str):
            sizes = (float(sizes[0] * self.extents[0, number]), float(sizes[1] * self.extents[1, number]))
        return replace(base, reference=a, generated=b, common_extents=sizes)


def drawn(laid: Laid, count: int, *, seed: int) -> Draws:
    """Draws of a pair whose estimates say how far they may be off; a single one where they do not."""
    first, second = laid.comparison.reference_trajectory, laid.comparison.generated_trajectory
    if is_one_path(laid):
        first, second = (each.replace(pose_covariance=None, focal_sigma_px=None) for each in (first, second))
    both = (first, second)
    m = count if any(has_spread(t) for t in both) else 1
    pair, scored = laid.comparison.pair, laid.comparison.pair.scored
    base = (laid.comparison.reference, laid.comparison.generated)
    frames = [_frames(t, at) for t, at in zip(both, (pair.reference_time_s, pair.generated_time_s), strict=True)]
    noise = [_relative(pose_errors(both[i], frames[i], m, seed=seed + i), scored) for i in (0, 1)]
    apart, turned = _orientations(base, noise, scored, seed)
    reference, offset, unshrunk, extents = _positions(laid, base, noise, seed)
    return Draws(
        comparison=laid.comparison,
        weight=count // m,
        angle=2 * np.arctan2(_length(apart[:, 1:]), np.abs(apart[:, 0])),
        reference=reference,
        offset=offset,
        unshrunk=unshrunk,
        zoom=_zooms(laid, both, frames, m, seed),
        extents=extents,
        turned=turned,
        apart=apart,
        seed=seed,
    )


def is_one_path(laid: Laid) -> bool:
    """Whether both are one path that moves, as a run and what was written of it: then their errors are one too.

    Cameras at rest are alike without being one.
    """
    a, b = (poses[laid.comparison.pair.scored] for poses in (laid.comparison.reference, laid.comparison.generated))
    return bool(np.abs(a - b).max() < ROUNDING < np.abs(a - a[0]).max())


def _frames(trajectory: Trajectory, time_s: np.ndarray) -> Int[np.ndarray, " k"]:
    """The frame that is nearest to each time."""
    middle = (trajectory.time_s[1:] + trajectory.time_s[:-1]) / 2
    return np.searchsorted(middle, time_s)


def _relative(noise: np.ndarray, scored: np.ndarray) -> np.ndarray:
    """Errors relative to the first point that is compared, where both paths are laid on each other."""
    first = noise[int(np.argmax(scored))]
    return noise - first if first.any() else noise


def _orientations(
    base: tuple[np.ndarray, np.ndarray], noise: list[np.ndarray], scored: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Quaternions from the reference's camera to the generated one, and what turned the reference's."""
    between = base[0][:, :3, :3].transpose(0, 2, 1) @ base[1][:, :3, :3]
    mean = np.zeros((len(scored), 3))
    mean[scored] = _rotation_vectors(between[scored])
    turned, other = noise[0][:, 3:], noise[1][:, 3:]
    # To first order: (exp ω_a)⁻¹ D exp ω_b = D exp(ω_b - Dᵀ ω_a).
    error = other - np.where(scored[:, None, None], between, 0.0).transpose(0, 2, 1).astype(SINGLE) @ turned
    everywhere = bool(scored.all())
    # Rotation, translation and zoom share their order of the draws: where one is told to be equal, all are.
    share = shrinkage(mean, error, seed=seed) if everywhere else shrinkage(mean[scored], error[scored], seed=seed)
    apart = _product(_shares_of(mean, share), _small_quaternions(np.sqrt(share).astype(SINGLE) * error))
    if not everywhere:
        apart[~scored] = np.nan
    return apart, turned


def _positions(
    laid: Laid, base: tuple[np.ndarray, np.ndarray], noise: list[np.ndarray], seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Places of the reference (k, 3, m), from there to the generated ones (k, 3, m), shrunk and whole, and how the
    extents of both compare with those of the estimates (2, m)."""
    scored = laid.comparison.pair.scored
    kept = slice(None) if scored.all() else scored
    places = [poses[:, :3, 3] for poses in base]
    shifts: list[np.ndarray] = []
    for poses, error, divisor, still in zip(base, noise, laid.divisors, laid.still, strict=True):
        turn = np.zeros_like(poses[:, :3, :3]) if still else poses[:, :3, :3] / divisor
        shifts.append(turn.astype(SINGLE) @ error[:, :3])
    draws = noise[0].shape[2]
    extents = np.stack([_growth(place[kept], shift[kept]) for place, shift in zip(places, shifts, strict=True)])
    protocol = laid.comparison.protocol
    unit = unit_errors(laid.unit_deviation, draws, seed=seed + UNIT)
    rescaled = np.ones_like(extents)
    if protocol.scale == "own_extent" and protocol.anchor == "first":
        rescaled = 1 / extents
    elif protocol.scale in ("reference_extent", "common_extent"):
        rescaled = np.stack([1 / extents[0]] * 2)
        rescaled[1] *= unit if protocol.scale == "common_extent" else 1.0
    # All that is added to a place: its error, and what the new scale makes of it.
    moves = [_moved(*each) for each in zip(places, shifts, rescaled, strict=True)]
    mean, error = places[1] - places[0], moves[1] - moves[0]
    share = shrinkage(mean[kept], error[kept], seed=seed)
    reference, offset = planes(*error.shape), planes(*error.shape)
    np.add(places[0].astype(SINGLE)[:, :, None], moves[0], out=reference)
    mean = mean.astype(SINGLE)[:, :, None]
    np.add(error * np.sqrt(share).astype(SINGLE), mean * share.astype(SINGLE), out=offset)
    error += mean
    return reference, offset, error, extents * np.stack([np.ones_like(unit), unit])


def _growth(place: Float[np.ndarray, "k 3"], shift: Float[np.ndarray, "k 3 m"]) -> Float[np.ndarray, " m"]:
    """By which factor shifts change the largest distance from the origin; 1 where there is none."""
    squared = np.einsum("ki,ki->k", place, place)
    before = float(squared.max())
    if before == 0:
        return np.ones(int(shift.shape[2]))
    # |p + s|² - |p|²: the large part is left in double precision.
    more = np.einsum("kim,kim->km", shift, shift)
    more += np.einsum("ki,kim->km", 2 * place.astype(SINGLE), shift)
    after: np.ndarray = (squared[:, None] + more).max(0)
    ratio: np.ndarray = np.sqrt(np.maximum(after, 0.0) / before)
    return ratio


def _moved(
    place: Float[np.ndarray, "k 3"], shift: Float[np.ndarray, "k 3 m"], scale: Float[np.ndarray, " m"]
) -> Float[np.ndarray, "k 3 m"]:
    """From places to where shifts and then a scale take them."""
    return shift * scale.astype(SINGLE) + place.astype(SINGLE)[:, :, None] * (scale - 1).astype(SINGLE)


def _zooms(
    laid: Laid, both: tuple[Trajectory, Trajectory], frames: list[np.ndarray], m: int, seed: int
) -> np.ndarray | None:
    pair = laid.comparison.pair
    first, second = pair.reference_log2_focal, pair.generated_log2_focal
    if first is None or second is None:
        return None
    known = pair.scored & np.isfinite(first) & np.isfinite(second)
    if not known.any():
        return None
    mean = second - first
    mean = mean - mean[int(np.argmax(known))]
    error = np.zeros((len(mean), m))
    for sign, t, frame, log2 in zip((-1.0, 1.0), both, frames, (first, second), strict=True):
        if t.focal_sigma_px is not None and t.focal_px is not None:
            sigma: np.ndarray = (t.focal_sigma_px / t.focal_px)[frame] / np.log(2)
            error[known] += sign * zoom_errors(log2[known], np.nan_to_num(sigma[known]), m, seed=seed + int(sign) + 3)
    share = shrinkage(mean[known, None], error[known, None, :], seed=seed)
    return share * mean[:, None] + np.sqrt(share) * error


def _rotation_vectors(rotation: Float[np.ndarray, "n 3 3"]) -> Float[np.ndarray, "n 3"]:
    quat = quat_wxyz_from_rotation(rotation)
    length = np.sqrt(np.einsum("ni,ni->n", quat[:, 1:], quat[:, 1:]))
    angle = 2 * np.arctan2(length, quat[:, 0])
    # The quaternion's sign is free: of the two ways round the shorter one.
    angle = np.where(angle > np.pi, angle - 2 * np.pi, angle)
    return quat[:, 1:] * np.where(length > 1e-12, angle / np.maximum(length, 1e-12), 2.0)[:, None]


def _length(vector: Float[np.ndarray, "k c m"]) -> Float[np.ndarray, "k m"]:
    total = vector[:, 0] ** 2
    for component in range(1, vector.shape[1]):
        total += vector[:, component] ** 2
    return np.sqrt(total)


def _quaternions(vector: Float[np.ndarray, "k 3 m"]) -> Float[np.ndarray, "k 4 m"]:
    """Unit quaternions wxyz of rotation vectors."""
    half = _length(vector) / 2
    out = np.empty((len(vector), 4, vector.shape[2]))
    out[:, 0] = np.cos(half)
    out[:, 1:] = vector * (np.sin(half) / np.maximum(2 * half, 1e-150))[:, None]
    return out


def _shares_of(vector: Float[np.ndarray, "k 3"], share: Float[np.ndarray, " m"]) -> Float[np.ndarray, "k 4 m"]:
    """Unit quaternions wxyz of each share of a rotation vector: all of one row turn about one axis."""
    length = np.sqrt(np.einsum("ki,ki->k", vector, vector))
    axis = (vector / np.maximum(length, 1e-150)[:, None]).astype(SINGLE)
    half = (length / 2).astype(SINGLE)[:, None] * share.astype(SINGLE)
    out = planes(len(vector), 4, len(share))
    np.cos(half, out=out[:, 0])
    np.multiply(axis[:, :, None], np.sin(half)[:, None], out=out[:, 1:])
    return out


def _small_quaternions(vector: Float[np.ndarray, "k 3 m"]) -> Float[np.ndarray, "k 4 m"]:
    """The same for errors: by Cayley's map, without trigonometry; 4 % short at 40°, 0.04 % at 4°."""
    out = planes(len(vector), 4, vector.shape[2])
    out[:, 0] = 1 / np.sqrt(1 + _length(vector) ** 2 / 4)
    out[:, 1:] = vector * (out[:, 0] / 2)[:, None]
    return out


def _product(a: Float[np.ndarray, "k 4 m"], b: Float[np.ndarray, "k 4 m"]) -> Float[np.ndarray, "k 4 m"]:
    """Products of quaternions wxyz (Hamilton)."""
    aw, ax, ay, az = a[:, 0], a[:, 1], a[:, 2], a[:, 3]
    bw, bx, by, bz = b[:, 0], b[:, 1], b[:, 2], b[:, 3]
    out = np.empty_like(a)
    out[:, 0] = aw * bw - ax * bx - ay * by - az * bz
    out[:, 1] = aw * bx + ax * bw + ay * bz - az * by
    out[:, 2] = aw * by - ax * bz + ay * bw + az * bx
    out[:, 3] = aw * bz + ax * by - ay * bx + az * bw
    return out
