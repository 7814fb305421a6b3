"""One worker at a time, watched: its answers, its death, its limits of time and memory."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import Any, final

from sfm.batch.engines.port import Answer, Failure, Setup
from sfm.batch.engines.worker import encode_setup
from sfm.processes import system
from sfm.processes.import_path import python_path
from sfm.processes.life import kill_group, signal_name
from sfm.processes.scratch import scratch
from trajectory.errors import CinetrajError

START_LIMIT_S = 300.0
"""A worker that is not ready by then never will be."""
MEMORY_EVERY_S = 0.3
CLIPS_PER_WORKER = 100
"""After so many clips a worker is replaced, so that what libraries leak does not add up over a night."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@final
class Lane:
    """A worker process and the job that it has. A class because a process is state."""

    def __init__(self, setup: Setup, *, memory_bytes: int | None) -> None:
        self._setup, self._threads = encode_setup(setup), setup.threads
        self._time_limit_s, self._memory_bytes = setup.time_limit_s, memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._answers, self._text, self._ready, self._served, self._deaths = -1, b"", False, 0, 0
        self._job: Mapping[str, Any] | None = None
        self._scratch = contextlib.ExitStack()
        self._log = tempfile.TemporaryFile(prefix="cinetraj-worker-")  # noqa: SIM115  (closed by `stop`)
        self._deadline = self._look = self._began = 0.0
        self._peak_bytes = 0

    @property
    def free(self) -> bool:
        """Whether it can take a job."""
        return self._job is None

    @property
    def descriptor(self) -> int:
        """The pipe on which answers come; -1 while there is no worker."""
        return self._answers

    def take(self, job: Mapping[str, Any]) -> None:
        """Start on a job, in a new worker where there is none."""
        if self._process is not None and self._served >= CLIPS_PER_WORKER:
            self._end()
        self._job, self._peak_bytes, self._began = job, 0, time.monotonic()
        if self._process is None or self._process.poll() is not None:
            self._start()
        elif self._ready:
            self._send()

    def poll(self) -> Answer | None:
        """The answer to the job, if there is one now."""
        if self._job is None or self._process is None:
            return None
        lines = self._lines()
        for line in lines:
            told = json.loads(line)
            if told.get("ready"):
                self._ready, self._deaths = True, 0
                self._send()
            else:
                self._served += 1
                return self._gone(told.get("failure", ""), told.get("problem", ""), told.get("values", {}))
        if self._process.poll() is not None:
            return self._died()
        now = time.monotonic()
        if now > self._deadline:
            limit = START_LIMIT_S if not self._ready else self._time_limit_s
            self._end()
            return self._gone("time limit", f"not done within the time limit of {limit:g} s")
        if self._memory_bytes is not None and now > self._look:
            self._look = now + MEMORY_EVERY_S
            used, _ = system.tree_memory(self._process.pid)
            self._peak_bytes = max(self._peak_bytes, used)
            if used > self._memory_bytes:
                self._end()
                said = (
                    f"{used / 2**30:.2f} GiB used, more than the memory limit of {self._memory_bytes / 2**30:.2f} GiB"
                )
                return self._gone("memory", said)
        return None

    def stop(self) -> None:
        """Kill the worker and all that it started; the lane is of no more use."""
        self._end()
        self._log.close()

    def _start(self) -> None:
        self._end()
        mine, theirs = os.pipe()
        environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, str(self._threads))}
        environment["PYTHONPATH"] = python_path()
        environment.setdefault("GLOG_minloglevel", "2")
        folder = self._scratch.enter_context(scratch())
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "sfm.batch.engines.worker", str(theirs), str(os.getpid()), str(folder)],
                stdin=subprocess.PIPE,
                stdout=self._log,
                stderr=self._log,
                pass_fds=(theirs,),
                env=environment,
                start_new_session=True,  # a Ctrl-C at the terminal is for the batch to handle
            )
        finally:
            os.close(theirs)
        os.set_blocking(mine, False)
        self._answers, self._text, self._ready, self._served = mine, b"", False, 0
        self._write(self._setup)
        self._deadline = time.monotonic() + START_LIMIT_S

    def _send(self) -> None:
        self._log.seek(0)
        self._log.truncate()
        self._write(json.dumps(self._job).encode() + b"\n")
        self._began = time.monotonic()
        self._deadline = time.monotonic() + (self._time_limit_s or float("inf"))

    def _write(self, data: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it is dead: `poll` finds that out
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def _lines(self) -> list[bytes]:
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._answers, 65536):
                self._text += data
        *lines, self._text = self._text.split(b"\n")
        return lines

    def _died(self) -> Answer:
        assert self._process is not None
        code = self._process.returncode
        how = f"exit code {code}" if code >= 0 else signal_name(-code)
        words = self._last_words()
        was_ready = self._ready
        self._end()
        if not was_ready:
            self._deaths += 1
            if self._deaths > 1:
                raise CinetrajError(f"the worker cannot start ({how}){words}; see whether `cinetraj demo` works")
        return self._gone("died", f"the worker process died ({how}){words}")

    def _gone(self, failure: Failure, problem: str, values: Mapping[str, Any] | None = None) -> Answer:
        self._job = None
        seconds = round(time.monotonic() - self._began, 3)
        return Answer(
            failure=failure, problem=problem, values=values or {}, seconds=seconds, peak_bytes=self._peak_bytes
        )

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read()[-4000:].decode(errors="replace").strip().splitlines()
        return f"; last words: {' '.join(lines[-1].split())[:200]}" if lines else ""

    def _end(self) -> None:
        if self._process is not None:
            _, tree = system.tree_memory(self._process.pid)
            for pid in {self._process.pid, *tree}:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            kill_group(self._process)
            if self._process.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    self._process.stdin.close()
            if self._answers >= 0:  # a signal may have ended this halfway, and then it is called again
                answers, self._answers = self._answers, -1
                os.close(answers)
        self._scratch.close()  # with what a killed worker could not remove
        self._process = None
