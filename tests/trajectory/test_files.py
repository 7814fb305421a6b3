"""Files are written whole or not at all; JSON is read with an error that says what to do."""

import os
from pathlib import Path

import pytest

from compare.sources import clips
from sfm.video import reader
from trajectory import io
from trajectory.errors import CinetrajError, ReadError
from trajectory.files import named_place, printable, read_json, require_folder, write_atomically, write_whole


def refuse(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_texts_and_bytes_come_back_in_folders_that_are_made(tmp_path: Path) -> None:
    assert write_whole(tmp_path / "a" / "b.txt", "zoom 90°\n").read_text(encoding="utf-8") == "zoom 90°\n"
    assert write_whole(str(tmp_path / "a" / "b.txt"), b"\x00\xff").read_bytes() == b"\x00\xff"
    assert os.listdir(tmp_path / "a") == ["b.txt"]


def test_names_that_are_no_text_are_spelt_out(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.mp4")
    assert printable(name) == r"caf\udce9.mp4"
    assert printable("zoom 90° \n") == "zoom 90° \n"
    assert write_whole(tmp_path / "a.txt", name).read_text() == printable(name)


def test_no_file_is_named_as_the_output_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CinetrajError, match="not the output stream; give a name"):
        write_whole("-", "text")
    assert not os.listdir(tmp_path)


def test_a_full_disk_leaves_the_old_file_and_nothing_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = write_whole(tmp_path / "old.txt", "old")
    monkeypatch.setattr("trajectory.files.os.fsync", refuse)
    for path in (old, tmp_path / "new" / "file.txt"):
        with pytest.raises(CinetrajError, match="No space left"):
            write_whole(path, "new")
    assert old.read_text() == "old"
    assert os.listdir(tmp_path) == ["old.txt"]


def test_a_link_and_a_pipe_are_written_through(tmp_path: Path) -> None:
    real = write_whole(tmp_path / "real.txt", "old")
    link = tmp_path / "link.txt"
    link.symlink_to(real)
    write_whole(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    write_atomically({tmp_path / "beside.txt": b"1", link: b"newer"})  # as trajectories are: /dev/stdout is a link too
    assert link.is_symlink()
    assert (real.read_text(), (tmp_path / "beside.txt").read_text()) == ("newer", "1")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, "said")
        assert os.read(reader, 10) == b"said"
    finally:
        os.close(reader)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", None])
def test_what_is_no_json_is_refused_with_the_remedy(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "x.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ReadError, match=r"x\.json.*is no JSON file.*write it again"):
        read_json(file, remedy="write it again")
    file.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(file, remedy="") == {"a": 1}


def test_a_link_has_its_own_name_and_dots_have_that_of_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "store-1f3a").mkdir()
    (tmp_path / "shown").symlink_to("store-1f3a")
    monkeypatch.chdir(tmp_path / "store-1f3a")
    found = [named_place(path).name for path in (tmp_path / "shown", "../shown", ".", "../shown/.", "x/../../shown")]
    assert found == ["shown", "shown", "store-1f3a", "shown", "shown"]


def test_folders_that_can_be_made_are_told_from_those_that_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_whole(tmp_path / "file", "x")
    require_folder(tmp_path)
    require_folder(tmp_path / "new" / "newer")
    assert os.listdir(tmp_path) == ["file"]  # it only looks
    for below in (file, file / "new"):
        with pytest.raises(CinetrajError, match=r"/file is a file; choose another folder$"):
            require_folder(below)
    monkeypatch.setattr("trajectory.files.os.access", lambda *_: False)
    with pytest.raises(CinetrajError, match=rf"^{tmp_path} cannot be written; choose another folder$"):
        require_folder(tmp_path / "new")


def test_an_empty_string_is_not_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(tmp_path / "trajectory_tum.txt", "0 0 0 0 0 0 0 1\n1 0 0 1 0 0 0 1\n")
    monkeypatch.chdir(tmp_path)
    for ask in (io.read, clips, reader.load):
        with pytest.raises(CinetrajError, match=r"^the path is an empty string; '\.' stands for the current folder$"):
            ask("")
    assert [*clips(".")[0]] == [tmp_path.name]
