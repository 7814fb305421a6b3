"""Opening video files by libav: any file name that the system allows, any tag, nothing but that file."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from sfm.video.completeness import without_index
from sfm.video.recognition import is_text, no_clip
from trajectory.errors import CinetrajError

SOFTWARE = "software"
_OPTIONS = {"protocol_whitelist": "file"}


def open_video(path: str | Path, decoder: str = SOFTWARE) -> Any:
    """The container of a video file, to be closed by the caller; decoded by a device where there is one (`on_device`).

    Raises CinetrajError where libav knows none, and says what the file is instead where that can be told.
    """
    from av.error import FFmpegError

    try:
        if known := no_clip(Path(path)):
            raise CinetrajError(f"{path}: {known}")
        if decoder != SOFTWARE:
            with suppress(FFmpegError):  # no such device: what is wrong with the file itself is told below
                return _open(libav_name(path), decoder)
        return _open(libav_name(path))
    except (FFmpegError, OSError) as error:
        raise CinetrajError(
            f"{path}: no video can be read from it ({words_of(error)}); {_remedy(Path(path))}"
        ) from error


def largest_stream(container: Any, path: str | Path) -> Any:
    """The stream of pictures, covers left out. Raises CinetrajError where there is none, or none can be decoded."""
    streams = [s for s in container.streams.video if not int(s.disposition) & 0x400]  # 0x400: a cover picture
    if not streams:
        raise CinetrajError(f"{path}: the file has no video stream; give a file with pictures")
    known = [s for s in streams if s.codec_context is not None]
    if not known:
        raise CinetrajError(f"{path}: its pictures are coded in a way that libav does not know; convert it to H.264")
    return max(known, key=lambda s: (s.width or 0) * (s.height or 0))


def libav_name(path: str | Path) -> str:
    """The file's name such that libav takes it for nothing else: `12:30.mp4` has no protocol 12.

    libavformat/file.c cuts the prefix off and takes the rest as it stands; PyAV encodes it as the system does.
    """
    return f"file:{os.fspath(path)}"


def words_of(error: BaseException) -> str:
    """What libav or the system says, on one line."""
    text = getattr(error, "strerror", None) or str(error)
    return " ".join(str(text).split())


def _remedy(path: Path) -> str:
    if path.is_file() and without_index(path):
        return "it has no index (moov), as half a download or an interrupted recording: get the file again, whole"
    if path.is_file() and is_text(path):
        return "it is a text: give an mp4, mov, webm, mkv, gif or images"
    return "give an mp4, mov, webm, mkv, gif or images"


def on_device(stream: Any) -> bool:
    """Whether a device decodes a stream: there is one, and for its codec."""
    return bool(stream.codec_context.is_hwaccel)


def _open(name: str, decoder: str = SOFTWARE) -> Any:
    import av

    given: dict[str, Any] = {"options": _OPTIONS}
    if decoder != SOFTWARE:
        from av.codec.hwaccel import HWAccel

        given["hwaccel"] = HWAccel(device_type=decoder, allow_software_fallback=True)
    try:
        return av.open(name, **given)
    except UnicodeDecodeError:  # PyAV 18 takes tags for UTF-8 unless told otherwise; 19 never fails, and has no option
        return av.open(name, metadata_errors="replace", **given)
