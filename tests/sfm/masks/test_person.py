"""The network that finds people, with its real weights on real and rendered frames."""

import hashlib
from pathlib import Path

import clips
import numpy as np
import pytest

from sfm.config import PERSON, EstimateConfig, VideoConfig
from sfm.masks import person, told
from sfm.video import load
from trajectory.errors import CinetrajError


@pytest.fixture
def weights(shared: Path) -> Path:
    return shared / "weights"


def test_a_boy_who_walks_before_the_camera_is_found_and_little_else(shared: Path, weights: Path) -> None:
    """He stands left of the middle, from 0.13 of the height down to the lower edge (read off the pictures)."""
    frames = load(next((shared / "data" / "gen_cosmos_leading").glob("*.mp4")), VideoConfig(long_side=640, stop_s=0.2))
    found = told.find(frames, PERSON, weights)
    assert found.notes == ()
    assert found.moving.shape == frames.rgb.shape[:3]
    height, width = frames.hw
    for one in found.moving:
        y, x = np.nonzero(one)
        assert 0.04 < one.mean() < 0.15
        assert one[int(0.40 * height) : int(0.55 * height), int(0.40 * width) : int(0.43 * width)].mean() > 0.9  # shirt
        assert np.quantile(x / width, [0.02, 0.98]) == pytest.approx([0.34, 0.48], abs=0.03)
        assert np.quantile(y / height, [0.02, 0.98]) == pytest.approx([0.17, 0.95], abs=0.05)


def test_where_nobody_is_nothing_is_told_and_the_note_says_so(weights: Path) -> None:
    found = told.find(clips.as_frames(np.full((2, 96, 128, 3), 128, np.uint8)), PERSON, weights)
    assert not found.moving.any()
    assert found.notes == ("no person was found",)


@pytest.mark.parametrize("clip", ["re10k_0f47577ab3441480/video.mp4", "7scenes_truck_right/frames"])
def test_rooms_without_people_are_left_alone(clip: str, shared: Path, weights: Path) -> None:
    frames = load(shared / "data" / clip, VideoConfig(long_side=320))
    assert person.find(frames.rgb[:3], weights).mean() < 0.01


def test_the_published_digest_is_that_of_the_file(weights: Path) -> None:
    assert hashlib.sha256((weights / person.FILE).read_bytes()).hexdigest() == person.SHA256


def test_weights_that_are_none_are_refused_in_one_line(tmp_path: Path, shared: Path) -> None:
    rgb = np.zeros((1, 32, 48, 3), np.uint8)
    (tmp_path / "text.tflite").write_text("no network")
    for file in (tmp_path / "text.tflite", shared / "weights" / "selfie_segmentation_landscape.tflite"):
        with pytest.raises(CinetrajError, match="are not those of MediaPipe's") as caught:
            person.find(rgb, file)
        assert "\n" not in str(caught.value)
    with pytest.raises(CinetrajError, match="leave --mask-weights out"):
        person.find(rgb, tmp_path)
    with pytest.raises(CinetrajError, match="it is for the mask person"):
        EstimateConfig(mask="mask.mp4", mask_weights=tmp_path)
