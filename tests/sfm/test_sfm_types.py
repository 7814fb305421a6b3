"""The values that the stages hand to each other."""

from typing import Any

import numpy as np
import pytest

from sfm.types import MOTION_MODELS, BackendResult, FramePoses, Frames
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


def rows(matrix: list[list[float]]) -> np.ndarray:
    return np.tile(np.array(matrix, dtype=np.float64), (4, 1, 1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rotation": rows([[2, 0, 0], [0, 2, 0], [0, 0, 2]])}, r"rotation\[0\] is no rotation"),
        ({"rotation": rows([[1, 0, 0], [0, 1, 0], [0, 0, -1]])}, "reflection"),
        ({"rotation": rows([[1, 0.3, 0], [0, 1, 0], [0, 0, 1]])}, "shear"),
        ({"rotation": rows([[0.9987, 0.0523, 0], [-0.0523, 0.9987, 0], [0, 0, 1]])}, "only rounded take the nearest"),
        ({"rotation": np.full((4, 3, 3), np.nan)}, "frame 0 is not finite; let valid be False"),
        ({"translation": np.where(np.arange(4)[:, None] == 3, np.nan, np.zeros((4, 3)))}, "frame 3 is not finite"),
        ({"depth": np.full(4, -1.0)}, "depth has a value .* or NaN where it is unknown"),
        ({"focal_px": np.zeros(4)}, "focal_px has a value that is not above 0"),
        ({"focal_px": np.full(4, np.nan)}, "focal_px has a value that is not above 0"),
    ],
)
def test_poses_that_are_no_rigid_motion_are_refused_and_not_mended(change: dict[str, Any], message: str) -> None:
    """A mirrored or scaled path came out as another one, of status "ok"."""
    with pytest.raises(CinetrajError, match=message):
        poses(**change)


def test_frames_without_a_pose_may_hold_anything() -> None:
    rotation = np.array(poses().rotation)
    rotation[1] = np.nan
    assert not poses(rotation=rotation, focal_px=np.array([1.0, np.nan, 1.0, 1.0])).valid[1]


@pytest.mark.parametrize("change", [{"status": "OK"}, {"motion_model": "pan"}, {"status": "partial"}])
def test_a_result_says_what_the_docs_know(change: dict[str, Any]) -> None:
    known: dict[str, Any] = {"status": "failed", "reason": "", "trajectory": None, "motion_model": "static"}
    assert BackendResult(**known).status == "failed"
    with pytest.raises((CinetrajError, TypeError)):  # words are checked first where types are watched
        BackendResult(**{**known, **change})


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
