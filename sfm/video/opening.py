"""Opening video files by libav: any file name that the system allows, any tag, nothing but that file."""

import os
from pathlib import Path
from typing import Any

from trajectory.errors import CinetrajError

_OPTIONS = {"protocol_whitelist": "file"}


def open_video(path: str | Path) -> Any:
    """The container of a video file, to be closed by the caller. Raises CinetrajError where libav knows none."""
    from av.error import FFmpegError

    try:
        return _open(libav_name(path))
    except (FFmpegError, OSError) as error:
        raise CinetrajError(
            f"{path}: no video can be read from it ({words_of(error)}); give an mp4, mov, webm, mkv, gif or images"
        ) from error


def libav_name(path: str | Path) -> str:
    """The file's name such that libav takes it for nothing else: `12:30.mp4` has no protocol 12.

    libavformat/file.c cuts the prefix off and takes the rest as it stands; PyAV encodes it as the system does.
    """
    return f"file:{os.fspath(path)}"


def words_of(error: BaseException) -> str:
    """What libav or the system says, on one line."""
    text = getattr(error, "strerror", None) or str(error)
    return " ".join(str(text).split())


def _open(name: str) -> Any:
    import av

    try:
        return av.open(name, options=_OPTIONS)
    except UnicodeDecodeError:  # PyAV 18 takes tags for UTF-8 unless told otherwise; 19 never fails, and has no option
        lenient: dict[str, Any] = {"metadata_errors": "replace"}
        return av.open(name, options=_OPTIONS, **lenient)
