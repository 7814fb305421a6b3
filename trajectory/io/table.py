"""Any text of poses whose first line names its columns, in whatever order, with whatever else between them.

"# timestamp [ms], qw, qx, qy, qz, tx, ty, tz" is enough: camera-to-world in OpenCV axes, as in TUM's files, of which
these are the relatives (evo, `rostopic echo -p`, tables of one's own). Units of time and of length are those named.
"""

from pathlib import Path

from trajectory.io._eight import by_header
from trajectory.io._format import Format, Match, Probe
from trajectory.io._stamped import Layout, made, read_stamped
from trajectory.model import Trajectory

_LAYOUT = Layout(words="the columns that the first line names", counts=range(8, 129), unit="s")


def _read(path: Path) -> Trajectory:
    read = read_stamped(path, _LAYOUT, by_header=True)
    assert read.header is not None
    conventions = {"pose": "world_from_cam", "columns": read.header.said(), "axes": "opencv"}
    return made(path, "table", read, conventions)


def _sniff(probe: Probe) -> Match | None:
    if probe.kind != "text" or probe.columns < 8 or by_header(probe) != "table":
        return None
    return Match(evidence="its header names the columns", sure=True)


FORMAT = Format(
    name="table",
    summary="text whose first line names time or frame, position and quaternion, in any order and unit (read only)",
    target="poses.csv",
    read=_read,
    sniff=_sniff,
)
