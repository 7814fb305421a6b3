"""E.T. (Exceptional Trajectories): 3x4 camera-to-world row by row, as KITTI lays it out, at 25 frames per second."""

from functools import partial
from pathlib import Path

from trajectory.io import kitti
from trajectory.io._format import Format, Match, Probe
from trajectory.model import Trajectory


def _read(path: Path) -> Trajectory:
    return kitti.read_rows(path, "et")


def _sniff(probe: Probe) -> Match | None:
    return None  # the same bytes as KITTI, which answers for both


FORMAT = Format(
    name="et",
    summary="E.T. text: 3x4 matrix a line, as KITTI; read as kitti where no format is named",
    target="trajectory_et.txt",
    read=_read,
    encode=partial(kitti.encode_rows, "et"),
    sniff=_sniff,
)
