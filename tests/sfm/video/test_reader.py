"""Reading clips: laws of sampling and times, then every container and kind of damage, then real clips."""

import json
import tracemalloc
import warnings
from fractions import Fraction
from pathlib import Path

import av
import clips
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sfm.video import reader as video
from sfm.video.images import natural_key
from sfm.video.sampling import nearest_to_ticks, over_black, spread_repeats, working_hw
from trajectory.errors import CinetrajError

STEPS = st.lists(st.floats(1e-3, 0.5), min_size=1, max_size=40)


# Laws


@given(STEPS, st.floats(0.5, 100))
def test_sampling_keeps_the_nearest_frame_to_each_tick_once(steps: list[float], fps: float) -> None:
    times = np.concatenate([[3.0], 3.0 + np.cumsum(steps)])
    kept = [number for number, _, _ in nearest_to_ticks(((i, t, None) for i, t in enumerate(times)), fps)]
    assert kept == sorted(set(kept))
    assert kept[0] == 0
    ticks = np.floor((times - 3.0) * fps + 0.5)
    assert len(np.unique(ticks)) - len(kept) == (ticks[kept[-1]] != ticks[-1])  # only the last may be missing
    for number in kept:
        rivals = np.flatnonzero(ticks == ticks[number])
        distance = np.abs((times[rivals] - 3.0) * fps - ticks[number])
        assert abs((times[number] - 3.0) * fps - ticks[number]) == distance.min()


@given(st.floats(1, 60), st.integers(2, 200))
def test_sampling_at_or_above_the_own_rate_keeps_every_frame(rate: float, count: int) -> None:
    for fps in (None, rate, 2.7 * rate):
        source = ((i, i / rate, None) for i in range(count))
        assert [number for number, _, _ in nearest_to_ticks(source, fps)] == list(range(count))


@given(st.lists(st.sampled_from([0.0, 0.0, 0.04, 0.1]), min_size=2, max_size=30))
def test_repeated_times_are_spread_and_all_others_kept(steps: list[float]) -> None:
    times = np.cumsum(np.array([0.04, *steps]))
    if times[-1] == times[0]:
        with pytest.raises(CinetrajError, match=r"all .* frames carry the time"):
            spread_repeats(times, "clip")
        return
    repaired, moved = spread_repeats(times, "clip")
    assert (np.diff(repaired) > 0).all()
    first_of_its_time = np.concatenate([[True], np.diff(times) > 0])
    np.testing.assert_array_equal(repaired[first_of_its_time], times[first_of_its_time])
    assert moved == (~first_of_its_time).sum()


@given(st.integers(2, 8), st.integers(1, 50))
def test_sampling_at_a_divisor_of_the_rate_is_regular_to_the_end(every: int, count: int) -> None:
    source = ((i, i / 24, None) for i in range(count))
    assert [number for number, _, _ in nearest_to_ticks(source, 24 / every)] == list(range(0, count, every))


def test_times_that_run_backwards_are_refused() -> None:
    with pytest.raises(CinetrajError, match=r"runs backwards from 0\.2 s to 0\.1 s at frame 3"):
        spread_repeats(np.array([0.0, 0.1, 0.2, 0.1]), "clip")


@given(st.integers(1, 4000), st.integers(1, 4000), st.one_of(st.none(), st.integers(16, 2000)))
def test_working_size_never_enlarges_and_keeps_the_shape(height: int, width: int, long_side: int | None) -> None:
    working = working_hw((height, width), long_side)
    assert working[0] <= height
    assert working[1] <= width
    if long_side is None or max(height, width) <= long_side:
        assert working == (height, width)
    else:
        assert max(working) == long_side
        scale = long_side / max(height, width)
        assert abs(working[0] - height * scale) <= 0.5 or working[0] == 1
        assert abs(working[1] - width * scale) <= 0.5 or working[1] == 1


def test_alpha_is_composited_on_black() -> None:
    rgba = np.array([[[200, 100, 50, 255], [200, 100, 50, 0], [200, 100, 50, 128]]], np.uint8)
    np.testing.assert_array_equal(over_black(rgba)[0], [[200, 100, 50], [0, 0, 0], [100, 50, 25]])


def test_natural_order() -> None:
    names = ["img10.png", "img2.png", "IMG1.png", "img2b.png", "7.png", "a.png", "007.png"]
    ordered = [path.name for path in sorted(map(Path, names), key=natural_key)]
    assert ordered.index("IMG1.png") < ordered.index("img2.png") < ordered.index("img10.png")


