"""Shots: what is a cut, what only looks like one, and real clips."""

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import clips
import numpy as np
import pytest

from sfm import video
from sfm.shots import boundaries as shots

FLASH = [1, 2, 3]


def starts(rgb: np.ndarray, fps: float = 25.0) -> list[int]:
    spans = shots.split(clips.as_frames(rgb, fps))
    assert spans[0][0] == 0
    assert spans[-1][1] == len(rgb)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(spans))
    return [start for start, _ in spans[1:]]


def blur_pan(seed: int, speed_px: np.ndarray, hw: tuple[int, int] = (120, 160)) -> np.ndarray:
    """A pan of given pixels a frame, each frame exposed over half of its motion."""
    place = np.concatenate([[0.0], np.cumsum(speed_px)])
    image = clips.texture(seed, (hw[0] + 20, int(place[-1]) + hw[1] + 40))
    frames = []
    for x, speed in zip(place, speed_px, strict=False):
        exposure = np.linspace(0, 0.5 * speed, max(1, int(speed / 2)))
        frames.append(np.mean([clips.window(image, 5 + x + s, 5, hw).astype(float) for s in exposure], 0))
    return clips.noisy(np.rint(frames), 1.0, np.random.default_rng(seed))


# What is a cut


@pytest.mark.parametrize("seed", range(4))
def test_a_cut_is_found_at_its_frame(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(6, 25, 3)
    parts = [clips.pan(10 * seed + k, int(n), step_px=float(rng.uniform(-4, 4))) for k, n in enumerate(lengths)]
    assert starts(np.concatenate(parts)) == list(np.cumsum(lengths)[:-1])


def test_a_cut_is_found_between_shots_of_equal_brightness_and_under_bars_and_a_logo() -> None:
    rgb = np.concatenate([clips.pan(0, 15), clips.pan(1, 15)])
    mean = rgb.mean((0, 1, 2))
    levelled = [np.clip(part - part.mean((0, 1, 2)) + mean, 0, 255) for part in (rgb[:15], rgb[15:])]
    rgb = np.concatenate(levelled).astype(np.uint8)
    rgb[:, :14] = rgb[:, -14:] = 0
    rgb[:, 20:32, 130:150] = 255 * (np.indices((12, 20)).sum(0) % 4 > 1)[..., None]
    assert starts(rgb) == [15]


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
    assert starts(cut) == [15]
    assert starts(laid_over(cut, name)) == [15]


@pytest.mark.parametrize("name", SIGNS)
def test_what_is_laid_over_makes_no_cut(name: str) -> None:
    hw = (180, 320)
    flash = clips.pan(0, 30, step_px=0.0, hw=hw)
    flash[FLASH] = np.minimum(flash[FLASH].astype(int) + 120, 255)
    assert starts(laid_over(flash, name)) == []
    walk = clips.pan(0, 30, step_px=6.0, hw=hw)
    assert starts(laid_over(walk, name)) == []


def test_a_cut_in_fast_motion_is_found() -> None:
    parts = [blur_pan(seed, np.full(10, 25.0)) for seed in (0, 1)]
    assert starts(np.concatenate(parts)) == [10]


@pytest.mark.parametrize("share", [0.15, 0.5, 0.8])
def test_a_frame_that_mixes_both_shots_hides_no_cut(share: float) -> None:
    """A change of the frame rate mixes neighbours, those on both sides of a cut too."""
    left, right = clips.pan(1, 15, step_px=2.0), clips.pan(2, 15, step_px=-1.0)
    mixed = np.rint((1 - share) * left[-1:].astype(float) + share * right[:1]).astype(np.uint8)
    (cut,) = starts(np.concatenate([left, mixed, right]))
    assert cut in (15, 16)


def test_a_jump_cut_inside_one_picture_is_a_cut() -> None:
    """The camera cuts in, half as close again: features still match, but nothing moves so far in one frame."""
    import cv2

    far = clips.pan(0, 15, hw=(240, 320), step_px=0.5)
    near = [cv2.resize(image[40:200, 30:243], (320, 240), interpolation=cv2.INTER_CUBIC) for image in far]
    assert starts(np.concatenate([far, np.stack(near)])) == [15]


@pytest.mark.parametrize("length", [6, 12, 20])
def test_a_dissolve_is_one_cut_in_its_middle(length: int) -> None:
    first, second = clips.pan(0, 30 + length, step_px=0.3), clips.pan(1, 30 + length, step_px=-0.3)
    share = np.clip((np.arange(60 + length) - 29) / (length + 1), 0, 1)[:, None, None, None]
    padded_first = np.concatenate([first, np.repeat(first[-1:], 30, 0)])
    padded_second = np.concatenate([np.repeat(second[:1], 30, 0), second])
    rgb = np.rint((1 - share) * padded_first + share * padded_second).astype(np.uint8)
    found = starts(rgb)
    assert len(found) == 1
    assert abs(found[0] - (30 + length / 2)) <= 2 + length / 4


def test_a_peak_of_change_that_is_no_cut_hides_no_dissolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the first blended frame of a shot that rests is."""
    rests, second = np.repeat(clips.pan(0, 1), 40, 0), clips.pan(1, 40, step_px=0.5)
    share = (np.arange(1, 9) / 9)[:, None, None, None]
    blend = np.rint((1 - share) * rests[:8] + share * second[:8]).astype(np.uint8)
    plain = shots.suspected

    def with_a_peak(*given: Any) -> Any:
        peaks, large = plain(*given)
        peaks[40] = True
        return peaks, large

    monkeypatch.setattr(shots, "suspected", with_a_peak)
    found = starts(np.concatenate([rests, blend, second[8:]]))
    assert len(found) == 1
    assert abs(found[0] - 44) <= 3


def test_where_tracks_break_off_a_blend_of_two_that_move_is_a_cut() -> None:
    """By itself it is explained too badly; what moves without a break there is none, and neither is what is linked."""
    first, second = clips.pan(0, 42, step_px=4.0), clips.pan(1, 42, step_px=-4.0)
    share = (np.arange(1, 13) / 13)[:, None, None, None]
    blend = np.rint((1 - share) * first[30:] + share * second[:12]).astype(np.uint8)
    whole = clips.as_frames(np.concatenate([first[:30], blend, second[12:]]))
    (found,) = shots.at_breaks(whole, [(28, 44)])
    assert abs(found - 36) <= 4
    assert shots.at_breaks(whole, [(2, 14)]) == []
    assert shots.at_breaks(clips.as_frames(clips.pan(0, 72, step_px=4.0)), [(28, 44)]) == []


@pytest.mark.parametrize(("scene_behind", "cuts"), [(0, 0), (7, 1)])
def test_what_is_there_before_and_behind_a_near_thing_is_one_shot(scene_behind: int, cuts: int) -> None:
    """A camera that passes through something sees nothing of the scene for a while, in which one thing blends into
    another; another scene behind it is a cut."""
    scene, behind = clips.pan(0, 80, step_px=0.5), clips.pan(scene_behind, 80, step_px=0.5)
    near, nearer = clips.pan(3, 16, step_px=3.0), clips.pan(4, 16, step_px=-3.0)
    share = (np.arange(1, 13) / 13)[:, None, None, None]
    blend = np.rint((1 - share) * near[4:] + share * nearer[:12]).astype(np.uint8)
    whole = clips.as_frames(np.concatenate([scene[:30], near[:4], blend, nearer[12:], behind[50:]]))
    assert len(shots.at_breaks(whole, [(30, 48)])) == cuts


@pytest.mark.parametrize("black", [0, 5])
def test_a_fade_through_black_is_one_cut(black: int) -> None:
    first, second = clips.pan(0, 30), clips.pan(1, 30)
    down, up = np.linspace(1, 0, 10), np.linspace(0, 1, 10)
    first[-10:] = (first[-10:] * down[:, None, None, None]).astype(np.uint8)
    second[:10] = (second[:10] * up[:, None, None, None]).astype(np.uint8)
    found = starts(np.concatenate([first, np.zeros((black, *first.shape[1:]), np.uint8), second]))
    assert len(found) == 1
    assert 28 <= found[0] <= 33 + black


def test_short_shots_are_shots_of_their_own_and_named() -> None:
    rgb = np.concatenate([clips.pan(0, 12), clips.pan(1, 2), clips.pan(2, 12)])
    found = shots.find(clips.as_frames(rgb))
    assert found.spans == ((0, 12), (12, 14), (14, 26))
    assert any("shot 1 (frames 12..13) is shorter" in note for note in found.notes)


# What only looks like a cut


@pytest.mark.parametrize("length", FLASH)
@pytest.mark.parametrize("kind", ["white", "bright", "glitch"])
def test_a_flash_is_no_cut(length: int, kind: str) -> None:
    rgb = clips.pan(0, 30)
    flash = rgb[14 : 14 + length].astype(float)
    other = {"white": 255.0, "bright": 200 + 0.3 * flash, "glitch": clips.pan(7, length).astype(float)}[kind]
    rgb[14 : 14 + length] = np.clip(other, 0, 255)
    assert starts(rgb) == []


def test_an_exposure_jump_is_no_cut() -> None:
    rgb = clips.pan(0, 30).astype(float)
    rgb[15:] = 255 * (rgb[15:] / 255) ** 0.4
    assert starts(np.rint(rgb).astype(np.uint8)) == []


@pytest.mark.parametrize("peak_px", [20, 45, 70])
def test_a_whip_pan_is_no_cut(peak_px: float) -> None:
    """Up to almost half of the width a frame, blurred over a quarter of it."""
    speed = 1 + peak_px * np.exp(-0.5 * ((np.arange(30) - 15) / 2.5) ** 2)
    assert starts(blur_pan(3, speed)) == []


def test_a_large_object_that_passes_is_no_cut() -> None:
    rgb = clips.pan(0, 40, hw=(120, 160), step_px=0.5)
    cover = clips.texture(9, (120, 110))
    for number in range(10, 30):
        x = -110 + 270 * (number - 10) // 20
        left, right = max(0, x), min(160, x + 110)
        rgb[number, :, left:right] = cover[:, left - x : right - x]
    assert starts(rgb) == []


def covered(count: int = 40, *, gone: int = 24, hw: tuple[int, int] = (120, 160)) -> np.ndarray:
    """A pan behind a subject that comes near, covers the lens for ten frames and is past it at frame `gone`."""
    import cv2

    rgb, coat = clips.pan(3, count, step_px=0.5).copy(), clips.texture(4, hw)
    for i in range(gone):
        near = 1.12 ** (i - gone + 14)
        wide = min(hw[1], round(60 * near))
        scale = max(1.0, 1.5 * near)
        large = cv2.resize(coat, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        left = (hw[1] - wide) // 2
        rgb[i, :, left : left + wide] = large[: hw[0], :wide]
    return rgb


def test_a_lens_that_a_subject_covers_is_no_cut() -> None:
    rgb = covered()
    assert starts(rgb) == []
    # The same subject before another scene is one.
    assert starts(np.concatenate([rgb[:24], clips.pan(5, 16)])) == [24]


@pytest.mark.parametrize("between", [6, 12])
def test_a_short_shot_between_two_of_one_scene_has_two_cuts(between: int) -> None:
    scene = clips.pan(3, 40, step_px=0.5)
    rgb = np.concatenate([scene[:20], clips.pan(4, between), scene[20:]])
    assert starts(rgb) == [20, 20 + between]


@pytest.mark.parametrize("step_px", [0.0, 3.0, 20.0])
def test_one_shot_stays_whole(step_px: float) -> None:
    assert starts(clips.pan(2, 30, step_px=step_px)) == []


def test_fading_in_and_out_at_the_ends_is_no_cut() -> None:
    rgb = clips.pan(0, 40).astype(float)
    rgb *= np.clip(np.minimum(np.arange(40), 39 - np.arange(40)) / 10, 0, 1)[:, None, None, None]
    assert starts(rgb.astype(np.uint8)) == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_clips(count: int) -> None:
    assert shots.split(clips.as_frames(clips.pan(0, count))) == ((0, count),)
    assert shots.split(clips.as_frames(np.zeros((count, 64, 64, 3), np.uint8))) == ((0, count),)


def test_numbered_images_of_one_scene_are_one_shot() -> None:
    """Three views, each far from the one before, the last close to the first."""
    image = clips.texture(0, (160, 700))
    views = [(0, 5), (330, 5), (40, 8)]
    rgb = np.concatenate([[clips.window(image, x + 2 * k, y, (120, 160)) for k in range(5)] for x, y in views])
    numbered = replace(clips.as_frames(rgb), time_s=np.arange(15.0), time_source="index")
    assert len(shots.split(clips.as_frames(rgb))) == 3
    found = shots.find(numbered)
    cuts = [suspect.frame for suspect in found.suspects if suspect.cut]
    assert len(cuts) < 3


# Parts


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
