"""Matplotlib without its descriptions draws what it draws with them."""

import subprocess
import sys

_RUN = """
import io, sys
if {plain}:
    from sfm.processes.undocumented import leave_undocumented
    leave_undocumented()
    leave_undocumented()
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

print(len(Line2D.set.__doc__ or ""))
figure = Figure()
FigureCanvasAgg(figure)
(line,) = figure.add_subplot(projection="3d").plot([0, 1], [0, 1], [0, 1])
line.set(linewidth=3, color="red")
file = io.BytesIO()
figure.savefig(file, format="raw")
print(hash(file.getvalue()))
try:
    line.set(colour="red")
except AttributeError as problem:
    print(problem)
"""


def _told(*, plain: bool) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", _RUN.format(plain=plain)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "0", "PYTHONPATH": ":".join(sys.path)},
    )
    return ran.stdout.splitlines()


def test_pictures_are_the_same_and_only_the_descriptions_are_gone() -> None:
    plain, described = _told(plain=True), _told(plain=False)
    assert plain[1:] == described[1:]
    assert int(plain[0]) == 0
    assert int(described[0]) > 1000
