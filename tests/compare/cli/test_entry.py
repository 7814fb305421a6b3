"""The one command: help, usage errors in one line, exit codes."""

import time
from pathlib import Path

import pytest
from console import alone, assert_one_clear_line, cinetraj
from paths import smooth

from compare.cli import entry
from trajectory import io

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
    assert_one_clear_line(cinetraj("estimat"), "'estimat'", "perhaps 'estimate' is meant")


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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("estimate x.mp4 --out r --jobs two", "--jobs is 'two', expected a whole number;"),
        ("describe x --fps=abc", "--fps is 'abc', expected a number;"),
        ("convert a b --to tum --size 3", "--size is '3', expected two whole numbers;"),
        ("estimate x --out r --backend dens", "--backend is 'dens', perhaps 'dense' is meant; expected auto, colmap, "),
        ("estimate x --out r --dense.flow foo", "--dense.flow is 'foo'; expected lk, dis, xfeat or raft;"),
        ("describe x --caption mediun", "'mediun', perhaps 'medium' is meant; expected short, medium or long;"),
        ("describe x --caption", "--caption has no value after it, expected short, medium or long;"),
        ("describe x --captoin short", "cinetraj describe has no option --captoin, perhaps '--caption' is meant;"),
        ("compare a b --intervals", "has no option --intervals, perhaps '--no-intervals' is meant;"),
        ("estimate x --out r --auto.keyframe 3", "--auto.keyframe, perhaps '--auto.keyframes' is meant;"),
        ("convert", "cinetraj convert needs SOURCE, DESTINATION and --to;"),
        ("convert a b --tp tum", "cinetraj convert needs --to, and has no option --tp;"),
        ("describe x y z", "'y' is more than cinetraj describe takes, expected TARGET;"),
        ("doctor x", "'x' is more than cinetraj doctor takes, expected options alone;"),
        ("camerabench", "cinetraj camerabench needs one of score, evaluate or download after it;"),
        ("camerabench scor", "has no 'scor', perhaps 'score' is meant; expected score, evaluate or download;"),
        ("camerabench score --ruls a --labels x --out y", "camerabench score has no option --ruls, perhaps '--rules'"),
        ("completion fish", "SHELL is 'fish'; expected bash or zsh;"),
    ],
)
def test_wrong_words_are_told_by_value_and_what_is_expected(given: str, said: str) -> None:
    done = cinetraj(*given.split())
    assert_one_clear_line(done, said, "--help lists the options")
    assert "helptext" not in done.stderr


def test_every_command_calls_its_arguments_as_its_help_does() -> None:
    for command in ("describe", "info", "view"):
        said = cinetraj(command, "--help").stdout
        assert " TARGET" in said.splitlines()[0]
        assert "PATH  " not in said.partition("positional arguments")[2].partition("options")[0]


def test_of_another_tyro_its_own_words_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compare.cli._usage.sentence", lambda *_: None)
    assert_one_clear_line(cinetraj("describe", "x", "--caption", "huge"), "invalid choice 'huge'", "--help")


@pytest.mark.parametrize(
    "command",
    [
        "noise CLIP --out FILE/new",
        "compare REFERENCE GENERATED --out FILE",
        "compare --all-pairs REFERENCE --out FILE",
        "describe CLIP --plot FILE/new/a.png",
        "demo --out FILE",
        "estimate CLIP --out RUNS --backend command --command run{video} --keep-output FILE/new",
        "estimate CLIP --out RUNS --backend command --command run{video} --keep-output FILE --jobs 2",
        "camerabench score --runs RUNS --labels LABELS --out FILE",
        "cinetechbench qa --runs RUNS --annotations ANNOTATIONS --out FILE",
        "cinetechbench clips --sources FILMS --annotations ANNOTATIONS --out FILE",
    ],
)
def test_where_nothing_can_be_written_is_said_before_the_work(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Minutes of estimates were lost to a folder that was a file. What is to be read is not even looked for."""
    file = tmp_path / "file"
    file.write_text("x")
    assert entry.main(command.replace("FILE", str(file)).split()) == 2
    assert capsys.readouterr().err == f"cinetraj: error: {file} is a file; choose another folder\n"


def test_letters_that_a_picture_has_no_font_for_are_not_warned_of_one_by_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "paths").mkdir()
    for seed, name in enumerate(("\u6771\u4eac", "\u591c\u666f")):
        io.write(smooth(seed, 12), tmp_path / "paths" / f"{name}.npz", format="native")
    assert entry.main(["describe", str(tmp_path / "paths"), "--plot", str(tmp_path / "a.png")]) == 0
    assert capsys.readouterr().err == ""
