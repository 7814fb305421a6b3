"""Video files: every frame with its time, whatever the container."""

import struct
import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import clips
import numpy as np
import pytest
from av.video.reformatter import Interpolation

from sfm.config import VideoConfig
from sfm.video import reader as video
from sfm.video.sampling import over_black
from trajectory.errors import CinetrajError


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


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuv422p", "yuv444p", "gray"])
@pytest.mark.parametrize("longest_px", [96, 40])
def test_colours_are_those_of_swscale_without_its_short_cuts(tmp_path: Path, pix_fmt: str, longest_px: int) -> None:
    path = clips.encode(tmp_path / "a.mkv", clips.pan(0, 3), codec="ffv1", pix_fmt=pix_fmt)
    frames = video.load(path, VideoConfig(long_side=longest_px))
    flags = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
    with av.open(str(path)) as container:
        for ours, frame in zip(frames.rgb, container.decode(video=0), strict=True):
            theirs = frame.reformat(ours.shape[1], ours.shape[0], "rgb24", interpolation=int(flags)).to_ndarray()
            assert np.abs(ours.astype(int) - theirs).max() <= 1
            assert (ours == theirs).mean() > 0.99


def test_a_damaged_film_is_read_alike_each_time(tmp_path: Path) -> None:
    whole = bytearray(
        clips.encode(
            tmp_path / "a.mp4", clips.pan(0, 60, hw=(240, 320)), options={"bf": "0", "threads": "1"}
        ).read_bytes()
    )
    places = np.linspace(0.1, 0.9, 40) * len(whole)
    for place in places.astype(int):
        whole[place] ^= 0xFF
    damaged = tmp_path / "b.mp4"
    damaged.write_bytes(whole)
    with pytest.warns(video.VideoWarning, match="damaged"):
        found = [video.load(damaged) for _ in range(12)]
    for again in found[1:]:
        assert again.notes == found[0].notes
        np.testing.assert_array_equal(again.rgb, found[0].rgb)


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


def standing(path: Path) -> Path:
    """An mp4 whose table of durations (stts, ISO 14496-12, 8.6.1.2) gives every frame none."""
    data = bytearray(clips.encode(path, clips.pan(0, 12), options={"bf": "0"}).read_bytes())
    table = data.index(b"stts") + 4
    assert struct.unpack_from(">II", data, table) == (0, 1)  # one entry: all frames alike
    struct.pack_into(">I", data, table + 12, 0)
    path.write_bytes(data)
    return path


def test_a_clock_that_stands_is_none_and_the_rate_is_that_of_the_codec(tmp_path: Path) -> None:
    frames = video.load(standing(tmp_path / "a.mp4"))
    np.testing.assert_allclose(frames.time_s, np.arange(12) / 25, rtol=0, atol=1e-12)
    assert frames.time_source == "assumed"
    assert frames.notes == ("the file carries no timestamps; 25 frames per second assumed",)


def test_where_the_clock_stands_a_part_and_a_rate_are_those_of_the_assumed_times(tmp_path: Path) -> None:
    path = standing(tmp_path / "a.mp4")
    part = video.load(path, video.VideoConfig(start_s=0.2, stop_s=0.4))
    assert part.index.tolist() == [5, 6, 7, 8, 9]
    every_other = video.load(path, video.VideoConfig(assumed_fps=10.0, fps=5.0))
    assert every_other.index.tolist() == [0, 2, 4, 6, 8, 10]


