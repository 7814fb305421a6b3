"""Two paths of one camera that share frames, joined to one: the second in the world and the unit of the first."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation

from trajectory.errors import CinetrajError
from trajectory.frames import Sim3, inverse_poses, transform
from trajectory.model import Trajectory
from trajectory.resample import slerp

FEWEST = 3
"""Shared frames with a pose in both: fewer hold no unit."""
DEPTH_SIGMA_LOG = 0.15
"""How well the median depth of one frame is the same thing to two estimates, which follow different points."""
LEAST_SIGMA_LOG = 1e-4
UNLINKED_SIGMA_LOG = 0.5
"""Where a piece without travel lies between: its scene is about as far away as before."""
REST = 0.02
"""A way over the shared frames of less than this share of a piece's whole way is rest: what differs there is noise."""


@final
@dataclass(frozen=True, kw_only=True)
class Seam:
    """How well two pieces fit.

    Attributes:
        start, stop: shared frames, of the joined path.
        rotation_deg: largest angle between the two there, after the turn that joins them.
        position: root mean square distance there over the longer of their ways there, at least `REST` of a whole way; 0
            where neither travels.
        scale: unit of the second in that of the first.
        scale_sigma_log: standard deviation of its logarithm.
    """

    start: int
    stop: int
    rotation_deg: float
    position: float
    scale: float
    scale_sigma_log: float


def joined(first: Trajectory, second: Trajectory, start: int) -> tuple[Trajectory, Seam]:
    """The path over all frames of both.

    Args:
        first, second: of one camera; the second begins at frame `start` of the first and goes on beyond its end.
        start: frame of the first.

    Returns:
        The first up to the shared frames, the second after them in the world and the unit of the first, and in
        between a passage from one to the other; covariances of the second are composed with that of the first where
        they meet and with the doubt about the unit. Both have one lens where they meet: of what each says of its own
        focal length, which is hardly known, only the zoom is kept.

    Raises:
        CinetrajError: fewer than three shared frames have a pose in both.
    """
    moved, seam, rows = _fitted(first, second, start)
    first, moved = _through_one_lens(first, moved, start, rows)
    return _passing(first, moved, start, int(rows[0]), seam.scale_sigma_log), seam


def seam_of(first: Trajectory, second: Trajectory, start: int) -> Seam:
    """How well two pieces fit, as `joined` tells it, without joining them."""
    return _fitted(first, second, start)[1]


def _fitted(first: Trajectory, second: Trajectory, start: int) -> tuple[Trajectory, Seam, Int[np.ndarray, " k"]]:
    """The second in the world and the unit of the first, how well it fits, and the shared frames with poses in both."""
    shared = len(first) - start
    both = first.valid[start:] & second.valid[:shared]
    if both.sum() < FEWEST:
        raise CinetrajError(f"{int(both.sum())} shared frames have a pose in both pieces, expected {FEWEST}")
    rows = np.flatnonzero(both)
    here, there = first.rotations[start:][rows], second.rotations[rows]
    turn = Rotation.from_matrix(here @ there.transpose(0, 2, 1)).mean().as_matrix()
    scale, sigma_log = _scale(first, second, start, rows, turn)
    place = first.positions[start:][rows]
    shift = (place - scale * second.positions[rows] @ turn.T).mean(0)
    moved = transform(second, Sim3(scale=scale, rotation=turn, translation=shift))
    turned = Rotation.from_matrix(here.transpose(0, 2, 1) @ moved.rotations[rows]).magnitude()
    apart = np.linalg.norm(place - moved.positions[rows], axis=1)
    whole = max(_extent(each.positions[each.valid]) for each in (first, moved))
    way = max(_extent(place), _extent(moved.positions[rows]), REST * whole)
    seam = Seam(
        start=start,
        stop=len(first),
        rotation_deg=float(np.rad2deg(turned.max())),
        position=float(np.sqrt((apart**2).mean()) / way) if way > 0 else 0.0,
        scale=scale,
        scale_sigma_log=sigma_log,
    )
    return moved, seam, rows


def _extent(positions: Float[np.ndarray, "n 3"]) -> float:
    return float(np.linalg.norm(positions.max(0) - positions.min(0)))


