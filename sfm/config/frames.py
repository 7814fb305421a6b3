"""What is read of a clip: rate, size, part, and how one is read that is too long to be held."""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, final

from sfm.ranges import Count, Moment, Range, Ranged, Side
from trajectory.errors import CinetrajError

Rate: TypeAlias = Annotated[float, Range(0, 100_000, "frames per second", above=True)]


@final
@dataclass(frozen=True, kw_only=True)
class VideoConfig(Ranged):
    """How a clip is read.

    Attributes:
        fps: frames kept per second, the nearest to each tick; None keeps every frame. For an image sequence without
            `assumed_fps` it says at what rate the images were taken, and every image is kept.
        long_side: pixels of the longer side of the working size; smaller clips are never enlarged; None keeps the size.
        start_s: first time of the part of the clip that is read, on its own clock (`Frames.time_s`): start_s <= time.
        stop_s: end of the part, on that clock: time < stop_s.
        assumed_fps: rate of an image sequence or of a stream that carries no times.
        decoder: "software", or libav's decoder on such a device; where build, machine or codec have none, software does
            it, and a note says so. For large film beside a GPU; a small clip is decoded sooner than a device is ready.
    """

    fps: Rate | None = None
    long_side: Side | None = 640
    start_s: Moment | None = None
    stop_s: Moment | None = None
    assumed_fps: Rate | None = None
    decoder: Literal["software", "cuda", "qsv", "vaapi", "videotoolbox"] = "software"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start_s is not None and self.stop_s is not None and self.stop_s <= self.start_s:
            raise CinetrajError(f"stop_s={self.stop_s} is not after start_s={self.start_s}; give stop_s > start_s")


@final
@dataclass(frozen=True, kw_only=True)
class WindowConfig(Ranged):
    """How a clip is read that is too long to be held at once.

    Attributes:
        beyond: a video file with more frames is read in windows; a shorter one is held whole. 1,500 frames of 640x360
            take 1 GiB, and an estimate as much again.
        frames: held at a time. A shot that ends within a window is estimated as ever; one that does not is estimated
            window by window, and the pieces are joined. Twelve seconds: of pieces of half a minute with a move that
            came and went many times, one was taken for a turn, with confidence.
        overlap: frames that two pieces of a shot share, by which they are joined: two seconds.
    """

    beyond: Annotated[int, Range(1, 1_000_000_000)] = 1500
    frames: Count = 288
    overlap: Count = 48

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.overlap < 8 or self.frames < 4 * self.overlap or self.beyond < self.frames:
            raise CinetrajError(
                f"windows have beyond={self.beyond}, frames={self.frames}, overlap={self.overlap}; expected an overlap "
                "of at least 8, at least four times as many frames, and no fewer beyond"
            )