def test_a_raw_stream_has_assumed_times(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.h264", clips.pan(0, 8))
    frames = video.load(path, video.VideoConfig(assumed_fps=10.0))
    assert frames.time_source == "assumed"
    np.testing.assert_allclose(frames.time_s, np.arange(8) / 10)
    assert "10 frames per second assumed" in frames.notes[0]


def test_a_rate_for_a_clip_that_has_times_is_said_to_have_no_effect(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.mp4", clips.pan(0, 8))
    plain, rated = video.load(path), video.load(path, video.VideoConfig(assumed_fps=10.0))
    assert rated.time_s.tolist() == plain.time_s.tolist()
    assert plain.notes == ()
    assert rated.notes == ("--video.assumed-fps has no effect: the clip has times of its own",)


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


def test_an_avi_cut_short_lacks_what_its_header_declares(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.avi", clips.pan(0, 40), codec="mjpeg", pix_fmt="yuvj420p")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 9 // 10])  # libav takes nine tenths of the declared frames for all of them
    with pytest.warns(video.VideoWarning, match="36 of 40 frames, 0.16 s missing"):
        assert len(video.load(path)) == 36


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


def test_a_part_before_a_film_whose_clock_starts_late_is_told_where_it_starts(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.mkv", clips.pan(0, 4), pts=[5000, 5040, 5080, 5120], time_base=Fraction(1, 1000))
    with pytest.raises(CinetrajError, match=r"no frame from 0.5 s on before 1 s; .*; its first frame has the time 5 s"):
        video.load(path, VideoConfig(start_s=0.5, stop_s=1.0))
    assert len(video.load(path, VideoConfig(start_s=5.05))) == 2


DROPPED = [0, 2, 4, 6, 7, 8, 11, 12]
"""Slots of a film at 25 a second of which some are empty."""


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.avi", "mjpeg", {}),
        ("a.avi", "mpeg4", {}),
        ("a.avi", "libx264", {"bf": "0"}),
        ("a.mkv", "libx264", {"bf": "2"}),
        ("a.mov", "libx264", {"bf": "2"}),
        ("a.ts", "libx264", {"bf": "2"}),
        ("a.flv", "libx264", {"bf": "2"}),
        ("a.wmv", "wmv2", {}),
        ("a.nut", "mpeg4", {"bf": "2"}),
    ],
)
def test_dropped_frames_leave_the_others_in_their_time(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = clips.encode(
        tmp_path / name,
        clips.pan(0, 8),
        codec=codec,
        pix_fmt=pix_fmt,
        pts=DROPPED,
        time_base=Fraction(1, 25),
        options=options,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frames = video.load(path)
    np.testing.assert_allclose(frames.time_s - frames.time_s[0], np.array(DROPPED) / 25, rtol=0, atol=2e-3)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_an_avi_with_b_frames_is_shown_in_the_order_of_its_slots(tmp_path: Path, codec: str) -> None:
    rgb = clips.pan(0, 12, noise=0)
    frames = video.load(clips.encode(tmp_path / "a.avi", rgb, codec=codec, options={"bf": "3"}))
    np.testing.assert_allclose(frames.time_s, np.arange(12) / 25, rtol=0, atol=1e-12)
    assert np.abs(frames.rgb.astype(int) - rgb).mean((1, 2, 3)).max() < 8


@pytest.mark.parametrize("start", [-3, 0, 40, 90_000])
@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts", "a.nut", "a.flv"])
def test_a_late_or_early_start_is_believed_and_no_loss(tmp_path: Path, name: str, start: int) -> None:
    pts = [start + 4 * k for k in range(12)]
    path = clips.encode(
        tmp_path / name,
        clips.pan(0, 12),
        codec="mpeg4" if name != "a.flv" else "libx264",
        pts=pts,
        time_base=Fraction(1, 25),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frames = video.load(path)
    np.testing.assert_allclose(np.diff(frames.time_s), 0.16, rtol=0, atol=2e-3)
    if start > 0 and name not in ("a.ts", "a.flv"):  # whose muxers shift the clock
        np.testing.assert_allclose(frames.time_s[0], start / 25, rtol=0, atol=2e-3)


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.avi", "a.webm", "a.mov"])
def test_a_held_last_picture_and_empty_slots_at_the_end_are_no_loss(tmp_path: Path, name: str) -> None:
    """The stream goes on, or is declared to, after the last picture."""
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libvpx-vp9" if name == "a.webm" else "mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number, image in enumerate(clips.pan(0, 6)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            for packet in stream.encode(frame):
                packet.duration = 50 if number == 5 else packet.duration
                container.mux(packet)
        container.mux(stream.encode(None))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(video.load(path)) == 6


def test_a_trimmed_film_is_whole(tmp_path: Path) -> None:
    """An edit list (ISO 14496-12, 8.6.6) shows a part of the pictures that are there."""
    path = clips.encode(tmp_path / "a.mp4", clips.pan(0, 40), codec="mpeg4", container_options={"use_editlist": "1"})
    data = bytearray(path.read_bytes())
    place = data.index(b"elst") + 12
    duration = int.from_bytes(data[place : place + 4], "big")
    data[place : place + 4] = (duration // 2).to_bytes(4, "big")
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert 15 <= len(video.load(path)) <= 25


@pytest.mark.filterwarnings("ignore::sfm.video.sampling.VideoWarning")
@pytest.mark.parametrize(
    ("name", "start"), [("a.mkv", 90_000), ("a.mp4", 90_000), ("a.avi", 0), ("a.webm", 0), ("a.flv", 0)]
)
def test_each_container_cut_short_says_so(tmp_path: Path, name: str, start: int) -> None:
    codec = {"a.webm": "libvpx-vp9", "a.flv": "flv1"}.get(name, "mpeg4")
    path = clips.encode(
        tmp_path / name,
        clips.pan(0, 40),
        codec=codec,
        pts=[start + k for k in range(40)],
        time_base=Fraction(1, 25),
        container_options={"movflags": "faststart"} if name == "a.mp4" else None,
    )
    data = path.read_bytes()
    path.write_bytes(data[: int(0.8 * len(data))])
    with pytest.warns(video.VideoWarning, match="cut short"):
        frames = video.load(path)
    assert 0 < len(frames) < 40


@pytest.mark.filterwarnings("ignore::sfm.video.sampling.VideoWarning")
def test_reserved_room_that_was_never_filled_is_a_file_cut_short(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.mkv", clips.pan(0, 40), codec="mpeg4")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    with pytest.warns(video.VideoWarning, match="cut short"):
        assert 5 < len(video.load(path)) < 40
