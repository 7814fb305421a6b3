"""Where a clip is cut into shots. Names load on first use."""

from typing import TYPE_CHECKING

from trajectory.lazy import exporter

if TYPE_CHECKING:
    from sfm.config import ShotConfig as ShotConfig
    from sfm.shots.boundaries import Shots as Shots
    from sfm.shots.boundaries import find as find
    from sfm.shots.boundaries import split as split
    from sfm.shots.judged import Suspect as Suspect

_NAMES = {
    "find": "sfm.shots.boundaries",
    "split": "sfm.shots.boundaries",
    "ShotConfig": "sfm.config",
    "Shots": "sfm.shots.boundaries",
    "Suspect": "sfm.shots.judged",
}
__getattr__ = exporter(__name__, _NAMES, ())
__all__ = sorted(_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
