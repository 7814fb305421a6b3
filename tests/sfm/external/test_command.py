"""The command backend: another program is run, watched, and its output read."""

import shutil
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import encode, pan

from sfm.batch import keys
from sfm.config import CommandConfig, EstimateConfig, words
from sfm.pipeline import estimate
from sfm.runs import folder as runs
from trajectory.errors import CinetrajError

PROGRAM = """
import os, sys, time
from pathlib import Path
import numpy as np
video, out = sys.argv[1:3]
order = os.environ.get("ORDER", "")
if order == "fail":
    print("loading"); sys.exit("no GPU here")
if order == "much":
    for _ in range(40):
        print("." * 10**6)
    sys.exit("the end")
if order == "hang":
    Path(out, "started").touch(); time.sleep(600)
if order == "nothing":
    sys.exit(0)
poses = np.tile(np.eye(4), (6, 1, 1))
poses[:, 2, 3] = np.arange(6)
assert Path(video).is_file()
np.savez(Path(out, Path(video).stem + "_droid.npz"), cam_c2w=poses, intrinsic=np.diag([90.0, 90, 1]))
Path(out, "cwd.txt").write_text(os.getcwd())
"""


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return encode(tmp_path / "it's a [clip] $HOME.mp4", pan(1, 6, hw=(64, 96)), fps=10)


def config(tmp_path: Path, order: str = "", **options: Any) -> EstimateConfig:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    given = {"format": "megasam", "environment": (f"ORDER={order}",), "timeout_s": 60.0, **options}
    backend = CommandConfig(command=f"{sys.executable} {program} {{video}} {{out}}", **given)
    return EstimateConfig(backend=backend)


def test_what_the_program_writes_becomes_the_run(clip: Path, tmp_path: Path) -> None:
    found = estimate(clip, config(tmp_path))
    assert (found.status, found.reason, found.backend) == ("ok", "", "command")
    np.testing.assert_array_equal(found.trajectory.positions[:, 2], np.arange(6))
    np.testing.assert_allclose(found.trajectory.time_s, np.arange(6) / 10, atol=1e-9)
    assert found.trajectory.focal_px is not None
    assert found.seconds["command"] > 0
    written = runs.write_run(found, tmp_path / "run")
    assert sorted(p.name for p in written.iterdir()) == [
        "plot.png", "run.json", "trajectory.npz", "trajectory_tum.txt",
    ]  # fmt: skip
    again = runs.write_run(estimate(clip, config(tmp_path)), tmp_path / "again", plot=False)
    assert (again / "trajectory.npz").read_bytes() == (written / "trajectory.npz").read_bytes()


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("fail", "the command failed (exit code 1): no GPU here"),
        ("nothing", "the command ended well, but there is no *_sgd_cvd_hr.npz or *_droid.npz or *.npz in {out}"),
        ("hang", "the command was stopped at its time limit of 1 s"),
    ],
)
def test_what_goes_wrong_is_a_failed_estimate_with_the_reason(
    clip: Path, tmp_path: Path, order: str, reason: str
) -> None:
    begin = time.monotonic()
    found = estimate(clip, config(tmp_path, order, **({"timeout_s": 1.0} if order == "hang" else {})))
    assert (found.status, found.shots[0].trajectory) == ("failed", None)
    assert found.reason.startswith(reason)
    assert time.monotonic() - begin < 30


def test_of_a_program_that_prints_much_only_the_end_is_read(clip: Path, tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        result = estimate(clip, config(tmp_path, "much"))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.reason == "the command failed (exit code 1): the end"
    assert peak_bytes < 20e6  # it prints 40e6


def test_output_of_another_format_is_said(clip: Path, tmp_path: Path) -> None:
    found = estimate(clip, config(tmp_path, format="vggt"))
    assert found.status == "failed"
    assert "has no array extrinsic" in found.reason


def test_folder_and_kept_output(clip: Path, tmp_path: Path) -> None:
    estimate(clip, config(tmp_path, folder=tmp_path, keep=tmp_path / "kept"))
    assert (tmp_path / "kept" / clip.stem / "cwd.txt").read_text() == str(tmp_path)
    assert estimate(clip, config(tmp_path, output="{name}_*.npz")).status == "ok"
    assert "there is no z.npz" in estimate(clip, config(tmp_path, output="z.npz")).reason


def test_outputs_cannot_be_kept_in_a_file(clip: Path, tmp_path: Path) -> None:
    """Each clip of a batch failed by it, as if the program had."""
    (tmp_path / "kept").touch()
    with pytest.raises(CinetrajError, match="kept is a file; choose another folder"):
        estimate(clip, config(tmp_path, keep=tmp_path / "kept"))


def test_each_call_has_a_folder_of_its_own(clip: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for name in ("bear", "lady"):
        (tmp_path / name).mkdir()
        shutil.copy(clip, tmp_path / name / "video.mp4")
    mine = kept / "bear-video" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.touch()
    assert estimate(tmp_path / "bear" / "video.mp4", config(tmp_path, keep=kept)).status == "ok"
    assert estimate(tmp_path / "lady" / "video.mp4", config(tmp_path, keep=kept)).status == "ok"
    again = estimate(tmp_path / "lady" / "video.mp4", config(tmp_path, "nothing", keep=kept))
    assert again.status == "failed"  # what the call before left is no result of this one
    found = {path.name: sorted(file.name for file in path.iterdir()) for path in kept.iterdir()}
    result = ["cwd.txt", "video_droid.npz"]
    assert found == {"bear-video": ["mine.txt"], "bear-video-2": result, "lady-video": result, "lady-video-2": []}


def test_a_program_that_is_not_there_is_bad_input(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match=r"no_such_program.*check --command$"):
        estimate(clip, EstimateConfig(backend=CommandConfig(command="no_such_program {video}")))
    with pytest.raises(CinetrajError, match=r"nowhere.*check --command-folder$"):
        estimate(clip, config(tmp_path, folder=tmp_path / "nowhere"))


def test_arguments_are_filled_whole() -> None:
    values = {"video": "a b'; rm -rf $HOME.mp4", "out": "/x y"}
    assert words("prog --in={video} 'two words' {out}/z", values) == [
        "prog",
        "--in=a b'; rm -rf $HOME.mp4",
        "two words",
        "/x y/z",
    ]


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("", "command is empty"),
        ("prog {out}", "has no {video}"),
        ("prog {video} {vdeo}", "has {vdeo}"),
        ("prog '{video}", "No closing quotation"),
    ],
)
def test_senseless_templates_are_refused(template: str, problem: str) -> None:
    with pytest.raises(CinetrajError) as caught:
        CommandConfig(command=template)
    assert problem in str(caught.value)


def test_frames_are_not_for_a_program(tmp_path: Path) -> None:
    from clips import as_frames

    frames = as_frames(pan(1, 4, hw=(64, 96)))
    with pytest.raises(CinetrajError, match="whole clips"):
        estimate(frames, config(tmp_path))


def test_what_decides_a_result_is_in_its_key(tmp_path: Path) -> None:
    one = keys.deciding(config(tmp_path))
    assert keys.deciding(config(tmp_path, timeout_s=5.0, keep=tmp_path)) == one
    assert keys.deciding(config(tmp_path, format="vggt")) != one
    assert keys.deciding(config(tmp_path, "x")) != one
