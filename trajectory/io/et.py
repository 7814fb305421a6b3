"""E.T. (Exceptional Trajectories): 3x4 camera-to-world row by row, as KITTI lays it out, at 25 frames per second."""

from collections.abc import Mapping
from pathlib import Path

from trajectory.io import kitti
from trajectory.io._build import require_dense
from trajectory.io._format import Format, Match, Probe
from trajectory.io._text import spell_rows
from trajectory.model import Trajectory


def _read(path: Path) -> Trajectory:
    return kitti.read_rows(path, "et")


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "et")
    return {path: spell_rows(trajectory.world_from_cam[:, :3].reshape(-1, 12)).encode()}


def _sniff(probe: Probe) -> Match | None:
    return None  # the same bytes as KITTI, which answers for both


FORMAT = Format(
    name="et",
    summary="E.T. text: 3x4 matrix a line, as KITTI; read as kitti where no format is named",
    target="trajectory_et.txt",
    read=_read,
    encode=_encode,
    sniff=_sniff,
)
