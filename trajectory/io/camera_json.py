"""camera.json of Uni3C and WorldStereo: extrinsic (4x4 a frame, world-to-camera), intrinsic in pixels, height, width.

`intrinsic` is one 3x3 matrix, or one for each frame; `motion_list` of some files is not read. The first pose of
WorldStereo's files is not the identity. Sources: Uni3C `cam_render.py`, WorldStereo `models/camera.py`.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from trajectory.errors import ReadError
from trajectory.io import _json
from trajectory.io._build import k_from, make, pinhole, require_dense, size_of
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, inverse, poses_from_matrices, printed
from trajectory.model import Trajectory

_KEYS = ("extrinsic", "intrinsic", "height", "width")


def _read(name: str, path: Path) -> Trajectory:
    document = _json.as_object(path, "the document", _json.load(path))
    missing = [key for key in _KEYS if key not in document]
    if missing:
        raise ReadError(path, f"lacks {', '.join(missing)}", remedy="name the right file or format")
    items = _json.as_list(path, "extrinsic", document["extrinsic"])
    matrix = np.array([_json.as_matrix(path, f"extrinsic[{i}]", item, (4,), 4) for i, item in enumerate(items)])
    labels = [f"extrinsic[{i}]" for i in range(len(items))]
    poses = inverse(poses_from_matrices(Rows(path=path, labels=labels, tokens=printed(matrix)), matrix))
    height, width = (_json.as_number(path, key, document[key]) for key in ("height", "width"))
    if not (1 <= height < 2**31 and 1 <= width < 2**31):
        raise ReadError(path, f"the image size is {width:g} x {height:g}", remedy="repair width and height")
    return make(
        path,
        name,
        poses,
        image_hw=(int(height), int(width)),
        intrinsics_px=_intrinsics(path, document["intrinsic"], len(poses)),
        conventions={"pose": "cam_from_world", "matrix": "4x4", "axes": "opencv"},
    )


def _intrinsics(path: Path, value: Any, count: int) -> Float[np.ndarray, "n 3 3"]:
    items = _json.as_list(path, "intrinsic", value)
    first = cast("list[Any]", items[0]) if isinstance(items[0], list) else []
    nested = bool(first) and isinstance(first[0], list)
    if not nested:
        return np.tile(np.array(_json.as_matrix(path, "intrinsic", items, (3,), 3)), (count, 1, 1))
    if len(items) != count:
        raise ReadError(path, f"has {len(items)} intrinsic and {count} extrinsic", remedy="write or copy it again")
    return np.array([_json.as_matrix(path, f"intrinsic[{i}]", item, (3,), 3) for i, item in enumerate(items)])


def _encode(name: str, trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, name)
    k = k_from(pinhole(trajectory, name))
    height, width = size_of(trajectory, name)
    document = {
        "extrinsic": inverse(trajectory.world_from_cam).tolist(),
        "intrinsic": (k[0] if bool((k == k[0]).all()) else k).tolist(),
        "height": height,
        "width": width,
    }
    return {path: _json.dump(document)}


def _sniff(name: str, probe: Probe) -> Match | None:
    if not all(key in probe.entries for key in _KEYS):
        return None
    mine = "worldstereo" if probe.path.name == "camera.json" else "uni3c"  # one layout; only the usual names differ
    return Match(evidence="extrinsic, intrinsic, height and width", sure=True) if name == mine else None


FORMAT = tuple(
    Format(
        name=name,
        summary=f"{tool}: world-to-camera 4x4 and intrinsics in pixels",
        target=target,
        read=partial(_read, name),
        encode=partial(_encode, name),
        sniff=partial(_sniff, name),
        keeps=frozenset({"intrinsics", "zoom", "image_hw"}),
    )
    for name, tool, target in (
        ("uni3c", "Uni3C cam_info.json", "cam_info.json"),
        ("worldstereo", "WorldStereo camera.json", "worldstereo/camera.json"),
    )
)
