"""Interlaced films: one field of each frame is read, and cutting keeps them what they are."""

from pathlib import Path

import numpy as np
import pytest
from clips import encode, pan

from sfm.config import VideoConfig
from sfm.video.fields import are_two, upper_field
from sfm.video.reader import load
from sfm.video.trim import cut

INTERLACED = {"flags": "+ildct+ilme"}


def woven(fields: np.ndarray) -> np.ndarray:
    """Frames whose even lines are of one instant and whose odd lines are of the next."""
    frames = fields[::2].copy()
    frames[:, 1::2] = fields[1::2, 1::2]
    return frames


def apart(rgb: np.ndarray, other: np.ndarray) -> float:
    """Mean difference in brightness: colours lie in fewer lines, and both fields have a part in them."""
    return float(np.abs((rgb.astype(float) - other) @ [0.299, 0.587, 0.114]).mean())


@pytest.mark.parametrize("hw", [(6, 4), (7, 4), (3, 2), (1, 3), (2, 3)])
def test_the_lines_between_are_made_of_those_beside_them(hw: tuple[int, int]) -> None:
    rng = np.random.default_rng(hw[0])
    rgb = rng.integers(0, 256, (*hw, 3), dtype=np.uint8)
    other = rgb.copy()
    other[1::2] = 255 - other[1::2]
    made = upper_field(rgb)
    assert np.array_equal(made[::2], rgb[::2])
    if hw[0] >= 3:
        assert np.array_equal(made, upper_field(other))
        assert np.array_equal(made[1], (rgb[0].astype(int) + rgb[2] + 1) // 2)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.mpg", "mpeg2video")])
@pytest.mark.parametrize("long_side", [None, 80])
def test_an_interlaced_film_shows_one_instant_a_frame(
    tmp_path: Path, name: str, codec: str, long_side: int | None
) -> None:
    fields = pan(3, 16, step_px=5.0, noise=0.0)
    options = INTERLACED if codec == "libx264" else {**INTERLACED, "b": "8000000"}
    video = encode(tmp_path / name, woven(fields), codec=codec, options=options)
    frames = load(video, VideoConfig(long_side=long_side))
    truth = load(encode(tmp_path / "plain.mp4", fields[::2], crf=4), VideoConfig(long_side=long_side))
    assert len(frames) == 8
    both = load(encode(tmp_path / "both.mp4", woven(fields), crf=4), VideoConfig(long_side=long_side))
    assert 3.0 * apart(frames.rgb, truth.rgb) < apart(both.rgb, truth.rgb)
    assert frames.notes[-1] == "8 frames are marked as interlaced: where their fields differ the upper one is read"
    out = tmp_path / "cut.mp4"
    cut(video, out, start=2, stop=7)
    part = load(out, VideoConfig(long_side=long_side))
    assert 3.0 * apart(part.rgb, truth.rgb[2:7]) < apart(both.rgb, truth.rgb)


@pytest.mark.parametrize("options", [None, INTERLACED])
def test_whole_pictures_keep_all_lines_whatever_they_are_marked_as(
    tmp_path: Path, options: dict[str, str] | None
) -> None:
    lines = pan(5, 4, step_px=3.0, noise=0.0)
    lines[:, 60:62] = 255
    frames = load(encode(tmp_path / "a.mp4", lines, crf=4, options=options))
    assert apart(frames.rgb[:, 58:64], lines[:, 58:64]) < 6.0
    assert len(frames.notes) == (options is not None)


def test_fields_of_two_instants_are_told_from_one() -> None:
    fields = pan(6, 8, step_px=4.0, noise=2.0)
    assert not any(are_two(frame) for frame in fields)
    assert all(are_two(frame) for frame in woven(fields))
    assert not are_two(fields[0, :3])
