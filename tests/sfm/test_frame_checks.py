"""What is handed in as frames is refused at the door where it is none, with what to do about it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sfm import backends
from sfm.types import Frames, Masks
from trajectory.errors import CinetrajError

GREY = np.zeros((3, 4, 5), np.uint8)


def clip_with(**changes: Any) -> Frames:
    """Frames of three pictures, changed past the types of the tests."""
    frames = Frames(
        rgb=np.zeros((3, 4, 5, 3), np.uint8), time_s=np.arange(3.0), index=np.arange(3), source_hw=(4, 5), source="made"
    )
    for name, value in changes.items():
        object.__setattr__(frames, name, value)
    frames.__post_init__()
    return frames


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("rgb", [GREY], r"rgb is a list, expected a uint8 array of shape \(n, h, w, 3\); np.stack"),
        ("rgb", GREY, r"rgb has shape \(3, 4, 5\), .*; np.repeat\(grey\[..., None\], 3, -1\)"),
        ("rgb", np.zeros((3, 4, 5, 1), np.uint8), r"np.repeat\(rgb, 3, -1\)"),
        ("rgb", np.zeros((4, 5, 3), np.uint8), r"rgb\[None\]"),
        ("rgb", np.zeros((3, 4, 5, 4), np.uint8), r"\(3, 4, 5, 4\), .*; rgb\[..., :3\]"),
        ("rgb", np.zeros((3, 3, 4, 5), np.uint8), r"np.moveaxis"),
        ("rgb", np.zeros((0, 4, 5, 3), np.uint8), r"\(0, 4, 5, 3\) and holds nothing"),
        ("rgb", np.zeros((3, 4, 0, 3), np.uint8), r"holds nothing"),
        ("rgb", np.zeros((3, 4, 5, 3)), r"dtype float64, .*; \(255 \* rgb\).astype\(np.uint8\)"),
        ("rgb", np.zeros((3, 4, 5, 3), np.int32), r"dtype int32, .*; rgb.astype\(np.uint8\)"),
        ("time_s", np.arange(2.0), r"time_s has shape \(2,\) and dtype float64, expected 3 numbers"),
        ("time_s", None, r"time_s has shape \(\)"),
        ("time_s", np.array(["a", "b", "c"]), r"time_s has shape \(3,\) and dtype <U1"),
        ("time_s", np.array([0.0, np.nan, 2.0]), r"time_s\[1\] is nan"),
        ("time_s", np.array([0.0, 1.0, 1.0]), r"increase strictly, but time_s\[1\]=1 and time_s\[2\]=1; "),
        ("time_s", np.array([0.0, 2.0, 1.0]), r"time_s\[1\]=2 and time_s\[2\]=1; "),
        ("index", np.arange(3.0), r"index has shape \(3,\) and dtype float64, expected 3 whole numbers"),
        ("index", np.arange(4), r"index has shape \(4,\)"),
        ("source_hw", (4, 0), r"source_hw is \(4, 0\), expected the height and width"),
        ("source_hw", (4.0, 5.0), r"source_hw is "),
        ("source_hw", (4, 5, 3), r"source_hw is "),
        ("source_hw", None, r"source_hw is None"),
        ("time_source", "frames", r"time_source is 'frames', expected seconds, index, assumed"),
        ("pixel_aspect", 0.0, r"pixel_aspect is 0.0"),
        ("pixel_aspect", None, r"pixel_aspect is None"),
        ("focal_px", float("nan"), r"focal_px is nan, .*; None if unknown"),
        ("focal_px", -1.0, r"focal_px is -1.0"),
        ("focal_px", "30", r"focal_px is '30'"),
    ],
)
def test_frames_that_are_none_are_refused(name: str, value: Any, told: str) -> None:
    with pytest.raises(CinetrajError, match=told):
        clip_with(**{name: value})


def test_frames_take_what_is_alike() -> None:
    frames = clip_with(time_s=[0, 1, 2], index=[0, 1, 2], source_hw=[np.int64(4), 5], focal_px=np.float32(3))
    assert (frames.time_s.dtype, frames.index.dtype.kind) == (np.float64, "i")
    assert frames.source_hw == (4, 5)
    assert type(frames.source_hw[0]) is int
    assert type(frames.focal_px) is float  # else the run cannot be written
    assert clip_with(source=Path("a/b.mp4")).source == "a/b.mp4"


def masks_with(**changes: Any) -> Masks:
    """Masks of three pictures, changed past the types of the tests."""
    masks = Masks(usable=np.ones((4, 5), bool), blank=np.zeros(3, bool), duplicate_of=np.array([0, 0, 2]))
    for name, value in changes.items():
        object.__setattr__(masks, name, value)
    masks.__post_init__()
    return masks


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("usable", GREY[0], r"usable has shape \(4, 5\) and dtype uint8, expected truths of .*; usable > 0 makes them"),
        ("usable", np.ones((3, 4, 5), bool), r"usable has shape \(3, 4, 5\)"),
        ("usable", None, r"usable has shape \(\)"),
        ("blank", np.zeros(3, int), r"blank has shape \(3,\) and dtype int64, expected truths"),
        ("moving", 255 * GREY, r"moving has shape \(3, 4, 5\) and dtype uint8"),
        ("moving", np.ones((4, 5), bool), r"moving has shape \(4, 5\)"),
        ("duplicate_of", np.arange(3.0), r"duplicate_of has shape \(3,\) and dtype float64"),
        ("duplicate_of", np.arange(2), r"expected for each of 3 frames the number of the earlier one"),
        ("duplicate_of", np.array([0, 2, 2]), r"the earlier one that it repeats, or its own"),
        ("duplicate_of", np.array([-1, 1, 2]), r"the earlier one that it repeats, or its own"),
    ],
)
def test_masks_that_are_none_are_refused(name: str, value: Any, told: str) -> None:
    with pytest.raises(CinetrajError, match=told):
        masks_with(**{name: value})


def test_masks_in_lists_are_masks() -> None:
    masks = masks_with(usable=[[True] * 5] * 4, blank=[False, False, True], duplicate_of=[0, 0, 2])
    assert masks.usable_in(0).shape == (4, 5)
    assert masks.distinct().tolist() == [0]


def test_masks_of_other_frames_are_refused() -> None:
    assert masks_with(moving=np.zeros((3, 4, 5), bool)).moving is not None
    with pytest.raises(CinetrajError, match=r"masks are of 3 frames of 5x4, expected 2 frames of 5x4 as the clip has"):
        backends.run(clip_with().part(0, 2), masks_with())
