"""A script that builds the camera in Blender: keys of location, rotation, lens and shift, the film behind it, points.

Blender's cameras look along -z, y up, in a world whose z is up. With the sensor fit to the width (`sensor_fit`
HORIZONTAL) a picture of w x h pixels and pixels of aspect x, y has

    fx = lens w / sensor_width, fy = fx x / y, shift_x = 1/2 - cx / w, shift_y = (cy - h/2) (y / x) / w

Source: Blender `source/blender/blenkernel/intern/camera.cc` (BKE_camera_params_compute_viewplane). FBX and Alembic are
Blender's to write, from the scene that the script makes.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from string import Template

import numpy as np
from jaxtyping import Float

from trajectory.gravity import known_gravity
from trajectory.io import _film
from trajectory.io._build import pinhole, size_of, some_valid
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import opengl_from_opencv, quat_from_rotations
from trajectory.io._scene import NOTHING, Scene
from trajectory.model import Trajectory

_SCRIPT = Path(__file__).parent / "assets" / "blender.txt"
_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
"""Blender's axes from OpenCV's: x right, ahead is y, down is -z."""
_MOST_EMPTIES = 100
"""More hide the picture; the mesh has all points."""
_NEAR, _FAR = 1e-3, 1e3
"""What is drawn, in the depth of the scene."""


def _encode(trajectory: Trajectory, scene: Scene, path: Path) -> Mapping[Path, bytes]:
    trajectory = _film.sized(trajectory)
    keep = some_valid(trajectory, "blender")
    pixel = _film.aspect(trajectory, "blender")
    height, width = size_of(trajectory, "blender")
    frame = 1 + scene.step * _film.frames(trajectory)
    points: Float[np.ndarray, "m 3"] = np.zeros((0, 3)) if scene.cloud is None else scene.cloud.in_world @ _UP.T + 0.0
    depth = _depth(trajectory)
    text = Template(_SCRIPT.read_text(encoding="utf-8")).substitute(
        MOVIE=repr(_film.absolute(scene.movie)),
        MOVIE_FIRST=scene.first,
        FPS=repr(scene.step * _film.rate(trajectory)),
        WIDTH=width,
        HEIGHT=height,
        PIXEL_ASPECT=repr((max(pixel, 1.0), max(1 / pixel, 1.0))),  # Blender takes none below 1
        SENSOR_MM=_film.SENSOR_MM,
        CLIP=repr((_NEAR * depth, _FAR * depth)),
        LAST=int(frame[-1]),
        WORLD=repr(tuple((quat_from_rotations(_level(trajectory)[None])[0] + 0.0).tolist())),
        KEYS=_lines(_keys(trajectory, pixel, frame[keep].tolist(), keep)),
        POINTS=_lines(list(map(tuple, points.tolist()))),
        EMPTIES=[] if scene.cloud is None else scene.cloud.most_seen(_MOST_EMPTIES).tolist(),
    )
    return {path: text.encode()}


def _keys(trajectory: Trajectory, pixel: float, frame: Sequence[int], keep: np.ndarray) -> list[tuple[object, ...]]:
    """Rows of the script's KEYS, one for each frame with a pose."""
    height, width = size_of(trajectory, "blender")
    fx, _, cx, cy = pinhole(trajectory, "blender")[keep].T
    lens = fx * _film.SENSOR_MM / width
    shift = np.stack([0.5 - cx / width, (cy - height / 2) / (pixel * width)], axis=1)
    poses = opengl_from_opencv(trajectory.world_from_cam[keep])
    quat = quat_from_rotations(_UP @ poses[:, :3, :3]) + 0.0
    columns = ((poses[:, :3, 3] @ _UP.T + 0.0).tolist(), quat.tolist(), lens.tolist(), shift.tolist())
    return [
        (number, tuple(place), tuple(turn), mm, *off)
        for number, place, turn, mm, off in zip(frame, *columns, strict=True)
    ]


def _level(trajectory: Trajectory) -> Float[np.ndarray, "3 3"]:
    """What levels the scene in Blender's axes where gravity is known; else its world stands as it is."""
    gravity = known_gravity(trajectory)
    if gravity is None:
        return np.eye(3)
    first = trajectory.rotations[int(np.argmax(trajectory.valid))]
    return _UP @ gravity.level_from_first @ first.T @ _UP.T


def _depth(trajectory: Trajectory) -> float:
    """A length of the scene: its depth, else that of the path, else one."""
    known = trajectory.scene_depth
    if known is not None and np.isfinite(known).any():
        return float(np.nanmedian(known))
    return float(np.ptp(trajectory.positions[trajectory.valid], axis=0).max()) or 1.0


def _lines(rows: Sequence[object]) -> str:
    return "\n".join(f"    {row!r}," for row in rows)


def _sniff(probe: Probe) -> Match | None:
    mine = probe.kind == "text" and any("written by cinetraj. In Blender" in line for line in probe.comments[:1])
    return Match(evidence="our first line", sure=True) if mine else None


FORMAT = Format(
    name="blender",
    summary="Blender script: camera with keyed location, rotation and lens, film, points; run it there (written only)",
    target="camera_blender.py",
    encode=lambda trajectory, path: _encode(trajectory, NOTHING, path),
    encode_scene=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom", "image_hw", "time"}),
    assumed_fps=_film.ASSUMED_FPS,
    lacks=partial(_film.absences, shift=False, shape=False),
)
