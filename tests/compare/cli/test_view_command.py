"""`cinetraj view`, and the pages of `cinetraj estimate --html`."""

import hashlib
import json
import os
from pathlib import Path

import made_runs
import numpy as np
import pytest
from console import assert_one_clear_line, cinetraj

import trajectory
from compare.cli import _pages, estimate, view
from compare.run_files import RunShot
from sfm.video.encode import encode


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_runs.write(tmp_path_factory.mktemp("made"))


def test_pages_of_a_folder_and_of_a_run(runs: Path) -> None:
    done = cinetraj("view", runs, "--html")
    assert done.returncode == 0
    assert done.stdout == f"5 pages: {runs / 'index.html'}\n"
    assert cinetraj("view", runs / "pan", "--html").stdout == f"1 page: {runs / 'pan' / 'index.html'}\n"
    said: list[str] = []
    estimate.pages(runs, ["pan", "truck"], say=said.append)  # both are younger than their runs
    assert said == [f"1 page: {runs / 'index.html'}"]
    (runs / "pan" / "index.html").unlink()
    estimate.pages(runs, ["pan"], say=said.append)
    assert (runs / "pan" / "index.html").is_file()
    assert said[1:] == [f"2 pages: {runs / 'index.html'}"]  # the page of the folder would be an old one


def test_a_run_without_its_clip_is_recorded_with_a_warning(runs: Path, tmp_path: Path) -> None:
    pytest.importorskip("rerun")
    done = cinetraj("view", runs / "cuts", "--save", tmp_path / "cuts.rrd", "--figure", tmp_path / "cuts.svg")
    assert done.returncode == 0
    assert (tmp_path / "cuts.rrd").stat().st_size > 1000
    assert (tmp_path / "cuts.svg").is_file()
    assert "2 shots; shot-000 is shown" in done.stderr
    assert "the viewer shows no film: the clip is gone" in done.stderr


def test_runs_that_were_imported_say_how_they_get_their_film(runs: Path, tmp_path: Path) -> None:
    """They name the result that was read: "this is a text file, give a video" told nobody where to give one."""
    text, model, film = tmp_path / "results" / "a.txt", tmp_path / "results" / "b", runs.parent / "pan.mp4"
    cinetraj("convert", runs / "pan", text, "--to", "tum")
    cinetraj("convert", runs / "pan", model, "--to", "colmap")
    for name, format in (("a", "tum"), ("b", "colmap")):
        out = tmp_path / format
        cinetraj("import", text.parent, "--format", format, "--out", out, "--output", f"{name}*", "--no-plot")
        run = next(path for path in out.iterdir() if path.is_dir())
        done = cinetraj("view", run, "--html")
        assert done.stderr.endswith("; say where the clip is with --video\n")
        assert ("give a video" in done.stderr) is False
        assert cinetraj("view", run, "--html", "--video", film).stderr == ""


def test_imported_runs_say_how_they_get_their_film_where_frames_are_left_out_or_runs_are_several(
    runs: Path, tmp_path: Path
) -> None:
    """The right film was called another clip, and of a folder --video was named, which is for one run."""
    text, film, out = tmp_path / "results" / "pan.txt", runs.parent / "pan.mp4", tmp_path / "out"
    cinetraj("convert", runs / "pan", text, "--to", "tum")
    lines = text.read_text().splitlines(keepends=True)
    text.write_text("".join(lines[:4] + lines[5:]))  # a frame without a pose
    cinetraj("import", text.parent, "--format", "tum", "--out", out, "--no-plot")
    said = cinetraj("view", out, "--html").stderr
    assert f"cinetraj view {out / 'pan'} --html --video CLIP shows it" in said
    assert "cinetraj import ... --expect CLIPS tells the clips of all" in said
    said = cinetraj("view", out / "pan", "--html", "--video", film).stderr
    assert "or leaves frames out; cinetraj import ... --expect CLIPS lays it on the frames of its clip" in said
    again = tmp_path / "again"
    cinetraj("import", text.parent, "--format", "tum", "--out", again, "--no-plot", "--expect", film)
    assert cinetraj("view", again, "--html").stderr == ""
    text.write_text("".join(f"{k * 0.037} 0 0 0 0 0 0 1\n" for k in range(5)))  # times that are no frames'
    cinetraj("import", text.parent, "--format", "tum", "--out", again, "--no-plot", "--expect", film)
    assert "cinetraj import ... --frame-step says which frames it has" in cinetraj("view", again, "--html").stderr


