"""A clip from wherever it lies, decoded once. Names load on first use."""

from typing import TYPE_CHECKING

from trajectory.lazy import exporter

if TYPE_CHECKING:
    from sfm.config import VideoConfig as VideoConfig
    from sfm.video.reader import load as load
    from sfm.video.sampling import VideoWarning as VideoWarning

_NAMES = {
    "load": "sfm.video.reader",
    "VideoConfig": "sfm.config",
    "VideoWarning": "sfm.video.sampling",
}
__getattr__ = exporter(__name__, _NAMES, ())
__all__ = sorted(_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
