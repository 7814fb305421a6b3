"""Masks: bars, overlays, repeats and blank frames that were put in are found, and nothing else."""

from pathlib import Path

import clips
import cv2
import numpy as np
import pytest

from sfm import video
from sfm.masks import find as evidence
from sfm.types import Masks

HW = (180, 320)


def judge(rgb: np.ndarray) -> Masks:
    return evidence.find(clips.as_frames(rgb))


# Bars


# Overlays


# Repeats


# Blank frames


def test_black_white_and_covered_frames_are_blank() -> None:
    rgb = clips.pan(0, 20, hw=HW)
    rng = np.random.default_rng(0)
    rgb[3] = 0
    rgb[4] = 255
    rgb[8] = clips.noisy(np.full((*HW, 3), 9.0), 3.0, rng)  # covered, with the noise of the dark
    rgb[9] = (rgb[9] * 0.02).astype(np.uint8)  # faded away
    np.testing.assert_array_equal(np.flatnonzero(judge(rgb).blank), [3, 4, 8, 9])


def test_lights_in_the_night_are_not_blank() -> None:
    rgb = np.full((10, *HW, 3), 3, np.uint8)
    for number in range(10):
        for k in range(12):
            cv2.circle(rgb[number], (20 + 24 * k + number, 30 + 9 * k), 3, (200, 190, 160), -1)
    assert not judge(rgb).blank.any()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_clips(count: int) -> None:
    found = judge(clips.pan(0, count))
    assert found.usable.all()
    assert not found.blank.any()
    np.testing.assert_array_equal(found.duplicate_of, np.arange(count))


# Real clips


@pytest.mark.slow
def test_real_clips(shared: Path) -> None:
    """No clip has bars, logos or blank frames; one was recorded at 24 and stored at 30 frames a second."""
    for folder in sorted(path.parent for path in (shared / "data").glob("*/meta.json")):
        source = next((p for p in (*folder.glob("video.*"), folder / "frames") if p.exists()), None)
        if source is None or folder.name == "multishot_bikes":
            continue
        found = evidence.find(video.load(source, video.VideoConfig(long_side=480)))
        assert found.usable.all(), folder.name
        assert not found.blank.any(), folder.name
        repeats = np.flatnonzero(found.duplicate_of != np.arange(len(found.blank)))
        if folder.name == "7scenes_truck_right":
            assert len(repeats) == 13
            assert set(np.diff(repeats)) <= {3, 4, 5, 6}
        else:
            assert len(repeats) == 0, folder.name


# What was told


def test_what_is_told_is_looked_past_in_its_own_frame_alone() -> None:
    rgb = clips.pan(0, 6, hw=HW)
    moving = np.zeros((6, *HW), bool)
    moving[2, :90] = True
    found = evidence.find(clips.as_frames(rgb), moving=moving)
    assert found.usable.all()
    np.testing.assert_array_equal(found.usable_in(2), ~moving[2])
    assert found.usable_in(3).all()
    assert not found.blank.any()
    assert found.blank_reason(3) == "blank"
    assert "told to move: 8.3% of the picture, at most 50.0% of a frame" in found.notes
    assert evidence.find(clips.as_frames(rgb)).moving is None


def test_a_frame_with_nothing_beside_what_is_told_has_no_content() -> None:
    rgb = clips.pan(0, 6, hw=HW)
    rgb[4, 90:] = 77
    moving = np.zeros((6, *HW), bool)
    moving[1] = True
    moving[3:5, :94] = True
    found = evidence.find(clips.as_frames(rgb), moving=moving)
    assert np.flatnonzero(found.blank).tolist() == [1, 4]
    assert found.blank_reason(4) == "blank beside what is told to move"
    assert "2 of 6 frames show nothing beside what is told to move" in found.notes