def test_why_there_is_no_depth_is_said(tmp_path: Path) -> None:
    pytest.importorskip("rerun")
    folder = made_runs.write(tmp_path, clips=False)
    said = "--model dense shows no scene: no depth was saved; estimate again with --save depth"
    dense = ("--model", "dense", "--save", tmp_path / "a.rrd")
    assert said in cinetraj("view", folder / "pan", *dense).stderr
    why = "the camera does not translate, so that there are no depth maps"
    file = folder / "pan" / "run.json"
    record = json.loads(file.read_text())
    record["shots"][0]["unsaved"] = {"depth": why}
    file.write_text(json.dumps(record))
    done = cinetraj("view", folder / "pan", *dense)
    assert f"--model dense shows no scene: no depth could be saved: {why}" in done.stderr
    assert "estimate again" not in done.stderr


def test_depth_in_space_says_that_it_is_a_pinholes_where_the_lens_bends(tmp_path: Path) -> None:
    pytest.importorskip("rerun")
    folder = made_runs.write(tmp_path, clips=False)
    file = folder / "truck" / "trajectory.npz"
    assert (folder / "truck" / "depth.npz").is_file()
    dense = ("--model", "dense", "--save", tmp_path / "a.rrd")
    assert "the lens bends" not in cinetraj("view", folder / "truck", *dense).stderr
    trajectory.write(trajectory.read(file).replace(distortion=np.array([-0.1, 0, 0, 0])), file, format="native")
    assert "by a pinhole, and the lens bends" in cinetraj("view", folder / "truck", *dense).stderr
    assert "the lens bends" not in cinetraj("view", folder / "truck", *dense[2:]).stderr


def test_a_page_without_its_film_is_told(runs: Path, tmp_path: Path) -> None:
    done = cinetraj("view", runs / "cuts", "--html")
    assert done.returncode == 0
    assert f"the page of {runs / 'cuts'} shows no film: the clip is gone" in done.stderr
    assert "shows no film" not in cinetraj("view", runs / "truck", "--html").stderr
    lost = made_runs.write(tmp_path, clips=False)
    assert (
        f"3 pages show no film, the first being {lost / 'cuts'}: the clip is" in cinetraj("view", lost, "--html").stderr
    )


def test_a_clip_that_was_changed_since_is_not_shown_as_the_film_of_its_run(tmp_path: Path) -> None:
    # Of another film of as many frames and the same size under the old name the page showed the frames.
    folder = made_runs.write(tmp_path)
    file, film = folder / "pan" / "run.json", tmp_path / "pan.mp4"
    record = json.loads(file.read_text())
    record["batch"] = {"clip_sha256": hashlib.sha256(film.read_bytes()).hexdigest()}
    file.write_text(json.dumps(record))
    assert cinetraj("view", folder / "pan", "--html").stderr == ""
    film.write_bytes(film.read_bytes() + b"\0")
    assert "is not the file that the estimate was made from" in cinetraj("view", folder / "pan", "--html").stderr
    assert cinetraj("view", folder / "pan", "--html", "--video", film).stderr == ""  # who names it knows


