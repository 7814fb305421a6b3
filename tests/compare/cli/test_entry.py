"""The one command: help, usage errors in one line, exit codes."""

import time
from pathlib import Path

import pytest
from console import alone, assert_one_clear_line, cinetraj

from compare.cli import entry

COMMANDS = ("estimate", "describe", "compare", "convert", "info", "demo", "status", "import")


def test_help_comes_in_under_600_ms() -> None:
    def seconds() -> float:
        begin = time.perf_counter()
        assert alone("--help").returncode == 0
        return time.perf_counter() - begin

    assert min(seconds() for _ in range(5)) < 0.6  # the best of five: the machine may be busy


def test_help_names_every_command_and_the_exit_codes() -> None:
    said = cinetraj("--help").stdout
    assert all(f"\n  {command} " in said for command in COMMANDS)
    assert "exit codes:" in said
    assert "130" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    done = cinetraj(command, "--help")
    assert done.returncode == 0
    assert f"usage: cinetraj {command}" in done.stdout


def test_no_command_is_a_usage_error() -> None:
    assert cinetraj().returncode == 2


def test_an_unknown_command_names_the_likely_one() -> None:
    assert_one_clear_line(cinetraj("estimat"), "'estimat'", "perhaps estimate")


def test_a_misspelt_option_is_refused_in_one_line() -> None:
    assert_one_clear_line(cinetraj("describe", "x", "--jsn"), "--jsn", "--help")


def test_a_file_whose_name_begins_like_an_option_gets_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-a.txt").write_text("1 0 0 0 0 0 0 1\n2 0 0 1 0 0 0 1\n")
    assert_one_clear_line(cinetraj("info", "-a.txt"), "for the file of that name give ./-a.txt")
    assert cinetraj("info", "./-a.txt").returncode == 0


def test_a_lack_of_memory_is_bad_input_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lack(_arguments: list[str]) -> int:
        raise MemoryError("Unable to allocate 17.4 GiB")

    monkeypatch.setattr(entry, "_dispatch", lack)
    assert entry.main(["estimate"]) == entry.BAD_INPUT
    assert "not enough memory (Unable to allocate 17.4 GiB); take fewer frames (--fps 2)" in capsys.readouterr().err


def test_a_missing_option_is_refused_in_one_line() -> None:
    assert_one_clear_line(cinetraj("estimate", "clip.mp4"), "--out")


def test_traceback_shows_where(tmp_path: Path) -> None:
    done = cinetraj("--traceback", "info", tmp_path / "absent.txt")
    assert done.returncode == 2
    assert "Traceback (most recent call last)" in done.stderr
