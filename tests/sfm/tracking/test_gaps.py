"""Gaps that features bridge."""

import numpy as np
import planes_scene as scene
import pytest

from sfm.tracking import gaps
from sfm.tracking.gaps import gap_at


def test_frames_before_a_gap_are_tried_from_near_to_far() -> None:
    gap = gap_at(np.arange(40), 20.0)
    assert gap.back == (2, 4, 8, 14, 20)
    assert gap_at(np.arange(5), 20.0).back == (2, 4)


def test_key_points_of_a_frame_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def found(gray: np.ndarray, mask: np.ndarray) -> int:
        assert mask.all()
        asked.append(int(gray[0, 0]))
        return asked[-1]

    monkeypatch.setattr(gaps, "key_points", found)
    rgb = np.arange(40, dtype=np.uint8)[:, None, None, None] * np.ones((1, *scene.HW, 3), np.uint8)
    points = gaps.points_of(*scene.clip(rgb))
    assert [points(number) for number in (3, 4, 3, 5, 4)] == [3, 4, 3, 5, 4]
    assert asked == [3, 4, 5]
    assert gaps.KEPT < 34
    for number in range(6, 40):  # what was asked for long ago is let go
        points(number)
    points(3)
    assert asked.count(3) == 2
