"""Spherical tracks of ViewCrafter, TrajectoryCrafter and EPiC: three lines of key values, interpolated over the clip.

A track circles about the point ahead of the first camera at the depth of the middle of its picture, the radius, which
is the unit here; the camera keeps looking at it. Lines are angles in degrees and parts of the radius:

    viewcrafter         phi, theta, r: phi > 0 moves right, theta < 0 up, r < 0 nearer; the clip has 25 frames
    trajectorycrafter   theta, phi, r: phi > 0 moves right, theta > 0 up, r > 0 nearer; the clip has 49 frames

The two cannot be told apart. Lines of more than three values are smoothed, not interpolated: the tools leave scipy's
smoothing spline at its default, and so does this reader. ViewCrafter is taken at its default elevation of 5 degrees.
Sources: ViewCrafter `utils/pvd_utils.py` (sphere2pose, world_point_to_obj, generate_traj_txt), `docs/render_help.md`;
TrajectoryCrafter `models/utils.py` and `demo.py` (get_poses), EPiC `inference/v2v_data/demo.py`, whose matrices are
world-to-camera, as their warping uses them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from trajectory.errors import CinetrajError, ReadError
from trajectory.frames import anchor_to_first
from trajectory.io._build import make, require_dense
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import inverse, rigid
from trajectory.io._text import decode, number, read_bytes, spell, split
from trajectory.model import Trajectory

_ELEVATION = np.radians(5.0)
_MOST_KEYS = 25
"""ViewCrafter's documented limit; the other tools have none."""
_CLOSE = 0.02
"""A path is written where the tool's smoothing moves it by less than this part of the radius."""
_CLOSE_DEG = 2.0
"""And turns it by less than this: below what such a tool keeps to."""


@final
@dataclass(frozen=True, kw_only=True)
class _Track:
    """One tool's reading of phi, theta (radians) and r (parts of the radius).

    Attributes:
        lines: which of phi, theta, r (0, 1, 2) each line holds. frames: of the tool's clips.
        poses: camera-to-world. angles: phi, theta and r of positions in the axes of the first camera.
    """

    name: str
    lines: tuple[int, int, int]
    frames: int
    poses: Callable[[Float[np.ndarray, "n 3"]], Float[np.ndarray, "n 4 4"]]
    angles: Callable[[Float[np.ndarray, "n 3"]], Float[np.ndarray, "n 3"]]


