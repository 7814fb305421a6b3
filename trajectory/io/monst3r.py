"""MonST3R `pred_traj.txt`: "frame x y z qw qx qy qz", camera-to-world, with `pred_intrinsics.txt` (K, row by row).

Source: MonST3R `dust3r/utils/vo_eval.py` (printing) and `dust3r/cloud_opt/base_opt.py` (order).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float

from trajectory.errors import ReadError
from trajectory.io._build import numbered_frames, some_valid
from trajectory.io._eight import weigh
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, quat_from_rotations, require_finite
from trajectory.io._probe import look
from trajectory.io._stamped import Layout, made, read_stamped
from trajectory.io._text import read_table, spell_rows
from trajectory.model import Trajectory

FILE_NAME = "pred_traj.txt"
_LAYOUT = Layout(words="frame x y z qw qx qy qz", counts=(8,), unit="frames", quat_wxyz=(4, 5, 6, 7))


def _intrinsics_path(path: Path) -> Path:
    if "traj" in path.name:
        return path.with_name("intrinsics".join(path.name.rsplit("traj", 1)))
    return path.with_name(f"{path.stem}_intrinsics.txt")


def _read_intrinsics(path: Path, poses: int) -> Float[np.ndarray, "n 3 3"]:
    table = read_table(path, columns=(9,), layout="K row by row, 9 numbers")
    require_finite(Rows(path=path, lines=table.lines), table.values)
    if len(table.values) != poses:
        raise ReadError(
            path,
            f"holds {len(table.values)} cameras for {poses} poses",
            remedy="remove it if it belongs to another clip",
        )
    return table.values.reshape(-1, 3, 3)


def _read(path: Path) -> Trajectory:
    path = path / FILE_NAME if path.is_dir() else path
    read = read_stamped(path, _LAYOUT)
    beside = _intrinsics_path(path)
    intrinsics_px = _read_intrinsics(beside, len(read.table.values)) if beside.is_file() else None
    conventions = {"pose": "world_from_cam", "quaternion": "wxyz", "axes": "opencv"}
    return made(path, "monst3r", read, conventions, intrinsics_px=intrinsics_px)


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    keep = some_valid(trajectory, "monst3r")
    index = trajectory.time_source == "index"
    frames = trajectory.time_s if index else np.array(numbered_frames(trajectory), dtype=np.float64)
    quat = quat_from_rotations(trajectory.rotations[keep])
    files: dict[Path, bytes] = {}
    if trajectory.intrinsics_px is not None:
        files[_intrinsics_path(path)] = spell_rows(trajectory.intrinsics_px[keep].reshape(-1, 9)).encode()
    files[path] = spell_rows(np.column_stack([frames[keep], trajectory.positions[keep], quat])).encode()
    return files


def _sniff(probe: Probe) -> Match | None:
    if probe.kind == "folder":
        verdict = weigh(look(probe.path / FILE_NAME)) if FILE_NAME in probe.names else None
    else:
        verdict = weigh(probe)
    if verdict is None or verdict.name == "tum":
        return None
    return Match(evidence=verdict.monst3r, sure=verdict.name == "monst3r")


FORMAT = Format(
    name="monst3r",
    summary="MonST3R pred_traj.txt: frame number, position, quaternion wxyz; K in pred_intrinsics.txt beside it",
    target=FILE_NAME,
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom"}),
)
