"""Runs a function in a process of its own that may crash or hang without taking the caller along.

Native SfM code can abort the process, and some of its aborts hang inside the crash handler, deaf to SIGTERM. So the
function runs in a fresh interpreter, in its own process group, and the time limit ends in SIGKILL for the group.
Values travel as JSON, arrays as npz, through a temporary folder: nothing is pickled.
"""

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, final

import numpy as np

from sfm.processes.import_path import python_path
from sfm.processes.life import die_with_parent, kill_group, signal_name
from sfm.processes.scratch import scratch

Outcome = Literal["ok", "error", "time limit", "died"]
Work: TypeAlias = Callable[
    [Path, dict[str, Any], dict[str, np.ndarray]], tuple[Mapping[str, Any], Mapping[str, np.ndarray]]
]
"""(scratch folder, values, arrays) -> (values, arrays); runs in the worker."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Reply:
    """What became of the work. `problem` is one line, "" where outcome is "ok"."""

    outcome: Outcome
    problem: str = ""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    seconds: float = 0.0


def call(
    function: str,
    values: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    *,
    time_limit_s: float,
    threads: int = 1,
    prepare: Callable[[Path], None] | None = None,
) -> Reply:
    """The result of `function` ("module:name", a `Work`), or the way in which it failed; never its death or hang.

    Args:
        prepare: writes files into the scratch folder before the worker starts; outside the time limit.
    """
    with scratch() as folder:
        (folder / "scratch").mkdir()
        if prepare is not None:
            prepare(folder / "scratch")
        (folder / "job.json").write_text(json.dumps({"function": function, "values": dict(values)}))
        np.savez(folder / "job.npz", **dict(arrays))  # pyright: ignore[reportArgumentType]
        environment = os.environ | {
            "PYTHONPATH": python_path(),
            "OMP_NUM_THREADS": str(threads),
            "GLOG_minloglevel": "3",
        }
        started = time.perf_counter()
        with (folder / "log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-P", "-m", "sfm.processes.isolated", str(folder), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
            try:
                code = worker.wait(time_limit_s)
            except subprocess.TimeoutExpired:
                problem = f"stopped at the time limit of {time_limit_s:g} s; raise --time-limit or give fewer frames"
                return Reply(outcome="time limit", problem=problem, seconds=time.perf_counter() - started)
            finally:  # also on Ctrl-C, and whatever the worker itself started
                kill_group(worker)
        seconds = time.perf_counter() - started
        answer = folder / "reply.json"
        if not answer.exists():
            last = (folder / "log").read_text(errors="replace").strip().splitlines()
            said = f"; last words: {last[-1][:200]}" if last else ""
            return Reply(outcome="died", problem=f"the worker process died ({_exit(code)}){said}", seconds=seconds)
        told = json.loads(answer.read_text())
        if told["problem"]:
            return Reply(outcome="error", problem=told["problem"], seconds=seconds)
        with np.load(folder / "reply.npz", allow_pickle=False) as stored:
            result = {key: stored[key] for key in stored.files}
        return Reply(outcome="ok", values=told["values"], arrays=result, seconds=seconds)


def _exit(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal_name(-code)


def _serve(folder: Path) -> None:
    """The worker's side: run the function, write the reply; the JSON is renamed into place last."""
    job = json.loads((folder / "job.json").read_text())
    with np.load(folder / "job.npz", allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    told: dict[str, Any] = {"problem": "", "values": {}}
    try:
        module, name = job["function"].split(":")
        work: Work = getattr(importlib.import_module(module), name)
        values, result = work(folder / "scratch", job["values"], arrays)
        told["values"] = dict(values)
        np.savez(folder / "reply.npz", **dict(result))  # pyright: ignore[reportArgumentType]
        text = json.dumps(told)
    except Exception as problem:  # everything that Python can catch becomes the reply; the rest becomes "died"
        line = " ".join(str(problem).split())
        text = json.dumps({"problem": f"{type(problem).__name__}: {line[:300]}", "values": {}})
    (folder / "reply.tmp").write_text(text)
    (folder / "reply.tmp").rename(folder / "reply.json")


if __name__ == "__main__":
    from sfm.processes import zlib_first as zlib_first

    die_with_parent(int(sys.argv[2]))
    _serve(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)  # the reply is written: no destructor of a native library may turn it into a death
