"""Matches of one pair: they follow a known warp, obey the mask, repeat exactly, and are absent where none exist."""

import cv2
import numpy as np
import pytest

from sfm.matching.two_view import key_points, match_pair, match_points

HW = (240, 320)


def texture(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).random(HW)
    mixed = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (1.5, 3.0, 6.0))
    return cv2.normalize(mixed, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def warp(angle_deg: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    affine = cv2.getRotationMatrix2D((HW[1] / 2, HW[0] / 2), angle_deg, scale)
    affine[:, 2] += shift
    return affine


@pytest.mark.parametrize(
    ("angle_deg", "scale", "shift"),
    [(0.0, 1.0, (0.0, 0.0)), (0.0, 1.0, (60.0, -20.0)), (25.0, 1.0, (5.0, 3.0)), (8.0, 1.3, (-20.0, 10.0))],
)
def test_matches_follow_the_warp(angle_deg: float, scale: float, shift: tuple[float, float]) -> None:
    first, affine = texture(0), warp(angle_deg, scale, shift)
    second = cv2.warpAffine(first, affine, HW[::-1])
    a, b = match_pair(first, second)
    assert len(a) == len(b) > 60
    residual = np.linalg.norm(a @ affine[:, :2].T + affine[:, 2] - b, axis=1)
    assert np.median(residual) < 0.3
    assert (residual < 3).mean() > 0.98


def test_only_pixels_of_the_mask_testify() -> None:
    first = texture(1)
    mask = np.zeros(HW, bool)
    mask[:, 150:] = True
    a, b = match_pair(first, np.roll(first, 4, axis=1), mask=mask)
    assert len(a) > 30
    assert min(a[:, 0].min(), b[:, 0].min()) > 148


def test_equal_input_gives_equal_matches() -> None:
    first, second = texture(2), cv2.warpAffine(texture(2), warp(10, 1.1, (8, 0)), HW[::-1])
    once, again = match_pair(first, second), match_pair(first, second)
    assert np.array_equal(once[0], again[0])
    assert np.array_equal(once[1], again[1])


@pytest.mark.parametrize("second", [np.zeros(HW, np.uint8), texture(99)], ids=["black", "unrelated"])
def test_frames_that_share_nothing_have_no_matches(second: np.ndarray) -> None:
    a, b = match_pair(texture(3), second)
    assert a.shape == b.shape == (0, 2)


def test_each_picture_may_have_a_mask_of_its_own():
    first = texture(5)
    left = np.zeros(first.shape, bool)
    left[:, : first.shape[1] // 2] = True
    moved, moved_left = np.roll(first, 40, axis=1), np.roll(left, 40, axis=1)
    a, b = match_points(key_points(first, left), key_points(moved, moved_left))
    assert len(a) > 20
    assert a[:, 0].max() < first.shape[1] / 2
    np.testing.assert_allclose(np.median(b - a, axis=0), [40, 0], atol=0.2)
    nothing, _ = match_points(key_points(first, left), key_points(moved, ~moved_left))
    assert len(nothing) == 0
