"""How a worker process begins and ends: it dies with its parent, and takes along whatever it started."""

import contextlib
import os
import signal
import subprocess
import sys


def die_with_parent(parent: int) -> None:
    """No worker outlives a killed caller (Linux); elsewhere it lives on until its work ends.

    Args:
        parent: the caller's process id, in case it has died already.
    """
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process that leads a group, and the group; does nothing where it has gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def signal_name(number: int) -> str:
    """SIGKILL for 9, and so on."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
