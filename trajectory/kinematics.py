"""What the camera does between frames, in the camera's own axes."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation

from trajectory.model import Trajectory

INDEX_FPS = 24.0
"""Frames per second assumed where a file counts frames and says nothing about their rate."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """The valid frames of a trajectory and the steps between them, free of gauge.

    Attributes:
        frame: numbers of the valid frames.
        time_s: their times in seconds (frame numbers over an assumed rate where the source counts frames).
        first_from_cam: pose of each frame in the axes of the first valid camera (OpenCV: x right, y down, z forward).
        step_rotvec_rad: rotation vector of each step in camera axes: +x tilts up, +y pans right, +z rolls clockwise.
        step_translation: displacement of each step in the axes of the camera halfway through it.
        log_focal: log of the focal length in pixels, None without intrinsics.
        depth: scene depth of each frame in units of the translation, gaps filled, None where it is unknown throughout.
    """

    frame: Int[np.ndarray, " m"]
    time_s: Float[np.ndarray, " m"]
    first_from_cam: Float[np.ndarray, "m 4 4"]
    step_rotvec_rad: Float[np.ndarray, "s 3"]
    step_translation: Float[np.ndarray, "s 3"]
    log_focal: Float[np.ndarray, " m"] | None
    depth: Float[np.ndarray, " m"] | None

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def position(self) -> Float[np.ndarray, "m 3"]:
        """Camera centres in the axes of the first valid camera."""
        return self.first_from_cam[:, :3, 3]

    @property
    def rotation(self) -> Float[np.ndarray, "m 3 3"]:
        """Camera orientations in the axes of the first valid camera."""
        return self.first_from_cam[:, :3, :3]

    @property
    def path_length(self) -> float:
        """Length of the polygon through the camera centres, in units of the translation."""
        return float(np.linalg.norm(self.step_translation, axis=1).sum())


def seconds(
    trajectory: Trajectory, time_s: Float[np.ndarray, " k"], *, index_fps: float = INDEX_FPS
) -> Float[np.ndarray, " k"]:
    """Points of the trajectory's `time_s` in the seconds of segments: frame numbers are divided by an assumed rate."""
    return time_s / index_fps if trajectory.time_source == "index" else time_s


def motion(trajectory: Trajectory, *, index_fps: float = INDEX_FPS) -> Motion:
    """Per-frame motion in camera axes over the valid frames; steps bridge the frames that are not valid.

    A trajectory of scale "bounded" has no translation to speak of: its positions count as zero.
    """
    frame = np.flatnonzero(trajectory.valid)
    pose = trajectory.world_from_cam[frame]
    time_s = seconds(trajectory, trajectory.time_s[frame], index_fps=index_fps)
    if len(frame) == 0:
        none = np.zeros((0, 3))
        return Motion(
            frame=frame,
            time_s=time_s,
            first_from_cam=np.zeros((0, 4, 4)),
            step_rotvec_rad=none,
            step_translation=none,
            log_focal=None,
            depth=None,
        )
    rotation = pose[:, :3, :3]
    first_from_world = rotation[0].T
    first_from_cam = np.tile(np.eye(4), (len(frame), 1, 1))
    first_from_cam[:, :3, :3] = first_from_world @ rotation
    if trajectory.scale != "bounded":
        first_from_cam[:, :3, 3] = (pose[:, :3, 3] - pose[0, :3, 3]) @ first_from_world.T
    first_from_cam[0] = np.eye(4)
    local = first_from_cam[:, :3, :3]
    step = Rotation.from_matrix(local[:-1].transpose(0, 2, 1) @ local[1:]).as_rotvec() if len(frame) > 1 else None
    step_rotvec = np.zeros((0, 3)) if step is None else step
    shift = np.diff(first_from_cam[:, :3, 3], axis=0)
    translation = np.einsum("nji,nj->ni", local[:-1], shift)
    if len(step_rotvec):
        translation = Rotation.from_rotvec(0.5 * step_rotvec).inv().apply(translation)
    focal = trajectory.focal_px
    return Motion(
        frame=frame,
        time_s=time_s,
        first_from_cam=first_from_cam,
        step_rotvec_rad=step_rotvec,
        step_translation=translation,
        log_focal=None if focal is None else np.log(focal[frame]),
        depth=_filled_depth(trajectory, frame),
    )


def position_noise(moved: Motion) -> float:
    """Standard deviation of white noise in the positions, from their second differences (0 on a smooth path).

    White noise of deviation s has second differences of deviation sqrt(6) s; the median resists outliers.
    Fewer than six frames do not allow a measurement: 0.
    """
    if len(moved) < 6:
        return 0.0
    bend = np.diff(moved.position, n=2, axis=0)
    return float(np.max(1.4826 * np.median(np.abs(bend), axis=0)) / np.sqrt(6.0))


def translation_is_noise(moved: Motion, *, sigmas: float = 4.0) -> bool:
    """The static guard: the positions never leave the noise that they carry, so their path length means nothing."""
    reach = float(np.linalg.norm(moved.position, axis=1).max(initial=0.0))
    rounding = 1e-9 * max(1.0, float(moved.depth[0]) if moved.depth is not None else 1.0)
    noise = position_noise(moved)
    return bool(reach <= rounding or (noise > 0.05 * reach and reach <= sigmas * noise * np.sqrt(2.0)))


def _filled_depth(trajectory: Trajectory, frame: np.ndarray) -> np.ndarray | None:
    if trajectory.scene_depth is None:
        return None
    depth = trajectory.scene_depth[frame]
    known = np.isfinite(depth)
    if not known.any():
        return None
    index = np.arange(len(frame))
    return np.interp(index, index[known], depth[known])
