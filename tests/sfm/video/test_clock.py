"""What counts as a clock."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from clips import encode, pan

from sfm.config import VideoConfig
from sfm.video.clock import counts_slots, stands, stated_rate
from sfm.video.reader import load
from sfm.video.trim import frame_table


def stream(times: list[int], *, average: Any = Fraction(12), guessed: Any = Fraction(25), start: int | None = 0) -> Any:
    entries = [SimpleNamespace(timestamp=time) for time in times]
    return SimpleNamespace(index_entries=entries, average_rate=average, guessed_rate=guessed, start_time=start)


@pytest.mark.parametrize(("times", "still"), [([], False), ([7], False), ([0, 0, 0], True), ([0, 0, 1], False)])
def test_a_clock_stands_where_all_times_are_one(times: list[int], *, still: bool) -> None:
    assert stands(stream(times)) is still


def test_the_average_rate_is_believed_unless_the_clock_stands() -> None:
    assert stated_rate(stream([0, 1, 2])) == 12
    assert stated_rate(stream([0, 0, 0])) == 25
    assert stated_rate(stream([0, 1], average=None)) == 25
    assert stated_rate(stream([], start=None)) == 25
    assert stated_rate(stream([], guessed=None, start=None)) == 12
    assert stated_rate(stream([], average=None, guessed=None)) is None


@pytest.mark.parametrize(("name", "codec"), [("a.h264", "libx264"), ("a.hevc", "libx265")])
def test_a_raw_stream_is_as_quick_as_its_header_says(tmp_path: Path, name: str, codec: str) -> None:
    film = encode(tmp_path / name, pan(0, 7), fps=30, codec=codec)
    frames = load(film)
    assert frames.time_s == pytest.approx(np.arange(7) / 30)
    assert frames.notes == ("the file carries no timestamps; 30 frames per second assumed",)
    assert frame_table(film).time_s == pytest.approx(frames.time_s)


def test_only_an_avi_counts_slots() -> None:
    assert counts_slots(SimpleNamespace(format=SimpleNamespace(name="avi")))
    assert not counts_slots(SimpleNamespace(format=SimpleNamespace(name="mov,mp4,m4a,3gp,3g2,mj2")))


@pytest.mark.parametrize("name", ["a.mjpeg", "a.MJPG"])
def test_one_jpeg_after_the_other_is_a_film_without_times(tmp_path: Path, name: str) -> None:
    film = encode(tmp_path / "a.mjpeg", pan(0, 7), codec="mjpeg", pix_fmt="yuvj420p").rename(tmp_path / name)
    frames = load(film)
    assert (len(frames), frames.time_source) == (7, "assumed")
    assert load(film, VideoConfig(assumed_fps=10.0)).time_s == pytest.approx(np.arange(7) / 10)
    assert len(frame_table(film)) == 7
