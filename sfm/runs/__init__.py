"""Run folders: what an estimate is, and what it leaves on disk. Names load on first use."""

from typing import TYPE_CHECKING

from trajectory.lazy import exporter

if TYPE_CHECKING:
    from sfm.runs.folder import Run as Run
    from sfm.runs.folder import find_runs as find_runs
    from sfm.runs.folder import is_run as is_run
    from sfm.runs.folder import read_run as read_run
    from sfm.runs.folder import require_free as require_free
    from sfm.runs.folder import write_run as write_run

_NAMES = {
    "Run": "sfm.runs.folder",
    "find_runs": "sfm.runs.folder",
    "is_run": "sfm.runs.folder",
    "read_run": "sfm.runs.folder",
    "require_free": "sfm.runs.folder",
    "write_run": "sfm.runs.folder",
}
__getattr__ = exporter(__name__, _NAMES, ())
__all__ = sorted(_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
