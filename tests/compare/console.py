"""The command line as users and scripts meet it, for all tests of commands."""

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
MOVING_FRAMES = 6


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a command said and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def cinetraj(*arguments: object) -> Done:
    """Run the command in this process, where the type checks of the tests see it and torch is imported once."""
    from compare.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Done(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())


def alone(*arguments: object, **environment: str) -> Done:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "compare.cli.entry", *map(str, arguments)]
    env = {**ENVIRONMENT, **environment}
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=240)
    return Done(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)


def assert_one_clear_line(done: Done, *expected: str, code: int = 2) -> None:
    """The command refused: one line with these words, and this exit code."""
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("cinetraj: error: ")
    for text in expected:
        assert text in lines[0]


def write_tum(folder: Path) -> Path:
    """A trajectory file: ten frames of a move to the right with a pan to the left, in TUM's order."""
    half = np.deg2rad(np.linspace(0, -5, 10))
    rows = [f"{i / 10} {0.1 * i} 0 {0.02 * i * i} 0 {np.sin(a)} 0 {np.cos(a)}" for i, a in enumerate(half.tolist())]
    path = folder / "truck.txt"
    path.write_text("# timestamp tx ty tz qx qy qz qw\n" + "\n".join(rows) + "\n")
    return path


def write_moving(path: Path, seed: int = 0) -> Path:
    """A clip: a window that moves over a random texture."""
    from sfm.video.encode import encode

    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 215, (20, 40, 3), dtype=np.uint8)
    image = coarse.repeat(6, axis=0).repeat(6, axis=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    encode(np.stack([image[10:100, 3 * k : 3 * k + 160] for k in range(MOVING_FRAMES)]), path, fps=10.0, crf=18)
    return path
