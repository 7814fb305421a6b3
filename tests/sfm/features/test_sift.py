"""SIFT, by OpenCV and on a device."""

from pathlib import Path

import cv2
import numpy as np
import planes_scene as scene
import pytest
from shifted import SHIFT_PX, check, shift_of

from sfm.config import FeatureConfig, MatchConfig
from sfm.features.extract import build, extract
from sfm.matching.match import match
from sfm.processes.threads import thread_limit
from trajectory.errors import CinetrajError


def test_sift_follows_a_shift(rgb: np.ndarray) -> None:
    found = extract(rgb, FeatureConfig(max_features=300))
    check(found, 300)
    assert np.abs(shift_of(found) - SHIFT_PX).max() < 0.05
    assert found[0].scale_px is not None
    assert found[0].angle_deg is not None


def test_sift_positions_have_no_bias() -> None:
    """A blob centred on a pixel is found on that pixel, not a quarter pixel beside it."""
    row, column = np.mgrid[:101, :121]
    blob = 20 + 200 * np.exp(-((column - 60) ** 2 + (row - 50) ** 2) / (2 * 4.0**2))
    found = extract(np.repeat(blob[None, ..., None], 3, axis=-1).astype(np.uint8), FeatureConfig())[0]
    assert np.abs(found.xy_px[0] - (60, 50)).max() < 0.05


def test_threads_change_nothing(rgb: np.ndarray) -> None:
    with thread_limit(1):
        alone = extract(rgb, FeatureConfig(name="sift", max_features=200))
    with thread_limit(3):
        together = extract(rgb, FeatureConfig(name="sift", max_features=200), device="cuda")  # asks for no device
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a.xy_px, b.xy_px)
        np.testing.assert_array_equal(a.descriptors, b.descriptors)


def test_rotation_and_scale_are_read(rgb: np.ndarray) -> None:
    affine = cv2.getRotationMatrix2D((scene.HW[1] / 2, scene.HW[0] / 2), 30.0, 1.25)
    turned = cv2.warpAffine(rgb[0], affine, scene.HW[::-1])
    found = extract(np.stack([rgb[0], turned]), FeatureConfig(max_features=400))
    rows = match(found, np.array([[0, 1]]), MatchConfig(ratio=0.7))[0]
    assert len(rows) > 40
    first, second = found
    assert first.scale_px is not None
    assert second.scale_px is not None
    ratio = second.scale_px[rows[:, 1]] / first.scale_px[rows[:, 0]]
    assert np.median(ratio) == pytest.approx(1.25, rel=0.05)


def test_weights_for_untrained_features_are_refused_not_ignored(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="no effect on sift"):
        build(FeatureConfig(name="sift", weights=tmp_path))
