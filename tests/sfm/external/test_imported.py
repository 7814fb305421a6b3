"""Outputs of other programs: found by name, read, set on the time axis of their clip."""

import json
from pathlib import Path

import numpy as np
import pytest
from clips import encode, pan

from sfm.external import imported
from sfm.runs import build as records
from trajectory import io
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory


def path(n: int = 6, *, first: int = 0, gaps: tuple[int, ...] = ()) -> Trajectory:
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, 0, 3] = np.arange(n)
    valid = np.ones(n, bool)
    valid[list(gaps)] = False
    k = np.tile(np.array([[300.0, 0, 160], [0, 300, 90], [0, 0, 1]]), (n, 1, 1))
    return Trajectory(
        world_from_cam=poses,
        time_s=first + np.arange(n, dtype=float),
        valid=valid,
        time_source="index",
        intrinsics_px=k,
    )


@pytest.mark.parametrize(
    ("file", "format", "name"),
    [
        ("outputs/cat_droid.npz", "megasam", "cat"),
        ("outputs_cvd/cat.1_sgd_cvd_hr.npz", "megasam", "cat.1"),
        ("cat/pred_traj.txt", "monst3r", "cat"),
        ("cat_pred_traj.txt", "monst3r", "cat"),
        ("cat", "cut3r", "cat"),
        ("cat/predictions.npz", "vggt", "cat"),
        ("cat.npz", "vggt", "cat"),
        ("vipe_results/pose/cat.npz", "vipe", "cat"),
        ("reconstructions/cat/poses.npy", "droid", "cat"),
        ("cat/sparse/0", "colmap", "cat"),
        ("cat/transforms.json", "nerfstudio", "cat"),
        ("cat.txt", "tum", "cat"),
        ("cat.txt", "re10k", "cat"),
        ("cat/trajectory.npz", "native", "cat"),
        ("cat", "7scenes", "cat"),
        ("cat", "lingbot-world", "cat"),
        ("cat", "scannet", "cat"),
        ("cat/cam_info.json", "uni3c", "cat"),
        ("cat/transforms_cleaning.json", "datadop", "cat"),
        ("cat/mav0/state_groundtruth_estimate0/data.csv", "euroc", "cat"),
        ("cat/split_0.json", "omniworld", "cat"),
        ("cat/metadata.json", "record3d", "cat"),
        ("cat/custom_camera_trajectory.npz", "versecrafter", "cat"),
        ("cat.chan", "chan", "cat"),
    ],
)
def test_results_are_found_by_the_names_that_programs_give(tmp_path: Path, file: str, format: str, name: str) -> None:
    place = tmp_path / file
    place.parent.mkdir(parents=True, exist_ok=True)
    given = path()
    io.write(given.replace(image_hw=(180, 320)), place, format=format)
    found = imported.results_in(tmp_path, format)
    assert list(found) == [name]
    assert len(found[name]) == 1
    back = io.read(found[name][0], format=format)
    np.testing.assert_allclose(back.positions[:, 0] - back.positions[0, 0], np.arange(6), atol=1e-6)
    assert imported.one_result(tmp_path, format) == found[name][0]


def test_parts_of_runs_and_of_models_are_no_results_of_other_formats(tmp_path: Path) -> None:
    """points3D.txt of a run's model was the result of a clip points3D; what has the format's own name still is one."""
    io.write(path(), tmp_path / "cat.txt", format="tum")
    for model in (tmp_path / "runs/dog/colmap", tmp_path / "fish/sparse/0"):
        model.mkdir(parents=True)
        for part in ("cameras", "images", "points3D"):
            (model / f"{part}.txt").write_text("# of a model\n", encoding="utf-8")
    run = tmp_path / "runs/dog"
    (run / "run.json").write_text(json.dumps({"format": "cinetraj-run"}), encoding="utf-8")
    (run / "notes.txt").write_text("of a run\n", encoding="utf-8")
    assert list(imported.results_in(tmp_path, "tum")) == ["cat"]
    assert imported.one_result(tmp_path, "tum").name == "cat.txt"
    io.write(path(), run / "trajectory_tum.txt", format="tum")
    assert list(imported.results_in(tmp_path, "tum")) == ["cat", "dog"]
    (run / "run.json").write_text("{}", encoding="utf-8")  # of another program
    assert list(imported.results_in(tmp_path, "tum")) == ["cat", "dog", "notes"]


