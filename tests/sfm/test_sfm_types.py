"""The values that the stages hand to each other."""

from typing import Any

import numpy as np
import pytest

from sfm.types import MOTION_MODELS, FramePoses, Frames
from trajectory.errors import CinetrajError


def poses(n: int = 4, **changes: Any) -> FramePoses:
    given: dict[str, Any] = {
        "rotation": np.tile(np.eye(3), (n, 1, 1)),
        "translation": np.arange(3.0 * n).reshape(n, 3),
        "focal_px": np.arange(1.0, n + 1),
        "depth": np.arange(1.0, n + 1),
        "valid": np.array([True, False, True, True])[:n],
        "reason": ("", "blank", "", "")[:n],
    }
    return FramePoses(**{**given, **changes})


@pytest.mark.parametrize("name", ["translation", "focal_px", "depth", "valid", "reason"])
def test_there_is_an_entry_for_each_frame(name: str) -> None:
    short = getattr(poses(3), name)
    with pytest.raises((CinetrajError, TypeError)):  # the shapes are checked first where they are watched
        poses(4, **{name: short})


def test_poses_without_translation_say_how_small_it_is() -> None:
    with pytest.raises(CinetrajError, match="translation_bound"):
        poses(translates=False)
    assert poses(translates=False, translation_bound=float("inf")).translation_bound == float("inf")


def test_repeated_frames_take_pose_and_verdict_of_the_first_and_keep_what_they_saw() -> None:
    origin = np.array([0, 1, 1, 0])
    one = poses().repeated(origin)
    np.testing.assert_array_equal(one.translation, poses().translation[origin])
    np.testing.assert_array_equal(one.focal_px, [1, 2, 2, 1])
    assert one.valid.tolist() == [True, False, False, True]
    assert one.reason == ("", "blank", "blank", "")
    np.testing.assert_array_equal(one.depth, poses().depth)
    again = one.repeated(origin)
    np.testing.assert_array_equal(again.translation, one.translation)
    np.testing.assert_array_equal(poses().repeated(np.arange(4)).translation, poses().translation)


def test_a_part_is_a_view_of_the_same_clip() -> None:
    frames = Frames(
        rgb=np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 5, 3), np.uint8),
        time_s=np.arange(6) / 10,
        index=np.arange(6) * 2,
        source_hw=(8, 10),
        source="clip.mp4",
        pixel_aspect=1.5,
        focal_px=9.0,
        notes=("as found",),
    )
    part = frames.part(2, 5)
    assert len(part) == 3
    assert part.index.tolist() == [4, 6, 8]
    assert (part.hw, part.source_hw, part.pixel_aspect, part.focal_px) == ((4, 5), (8, 10), 1.5, 9.0)
    assert (part.source, part.notes, part.time_source) == (frames.source, frames.notes, frames.time_source)
    assert np.shares_memory(part.rgb, frames.rgb)
    np.testing.assert_array_equal(part.part(1, 3).time_s, frames.part(3, 5).time_s)


def test_models_go_from_simple_to_rich() -> None:
    freedom = [(model.rotates, model.zooms, model.translates) for model in MOTION_MODELS]
    assert len(set(freedom)) == len(freedom)
    assert freedom[0] == (False, False, False)
    assert freedom[-1] == (True, True, True)
    assert all(not model.translates or model.rotates for model in MOTION_MODELS)


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
