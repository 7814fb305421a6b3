"""A worker may return, raise, abort, exit or hang: the caller gets an answer every time, and no process stays."""

import ctypes
import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sfm.processes import isolated as isolation

HERE = Path(__file__).stem


def echo(folder: Path, values: dict[str, Any], arrays: dict[str, np.ndarray]):
    print("noise on stdout")
    os.write(2, b"noise on fd 2\n")
    return {**values, "files": sorted(path.name for path in folder.iterdir())}, {
        key: array * 2 for key, array in arrays.items()
    }


def complain(folder: Path, values: dict[str, Any], arrays: dict[str, np.ndarray]):
    raise RuntimeError("two\nlines")


def abort(folder: Path, values: dict[str, Any], arrays: dict[str, np.ndarray]):
    os.write(2, b"free(): invalid pointer\n")
    os.abort()


def corrupt(folder: Path, values: dict[str, Any], arrays: dict[str, np.ndarray]):
    ctypes.string_at(0)


def leave(folder: Path, values: dict[str, Any], arrays: dict[str, np.ndarray]):
    os._exit(7)


def hang(folder: Path, values: dict[str, Any], arrays: dict[str, np.ndarray]):
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(values["pids"]).write_text(f"{os.getpid()} {child.pid}")
    while True:
        time.sleep(1)


def unserialisable(folder: Path, values: dict[str, Any], arrays: dict[str, np.ndarray]):
    return {"file": folder}, {}


def pngs(folder: Path, values: dict[str, Any], arrays: dict[str, np.ndarray]):
    import pycolmap

    cv2 = importlib.import_module("cv2")  # after pycolmap on purpose

    np.savez_compressed(folder / "a.npz", a=np.zeros(9))
    return {"pycolmap": pycolmap.__version__, "ok": cv2.imwrite(str(folder / "a.png"), np.zeros((9, 9), np.uint8))}, {}


def run(name: str, time_limit_s: float = 60.0, **values: Any) -> isolation.Reply:
    return isolation.call(f"{HERE}:{name}", values, {"x": np.arange(3.0)}, time_limit_s=time_limit_s)


def test_values_and_arrays_travel_and_noise_does_not_reach_the_caller(capfd: pytest.CaptureFixture[str]) -> None:
    reply = isolation.call(
        f"{HERE}:echo",
        {"a": [1, 2.5, None, "ü"]},
        {"x": np.arange(3.0), "empty": np.zeros((0, 2))},
        time_limit_s=60.0,
        prepare=lambda scratch: (scratch / "input.txt").touch(),
    )
    assert (reply.outcome, reply.problem) == ("ok", "")
    assert reply.values == {"a": [1, 2.5, None, "ü"], "files": ["input.txt"]}
    assert np.array_equal(reply.arrays["x"], [0.0, 2.0, 4.0])
    assert reply.arrays["empty"].shape == (0, 2)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "outcome", "words"),
    [
        ("complain", "error", "RuntimeError: two lines"),
        ("unserialisable", "error", "TypeError"),
        ("missing_function", "error", "AttributeError"),
        ("abort", "died", "SIGABRT); last words: free(): invalid pointer"),
        ("corrupt", "died", "SIGSEGV"),
        ("leave", "died", "exit code 7"),
    ],
)
def test_failure_is_an_answer_in_one_line(name: str, outcome: str, words: str) -> None:
    reply = run(name)
    assert reply.outcome == outcome
    assert words in reply.problem
    assert "\n" not in reply.problem


def test_a_hang_that_ignores_signals_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    started = time.perf_counter()
    reply = run("hang", time_limit_s=3.0, pids=str(pids))
    assert reply.outcome == "time limit"
    assert "--time-limit" in reply.problem
    assert time.perf_counter() - started < 10
    time.sleep(0.2)
    for pid in pids.read_text().split():
        state = Path(f"/proc/{pid}/stat")
        assert not state.exists() or state.read_text().split()[2] == "Z"


def test_images_can_be_written_beside_pycolmap() -> None:
    reply = run("pngs")
    assert (reply.outcome, reply.problem) == ("ok", "")
    assert reply.values["ok"] is True
