"""The page of defects shows what the script prints."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = runpy.run_path(str(ROOT / "benchmarks" / "defects.py"))["SECTIONS"]


@pytest.mark.parametrize("title", SECTIONS)
def test_the_page_holds_the_table(title: str) -> None:
    page = (ROOT / "docs" / "defects.md").read_text()
    assert f"## {title}\n" in page
    assert SECTIONS[title]().strip() in page
