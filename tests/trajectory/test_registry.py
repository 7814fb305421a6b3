"""Entries are found in a folder and through entry points; a broken extension costs itself only."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from trajectory.registry import registry


@dataclass(frozen=True)
class Toy:
    """An entry of a test's own kind."""

    name: str


ONE, TWO = Toy("one"), (Toy("two"), Toy("three"))


class Broken(metadata.EntryPoint):
    """An entry point whose module cannot be imported."""

    dist = SimpleNamespace(name="other")

    def load(self) -> object:
        raise ImportError("no such module")


def point(value: str, name: str = "point") -> metadata.EntryPoint:
    return metadata.EntryPoint(name=name, value=f"{__name__}:{value}", group="toys")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package with one entry, one module without, and one that is private."""
    place = tmp_path / "toy_package"
    place.mkdir()
    (place / "__init__.py").write_text("")
    (place / "zulu.py").write_text(f"from {__name__} import Toy\nTOY = Toy('zulu')\n")
    (place / "plain.py").write_text("")
    (place / "_hidden.py").write_text("raise RuntimeError('must not be imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    yield "toy_package"
    for name in [name for name in sys.modules if name.startswith("toy_package")]:
        del sys.modules[name]


def given(monkeypatch: pytest.MonkeyPatch, *points: object) -> None:
    monkeypatch.setattr(metadata, "entry_points", lambda group: [p for p in points if p.group == group])


def test_our_folder_comes_first_then_other_distributions(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, point("ONE"), point("TWO", "several"))
    assert list(registry(folder, "TOY", Toy, group="toys")) == ["zulu", "one", "two", "three"]
    assert list(registry(folder, "TOY", Toy, group="others")) == ["zulu"]


def test_a_broken_extension_is_a_warning(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, Broken(name="broken", value="nothing:NOTHING", group="toys"), point("ONE"))
    with pytest.warns(UserWarning, match=r"broken of other cannot be loaded \(ImportError: no such module\); update"):
        assert list(registry(folder, "TOY", Toy, group="toys")) == ["zulu", "one"]


def test_another_kind_and_a_taken_name_are_left_out(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, point("Broken"), point("ONE", "first"), point("ONE", "second"))
    with pytest.warns(UserWarning, match="toys: (first|second|point)") as said:
        assert list(registry(folder, "TOY", Toy, group="toys")) == ["zulu", "one"]
    assert ["is no Toy" in str(said[0].message), "'one', which is there already" in str(said[1].message)] == [True] * 2
