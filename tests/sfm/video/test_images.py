"""Folders of images."""

from pathlib import Path

import clips
import numpy as np
import pytest
from PIL import Image

from sfm.video import reader as video
from sfm.video import sampling
from sfm.video.sampling import over_black
from trajectory.errors import CinetrajError


def write_images(folder: Path, rgb: np.ndarray, *, exif: Image.Exif | None = None, suffix: str = "png") -> Path:
    folder.mkdir()
    for number, image in enumerate(rgb):
        Image.fromarray(image).save(folder / f"f{number}.{suffix}", **({"exif": exif} if exif else {}))
    return folder


def test_a_rate_makes_image_times_assumed_seconds(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "a", clips.pan(0, 12))
    for config in (video.VideoConfig(fps=4.0), video.VideoConfig(assumed_fps=4.0)):
        frames = video.load(folder, config)
        assert frames.time_source == "assumed"
        np.testing.assert_array_equal(frames.time_s, np.arange(12) / 4)
    sampled = video.load(folder, video.VideoConfig(assumed_fps=12.0, fps=4.0, start_s=0.25))
    np.testing.assert_array_equal(sampled.index, [3, 6, 9])
    with pytest.raises(CinetrajError, match=r"the images carry no times, .* \(--fps 10\)"):
        video.load(folder, video.VideoConfig(start_s=1.0))


def test_exif_turns_the_image_and_gives_the_focal_length(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held turned: show it turned clockwise
    exif.get_ifd(0x8769)[0xA405] = 50
    rgb = clips.pan(0, 2, hw=(120, 160))
    frames = video.load(write_images(tmp_path / "a", rgb, exif=exif), video.VideoConfig(long_side=80))
    full = video.load(tmp_path / "a")
    np.testing.assert_array_equal(full.rgb, np.rot90(rgb, -1, (1, 2)))
    assert frames.source_hw == (160, 120)
    assert frames.hw == (80, 60)
    assert frames.focal_px == pytest.approx(50 * np.hypot(80, 60) / np.hypot(36, 24))
    assert "EXIF" in frames.notes[0]


def test_depths_and_alpha_of_images(tmp_path: Path) -> None:
    grey = (np.arange(64 * 64, dtype=np.uint16) * 16).reshape(64, 64)
    Image.fromarray(grey).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(video.load(tmp_path / "deep.png").rgb[0, ..., 0], grey >> 8)
    rgba = np.dstack([clips.texture(0, (64, 64)), np.full((64, 64), 100, np.uint8)])
    Image.fromarray(rgba).save(tmp_path / "clear.png")
    np.testing.assert_array_equal(video.load(tmp_path / "clear.png").rgb[0], over_black(rgba))


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("suffix", ["png", "tif", "pages.tif"])
def test_grey_levels_of_fewer_bits_than_the_file_has_are_as_bright_in_all_images(
    tmp_path: Path, bits: int, suffix: str
) -> None:
    grey = clips.pan(0, 3, hw=(60, 80))[..., 0]
    grey[1, 0, 0] = 255
    grey[2] //= 8  # a dark one among them
    first, *others = (Image.fromarray(each.astype(np.uint16) << (bits - 8)) for each in grey)
    if suffix == "pages.tif":
        first.save(tmp_path / suffix, save_all=True, append_images=others)
    else:
        for number, each in enumerate((first, *others)):
            each.save(tmp_path / f"{number}.{suffix}")
    frames = video.load(tmp_path / suffix if suffix == "pages.tif" else tmp_path)
    np.testing.assert_array_equal(frames.rgb[..., 0], grey)
    assert any(f"read as {bits} bits" in note for note in frames.notes) == (bits < 16)


def test_mixed_sizes_are_refused_and_damaged_images_left_out(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "a", clips.pan(0, 4), suffix="jpg")
    data = (folder / "f2.jpg").read_bytes()
    (folder / "f2.jpg").write_bytes(data[: len(data) // 2])
    with pytest.warns(video.VideoWarning, match=r"1 damaged images left out \(f2\.jpg"):
        frames = video.load(folder)
    np.testing.assert_array_equal(frames.index, [0, 1, 3])
    Image.fromarray(clips.texture(0, (50, 70))).save(folder / "f9.jpg")
    with pytest.raises(CinetrajError, match=r"f0\.jpg is 160x120 and f9\.jpg is 70x50"):
        video.load(folder)


def test_the_remedies_of_too_many_images_work_as_they_are_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_images(tmp_path / "a", clips.pan(0, 60, hw=(40, 60)))
    monkeypatch.setattr(sampling, "total_memory", lambda: int(20 * 40 * 60 * 3 / sampling.MEMORY_SHARE))
    with pytest.raises(CinetrajError, match="60 frames of 60x40 take") as refusal:
        video.load(folder)
    said = str(refusal.value)
    assert "--video.assumed-fps 25 --fps 2" in said
    assert "--video.assumed-fps 25 --video.stop-s 60" in said
    assert len(video.load(folder, video.VideoConfig(assumed_fps=25.0, fps=2.0))) == 5
    assert len(video.load(folder, video.VideoConfig(assumed_fps=25.0, start_s=2.0, stop_s=60.0))) == 10
    assert len(video.load(folder, video.VideoConfig(long_side=30))) == 60
