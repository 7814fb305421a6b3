"""Video files by PyAV: presentation times from the container, upright frames at the working size."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8

from sfm.config import VideoConfig
from sfm.processes.workers import streamed
from sfm.types import Frames
from sfm.video.clock import counts_slots, stated_rate, unclocked
from sfm.video.completeness import missing_bytes
from sfm.video.fields import are_two, upper_field
from sfm.video.opening import SOFTWARE, largest_stream, on_device, open_video, words_of
from sfm.video.orientation import Turn, turn_of
from sfm.video.sampling import (
    RATE_UNHEARD,
    FrameBuffer,
    nearest_to_ticks,
    none_within,
    over_black,
    shrink,
    spread_repeats,
    working_hw,
)
from trajectory.errors import CinetrajError

DECODER_THREADS = 1
"""With several, which pictures of a damaged film are given, and how, hangs on which thread comes first."""
TEXT_DEMUXERS = frozenset({"tty", "ass", "srt", "webvtt", "ffmetadata", "concat", "hls"})
"""Demuxers that would show a text file as pictures or follow what it names."""
LEAST_FRAME_BYTES = 8
MISSING_END_FRAMES = 2.5
"""A file ends early when this many frame durations are missing at its declared end: rounding costs up to two."""


@final
@dataclass
class _Reading:
    """What is learnt while frames stream past.

    Attributes:
        standing: what the frames have for times is none.
        slots: of an AVI, where its packets stand that are not empty.
    """

    standing: bool
    count: int = 0
    slots: list[int] = field(default_factory=list)
    broken: int = 0
    corrupt: int = 0
    untimed: int = 0
    interlaced: int = 0
    first_s: float = float("inf")
    last_end_s: float = float("-inf")
    stopped: bool = False
    error: str = ""
    turn: Turn | None = None


def load_container(path: Path, config: VideoConfig) -> tuple[Frames, tuple[str, ...]]:
    """Decode a video file once. Also returns what was lost, in words, where the file is damaged."""
    with film(path, config) as reel:
        buffer: FrameBuffer | None = None
        for number, time_s, rgb in reel.pictures():
            if buffer is None:
                buffer = FrameBuffer(reel.hw, reel.expected, path)
            buffer.add(number, time_s, rgb)
        if buffer is None:
            raise CinetrajError(reel.nothing())
        lost = reel.lost()
        return reel.frames(*buffer.arrays(), lost), lost


@contextmanager
def film(path: Path, config: VideoConfig) -> Generator["Film"]:
    """A video file while it is read, picture by picture."""
    with open_video(path, config.decoder) as container:
        if set(container.format.name.split(",")) & TEXT_DEMUXERS:
            raise CinetrajError(
                f"{path}: this is a text file ({container.format.name}), expected a video; give a video"
            )
        yield Film(container, path, config)


@final
class Film:
    """What is read of a video file, and what is learnt of it meanwhile. A class because reading is state."""

    def __init__(self, container: Any, path: Path, config: VideoConfig) -> None:
        self._container, self._path, self._config = container, path, config
        self._stream = largest_stream(container, path)
        self._stream.codec_context.thread_count = DECODER_THREADS
        self._rate = config.assumed_fps or float(stated_rate(self._stream) or 0) or None
        self.reading = _Reading(standing=unclocked(container, self._stream))
        self.source_hw = self.hw = (0, 0)

    @property
    def expected(self) -> int:
        """About how many frames there are, by the header, which may say anything."""
        return _expected(self._container, self._stream, self._config, self._path)

    def pictures(self) -> Iterator[tuple[int, float, UInt8[np.ndarray, "h w 3"]]]:
        """Number, time and upright picture at the working size, in order, once; made ahead where threads may."""

        def upright(picture: tuple[int, float, Any]) -> tuple[int, float, UInt8[np.ndarray, "h w 3"]]:
            number, time_s, frame = picture
            assert self.reading.turn is not None
            return number, time_s, _upright_rgb(frame, self.hw, self.reading.turn)

        yield from streamed(upright, self._stored())

    def _stored(self) -> Iterator[tuple[int, float, Any]]:
        """The wanted pictures as they are stored, all of one shape; the first one says how they are to be turned."""
        reading, config = self.reading, self._config
        pictures = _wanted(_frames(self._container, self._stream, reading, self._rate), config, reading)
        stored_hw = (0, 0)
        for number, time_s, frame in nearest_to_ticks(pictures, config.fps):
            if reading.turn is None:
                reading.turn = turn_of(frame)
                stored_hw = (int(frame.height), int(frame.width))
                self.source_hw = reading.turn.swap(stored_hw)
                self.hw = working_hw(self.source_hw, config.long_side)
            _check_shape(frame, stored_hw, self._path)
            yield number, time_s, frame

    def frames(
        self,
        rgb: UInt8[np.ndarray, "n h w 3"],
        time_s: Float[np.ndarray, " n"],
        index: Int[np.ndarray, " n"],
        lost: tuple[str, ...] = (),
    ) -> Frames:
        """Pictures that were read, with their times, as `Frames`."""
        reading = self.reading
        notes: list[str] = []
        timed = reading.untimed == 0
        if timed:
            notes += [] if self._config.assumed_fps is None else [RATE_UNHEARD]
            time_s, moved = spread_repeats(time_s, self._path)
            if moved:
                notes.append(f"{moved} repeated timestamps were spread up to the next one")
        else:
            time_s = index / self._rate
            notes.append(f"the file carries no timestamps; {self._rate:g} frames per second assumed")
        if reading.interlaced:
            notes.append(
                f"{reading.interlaced} frames are marked as interlaced: where their fields differ the upper one is read"
            )
        if self._config.decoder != SOFTWARE and not on_device(self._stream):
            notes.append(f"decoded in software: no {self._config.decoder} decoder here takes this file")
        aspect = float(self._stream.sample_aspect_ratio or 1) or 1.0
        assert reading.turn is not None
        return Frames(
            rgb=rgb,
            time_s=time_s,
            index=index,
            source_hw=self.source_hw,
            source=str(self._path),
            time_source="seconds" if timed else "assumed",
            pixel_aspect=1.0 / aspect if reading.turn.quarters % 2 else aspect,
            notes=(*notes, *lost),
            first_s=reading.first_s if timed else 0.0,
        )

    def nothing(self) -> str:
        """Why not one picture was given, in words."""
        return _nothing(self._path, self.reading, self._config)

    def lost(self) -> tuple[str, ...]:
        """What the file lacks, in words, once all of it is read."""
        return _lost(self._container, self._stream, self.reading, self._path)


def _frames(container: Any, stream: Any, reading: _Reading, rate: float | None) -> Iterator[tuple[int, float, Any]]:
    """Frames in presentation order as (number, time_s, frame); damaged ones are counted and skipped."""
    from av.error import FFmpegError

    by_slot = counts_slots(container)
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (FFmpegError, OSError) as error:
            reading.broken += 1
            reading.error = reading.error or words_of(error)
            return
        if by_slot and packet.size and packet.dts is not None:
            reading.slots.append(packet.dts)
        try:
            decoded = packet.decode()
        except FFmpegError as error:
            reading.broken += 1
            reading.error = reading.error or words_of(error)
            reading.slots = reading.slots[:-1]
            continue
        for frame in decoded:
            number = reading.count
            reading.count += 1
            if frame.is_corrupt:
                reading.corrupt += 1
                continue
            reading.interlaced += bool(frame.interlaced_frame)
            base = frame.time_base or stream.time_base
            pts = _slot_of(frame, number, reading) if by_slot else None if reading.standing else frame.pts
            if pts is None or base is None:
                if rate is None:
                    why = f"frame {number} carries no time and the file no rate"
                    raise CinetrajError(f"{container.name}: {why}; give a rate (--video.assumed-fps 25)")
                reading.untimed += 1
                time_s = number / rate
            else:
                time_s = float(pts * base)
                reading.first_s = min(reading.first_s, time_s)
                reading.last_end_s = max(reading.last_end_s, float((pts + (frame.duration or 0)) * base))
            yield number, time_s, frame


def _slot_of(frame: Any, number: int, reading: _Reading) -> int | None:
    """Presentation time of a frame of an AVI, in its slots (`counts_slots`)."""
    return reading.slots[number] if number < len(reading.slots) else frame.pts


def _wanted(
    pictures: Iterator[tuple[int, float, Any]], config: VideoConfig, reading: _Reading
) -> Iterator[tuple[int, float, Any]]:
    for picture in pictures:
        if config.start_s is not None and picture[1] < config.start_s:
            continue
        if config.stop_s is not None and picture[1] >= config.stop_s:
            reading.stopped = True
            return
        yield picture


def _upright_rgb(frame: Any, hw: tuple[int, int], turn: Turn) -> UInt8[np.ndarray, "h w 3"]:
    """sRGB bytes at the working size: swscale by area, with full chroma and exact rounding."""
    stored_hw = turn.swap(hw)
    if _has_alpha(frame.format):
        rgb = shrink(over_black(frame.to_ndarray(format="rgba")), stored_hw)
    elif frame.interlaced_frame:
        whole = _planar_rgb(frame, (frame.height, frame.width))
        rgb = shrink(upper_field(whole), stored_hw) if are_two(whole) else _planar_rgb(frame, stored_hw)
    else:
        rgb = _planar_rgb(frame, stored_hw)
    return turn.apply(rgb) if turn.quarters or turn.flip else rgb


def _planar_rgb(frame: Any, hw: tuple[int, int]) -> UInt8[np.ndarray, "h w 3"]:
    """A frame as it is stored, at a size of its own or smaller."""
    from av.video.reformatter import Interpolation as Sws

    flags = Sws.AREA | Sws.ACCURATE_RND | Sws.FULL_CHR_H_INT | Sws.BITEXACT
    planes = frame.reformat(hw[1], hw[0], "gbrp", interpolation=int(flags), threads=1).planes
    green, blue, red = (np.frombuffer(p, np.uint8).reshape(-1, p.line_size)[:, : hw[1]] for p in planes)
    return cv2.merge((red, green, blue))  # half the time of swscale's own "rgb24", which is as exact


def _has_alpha(pixel_format: Any) -> bool:
    return any(component.is_alpha for component in pixel_format.components) or pixel_format.has_palette


def _check_shape(frame: Any, stored_hw: tuple[int, int], path: Path) -> None:
    if abs(frame.width * stored_hw[0] / (frame.height * stored_hw[1]) - 1.0) > 0.02:
        raise CinetrajError(
            f"{path}: the picture changes from {stored_hw[1]}x{stored_hw[0]} to {frame.width}x{frame.height}; "
            "split the file there"
        )


def _expected(container: Any, stream: Any, config: VideoConfig, path: Path) -> int:
    """Frames to reserve room for; untouched room costs no memory, of too little more is made.

    A header may claim anything: no frame takes less than a few bytes of the file.
    """
    rate = float(stream.average_rate or 0)
    count = stream.frames or 0
    if not count and rate:  # a Matroska tells it of the whole alone
        duration_s = float(stream.duration * stream.time_base) if stream.duration else (container.duration or 0) / 1e6
        count = int(duration_s * rate) + 1
    count = min(count, path.stat().st_size // LEAST_FRAME_BYTES)
    if rate and (config.start_s is not None or config.stop_s is not None):
        first_s = float((stream.start_time or 0) * stream.time_base)
        begin_s = max(config.start_s or first_s, first_s)
        end_s = min(first_s + count / rate, np.inf if config.stop_s is None else config.stop_s)
        count = min(count, int(max(0.0, end_s - begin_s) * rate) + 2)
    if config.fps and rate:
        count = int(count * min(1.0, config.fps / rate)) + 1
    return min(count or 64, 100_000)


def _lost(container: Any, stream: Any, reading: _Reading, path: Path) -> tuple[str, ...]:
    """What is missing, in words: damaged packets and frames, and a file that ends before its declared end."""
    lost: list[str] = []
    if reading.broken:
        lost.append(f"{reading.broken} damaged packets could not be decoded ({reading.error})")
    if reading.corrupt:
        lost.append(f"{reading.corrupt} damaged frames were left out")
    if reading.stopped or reading.untimed:
        return tuple(lost)
    if container.format.name == "gif" and not _ends_with(path, b";"):
        lost.append(f"the file is cut short after {reading.count} frames: a GIF ends with a semicolon byte")
    missing_s = _missing_s(container, stream, reading, path)
    if missing_s > 0:
        declared = f" of {stream.frames}" if stream.frames else ""
        lost.append(f"the file is cut short: {reading.count}{declared} frames, {missing_s:.3g} s missing at its end")
    return tuple(lost)


def _missing_s(container: Any, stream: Any, reading: _Reading, path: Path) -> float:
    """Seconds between the last frame and the declared end, 0 where nothing is known to be missing.

    Where the container's own sizes tell that the file is whole, it is, whatever its duration seems to say: a trimmed
    film, a last picture that is held, dropped frames. Durations count from zero in some files and from the first frame
    in others (a Matroska may do either): the latter where frames lie beyond the former. Of an AVI that is cut libav
    knows the duration of what is left, and how many slots the header declares.
    """
    if not stream.average_rate or missing_bytes(path) == 0:
        return 0.0
    if stream.duration:
        ticks = max(stream.duration, stream.frames) if counts_slots(container) else stream.duration
        start_s, duration_s = (float((t or 0) * stream.time_base) for t in (stream.start_time, ticks))
    elif container.duration and len(container.streams) == 1:  # with sound, the longest stream sets this one
        start_s, duration_s = (container.start_time or 0) / 1e6, container.duration / 1e6
    else:
        return 0.0
    step_s = (reading.last_end_s - reading.first_s) / max(reading.count, 1)  # where the declared rate is not kept
    tolerance_s = MISSING_END_FRAMES * max(step_s, 1.0 / float(stream.average_rate))
    from_zero_s = duration_s + min(start_s, 0.0)
    end_s = from_zero_s if reading.last_end_s < from_zero_s + tolerance_s else start_s + duration_s
    missing_s = end_s - reading.last_end_s
    return missing_s if missing_s > tolerance_s else 0.0


def _ends_with(path: Path, last: bytes) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 64))
        return file.read().rstrip(b"\0").endswith(last)


def _nothing(path: Path, reading: _Reading, config: VideoConfig) -> str:
    if reading.count - reading.corrupt > 0:
        late = reading.untimed == 0 and config.stop_s is not None and config.stop_s <= reading.first_s
        clock = f"; its first frame has the time {reading.first_s:.6g} s" if late else ""
        return f"{path}: {none_within(config)}{clock}"
    why = f" ({reading.error})" if reading.error else ""
    return f"{path}: not one frame can be decoded{why}; the file is damaged, get it again"
