"""Temporary folders outlive no killed process for longer than until the next one needs one."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sfm.processes import scratch as module
from sfm.processes.scratch import scratch

HOLD = """
from sfm.processes.scratch import scratch
with scratch() as folder:
    (folder / "large").write_bytes(b"x")
    print(folder, flush=True)
    input()
"""

ELSEWHERE = """
import os, types
os.uname = lambda: types.SimpleNamespace(nodename={!r})
"""


def holder(home: Path, machine: str = "") -> "tuple[subprocess.Popen[str], Path]":
    process = subprocess.Popen(
        [sys.executable, "-c", (ELSEWHERE.format(machine) if machine else "") + HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(home)},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_goes_with_the_next_and_what_is_held_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "cinetraj-of-others").mkdir()
    (killed, left), (alive, held) = holder(tmp_path), holder(tmp_path)
    killed.kill()
    killed.wait()
    assert left.is_dir()
    module._sweep.cache_clear()  # pyright: ignore[reportPrivateUsage]
    with scratch() as own:
        assert not left.exists()
        assert (held / "large").is_file()
        assert own.is_dir()
    assert not own.exists()
    alive.communicate("\n")
    assert [path.name for path in tmp_path.iterdir()] == ["cinetraj-of-others"]


def test_what_another_machine_holds_on_a_shared_disk_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    alive, held = holder(tmp_path, "another.machine")
    monkeypatch.setattr(module.fcntl, "flock", lambda *_: None)  # as where the locks of that machine are not seen
    module._sweep.cache_clear()  # pyright: ignore[reportPrivateUsage]
    with scratch():
        assert (held / "large").is_file()
    alive.communicate("\n")
    assert not list(tmp_path.iterdir())


def test_without_locks_a_folder_is_one_that_nobody_takes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module.fcntl, "flock", no_locks)
    with scratch() as own:
        module._sweep.cache_clear()  # pyright: ignore[reportPrivateUsage]
        with scratch():
            assert own.is_dir()
    assert not list(tmp_path.iterdir())


def test_a_temporary_folder_whose_entries_may_not_be_listed_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module.os, "scandir", closed)
    module._sweep.cache_clear()  # pyright: ignore[reportPrivateUsage]
    with scratch() as own:
        assert own.is_dir()
