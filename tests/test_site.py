"""The docs site: it builds offline with strict links, every page is on it, and the commands in its pages run."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from panned_clip import write_panned_clip

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = ("install", "tour", "index", "options", "backends", "vocabulary", "users")
"""Pages with commands, in an order in which later ones find what earlier ones made."""
FOREIGN = re.compile(r'(?:src|href)="https?://[^"]+\.(?:js|css|woff2?|png|svg|webp)[^"]*"|fonts\.g|unpkg|cdn\.')


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[str]:
    return [line for block in blocks(page, "sh") for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does."""
    pytest.importorskip("mkdocs", reason="the extra docs is not installed")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(out)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.mark.slow
def test_every_page_is_on_the_site_and_in_its_navigation(site: Path) -> None:
    front = (site / "tour.html").read_text(encoding="utf-8")
    for page in [*DOCS.glob("*.md"), Path("contributing.md"), Path("changelog.md")]:
        assert (site / f"{page.stem}.html").is_file(), page.name
        assert f'href="{page.stem}.html"' in front, f"{page.name} is in no navigation"
    for script in (ROOT / "notebooks").glob("*.py"):
        assert (site / "notebooks" / f"{script.stem}.html").is_file(), script.name


@pytest.mark.slow
def test_the_site_needs_no_network(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert not FOREIGN.findall(page.read_text(encoding="utf-8")), page.name


@pytest.mark.slow
def test_the_api_is_on_the_site(site: Path) -> None:
    for page, name in (("trajectory", "Captions"), ("sfm", "EstimateConfig"), ("compare", "Protocol")):
        text = (site / f"api_{page}.html").read_text(encoding="utf-8")
        assert "doc-heading" in text
        assert name in text


def test_notebooks_in_scripts_become_pages() -> None:
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("site_hooks", DOCS / "site" / "hooks.py")
    assert spec is not None and spec.loader is not None  # noqa: PT018
    hooks = module_from_spec(spec)
    spec.loader.exec_module(hooks)
    script = "# ---\n# a: b\n# ---\n\n# %% [markdown]\n# # A title\n#\n# words\n\n# %%\nx = 1\n\n# %%\n"
    assert hooks.as_markdown(script) == "# A title\n\nwords\n\n```python\nx = 1\n```\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the pages' commands expect."""
    from trajectory import io as formats

    folder = tmp_path_factory.mktemp("pages")
    rendered = write_panned_clip(folder, (120, 160), 140.0)
    path = long_path(rendered.trajectory)
    formats.write(path, folder / "path.npz", format="native")
    formats.write(path, folder / "pose_re10k.txt", format="re10k")
    formats.write_every({"cam01": path, "cam02": path}, folder / "camera_extrinsics.json", format="recammaster")
    (folder / "vipe_results" / "pose").mkdir(parents=True)
    formats.write(path, folder / "vipe_results" / "pose" / "pan.npz", format="vipe")
    poses = path.world_from_cam
    assert path.intrinsics_px is not None
    np.savez(
        folder / "wbench.npz",
        cam_c2w=poses,
        camera_centers=poses[:, :3, 3],
        intrinsic=path.intrinsics_px[0],
        stride=2,
        original_fps=30.0,
        effective_fps=15.0,
    )
    (folder / "case.json").write_text('{"interactions": [{"action": "D"}, {"action": "right"}]}')
    return folder


def long_path(like):
    """81 frames of a truck and a pan to the right."""
    from trajectory.model import Trajectory

    progress = np.linspace(0.0, 1.0, 81)
    angle = np.radians(25.0) * np.clip(2 * progress - 1, 0, 1)
    poses = np.tile(np.eye(4), (81, 1, 1))
    poses[:, 0, 3] = 0.8 * np.clip(2 * progress, 0, 1)
    poses[:, 0, 0] = poses[:, 2, 2] = np.cos(angle)
    poses[:, 0, 2], poses[:, 2, 0] = np.sin(angle), -np.sin(angle)
    return Trajectory(
        world_from_cam=poses,
        time_s=np.arange(81) / 24.0,
        valid=np.ones(81, dtype=bool),
        image_hw=like.image_hw,
        intrinsics_px=np.tile(like.intrinsics_px[0], (81, 1, 1)),
        scene_depth=np.full(81, 2.0),
    )


@pytest.fixture(scope="module")
def inside(place: Path) -> Iterator[Path]:
    with contextlib.chdir(place):
        yield place


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run(page: str, inside: Path, done: set[str]) -> None:
    from compare.cli import main

    told = commands(page)
    assert told
    for command in told:
        name, *arguments = shlex.split(command, comments=True)
        assert name == "cinetraj"
        if command in done:
            continue
        out, error = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            code = main(arguments)
        assert code == 0, f"{command}\n{error.getvalue()}"
        assert out.getvalue().strip(), command
        done.add(command)


@pytest.fixture(scope="module")
def done() -> set[str]:
    """Commands that have run: several pages begin alike."""
    return set()


@pytest.mark.slow
def test_the_python_of_the_tour_runs(inside: Path, done: set[str]) -> None:
    if not (inside / "runs" / "clip").is_dir():
        test_the_commands_of_a_page_run("tour", inside, done)
    for page in ("tour", "api_trajectory", "api_compare"):
        for block in blocks(page, "python"):
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                exec(compile(block, page, "exec"), {})
            assert said.getvalue().strip(), page


def test_the_python_of_estimates_is_the_readme_s() -> None:
    assert blocks("api_sfm", "python")[0] in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_page_with_commands_is_tried() -> None:
    assert {page.stem for page in DOCS.glob("*.md") if commands(page.stem)} == set(PAGES)
