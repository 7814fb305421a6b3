"""What lies in the user's folder is never imported by a process of ours, unless it is where our packages lie."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from console import ENVIRONMENT

from sfm.processes.import_path import PACKAGES, empty_folder, python_path
from sfm.processes.isolated import call

POISON = "import bpy"
NAMES = ("re", "av", "json", "tempfile", "numpy", "cv2", "sfm")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with scripts that are named as modules that we import, and with clips that fail at once."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write('{name}')\n{POISON}\n")
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        (tmp_path / "in" / f"{name}.mp4").write_text(f"no film {name}")
    return tmp_path


def test_the_current_folder_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), str(tmp_path / "." / "x" / ".."), *sys.path])
    (tmp_path / "x").mkdir()
    told = python_path().split(os.pathsep)
    assert not {"", str(tmp_path)}.intersection(map(os.path.realpath, told))
    assert str(PACKAGES) in map(os.path.realpath, told)
    with empty_folder():
        assert list(Path().iterdir()) == []
    assert Path.cwd() == tmp_path


def test_a_checkout_in_the_current_folder_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PACKAGES)
    monkeypatch.setattr(sys, "path", [str(PACKAGES)])
    assert python_path() == str(PACKAGES)
    with empty_folder():
        assert Path.cwd() == PACKAGES


def echo(_: Path, values: dict[str, Any], arrays: dict[str, np.ndarray]) -> tuple[dict[str, Any], Any]:
    return values, arrays


def test_an_isolated_call_beside_such_scripts_runs_none_of_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    reply = call(f"{Path(__file__).stem}:echo", {"a": 1}, {}, time_limit_s=60.0)
    assert (reply.outcome, reply.values, reply.problem) == ("ok", {"a": 1}, "")
    assert not (folder / "ran").exists()


def test_a_batch_beside_such_scripts_runs_none_of_them(folder: Path) -> None:
    command = [sys.executable, "-P", "-c", "import sys; from compare.cli import main; sys.exit(main())"]
    given = [*command, "estimate", "in", "--out", "runs", "--backend", "colmap-sift", "--no-plot"]
    environment = {**ENVIRONMENT, "PYTHONPATH": str(PACKAGES)}
    done = subprocess.run(given, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
    assert "2 of 2 clips" in done.stdout, done.stderr
    assert "no video can be read" in done.stdout
    assert not (folder / "ran").exists()
