"""Cutting is frame-exact: every frame carries its number in its pixels, so a shift by one cannot hide."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from sfm.video import reader
from sfm.video.trim import cut, frame_table
from trajectory.errors import CinetrajError, ReadError

BITS = 12
BLOCK = 8


def numbered(number: int, hw: tuple[int, int] = (32, 96)) -> np.ndarray:
    """A picture that shows `number` as 12 black and white blocks."""
    picture = np.full((*hw, 3), 128, np.uint8)
    for bit in range(BITS):
        picture[8:16, bit * BLOCK : (bit + 1) * BLOCK] = 235 if number >> bit & 1 else 16
    return picture


def read_number(picture: np.ndarray) -> int:
    centres = picture[10:14, BLOCK // 2 : BITS * BLOCK : BLOCK].mean((0, 2))
    return int(((centres > 128) * (1 << np.arange(BITS))).sum())


def write_numbered(
    path: Path,
    pts: Sequence[int],
    *,
    time_base: Fraction,
    rate: Fraction,
    hw: tuple[int, int] = (32, 96),
    codec: str = "libx264",
    rotation: int = 0,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
) -> None:
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = hw[1], hw[0], "yuv420p" if hw[0] % 2 == 0 else "yuv444p"
        if codec == "mjpeg":
            stream.pix_fmt = "yuvj420p"
        stream.codec_context.time_base = time_base
        if codec == "libx264":
            # Long groups with reordered frames: seeking must go back, and decoding order is not showing order.
            stream.codec_context.options = {"crf": "10", "preset": "veryfast", "g": "50", "bf": "3", **(options or {})}
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        for number, value in enumerate(pts):
            frame = av.VideoFrame.from_ndarray(numbered(number, hw), format="rgb24")
            frame.pts, frame.time_base = int(value), time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def read_back(path: Path) -> tuple[list[int], list[float]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    numbers = [read_number(frame.to_ndarray(format="rgb24")) for frame in frames]
    return numbers, [float(frame.time) for frame in frames]


NTSC = Fraction(24000, 1001)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """180 frames at 23.976 frames a second."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    write_numbered(path, [1001 * k for k in range(180)], time_base=Fraction(1, 24000), rate=NTSC)
    return path


def test_the_table_lists_every_frame_at_its_time(film: Path) -> None:
    table = frame_table(film)
    assert len(table) == 180
    assert table.rate == NTSC
    np.testing.assert_allclose(table.time_s, np.arange(180) * 1001 / 24000, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (0, 180), (1, 2), (49, 52), (50, 51), (73, 121), (179, 180)])
