"""Changes of frame: the gauge of a trajectory, the axes of other tools, and the twins of a clip.

Inside, everything is in OpenCV axes (x right, y down, z forward). The axes of other tools:

    name     camera axes                                  handed
    opencv   x right, y down, z forward                   right
    opengl   x right, y up, z backward                    right   (Blender's and nerfstudio's cameras)
    ned      x forward, y right, z down                   right   (north, east, down; a body frame)
    unreal   x forward, y right, z up                     left
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal, final

import numpy as np
from jaxtyping import Float, Int

from trajectory.errors import CinetrajError
from trajectory.gravity import Gravity, attitude_deg, known_gravity, with_gravity
from trajectory.image_motion import checked_quantiles
from trajectory.model import Scale, Trajectory, evidence_of, require_trajectory

UnitBy = Literal["extent", "depth"]
AXES_FROM_OPENCV: Mapping[str, tuple[tuple[int, int, int], ...]] = MappingProxyType(
    {
        "opencv": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
        "opengl": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
        "ned": ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
        "unreal": ((0, 0, 1), (1, 0, 0), (0, -1, 0)),
    }
)
"""For each set of axes, the matrix that takes OpenCV coordinates of a point to its own."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Sim3:
    """A change of world frame: x_in_b = scale * rotation @ x_in_a + translation (rotation proper, scale > 0)."""

    scale: float
    rotation: Float[np.ndarray, "3 3"]
    translation: Float[np.ndarray, " 3"]

    def __post_init__(self) -> None:
        rotation = np.array(self.rotation, dtype=np.float64)
        translation = np.array(self.translation, dtype=np.float64)
        if rotation.shape != (3, 3) or translation.shape != (3,):
            raise CinetrajError(
                f"Sim3 has rotation {rotation.shape} and translation {translation.shape}, expected (3, 3) and (3,)"
            )
        if not (np.isfinite(rotation).all() and np.isfinite(translation).all()):
            raise CinetrajError("Sim3 has a rotation or a translation that is not finite")
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise CinetrajError(f"Sim3 has scale {self.scale}, expected a positive number")
        if np.abs(rotation.T @ rotation - np.eye(3)).max() > 1e-9 or np.linalg.det(rotation) < 0:
            raise CinetrajError("Sim3 has a rotation that is not proper (a reflection, or a scale hidden in it)")
        rotation.setflags(write=False)
        translation.setflags(write=False)
        object.__setattr__(self, "scale", float(self.scale))
        object.__setattr__(self, "rotation", rotation)
        object.__setattr__(self, "translation", translation)

    def inverse(self) -> "Sim3":
        """The change back."""
        rotation = self.rotation.T
        return Sim3(scale=1.0 / self.scale, rotation=rotation, translation=-(rotation @ self.translation) / self.scale)

    def after(self, other: "Sim3") -> "Sim3":
        """First `other`, then this one."""
        return Sim3(
            scale=self.scale * other.scale,
            rotation=self.rotation @ other.rotation,
            translation=self.scale * (self.rotation @ other.translation) + self.translation,
        )


def inverse_poses(a_from_b: Float[np.ndarray, "n 4 4"]) -> Float[np.ndarray, "n 4 4"]:
    """The inverses of rigid transforms, as cam_from_world of world_from_cam; NaN rows stay NaN."""
    if np.shape(a_from_b)[1:] != (4, 4):
        raise CinetrajError(
            f"poses have shape {np.shape(a_from_b)}, expected (n, 4, 4); pose[None] makes one of (4, 4)"
        )
    rotation = a_from_b[:, :3, :3].transpose(0, 2, 1)
    inverse = np.empty_like(a_from_b)
    inverse[:, :3, :3] = rotation
    inverse[:, :3, 3] = -np.einsum("nij,nj->ni", rotation, a_from_b[:, :3, 3])
    inverse[:, 3] = np.where(np.isnan(rotation[:, 0, :1]), np.nan, np.array([0.0, 0.0, 0.0, 1.0]))
    return inverse


def transform(trajectory: Trajectory, b_from_world: Sim3) -> Trajectory:
    """The same camera path seen from another world frame.

    Depths and positions are scaled alike, so parallax is kept. A metric trajectory that is scaled becomes arbitrary.
    """
    require_trajectory(trajectory)
    if not isinstance(b_from_world, Sim3):  # pyright: ignore[reportUnnecessaryIsInstance]
        kind = type(b_from_world).__name__
        raise CinetrajError(f"b_from_world is of type {kind}, expected Sim3(scale=..., rotation=..., translation=...)")
    poses = np.array(trajectory.world_from_cam)
    poses[:, :3, :3] = b_from_world.rotation @ trajectory.rotations
    poses[:, :3, 3] = b_from_world.scale * trajectory.positions @ b_from_world.rotation.T + b_from_world.translation
    scale: Scale = trajectory.scale
    if scale == "metric" and b_from_world.scale != 1.0:
        scale = "arbitrary"
    depth = None if trajectory.scene_depth is None else trajectory.scene_depth * b_from_world.scale
    covariance = trajectory.pose_covariance  # in camera axes: no world turns it
    if covariance is not None:
        covariance = _stretched(covariance, np.repeat([b_from_world.scale, 1.0], 3))
    moved = trajectory.replace(world_from_cam=poses, scale=scale, scene_depth=depth, pose_covariance=covariance)
    return _with_quantiles(moved, b_from_world.scale)


