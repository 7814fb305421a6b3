"""Importing costs nothing and changes nothing."""

import json
import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "kornia",
    "pycolmap",
    "cv2",
    "av",
    "evo",
    "matplotlib",
    "sklearn",
    "scenedetect",
    "plotly",
    "pandas",
    "pyarrow",
    "rerun",
    "PIL",
)


def modules_after(code: str) -> set[str]:
    """Names of all modules that a fresh interpreter has loaded after running `code`."""
    script = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return set(json.loads(out.splitlines()[-1]))


@pytest.mark.parametrize("package", ["trajectory", "sfm", "compare"])
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    assert not modules_after(f"import {package}").intersection({*HEAVY, "numpy", "scipy"})


@pytest.mark.parametrize("code", ["import trajectory.model", "import trajectory.io", "import trajectory.plot"])
def test_trajectory_needs_only_numpy_and_scipy(code: str) -> None:
    loaded = modules_after(code)
    assert "numpy" in loaded
    assert not loaded.intersection(HEAVY)


def test_the_command_line_loads_nothing_heavy_for_help() -> None:
    code = "import sys\nfrom compare.cli import main\nassert main(['estimate', '--help']) == 0"
    assert not modules_after(code).intersection({*HEAVY, "scipy"})
    code = "import sys\nfrom compare.cli import main\nassert main(['--help']) == 0"
    assert not modules_after(code).intersection({*HEAVY, "numpy", "scipy"})


def test_resolving_the_default_backend_loads_nothing_heavy() -> None:
    code = "from sfm import backends\nassert backends.resolve('auto')[1] == backends.config_type('auto')()"
    assert not modules_after(code).intersection({*HEAVY, "numpy", "scipy"})


def test_this_test_can_fail() -> None:
    # The twin: a heavy import is seen.
    assert "cv2" in modules_after("import cv2")


@pytest.mark.parametrize(("package", "name"), [("sfm", "estimate"), ("trajectory", "describe"), ("compare", "score")])
def test_a_function_keeps_its_name_after_its_module_is_imported(package: str, name: str) -> None:
    code = f"""
import importlib, pkgutil, {package}
for info in pkgutil.iter_modules({package}.__path__):
    if info.name.startswith({name!r}) or info.name in ("pipeline", "description", "scoring"):
        importlib.import_module("{package}." + info.name)
assert callable({package}.{name}), {package}.{name}
"""
    modules_after(code)
