"""The process in which units of work are done, one after the other; it may die without harm to the batch.

Jobs come as JSON lines on the standard input, answers go as JSON lines to a pipe of their own; whatever libraries
print goes to the worker's log. The first line names the unit of work and holds its setting.
"""

import base64
import importlib
import json
import os
import pickle
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sfm.batch.engines.port import Setup
from sfm.batch.places import PlaceError
from sfm.processes.allocation import keep_freed_memory
from sfm.processes.kept_code import kept_code
from sfm.processes.life import die_with_parent, outlast_sigterm
from sfm.processes.postponed import postpone
from sfm.processes.undocumented import leave_undocumented
from trajectory.errors import CinetrajError

KILL_ME_FIRST = 800
"""oom_score_adj: where memory runs out, the kernel takes the worker and not the one who keeps the books."""

OUTLAST_S = 5.0
"""A SIGTERM that all processes of a job get reaches the one who keeps the books within moments."""


def encode_setup(setup: Setup) -> bytes:
    """The first line that a worker reads."""
    packed = base64.b64encode(pickle.dumps(setup.setting)).decode()
    return json.dumps({"unit": setup.unit, "setting": packed, "folder": setup.folder}).encode() + b"\n"


def serve(answers: int) -> None:
    """Do jobs until there are no more."""
    setup = json.loads(sys.stdin.readline())
    if os.path.isdir(setup["folder"]):
        os.chdir(setup["folder"])
    module_name, name = setup["unit"].split(":")
    module = importlib.import_module(module_name)
    unit: Callable[..., Any] = getattr(module, name)
    setting = pickle.loads(base64.b64decode(setup["setting"]))  # written by the batch that started this process
    if hasattr(module, "prepare"):
        module.prepare(setting)  # imports count for no clip's time limit
    _answer(answers, {"ready": True})
    for line in sys.stdin:
        _answer(answers, _do(json.loads(line), unit, setting))
        sys.stdout.flush()


def _do(job: dict[str, Any], unit: Callable[..., Any], setting: Any) -> dict[str, Any]:
    try:
        return {"failure": "", "values": unit(job, setting)}
    except PlaceError as problem:
        return {"failure": "store", "problem": " ".join(str(problem).split())}
    except CinetrajError as problem:
        return {"failure": "input", "problem": " ".join(str(problem).split())}
    except Exception as problem:  # a defect or an exhausted resource costs one clip; the log has the traceback
        traceback.print_exc()
        where = traceback.extract_tb(problem.__traceback__)[-1]
        said = " ".join(str(problem).split())[:300]
        place = f"{Path(where.filename).name}:{where.lineno}"
        return {"failure": "error", "problem": f"{type(problem).__name__} at {place}: {said}"}


def _answer(descriptor: int, values: dict[str, Any]) -> None:
    data = json.dumps(values).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]


def _ready_to_die(parent: int) -> None:
    """The worker ends with the batch, and before it where memory runs out (Linux)."""
    die_with_parent(parent)
    outlast_sigterm(OUTLAST_S)
    if sys.platform == "linux":
        try:
            Path("/proc/self/oom_score_adj").write_text(str(KILL_ME_FIRST))
        except OSError as problem:
            print(f"oom_score_adj stays as it is: {problem}", file=sys.stderr)


if __name__ == "__main__":
    from sfm.processes import zlib_first as zlib_first

    channel = int(sys.argv[1])
    os.set_inheritable(channel, False)  # a child that outlives the worker must not hold the pipe open
    _ready_to_die(int(sys.argv[2]))
    tempfile.tempdir = sys.argv[3]  # of this process alone: programs that it runs keep their caches elsewhere
    keep_freed_memory()
    postpone()
    leave_undocumented()
    with kept_code():
        serve(channel)
    sys.stdout.flush()
    os._exit(0)  # no destructor of a native library may turn a finished batch into a crash