def test_a_moved_clip_and_a_reference_are_taken(runs: Path, tmp_path: Path) -> None:
    pytest.importorskip("rerun")
    film = runs.parent / "truck.mp4"
    options = ("--video", film, "--reference", runs / "pan", "--save", tmp_path / "a.rrd")
    done = cinetraj("view", runs / "truck", *options)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reference_is_drawn_over_the_path(runs: Path, tmp_path: Path) -> None:
    for name, options in (("alone.svg", ()), ("both.svg", ("--reference", runs / "pan"))):
        assert cinetraj("view", runs / "truck", "--figure", tmp_path / name, *options).returncode == 0
    alone, both = ((tmp_path / name).read_text() for name in ("alone.svg", "both.svg"))
    assert "stroke-dasharray" in both.replace("stroke-dasharray: none", "")
    assert both.count("<path") > alone.count("<path")


def test_a_reference_on_another_clock_is_told(runs: Path, tmp_path: Path) -> None:
    """Stamps that are frame numbers: of a hundred poses two lie within the second of the shot."""
    path = tmp_path / "numbers.txt"
    path.write_text("".join(f"{k} {0.1 * k} 0 0 0 0 0 1\n" for k in range(100)))
    done = cinetraj("view", runs / "truck", "--figure", tmp_path / "a.svg", "--reference", path)
    assert done.returncode == 0
    assert "2 of 100 poses lie within the " in done.stderr
    assert "write seconds" in done.stderr


