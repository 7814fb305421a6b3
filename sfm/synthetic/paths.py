"""Camera paths with known primitives: pose and focal length as functions of time."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

_SHAKE_HZ = (0.4, 5.0)
_SHAKE_WAVES = 14
_WHOLE_CLIP: Mapping[str, tuple[float, float]] = MappingProxyType({})


def ease(progress: Float[np.ndarray, " n"], easing: str) -> Float[np.ndarray, " n"]:
    """Progress 0..1 to eased progress 0..1; linear goes on beyond its ends, the others stand still there."""
    if easing == "linear":
        return progress
    p = np.clip(progress, 0.0, 1.0)
    if easing == "smooth":
        return p * p * (3 - 2 * p)
    return p * p if easing == "in" else p * (2 - p)


def progress_within(
    share: Float[np.ndarray, " n"], within: tuple[float, float] | None, easing: str
) -> Float[np.ndarray, " n"]:
    """Eased progress of a channel that moves `within` a part of the clip alone and stands still before and after."""
    if within is None:
        return ease(share, easing)
    start, end = within
    return ease(np.clip((share - start) / (end - start), 0.0, 1.0), easing)


def rotation_about(axis: int, angle_rad: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 3 3"]:
    """Right-handed rotations about the x, y or z axis."""
    result = np.tile(np.eye(3), (len(angle_rad), 1, 1))
    i, j = ((1, 2), (2, 0), (0, 1))[axis]
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    result[:, i, i], result[:, i, j], result[:, j, i], result[:, j, j] = cos, -sin, sin, cos
    return result


def band_limited(time_s: Float[np.ndarray, " n"], rng: np.random.Generator) -> Float[np.ndarray, " n"]:
    """Hand shake: a sum of waves of 0.4 to 5 Hz, amplitude falling with frequency, standard deviation 1, 0 at t = 0."""
    hz = np.exp(rng.uniform(np.log(_SHAKE_HZ[0]), np.log(_SHAKE_HZ[1]), _SHAKE_WAVES))
    amplitude, phase = 1 / hz, rng.uniform(0, 2 * np.pi, _SHAKE_WAVES)
    amplitude *= np.sqrt(2 / (amplitude**2).sum())
    waves = np.sin(2 * np.pi * hz * time_s[:, None] + phase) - np.sin(phase)
    return waves @ amplitude


def camera_path(
    move: Mapping[str, float],
    *,
    frame_time: Float[np.ndarray, " n"],
    frames: int,
    fps: float,
    focal_px: float,
    reference_depth: float,
    easing: str,
    seed: int,
    timing: Mapping[str, tuple[float, float]] = _WHOLE_CLIP,
) -> tuple[Float[np.ndarray, "n 4 4"], Float[np.ndarray, " n"]]:
    """Poses and focal lengths at `frame_time` (in frames, fractions allowed).

    The first frame is the identity; translations are in its axes. Rotations are
    pan (about y), then tilt (about x), then roll (about z), each in the axes left by the one before.
    `timing` names the part of the clip (0..1) within which a channel moves; the others move all the time.
    """
    share = frame_time / max(frames - 1, 1)
    get = lambda name, default=0.0: float(move.get(name, default))  # noqa: E731
    part = lambda name: progress_within(share, timing.get(name), easing)  # noqa: E731
    done = lambda name: get(name) * part(name)  # noqa: E731
    pan, tilt, roll = (np.radians(done(name)) for name in ("pan_deg", "tilt_deg", "roll_deg"))
    offset = np.stack([done("truck"), -done("pedestal"), done("dolly") + done("dolly_zoom")], axis=1)
    focal = focal_px * np.exp(np.log(get("zoom", 1.0)) * part("zoom")) * (1 - done("dolly_zoom"))

    orbit = rotation_about(1, -np.radians(done("orbit_deg")))
    crane = rotation_about(0, -np.radians(done("crane_deg")))
    arc = orbit @ crane
    position = offset + np.array([0.0, 0.0, 1.0]) - arc[:, :, 2]

    time_s = frame_time / fps
    shakes = [band_limited(time_s, np.random.default_rng([seed, 7, k])) for k in range(6)]
    shake_rad = np.radians(get("shake_deg"))
    pan, tilt, roll = pan + shake_rad * shakes[0], tilt + shake_rad * shakes[1], roll + 0.6 * shake_rad * shakes[2]
    position = position + get("shake_shift") * np.stack(shakes[3:], axis=1)

    world_from_cam = np.tile(np.eye(4), (len(frame_time), 1, 1))
    world_from_cam[:, :3, :3] = arc @ rotation_about(1, pan) @ rotation_about(0, tilt) @ rotation_about(2, roll)
    world_from_cam[:, :3, 3] = position * reference_depth
    return world_from_cam, focal


def base_pose(scene: str, seed: int) -> Float[np.ndarray, "4 4"]:
    """Where the first camera stands in the scene: a heading that fits the kind of scene, nearly level."""
    rng = np.random.default_rng([seed, 3])
    widest = {"room": 25.0, "street": 18.0, "landscape": 60.0, "far": 60.0, "planar": 8.0}[scene]
    yaw, pitch = np.radians(rng.uniform(-widest, widest)), np.radians(rng.uniform(-4, 3))
    pose = np.eye(4)
    pose[:3, :3] = (rotation_about(1, np.array([yaw])) @ rotation_about(0, np.array([pitch])))[0]
    return pose
