"""Animated pictures: every frame at its time, in each format that can hold one, under whatever name."""

import warnings
from pathlib import Path
from typing import Any

import clips
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sfm.video import animation
from sfm.video import reader as video
from trajectory.errors import CinetrajError

RGB = clips.pan(0, 5, hw=(48, 64), noise=0)
DURATIONS_MS = [40, 80, 30, 200, 40]
BEGIN_S = np.array([0, 40, 120, 150, 350]) / 1000


def save(path: Path, *, format: str | None = None, **options: Any) -> Path:
    first, *others = (Image.fromarray(image) for image in RGB)
    first.save(path, format=format, save_all=True, append_images=others, **options)
    return path


@pytest.mark.parametrize(
    ("name", "options", "worst"),
    [
        ("a.webp", {"lossless": True}, 0),
        ("a.png", {}, 0),
        ("a.apng", {"format": "PNG"}, 0),
        ("a.avif", {"quality": 95}, 6),
        ("no_suffix", {"format": "WEBP", "lossless": True}, 0),
        ("a.mp4", {"format": "WEBP", "lossless": True}, 0),
        ("a.gif", {"format": "PNG"}, 0),
    ],
)
def test_each_frame_has_its_time(tmp_path: Path, name: str, options: dict[str, Any], worst: float) -> None:
    frames = video.load(save(tmp_path / name, duration=DURATIONS_MS, **options))
    np.testing.assert_allclose(frames.time_s, BEGIN_S, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(frames.index, range(5))
    assert np.abs(frames.rgb.astype(int) - RGB).mean((1, 2, 3)).max() <= worst
    assert (frames.time_source, frames.notes) == ("seconds", ())


def test_a_gif_is_a_film_under_any_name(tmp_path: Path) -> None:
    for name in ("a.webp", "a.png", "b"):
        frames = video.load(save(tmp_path / name, format="GIF", duration=40))
        np.testing.assert_allclose(frames.time_s, np.arange(5) * 0.04, rtol=0, atol=1e-12)


def test_pages_of_a_tiff_are_numbered_and_smaller_copies_are_none(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tif")
    frames = video.load(path)
    np.testing.assert_array_equal(frames.rgb, RGB)
    assert (frames.time_source, list(frames.time_s)) == ("index", [0, 1, 2, 3, 4])
    assert list(video.load(path, video.VideoConfig(fps=10.0)).time_s) == [0, 0.1, 0.2, 0.3, 0.4]
    with pytest.raises(CinetrajError, match=r"its pages carry no times, .* \(--fps 10\)"):
        video.load(path, video.VideoConfig(start_s=1.0))
    small = Image.fromarray(RGB[0]).resize((16, 12))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    Image.fromarray(RGB[0]).save(tmp_path / "b.tif", save_all=True, append_images=[small])
    assert len(video.load(tmp_path / "b.tif")) == 1
    Image.fromarray(RGB[0]).save(tmp_path / "c.tif", save_all=True, append_images=[Image.fromarray(RGB[0, :30])])
    with pytest.raises(CinetrajError, match="page 1 is 64x30, the first 64x48; give pages of one size"):
        video.load(tmp_path / "c.tif")


def test_the_picture_that_an_apng_shows_where_none_can_be_played_is_no_frame(tmp_path: Path) -> None:
    frames = video.load(save(tmp_path / "a.png", duration=DURATIONS_MS[1:], default_image=True))
    np.testing.assert_array_equal(frames.rgb, RGB[1:])
    np.testing.assert_allclose(frames.time_s, [0, 0.08, 0.11, 0.31], rtol=0, atol=1e-12)


def test_rate_and_interval_are_those_of_any_film(tmp_path: Path) -> None:
    path = save(tmp_path / "a.webp", duration=100, lossless=True)
    assert list(video.load(path, video.VideoConfig(fps=5.0)).index) == [0, 2, 4]
    assert list(video.load(path, video.VideoConfig(start_s=0.1, stop_s=0.3)).index) == [1, 2]
    with pytest.raises(CinetrajError, match="no frame from 9 s on; widen the part"):
        video.load(path, video.VideoConfig(start_s=9.0))


def test_no_durations_are_no_times(tmp_path: Path) -> None:
    frames = video.load(save(tmp_path / "a.png", duration=0))
    assert (frames.time_source, list(frames.time_s)) == ("index", [0, 1, 2, 3, 4])
    assert frames.notes == ("the file carries no times",)


def test_without_durations_a_rate_is_a_rate(tmp_path: Path) -> None:
    frames = video.load(save(tmp_path / "a.webp", duration=0), video.VideoConfig(fps=10.0))
    assert (frames.time_source, list(frames.time_s)) == ("assumed", [0, 0.1, 0.2, 0.3, 0.4])


def test_a_gif_without_delays_has_all_its_pictures(tmp_path: Path) -> None:
    """As Pillow writes it where no duration is given."""
    path = save(tmp_path / "a.gif")
    frames = video.load(path)
    assert np.abs(frames.rgb.astype(int) - RGB).mean() < 10
    assert (frames.time_source, list(frames.time_s)) == ("index", [0, 1, 2, 3, 4])
    assert frames.notes == ("the file carries no times",)
    assert list(video.load(path, video.VideoConfig(fps=10.0)).time_s) == [0, 0.1, 0.2, 0.3, 0.4]


def test_damage_leaves_what_came_before_it(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", duration=40)
    data = path.read_bytes()
    path.write_bytes(data[: int(0.7 * len(data))])
    with pytest.warns(video.VideoWarning, match=r"frame \d of 5 cannot be read"):
        frames = video.load(path)
    np.testing.assert_array_equal(frames.rgb, RGB[: len(frames)])
    assert 1 < len(frames) < 5


def test_animations_are_told_from_pictures_and_refused_among_images(tmp_path: Path) -> None:
    save(tmp_path / "1.webp", duration=40)
    Image.fromarray(RGB[0]).save(tmp_path / "2.webp")
    assert animation.is_animation(tmp_path / "1.webp")
    assert not animation.is_animation(tmp_path / "2.webp")
    with pytest.raises(CinetrajError, match=r"1\.webp: an animation of 5 frames among images; give each animation"):
        video.load(tmp_path)
    (tmp_path / "2.webp").unlink()
    assert len(video.load(tmp_path)) == 5


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_damaged_pictures_are_read_or_refused_in_one_line(damaged: dict[str, bytes], folder: Path, seed: int) -> None:
    """What plugins raise on damage is theirs; what users read is ours."""
    rng = np.random.default_rng(seed)
    name = sorted(damaged)[int(rng.integers(len(damaged)))]
    data = bytearray(damaged[name])
    for place in rng.integers(min(len(data), 600), size=6):
        data[place] = int(rng.integers(256))
    path = folder / name
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = ""
        try:
            video.load(path)
        except CinetrajError as error:
            said = str(error)
    assert "\n" not in said


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


@pytest.fixture(scope="module")
def damaged(folder: Path) -> dict[str, bytes]:
    return {name: save(folder / name).read_bytes() for name in ("a.webp", "a.png", "a.avif", "a.tif")}
