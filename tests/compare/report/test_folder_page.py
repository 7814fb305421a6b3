"""The page of a folder of runs; `test_run_page` has it in a browser."""

import json
import re
from pathlib import Path
from typing import Any

import made_runs
import pytest

from compare.cli._film import films
from compare.film import jpeg
from compare.report import folder_page
from compare.run_files import all_shots
from trajectory.errors import CinetrajError


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_runs.write(tmp_path_factory.mktemp("made"))


def cards(page: str) -> dict[str, dict[str, Any]]:
    inner = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert inner
    return {card["name"]: card for card in json.loads(inner[1])["cards"]}


def test_every_shot_has_a_card_with_its_thumbnail(runs: Path) -> None:
    found = cards(folder_page.render(all_shots(runs), films=films(long_side=32, most=3), jpeg=jpeg))
    assert list(found) == ["cuts/shot-000", "cuts/shot-001", "lost", "pan", "truck"]
    assert found["truck"]["picture"].startswith("data:image/jpeg;base64,")
    assert found["cuts/shot-000"]["gone"].startswith("the clip is gone")
    assert [found[name]["shot"] for name in ("cuts/shot-001", "truck")] == ["shot-001", ""]
    assert found["pan"]["primitives"] == ["Pan_Right"]
    assert found["pan"]["status"] == "unreliable"
    assert found["lost"]["sentence"] == ""
    assert found["lost"]["reason"] == "no texture"


def test_only_runs_that_have_a_page_are_linked(runs: Path) -> None:
    (runs / "pan" / "index.html").write_text("here")
    found = cards(folder_page.write(runs).read_text())
    assert found["pan"]["link"] == "pan/index.html"
    assert found["truck"]["link"] is None
    (runs / "pan" / "index.html").unlink()
    (runs / "index.html").unlink()


def test_a_run_is_no_folder_of_runs(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="is a run itself"):
        folder_page.write(runs / "pan")
    with pytest.raises(CinetrajError, match="holds no run"):
        folder_page.write(tmp_path)
