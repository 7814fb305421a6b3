"""The page of presets shows what `cinetraj describe` says of rows with the increments that it names."""

import runpy
from pathlib import Path

import pytest

from trajectory import io

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = runpy.run_path(str(ROOT / "benchmarks" / "presets.py"))
PRESETS = {preset.name: preset for preset in (*SCRIPT["PRESETS"], *SCRIPT["WHAT_THE_NAMES_SAY"])}


@pytest.mark.parametrize("name", PRESETS)
def test_the_page_holds_the_line(name: str) -> None:
    assert SCRIPT["line"](PRESETS[name]) in (ROOT / "docs" / "presets.md").read_text()


def test_the_page_holds_no_other_line() -> None:
    page = (ROOT / "docs" / "presets.md").read_text()
    assert sum(row.startswith("|") for row in page.splitlines()) == 2 + len(PRESETS)


def yes(name: str) -> set[str]:
    decisions = SCRIPT["told"](SCRIPT["rows"](PRESETS[name]))["decisions"]
    return {primitive for primitive, decision in decisions.items() if decision["yes"]}


def test_a_pan_in_name_is_a_truck_and_a_zoom_a_dolly() -> None:
    assert yes("Pan_Left.txt") == {"Move_Left"}
    assert yes("Zoom_In.txt") == {"Move_In"}
    assert yes("a pan left") == {"Pan_Left"}
    assert yes("a zoom in") == {"Zoom_In"}


def test_both_layouts_in_circulation_give_one_path(tmp_path: Path) -> None:
    texts = {stamps: SCRIPT["rows"](PRESETS["Zoom_In.txt"], stamps=stamps) for stamps in (True, False)}
    found = []
    for stamps, text in texts.items():
        (tmp_path / f"{stamps}.txt").write_text(text)
        found.append(io.read(tmp_path / f"{stamps}.txt"))
    one, other = found
    assert (one.world_from_cam == other.world_from_cam).all()
    assert one.image_hw == other.image_hw == (1, 1)
    assert one.intrinsics_px is not None
    assert other.intrinsics_px is not None
    assert (one.intrinsics_px == other.intrinsics_px).all()
    assert any("parts of the picture" in note for note in io.notes(other))


def test_a_file_of_that_kind_is_told_alike(shared: Path) -> None:
    text = (shared / "cases" / "04-camera-control-zero-stamps" / "Pan_Left.txt").read_text()
    assert SCRIPT["told"](text)["sentence"] == SCRIPT["told"](SCRIPT["rows"](PRESETS["Pan_Left.txt"]))["sentence"]
