"""Reading clips: laws of sampling and times, then every container and kind of damage, then real clips."""

import json
import tracemalloc
import warnings
from pathlib import Path

import clips
import numpy as np
import pytest
from PIL import Image

from sfm.video import reader as video
from trajectory.errors import CinetrajError

# Laws


# Containers


def test_sampling_and_the_wanted_part_use_the_clips_own_clock(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.mp4", clips.pan(0, 30), fps=30)
    frames = video.load(path, video.VideoConfig(fps=10.0, start_s=0.2, stop_s=0.8))
    np.testing.assert_array_equal(frames.index, [6, 9, 12, 15, 18, 21])
    np.testing.assert_allclose(frames.time_s, frames.index / 30, atol=1e-9)
    with pytest.raises(CinetrajError, match=r"no frame from 7 s on; widen the part \(--video\.start-s"):
        video.load(path, video.VideoConfig(start_s=7.0))


@pytest.mark.parametrize("hw", [(119, 161), (66, 250), (2, 2)])
def test_odd_sizes(tmp_path: Path, hw: tuple[int, int]) -> None:
    rgb = clips.pan(0, 3, hw=hw, noise=0)
    frames = video.load(clips.encode(tmp_path / "a.mkv", rgb, codec="ffv1", pix_fmt="bgr0"))
    np.testing.assert_array_equal(frames.rgb, rgb)


def test_shrinking_is_an_area_mean(tmp_path: Path) -> None:
    rgb = clips.pan(0, 2, hw=(120, 160))
    path = clips.encode(tmp_path / "a.mkv", rgb, codec="ffv1", pix_fmt="bgr0")
    frames = video.load(path, video.VideoConfig(long_side=40))
    expected = rgb.reshape(2, 30, 4, 40, 4, 3).mean((2, 4))
    assert frames.source_hw == (120, 160)
    assert np.abs(frames.rgb - expected).max() <= 1.5


def test_one_frame(tmp_path: Path) -> None:
    frames = video.load(clips.encode(tmp_path / "a.mp4", clips.pan(0, 1)))
    assert len(frames) == 1
    assert frames.time_s[0] == 0


def test_reading_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.mp4", clips.pan(0, 20, hw=(180, 320)))
    config = video.VideoConfig(long_side=200)
    np.testing.assert_array_equal(video.load(path, config).rgb, video.load(path, config).rgb)


def test_only_frames_at_the_working_size_are_held(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.mp4", clips.pan(0, 60, hw=(360, 640)), options={"preset": "ultrafast"})
    config = video.VideoConfig(long_side=160)
    video.load(path, config)  # imports are not counted
    tracemalloc.start()
    frames = video.load(path, config)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.3 * frames.rgb.nbytes + 1e6


# Damage and bad input


def bad_files(folder: Path) -> dict[str, Path]:
    good = clips.encode(folder / "good.mp4", clips.pan(0, 20)).read_bytes()
    contents = {
        "text.mp4": b"This is a text.\n" * 200,
        "text.txt": b"This is a text.\n" * 200,
        "empty.mp4": b"",
        "noise.mp4": np.random.default_rng(0).bytes(20_000),
        "no_index.mp4": good[: len(good) // 2],
        "text.png": b"This is no picture",
        "playlist.m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\ngood.mp4\n#EXT-X-ENDLIST\n",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    (folder / "folder" / "readme.md").write_text("no images here")
    for name in ("depth", "frames"):
        (folder / "outer" / name).mkdir(parents=True)
        Image.fromarray(clips.texture(0, (32, 32))).save(folder / "outer" / name / "1.png")
    return {name: folder / name for name in (*contents, "folder", "outer", "missing.mp4", "missing_*.png")}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text.mp4", "no video can be read"),
        ("text.txt", "text file"),
        ("empty.mp4", "empty"),
        ("noise.mp4", "no video can be read"),
        ("no_index.mp4", "no video can be read"),
        ("text.png", "none of 1 images can be read"),
        ("playlist.m3u8", "text file|no video can be read"),
        ("folder", "neither videos nor images in this folder"),
        ("outer", r"but in frames; give .*outer/frames"),
        ("missing.mp4", "no such file"),
        ("missing_*.png", "matches no file"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path: Path, name: str, words: str) -> None:
    path = bad_files(tmp_path)[name]
    with pytest.raises(CinetrajError, match=words) as caught:
        video.load(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert ";" in message  # what is wrong; what to do


@pytest.mark.parametrize(
    "options",
    [{"fps": 0.0}, {"fps": -3.0}, {"assumed_fps": float("nan")}, {"long_side": 4}, {"start_s": 2.0, "stop_s": 1.0}],
)
def test_senseless_options_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(CinetrajError, match=next(iter(options)) if len(options) == 1 else "stop_s"):
        video.VideoConfig(**options)  # type: ignore[arg-type]


# Images


# Real clips


@pytest.mark.slow
def test_real_clips_give_the_frames_that_their_notes_count(shared: Path) -> None:
    folders = sorted(path.parent for path in (shared / "data").glob("*/meta.json"))
    seen = 0
    for folder in folders:
        source = next((p for p in (*folder.glob("video.*"), folder / "frames") if p.exists()), None)
        if source is None:
            continue
        meta = json.loads((folder / "meta.json").read_text())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            frames = video.load(source, video.VideoConfig(long_side=160, stop_s=None))
        assert len(frames) == meta["frames"], folder.name
        assert frames.source_hw == tuple(meta["size"][::-1]), folder.name
        assert (np.diff(frames.time_s) > 0).all()
        seen += 1
    assert seen > 20
