"""Importing costs nothing and changes nothing."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sfm.geometry.compiled.jit import kept_in
from sfm.processes.gpu import may_be_there
from sfm.synthetic import ClipSpec, render
from sfm.video.encode import encode

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


def test_a_clip_that_its_tracks_answer_is_estimated_without_torch(tmp_path: Path) -> None:
    """It takes as long to load as such a clip to answer; only a GPU that may be there is asked of torch."""
    turning = ClipSpec(seed=11, frames=8, image_hw=(120, 200), focal_px=170.0, move={"pan_deg": 6.0})
    encode(np.asarray(render(turning).rgb), tmp_path / "clip.mp4", fps=24.0)
    device = "cpu" if may_be_there() else "auto"

    def after_estimate(out: str) -> set[str]:
        order = ["estimate", str(tmp_path / "clip.mp4"), "--out", str(tmp_path / out), "--device", device]
        return modules_after(f"from compare.cli import main\nassert main({order}) == 0")

    loaded = after_estimate("run")
    run = json.loads(next((tmp_path / "run").rglob("run.json")).read_text())
    assert run["shots"][0]["statistics"]["ran_on"] == {"tracks": "cpu", "motion_models": "cpu"}
    assert "cv2" in loaded
    assert "torch" not in loaded
    assert "sfm.matching.lightglue" not in loaded  # registries are for the help
    if kept_in() is not None:  # by now there is machine code of all its loops: nothing has to be compiled
        assert not after_estimate("again").intersection({"numba.np.linalg", "numba.np.arrayobj"})


def test_who_only_hands_clips_to_workers_loads_no_solver() -> None:
    loaded = modules_after("import sfm.batch.runner")
    assert not loaded.intersection({*HEAVY, "scipy", "numba"} - {"cv2", "PIL"})
    assert not {name for name in loaded if name.startswith(("sfm.motion", "sfm.geometry", "sfm.tracking"))}


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
