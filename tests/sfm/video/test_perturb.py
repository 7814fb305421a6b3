"""Twins of a clip show the same camera."""

from dataclasses import replace

import numpy as np
import pytest

from sfm.types import Frames
from sfm.video.perturb import KINDS, twin


def clip(hw: tuple[int, int] = (47, 63), n: int = 6) -> Frames:
    rows, columns = np.mgrid[: hw[0], : hw[1]]
    rgb = np.stack([np.stack([rows * 3, columns * 2, 0 * rows + 20 * k], -1) for k in range(n)]).astype(np.uint8)
    time_s = np.array([0.0, 0.1, 0.25, 0.3, 0.5, 1.0][:n])
    return Frames(rgb=rgb, time_s=time_s, index=np.arange(n), source_hw=hw, source="clip.mp4", focal_px=80.0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_frames_and_the_span_stay(kind: str) -> None:
    frames = clip()
    changed = twin(frames, kind)
    assert len(changed) == len(frames)
    assert (changed.time_s[0], changed.time_s[-1]) == (0.0, 1.0)
    assert (np.diff(changed.time_s) > 0).all()


def test_reversing_and_mirroring_twice_is_the_clip() -> None:
    frames = clip()
    for kind in ("reversed", "mirrored"):
        twice = twin(twin(frames, kind), kind)
        np.testing.assert_array_equal(twice.rgb, frames.rgb)
        np.testing.assert_allclose(twice.time_s, frames.time_s)
    np.testing.assert_array_equal(twin(frames, "reversed").rgb[0], frames.rgb[-1])
    np.testing.assert_array_equal(twin(frames, "mirrored").rgb[:, :, 0], frames.rgb[:, :, -1])


def test_resizing_scales_the_focal_length_with_the_picture() -> None:
    small = twin(clip((48, 64)), "resized")
    assert small.hw == (36, 48)
    assert small.focal_px == pytest.approx(60.0)
    assert twin(replace(clip(), focal_px=None), "resized").focal_px is None


@pytest.mark.parametrize("hw", [(48, 64), (47, 63)])
def test_reencoding_changes_pixels_a_little_and_nothing_else(hw: tuple[int, int]) -> None:
    frames = clip(hw)
    again = twin(frames, "reencoded")
    assert again.rgb.shape == frames.rgb.shape
    difference = np.abs(again.rgb.astype(int) - frames.rgb)
    assert 0 < difference.mean() < 12
    np.testing.assert_array_equal(again.time_s, frames.time_s)