def _through_one_lens(
    first: Trajectory, moved: Trajectory, start: int, rows: Int[np.ndarray, " k"]
) -> tuple[Trajectory, Trajectory]:
    """Both with focal lengths that agree over the shared frames, each changed by how little it is known."""
    if first.intrinsics_px is None or moved.intrinsics_px is None:
        return first, moved
    here, there = first.intrinsics_px[start:][rows, 1, 1], moved.intrinsics_px[rows, 1, 1]
    longer = float(np.log(there / here).mean())
    variance, other = _variance_log(first, start + rows), _variance_log(moved, rows)
    own = variance / (variance + other)
    return _zoomed(first, longer * own), _zoomed(moved, -longer * (1.0 - own))


def _variance_log(path: Trajectory, rows: Int[np.ndarray, " k"]) -> float:
    """How little the focal length is known; as the other one's where the path does not say."""
    if path.focal_sigma_px is None or path.focal_px is None:
        return 1.0
    sigma_log = float(np.median(path.focal_sigma_px[rows] / path.focal_px[rows]))
    return max(sigma_log, LEAST_SIGMA_LOG) ** 2 if np.isfinite(sigma_log) else 1.0


def _zoomed(path: Trajectory, log_zoom: float) -> Trajectory:
    """With focal lengths multiplied, and what is known of them."""
    assert path.intrinsics_px is not None
    intrinsics_px, zoom = path.intrinsics_px.copy(), np.exp(log_zoom)
    intrinsics_px[:, :2, :2] *= zoom
    sigma_px = None if path.focal_sigma_px is None else path.focal_sigma_px * zoom
    return path.replace(intrinsics_px=intrinsics_px, focal_sigma_px=sigma_px)


def _scale(
    first: Trajectory, second: Trajectory, start: int, rows: Int[np.ndarray, " k"], turn: Float[np.ndarray, "3 3"]
) -> tuple[float, float]:
    """Unit of the second in that of the first, and how well it is known (standard deviation of its logarithm).

    By the positions where both travel (least squares, Umeyama 1991 with the rotation given) and by the depths that
    both saw, weighted by their precision.
    """
    found: list[tuple[float, float]] = []
    if first.scale == second.scale != "bounded":
        here = first.positions[start:][rows]
        there = second.positions[rows] @ turn.T
        here, there = here - here.mean(0), there - there.mean(0)
        spread = float((there**2).sum())
        if spread > 0 and (scale := float((here * there).sum()) / spread) > 0:
            rest = here - scale * there
            sigma = np.sqrt((rest**2).sum() / (3 * len(rows) - 7) / spread) / scale
            found.append((float(np.log(scale)), max(float(sigma), LEAST_SIGMA_LOG)))
    if first.scene_depth is not None and second.scene_depth is not None:
        ratio = np.log(first.scene_depth[start:][rows] / second.scene_depth[rows])
        ratio = ratio[np.isfinite(ratio)]
        if len(ratio):
            found.append((float(np.median(ratio)), DEPTH_SIGMA_LOG))
    if not found:
        return 1.0, UNLINKED_SIGMA_LOG
    logs, sigmas = np.array(found).T
    weight = sigmas**-2.0
    return float(np.exp((weight * logs).sum() / weight.sum())), float(weight.sum() ** -0.5)


def _passing(first: Trajectory, moved: Trajectory, start: int, link: int, sigma_log: float) -> Trajectory:
    """Both on one time axis; over the shared frames the weight goes from the first to the second."""
    shared, count = len(first) - start, start + len(moved)
    valid = np.concatenate([first.valid, moved.valid[shared:]])
    valid[start : len(first)] |= moved.valid[:shared]
    own, others = _padded(first.valid, 0, count), _padded(moved.valid, start, count)
    ramp = np.concatenate([np.zeros(start), np.linspace(0, 1, shared), np.ones(count - len(first))])
    weight = np.where(own & others, ramp, others.astype(float))
    bounds = [each.translation_bound or 0.0 for each in (first, moved) if each.scale == "bounded"]
    reason = [*(first.reason or [""] * len(first)), *(moved.reason or [""] * len(moved))[shared:]]
    return Trajectory(
        world_from_cam=_poses(first, moved, start, weight),
        time_s=np.concatenate([first.time_s, moved.time_s[shared:]]),
        valid=valid,
        image_hw=first.image_hw,
        intrinsics_px=_mixed(first.intrinsics_px, moved.intrinsics_px, start, weight),
        scale="bounded" if len(bounds) == 2 else "arbitrary" if bounds else first.scale,
        translation_bound=float(sum(bounds)) if len(bounds) == 2 else None,
        scene_depth=_mixed(first.scene_depth, moved.scene_depth, start, weight),
        reason=tuple("" if good else why for good, why in zip(valid, reason, strict=True)),
        focal_sigma_px=_mixed(first.focal_sigma_px, moved.focal_sigma_px, start, weight),
        pose_covariance=_covariance(first, moved, start, link, sigma_log),
        distortion=first.distortion,
        time_source=first.time_source,
        provenance=first.provenance,
    )


