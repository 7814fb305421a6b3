"""What a path stands for, and which clips belong together."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from paths import run, smooth

from compare import protocols
from compare.cli import _inputs
from compare.pairing import match
from compare.scoring import score, score_models
from compare.sources import clips
from trajectory import io
from trajectory.errors import CinetrajError, ReadError
from trajectory.model import Provenance


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    run(tmp_path / "runs" / "good", "ok", seed=1)
    run(tmp_path / "runs" / "poor", "unreliable", "half of the pixels move", seed=2)
    run(tmp_path / "runs" / "dead", "failed", "black clip", seed=None)
    run(tmp_path / "runs" / "cut" / "shot-000", "ok", seed=3)
    run(tmp_path / "runs" / "cut" / "shot-001", "ok", seed=4)
    (tmp_path / "runs" / "cut" / "run.json").write_text(json.dumps({"status": "ok", "reason": ""}))
    return tmp_path / "runs"


def test_a_folder_of_runs(runs: Path) -> None:
    found, single = clips(runs)
    assert not single
    assert set(found) == {"good", "poor", "dead", "cut"}
    assert found["dead"].failed == "estimation failed: black clip"
    assert found["poor"].unreliable == "half of the pixels move"
    assert clips(runs / "good")[1]
    (cut,), single = clips(runs / "cut")[0].values(), clips(runs / "cut")[1]
    assert single
    assert cut.shot is not None
    assert cut.shot.name == "shot-000"


def test_folders_of_runs_among_runs_are_no_clips(runs: Path) -> None:
    """As `compare` leaves them of folders of videos: they were clips that could not be read."""
    marked = json.dumps({"format": "cinetraj-run", "status": "ok", "reason": ""})
    for name in ("reference/a", "generated/a"):
        run(runs / name, "ok")
        (runs / name / "run.json").write_text(marked)
    assert set(clips(runs)[0]) == {"good", "poor", "dead", "cut"}
    assert set(clips(runs / "reference")[0]) == {"a"}
    (runs.parent / "sets").mkdir()
    (runs / "reference").rename(runs.parent / "sets" / "reference")
    with pytest.raises(CinetrajError, match=r"one of the folders of runs in it, as .*sets/reference"):
        clips(runs.parent / "sets")


def test_failed_and_unreliable_runs_are_rows_that_nobody_is_charged_for(runs: Path) -> None:
    references = {name: smooth(i) for i, name in enumerate(("good", "poor", "dead"))}
    result = score(references, runs, protocol="strict")
    said = result.to_json()
    assert said["clips"]["poor"]["failed"] == "generated: unreliable: half of the pixels move"
    assert said["clips"]["dead"]["failed"] == "generated: estimation failed: black clip"
    assert said["clips"]["cut"]["failed"] == "no reference has this name"
    assert said["coverage"] == {"ok": 1, "all": 3}
    assert said["summary"]["faults"] == {"model": [], "instrument": ["poor", "dead"], "unmatched": ["cut"]}
    rot = said["clips"]["good"]["RotErr"]
    assert said["summary"]["RotErr"] == pytest.approx(rot)
    assert said["summary"]["policies"]["drop"]["RotErr"] == {"value": pytest.approx(rot), "clips": 1, "ci95": None}
    # What the unreliable estimate would have scored is kept to be looked at, and enters no mean.
    assert result.clips["poor"].scores["RotErr"].value is not None
    trusting = score(references, runs, protocol=replace(protocols.get("strict"), unreliable="score")).to_json()
    assert trusting["clips"]["poor"]["RotErr"] == result.clips["poor"].scores["RotErr"].value
    assert any("unreliable" in note for note in trusting["protocol"]["notes"])
    compat = score(references, runs, protocol="cinetechbench-compat").to_json()
    assert compat["coverage"]["ok"] == 2  # the published script knows no unreliable clips


def test_the_first_version_of_strict_charges_the_model_for_them(runs: Path) -> None:
    references = {name: smooth(i) for i, name in enumerate(("good", "poor", "dead"))}
    said = score(references, runs, protocol="strict-1").to_json()
    rot = said["clips"]["good"]["RotErr"]
    assert said["summary"]["RotErr"] == pytest.approx((rot + 2 * 180) / 3)
    assert said["summary"]["faults"]["model"] == ["poor", "dead"]


def test_a_run_that_lost_its_file_did_not_fail(runs: Path) -> None:
    for name in ("good", "poor"):
        (runs / name / "trajectory.npz").unlink()
        found = clips(runs)[0][name]
        assert found.failed == "trajectory.npz is missing from its run; estimate the clip again"
        assert found.fault == "instrument"


def record(folder: Path, **more: object) -> None:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"status": "failed", "reason": "why", **more}))


def test_a_run_that_failed_says_whose_fault_it_is(tmp_path: Path) -> None:
    def shots(rigid: float) -> list[dict[str, object]]:
        return [{"name": "", "statistics": {"probability": {"rigid": rigid}}}]

    record(tmp_path / "g" / "unreadable", frames=0, batch={"failure": "input"})
    record(tmp_path / "g" / "killed", frames=0, batch={"failure": "memory"})
    record(tmp_path / "g" / "one", frames=1)
    record(tmp_path / "g" / "water", frames=40, shots=shots(0.1))
    record(tmp_path / "g" / "hard", frames=40, shots=shots(0.9))
    found, _ = clips(tmp_path / "g")
    assert {name: clip.fault for name, clip in found.items()} == {
        "unreadable": "model",
        "killed": "instrument",
        "one": "model",
        "water": "model",
        "hard": "instrument",
    }
    said = score({name: smooth(1) for name in found}, tmp_path / "g").to_json()["summary"]
    assert said["RotErr"] == 180
    assert said["policies"]["worst"]["RotErr"]["clips"] == 3
    # The same as references are never the model's.
    said = score(tmp_path / "g", {name: smooth(1) for name in found}).to_json()["summary"]
    assert said["faults"]["model"] == []
    assert said["policies"]["worst"]["RotErr"]["clips"] == 0


def test_where_nothing_rigid_was_filmed_it_is_the_model_that_failed() -> None:
    water = Provenance(backend="auto", evidence={"status": "unreliable", "probability": {"rigid": 0.05}})
    result = score({"a": smooth(1)}, {"a": smooth(1, provenance=water)})
    assert "nothing rigid was filmed" in result.clips["a"].failed
    assert result.clips["a"].fault == "model"
    assert score({"a": smooth(1, provenance=water)}, {"a": smooth(1)}).clips["a"].fault == "instrument"


def test_a_value_carries_its_own_verdict() -> None:
    bad = smooth(1).replace(provenance=Provenance(backend="auto", evidence={"status": "unreliable", "reason": "water"}))
    assert "unreliable: water" in score({"a": smooth(1)}, {"a": bad}).to_json()["clips"]["a"]["failed"]


def test_every_format_of_input_gives_the_same_score(tmp_path: Path) -> None:
    a, b = smooth(1), smooth(2)
    io.write(a, tmp_path / "a.npz", format="native")
    run(tmp_path / "b", "ok", seed=2)
    for reference in (a, tmp_path / "a.npz", str(tmp_path / "a.npz")):
        for generated in (b, tmp_path / "b", tmp_path / "b" / "trajectory.npz"):
            (clip,) = score(reference, generated).to_json()["clips"].values()
            (plain,) = score(a, b).to_json()["clips"].values()
            assert clip == plain


def test_a_csv_that_names_no_clip_says_so(tmp_path: Path) -> None:
    """It was said to lack the columns that it has, or nothing was scored without a word."""
    table = tmp_path / "pairs.csv"
    for text in ("reference,generated\n", "reference,generated\n,\n", "reference,generated,name\n,,remark\n"):
        table.write_text(text)
        with pytest.raises(ReadError, match="names no clip; add a row"):
            match({"a": smooth(1)}, {"a": smooth(1)}, pairs=table)


def test_clips_have_the_names_of_the_place_where_they_are_asked_for(tmp_path: Path, monkeypatch) -> None:
    """A clip that is a link had the name of what it points at, and the folder that one stands in had none."""
    for name in ("store-1f3a", "shown", "other"):
        (tmp_path / name).mkdir()
    io.write(smooth(1), tmp_path / "store-1f3a" / "trajectory.npz", format="native")
    io.write(smooth(2), tmp_path / "other" / "trajectory.npz", format="native")
    (tmp_path / "shown" / "trajectory.npz").symlink_to(tmp_path / "store-1f3a" / "trajectory.npz")
    monkeypatch.chdir(tmp_path / "shown")
    shown = (tmp_path / "shown" / "trajectory.npz", Path("trajectory.npz"), ".", "../shown", "../other/../shown")
    for source in shown:
        ((name, _),) = clips(source)[0].items()
        assert name == "shown"
    ((name, _),) = clips(Path("..") / "other")[0].items()
    assert name == "other"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: p / "nowhere", "does not exist"),
        (lambda p: "s3://bucket/runs", "^s3://bucket/runs: an address, and only files and folders are read; download"),
        (lambda p: p, "holds no clip"),
    ],
)
def test_bad_sources_are_one_clear_line(tmp_path: Path, make, message: str) -> None:
    with pytest.raises(CinetrajError, match=message) as caught:
        score(make(tmp_path), smooth(1))
    assert "\n" not in str(caught.value)


def test_one_empty_model_is_a_row_of_failures(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    results = score_models({"a": smooth(1)}, {"good": {"a": smooth(1)}, "none": tmp_path / "empty"})
    assert results["good"].coverage == {"ok": 1, "all": 1}
    assert results["none"].coverage == {"ok": 0, "all": 1}
    assert "holds no clip" in results["none"].to_json()["clips"]["a"]["failed"]
    assert results["none"].to_json()["summary"]["RotErr"] == 180


@pytest.mark.parametrize("format", ["monst3r", "da3-streaming"])
def test_intrinsics_that_were_written_beside_a_path_are_no_clip(format: str, tmp_path: Path) -> None:
    # Of two clips that `cinetraj convert` had written `compare` counted two more, which nobody could determine.
    image_hw, k = (180, 320), np.tile(np.array([[300.0, 0, 160], [0, 300.0, 90], [0, 0, 1]]), (40, 1, 1))
    for seed, name in enumerate("ab"):
        path = smooth(seed, image_hw=image_hw, intrinsics_px=k)
        io.write(path, tmp_path / "paths" / f"{name}.txt", format=format)
        io.write(path, tmp_path / "deep" / name / "path.txt", format=format)
    assert len(list((tmp_path / "paths").iterdir())) == 4
    assert set(clips(tmp_path / "paths")[0]) == set("ab")
    assert not [clip.failed for clip in clips(tmp_path / "deep")[0].values() if clip.failed]
    assert {each.name for each in _inputs.load(tmp_path / "paths")} == set("ab")


def test_cameras_of_blender_and_nuke_are_found_in_a_folder_of_them(tmp_path: Path) -> None:
    # "Files in any format": a folder of .chan held no clip, while `describe` read it.
    image_hw, k = (180, 320), np.tile(np.array([[300.0, 0, 160], [0, 300.0, 90], [0, 0, 1]]), (40, 1, 1))
    for seed, name in enumerate("ab"):
        io.write(smooth(seed, image_hw=image_hw, intrinsics_px=k), tmp_path / f"{name}.chan", format="chan-xyz")
    assert set(clips(tmp_path)[0]) == set("ab")
    assert score(tmp_path, tmp_path, format="chan-xyz").coverage == {"ok": 2, "all": 2}


def test_paths_of_numbered_clips_are_not_the_frames_of_one(tmp_path: Path) -> None:
    # `cinetraj convert runs/ paths/ --to native` of 001, 002: the folder was taken for one clip in CUT3R's layout.
    for seed, name in enumerate(("001", "002")):
        io.write(smooth(seed), tmp_path / "paths" / f"{name}.npz", format="native")
    assert (set(clips(tmp_path / "paths")[0]), clips(tmp_path / "paths")[1]) == ({"001", "002"}, False)


@pytest.mark.parametrize("format", ["cut3r", "droid", "colmap"])
def test_a_format_that_is_a_folder_is_one_clip(tmp_path: Path, format: str) -> None:
    intrinsics = np.tile(np.array([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]), (40, 1, 1))
    trajectory = smooth(1, image_hw=(480, 640), intrinsics_px=intrinsics)
    target = tmp_path / "set" / "x"
    target.mkdir(parents=True)
    io.write(trajectory, target, format=format)
    for generated in (tmp_path / "set", target):
        found = score({"x": trajectory}, generated, time="index").to_json()["clips"]
        assert found["x"]["RotErr"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("format", "suffix"), [("native", "npz"), ("tum", "txt"), ("kitti", "txt"), ("motionctrl", "json")]
)
def test_a_folder_of_files_is_a_folder_of_clips(tmp_path: Path, format: str, suffix: str) -> None:
    for i, name in enumerate("abc"):
        io.write(smooth(i), tmp_path / f"{name}.{suffix}", format=format)
    found, single = clips(tmp_path)
    assert (sorted(found), single) == (["a", "b", "c"], False)


def test_numbers_and_paths_name_clips_and_other_values_are_told() -> None:
    """In a process of its own: here types are checked at every call."""
    code = """
