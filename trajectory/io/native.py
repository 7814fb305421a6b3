"""The native file `trajectory.npz`: every field of a Trajectory, exactly, with a JSON header.

    header  text: {"format": "cinetraj", "version": 1, "scale", "time_source", "image_hw", "reason", "provenance"}
    world_from_cam, time_s, valid, and where known translation_bound, intrinsics_px, scene_depth, focal_sigma_px,
    pose_covariance, distortion: arrays as in `trajectory.model.Trajectory`

Nothing is pickled, and equal trajectories give equal bytes. A folder of a run that holds the file is read as the file.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from trajectory.errors import CinetrajError, ReadError
from trajectory.io import _json
from trajectory.io._arrays import Npz, held_npz, npz_bytes
from trajectory.io._format import Format, Match, Probe
from trajectory.io._run_scene import run_scene
from trajectory.io._scene import Scene
from trajectory.model import Provenance, Scale, TimeSource, Trajectory
from trajectory.run_names import RUN_FILE, TRAJECTORY_FILE

VERSION = 1
_TAG = "cinetraj"
MOST_REASON = 400
"""Characters of a reason: that of one shot, whole, with its remedy."""
_REQUIRED = ("world_from_cam", "time_s", "valid")
_SHAPES: Mapping[str, tuple[int, ...]] = {
    "world_from_cam": (4, 4),
    "time_s": (),
    "valid": (),
    "intrinsics_px": (3, 3),
    "scene_depth": (),
    "focal_sigma_px": (),
    "pose_covariance": (6, 6),
}
"""Shape of one frame of each array."""
_OPTIONAL = (*tuple(_SHAPES)[3:], "distortion")


def _read(path: Path) -> Trajectory:
    file = _in_run(path) if path.is_dir() else path
    with held_npz(file) as held:
        return _of_arrays(file, held)


def _of_arrays(file: Path, held: Npz) -> Trajectory:
    shapes = held.shapes()
    header = _header(file, held.array("header") if shapes.get("header") == () else np.array(0))
    missing = [name for name in _REQUIRED if name not in shapes]
    if missing:
        raise ReadError(file, f"lacks the array {missing[0]}", remedy="write or copy it again")
    arrays = {name: held.array(name) for name in (*_REQUIRED, *_OPTIONAL) if name in shapes}
    n = len(arrays["time_s"]) if arrays["time_s"].ndim else 0
    for name, value in arrays.items():
        fits = value.shape == (n, *_SHAPES[name]) if name in _SHAPES else value.ndim == 1
        if value.dtype.kind != ("b" if name == "valid" else "f") or not fits or n == 0:
            raise ReadError(
                file, f"array {name!r} has type {value.dtype} and shape {value.shape}", remedy="write or copy it again"
            )
    words = {key: header.get(key) for key in ("scale", "time_source")}
    for key, allowed in (("scale", get_args(Scale)), ("time_source", get_args(TimeSource))):
        if words[key] not in allowed:
            raise ReadError(file, f"{key} is {words[key]!r}, expected {', '.join(allowed)}", remedy="write it again")
    bound = held.array("translation_bound") if "translation_bound" in shapes else None
    if bound is not None and (bound.shape != () or bound.dtype.kind != "f"):
        raise ReadError(file, "translation_bound is no number", remedy="write or copy it again")
    hw = header.get("image_hw")
    reason = header.get("reason")
    try:
        return Trajectory(
            **cast("dict[str, Any]", arrays),
            image_hw=None if hw is None else _size(file, hw),
            scale=cast("Scale", words["scale"]),
            translation_bound=None if bound is None else float(bound),
            reason=None if reason is None else _texts(file, reason),
            time_source=cast("TimeSource", words["time_source"]),
            provenance=_provenance(file, header.get("provenance")),
        )
    except ReadError:
        raise
    except CinetrajError as error:
        raise ReadError(file, str(error), remedy="write or copy it again") from error


def _scene(path: Path) -> Scene:
    file = _in_run(path) if path.is_dir() else path
    return run_scene(file.parent, _read(file))


def _size(path: Path, value: Any) -> tuple[int, int]:
    sides = _json.as_numbers(path, "image_hw", value, 2)
    if any(side < 1 or side != int(side) for side in sides):
        raise ReadError(path, f"image_hw is {sides}", remedy="write or copy it again")
    return int(sides[0]), int(sides[1])


def _texts(path: Path, value: Any) -> tuple[str, ...]:
    items = _json.as_list(path, "reason", value)
    if not all(isinstance(item, str) for item in items):
        raise ReadError(path, "reason is no list of texts", remedy="write or copy it again")
    return tuple(items)


def _in_run(folder: Path) -> Path:
    """trajectory.npz of a run folder; a failed run and a run of several shots say so."""
    file = folder / TRAJECTORY_FILE
    if file.is_file():
        return file
    shots = sorted(entry.name for entry in folder.iterdir() if (entry / TRAJECTORY_FILE).is_file())
    if shots:
        raise ReadError(
            folder, f"holds {len(shots)} trajectories, one per shot", remedy=f"name one, as {folder / shots[0]}"
        )
    if (folder / RUN_FILE).is_file():
        run = _json.as_object(folder / RUN_FILE, "the document", _json.load(folder / RUN_FILE))
        status, reason = str(run.get("status"))[:40], str(run.get("reason") or "no reason given")
        remedy = "estimate the clip again"
        if status == "failed":  # the same again would fail again
            remedy = "mend what the reason names, then estimate it anew"
        raise ReadError(folder, f"has no trajectory: status {status}, {_shortened(reason)}", remedy=remedy)
    raise ReadError(folder, f"holds no {TRAJECTORY_FILE}", remedy="name the folder of one run")


def _shortened(text: str) -> str:
    """A reason as it is, or its beginning; a clip of many shots has one for each."""
    return text if len(text) <= MOST_REASON else f"{text[:MOST_REASON].rsplit(' ', 1)[0]} ..."


def _header(path: Path, text: np.ndarray) -> dict[str, Any]:
    try:
        parsed: Any = json.loads(str(text)) if text.dtype.kind == "U" else None
    except (ValueError, RecursionError) as error:
        raise ReadError(path, "its header is no valid JSON", remedy="write or copy it again") from error
    if not isinstance(parsed, dict) or cast("dict[str, Any]", parsed).get("format") != _TAG:
        raise ReadError(
            path, "is no native trajectory file (it has no such header)", remedy="name the format: --format"
        )
    header = cast("dict[str, Any]", parsed)
    version = header.get("version")
    if not isinstance(version, int) or version < 1:
        raise ReadError(path, f"its version is {version!r}", remedy="write or copy it again")
    if version > VERSION:
        raise ReadError(
            path,
            f"is of version {version}, this cinetraj reads up to {VERSION}",
            remedy="pip install --upgrade cinetraj",
        )
    return header


def _provenance(path: Path, value: Any) -> Provenance | None:
    if value is None:
        return None
    given = _json.as_object(path, "provenance", value)
    parts = {
        name: _json.as_object(path, f"provenance.{name}", given.get(name, {}))
        for name in ("config", "versions", "evidence")
    }
    backend, source, seed = given.get("backend"), given.get("source"), given.get("seed")
    if not isinstance(backend, str | None) or not isinstance(source, str | None) or not isinstance(seed, int | None):
        raise ReadError(path, "its provenance is malformed", remedy="write or copy it again")
    return Provenance(**parts, backend=backend, source=source, seed=seed)


def plain(value: Any, where: str) -> Any:
    """JSON values of a provenance; anything else is refused by its place."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        return {str(key): plain(entry, f"{where}.{key}") for key, entry in entries.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry, f"{where}[{i}]") for i, entry in enumerate(cast("list[Any]", value))]
    array = np.asarray(value)
    if array.dtype.kind in "biufU":
        return array.tolist()
    raise CinetrajError(
        f"{where} is a {type(value).__name__}; a provenance holds JSON values only (numbers, text, lists)"
    )


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    origin = trajectory.provenance
    header = {
        "format": _TAG,
        "version": VERSION,
        "scale": trajectory.scale,
        "time_source": trajectory.time_source,
        "image_hw": None if trajectory.image_hw is None else list(trajectory.image_hw),
        "reason": None if trajectory.reason is None else list(trajectory.reason),
        "provenance": None
        if origin is None
        else {
            name: plain(getattr(origin, name), f"provenance.{name}")
            for name in ("backend", "config", "versions", "seed", "source", "evidence")
        },
    }
    # NaN and Infinity in a provenance are kept in Python's spelling: the header is for Python's json
    text = json.dumps(header, sort_keys=True, ensure_ascii=True)
    arrays: dict[str, np.ndarray] = {"header": np.array(text)}
    arrays |= {name: getattr(trajectory, name) for name in _REQUIRED}
    if trajectory.translation_bound is not None:
        arrays["translation_bound"] = np.array(trajectory.translation_bound, dtype=np.float64)
    arrays |= {name: getattr(trajectory, name) for name in _OPTIONAL if getattr(trajectory, name) is not None}
    return {path: npz_bytes(arrays)}


def _sniff(probe: Probe) -> Match | None:
    if probe.kind == "npz" and probe.arrays.get("header") == ():
        return Match(evidence="an npz with a header", sure=True)
    if probe.kind == "folder":
        if TRAJECTORY_FILE in probe.names:
            return Match(evidence=f"a run folder with {TRAJECTORY_FILE}", sure=True)
        if RUN_FILE in probe.names:
            return Match(evidence="a run folder", sure=True)
    return None


FORMAT = Format(
    name="native",
    summary="the file of cinetraj, trajectory.npz: every field, exactly; a run folder is read as its file",
    target=TRAJECTORY_FILE,
    read=_read,
    encode=_encode,
    scene=_scene,
    sniff=_sniff,
    keeps=frozenset({"everything"}),
)
