"""What is a video by its name."""

from pathlib import Path
from typing import Final

_VIDEOS: Final = (
    "mp4 mov m4v mkv webm avi gif mpg mpeg ts ogv wmv flv m2ts mts 3gp 3g2 mxf vob m2v m1v asf f4v qt nut y4m ivf "
    "h264 264 h265 265 hevc divx dv mjpeg mjpg"
)
VIDEO_SUFFIXES: Final[frozenset[str]] = frozenset(f".{kind}" for kind in _VIDEOS.split())
"""In small letters."""


def is_video(path: str | Path) -> bool:
    """Whether a file is a video by its name."""
    return Path(path).suffix.lower() in VIDEO_SUFFIXES
