"""The distribution installs what it says, and the imported packages are ours and not others of the same name."""

import ast
import importlib
import re
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


@pytest.mark.parametrize("name", ["trajectory", "sfm", "compare"])
def test_type_checkers_of_users_are_told_what_loads_on_first_use(name: str) -> None:
    assert (ROOT / name / "py.typed").is_file()
    tree = ast.parse((ROOT / name / "__init__.py").read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [alias for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    told = {alias.asname for alias in imports if alias.asname == alias.name}
    (call,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "exporter"
    ]
    assert told == {*importlib.import_module(name).__all__, *ast.literal_eval(call.args[2])}


def plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_everything_that_is_imported_is_declared() -> None:
    # A package that comes along with another today may stay away tomorrow.
    declared = {plain(re.split(r"[^\w.-]", line, maxsplit=1)[0]) for line in metadata.requires("cinetraj") or []}
    owners = {name: {plain(d) for d in found} for name, found in metadata.packages_distributions().items()}
    owners["cv2"] = {"opencv-python-headless"}
    owners["scenedetect"] = {"scenedetect-headless"}
    missing: set[str] = set()
    for path in (p for package in ("trajectory", "sfm", "compare") for p in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            for top in {name.split(".")[0] for name in names} - {"trajectory", "sfm", "compare"}:
                # What an extra brings need not be here, and is then taken to be called as its module.
                if top not in sys.stdlib_module_names and not owners.get(top, {plain(top)}) & declared:
                    missing.add(f"{top} ({path.relative_to(ROOT)})")
    assert not missing