def _with_quantiles(trajectory: Trajectory, factor: float) -> Trajectory:
    """The path with the depths of the scene that its evidence tells (`depth_quantiles`) multiplied; NaN: left out."""
    found = evidence_of(trajectory).get("depth_quantiles")
    if found is None:
        return trajectory
    depths = [factor * depth for depth in checked_quantiles(found)] if np.isfinite(factor) else None
    return _with_evidence(trajectory, depth_quantiles=depths)


def _with_evidence(trajectory: Trajectory, **changes: Any) -> Trajectory:
    """The path with other evidence, without what is None among the changes."""
    if trajectory.provenance is None:
        return trajectory
    kept = {name: value for name, value in evidence_of(trajectory).items() if name not in changes}
    evidence = kept | {name: value for name, value in changes.items() if value is not None}
    return trajectory.replace(provenance=replace(trajectory.provenance, evidence=evidence))


def at_rows(trajectory: Trajectory, rows: Int[np.ndarray, " k"]) -> Trajectory:
    """The path at some of its frames, in their order; covariances stay those against the first frame of the whole.

    Gravity and the depths of the scene are told of the frame that is first now.
    """

    def chosen(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else values[rows]

    some = trajectory.replace(
        world_from_cam=trajectory.world_from_cam[rows],
        time_s=trajectory.time_s[rows],
        valid=trajectory.valid[rows],
        intrinsics_px=chosen(trajectory.intrinsics_px),
        scene_depth=chosen(trajectory.scene_depth),
        reason=None if trajectory.reason is None else tuple(trajectory.reason[row] for row in map(int, rows)),
        focal_sigma_px=chosen(trajectory.focal_sigma_px),
        pose_covariance=chosen(trajectory.pose_covariance),
    )
    return told_of_first(trajectory, some)


def told_of_first(whole: Trajectory, part: Trajectory) -> Trajectory:
    """A path in the world of `whole`, with gravity and the depths of the scene told of its own first frame with a pose.

    Poses carry gravity there; the depths that both frames have carry the scene's, left out where one has none.
    """
    if not (whole.valid.any() and part.valid.any()):
        return part
    old, new = (int(np.argmax(each.valid)) for each in (whole, part))
    if np.array_equal(whole.world_from_cam[old], part.world_from_cam[new]):
        return part
    turned, held = None, attitude_deg(whole, part.world_from_cam[new : new + 1])
    if held is not None:
        turned = Gravity(pitch_deg=float(held[0][0]), roll_deg=float(held[1][0]))
    factor = np.nan
    if whole.scene_depth is not None and part.scene_depth is not None:
        factor = float(part.scene_depth[new] / whole.scene_depth[old])
    return _with_quantiles(with_gravity(part, turned), factor)


def _stretched(covariance: Float[np.ndarray, "n 6 6"], factor: Float[np.ndarray, "6"]) -> Float[np.ndarray, "n 6 6"]:
    """The covariance of quantities that are multiplied by `factor`."""
    return covariance * np.outer(factor, factor)


def in_unit(trajectory: Trajectory, by: UnitBy) -> tuple[Trajectory, float]:
    """The path counted in a unit of its own, as `unit_length` has it, and how long that is in its present one."""
    length = unit_length(trajectory, by)
    change = Sim3(scale=1 / length, rotation=np.eye(3), translation=np.zeros(3))
    return transform(trajectory, change), length


def unit_length(trajectory: Trajectory, by: UnitBy) -> float:
    """What a path is divided by to be counted in a unit of its own.

    Args:
        by: "extent", the largest distance of a camera from the first; "depth", the median depth of the scene.

    Errors: CinetrajError where that is zero or not known.
    """
    if by == "depth":
        depth = trajectory.scene_depth
        if depth is None or not np.isfinite(depth).any():
            raise CinetrajError("scene_depth is not known, so that it can be no unit; take the extent of the path")
        return float(np.nanmedian(depth))
    places = trajectory.positions[trajectory.valid]
    extent = float(np.linalg.norm(places - places[:1], axis=1).max(initial=0.0))
    if not extent > 0:
        raise CinetrajError("the camera does not move, so that its path has no extent; take the depth of the scene")
    return extent


def anchor_to_first(trajectory: Trajectory) -> Trajectory:
    """The same path in the axes of its first valid camera, which becomes the identity."""
    require_trajectory(trajectory)
    if not trajectory.valid.any():
        raise CinetrajError("the trajectory has no valid frame, expected at least one to anchor to")
    return seen_from(trajectory, trajectory.world_from_cam[int(np.argmax(trajectory.valid))])


def seen_from(trajectory: Trajectory, world_from_camera: Float[np.ndarray, "4 4"]) -> Trajectory:
    """The same path in the axes of a camera of its world."""
    poses = np.array(trajectory.world_from_cam)
    poses[:, :3, :3] = world_from_camera[:3, :3].T @ trajectory.rotations
    poses[:, :3, 3] = _places_seen_from(trajectory.positions, world_from_camera)
    return trajectory.replace(world_from_cam=poses)


def in_first_camera(in_world: Float[np.ndarray, "m 3"], trajectory: Trajectory) -> Float[np.ndarray, "m 3"]:
    """Points of the trajectory's world in the axes of its first valid camera, as `anchor_to_first` has the path."""
    return _places_seen_from(in_world, trajectory.world_from_cam[int(np.argmax(trajectory.valid))])


def _places_seen_from(
    in_world: Float[np.ndarray, "m 3"], world_from_camera: Float[np.ndarray, "4 4"]
) -> Float[np.ndarray, "m 3"]:
    # Subtracting before rotating keeps the camera exactly at the origin, however far away the world's is.
    return (in_world - world_from_camera[:3, 3]) @ world_from_camera[:3, :3]


def _axes(name: str) -> np.ndarray:
    if name not in AXES_FROM_OPENCV:
        raise CinetrajError(f"axes {name!r} are not known, expected one of {', '.join(AXES_FROM_OPENCV)}")
    return np.array(AXES_FROM_OPENCV[name], dtype=np.float64)


def to_axes(world_from_cam: Float[np.ndarray, "n 4 4"], axes: str) -> Float[np.ndarray, "n 4 4"]:
    """Poses whose world and camera are both in OpenCV axes, rewritten with both in `axes` (also left-handed ones)."""
    change = np.eye(4)
    change[:3, :3] = _axes(axes)
    return change @ world_from_cam @ change.T


def from_axes(world_from_cam: Float[np.ndarray, "n 4 4"], axes: str) -> Float[np.ndarray, "n 4 4"]:
    """Poses whose world and camera are both in `axes`, rewritten with both in OpenCV axes."""
    change = np.eye(4)
    change[:3, :3] = _axes(axes).T
    return change @ world_from_cam @ change.T


def time_reversed(trajectory: Trajectory) -> Trajectory:
    """The path of the clip played backwards, over the same span of time; applied twice it is the original.

    Gravity and the depths of the scene are told of the frame that is first now; depths by those that both frames have.
    Covariances are against the frame that was first, and the files of other answers (`candidates`) are played forwards:
    left out.
    """
    first, last = trajectory.time_s[0], trajectory.time_s[-1]
    changes: dict[str, Any] = {"time_s": (first + (last - trajectory.time_s))[::-1], "pose_covariance": None}
    for name in ("world_from_cam", "valid", "intrinsics_px", "scene_depth", "reason", "focal_sigma_px"):
        value = getattr(trajectory, name)
        changes[name] = None if value is None else value[::-1]
    return _with_evidence(told_of_first(trajectory, trajectory.replace(**changes)), candidates=None)


def mirrored(trajectory: Trajectory) -> Trajectory:
    """The path of the clip flipped left to right (world and camera both mirrored in x); twice is the original.

    The files of other answers (`candidates`) are not flipped: left out.
    """
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    intrinsics, distortion = trajectory.intrinsics_px, trajectory.distortion
    if intrinsics is not None:
        intrinsics = np.array(intrinsics)
        if trajectory.image_hw is None:
            raise CinetrajError("the trajectory has intrinsics but no image_hw: its principal point cannot be mirrored")
        intrinsics[:, 0, 2] = trajectory.image_hw[1] - intrinsics[:, 0, 2]
        intrinsics[:, 0, 1] = -intrinsics[:, 0, 1]
    if distortion is not None and len(distortion) > 3:
        distortion = distortion * np.where(np.arange(len(distortion)) == 3, -1.0, 1.0)  # p2 leans sideways
    covariance = trajectory.pose_covariance
    if covariance is not None:
        covariance = _stretched(covariance, np.array([-1.0, 1.0, 1.0, 1.0, -1.0, -1.0]))  # ω is a pseudovector
    known = known_gravity(trajectory)
    flipped = trajectory.replace(
        world_from_cam=flip @ trajectory.world_from_cam @ flip,
        intrinsics_px=intrinsics,
        pose_covariance=covariance,
        distortion=distortion,
    )
    flipped = _with_evidence(flipped, candidates=None)
    return with_gravity(flipped, None if known is None else replace(known, roll_deg=-known.roll_deg))
