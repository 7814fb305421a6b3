"""Frames to a video file."""

from pathlib import Path

import clips
import numpy as np
import pytest

from sfm.video.encode import encode
from sfm.video.reader import load


def film(n: int = 5) -> np.ndarray:
    image = clips.texture(3, (80, 120))
    return np.stack([clips.window(image, 4.0 + k, 5.0, (48, 64)) for k in range(n)])


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    rgb = film()
    encode(rgb, tmp_path / "deep" / "a.mp4", fps=12.5, crf=8)
    found = load(tmp_path / "deep" / "a.mp4")
    assert found.rgb.shape == rgb.shape
    np.testing.assert_allclose(found.time_s, np.arange(5) / 12.5, atol=1e-6)
    assert np.abs(found.rgb.astype(float) - rgb).mean() < 6


def test_equal_frames_give_equal_files(tmp_path: Path) -> None:
    for name in "ab":
        encode(film(), tmp_path / f"{name}.mp4", fps=10.0)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_what_fails_leaves_the_old_file_and_no_remains(tmp_path: Path) -> None:
    (tmp_path / "a.no_video").write_text("old")
    with pytest.raises(Exception, match=r".+"):
        encode(film(), tmp_path / "a.no_video", fps=10.0)
    assert (tmp_path / "a.no_video").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.no_video"]


def test_odd_sides_keep_their_size(tmp_path: Path) -> None:
    encode(film()[:, :47, :63], tmp_path / "a.mp4", fps=10.0)
    assert load(tmp_path / "a.mp4").hw == (47, 63)