def _turns(track: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3 3"]:
    """First about x by theta, then about y by phi."""
    return Rotation.from_euler("xy", track[:, [1, 0]]).as_matrix()


def _viewcrafter_poses(track: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 4 4"]:
    sin, cos = np.sin(_ELEVATION), np.cos(_ELEVATION)
    start = np.array([[1.0, 0, 0], [0, -cos, -sin], [0, sin, -cos]])
    turn = _turns(track)
    place = np.zeros((len(track), 3))
    place[:, 1], place[:, 2] = sin, cos * (1 + track[:, 2])
    return rigid(turn @ start, np.einsum("nij,nj->ni", turn, place))


def _viewcrafter_angles(seen: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    start = _viewcrafter_poses(np.zeros((1, 3)))[0]
    place = seen @ start[:3, :3].T + start[:3, 3]
    far = np.linalg.norm(place, axis=1)
    ahead = np.sqrt(np.maximum(far**2 - np.sin(_ELEVATION) ** 2, 0))
    theta = np.arctan2(np.sin(_ELEVATION), ahead) - np.arcsin(np.clip(place[:, 1] / np.maximum(far, 1e-9), -1, 1))
    return np.column_stack([np.arctan2(place[:, 0], place[:, 2]), theta, ahead / np.cos(_ELEVATION) - 1])


def _trajectorycrafter_poses(track: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 4 4"]:
    turn = _turns(track)
    ahead = np.array([0.0, 0, 1])
    cam_from_world = rigid(turn @ np.diag([-1.0, 1, -1]), -track[:, 2:] * turn[:, :, 2] + ahead)
    return inverse(cam_from_world)


def _trajectorycrafter_angles(seen: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    phi = np.arcsin(np.clip(seen[:, 0], -1, 1))
    theta = np.arcsin(np.clip(-seen[:, 1] / np.maximum(np.cos(phi), 1e-9), -1, 1))
    return np.column_stack([phi, theta, seen[:, 2] - 1 + np.cos(theta) * np.cos(phi)])


_TRACKS = (
    _Track(name="viewcrafter", lines=(0, 1, 2), frames=25, poses=_viewcrafter_poses, angles=_viewcrafter_angles),
    _Track(
        name="trajectorycrafter",
        lines=(1, 0, 2),
        frames=49,
        poses=_trajectorycrafter_poses,
        angles=_trajectorycrafter_angles,
    ),
)


def _interpolated(keys: Float[np.ndarray, " k"], frames: int) -> Float[np.ndarray, " n"]:
    """As the tools do it (txt_interpolation): linear up to three keys, else smoothed, with the ends put back."""
    at, wanted = np.linspace(0, 1, len(keys)), np.linspace(0, 1, frames)
    if len(keys) <= 3:
        return np.interp(wanted, at, keys)
    from scipy.interpolate import UnivariateSpline

    smooth = np.array(UnivariateSpline(at, keys, k=3)(wanted), dtype=np.float64)
    smooth[[0, -1]] = keys[[0, -1]]
    return smooth


def _poses(track: _Track, lines: list[np.ndarray], frames: int) -> Float[np.ndarray, "n 4 4"]:
    columns = np.empty((frames, 3))
    for line, what in zip(lines, track.lines, strict=True):
        values = _interpolated(line, frames)
        columns[:, what] = values if what == 2 else np.radians(values)
    return track.poses(columns)


def _read(track: _Track, path: Path) -> Trajectory:
    text = decode(path, read_bytes(path)).splitlines()
    rows = [(at, split(line)) for at, line in enumerate(text, start=1) if line.strip()]
    if len(rows) != 3:
        raise ReadError(
            path, f"has {len(rows)} lines, expected 3 of key values", remedy="name the right file or format"
        )
    lines: list[np.ndarray] = []
    for at, row in rows:
        values = np.array([number(token) for token in row], dtype=np.float64)
        if len(values) < 2 or not (np.abs(values) < 1e6).all():
            raise ReadError(path, "is no list of two or more key values", line=at, remedy="separate them by spaces")
        lines.append(values)
    return make(
        path,
        track.name,
        _poses(track, lines, track.frames),
        conventions={
            "lines": ", ".join(("phi", "theta", "r")[what] for what in track.lines),
            "unit": "the depth of the middle of the first picture",
            "frames": f"{track.frames}, the tool's default",
        },
    )


def _encode(track: _Track, trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    """Key values whose path, as the tool smooths it, is that of the trajectory; refused where there are none."""
    require_dense(trajectory, track.name)
    depth = None if trajectory.scene_depth is None else float(trajectory.scene_depth[0])
    if depth is None or not np.isfinite(depth):
        raise CinetrajError(
            f"{track.name} counts in the depth of what the first picture shows, and scene_depth is not known; "
            "add it with trajectory.replace(scene_depth=...), or write versecrafter or gen3c"
        )
    own = anchor_to_first(trajectory).world_from_cam
    n = len(own)
    kept = np.unique(np.linspace(0, n - 1, min(n, _MOST_KEYS)).round().astype(int))
    if n < 2:
        raise CinetrajError(f"{track.name} holds two frames or more, this trajectory has {n}")
    found = track.angles(own[kept, :3, 3] / depth)
    keys = np.column_stack([np.degrees(found[:, :2]), found[:, 2]])
    lines = [keys[:, what] if bool(np.ptp(keys[:, what]) > 0) else keys[:2, what] for what in track.lines]
    told = _poses(track, lines, n)
    told = inverse(told[:1]) @ told
    apart = float(np.linalg.norm(told[:, :3, 3] - own[:, :3, 3] / depth, axis=1).max())
    turned = Rotation.from_matrix(told[:, :3, :3].transpose(0, 2, 1) @ own[:, :3, :3]).magnitude()
    turned_deg = float(np.degrees(turned.max()))
    if apart > _CLOSE or turned_deg > _CLOSE_DEG:
        raise CinetrajError(
            f"{track.name} holds smooth orbits about what the first picture shows: this path would be off by "
            f"{apart:.2g} of its depth and {turned_deg:.2g} degrees; write versecrafter or gen3c"
        )
    text = "\n".join(" ".join(spell(value) for value in line.tolist()) for line in lines)
    return {path: (text + "\n").encode()}


def _sniff(track: _Track, probe: Probe) -> Match | None:
    if probe.kind != "text" or probe.commas or len(probe.rows) != 3:
        return None
    values = [[number(token) for token in row] for row in probe.rows]
    if any(len(row) < 2 or row[0] != 0 or None in row for row in values):
        return None
    names = ", ".join(("phi", "theta", "r")[what] for what in track.lines)
    return Match(evidence=f"three lines that begin with 0, if they are {names}", sure=False)


FORMAT = tuple(
    Format(
        name=track.name,
        summary=summary,
        target=f"{track.name}.txt",
        read=partial(_read, track),
        encode=partial(_encode, track),
        sniff=partial(_sniff, track),
    )
    for track, summary in zip(
        _TRACKS,
        (
            "ViewCrafter txt: three lines of key values phi, theta, r; orbits about the scene",
            "TrajectoryCrafter / EPiC txt: three lines of key values theta, phi, r; orbits about the scene",
        ),
        strict=True,
    )
)
