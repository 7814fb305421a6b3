"""Cutting a clip out of a video by frame numbers, each frame exactly once and in its own time."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float, Int

from sfm.video.clock import counts_slots, stated_rate, unclocked
from sfm.video.opening import largest_stream, libav_name, open_video
from sfm.video.orientation import turn_of
from sfm.video.sampling import spread_repeats
from trajectory.errors import CinetrajError, ReadError

_REMEDY = "give a video file that plays to its end"
_FINE = Fraction(1, 90_000)
"""Seconds; a clock for frames between the ticks of another, as MPEG has it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameTable:
    """When each frame of a video is shown.

    Attributes:
        pts: presentation times in units of `tick_s`, strictly increasing.
        time_s: the same in seconds from the first frame.
        rate: frames per second as the container states it; None where it does not.
        tick_s: resolution of the container's clock, or of the one that stands for it.
        counted: the decoder's times are not those of the table: its frames are told by their order.
    """

    pts: Int[np.ndarray, " n"]
    time_s: Float[np.ndarray, " n"]
    rate: Fraction | None
    tick_s: Fraction
    counted: bool = False

    def __len__(self) -> int:
        return len(self.pts)


def frame_table(video: str | Path) -> FrameTable:
    """The presentation times of all frames, by the rules of the reader, from the packets without decoding them.

    Raises:
        ReadError: no such file, no video stream, no frame, or neither times nor a rate.
    """
    path = Path(video)
    with _open(path) as container:
        stream = _video_stream(container, path)
        packets = [p for p in container.demux(stream) if p.size and not p.is_discard]
        slots, standing = counts_slots(container), unclocked(container, stream)
        tick, rate = Fraction(stream.time_base), stated_rate(stream)
        times = [p.dts if slots else p.pts for p in packets]
    if None in times and not standing:  # raw streams: the decoder may know
        with _open(path) as container:
            times = [frame.pts for frame in container.decode(_video_stream(container, path))]
    if not times:
        raise ReadError(path, "it has no frames", remedy=_REMEDY)
    if standing or None in times:
        if rate is None:
            raise ReadError(path, f"its {len(times)} frames carry no times and the file no rate", remedy="remux it")
        return _table(np.arange(len(times)), 1 / rate, rate, counted=True)
    ordered = np.sort(np.array(times, np.int64))
    if (np.diff(ordered) > 0).all():
        return _table(ordered, tick, rate, counted=slots)
    spread_s, _ = spread_repeats((ordered - ordered[0]) * float(tick), path)
    return _table(np.rint(spread_s / float(_FINE)).astype(np.int64), _FINE, rate, counted=True)


def _table(pts: Int[np.ndarray, " n"], tick_s: Fraction, rate: Fraction | None, *, counted: bool) -> FrameTable:
    return FrameTable(pts=pts, time_s=(pts - pts[0]) * float(tick_s), rate=rate, tick_s=tick_s, counted=counted)


def cut(
    video: str | Path,
    out: str | Path,
    *,
    start: int,
    stop: int,
    table: FrameTable | None = None,
    crf: int = 18,
    preset: str = "medium",
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the frames start..stop-1 of `video`, counted from 0 as they are shown, to `out` as H.264.

    Size, pixel shape, rotation, mirroring, colour tags and the spacing of the frames in time are kept; the first frame
    stands at zero. Sound is left out. `out` appears complete or not at all.

    Args:
        table: `frame_table(video)`, where it is known already.
        crf: quality of x264, 0 lossless to 51; 18 as the authors of CineTechBench cut.
        progress: called with (frames written, frames to write).

    Raises:
        CinetrajError: an empty or impossible range.
        ReadError: the decoder does not give the frames that the container lists.
    """
    source, target = Path(video), Path(out)
    table = frame_table(source) if table is None else table
    if not 0 <= start < stop <= len(table):
        raise CinetrajError(
            f"frames {start} to {stop} (exclusive) of {source} are no range, expected 0 <= start < stop <= {len(table)}"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.stem}.part{target.suffix}")
    try:
        # Seeking relies on the container's index; where that is wrong, decoding from the start is slow but right.
        frames, how = range(start, stop), _Encoding(crf=crf, preset=preset)
        if not any(_write(source, part, table, frames, how, progress, seek=seek) for seek in (True, False)):
            raise ReadError(
                source,
                f"the decoder does not give frames {start} to {stop - 1} as the container lists them",
                remedy=_REMEDY,
            )
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


@final
@dataclass(frozen=True, kw_only=True)
class _Encoding:
    """Settings of x264."""

    crf: int
    preset: str


def _write(
    source: Path,
    part: Path,
    table: FrameTable,
    frames: range,
    how: _Encoding,
    progress: Callable[[int, int], None] | None,
    *,
    seek: bool,
) -> bool:
    """Encode the frames; False where the decoder gave others than the table lists."""
    import av

    wanted = table.pts[frames.start : frames.stop]
    written = 0
    with _open(source) as container, av.open(libav_name(part), "w") as output:
        stream = _video_stream(container, source)
        if seek and frames.start and not table.counted:
            container.seek(int(wanted[0]), stream=stream, backward=True)
        encoder: Any = None
        for number, frame in enumerate(container.decode(stream)):
            pts = table.pts[number] if table.counted and number < len(table) else frame.pts
            if pts is None or pts < wanted[0]:
                continue
            if written == len(wanted):
                break
            if pts != wanted[written]:
                return False
            if encoder is None:
                encoder = _encoder(output, stream, frame, table, how)
            index = frames.start + written
            following = table.pts[index + 1] if index + 1 < len(table) else 2 * table.pts[index] - table.pts[index - 1]
            picture = frame.reformat(format=encoder.codec_context.pix_fmt)
            picture.pts = int(wanted[written] - wanted[0])
            picture.duration = int(following - wanted[written])
            picture.time_base = table.tick_s
            picture.pict_type = 0  # the source's choice of key frames is not the clip's
            output.mux(encoder.encode(picture))
            written += 1
            if progress is not None:
                progress(written, len(wanted))
        if written == len(wanted):
            output.mux(encoder.encode(None))
    return written == len(wanted)


def _encoder(output: Any, stream: Any, frame: Any, table: FrameTable, how: _Encoding) -> Any:
    encoder = output.add_stream("libx264", rate=table.rate or Fraction(25))
    context = encoder.codec_context
    context.width, context.height = frame.width, frame.height
    # 4:2:0 as all players want it; an odd size cannot be halved.
    context.pix_fmt = "yuv444p" if frame.width % 2 or frame.height % 2 else "yuv420p"
    context.time_base = table.tick_s
    context.options = {"crf": str(how.crf), "preset": how.preset}
    if frame.interlaced_frame:  # else nobody knows that its lines are of two instants
        context.options |= {"flags": "+ildct+ilme"}
    if stream.sample_aspect_ratio:
        context.sample_aspect_ratio = stream.sample_aspect_ratio
    for name in ("color_range", "color_primaries", "color_trc", "colorspace"):
        setattr(context, name, int(getattr(frame, name)))
    turn = turn_of(frame)
    if turn.quarters or turn.flip:
        encoder.set_display_rotation(turn.rotation_deg, hflip=turn.flip)
    return encoder


def _open(path: Path) -> Any:
    if not path.is_file():
        raise ReadError(path, "does not exist or is no file", remedy="give the path of a video file")
    return open_video(path)


def _video_stream(container: Any, path: Path) -> Any:
    stream = largest_stream(container, path)
    stream.thread_type = "AUTO"
    return stream
