"""How a worker process begins and ends: it dies with its parent, and takes along whatever it started."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator


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


def outlast_sigterm(seconds: float) -> None:
    """From now on SIGTERM ends this process only after so long, and until then it does nothing more.

    A scheduler sends it to all processes of a job at once (SLURM, systemd). The caller acts on it, and kills this one;
    had this one ended before, its work would have failed.
    """

    def wait(number: int, frame: object) -> None:
        time.sleep(seconds)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, wait)
    signal.siginterrupt(signal.SIGTERM, False)


class Terminated(KeyboardInterrupt):
    """SIGTERM came: the caller ends as on Ctrl-C, and whatever it started ends with it."""


@contextlib.contextmanager
def ended_by_sigterm() -> Generator[None]:
    """SIGTERM raises `Terminated` in the block, once; where it is ignored, and in other threads, nothing changes."""
    before = signal.getsignal(signal.SIGTERM)
    ours = threading.current_thread() is threading.main_thread() and before not in (signal.SIG_IGN, None)
    if not ours:
        yield
        return

    def stop(number: int, frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not end the clearing up
        raise Terminated

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process that leads a group, and the group; does nothing where it has gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def ending_with_us(process: "subprocess.Popen[bytes]") -> Generator[None]:
    """Should this process be killed in the block, the group that `process` leads is killed: a pipe closes and says so.

    A signal on the parent's death (`die_with_parent`) would reach the leader alone, such as a shell.
    """
    heard, held = os.pipe()
    try:
        watcher = subprocess.Popen(
            ["/bin/sh", "-c", 'read -r line; kill -s KILL -- "-$1"', "sh", str(process.pid)],
            stdin=heard,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield
        finally:
            kill_group(watcher)
    finally:
        os.close(heard)
        os.close(held)


def signal_name(number: int) -> str:
    """SIGKILL for 9, and so on."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
