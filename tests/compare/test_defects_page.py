"""The pages of defects and of protocols show what the scripts print."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = {"defects": "defects.md", "preset_defects": "defects.md", "beside_strict": "protocols.md"}


def sections(script: str) -> dict[str, Callable[[], str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        return runpy.run_path(str(ROOT / "benchmarks" / f"{script}.py"))["SECTIONS"]


TABLES = {(script, title): table for script in SCRIPTS for title, table in sections(script).items()}


@pytest.mark.parametrize(("script", "title"), TABLES)
def test_the_page_holds_the_table(script: str, title: str) -> None:
    page = (ROOT / "docs" / SCRIPTS[script]).read_text()
    assert script == "beside_strict" or f"## {title}\n" in page
    assert TABLES[script, title]().strip() in page


def test_the_table_of_real_pairs(shared: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        real = runpy.run_path(str(ROOT / "benchmarks" / "beside_strict.py"))["real"]
    if not (shared / "data" / "traj_kitti_odom_eval").is_dir():
        pytest.skip(f"no trajectories of KITTI in {shared}")
    assert real(shared).strip() in (ROOT / "docs" / "protocols.md").read_text()
