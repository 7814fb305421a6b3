"""Every notebook runs from top to bottom; they are scripts, so that none is committed with outputs."""

import ast
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
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


@pytest.mark.slow
def test_the_notebook_of_one_clip_takes_a_clip_of_the_users_own(place: Path) -> None:
    # It was scored against the path of the rendered clip, and kept under its name, where others took it for that.
    from nbclient import NotebookClient

    from sfm import synthetic

    clip = synthetic.write_examples(place / "own", ["pan"])["pan"].clip
    own = notebook(FOLDER / "one_clip.py")
    cell = next(cell for cell in own.cells if cell.source.rstrip().endswith("example.truth"))
    cell.source += f"\nclip, truth = {str(clip)!r}, None"
    NotebookClient(own, timeout=240, kernel_name="python3", resources={"metadata": {"path": place / "own"}}).execute()
    assert [run.name for run in (place / "own" / "notebook_data" / "runs" / "auto").iterdir()] == ["pan"]


def test_the_notebook_of_scores_takes_folders_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # "With real clips these are folders", it said, and asked later cells for clips by the names of its own.
    import trajectory

    still = trajectory.Trajectory(
        world_from_cam=np.tile(np.eye(4), (5, 1, 1)), time_s=np.arange(5.0), valid=np.ones(5, bool)
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    for folder in ("films", "one", "other"):
        for name in ("a", "b"):
            (tmp_path / folder).mkdir(exist_ok=True)
            trajectory.write(still, tmp_path / folder / f"{name}.npz", format="native")
    codes = [cell.source for cell in notebook(FOLDER / "score_generated_clips.py").cells if cell.cell_type == "code"]
    said = "reference, models, floors, asked = 'films', {'one': 'one', 'other': 'other'}, [], {}"
    (made_up,) = [number for number, code in enumerate(codes) if "\nreference = " in code]
    codes[made_up] = said
    room: dict[str, Any] = {}
    exec("\n".join(codes), room)
    assert {result.coverage["ok"] for result in room["results"]} == {2}
    assert list(room["rotation"]["asked"]) == ["clips"] * 4


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_begins_with_a_title_and_is_paired(path: Path) -> None:
    read = notebook(path)
    assert read.metadata["jupytext"]["formats"] == "ipynb,py:percent"
    assert read.cells[0].cell_type == "markdown"
    assert read.cells[0].source.startswith("# ")
    assert sum(cell.cell_type == "code" for cell in read.cells) >= 3
    assert jupytext.writes(read, fmt="py:percent").count("# %%") == path.read_text().count("# %%")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_table_for_latex_names_its_columns_as_latex_reads_them(path: Path) -> None:
    # Outside of mathematics the underscore of RPE_t is an error; pandas leaves it by default.
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "to_latex":
            assert {"escape": True}.items() <= {key.arg: ast.literal_eval(key.value) for key in call.keywords}.items()


def test_a_notebook_that_fails_is_seen(tmp_path: Path) -> None:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    broken = jupytext.reads("# %%\nassert 1 == 2\n", fmt="py:percent")
    with pytest.raises(CellExecutionError):
        NotebookClient(broken, timeout=60, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()


def test_outputs_become_markdown_and_pictures(tmp_path: Path) -> None:
    import runpy

    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

    rendered = runpy.run_path(str(FOLDER.parent / "docs" / "notebooks.py"))["rendered"]
    outputs = [
        new_output("stream", name="stdout", text="said\n"),
        new_output("stream", name="stderr", text="noise\n"),
        new_output("display_data", data={"image/png": "iVBORw==", "text/plain": "<Figure>"}),
        new_output("execute_result", data={"text/plain": "{'a': 1}"}),
    ]
    cells = [new_markdown_cell("# Title"), new_code_cell("a", outputs=outputs)]
    text = rendered(new_notebook(cells=cells), "one", tmp_path)
    assert text == (
        "# Title\n\n```python\na\n```\n\n```text\nsaid\n```\n\n![one, picture 1](one_1.png)\n\n```text\n{'a': 1}\n```\n"
    )
    assert (tmp_path / "one_1.png").read_bytes() == b"\x89PNG"


def test_there_are_notebooks_and_none_with_outputs() -> None:
    assert len(NOTEBOOKS) == 6
    assert not list(FOLDER.glob("*.ipynb")) or "notebooks/*.ipynb" in (FOLDER.parent / ".gitignore").read_text()
