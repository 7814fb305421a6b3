"""Which way is down: pitch and roll of the first camera from the vanishing point of upright lines.

Walls, door frames, lamp posts and facades have edges along gravity. Their images meet in one point, the vertical
vanishing point, and the ray through it is the direction of gravity (Hartley and Zisserman, Multiple View Geometry,
2nd ed., section 8.6). The line segments are those of LSD (Grompone von Gioi et al., PAMI 2010). A vanishing point
does not depend on where the camera stands, so that lines of several frames, turned into the axes of the first one,
vote together.
"""

from dataclasses import dataclass
from typing import Any, final

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from sfm.config import GravityConfig
from sfm.processes.workers import mapped
from sfm.types import Frames, Masks
from trajectory.model import Trajectory


@final
@dataclass(frozen=True, kw_only=True)
class ImageGravity:
    """Attitude of the first valid camera: pitch above the horizon (positive looks up), roll clockwise, in degrees.

    Attributes:
        sigma_deg: standard deviation of the direction. confidence: 0..1, how far the upright lines stand out, lowered
            by their disagreement. lines: upright segments for each searched frame.
    """

    pitch_deg: float
    roll_deg: float
    confidence: float
    sigma_deg: float
    lines: float

    def to_json(self) -> dict[str, float]:
        """For `Provenance.evidence["gravity"]`, where `trajectory.describe` looks for it."""
        values = {"pitch_deg": self.pitch_deg, "roll_deg": self.roll_deg, "confidence": self.confidence}
        return {name: round(value, 3) for name, value in {**values, "sigma_deg": self.sigma_deg}.items()}


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """Segments as planes through the camera, in the axes of the first camera: normals, middle rays, lengths."""

    normal: Float[np.ndarray, "n 3"]
    middle: Float[np.ndarray, "n 3"]
    length: Float[np.ndarray, " n"]

    def part(self, keep: Any) -> "Lines":
        return Lines(normal=self.normal[keep], middle=self.middle[keep], length=self.length[keep])

    def off_deg(self, down: Float[np.ndarray, "*m 3"]) -> Float[np.ndarray, "*m n"]:
        """Angle at its middle between each segment and the way to a vanishing point; 90 too close to the point."""
        along = down @ self.middle.T
        across = np.sqrt(np.clip(1.0 - along**2, 0.0, 1.0))
        sine = np.abs(down @ self.normal.T) / np.maximum(across, 1e-9)
        return np.where(across > 0.2, np.degrees(np.arcsin(np.clip(sine, 0.0, 1.0))), 90.0)


DEFAULT_CONFIG = GravityConfig()


def find(
    frames: Frames, found: Masks, trajectory: Trajectory, config: GravityConfig = DEFAULT_CONFIG
) -> ImageGravity | None:
    """The attitude of the first valid camera, or None where upright lines do not show it clearly.

    Args:
        trajectory: of these frames, with intrinsics in pixels of their working size (pixel centres are integers).
    """
    known = np.flatnonzero(trajectory.valid & ~found.blank)
    intrinsics_px = trajectory.intrinsics_px
    if not len(known) or intrinsics_px is None:
        return None
    picks = np.unique(known[np.linspace(0, len(known) - 1, min(config.frames, len(known))).round().astype(int)])
    first = trajectory.rotations[int(np.argmax(trajectory.valid))]

    def seen(k: int) -> Lines:
        turn = first.T @ trajectory.rotations[k]
        return _segments(frames.rgb[k], found.usable_in(k), intrinsics_px[k], turn, config)

    parts = mapped(seen, picks.tolist())
    lines = Lines(
        normal=np.concatenate([p.normal for p in parts]),
        middle=np.concatenate([p.middle for p in parts]),
        length=np.concatenate([p.length for p in parts]),
    )
    sigma = 0.0
    if trajectory.focal_sigma_px is not None and trajectory.focal_px is not None:
        sigma = float(np.median(trajectory.focal_sigma_px[picks] / trajectory.focal_px[picks]))
    return solve(lines, len(picks), sigma, config)


