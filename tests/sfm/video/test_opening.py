"""Opening video files: any name, any tag, with the versions of PyAV that users have."""

import os
from pathlib import Path
from typing import Any

import av
import clips
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sfm.batch.work import at_half_size
from sfm.config import EstimateConfig, VideoConfig
from sfm.video import reader as video
from sfm.video.encode import encode
from sfm.video.opening import libav_name, on_device, open_video
from sfm.video.trim import frame_table
from trajectory.errors import CinetrajError


def named(folder: Path, name: bytes) -> Path:
    return Path(os.fsdecode(os.fsencode(folder) + b"/" + name))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.encode(tmp_path_factory.mktemp("film") / "a.mp4", clips.pan(0, 3))


@given(st.binary(min_size=1, max_size=60).filter(lambda b: not {0, 47} & set(b) and b not in (b".", b"..")))
@example(b"12:30.mp4")
@example(b"http://x".replace(b"/", b"|"))
@example(b"caf\xe9.mp4")
@example(b"-i")
@example(b" a\nb#?*[%03d].mp4. ")
@example(b"x" * 251 + b".mp4")
def test_every_name_that_the_system_allows_is_read(
    film: Path, tmp_path_factory: pytest.TempPathFactory, name: bytes
) -> None:
    path = named(tmp_path_factory.mktemp("named"), name)
    path.write_bytes(film.read_bytes())
    with open_video(path) as container:
        assert len(list(container.decode(video=0))) == 3


def test_a_relative_name_with_a_colon_is_no_protocol(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("12:30.mp4").write_bytes(film.read_bytes())
    with open_video("12:30.mp4") as container:
        assert container.streams.video
    encode(clips.pan(0, 2), "a:b.mp4", fps=25.0)
    assert Path("a:b.mp4").is_file()
    assert libav_name(Path("./a:b.mp4")) == "file:a:b.mp4"


def test_tags_in_another_encoding_are_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "ABCDEFGH"
        stream: Any = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for image in clips.pan(0, 2):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    latin = path.read_bytes().replace(b"ABCDEFGH", b"caf\xe9 \xff\xfe\xe9")
    assert b"caf\xe9" in latin
    path.write_bytes(latin)
    with open_video(path) as found:
        assert len(list(found.decode(video=0))) == 2


def test_pyav_19_has_no_option_for_tags_and_needs_none(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = av.open

    def of_19(file: str, mode: str | None = None, options: dict[str, str] | None = None) -> Any:
        return known(file, mode, options=options)

    monkeypatch.setattr(av, "open", of_19)
    with open_video(film) as container:
        assert container.streams.video


def test_what_is_no_video_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(bytes(range(256)))
    with pytest.raises(CinetrajError, match=r"a\.mp4: no video can be read from it \(Invalid data.*\); give"):
        open_video(tmp_path / "a.mp4")


def test_a_codec_that_nobody_knows_is_named_so(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.avi", clips.pan(0, 3), codec="mpeg4")
    path.write_bytes(path.read_bytes().replace(b"FMP4", b"zzzz"))
    for read in (video.load, frame_table):
        with pytest.raises(CinetrajError, match="coded in a way that libav does not know; convert it"):
            read(path)
    assert at_half_size(str(path), EstimateConfig()).video.long_side == 320  # of the default


@pytest.mark.parametrize("decoder", ["cuda", "vaapi"])
def test_a_device_decodes_where_there_is_one_and_else_software_does_and_says_so(
    film: Path, monkeypatch: pytest.MonkeyPatch, decoder: Any
) -> None:
    asked: list[bool] = []
    plain = av.open

    def watched(*given: Any, **named: Any) -> Any:
        asked.append("hwaccel" in named)
        return plain(*given, **named)

    software = video.load(film)
    monkeypatch.setattr(av, "open", watched)
    with open_video(film, decoder) as container:
        by_device = on_device(container.streams.video[0])
    assert asked[0]
    found = video.load(film, VideoConfig(decoder=decoder))
    assert (found.rgb == software.rgb).all()
    assert any("decoded in software" in note for note in found.notes) is not by_device


def test_asking_for_a_device_hides_nothing_of_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"\0" * 4000)
    told: list[str] = []
    for decoder in ("software", "cuda"):
        with pytest.raises(CinetrajError) as error:
            open_video(tmp_path / "a.mp4", decoder)
        told.append(str(error.value))
    assert told[0] == told[1]
