"""What is no clip says what it is and what to do."""

import io
import tarfile
import zipfile
from pathlib import Path

import clips
import pytest
from PIL import Image

from sfm.video import reader as video
from sfm.video.recognition import FILM, PICTURE, UNKNOWN, content_of, no_clip
from trajectory.errors import CinetrajError

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"


def archive(kind: str) -> bytes:
    stream = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(stream, "w") as file:
            file.writestr("a.mp4", b"x")
    else:
        with tarfile.open(fileobj=stream, mode="w") as file:
            file.addfile(tarfile.TarInfo("a.mp4"))
    return stream.getvalue()


OTHERS = [
    (b"<!DOCTYPE html>\n<html><head><title>Sign in</title>", "web page"),
    (b"\xef\xbb\xbf\n <html lang=en>", "web page"),
    (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", r"XML \(<Error><Code>AccessDenied"),
    (b'{"error": "not found"}', "JSON"),
    (POINTER, "pointer of Git LFS, .*`git lfs pull`"),
    (b"/annex/objects/SHA256E-s1--ab.mp4\n", "pointer of git-annex"),
    (archive("zip"), r"archive \(ZIP\)"),
    (archive("tar"), r"archive \(tar\)"),
    (b"\x1f\x8b\x08\0" + bytes(50), r"archive \(gzip\)"),
    (b"%PDF-1.7\n", "PDF"),
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIF"),
    (bytes(10_000), "zero"),
]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.png", "clip"])
@pytest.mark.parametrize(("content", "words"), OTHERS)
def test_what_is_no_clip_is_named_with_a_remedy(tmp_path: Path, content: bytes, words: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CinetrajError, match=words) as caught:
        video.load(path)
    assert ";" in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_camera_path_is_no_archive_to_unpack(tmp_path: Path) -> None:
    (tmp_path / "trajectory.npz").write_bytes(archive("zip"))
    with pytest.raises(CinetrajError, match="arrays of NumPy, perhaps a camera path; give a video"):
        video.load(tmp_path / "trajectory.npz")


def test_images_that_are_pointers_say_so(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(POINTER)
    with pytest.raises(CinetrajError, match=r"none of 3 images can be read \(0\.png: this is a pointer of Git LFS"):
        video.load(tmp_path)


def test_half_a_download_is_told_by_its_missing_index(tmp_path: Path) -> None:
    whole = clips.encode(tmp_path / "a.mp4", clips.pan(0, 8)).read_bytes()
    (tmp_path / "a.mp4").write_bytes(whole[: whole.index(b"moov") - 8])
    with pytest.raises(CinetrajError, match=r"no index \(moov\), as half a download .*: get the file again"):
        video.load(tmp_path / "a.mp4")


@pytest.mark.parametrize(("suffix", "kind"), [("png", PICTURE), ("jpg", PICTURE), ("bmp", PICTURE), ("webp", PICTURE)])
def test_pictures_are_known_by_their_content(tmp_path: Path, suffix: str, kind: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(clips.texture(0, (32, 32))).save(path)
    assert content_of(path) == kind
    assert no_clip(path) == ""
    other = path.rename(tmp_path / "b.mov")
    assert len(video.load(other)) == 1


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "mpeg4"), ("a.mkv", "mpeg4"), ("a.avi", "mpeg4"), ("a.ts", "mpeg2video")]
)
def test_films_are_known_by_their_content_and_read_under_any_name(tmp_path: Path, name: str, codec: str) -> None:
    path = clips.encode(tmp_path / name, clips.pan(0, 4), codec=codec)
    assert content_of(path) == (UNKNOWN if name == "a.ts" else FILM)
    assert no_clip(path) == ""
    if name != "a.ts":
        assert len(video.load(path.rename(tmp_path / "b.png"))) == 4