def test_the_better_of_two_results_of_a_clip_is_taken(tmp_path: Path) -> None:
    for name in ("cat_droid.npz", "cat_sgd_cvd_hr.npz", "dog_droid.npz"):
        io.write(path(), tmp_path / name, format="megasam")
    found = imported.results_in(tmp_path, "megasam")
    assert {name: [p.name for p in paths] for name, paths in found.items()} == {
        "cat": ["cat_sgd_cvd_hr.npz"],
        "dog": ["dog_droid.npz"],
    }


def test_a_pattern_says_where_the_results_lie(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        for which in ("first", "last"):
            place = tmp_path / name / which / f"{name}.txt"
            place.parent.mkdir(parents=True)
            io.write(path(), place, format="tum")
    found = imported.results_in(tmp_path, "tum", "{name}/last/{name}.txt")
    assert found == {n: [tmp_path / n / "last" / f"{n}.txt"] for n in ("cat", "dog")}
    assert {n: len(p) for n, p in imported.results_in(tmp_path, "tum").items()} == {"cat": 2, "dog": 2}
    with pytest.raises(CinetrajError, match=r"2 results.*--output"):
        imported.one_result(tmp_path / "cat", "tum")
    assert imported.one_result(tmp_path / "cat", "tum", "last/*.txt").parent.name == "last"


def test_nothing_there_is_an_error_that_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match=r"pred_traj\.txt.*--format"):
        imported.results_in(tmp_path, "monst3r")
    with pytest.raises(CinetrajError, match="no folder"):
        imported.results_in(tmp_path / "absent", "monst3r")
    with pytest.raises(CinetrajError, match="expected auto or one of"):
        imported.one_result(tmp_path, "megasm")


def test_one_pose_a_frame_gets_the_times_of_the_clip() -> None:
    times = np.array([0.0, 0.1, 0.2, 0.35, 0.5, 0.6])
    for first in (0, 1):
        found = imported.on_frames(path(first=first), times, "seconds")
        np.testing.assert_array_equal(found.trajectory.time_s, times)
        assert found.trajectory.time_source == "seconds"
        assert found.notes == (("frames are numbered from 1",) if first else ())


def test_fewer_poses_than_frames_are_not_stretched_over_the_clip() -> None:
    found = imported.on_frames(path(6), np.arange(12) / 10, "seconds")
    assert found.trajectory.time_source == "index"
    assert "6 poses (frames 0 to 5) for a clip of 12 frames" in found.notes[0]
    found = imported.on_frames(path(1), np.arange(12) / 10, "seconds")
    assert found.notes[0].startswith("1 pose (frame 0) for a clip of 12 frames")


def test_with_the_frame_step_the_other_frames_are_missing() -> None:
    given = path(5, gaps=(2,)).replace(reason=("", "", "not in inds", "", ""), scene_depth=np.full(5, 2.0))
    found = imported.on_frames(given, np.arange(12) / 10, "seconds", frame_step=2).trajectory
    assert found.valid.tolist() == [k in (0, 2, 6, 8) for k in range(12)]
    np.testing.assert_array_equal(found.positions[[0, 2, 6, 8], 0], [0, 1, 3, 4])
    assert found.reason is not None
    assert (found.reason[4], found.reason[1], found.reason[0]) == ("not in inds", "no pose in the result", "")
    assert found.intrinsics_px is not None
    assert np.isnan(found.intrinsics_px[1]).all()
    assert np.isfinite(found.intrinsics_px[0]).all()
    record = records.of_trajectory(found, records.Origin(source="a.mp4", backend="x", config={}))
    assert (record.status, record.reason) == ("partial", "8 of 12 frames have no pose")
    with pytest.raises(CinetrajError, match="frame 12, but the clip has 12 frames"):
        imported.on_frames(path(5), np.arange(12) / 10, "seconds", frame_step=3)


@pytest.mark.parametrize("step", [0, -1])
def test_a_frame_step_goes_ahead(step: int) -> None:
    with pytest.raises(CinetrajError, match="expected 1 or more"):
        imported.on_frames(path(), np.arange(12) / 25.0, "seconds", frame_step=step)


