"""What the README and the docs say is true: their commands run, their tables are complete."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from panned_clip import write_panned_clip

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the README's commands expect: clip.mp4, reference/ and generated/."""
    folder = tmp_path_factory.mktemp("readme")
    write_panned_clip(folder, (180, 320), 275.0)
    return folder


@pytest.mark.slow
def test_the_commands_run(place: Path) -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
    assert len(commands) >= 5
    for command in commands:
        done = subprocess.run(command, shell=True, cwd=place, env=ENVIRONMENT, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert done.stdout.strip(), command
    assert (place / "runs" / "clip" / "plot.png").is_file()


@pytest.mark.slow
def test_the_python_runs(place: Path) -> None:
    snippets = blocks("python")
    assert len(snippets) == 3
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(snippets)], cwd=place, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3


def test_the_snippets_are_short() -> None:
    assert all(3 <= len([line for line in block.splitlines() if line.strip()]) <= 6 for block in blocks("python"))


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_format_is_in_the_docs() -> None:
    from trajectory.io import FORMATS

    table = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \|.*\| (yes|no) \| (yes|no) \|$", table, flags=re.MULTILINE)
    said = {name: (read == "yes", written == "yes") for name, read, written in rows}
    assert said == {name: (entry.read is not None, entry.encode is not None) for name, entry in FORMATS.items()}


def test_the_docs_name_the_exit_codes_of_the_command() -> None:
    from compare.cli import entry as cli

    table = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    for code in (cli.OK, cli.FAILED, cli.BAD_INPUT, cli.BUG, cli.INTERRUPTED):
        assert re.search(rf"^\| {code} \|", table, flags=re.MULTILINE)


def test_everything_in_the_environment_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", "\n".join(blocks("bash")), flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
