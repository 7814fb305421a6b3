"""Blurred copies beside a picture of another shape."""

from pathlib import Path

import clips
import cv2
import numpy as np
import pytest

from sfm import video
from sfm.masks import find as evidence
from sfm.masks.blank import to_grey
from sfm.masks.fills import find_fill
from sfm.shots import boundaries

HW = (180, 320)


def film(seed: int, count: int) -> np.ndarray:
    """An upright film of soft blocks that goes to the right by three pixels a frame."""
    blocks = np.random.default_rng(seed).integers(0, 256, (48, 48, 3)).astype(np.uint8)
    wall = cv2.GaussianBlur(blocks.repeat(4, 0).repeat(4, 1), (0, 0), 1.0)
    return np.stack([wall[:180, 3 * k : 3 * k + 100] for k in range(count)])


def filled(picture: np.ndarray) -> np.ndarray:
    """An upright film in the middle of a wide screen, over its own blurred enlargement."""
    height, width = HW
    frames = []
    for image in picture:
        behind = cv2.resize(image, (width, round(image.shape[0] * width / image.shape[1])))
        top = (behind.shape[0] - height) // 2
        behind = cv2.GaussianBlur(behind[top : top + height], (0, 0), 9)
        left = (width - image.shape[1]) // 2
        behind[:, left : left + image.shape[1]] = image
        frames.append(behind)
    return np.stack(frames)


def through_codec(folder: Path, rgb: np.ndarray) -> np.ndarray:
    return video.load(clips.encode(folder / "clip.mp4", rgb, crf=14)).rgb


@pytest.mark.parametrize("turned", [False, True])
def test_copies_on_two_sides_are_masked(tmp_path: Path, turned: bool) -> None:
    rgb = filled(film(0, 12))
    rgb = through_codec(tmp_path, np.ascontiguousarray(rgb.transpose(0, 2, 1, 3)) if turned else rgb)
    fill = find_fill(to_grey(rgb))
    assert fill is not None
    assert fill.sides == (("top", "bottom") if turned else ("left", "right"))
    np.testing.assert_allclose(fill.depths_px, 110, atol=2)
    judged = evidence.find(clips.as_frames(rgb))
    usable = judged.usable.T if turned else judged.usable
    assert usable[:, 116:204].all()
    assert not usable[:, :110].any()
    assert not usable[:, -110:].any()
    assert any("blurred copies beside the picture masked" in note for note in judged.notes)


def test_a_cut_between_copies_is_found(tmp_path: Path) -> None:
    cut = np.concatenate([film(seed, 12) for seed in (0, 1)])
    spans = boundaries.split(clips.as_frames(through_codec(tmp_path, filled(cut))))
    assert [start for start, _ in spans] == [0, 12]


def test_what_a_lens_blurs_is_no_copy() -> None:
    rgb = clips.pan(0, 12, hw=HW, step_px=3)
    assert find_fill(to_grey(rgb)) is None
    blurred = np.stack([cv2.GaussianBlur(image, (0, 0), 9) for image in rgb])
    sharp = np.clip((np.minimum(np.arange(320), np.arange(320)[::-1]) - 90) / 25, 0, 1)[None, None, :, None]
    assert find_fill(to_grey((sharp * rgb + (1 - sharp) * blurred).astype(np.uint8))) is None
    assert find_fill(to_grey(blurred)) is None
    assert find_fill(to_grey(np.zeros((6, *HW, 3), np.uint8))) is None


@pytest.mark.parametrize("hw", [(1, 64), (2, 20), (12, 40), (14, 40), (40, 12), (24, 16)])
@pytest.mark.filterwarnings("error")
def test_a_tiny_picture_has_no_copies_and_no_warning_of_means(hw: tuple[int, int]) -> None:
    """NumPy's words on the mean of an empty slice stood before the user."""
    grey = np.random.default_rng(0).integers(0, 255, (6, *hw)).astype(np.uint8)
    side = round(0.3 * hw[1])
    grey[:, :, :side] = grey[:, :, -side:] = 60
    assert find_fill(grey) is None
    assert find_fill(np.ascontiguousarray(grey.transpose(0, 2, 1))) is None
