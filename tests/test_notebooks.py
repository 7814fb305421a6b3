"""Every notebook runs from top to bottom; they are scripts, so that none is committed with outputs."""

from pathlib import Path
from typing import Any

import jupytext
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.py"))


def notebook(path: Path) -> Any:
    return jupytext.read(path, fmt="py:percent")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all: clips and estimates of one notebook serve the next."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs(path: Path, place: Path) -> None:
    from nbclient import NotebookClient

    resources = {"metadata": {"path": place}}
    NotebookClient(notebook(path), timeout=240, kernel_name="python3", resources=resources).execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_begins_with_a_title_and_is_paired(path: Path) -> None:
    read = notebook(path)
    assert read.metadata["jupytext"]["formats"] == "ipynb,py:percent"
    assert read.cells[0].cell_type == "markdown"
    assert read.cells[0].source.startswith("# ")
    assert sum(cell.cell_type == "code" for cell in read.cells) >= 3
    assert jupytext.writes(read, fmt="py:percent").count("# %%") == path.read_text().count("# %%")


def test_a_notebook_that_fails_is_seen(tmp_path: Path) -> None:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    broken = jupytext.reads("# %%\nassert 1 == 2\n", fmt="py:percent")
    with pytest.raises(CellExecutionError):
        NotebookClient(broken, timeout=60, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()


def test_there_are_notebooks_and_none_with_outputs() -> None:
    assert len(NOTEBOOKS) == 6
    assert not list(FOLDER.glob("*.ipynb")) or "notebooks/*.ipynb" in (FOLDER.parent / ".gitignore").read_text()
