"""Processes that take along what they started."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sfm.processes.life import Terminated, ended_by_sigterm, ending_with_us, kill_group, signal_name

FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""

CALLER = f"""
import subprocess, sys
from sfm.processes.life import ending_with_us
leader = subprocess.Popen([sys.executable, "-c", {FAMILY!r}], stdout=subprocess.PIPE, start_new_session=True)
with ending_with_us(leader):
    print(leader.stdout.readline().decode(), flush=True)
    leader.wait()
"""


def test_a_killed_group_leaves_no_child() -> None:
    leader = subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, start_new_session=True)
    assert leader.stdout is not None
    child = int(leader.stdout.readline())
    kill_group(leader)
    kill_group(leader)  # twice is once
    assert_ends(child)


def test_a_group_ends_with_a_caller_that_is_killed() -> None:
    caller = subprocess.Popen([sys.executable, "-c", CALLER], stdout=subprocess.PIPE, start_new_session=True)
    assert caller.stdout is not None
    child = int(caller.stdout.readline())
    caller.kill()
    assert_ends(child)
    caller.wait()


def test_a_group_outlives_the_block_of_a_caller_that_lives() -> None:
    leader = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    with ending_with_us(leader):
        pass
    time.sleep(0.2)
    assert leader.poll() is None
    kill_group(leader)


def assert_ends(child: int) -> None:
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "Z":
            break
        time.sleep(0.05)
    else:
        assert not Path(f"/proc/{child}").exists()


def test_signals_have_names() -> None:
    assert signal_name(9) == "SIGKILL"
    assert signal_name(200) == "signal 200"


def test_sigterm_ends_a_block_as_ctrl_c_does() -> None:
    before = signal.getsignal(signal.SIGTERM)
    ended: list[str] = []

    def work() -> None:
        with ended_by_sigterm():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(10)
            finally:
                ended.append("what it started")

    with pytest.raises(Terminated):
        work()
    assert ended
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_sigterm_can_be_outlasted_for_a_while() -> None:
    code = """
import time
from sfm.processes.life import outlast_sigterm
outlast_sigterm(1.0)
print("ready", flush=True)
while True:
    time.sleep(0.01)
    print("at work", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        begin = time.monotonic()
        child.terminate()
        assert child.wait(timeout=20) == -signal.SIGTERM
    assert time.monotonic() - begin >= 0.9


def test_a_sigterm_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with ended_by_sigterm():
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.05)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
