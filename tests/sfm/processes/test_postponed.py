"""What libraries load on their way runs on first use, and as ever then."""

import subprocess
import sys
from pathlib import Path

import pytest

from sfm.processes.postponed import NAMES, postpone

_RUN = """
import importlib, sys
from sfm.processes.postponed import postpone

postpone({names!r})
module = importlib.import_module({name!r})
print("__file__" in object.__getattribute__(module, "__dict__"), end=" ")
print(type(module).__name__, {use}, type(module).__name__)
"""


def _ran(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_a_module_runs_on_first_use() -> None:
    told = _ran(_RUN.format(names=["colorsys"], name="colorsys", use="module.rgb_to_hsv(0.0, 0.0, 0.0)"))
    assert told.split() == ["True", "_LazyModule", "(0.0,", "0.0,", "0.0)", "module"]


def test_what_is_not_there_is_missed_as_ever() -> None:
    code = "from sfm.processes.postponed import postpone; postpone(['no_such_module']); import no_such_module"
    with pytest.raises(subprocess.CalledProcessError) as stop:
        _ran(code)
    assert "ModuleNotFoundError: No module named 'no_such_module'" in stop.value.stderr


def test_scipy_and_numba_leave_them_alone() -> None:
    code = f"""
import sys
from sfm.processes.postponed import postpone

postpone()
import numba, scipy.linalg, scipy.spatial
scipy.linalg.solve
print([type(sys.modules[name]).__name__ for name in {NAMES!r} if name in sys.modules])
import numpy as np
np.testing.assert_array_equal([1], [1])
print(np.f2py.__name__)
"""
    lazy, f2py = _ran(code).splitlines()
    assert lazy.count("_LazyModule") >= 2
    assert f2py == "numpy.f2py"


def test_parts_of_a_package_need_not_the_rest_of_it() -> None:
    code = """
import sys
from sfm.processes.postponed import postpone

postpone()
from scipy.spatial.transform import Rotation
import scipy.spatial
print(Rotation is scipy.spatial.transform.Rotation, "scipy.spatial._qhull" in sys.modules)
from scipy.spatial import KDTree, distance
print(KDTree([[0.0], [1.0]]).query([0.2])[1], distance is scipy.spatial.distance, hasattr(scipy.spatial, "nothing"))
from scipy.spatial import nothing
"""
    with pytest.raises(subprocess.CalledProcessError) as stop:
        _ran(code)
    assert stop.value.stdout.split() == ["True", "False", "0", "True", "False"]
    assert "ImportError: cannot import name 'nothing' from 'scipy.spatial'" in stop.value.stderr


def test_what_others_take_by_name_runs_as_it_is_called_or_looked_into() -> None:
    code = """
import sys
from sfm.processes.postponed import postpone

postpone()
import jaxtyping, numpy as np
from scipy.spatial.transform import RigidTransform, Rotation, RotationSpline
from scipy.linalg.lapack import dposv
from scenedetect.detectors import ContentDetector
print([name in sys.modules for name in ("asyncio", "unittest.mock", "scipy.linalg._basic", "scenedetect.backends")])
turns = Rotation.from_rotvec(np.eye(3))
print(RotationSpline([0.0, 1.0, 2.0], turns)(1.0).approx_equal(turns[1]).all())
print(RigidTransform.from_translation([1.0, 2.0, 3.0]).apply([0.0, 0.0, 0.0]))
import scipy.linalg
print(scipy.linalg.block_diag([1.0], [2.0]).tolist(), scipy.linalg.solve(np.eye(1), [3.0]))
with jaxtyping.install_import_hook("nothing", None):
    print(type(jaxtyping._import_hook.install_import_hook).__name__)
import scenedetect
print(scenedetect.ContentDetector is ContentDetector, callable(scenedetect.open_video))
"""
    loaded, *told = _ran(code).splitlines()
    assert loaded == "[False, False, False, False]"
    assert told == ["True", "[1. 2. 3.]", "[[1.0, 0.0], [0.0, 2.0]] [3.]", "function", "True True"]


def test_classes_are_made_of_what_others_take_by_name() -> None:
    code = """
from sfm.processes.postponed import postpone

postpone()
from tqdm.auto import tqdm

class Bar(tqdm):  # as the hub's client does, without which no network is loaded
    pass

import tqdm.std
bar = Bar(disable=True)
print(issubclass(Bar, tqdm.std.tqdm), isinstance(bar, tqdm.tqdm), len(list(bar.__class__(range(3), disable=True))))
"""
    assert _ran(code).split() == ["True", "True", "3"]


def test_what_stands_in_tells_its_own_from_others() -> None:
    code = """
from sfm.processes.postponed import postpone

postpone()
from tqdm.auto import tqdm

print(isinstance(tqdm(disable=True), tqdm), isinstance(1, tqdm))
"""
    assert _ran(code).split() == ["True", "False"]


def test_threads_that_ask_at_once_wait_for_one_run() -> None:
    code = """
import sys, threading
from sfm.processes.postponed import postpone

postpone()
import numpy as np, scipy.linalg
from scipy.spatial.transform import Rotation, RotationSpline

sys.setswitchinterval(1e-5)
together, told = threading.Barrier(8), []

def ask(number):
    together.wait()
    if number % 2:
        told.append(scipy.linalg.solve(np.eye(1), [3.0])[0])
    else:
        told.append(len(RotationSpline([0.0, 1.0, 2.0], Rotation.from_rotvec(np.eye(3)))([3.0]).as_quat()))

threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
[each.start() for each in threads]
[each.join() for each in threads]
print(sum(told))
"""
    assert _ran(code).split() == ["16.0"]


def test_threads_of_which_one_loads_a_part_and_the_other_the_package_do_not_wait_for_each_other() -> None:
    code = """
import faulthandler, sys, threading
from sfm.processes.postponed import postpone

faulthandler.dump_traceback_later(60, exit=True)
postpone()
import scipy.spatial

sys.setswitchinterval(1e-5)
together, told = threading.Barrier(2), []

def part():
    together.wait()
    from scipy.spatial import distance
    told.append(int(distance.euclidean([0.0], [2.0])))

def package():
    together.wait()
    told.append(int(scipy.spatial.KDTree([[0.0], [1.0]]).query([0.8])[1]))

threads = [threading.Thread(target=each) for each in (part, package)]
[each.start() for each in threads]
[each.join() for each in threads]
print(sorted(told))
"""
    assert _ran(code).strip() == "[1, 2]"


def test_threads_that_ask_a_lazy_module_at_once_see_all_of_it() -> None:
    code = """
import sys, threading
from sfm.processes.postponed import postpone

postpone()
import yaml, scipy.sparse

sys.setswitchinterval(1e-5)
together, told = threading.Barrier(8), []

def ask(number):
    together.wait()
    told.append(yaml.safe_load("1") if number % 2 else scipy.sparse.csr_array([[1.0, 2.0]]).nnz)

threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
[each.start() for each in threads]
[each.join() for each in threads]
print(sum(told))
"""
    assert _ran(code).split() == ["12"]


def test_a_part_that_its_package_loads_is_there_once() -> None:
    code = """
from sfm.processes.postponed import postpone

postpone()
import yaml, scipy.sparse
from yaml.loader import SafeLoader
import scipy.sparse._csr as part
print(SafeLoader is yaml.SafeLoader, part.csr_array is scipy.sparse.csr_array, part.__spec__.origin == part.__file__)
"""
    assert _ran(code).split() == ["True"] * 3


def test_a_part_does_not_wait_for_the_thread_that_runs_its_package_and_needs_it(tmp_path: Path) -> None:
    """That thread had a deadlock told, as an error of the import."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text(
        "import gate, time\ngate.begun.set()\ntime.sleep(0.5)\nfrom pack.part import VALUE\n"
    )
    (tmp_path / "pack" / "part.py").write_text("VALUE = 3\n")
    (tmp_path / "gate.py").write_text("import threading\nbegun = threading.Event()\n")
    code = f"""
import sys, threading
sys.path.insert(0, {str(tmp_path)!r})
from sfm.processes.postponed import postpone

postpone(["pack"])
import gate, pack
told = []

def part():
    gate.begun.wait()
    import pack.part
    told.append(pack.part.VALUE)

thread = threading.Thread(target=part)
thread.start()
told.append(pack.VALUE)
thread.join()
print(told)
"""
    assert _ran(code).strip() == "[3, 3]"


def test_only_once() -> None:
    before = list(sys.meta_path)
    try:
        postpone()
        postpone()
        assert len(sys.meta_path) == len(before) + 1
    finally:
        sys.meta_path[:] = before
