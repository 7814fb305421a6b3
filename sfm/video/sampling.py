"""What containers and image sequences share: the options, sampling by rate, one buffer at the working size."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from sfm.config import VideoConfig
from sfm.processes.system import total_memory
from trajectory.errors import CinetrajError

Picture = TypeVar("Picture")
UNRATED = "carry no times, by which a part could be told; give their rate (--fps 10)"
"""What is said of images where a part of them is asked for."""
RATE_UNHEARD = "--video.assumed-fps has no effect: the clip has times of its own"
MEMORY_SHARE = 0.4
"""Of the memory, for the frames of a clip: an estimate needs about as much again."""


class VideoWarning(UserWarning):
    """Part of a clip could not be decoded; what could is used."""


def working_hw(source_hw: tuple[int, int], long_side: int | None) -> tuple[int, int]:
    """Size at which frames are held: the longer side at most `long_side`, never enlarged."""
    height, width = source_hw
    longest = max(height, width)
    if long_side is None or longest <= long_side:
        return height, width
    scale = long_side / longest
    return max(1, round(height * scale)), max(1, round(width * scale))


def shrink(rgb: UInt8[np.ndarray, "h w 3"], hw: tuple[int, int]) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Resize by pixel area, which does not alias."""
    if rgb.shape[:2] == hw:
        return rgb
    return np.asarray(cv2.resize(rgb, (hw[1], hw[0]), interpolation=cv2.INTER_AREA), np.uint8)


def over_black(rgba: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "h w 3"]:
    """Composite on black: colour times alpha. Done before resizing, so that hidden colours do not leak in."""
    alpha = rgba[..., 3:].astype(np.uint16)
    if alpha.min() == 255:
        return np.ascontiguousarray(rgba[..., :3])
    return ((rgba[..., :3] * alpha + 127) // 255).astype(np.uint8)


def none_within(config: VideoConfig) -> str:
    """What is wrong with a part of a clip in which nothing is, in words."""
    start = "" if config.start_s is None else f" from {config.start_s:g} s on"
    stop = "" if config.stop_s is None else f" before {config.stop_s:g} s"
    return f"no frame{start}{stop}; widen the part (--video.start-s, --video.stop-s)"


def within(pictures: Iterable[tuple[int, float, Picture]], config: VideoConfig) -> Iterator[tuple[int, float, Picture]]:
    """Of (number, time_s, picture), times increasing, those from start_s to before stop_s; what follows is not read."""
    for number, time_s, picture in pictures:
        if config.stop_s is not None and time_s >= config.stop_s:
            return
        if config.start_s is None or time_s >= config.start_s:
            yield number, time_s, picture


def nearest_to_ticks(
    pictures: Iterable[tuple[int, float, Picture]], fps: float | None
) -> Iterator[tuple[int, float, Picture]]:
    """Of (number, time_s, picture) keep the one nearest to each tick of `fps`, counted from the first.

    No picture is repeated where the source is slower than `fps`: its own times stay.
    """
    if fps is None:
        yield from pictures
        return
    start_s = previous_s = step_s = 0.0
    best: tuple[int, float, Picture] | None = None
    best_tick = 0
    for picture in pictures:
        if best is None:
            start_s, best = picture[1], picture
            previous_s = start_s
            continue
        position = (picture[1] - start_s) * fps
        tick = int(np.floor(position + 0.5))
        step_s, previous_s = picture[1] - previous_s, picture[1]
        if tick > best_tick:
            yield best
            best, best_tick = picture, tick
        elif abs(position - tick) < abs((best[1] - start_s) * fps - best_tick):
            best = picture
    if best is None:
        return
    # Were the clip longer, a later frame might be nearer to the last tick: then that tick has no frame.
    if best_tick == 0 or best_tick - (best[1] - start_s) * fps <= (0.5 + 1e-6) * step_s * fps:
        yield best


class FrameBuffer:
    """Grows in place, so that a long clip is held once and at the working size only.

    Frames that would take more than a share of the memory are refused before they fill the machine. `timed`: a part of
    the clip can be asked for as it is; images and pages need a rate first.
    """

    def __init__(self, hw: tuple[int, int], expected: int, source: str | Path, *, timed: bool = True) -> None:
        self._hw, self._source, self._timed = hw, source, timed
        self._most_bytes = MEMORY_SHARE * (total_memory() or float("inf"))
        self._rgb = self._room(max(expected, 1))
        self._number: list[int] = []
        self._time_s: list[float] = []

    def __len__(self) -> int:
        return len(self._number)

    def add(self, number: int, time_s: float, rgb: UInt8[np.ndarray, "h w 3"]) -> None:
        count = len(self._number)
        if count == len(self._rgb):
            larger = self._room(count + max(64, count // 2))
            larger[:count] = self._rgb
            self._rgb = larger
        self._rgb[count] = rgb
        self._number.append(number)
        self._time_s.append(time_s)

    def _room(self, count: int) -> UInt8[np.ndarray, "n h w 3"]:
        height, width = self._hw
        gib, most_gib = count * height * width * 3 / 2**30, self._most_bytes / 2**30
        if gib > most_gib:
            rate = "" if self._timed else "--video.assumed-fps 25 "
            raise CinetrajError(
                f"{self._source}: {count} frames of {width}x{height} take {gib:.1f} GiB, of {most_gib:.1f} that they "
                f"may; take fewer ({rate}--fps 2), smaller ones (--long-side 320) or a part ({rate}--video.stop-s 60)"
            )
        return np.empty((count, height, width, 3), np.uint8)

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """rgb (n h w 3), time_s (n,), index (n,)."""
        return self._rgb[: len(self)], np.array(self._time_s, np.float64), np.array(self._number, np.int64)


def spread_repeats(time_s: Float[np.ndarray, " n"], source: str | Path) -> tuple[Float[np.ndarray, " n"], int]:
    """Spread repeated times evenly up to the next one; also returns how many were moved.

    Times that run backwards cannot be repaired and are an error.
    """
    steps = np.diff(time_s)
    if (steps > 0).all():
        return time_s, 0
    if (steps < 0).any():
        i = int(np.argmax(steps < 0))
        raise CinetrajError(
            f"{source}: time runs backwards from {time_s[i]:.6g} s to {time_s[i + 1]:.6g} s at frame {i + 1}; "
            "remux the file so that its timestamps increase"
        )
    if not (steps > 0).any():
        raise CinetrajError(
            f"{source}: all {len(time_s)} frames carry the time {time_s[0]:.6g} s; remux the file with timestamps"
        )
    typical = float(np.median(steps[steps > 0]))
    repaired = time_s.copy()
    starts = np.flatnonzero(np.concatenate([[True], steps > 0]))
    for start, stop in zip(starts, [*starts[1:], len(time_s)], strict=True):
        count = stop - start
        if count > 1:
            room = time_s[stop] - time_s[start] if stop < len(time_s) else typical * count
            repaired[start:stop] += room * np.arange(count) / count
    return repaired, int((repaired != time_s).sum())