# Containers


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mov", "libx264", "yuv444p"),
        ("a.mkv", "libx265", "yuv420p10le"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.avi", "libx264", "yuv420p"),
        ("lossless.mkv", "ffv1", "bgr0"),
    ],
)
def test_containers_keep_every_frame_and_its_time(tmp_path: Path, name: str, codec: str, pix_fmt: str) -> None:
    rgb = clips.pan(0, 12, noise=0)
    frames = video.load(clips.encode(tmp_path / name, rgb, codec=codec, pix_fmt=pix_fmt))
    assert frames.rgb.shape == rgb.shape
    np.testing.assert_allclose(frames.time_s, np.arange(12) / 25, rtol=0, atol=5e-4 if "mkv" in name else 1e-12)
    np.testing.assert_array_equal(frames.index, np.arange(12))
    error = np.abs(frames.rgb.astype(int) - rgb).mean((1, 2, 3))
    assert error.max() < (0.5 if codec == "ffv1" else 6)
    assert error.max() < 0.5 * np.abs(np.roll(rgb, 1, 0).astype(int) - rgb)[1:].mean()  # in order, none shifted
    assert (frames.time_source, frames.pixel_aspect, frames.notes) == ("seconds", 1.0, ())


def test_a_gif_takes_its_times_from_its_delays(tmp_path: Path) -> None:
    rgb = clips.pan(0, 5)
    centiseconds = [0, 4, 9, 30, 37]
    path = clips.encode(
        tmp_path / "a.gif", rgb, codec="gif", pix_fmt="rgb8", pts=centiseconds, time_base=Fraction(1, 100)
    )
    np.testing.assert_allclose(video.load(path).time_s, np.array(centiseconds) / 100, rtol=0, atol=1e-12)


def test_a_variable_frame_rate_stays(tmp_path: Path) -> None:
    pts = [0, 1, 2, 5, 6, 11, 12, 30]
    path = clips.encode(tmp_path / "a.mp4", clips.pan(0, 8), pts=pts, time_base=Fraction(1, 25))
    np.testing.assert_allclose(video.load(path).time_s, np.array(pts) / 25, rtol=0, atol=1e-12)


