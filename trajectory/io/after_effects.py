"""A script for After Effects (`.jsx`): a composition with a camera of keyed position, orientation and zoom, and nulls.

After Effects counts in pixels of the composition, from its top left corner: x right, y down, z away from the viewer,
which are OpenCV's axes. A camera that is not turned looks along z. Orientation is three angles in degrees, for the
turn Rx Ry Rz. Zoom is the focal length in pixels; pixels are square, and the middle of the picture is its principal
point. Source: Blender's add-on `io_export_after_effects` (convert_transform_matrix, convert_lens).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Final

import numpy as np
from jaxtyping import Float

from trajectory.io import _film
from trajectory.io._build import pinhole, size_of, some_valid
from trajectory.io._format import Format, Match, Probe
from trajectory.io._scene import NOTHING, Scene
from trajectory.model import Trajectory

_SCRIPT = Path(__file__).parent / "assets" / "after_effects.txt"
_ORDER: Final = "XYZ"
"""scipy's word for R = Rx Ry Rz."""
_PX_PER_UNIT = 100.0
"""As Blender's add-on has it: what comes from there and from here has one size."""
_MOST_NULLS = 50
"""Each is a layer."""


def _encode(trajectory: Trajectory, scene: Scene, path: Path) -> Mapping[Path, bytes]:
    trajectory = _film.sized(trajectory)
    keep = some_valid(trajectory, "after-effects")
    zoom = pinhole(trajectory, "after-effects")[keep, 1]
    height, width = size_of(trajectory, "after-effects")
    fps = _film.rate(trajectory)
    frame = _film.frames(trajectory)
    middle = np.array([width / 2, height / 2, 0.0])
    points: Float[np.ndarray, "k 3"] = np.zeros((0, 3))
    if scene.cloud is not None:
        points = scene.cloud.in_world[scene.cloud.most_seen(_MOST_NULLS)]
    shot = {
        "width": width,
        "height": height,
        "fps": fps,
        "seconds": (int(frame[-1]) + 1) / fps,
        "movie": _film.absolute(scene.movie),
        "movieStart": scene.first / (scene.step * fps),
        "times": (frame[keep] / fps).tolist(),
        "position": (trajectory.positions[keep] * _PX_PER_UNIT + middle).tolist(),
        "orientation": _film.euler_deg(trajectory.rotations[keep], _ORDER).tolist(),
        "zoom": zoom.tolist(),
        "points": (points * _PX_PER_UNIT + middle).tolist(),
    }
    text = Template(_SCRIPT.read_text(encoding="utf-8")).substitute(SHOT=json.dumps(shot, allow_nan=False))
    return {path: text.encode()}


def _sniff(probe: Probe) -> Match | None:
    mine = probe.kind == "text" and any("written by cinetraj. In After Effects" in line for line in probe.comments[:1])
    return Match(evidence="our first line", sure=True) if mine else None


FORMAT = Format(
    name="after-effects",
    summary="After Effects script (.jsx): camera with keyed position, orientation and zoom, film, nulls (written only)",
    target="camera.jsx",
    encode=lambda trajectory, path: _encode(trajectory, NOTHING, path),
    encode_scene=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom", "image_hw", "time"}),
    assumed_fps=_film.ASSUMED_FPS,
    lacks=_film.absences,
)
