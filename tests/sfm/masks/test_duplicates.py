"""Frames that repeat their predecessor."""

from pathlib import Path

import clips
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfm import video
from sfm.masks import find as evidence
from sfm.masks.duplicates import find_repeats
from sfm.types import Masks

HW = (180, 320)


def judge(rgb: np.ndarray) -> Masks:
    return evidence.find(clips.as_frames(rgb))


def through_codec(folder: Path, rgb: np.ndarray) -> np.ndarray:
    return video.load(clips.encode(folder / "clip.mp4", rgb, crf=23)).rgb


def resting(count: int, noise: float = 1.5) -> np.ndarray:
    image = clips.texture(5, HW)
    return clips.noisy(np.repeat(image[None], count, 0), noise, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("repeats", "said"), [({7}, "frame 7 repeats its predecessor"), ({7, 9}, "2 frames repeat their predecessor")]
)
def test_how_many_frames_repeat_is_told(repeats: set[int], said: str) -> None:
    source = clips.pan(0, 20, hw=(90, 160), step_px=3.0)
    assert judge(source[[k - (k in repeats) for k in range(20)]]).notes[0].startswith(said)


@settings(deadline=None, max_examples=15)
@given(st.sets(st.integers(1, 28), max_size=6), st.floats(0.6, 8.0))
def test_repeated_frames_point_to_their_original(repeats: set[int], step_px: float) -> None:
    source = clips.pan(0, 30, hw=(90, 160), step_px=step_px)
    origin: list[int] = []
    for frame in range(30):
        origin.append(origin[-1] if frame in repeats else frame)
    found = judge(source[origin])
    np.testing.assert_array_equal(found.duplicate_of, origin)


def test_pulldown_through_a_codec_is_found(tmp_path: Path) -> None:
    """24 to 30 frames a second: every fifth frame repeats its predecessor."""
    origin = np.array([number * 4 // 5 for number in range(40)])
    rgb = through_codec(tmp_path, clips.pan(0, 32, hw=HW, step_px=3)[origin])
    found = judge(rgb)
    repeats = np.flatnonzero(found.duplicate_of != np.arange(40))
    np.testing.assert_array_equal(repeats, np.flatnonzero(np.diff(origin) == 0) + 1)
    np.testing.assert_array_equal(found.duplicate_of[repeats], repeats - 1)


@pytest.mark.parametrize("noise", [0.0, 1.5])
def test_a_resting_clip_repeats_nothing(tmp_path: Path, noise: float) -> None:
    for rgb in (resting(30, noise), through_codec(tmp_path, resting(30, noise))):
        found = judge(rgb)
        np.testing.assert_array_equal(found.duplicate_of, np.arange(30))
        assert found.usable.all()
        assert not found.blank.any()
    assert any("identical" in note for note in judge(resting(30, noise)).notes) == (noise == 0.0)


def test_a_camera_that_eases_to_rest_repeats_nothing() -> None:
    place = 60 * (1 - np.cos(np.linspace(0, 2 * np.pi, 50))) / 2  # out and back, at rest at both ends
    image = clips.texture(0, (200, 420))
    rgb = np.stack([clips.window(image, 5 + x, 5, HW) for x in place])
    rgb = clips.noisy(rgb, 1.0, np.random.default_rng(0))
    np.testing.assert_array_equal(judge(rgb).duplicate_of, np.arange(50))


def test_a_long_freeze_is_a_still_picture() -> None:
    rgb = clips.pan(0, 40, hw=HW)
    rgb[15:35] = rgb[15]
    found = judge(rgb)
    np.testing.assert_array_equal(found.duplicate_of, np.arange(40))
    assert any("still picture" in note for note in found.notes)


def test_frames_lit_alike_by_chance_between_a_flicker_are_no_repeats() -> None:
    """The light changes the picture by seven grey levels from frame to frame, the pan by one."""
    soft = 120 + (clips.pan(0, 30, hw=HW, step_px=2)[..., 0].astype(float) - 128) / 8
    light = np.where(np.arange(30) % 2, 1.03, 0.97)
    light[[11, 20, 21]] = light[[10, 19, 19]]
    flickering = np.rint(soft * light[:, None, None]).astype(np.uint8)
    still, _ = find_repeats(flickering, np.zeros(30, bool))
    np.testing.assert_array_equal(still, np.arange(30))