def solve(lines: Lines, frames: int, focal_sigma: float, config: GravityConfig) -> ImageGravity | None:
    """Gravity from segments of some frames; focal_sigma is relative."""
    down = _vote(lines, config)
    if down is None:
        return None
    off = lines.off_deg(down)
    agree = off < config.tolerance_deg
    upright = lines.part(agree)
    share = float(upright.length.sum() / lines.length[off < config.around_deg].sum())
    across = upright.middle[:, 2] + 1j * upright.middle[:, 0]
    azimuth = np.degrees(np.angle(across * across.sum().conj()))  # from their mean, since angles jump behind the camera
    if (
        len(upright.length) < config.least_lines * frames
        or upright.length.sum() < config.least_length * frames
        or share < config.least_share
        or azimuth.std() < config.least_spread_deg
    ):
        return None
    pitch = float(-np.degrees(np.arcsin(down[2])))
    sigma = float(
        np.hypot(_jackknife_deg(upright, azimuth, down), np.degrees(0.5 * np.sin(np.radians(2 * pitch))) * focal_sigma)
    )
    if sigma > config.largest_sigma_deg:
        return None
    return ImageGravity(
        pitch_deg=pitch,
        roll_deg=float(np.degrees(np.arctan2(down[0], down[1]))),
        confidence=min(share, 1.0) * (1.0 - 0.5 * sigma / config.largest_sigma_deg),
        sigma_deg=sigma,
        lines=len(upright.length) / frames,
    )


def _segments(
    rgb: UInt8[np.ndarray, "h w 3"],
    usable: Bool[np.ndarray, "h w"],
    intrinsics_px: Float[np.ndarray, "3 3"],
    first_from_cam: Float[np.ndarray, "3 3"],
    config: GravityConfig,
) -> Lines:
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    found = cv2.createLineSegmentDetector().detect(grey)[0]
    ends = np.zeros((0, 2, 2)) if found is None else found.reshape(-1, 2, 2).astype(np.float64)
    longer = max(grey.shape)
    # A mask's own border is an edge too: stay away from it and from the picture's.
    inside = cv2.erode(usable.astype(np.uint8), np.ones((9, 9), np.uint8), borderValue=0).astype(bool)
    samples = np.linspace(ends[:, 0], ends[:, 1], 5, axis=1).round().astype(int)
    x, y = np.clip(samples[..., 0], 0, grey.shape[1] - 1), np.clip(samples[..., 1], 0, grey.shape[0] - 1)
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1) / longer
    ends = ends[(length >= config.shortest) & inside[y, x].all(axis=1)]
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1) / longer
    rays = (
        np.concatenate([ends, np.ones((len(ends), 2, 1))], axis=2) @ np.linalg.inv(intrinsics_px).T @ first_from_cam.T
    )
    rays /= np.linalg.norm(rays, axis=2, keepdims=True)
    return Lines(normal=_unit(np.cross(rays[:, 0], rays[:, 1])), middle=_unit(rays.sum(axis=1)), length=length)


def _vote(lines: Lines, config: GravityConfig) -> Float[np.ndarray, " 3"] | None:
    """The direction within the cone on which most length agrees, among the crossings of the longest lines."""
    near = lines.off_deg(np.array([0.0, 1.0, 0.0])) < config.cone_deg
    lines = lines.part(near)
    longest = lines.part(np.argsort(-lines.length, kind="stable")[:60])
    if len(longest.length) < 2:
        return None
    i, j = np.triu_indices(len(longest.length), 1)
    crossing = np.cross(longest.normal[i], longest.normal[j])
    size = np.linalg.norm(crossing, axis=1)
    down = crossing[size > 1e-3] / size[size > 1e-3, None]
    down = np.where(down[:, 1:2] < 0, -down, down)
    down = down[down[:, 1] > np.cos(np.radians(config.cone_deg))]
    if not len(down):
        return None
    best = down[int(np.argmax((lines.off_deg(down) < config.tolerance_deg) @ lines.length))]
    for _ in range(5):
        agree = lines.off_deg(best) < config.tolerance_deg
        if agree.sum() < 2:
            return None
        best = _meeting(lines.part(agree))
    return best if best[1] > np.cos(np.radians(config.cone_deg)) else None


def _meeting(lines: Lines) -> Float[np.ndarray, " 3"]:
    """The direction that lies in all planes, by least squares; a long segment's plane is known better."""
    weighted = lines.normal * lines.length[:, None]
    down = np.linalg.eigh(weighted.T @ weighted)[1][:, 0]
    return down if down[1] >= 0 else -down


def _jackknife_deg(lines: Lines, azimuth: Float[np.ndarray, " n"], down: Float[np.ndarray, " 3"]) -> float:
    """Standard deviation of the direction when fifths of the view, from left to right, are left out in turn.

    By place and not by line: the same edge is in several frames.
    """
    parts = np.array_split(np.argsort(azimuth, kind="stable"), 5)
    offs: list[float] = []
    for part in parts:
        keep = np.ones(len(azimuth), bool)
        keep[part] = False
        offs.append(float(np.linalg.norm(_meeting(lines.part(keep)) - down)))
    return float(np.degrees(np.sqrt((len(parts) - 1) / len(parts) * np.square(offs).sum())))


def _unit(vectors: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
