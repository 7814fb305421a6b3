"""What the system says of processes and memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sfm.processes.system import cores, group_limits, total_memory, tree_memory

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


def test_the_memory_of_a_job_of_a_scheduler_counts_wherever_its_group_lies(tmp_path: Path) -> None:
    groups, own = tmp_path / "groups", tmp_path / "own"
    job = groups / "system.slice" / "slurmstepd.scope" / "job_7"
    (job / "step_0" / "user").mkdir(parents=True)
    (job / "memory.max").write_text("4000\n")  # the limit of the job, above the group of its step
    (job / "step_0" / "user" / "memory.max").write_text("max\n")
    (groups / "memory" / "slurm" / "job_8").mkdir(parents=True)
    (groups / "memory" / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    (groups / "memory" / "slurm" / "job_8" / "memory.limit_in_bytes").write_text("3000\n")
    own.write_text("0::/system.slice/slurmstepd.scope/job_7/step_0/user\n")
    assert min(group_limits(groups, own)) == 4000
    own.write_text("9:cpu,memory:/slurm/job_8\n8:pids:/\n0::/\n")
    assert min(group_limits(groups, own)) == 3000
    (groups / "memory.max").write_text("2000\n")  # of a container, which does not see where its group lies
    own.write_text("0::/../../elsewhere\n")
    assert min(group_limits(groups, own)) == 2000
    assert group_limits(tmp_path / "none", tmp_path / "none") == []


def test_there_is_a_core() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)