def test_a_raw_stream_has_assumed_times(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.h264", clips.pan(0, 8))
    frames = video.load(path, video.VideoConfig(assumed_fps=10.0))
    assert frames.time_source == "assumed"
    np.testing.assert_allclose(frames.time_s, np.arange(8) / 10)
    assert "10 frames per second assumed" in frames.notes[0]


def test_sampling_and_the_wanted_part_use_the_clips_own_clock(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.mp4", clips.pan(0, 30), fps=30)
    frames = video.load(path, video.VideoConfig(fps=10.0, start_s=0.2, stop_s=0.8))
    np.testing.assert_array_equal(frames.index, [6, 9, 12, 15, 18, 21])
    np.testing.assert_allclose(frames.time_s, frames.index / 30, atol=1e-9)
    with pytest.raises(CinetrajError, match=r"no frame between start_s=7\.0 and stop_s=None; widen"):
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


@pytest.mark.parametrize(("codec", "pix_fmt"), [("qtrle", "argb"), ("png", "rgba")])
def test_transparent_video_is_composited_on_black(tmp_path: Path, codec: str, pix_fmt: str) -> None:
    rgb = clips.pan(0, 3, noise=0)
    alpha = np.full((*rgb.shape[:3], 1), 255, np.uint8)
    alpha[:, :60] = 0
    alpha[:, 60:80] = 128
    rgba = np.concatenate([rgb, alpha], 3)
    frames = video.load(clips.encode(tmp_path / "a.mov", rgba, codec=codec, pix_fmt=pix_fmt))
    np.testing.assert_array_equal(frames.rgb, over_black(rgba.reshape(-1, 160, 4)).reshape(rgb.shape))


@pytest.mark.parametrize(
    "matrix", [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0), (-1, 0, 0, 1), (0, 1, 1, 0)]
)
def test_the_display_matrix_is_applied(tmp_path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Oracle: each pixel goes to x' = a x + c y, y' = b x + d y (ISO 14496-12, 6.2.2)."""
    a, b, c, d = matrix
    rgb = clips.pan(0, 2, hw=(64, 96), noise=0)
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "rgb24"
        one = 1 << 16
        stream.set_display_matrix([a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30])
        for image in rgb:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    y, x = np.mgrid[:64, :96]
    to_x, to_y = a * x + c * y, b * x + d * y
    to_x, to_y = to_x - to_x.min(), to_y - to_y.min()
    expected = np.zeros((2, to_y.max() + 1, to_x.max() + 1, 3), np.uint8)
    expected[:, to_y, to_x] = rgb
    frames = video.load(path)
    np.testing.assert_array_equal(frames.rgb, expected)
    assert frames.source_hw == expected.shape[1:3]


def test_pixel_aspect_follows_the_picture_when_it_is_turned(tmp_path: Path) -> None:
    rgb = clips.pan(0, 2)
    flat = video.load(clips.encode(tmp_path / "a.mp4", rgb, pixel_aspect=Fraction(4, 3)))
    turned = video.load(clips.encode(tmp_path / "b.mp4", rgb, pixel_aspect=Fraction(4, 3), rotation_deg=90))
    assert flat.pixel_aspect == pytest.approx(4 / 3)
    assert turned.pixel_aspect == pytest.approx(3 / 4)


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


def test_a_file_cut_short_gives_its_beginning_and_says_so(tmp_path: Path) -> None:
    rgb = clips.pan(0, 40)
    whole = clips.encode(tmp_path / "a.mp4", rgb, options={"g": "8"}, container_options={"movflags": "faststart"})
    reference = video.load(whole)
    data = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: int(0.6 * len(data))])
    with pytest.warns(video.VideoWarning, match=r"cut short|damaged"):
        frames = video.load(cut)
    assert 5 < len(frames) < 40
    assert any("cut short" in note for note in frames.notes)
    np.testing.assert_array_equal(frames.rgb[:5], reference.rgb[:5])
    np.testing.assert_array_equal(frames.time_s, reference.time_s[: len(frames)])


@pytest.mark.parametrize(("name", "codec", "pix_fmt"), [("a.gif", "gif", "rgb8"), ("a.mkv", "libvpx-vp9", "yuv420p")])
def test_other_containers_cut_short_say_so_too(tmp_path: Path, name: str, codec: str, pix_fmt: str) -> None:
    path = clips.encode(tmp_path / name, clips.pan(0, 40), codec=codec, pix_fmt=pix_fmt, options={"g": "8"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.warns(video.VideoWarning, match="cut short"):
        frames = video.load(path)
    assert 5 < len(frames) < 40


def test_damage_in_the_middle_leaves_frames_out(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.mp4", clips.pan(0, 60), options={"g": "10", "bf": "0"})
    with av.open(str(path)) as container:
        packet = [p for p in container.demux(video=0) if p.size][25]
        position, size = packet.pos, packet.size
    data = bytearray(path.read_bytes())
    data[position : position + size] = bytes(255 - byte for byte in data[position : position + size])
    path.write_bytes(data)
    with pytest.warns(video.VideoWarning, match="damaged"):
        frames = video.load(path)
    assert 40 <= len(frames) < 60
    assert (np.diff(frames.time_s) > 0).all()


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
    (folder / "outer" / "frames").mkdir(parents=True)
    Image.fromarray(clips.texture(0, (32, 32))).save(folder / "outer" / "frames" / "1.png")
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
        ("folder", "no images"),
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


def write_images(folder: Path, rgb: np.ndarray, *, exif: Image.Exif | None = None, suffix: str = "png") -> Path:
    folder.mkdir()
    for number, image in enumerate(rgb):
        Image.fromarray(image).save(folder / f"f{number}.{suffix}", **({"exif": exif} if exif else {}))
    return folder


def test_images_are_numbered_in_natural_order(tmp_path: Path) -> None:
    rgb = clips.pan(0, 12)
    folder = write_images(tmp_path / "a", rgb)
    (folder / ".hidden.png").write_bytes(b"x")
    for source in (folder, f"{folder}/*.png"):
        frames = video.load(source)
        np.testing.assert_array_equal(frames.rgb, rgb)
        np.testing.assert_array_equal(frames.time_s, np.arange(12))
        assert frames.time_source == "index"


def test_a_rate_makes_image_times_assumed_seconds(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "a", clips.pan(0, 12))
    for config in (video.VideoConfig(fps=4.0), video.VideoConfig(assumed_fps=4.0)):
        frames = video.load(folder, config)
        assert frames.time_source == "assumed"
        np.testing.assert_array_equal(frames.time_s, np.arange(12) / 4)
    sampled = video.load(folder, video.VideoConfig(assumed_fps=12.0, fps=4.0, start_s=0.25))
    np.testing.assert_array_equal(sampled.index, [3, 6, 9])
    with pytest.raises(CinetrajError, match="assumed_fps"):
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
