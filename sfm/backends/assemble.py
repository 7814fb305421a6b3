"""From what a backend found to a `Trajectory` and a `Structure`: gauge, unit, intrinsics, repeated frames."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int

from sfm.geometry.projection import camera_centres
from sfm.structure import Structure
from sfm.types import BackendResult, FramePoses, Frames, Masks, Solved
from trajectory.model import Provenance, Trajectory


def assemble(frames: Frames, poses: FramePoses, provenance: Provenance | None = None) -> Trajectory:
    """The trajectory: the first valid frame at the identity, the median scene depth 1 where a translation was seen.

    Intrinsics are in pixels of the working size, pixel centres being integers.
    """
    valid = poses.valid
    world_from_cam = _in_first_valid(poses.rotation, poses.translation, valid)
    depth = poses.depth
    unit = 1.0
    if poses.translates:
        unit = _unit(poses)
        world_from_cam[:, :3, 3] /= unit
        depth = depth / unit
    else:
        world_from_cam[valid, :3, 3] = 0.0
    sigma = poses.focal_sigma_log
    return Trajectory(
        world_from_cam=world_from_cam,
        time_s=frames.time_s,
        valid=valid,
        image_hw=frames.hw,
        intrinsics_px=intrinsics_of(frames, poses.focal_px),
        scale="arbitrary" if poses.translates else "bounded",
        translation_bound=poses.translation_bound,
        scene_depth=np.where(np.isfinite(depth) & valid, depth, np.nan),
        reason=tuple("" if v else why for v, why in zip(valid, poses.reason, strict=True)),
        focal_sigma_px=None if sigma is None else poses.focal_px * sigma,
        pose_covariance=_covariance(poses, unit),
        distortion=np.array([poses.radial, 0.0, 0.0, 0.0]) if poses.radial else None,
        time_source=frames.time_source,
        provenance=provenance,
    )


def _covariance(poses: FramePoses, unit: float) -> Float[np.ndarray, "n 6 6"] | None:
    """In the unit of the positions. (v, ω) of the inverse poses is that of the poses with the other sign."""
    if poses.covariance is None:
        return None
    factor = np.repeat([1.0 / unit, 1.0], 3)
    return np.where(poses.valid[:, None, None], poses.covariance * np.outer(factor, factor), np.nan)


def assemble_result(
    frames: Frames, solved: Solved, *, backend: str, seed: int, ran_on: Mapping[str, str]
) -> BackendResult:
    """What an estimator found, as its backend returns it; no trajectory where there are no poses.

    Args:
        frames, solved: of the shot.
        backend: its name.
        seed: recorded.
        ran_on: "cpu" or "cuda" for each part of the work.
    """
    trajectory, structure = None, None
    alternatives: list[Trajectory] = []
    if solved.poses is not None:
        evidence = {**solved.evidence, **_depth_evidence(solved.poses)}
        made_by = Provenance(backend=backend, seed=seed, source=frames.source, evidence=evidence)
        trajectory = assemble(frames, solved.poses, made_by)
        structure = assemble_structure(solved.poses, solved.structure)
        alternatives = [
            assemble(
                frames,
                replace(each.poses, valid=solved.poses.valid, reason=solved.poses.reason),
                replace(made_by, evidence={"motion_model": each.motion_model}),
            )
            for each in solved.alternatives
        ]
    return BackendResult(
        status=solved.status,
        reason=solved.reason,
        trajectory=trajectory,
        motion_model=solved.motion_model,
        statistics={**solved.statistics, "ran_on": dict(ran_on)},
        seconds=solved.seconds,
        picture=solved.picture,
        structure=structure,
        alternatives=tuple(alternatives),
    )


def _depth_evidence(poses: FramePoses) -> dict[str, list[float]]:
    """How far what is near, in the middle and far was, in the unit of the positions."""
    if poses.depth_quantiles is None or not poses.translates:
        return {}
    return {"depth_quantiles": [float(depth) for depth in poses.depth_quantiles / _unit(poses)]}


def assemble_structure(poses: FramePoses, structure: Structure | None) -> Structure | None:
    """The structure that comes with `poses` in the world and the unit of the trajectory that `assemble` makes of them.

    Without translation nothing has a depth, so that points are left out.
    """
    if structure is None:
        return None
    first = int(np.argmax(poses.valid))
    own_first_from_world = np.eye(4)
    own_first_from_world[:3, :3] = poses.rotation[first]
    own_first_from_world[:3, 3] = poses.translation[first]
    if not poses.translates:
        structure = replace(structure, points=None, colour=None, tracks=None)
    return structure.in_gauge(own_first_from_world, _unit(poses), poses.valid)


def intrinsics_of(frames: Frames, focal_px: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 3 3"]:
    """K of each frame at the working size, the principal point in the middle."""
    height, width = frames.hw
    k = np.tile(np.eye(3), (len(focal_px), 1, 1))
    k[:, 0, 0], k[:, 1, 1] = focal_px / frames.pixel_aspect, focal_px
    k[:, 0, 2], k[:, 1, 2] = (width - 1) / 2, (height - 1) / 2
    return k


def source_rows(masks: Masks, kept: Int[np.ndarray, " k"], n: int) -> Int[np.ndarray, " n"]:
    """For each frame the row of `kept` that holds its pose (its own, or that of the frame it repeats), else -1."""
    row = np.full(n, -1)
    row[kept] = np.arange(len(kept))
    return np.where(row >= 0, row, row[masks.duplicate_of])


def _unit(poses: FramePoses) -> float:
    """The length that becomes 1: the median depth where there is a translation."""
    seen = poses.depth[poses.valid]
    return float(np.nanmedian(seen)) if poses.translates and np.isfinite(seen).any() else 1.0


def _in_first_valid(
    rotation: Float[np.ndarray, "n 3 3"], translation: Float[np.ndarray, "n 3"], valid: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, "n 4 4"]:
    """Poses world from camera with the first valid frame at the identity; rotations orthonormal to the last digit."""
    poses = np.tile(np.eye(4), (len(rotation), 1, 1))
    poses[:, :3, :3] = rotation.transpose(0, 2, 1)
    poses[:, :3, 3] = camera_centres(rotation, translation)
    poses = np.linalg.inv(poses[int(np.argmax(valid))]) @ poses
    u, _, vt = np.linalg.svd(poses[:, :3, :3])
    poses[:, :3, :3] = u @ vt
    poses[:, 3] = (0.0, 0.0, 0.0, 1.0)
    return poses
