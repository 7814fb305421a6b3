"""What is said of many clips on the error stream."""

from pathlib import Path

import made_runs
import pytest
from console import cinetraj

from compare.cli import _once
from sfm.runs.folder import write_run


def test_a_reason_is_said_once_with_whom_it_met_where_it_met_many() -> None:
    said: list[str] = []
    few = {"a": ["dark, 3 frames"], "b": ["blurred"], "c": ["dark, 9 frames"], "d": []}
    _once.tell(said.append, few, of=4)
    assert said == ["a: dark, 3 frames", "b: blurred", "c: dark, 9 frames"]
    said.clear()
    _once.tell(said.append, few | {str(k): [f"dark, {k} frames"] for k in range(4, 12)}, of=20)
    assert said == ["10 of 20 paths (a, c, 4 and 7 more): dark, 3 to 11 frames", "b: blurred"]


@pytest.mark.parametrize("command", [("info",), ("describe",), ("describe", "--caption", "short")])
def test_many_doubtful_and_failed_runs_are_a_line_for_each_reason(tmp_path: Path, command: tuple[str, ...]) -> None:
    for number in range(18):
        status = "failed" if number > 11 else "unreliable"
        shot = made_runs.shot(made_runs.path(way=(0.4, 0, 0)), status=status)
        write_run(made_runs.estimate(f"{number}.mp4", shot), tmp_path / f"clip_{number:02}", plot=False)
    lines = cinetraj(command[0], tmp_path, *command[1:]).stderr.splitlines()
    assert lines[0].startswith(
        "cinetraj: warning: 12 of 18 paths (clip_00, clip_01, clip_02 and 9 more): the estimate is "
    )
    assert [line.rpartition(": ")[0] for line in lines[1:]] == [f"cinetraj: error: clip_{k}" for k in range(12, 18)]
