"""Methods of dataclasses are compiled in one process and taken from its file by the next."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from sfm.processes import kept_code as kept
from sfm.processes.kept_code import kept_code


def made(file: Path, default: int = 3) -> Any:
    """An object of a class that is made anew."""
    with kept_code(file):

        @dataclasses.dataclass(frozen=True, kw_only=True)
        class Pair:
            first: int
            second: int = default

    return Pair(first=1)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Texts that were compiled since."""
    texts: list[str] = []

    def counted(text: str, *rest: Any) -> Any:
        texts.append(text)
        return compile(text, *rest)

    monkeypatch.setattr(kept, "compile", counted, raising=False)
    monkeypatch.setattr(kept.sys, "dont_write_bytecode", False)
    return texts


def test_what_was_compiled_once_is_taken_from_the_file(tmp_path: Path, compiled: list[str]) -> None:
    file = tmp_path / "there is no folder" / "a.texts"
    one = made(file)
    first = len(compiled)
    again = made(file, default=4)  # a value is no part of the text
    assert first > 0
    assert len(compiled) == first
    assert (one.first, one.second, again.second) == (1, 3, 4)
    assert again == dataclasses.replace(again) != dataclasses.replace(again, second=3)
    assert "first=1, second=4" in repr(again)
    with pytest.raises(dataclasses.FrozenInstanceError):
        again.first = 2
    with pytest.raises(TypeError, match="unexpected keyword argument 'third'"):
        type(again)(first=1, third=2)


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[:-7], lambda data: data[:40] + data[41:] + b"x"]
)
def test_a_file_that_is_damaged_or_of_another_python_is_written_anew(
    tmp_path: Path, compiled: list[str], damage: Any
) -> None:
    file = tmp_path / "a.texts"
    made(file)
    whole, first = file.read_bytes(), len(compiled)
    file.write_bytes(damage(whole))
    assert made(file).second == 3
    assert len(compiled) == 2 * first
    assert file.read_bytes() == whole


def test_nothing_is_kept_where_python_keeps_nothing_or_the_disk_refuses(
    tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "link").symlink_to(tmp_path / "file" / "a.texts")  # a folder that may not be entered refuses as this
    for file in (tmp_path / "file" / "a.texts", tmp_path / "link"):
        assert made(file).second == 3
    monkeypatch.setattr(kept.sys, "dont_write_bytecode", True)
    assert made(tmp_path / "a.texts").second == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]
    assert "exec" not in vars(dataclasses)


def test_a_file_that_is_too_large_is_begun_anew(
    tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.texts"
    made(file)
    monkeypatch.setattr(kept, "MOST_BYTES", file.stat().st_size)
    with kept_code(file):
        dataclasses.make_dataclass("Other", [("name", str)])
    size = file.stat().st_size
    assert 0 < size <= kept.MOST_BYTES
    count = len(compiled)
    with kept_code(file):
        dataclasses.make_dataclass("Other", [("name", str)])
    assert len(compiled) == count
