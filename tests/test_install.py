"""The distribution installs what it says, and the imported packages are ours and not others of the same name."""

import importlib
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", ["trajectory", "sfm", "compare"])
def test_the_imported_package_is_ours(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve() == ROOT / name / "__init__.py"


def test_only_the_headless_opencv_is_installed_by_our_requirements() -> None:
    # The GUI build needs libGL, which servers lack, and overwrites the files of the headless one.
    wanted = {r.split(">")[0].split("[")[0].split(";")[0].strip() for r in metadata.requires("cinetraj") or []}
    assert "opencv-python-headless" in wanted
    assert "scenedetect-headless" in wanted
    assert not wanted & {"opencv-python", "scenedetect", "opencv-contrib-python"}


def test_the_command_is_installed_and_tells_its_version() -> None:
    command = shutil.which("cinetraj", path=str(Path(sys.executable).parent))
    assert command is not None, "no cinetraj beside the Python that runs the tests: make install"
    out = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    assert out.strip() == f"cinetraj {metadata.version('cinetraj')}"