def test_exactly_the_frames_asked_for(film: Path, tmp_path: Path, start: int, stop: int) -> None:
    out = tmp_path / "clip.mp4"
    cut(film, out, start=start, stop=stop)
    numbers, times = read_back(out)
    assert numbers == list(range(start, stop))
    np.testing.assert_allclose(times, np.arange(stop - start) * 1001 / 24000, atol=1e-4)
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mp4"]


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_variable_rate_keeps_the_spacing_in_time(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(7)
    pts = np.cumsum(rng.choice([20, 33, 34, 100, 500], 90)) + 400  # milliseconds, first frame not at zero
    source, out = tmp_path / f"source.{suffix}", tmp_path / "clip.mp4"
    write_numbered(source, list(pts), time_base=Fraction(1, 1000), rate=Fraction(30))
    table = frame_table(source)
    np.testing.assert_allclose(table.time_s, (pts - pts[0]) / 1000, atol=1e-9)
    cut(source, out, start=31, stop=77, table=table)
    numbers, times = read_back(out)
    assert numbers == list(range(31, 77))
    np.testing.assert_allclose(times, (pts[31:77] - pts[31]) / 1000, atol=1e-3)


def test_a_container_without_presentation_times(tmp_path: Path) -> None:
    source, out = tmp_path / "source.avi", tmp_path / "clip.mp4"
    write_numbered(source, range(40), time_base=Fraction(1, 25), rate=Fraction(25), codec="mpeg4")
    cut(source, out, start=13, stop=29)
    assert read_back(out)[0] == list(range(13, 29))


def test_odd_size_rotation_and_pixel_shape_are_kept(tmp_path: Path) -> None:
    source, out = tmp_path / "source.mp4", tmp_path / "clip.mp4"
    pts = range(12)
    write_numbered(
        source, pts, time_base=Fraction(1, 25), rate=Fraction(25), hw=(33, 97), rotation=90, aspect=Fraction(4, 3)
    )
    cut(source, out, start=3, stop=9, crf=0)
    with av.open(str(source)) as a, av.open(str(out)) as b:
        before, after = next(a.decode(video=0)), next(b.decode(video=0))
        assert (after.height, after.width) == (33, 97)
        assert after.rotation == before.rotation != 0
        assert b.streams.video[0].sample_aspect_ratio == Fraction(4, 3)
    assert read_back(out)[0] == list(range(3, 9))


@pytest.mark.parametrize(("start", "stop"), [(-1, 3), (5, 5), (7, 3), (0, 181), (180, 181)])
def test_an_impossible_range_is_refused_and_leaves_nothing(film: Path, tmp_path: Path, start: int, stop: int) -> None:
    with pytest.raises(CinetrajError, match="stop <= 180"):
        cut(film, tmp_path / "clip.mp4", start=start, stop=stop)
    assert not list(tmp_path.iterdir())


def test_a_truncated_film_is_an_error_not_a_short_clip(film: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mkv"
    whole = tmp_path / "whole.mkv"
    write_numbered(whole, [1001 * k for k in range(100)], time_base=Fraction(1, 24000), rate=NTSC)
    table = frame_table(whole)
    content = whole.read_bytes()
    broken.write_bytes(content[: len(content) // 2])
    with pytest.raises(ReadError, match="does not give frames 90 to 99"):
        cut(broken, tmp_path / "clip.mp4", start=90, stop=100, table=table)
    assert not (tmp_path / "clip.mp4").exists()


# One clock for what is read and what is cut


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_an_avi_with_b_frames_and_dropped_frames_is_cut_as_it_is_read(tmp_path: Path, codec: str) -> None:
    source, out = tmp_path / "source.avi", tmp_path / "clip.mp4"
    pts = [0, 1, 2, 4, 6, 7, 8, 9, 10, 11, 14, 15] if codec == "mpeg4" else list(range(12))
    write_numbered(source, pts, time_base=Fraction(1, 25), rate=Fraction(25), codec=codec)
    table, read = frame_table(source), reader.load(source)
    np.testing.assert_allclose(table.time_s, read.time_s - read.time_s[0], rtol=0, atol=1e-9)
    cut(source, out, start=2, stop=9, table=table)
    numbers, times = read_back(out)
    assert numbers == list(range(2, 9))
    np.testing.assert_allclose(times, table.time_s[2:9] - table.time_s[2], atol=1e-3)


def test_where_the_clock_stands_frames_are_cut_at_the_rate_of_the_codec(tmp_path: Path) -> None:
    source, out = tmp_path / "source.mp4", tmp_path / "clip.mp4"
    write_numbered(source, range(40), time_base=Fraction(1, 25), rate=Fraction(25), options={"bf": "0"})
    data = bytearray(source.read_bytes())
    struct.pack_into(">I", data, data.index(b"stts") + 16, 0)  # the duration of every frame (ISO 14496-12, 8.6.1.2)
    source.write_bytes(data)
    table = frame_table(source)
    np.testing.assert_allclose(table.time_s, reader.load(source).time_s, rtol=0, atol=1e-9)
    cut(source, out, start=13, stop=29, table=table)
    numbers, times = read_back(out)
    assert numbers == list(range(13, 29))
    np.testing.assert_allclose(times, np.arange(16) / 25, atol=1e-3)


def test_repeated_times_are_spread_as_the_reader_spreads_them(tmp_path: Path) -> None:
    source, out = tmp_path / "source.mkv", tmp_path / "clip.mp4"
    pts = [0, 400, 800, 801, 802, 2000, 2400, 2800]  # a Matroska keeps milliseconds: three at 80
    write_numbered(source, pts, time_base=Fraction(1, 10_000), rate=Fraction(25), codec="mjpeg")
    table = frame_table(source)
    np.testing.assert_allclose(np.diff(table.time_s), [0.04] * 7, rtol=0, atol=1e-4)
    np.testing.assert_allclose(table.time_s, reader.load(source).time_s, rtol=0, atol=1e-4)
    cut(source, out, start=1, stop=6, table=table)
    assert read_back(out)[0] == list(range(1, 6))


@pytest.mark.parametrize("content", [b"", b"this is a text\n" * 50])
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(CinetrajError, match=r"film\.mp4: no video can be read"):
        frame_table(path)
    with pytest.raises(ReadError, match="does not exist"):
        frame_table(tmp_path / "none.mp4")
