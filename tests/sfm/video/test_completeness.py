"""Whether a file is all there: every prefix of a file lacks bytes, the whole lacks none."""

import struct
from pathlib import Path

import clips
import numpy as np
import pytest
from PIL import Image

from sfm.video.completeness import missing_bytes, without_index

RGB = clips.pan(0, 6, hw=(48, 64))


@pytest.fixture(scope="module", params=["a.mp4", "a.mov", "a.mkv", "a.avi", "front.mp4", "a.webp"])
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / request.param
    if path.suffix == ".webp":
        first, *others = (Image.fromarray(image) for image in RGB)
        first.save(path, save_all=True, append_images=others)
        return path
    options = {"movflags": "faststart"} if path.stem == "front" else None
    return clips.encode(path, RGB, codec="mpeg4", container_options=options)


def test_a_whole_file_lacks_nothing_and_each_part_of_it_does(film: Path, tmp_path: Path) -> None:
    data = film.read_bytes()
    assert missing_bytes(film) == 0
    part = tmp_path / film.name
    for share in np.linspace(0.3, 0.97, 12):
        part.write_bytes(data[: int(share * len(data))])
        lacking = missing_bytes(part)
        assert (lacking or 0) > 0 or without_index(part)
    part.write_bytes(data[: len(data) // 2] + bytes(len(data) // 2 + 5000))
    assert (missing_bytes(part) or 0) > 0 or without_index(part)


def test_kinds_that_do_not_say_are_not_judged(tmp_path: Path) -> None:
    path = clips.encode(tmp_path / "a.ts", RGB, codec="mpeg2video")
    assert missing_bytes(path) is None
    for content in (
        b"",
        b"\0",
        b"RIFF",
        b"RIFF\0\0\0\0AVI ",
        b"\x1a\x45\xdf\xa3",
        b"\x1a\x45\xdf\xa3\x01" + b"\xff" * 20,
    ):
        path.write_bytes(content)
        assert missing_bytes(path) is None or content == b"RIFF"
    path.write_bytes(struct.pack(">I4sI4s", 8, b"free", 3, b"mdat") + bytes(50))  # a box of three bytes
    assert missing_bytes(path) is None


def test_nonsense_ends_soon(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(struct.pack(">I4s", 8, b"free") * 300_000)
    assert missing_bytes(path) is None