def _padded(values: np.ndarray, start: int, count: int) -> np.ndarray:
    """Zeros with `values` from `start` on."""
    whole = np.zeros((count, *values.shape[1:]), values.dtype)
    whole[start : start + len(values)] = values
    return whole


def _poses(
    first: Trajectory, moved: Trajectory, start: int, weight: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "n 4 4"]:
    count = len(weight)
    one, other = _padded(first.world_from_cam, 0, count), _padded(moved.world_from_cam, start, count)
    poses = np.where(weight[:, None, None] < 0.5, one, other)
    between = np.flatnonzero((weight > 0) & (weight < 1))
    share = weight[between]
    poses[between, :3, :3] = slerp(one[between, :3, :3], other[between, :3, :3], share)
    poses[between, :3, 3] = (1 - share[:, None]) * one[between, :3, 3] + share[:, None] * other[between, :3, 3]
    return poses


def _mixed(
    own: np.ndarray | None, others: np.ndarray | None, start: int, weight: Float[np.ndarray, " n"]
) -> np.ndarray | None:
    """Values of both pieces by weight; where only one of them knows a value, that one. None where a piece has none."""
    if own is None or others is None:
        return None
    one, other = (np.full((len(weight), *own.shape[1:]), np.nan) for _ in range(2))
    one[: len(own)], other[start:] = own, others
    share = weight.reshape(-1, *[1] * (own.ndim - 1))
    mixed = (1 - share) * np.where(np.isnan(one), other, one) + share * np.where(np.isnan(other), one, other)
    return mixed


def _covariance(
    first: Trajectory, moved: Trajectory, start: int, link: int, sigma_log: float
) -> Float[np.ndarray, "n 6 6"] | None:
    """That of the first; beyond it that of the second, carried on from the frame `link` of the shared ones.

    With T_i = T_l D a small (v, ω) of T_l, in its own axes, is (Rᵀ(v + ω × p), Rᵀω) of T_i, where D has R and p (the
    adjoint of D⁻¹; Barfoot 2017, section 7.1); the doubt about the unit moves a camera along its way from the link.
    """
    if first.pose_covariance is None or moved.pose_covariance is None:
        return None
    shared, count = len(first) - start, start + len(moved)
    covariance = _padded(first.pose_covariance, 0, count)
    at_link = first.pose_covariance[start + link]
    step = inverse_poses(moved.world_from_cam[link : link + 1]) @ moved.world_from_cam[shared:]
    back = step[:, :3, :3].transpose(0, 2, 1)
    adjoint = np.zeros((len(step), 6, 6))
    adjoint[:, :3, :3] = adjoint[:, 3:, 3:] = back
    adjoint[:, :3, 3:] = -back @ _cross(step[:, :3, 3])
    along = np.zeros((len(step), 6))
    along[:, :3] = sigma_log * np.einsum("nij,nj->ni", back, step[:, :3, 3])
    own = moved.pose_covariance[shared:]
    carried = adjoint @ at_link @ adjoint.transpose(0, 2, 1)
    covariance[len(first) :] = own + carried + along[:, :, None] * along[:, None, :]
    return covariance


def _cross(vectors: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3 3"]:
    """Matrices whose product with w is v × w."""
    x, y, z = vectors.T
    zero = np.zeros(len(vectors))
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