def test_a_result_is_read_on_the_time_axis_of_its_video(tmp_path: Path) -> None:
    clip = encode(tmp_path / "cat.mp4", pan(1, 6, hw=(64, 96)), fps=10)
    io.write(path(), tmp_path / "cat_droid.npz", format="megasam")
    found = imported.read_on_clip(tmp_path / "cat_droid.npz", "megasam", clip, label="the file")
    np.testing.assert_allclose(found.trajectory.time_s, np.arange(6) / 10, atol=1e-9)
    assert found.trajectory.time_source == "seconds"
    assert found.trajectory.provenance is not None
    assert found.trajectory.provenance.source == "the file"
    assert imported.read_on_clip(tmp_path / "cat_droid.npz", "megasam", None).trajectory.time_source == "index"


def test_times_of_a_file_say_which_frames_have_a_pose(tmp_path: Path) -> None:
    clip = encode(tmp_path / "cat.mp4", pan(1, 12, hw=(64, 96)), fps=10)
    for name, stamps in (("same", np.arange(6) / 5), ("from_its_start", 77.0 + np.arange(6) / 5)):
        io.write(path().replace(time_s=stamps, time_source="seconds"), tmp_path / f"{name}.txt", format="tum")
        found = imported.read_on_clip(tmp_path / f"{name}.txt", "tum", clip).trajectory
        assert np.flatnonzero(found.valid).tolist() == [0, 2, 4, 6, 8, 10]
        np.testing.assert_allclose(found.time_s, np.arange(12) / 10, atol=1e-9)
    io.write(path().replace(time_s=np.arange(6) / 7, time_source="seconds"), tmp_path / "other.txt", format="tum")
    found = imported.read_on_clip(tmp_path / "other.txt", "tum", clip)
    assert len(found.trajectory) == 6
    assert "6 poses with times of their own for a clip of 12 frames" in found.notes[-1]
    stepped = imported.read_on_clip(tmp_path / "other.txt", "tum", clip, frame_step=2)
    assert np.flatnonzero(stepped.trajectory.valid).tolist() == [0, 2, 4, 6, 8, 10]
    assert "left aside" in stepped.notes[-1]


def test_a_clip_that_cannot_be_read_costs_its_times_and_not_the_result(tmp_path: Path) -> None:
    io.write(path(), tmp_path / "cat_droid.npz", format="megasam")
    (tmp_path / "cat.mp4").write_bytes(b"no film")
    found = imported.read_on_clip(tmp_path / "cat_droid.npz", "megasam", tmp_path / "cat.mp4")
    assert found.trajectory.time_source == "index"
    assert "not readable" in found.notes[0]
    with pytest.raises(CinetrajError, match=r"cat\.mp4"):
        imported.read_on_clip(tmp_path / "cat_droid.npz", "megasam", tmp_path / "cat.mp4", frame_step=1)


@pytest.mark.parametrize("format", ["nosuch", "blender"])  # the second one is written only
def test_a_format_that_cannot_be_read_is_refused_before_anything_runs(format: str) -> None:
    with pytest.raises(CinetrajError, match=f"format is '{format}'"):
        imported.require_readable(format)


def test_a_path_without_any_pose_is_a_failure() -> None:
    record = records.of_trajectory(path(3, gaps=(0, 1, 2)), records.Origin(source="a", backend="x", config={}))
    assert (record.status, record.shots[0].trajectory) == ("failed", None)


def test_one_camera_of_each_file_can_be_named(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        frames = {
            f"frame{i}": {f"cam{c}": f"[1 0 0 0] [0 1 0 0] [0 0 1 0] [{100 * c * i} 0 0 1]" for c in (1, 2)}
            for i in (0, 1)
        }
        (tmp_path / name).mkdir()
        (tmp_path / name / "cameras.json").write_text(json.dumps(frames))
    found = imported.results_in(tmp_path, "recammaster", "{name}/cameras.json#cam2")
    assert set(found) == {"cat", "dog"}
    assert imported.read_on_clip(found["cat"][0], "recammaster", None).trajectory.positions[1, 2] == pytest.approx(2)


def test_what_the_reader_noted_is_told(tmp_path: Path) -> None:
    (tmp_path / "cat.txt").write_text("".join(f"0 {x} 0 0 0 0 0 1\n" for x in range(3)))
    found = imported.read_on_clip(tmp_path / "cat.txt", "tum", None)
    assert found.notes == ("every time stamp is 0: poses are counted by their order",)