from pathlib import Path
from types import SimpleNamespace
import compare, numpy as np, trajectory
path = trajectory.Trajectory(world_from_cam=np.tile(np.eye(4), (3, 1, 1)), time_s=[0, 1, 2], valid=[True] * 3)
clips = {3: path, Path("a/b"): path}
print(*compare.score(clips, clips).record()["clips"])
run = SimpleNamespace(trajectories={"": path})
for wrong in ([path], run, {"a": run}, {"a": None}, {"a": [path]}, {1: path, "1": path}):
    try:
        compare.score(wrong, wrong)
    except trajectory.CinetrajError as error:
        print(error)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    expected, each = "expected trajectory.Trajectory", "; its .trajectories holds one for each shot"
    assert said == [
        "3 a/b",
        "set of clips is of type list, expected a path, a Trajectory, or a mapping of names to these",
        "set of clips is of type SimpleNamespace, expected a path, a Trajectory, or a mapping of names to these",
        f"clip 'a' is of type SimpleNamespace, {expected}{each}",
        "clip 'a' is None, expected a Trajectory or a path; leave out what was never delivered, and of an estimate "
        "that failed give the folder of its run (sfm.write_run), so that its row says why",
        f"clip 'a' is of type list, {expected}",
        "the mapping of clips has two that are named '1'; rename one",
    ]
