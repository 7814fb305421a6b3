"""glTF 2.0 (`.gltf`, one JSON file): a node with an animated camera, and the points of the scene.

y is up, the camera looks along -z, quaternions are xyzw, times are seconds from the first frame, numbers are single
precision. A camera has a vertical angle of view and an aspect ratio, no place for a principal point. That the angle
changes, a zoom, is told by KHR_animation_pointer, which programs may pass over: those show the first frame's lens.
Source: Khronos, glTF 2.0 specification (3.10 cameras, 3.11 animations), extension KHR_animation_pointer.
"""

import base64
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from trajectory.frames import to_axes
from trajectory.io import _film, _json
from trajectory.io._build import pinhole, size_of, some_valid
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import quat_from_rotations
from trajectory.io._scene import NOTHING, Scene
from trajectory.model import Trajectory

_FLOAT, _BYTE = 5126, 5121
_KINDS = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}
_UP = np.diag([1.0, -1, -1])
"""glTF's axes from OpenCV's."""
_POINTER = "KHR_animation_pointer"
_YFOV = "/cameras/0/perspective/yfov"


class _Buffer:
    """The numbers of a document, one after the other, with their accessors and views."""

    def __init__(self) -> None:
        self.data, self.accessors, self.views = b"", list[dict[str, Any]](), list[dict[str, Any]]()

    def add(self, values: Shaped[np.ndarray, "n ..."], *, bounds: bool = False) -> int:
        """The number of a new accessor; `bounds`: with the least and largest value, which some must tell."""
        table = values.reshape(len(values), -1)
        raw = table.astype(np.uint8 if table.dtype == np.uint8 else "<f4")
        self.views.append({"buffer": 0, "byteOffset": len(self.data), "byteLength": raw.nbytes})
        told = {"min": raw.min(0).tolist(), "max": raw.max(0).tolist()} if bounds else {}
        component = {"componentType": _BYTE, "normalized": True} if raw.dtype == np.uint8 else {"componentType": _FLOAT}
        self.accessors.append(
            {"bufferView": len(self.views) - 1, "count": len(raw), "type": _KINDS[raw.shape[1]], **component, **told}
        )
        self.data += raw.tobytes() + b"\0" * (-raw.nbytes % 4)
        return len(self.accessors) - 1

    def parts(self) -> dict[str, Any]:
        """What of the document holds them."""
        uri = "data:application/octet-stream;base64," + base64.b64encode(self.data).decode()
        buffers = [{"byteLength": len(self.data), "uri": uri}]
        return {"accessors": self.accessors, "bufferViews": self.views, "buffers": buffers}


def _encode(trajectory: Trajectory, scene: Scene, path: Path) -> Mapping[Path, bytes]:
    trajectory = _film.sized(trajectory)
    keep = some_valid(trajectory, "gltf")
    pixel = _film.aspect(trajectory, "gltf")
    height, width = size_of(trajectory, "gltf")
    yfov = 2 * np.arctan(height / 2 / pinhole(trajectory, "gltf")[keep, 1])
    poses = to_axes(trajectory.world_from_cam[keep], "opengl")
    quat_xyzw = quat_from_rotations(poses[:, :3, :3])[:, [1, 2, 3, 0]]
    buffer = _Buffer()
    time = buffer.add(_times(trajectory)[keep], bounds=True)
    tracks: list[tuple[np.ndarray, dict[str, Any]]] = [
        (poses[:, :3, 3], {"node": 0, "path": "translation"}),
        (quat_xyzw, {"node": 0, "path": "rotation"}),
    ]
    zooms = bool(np.ptp(yfov) > 0)
    if zooms:
        tracks.append((yfov, {"path": "pointer", "extensions": {_POINTER: {"pointer": _YFOV}}}))
    samplers = [{"input": time, "output": buffer.add(values), "interpolation": "LINEAR"} for values, _ in tracks]
    perspective = {"yfov": float(yfov[0]), "aspectRatio": pixel * width / height, "znear": 1e-3}
    node = {"name": "camera", "camera": 0, "translation": poses[0, :3, 3].tolist(), "rotation": quat_xyzw[0].tolist()}
    nodes, meshes = [node], _meshes(buffer, scene)
    if meshes:
        nodes.append({"name": "points", "mesh": 0})
    document = {
        "asset": {"version": "2.0", "generator": "cinetraj"},
        **({"extensionsUsed": [_POINTER]} if zooms else {}),
        "scene": 0,
        "scenes": [{"nodes": list(range(len(nodes)))}],
        "nodes": nodes,
        "cameras": [{"type": "perspective", "perspective": perspective}],
        **({"meshes": meshes} if meshes else {}),
        "animations": [
            {
                "name": "camera",
                "samplers": samplers,
                "channels": [{"sampler": i, "target": target} for i, (_, target) in enumerate(tracks)],
            }
        ],
        **buffer.parts(),
    }
    return {path: _json.dump(document)}


def _times(trajectory: Trajectory) -> np.ndarray:
    """Seconds from the first frame."""
    if trajectory.time_source == "index":
        return _film.frames(trajectory) / _film.ASSUMED_FPS
    return trajectory.time_s - trajectory.time_s[0]


def _meshes(buffer: _Buffer, scene: Scene) -> list[dict[str, Any]]:
    """The points as one mesh; nothing without points."""
    if scene.cloud is None:
        return []
    opaque = np.full((len(scene.cloud.colour), 1), 255, np.uint8)
    place = buffer.add(scene.cloud.in_world @ _UP.T, bounds=True)
    colour = buffer.add(np.concatenate([scene.cloud.colour, opaque], axis=1))
    return [{"primitives": [{"attributes": {"POSITION": place, "COLOR_0": colour}, "mode": 0}]}]


def _sniff(probe: Probe) -> Match | None:
    mine = {"asset", "scenes", "nodes"} <= probe.entries.keys()
    return Match(evidence="asset, scenes and nodes", sure=True) if mine else None


FORMAT = Format(
    name="gltf",
    summary="glTF 2.0 JSON: animated camera, its zoom by KHR_animation_pointer, points; y up (written only)",
    target="camera.gltf",
    encode=lambda trajectory, path: _encode(trajectory, NOTHING, path),
    encode_scene=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom", "time"}),
    assumed_fps=_film.ASSUMED_FPS,
    lacks=partial(_film.absences, times=False, shape=False),
)