def test_a_reference_whose_format_cannot_be_told_is_had_by_the_command_that_is_named(
    runs: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a path.chan"
    path.write_text("".join(f"{k} {k} 0 0 {k} {2 * k} {3 * k} 40\n" for k in range(9)))
    given = ("view", runs / "truck", "--figure", tmp_path / "a.svg", "--reference")
    done = cinetraj(*given, path)
    command = f"convert '{path}' reference.npz --to native --format NAME"
    assert_one_clear_line(done, "chan-xyz", f"cinetraj {command}")
    cinetraj("convert", path, tmp_path / "reference.npz", "--to", "native", "--format", "chan")
    assert cinetraj(*given, tmp_path / "reference.npz").returncode == 0


def test_another_clip_is_not_drawn(runs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    encode(np.zeros((made_runs.N, 64, 128, 3), np.uint8), other, fps=10.0)
    done = cinetraj("view", runs / "truck", "--video", other, "--figure", tmp_path / "a.png")
    assert done.returncode == 0
    assert "the drawing shows no film: " in done.stderr
    assert "another clip" in done.stderr


def test_of_a_film_whose_rate_was_raised_its_own_frames_are_drawn(runs: Path, tmp_path: Path) -> None:
    """The estimate was made without the blends between them, and its own clip was another one."""
    rows, columns = made_runs.HW
    picture = np.kron(np.random.default_rng(0).integers(0, 255, (rows // 8, columns // 4, 3)), np.ones((8, 8, 1)))
    film = np.stack([picture[:, 5 * number :][:rows, :columns] for number in range(made_runs.N)])
    between = np.stack([film[:-1], (film[:-1] + film[1:]) / 2], axis=1).reshape(-1, *film.shape[1:])
    clip = tmp_path / "raised.mp4"
    encode(np.concatenate([between, film[-1:]]).astype(np.uint8), clip, fps=20.0)
    done = cinetraj("view", runs / "truck", "--video", clip, "--figure", tmp_path / "a.png")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_clip_of_another_size_is_drawn_with_a_warning(runs: Path, tmp_path: Path) -> None:
    other, (rows, columns) = tmp_path / "other.mp4", made_runs.HW
    encode(np.zeros((made_runs.N, 2 * rows, 2 * columns, 3), np.uint8), other, fps=10.0)
    done = cinetraj("view", runs / "truck", "--video", other, "--figure", tmp_path / "a.png")
    said = f"is {2 * columns}x{2 * rows}, the estimate was made from {columns}x{rows}; check that it is the same clip"
    assert said in done.stderr
    assert "shows no film" not in done.stderr


def test_options_without_use_are_refused(runs: Path, tmp_path: Path) -> None:
    said = {
        ("--html", "--shot", "shot-000"): "--shot changes nothing in a page; leave it out, or add --figure or --save",
        ("--html", "--reference", "a"): "--reference changes nothing in a page",
        ("--figure", tmp_path / "a.png", "--model", "dense"): "--model changes nothing in a drawing; leave it out, or ",
        ("--save", "/proc/a.rrd"): "/proc/a.rrd cannot be written",
        ("--serve", "--port", "65535"): "--port is 65535, expected 1 to 65534",
    }
    for options, words in said.items():
        if {"--save", "--serve"} & set(options):
            pytest.importorskip("rerun")
        assert_one_clear_line(cinetraj("view", runs / "truck", *options), words)
    film = runs.parent / "truck.mp4"
    assert_one_clear_line(cinetraj("view", runs, "--html", "--video", film), "--video is the clip of one run")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "holds 4 runs, expected one"),
        (("--save", "a.mp4"), "expected a name that ends in .rrd"),
        (("--video", "nowhere.mp4"), "nowhere.mp4 does not exist"),
    ],
)
def test_what_cannot_be_shown_says_why(runs: Path, options: tuple[str, ...], said: str) -> None:
    done = cinetraj("view", runs, *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_page_that_is_gone_with_its_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def replaced(_clip: str, folder: Path, _config: object, **_: object) -> dict[str, object]:
        (folder / "index.html").unlink(missing_ok=True)
        return {
            "status": "ok",
            "shots": [],
            "notes": [],
            "motion_model": "",
            "registered": 1,
            "frames": 1,
            "seconds": {"total": 1.0},
        }

    monkeypatch.setattr(estimate, "estimate_one", replaced)
    (tmp_path / "runs" / "a").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "index.html").touch()
    (tmp_path / "a.mp4").touch()
    said = [cinetraj("estimate", tmp_path / "a.mp4", "--out", tmp_path / "runs").stdout.splitlines() for _ in range(2)]
    assert said[0][1:] == [
        f"the page of {tmp_path}/runs/a is gone with what was there before; "
        f"cinetraj view {tmp_path}/runs/a --html writes it anew"
    ]
    assert said[1][1:] == []
    gone = [tmp_path / "runs" / name for name in "ab"]
    assert _pages.lost(gone, tmp_path / "runs").startswith(f"2 pages of {tmp_path}/runs are gone")


def test_a_page_of_a_folder_that_is_older_than_its_runs_is_told(tmp_path: Path) -> None:
    # Of a clip that was added or replaced it lists nothing, or what was there before, and nobody said so.
    page = tmp_path / "index.html"
    assert _pages.outdated(tmp_path, ["a"]) == ""
    page.touch()
    for name, at in (("a", -10), ("b", 10), ("c", 10)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").touch()
        seconds = page.stat().st_mtime + at
        os.utime(tmp_path / name / "run.json", (seconds, seconds))
    assert _pages.outdated(tmp_path, ["a", "none"]) == ""
    said = f"{page} is older than b, c; cinetraj view {tmp_path} --html writes it anew"
    assert _pages.outdated(tmp_path, "abc") == said


def test_of_a_video_the_command_for_its_run_is_told(tmp_path: Path) -> None:
    video = tmp_path / "my clip.mp4"
    video.write_text("text")
    for command in ("view", "info"):
        said = f"is a video; run `cinetraj estimate '{video}' --out runs/` first, then give 'runs/my clip'"
        assert_one_clear_line(cinetraj(command, video), said)


def test_shots_are_named(runs: Path) -> None:
    done = cinetraj("view", runs / "cuts", "--shot", "shot-007", "--save", "a.rrd")
    assert "has no shot 'shot-007', expected one of shot-000, shot-001" in done.stderr
    assert "has no path to look at" in cinetraj("view", runs / "lost", "--save", "a.rrd").stderr
    found = view.shot_of(runs / "cuts", "shot-000")
    assert isinstance(found, RunShot)
    assert found.name == "cuts/shot-000"
