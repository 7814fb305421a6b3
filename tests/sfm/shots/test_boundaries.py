"""Shots: what is a cut, what only looks like one, and real clips."""

import json
from pathlib import Path

import clips
import numpy as np
import pytest

from sfm import video
from sfm.shots import boundaries as shots

# What is a cut


@pytest.mark.parametrize("seed", range(4))
def test_a_cut_is_found_at_its_frame(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(6, 25, 3)
    parts = [clips.pan(10 * seed + k, int(n), step_px=float(rng.uniform(-4, 4))) for k, n in enumerate(lengths)]
    assert clips.shot_starts(np.concatenate(parts)) == list(np.cumsum(lengths)[:-1])


def test_a_cut_is_found_between_shots_of_equal_brightness_and_under_bars_and_a_logo() -> None:
    rgb = np.concatenate([clips.pan(0, 15), clips.pan(1, 15)])
    mean = rgb.mean((0, 1, 2))
    levelled = [np.clip(part - part.mean((0, 1, 2)) + mean, 0, 255) for part in (rgb[:15], rgb[15:])]
    rgb = np.concatenate(levelled).astype(np.uint8)
    rgb[:, :14] = rgb[:, -14:] = 0
    rgb[:, 20:32, 130:150] = 255 * (np.indices((12, 20)).sum(0) % 4 > 1)[..., None]
    assert clips.shot_starts(rgb) == [15]


SIGNS = {
    "a subtitle of two lines": ((0.76, 0.04, 0.1, 0.9), (0.88, 0.04, 0.1, 0.9)),
    "a ticker": ((0.78, 0.18, 0.03, 0.97), (0.05, 0.08, 0.7, 0.97)),
    "the signs of a game": ((0.02, 0.2, 0.02, 0.3), (0.9, 0.06, 0.05, 0.3), (0.9, 0.06, 0.7, 0.95)),
}
"""Where something is laid over the picture: top, height, left and right, in shares of it."""


def laid_over(rgb: np.ndarray, name: str) -> np.ndarray:
    """The same letters, or what stands for them, over every frame."""
    height, width = rgb.shape[1:3]
    rgb, letters = rgb.copy(), np.random.default_rng(7).integers(0, 2, (height // 3 + 1, width // 3 + 1))
    letters = 255 * letters.repeat(3, 0).repeat(3, 1)[:height, :width, None]
    for top, high, left, right in SIGNS[name]:
        rows = slice(round(top * height), round((top + high) * height))
        columns = slice(round(left * width), round(right * width))
        rgb[:, rows, columns] = letters[rows, columns]
    return rgb


@pytest.mark.parametrize("name", SIGNS)
def test_what_is_laid_over_both_shots_hides_no_cut(name: str) -> None:
    hw = (180, 320)
    cut = np.concatenate([clips.pan(seed, 15, hw=hw) for seed in (0, 1)])
    assert clips.shot_starts(cut) == [15]
    assert clips.shot_starts(laid_over(cut, name)) == [15]


@pytest.mark.parametrize("name", SIGNS)
def test_what_is_laid_over_makes_no_cut(name: str) -> None:
    hw = (180, 320)
    flash = clips.pan(0, 30, step_px=0.0, hw=hw)
    flash[1:4] = np.minimum(flash[1:4].astype(int) + 120, 255)
    assert clips.shot_starts(laid_over(flash, name)) == []
    walk = clips.pan(0, 30, step_px=6.0, hw=hw)
    assert clips.shot_starts(laid_over(walk, name)) == []


@pytest.mark.parametrize("length", [6, 12, 20])
def test_a_dissolve_is_one_cut_in_its_middle(length: int) -> None:
    first, second = clips.pan(0, 30 + length, step_px=0.3), clips.pan(1, 30 + length, step_px=-0.3)
    share = np.clip((np.arange(60 + length) - 29) / (length + 1), 0, 1)[:, None, None, None]
    padded_first = np.concatenate([first, np.repeat(first[-1:], 30, 0)])
    padded_second = np.concatenate([np.repeat(second[:1], 30, 0), second])
    rgb = np.rint((1 - share) * padded_first + share * padded_second).astype(np.uint8)
    found = clips.shot_starts(rgb)
    assert len(found) == 1
    assert abs(found[0] - (30 + length / 2)) <= 2 + length / 4


@pytest.mark.parametrize("black", [0, 5])
def test_a_fade_through_black_is_one_cut(black: int) -> None:
    first, second = clips.pan(0, 30), clips.pan(1, 30)
    down, up = np.linspace(1, 0, 10), np.linspace(0, 1, 10)
    first[-10:] = (first[-10:] * down[:, None, None, None]).astype(np.uint8)
    second[:10] = (second[:10] * up[:, None, None, None]).astype(np.uint8)
    found = clips.shot_starts(np.concatenate([first, np.zeros((black, *first.shape[1:]), np.uint8), second]))
    assert len(found) == 1
    assert 28 <= found[0] <= 33 + black


def test_short_shots_are_shots_of_their_own_and_named() -> None:
    rgb = np.concatenate([clips.pan(0, 12), clips.pan(1, 2), clips.pan(2, 12)])
    found = shots.find(clips.as_frames(rgb))
    assert found.spans == ((0, 12), (12, 14), (14, 26))
    assert any("shot 1 (frames 12..13) is shorter" in note for note in found.notes)


# What only looks like a cut


@pytest.mark.parametrize("step_px", [0.0, 3.0, 20.0])
def test_one_shot_stays_whole(step_px: float) -> None:
    assert clips.shot_starts(clips.pan(2, 30, step_px=step_px)) == []


def test_fading_in_and_out_at_the_ends_is_no_cut() -> None:
    rgb = clips.pan(0, 40).astype(float)
    rgb *= np.clip(np.minimum(np.arange(40), 39 - np.arange(40)) / 10, 0, 1)[:, None, None, None]
    assert clips.shot_starts(rgb.astype(np.uint8)) == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_clips(count: int) -> None:
    assert shots.split(clips.as_frames(clips.pan(0, count))) == ((0, count),)
    assert shots.split(clips.as_frames(np.zeros((count, 64, 64, 3), np.uint8))) == ((0, count),)


# Real clips


@pytest.mark.slow
def test_real_clips_are_cut_where_they_are_cut(shared: Path) -> None:
    """Six shots in one clip, seen by eye; all others are one shot, the irregular key frames of a fox too."""
    seen = 0
    for folder in sorted(path.parent for path in (shared / "data").glob("*/meta.json")):
        source = next((p for p in (*folder.glob("video.*"), folder / "frames") if p.exists()), None)
        if source is None:
            continue
        frames = video.load(source, video.VideoConfig(long_side=320))
        spans = shots.split(frames)
        if json.loads((folder / "meta.json").read_text())["name"] == "multishot_bikes":
            assert [start for start, _ in spans] == [0, 30, 76, 137, 187, 242]
        else:
            assert len(spans) == 1, (folder.name, spans)
        seen += 1
    assert seen > 20


def test_a_frame_that_rests_around_the_picture_links_no_two_shots() -> None:
    framed = np.broadcast_to(clips.texture(9, (120, 160)), (40, 120, 160, 3)).copy()
    both = np.concatenate([clips.pan(1, 20, hw=(120, 160)), clips.pan(2, 20, hw=(120, 160))])
    framed[:, 14:-14, 18:-18] = both[:, 14:-14, 18:-18]
    assert shots.split(clips.as_frames(framed, 25.0)) == ((0, 20), (20, 40))
