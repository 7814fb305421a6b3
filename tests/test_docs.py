"""The pages that describe the code name modules, files and rooms that exist."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import trajectory

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md", ROOT / "README.md"])
MODULE = re.compile(r"(?<![\w./])(?:sfm|compare|trajectory)(?:\.\w+)+")
FILE = re.compile(r"(?<![\w./])(?:sfm|compare|trajectory|docs|tests|benchmarks)/[\w./]*\w")
FILES_OF_USERS = ("trajectory.npz",)


def unknown_module(dotted: str) -> str:
    """What of a dotted name is neither a module nor a name in one, or nothing. No import: many are heavy."""
    place = ROOT
    names = dotted.split(".")
    while names and ((place / names[0]).is_dir() or (place / f"{names[0]}.py").is_file()):
        place /= names.pop(0)
    if not names:
        return ""
    sources = [place / "__init__.py" if place.is_dir() else place.with_suffix(".py")]
    if place.name == "trajectory":  # a variable of that name holds a `Trajectory`
        sources.append(place / "model.py")
    known = any(re.search(rf"\b{names[0]}\b", source.read_text(encoding="utf-8")) for source in sources)
    return "" if known else names[0]


def unknown_file(name: str) -> bool:
    """Whether a path is neither there nor the place of a new file (NAME)."""
    return "NAME" not in name and not (ROOT / name).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_and_files_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    modules = set(MODULE.findall(text)) - set(FILES_OF_USERS)
    assert not {name: unknown for name in sorted(modules) if (unknown := unknown_module(name))}
    assert not [name for name in sorted(set(FILE.findall(text))) if unknown_file(name)]


def test_this_test_can_fail() -> None:
    assert unknown_module("sfm.motion.selection.select_model") == ""
    assert unknown_module("sfm.no_room.thing") == "no_room"
    assert unknown_module("sfm.motion.selection.no_function") == "no_function"
    assert unknown_file("sfm/no_room.py")
    assert not unknown_file("sfm/motion/selection.py")


@pytest.mark.parametrize("package", ["trajectory", "sfm", "compare"])
def test_every_public_name_is_on_the_page_of_its_package(package: str) -> None:
    page = (ROOT / "docs" / f"api_{package}.md").read_text(encoding="utf-8")
    told = {dotted.rpartition(".")[2] for dotted in re.findall(r"^::: ([\w.]+)$", page, flags=re.MULTILINE)}
    assert not set(importlib.import_module(package).__all__) - told


def test_every_room_is_on_the_map() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [f"sfm/{path.name}" for path in (ROOT / "sfm").iterdir() if path.is_dir() and [*path.glob("*.py")]]
    rooms += [f"sfm/{path.name}" for path in (ROOT / "sfm").glob("[!_]*.py")]
    table = set(re.findall(r"^\| \d+ \| `(sfm/[\w.]+)` \|", page, flags=re.MULTILINE))
    assert len(rooms) > 10
    assert not set(rooms) - table


def paragraphs_with_rows(text: str) -> list[str]:
    """Paragraphs of the page that the site makes which hold a row of a table or an item of a list."""
    markdown = pytest.importorskip("markdown", reason="the extra docs is not installed")
    page = markdown.markdown(text, extensions=["tables", "attr_list", "md_in_html", "pymdownx.superfences"])
    found = re.findall(r"<p>(.*?)</p>", page, flags=re.DOTALL)
    return [each[:80] for each in found if re.search(r"^\s*(?:\||[-*] |\d+\. )", each, flags=re.MULTILINE)]


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_rows_and_items_are_no_prose(page: Path) -> None:
    assert not paragraphs_with_rows(page.read_text(encoding="utf-8"))


def test_rows_and_items_that_are_prose_are_found() -> None:
    table, items = "| a | b |\n|---|---|\n| c | d |\n", "- a\n\n- b\n"
    assert not paragraphs_with_rows(table + "\n" + items)
    assert paragraphs_with_rows(table + "\n| e | f |\n")
    assert paragraphs_with_rows("- a\n\n  b\n- c\n")


def test_no_line_of_prose_is_too_long() -> None:
    pages = [ROOT / "docs" / name for name in ("architecture.md", "estimator.md", "dense.md")]
    for page in (*pages, ROOT / "CONTRIBUTING.md"):
        long = [line for line in page.read_text(encoding="utf-8").splitlines() if len(line) > 120 and line[0] != "|"]
        assert not long, page.name


def test_the_page_of_formats_has_every_key_of_a_description() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    said = set(re.findall(r"[\w.]+", " ".join(re.findall(r"`([^`\n]+)`", page))))
    said |= set(re.findall(r'"(\w+)":', page))
    path = trajectory.Trajectory(
        world_from_cam=np.tile(np.eye(4), (9, 1, 1)), time_s=np.arange(9.0) / 8, valid=np.ones(9, bool)
    )
    described = trajectory.describe(path).to_json()
    keys = {*described, *described["decisions"]["Static"], *described["segments"][0], *described["compound"]}
    assert not {key for key in keys if key not in said and f"segments.{key}" not in said}


ADDED = {"MATCHER": "matchers", "FEATURE": "features", "BACKEND": "backends", "METRIC": "metrics", "FORMAT": "formats"}
USED = """
import numpy as np
import compare
import trajectory
from compare import protocols
from dataclasses import replace
from sfm import backends
from sfm.config import FeatureConfig, MatchConfig
from sfm.features.extract import extract
from sfm.matching.match import match
from sfm.types import Frames, Masks

rgb = np.random.default_rng(0).integers(0, 255, (2, 64, 96, 3), np.uint8)
frames = Frames(rgb=rgb, time_s=np.arange(2.0), index=np.arange(2), source_hw=(64, 96), source="made")
masks = Masks(usable=np.ones((64, 96), bool), blank=np.zeros(2, bool), duplicate_of=np.arange(2))
path = backends.run(frames, masks, "rest").trajectory
same = extract(rgb[[0, 0]], FeatureConfig(name="patches", max_features=20))
assert match(same, np.array([[0, 1]]), MatchConfig(method="plain"))[0].tolist() == [[i, i] for i in range(20)]
trajectory.write(path, "rows.txt", format="rows")
assert trajectory.io.detect("rows.txt")[0] == "rows"
assert len(trajectory.read("rows.txt")) == 2
mine = replace(protocols.get("gauge-ate"), name="mine", metrics=("EndGap",))
assert "EndGap" in compare.score(path, path, protocol=mine).to_json()["summary"]["better"]
"""


def test_the_extensions_of_the_page_for_contributors_run_as_they_stand(tmp_path: Path) -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    points: list[str] = []
    for kind, group in ADDED.items():
        [code] = [each for each in examples if re.search(rf"^{kind} = ", each, flags=re.MULTILINE)]
        (tmp_path / f"of_{group}.py").write_text(code, encoding="utf-8")
        [name] = re.findall(rf'^{kind} = \w+\(name="([\w-]+)"', code, flags=re.MULTILINE)
        points.append(f"[cinetraj.{group}]\n{name} = of_{group}:{kind}\n")
    about = tmp_path / "page-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: page\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("\n".join(points))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    command = [sys.executable, "-W", "error::UserWarning", "-c", USED]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
