"""What the shell offers is what the commands take."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from compare.cli import completion
from compare.cli.entry import command_modules

FLAGS = json.loads(Path(__file__).with_name("flags.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def script() -> str:
    return completion.script()


def offered(script: str, folder: Path, *words: str) -> list[str]:
    """What bash offers for the last word."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    line = " ".join(f"'{word}'" for word in words)
    ask = f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _cinetraj; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    said = subprocess.run([bash, "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True, cwd=folder)
    assert said.stderr == ""
    return said.stdout.split()


def test_commands_options_values_and_files_are_offered(script: str, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    assert offered(script, tmp_path, "cinetraj", "") == [*command_modules(), "--help", "--version"]
    assert offered(script, tmp_path, "cinetraj", "est") == ["estimate"]
    assert offered(script, tmp_path, "cinetraj", "estimate", "--eng") == ["--engine"]
    assert offered(script, tmp_path, "cinetraj", "estimate", "--engine", "") == ["local", "ray"]
    assert offered(script, tmp_path, "cinetraj", "estimate", "cl") == ["clip.mp4"]
    assert offered(script, tmp_path, "cinetraj", "estimate", "--mask", "cl") == ["clip.mp4"]
    assert offered(script, tmp_path, "cinetraj", "completion", "z") == ["zsh"]
    assert "--protocol" in offered(script, tmp_path, "cinetraj", "compare", "a", "b", "--")
    assert offered(script, tmp_path, "cinetraj", "camerabench", "score", "--lab") == ["--labels"]


def test_names_of_formats_protocols_and_the_like_are_offered(script: str, tmp_path: Path) -> None:
    """Options whose values a registry knows offered files, and behind = none offered anything."""
    (tmp_path / "blend").touch()
    assert offered(script, tmp_path, "cinetraj", "convert", "a", "b", "--to", "ble") == ["blender"]
    assert "rosbag" not in offered(script, tmp_path, "cinetraj", "convert", "a", "b", "--to", "")
    assert offered(script, tmp_path, "cinetraj", "import", "a", "--format", "rosbag-b") == ["rosbag-body"]
    assert offered(script, tmp_path, "cinetraj", "compare", "--protocol", "auc") == ["auc", "auc-published"]
    assert offered(script, tmp_path, "cinetraj", "compare", "--protocol", "strict,att") == ["strict,attitude"]
    assert offered(script, tmp_path, "cinetraj", "estimate", "--save", "depth,tr") == ["depth,tracks"]
    assert offered(script, tmp_path, "cinetraj", "estimate", "--features", "sif") == ["sift"]
    assert "mnn" in offered(script, tmp_path, "cinetraj", "estimate", "--matcher", "")
    assert offered(script, tmp_path, "cinetraj", "describe", "--tags", "data") == ["datadop"]
    assert "RotErr" in offered(script, tmp_path, "cinetraj", "compare", "--metric", "Rot")
    assert offered(script, tmp_path, "cinetraj", "estimate", "--engine", "=") == ["local", "ray"]  # as bash parts them
    assert offered(script, tmp_path, "cinetraj", "convert", "--to", "=", "ble") == ["blender"]
    assert offered(script, tmp_path, "cinetraj", "convert", "--to=ble") == ["--to=blender"]  # as zsh does not
    assert offered(script, tmp_path, "cinetraj", "convert", "--pairs=ble") == ["--pairs=blend"]
    assert offered(script, tmp_path, "cinetraj", "compare", "--pairs", "=", "ble") == ["blend"]


def test_names_with_spaces_are_offered_whole(script: str, tmp_path: Path) -> None:
    """They fell into their words, each of which was offered as a file."""
    (tmp_path / "my clip \u00e4 1.mp4").touch()
    (tmp_path / "my clip 2.mp4").touch()
    ask = "COMP_WORDS=(cinetraj info my); COMP_CWORD=2; _cinetraj; printf '%s\\n' \"${COMPREPLY[@]}\"; complete -p"
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    said = subprocess.run([bash, "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True, cwd=tmp_path)
    *names, last = said.stdout.splitlines()
    assert sorted(names) == ["my clip 2.mp4", "my clip \u00e4 1.mp4"]
    assert last == "complete -o default -F _cinetraj cinetraj"  # what is quoted already is left to the shell


def test_every_flag_of_every_command_is_offered(script: str, tmp_path: Path) -> None:
    line = next(each for each in script.splitlines() if each.strip().startswith('"estimate")'))
    words = line.partition('words="')[2].partition('"')[0].split()
    assert set(FLAGS["estimate"]) <= set(words)
    for command, flags in FLAGS.items():
        if flags:
            assert f'"{command}") words="' in script, command


def test_zsh_reads_the_same_through_its_bridge(capsys: pytest.CaptureFixture[str], script: str) -> None:
    assert completion.run(completion.Args(shell="zsh")) == 0
    said = capsys.readouterr().out
    assert said == completion.ZSH + script


def test_choices_are_the_words_of_a_kind_of_value() -> None:
    assert completion.choices("{None,none,free}|FLOAT") == ["none", "free"]
    assert completion.choices("{None}|PATH") == []
    assert completion.flags_in("│ --a-b {x,y}   Text. │\n│ -h, --help   show │\n│ words --c │") == {
        "--a-b": "{x,y}",
        "--help": "",
    }
