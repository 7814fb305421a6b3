"""What the system says of processes and memory."""

import os
import subprocess
import sys

import pytest

from sfm.processes.system import cores, total_memory, tree_memory

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="nothing is known elsewhere")


@LINUX
def test_a_tree_has_its_children_and_their_memory() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        whole, ids = tree_memory(os.getpid())
        part, below = tree_memory(child.pid)
        child.communicate(b"\n")
    assert below == [child.pid]
    assert {os.getpid(), child.pid} <= set(ids)
    assert 0 < part < whole


@LINUX
def test_a_process_that_has_ended_has_no_memory() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert tree_memory(child.pid) == (0, [])


@LINUX
def test_this_process_fits_into_the_memory_that_there_is() -> None:
    total = total_memory()
    assert total is not None
    assert tree_memory(os.getpid())[0] < total


@LINUX
def test_a_limit_of_the_shell_counts() -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, resource.RLIM_INFINITY)); "
        "from sfm.processes.system import total_memory; print(total_memory())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(said) <= 3 << 30


def test_there_is_a_core() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)
