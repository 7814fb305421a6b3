"""`cinetraj convert`."""

import json
import shutil
from pathlib import Path

import made_runs
import made_shots
import numpy as np
import pytest
from console import assert_one_clear_line, cinetraj, write_tum

from sfm.runs.folder import write_run
from trajectory import io
from trajectory.model import Trajectory


def test_convert_there_and_back(tmp_path: Path) -> None:
    tum = write_tum(tmp_path)
    done = cinetraj("convert", tum, tmp_path / "a.npz", "--to", "native", "--format", "tum")
    assert done.returncode == 0, done.stderr
    done = cinetraj("convert", tmp_path / "a.npz", tmp_path / "b.txt", "--to", "tum", "--json")
    assert json.loads(done.stdout)["valid"] == 10
    one, other = io.read(tum, format="tum"), io.read(tmp_path / "b.txt", format="tum")
    np.testing.assert_allclose(other.world_from_cam, one.world_from_cam, atol=1e-12)


def test_convert_refuses_an_unknown_format(tmp_path: Path) -> None:
    tum = write_tum(tmp_path)
    done = cinetraj("convert", tum, tmp_path / "a.xyz", "--to", "xyz", "--format", "tum")
    assert_one_clear_line(done, "--to is 'xyz'", "cinetraj convert --help lists them")
    for given, near in {"tumm": "'tum'", "nerf": "'nerfstudio'", "TUM-RGBD": "'tum'"}.items():
        done = cinetraj("convert", tum, tmp_path / "a.txt", "--to", given)
        assert_one_clear_line(done, f"perhaps {near} is meant", "docs/formats.md")
    assert_one_clear_line(cinetraj("convert", tum, tmp_path / "a.json", "--to", "wbench"), "wbench is read only")
    assert not (tmp_path / "a.xyz").exists()


def ten_cameras(path: Path) -> Path:
    """Ten cameras that differ by their lengths of way, in centimetres along Unreal's x, which is forward."""
    frames = {}
    for frame in range(3):
        rows = "[1 0 0 0] [0 1 0 0] [0 0 1 0] [{} 0 0 1] "
        frames[f"frame{frame}"] = {f"cam{i:02d}": rows.format(100 * frame * i) for i in range(1, 11)}
    path.write_text(json.dumps(frames))
    return path


def test_all_cameras_of_a_file_become_files_and_one_file_again(tmp_path: Path) -> None:
    path = ten_cameras(tmp_path / "camera_extrinsics.json")
    assert_one_clear_line(cinetraj("convert", path, tmp_path / "a.txt", "--to", "tum"), "holds 10 cameras")
    done = cinetraj("convert", f"{path}#*", tmp_path / "out", "--to", "tum", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cameras"] == [f"cam{i:02d}" for i in range(1, 11)]
    found = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in found] == [f"cam{i:02d}.txt" for i in range(1, 11)]
    np.testing.assert_allclose(io.read(found[6], format="tum").positions[-1], (0, 0, 14), atol=1e-9)
    done = cinetraj("convert", tmp_path / "out", tmp_path / "b.json", "--to", "infcam", "--format", "tum")
    assert done.returncode == 0, done.stderr
    again = io.read_every(tmp_path / "b.json")
    assert list(again) == [f"cam{i:02d}" for i in range(1, 11)]
    np.testing.assert_allclose(again["cam07"].positions[-1], (0, 0, 14), atol=1e-9)


def ride(path: Path, *, seconds: float = 3.0) -> Path:
    """A native file: 10 frames a second, 4 units to the right at a depth of 8, covariances and a zoom."""
    n = round(seconds * 10) + 1
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, 0, 3] = np.linspace(0, 4, n)
    k = np.tile(np.array([[500.0, 0, 320], [0, 500, 180], [0, 0, 1]]), (n, 1, 1))
    k[:, [0, 1], [0, 1]] *= np.linspace(1, 1.5, n)[:, None]
    ours = Trajectory(
        world_from_cam=poses,
        time_s=np.arange(n) / 10,
        valid=np.ones(n, bool),
        intrinsics_px=k,
        image_hw=(360, 640),
        scene_depth=np.full(n, 8.0),
        pose_covariance=np.tile(np.eye(6), (n, 1, 1)),
    )
    io.write(ours, path, format="native")
    return path


def test_a_path_at_the_frames_that_a_generator_wants(tmp_path: Path) -> None:
    source = ride(tmp_path / "a.npz")
    done = cinetraj("convert", source, tmp_path / "b.json", "--to", "hy-worldplay", "--resample", 81, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["frames"] == 81
    assert any("pose_covariance" in note for note in said["notes"])
    found = io.read(tmp_path / "b.json")
    assert len(found) == 21
    np.testing.assert_allclose(found.positions[:, 0], np.linspace(0, 4, 21), atol=1e-9)
    assert found.focal_px is not None
    assert found.focal_px[-1] / found.focal_px[0] == pytest.approx(1.5)
    done = cinetraj("convert", source, tmp_path / "c.txt", "--to", "tum", "--resample", 16, "--fps", 8)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(io.read(tmp_path / "c.txt").time_s, np.arange(16) / 8)
    done = cinetraj("convert", source, tmp_path / "d.txt", "--to", "tum", "--resample", 81, "--fps", 16)
    assert_one_clear_line(done, "81 frames at 16 fps last 5 s and the path 3 s", "49 frames")
    assert not (tmp_path / "d.txt").exists()


@pytest.mark.parametrize(("by", "unit"), [("extent", 4), ("depth", 8)])
def test_a_path_in_the_unit_that_a_generator_wants(tmp_path: Path, by: str, unit: float) -> None:
    done = cinetraj("convert", ride(tmp_path / "a.npz"), tmp_path / "b.txt", "--to", "tum", "--normalise", by)
    assert f"note: one unit of what is written is {unit} of what was read" in done.stdout
    assert io.read(tmp_path / "b.txt").positions[-1, 0] == pytest.approx(4 / unit)


def test_ten_cameras_are_made_alike(tmp_path: Path) -> None:
    path = ten_cameras(tmp_path / "camera_extrinsics.json")
    done = cinetraj(
        "convert", f"{path}#*", tmp_path / "b.json", "--to", "infcam", "--resample", 5, "--normalise", "extent"
    )
    assert done.returncode == 0, done.stderr
    again = io.read_every(tmp_path / "b.json")
    assert len(again) == 10
    for trajectory in again.values():
        np.testing.assert_allclose(trajectory.positions[:, 2], np.linspace(0, 1, 5), atol=1e-9)
    assert "note: all 10: one unit of what is written is 2 to 20 of what was read" in done.stdout
    assert_one_clear_line(
        cinetraj("convert", f"{path}#cam01", tmp_path / "c.txt", "--to", "tum", "--fps", 16), "frame numbers", "seconds"
    )


def test_points_and_losses_of_exports_are_told(tmp_path: Path) -> None:
    source = ride(tmp_path / "a.npz")
    ours, none = io.read(source), np.zeros(0, np.int64)
    cloud = io.Cloud(
        in_world=np.array([[0.0, 0, 8]]),
        colour=np.zeros((1, 3), np.uint8),
        point=none,
        frame=none,
        xy_px=np.zeros((0, 2)),
    )
    io.write(ours, tmp_path / "model", format="colmap", scene=io.Scene(cloud=cloud))
    done = cinetraj("convert", tmp_path / "model", tmp_path / "b.txt", "--to", "tum")
    assert "left out, for which tum has no place: the points of the scene (1)" in done.stdout
    assert "an assumption" not in done.stdout
    done = cinetraj("convert", tmp_path / "model", tmp_path / "c.py", "--to", "blender")  # frames without times
    assert "blender will play 24 a second, an assumption; cinetraj estimate --fps tells a clip's" in done.stdout
    done = cinetraj("convert", tmp_path / "model", tmp_path / "b.py", "--to", "blender", "--normalise", "extent")
    assert done.returncode == 0, done.stderr
    assert "(0.0, 2.0, 0.0)," in (tmp_path / "b.py").read_text()
    assert_one_clear_line(
        cinetraj("convert", source, tmp_path / "b.fbx", "--to", "fbx"), "written by Blender", "File > Export > FBX"
    )


def test_parts_of_a_picture_become_pixels_by_its_size(tmp_path: Path) -> None:
    """A camera-control preset as the input of a generator that counts in pixels."""
    row = "0 0.5 0.9 0.5 0.5 0 0 1 0 0 {} 0 1 0 0 0 0 1 0\n"
    (tmp_path / "Pan_Left.txt").write_text("\n" + "".join(row.format(i / 54) for i in range(5)))
    done = cinetraj("convert", tmp_path / "Pan_Left.txt", tmp_path / "a.json", "--to", "uni3c")
    assert "note: intrinsics are parts of a picture whose size is not known: --size WIDTH HEIGHT" in done.stdout
    done = cinetraj(
        "convert", tmp_path / "Pan_Left.txt", tmp_path / "b.json", "--to", "uni3c", "--size", 1280, 720, "--json"
    )
    assert not any("parts of a picture" in note for note in json.loads(done.stdout)["notes"])
    found = io.read(tmp_path / "b.json", format="uni3c")
    assert found.image_hw == (720, 1280)
    assert found.intrinsics_px is not None
    np.testing.assert_allclose(found.intrinsics_px[0], [[640, 0, 640], [0, 648, 360], [0, 0, 1]])


def test_a_size_that_cannot_be_that_of_the_pixels_is_told_with_the_way_to_the_right_one(tmp_path: Path) -> None:
    rows = "".join(f"500 500 256 144 0 0 1 0 0 {i} 0 1 0 0 0 0 1 0\n" for i in range(5))
    (tmp_path / "a.txt").write_text(rows)
    done = cinetraj("convert", tmp_path / "a.txt", tmp_path / "b.txt", "--to", "re10k", "--size", 1280, 720)
    assert "convert to native with --size 512 288 first, and that file with --size 1280 720" in done.stdout
    cinetraj("convert", tmp_path / "a.txt", tmp_path / "a.npz", "--to", "native", "--size", 512, 288)
    done = cinetraj("convert", tmp_path / "a.npz", tmp_path / "b.txt", "--to", "re10k", "--size", 1280, 720)
    assert "note" not in done.stdout
    k = io.read(tmp_path / "b.txt", format="re10k").intrinsics_px
    assert k is not None
    np.testing.assert_allclose(k[0], [[500 / 512, 0, 0.5], [0, 500 / 288, 0.5], [0, 0, 1]])


def test_a_path_without_a_lens_takes_one_by_hand(tmp_path: Path) -> None:
    tum = write_tum(tmp_path)
    done = cinetraj("convert", tum, tmp_path / "a.usda", "--to", "usd", "--format", "tum")
    assert_one_clear_line(done, "needs intrinsics", "--size WIDTH HEIGHT --fov DEGREES")
    lens = ("--size", 640, 360, "--fov", 90)
    done = cinetraj("convert", tum, tmp_path / "a.json", "--to", "uni3c", "--format", "tum", *lens)
    assert done.returncode == 0, done.stderr
    found = io.read(tmp_path / "a.json", format="uni3c").intrinsics_px
    assert found is not None
    np.testing.assert_allclose(found[0], [[320, 0, 320], [0, 320, 180], [0, 0, 1]])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """cuts (two shots, one failed), lost (failed), pan (unreliable), truck."""
    return made_runs.write(tmp_path_factory.mktemp("made"), clips=False)


def test_an_unreliable_run_is_converted_with_a_warning(runs: Path, tmp_path: Path) -> None:
    done = cinetraj("convert", runs / "pan", tmp_path / "pan.txt", "--to", "tum")
    assert done.returncode == 0
    assert "warning: pan: the estimate is unreliable: rotation may be wrong" in done.stderr
    assert cinetraj("convert", runs / "truck", tmp_path / "truck.npz", "--to", "native").stderr == ""
    assert_one_clear_line(cinetraj("convert", runs / "lost", tmp_path / "a.txt", "--to", "tum"), "has no trajectory")


def test_a_run_all_of_whose_shots_failed_holds_no_trajectory_and_not_two(tmp_path: Path) -> None:
    """It was told to hold two of which one should be given."""
    nothing = [made_shots.shot(start, status="failed") for start in (0, 6)]
    write_run(made_shots.estimate(*nothing), tmp_path / "nothing", plot=False)
    for command in (
        ("convert", tmp_path / "nothing", tmp_path / "a.txt", "--to", "tum"),
        ("view", tmp_path / "nothing"),
    ):
        done = cinetraj(*command)
        assert "holds 2" not in done.stderr
        assert_one_clear_line(done, "nothing has no")


def test_a_folder_of_runs_becomes_a_folder_of_files(runs: Path, tmp_path: Path) -> None:
    done = cinetraj("convert", runs, tmp_path / "out", "--to", "native")
    assert done.returncode == 1  # two of them have no path, which is said
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["cuts_shot-000.npz", "pan.npz", "truck.npz"]
    assert "warning: pan: the estimate is unreliable" in done.stderr
    assert "error: left out: 2 of 5 (cuts/shot-001, lost): " in done.stderr
    assert_one_clear_line(cinetraj("convert", runs, tmp_path / "out.txt", "--to", "tum"), "or a folder to write to")
    assert not (tmp_path / "out.txt").exists()


def test_files_of_one_name_and_two_suffixes_are_both_kept(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    tum = write_tum(folder)
    trajectory = io.read(tum, format="tum")
    tum.unlink()
    io.write(trajectory, folder / "a.npz", format="native")
    io.write(trajectory, folder / "a.txt", format="tum")
    io.write(trajectory, folder / "b.txt", format="tum")
    (folder / "b.md").write_text("not a path")
    done = cinetraj("convert", folder, tmp_path / "out", "--to", "tum")
    assert "3 trajectories" in done.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.npz.txt", "a.txt.txt", "b.txt"}
    told = json.loads(cinetraj("describe", folder, "--json").stdout)
    assert {"a.npz", "a.txt", "b"} <= set(told)
    io.write(trajectory, folder / "c.npz", format="native")
    (folder / "c.txt").write_text("not a path, and read behind it")
    (folder / "d.d").mkdir()
    names = {"a.npz": False, "a.txt": False, "b": False, "b.md": True, "c": False, "c.txt": True, "d.d": True}
    for jobs in ((), ("--jobs", 2)):
        told = json.loads(cinetraj("describe", folder, "--json", *jobs).stdout)
        assert {name: "failed" in each for name, each in told.items()} == names


def test_all_cameras_of_a_file_become_a_folder_where_it_holds_one(tmp_path: Path) -> None:
    moving = io.read(write_tum(tmp_path)).replace(scale="metric")
    io.write(moving, tmp_path / "cameras.json", format="recammaster")
    done = cinetraj("convert", f"{tmp_path}/cameras.json#*", tmp_path / "out", "--to", "tum")
    assert done.returncode == 0, done.stderr
    assert [file.suffix for file in (tmp_path / "out").iterdir()] == [".txt"]


def test_a_folder_of_one_run_becomes_a_folder_too(runs: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    shutil.copytree(runs / "truck", tmp_path / "runs" / "truck")
    assert cinetraj("convert", tmp_path / "runs", tmp_path / "out", "--to", "tum").returncode == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["truck.txt"]
    assert cinetraj("convert", tmp_path / "runs" / "truck", tmp_path / "plain", "--to", "tum").returncode == 0
    assert (tmp_path / "plain").is_file()  # a run by itself is one path, as ever


def test_what_a_format_cannot_hold_is_named_and_the_others_are_written(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, frames in (("a", 9), ("b", 16), ("c", 18)):
        poses = np.tile(np.eye(4), (frames, 1, 1))
        path = Trajectory(world_from_cam=poses, time_s=np.arange(frames) / 8, valid=np.ones(frames, bool))
        io.write(path, tmp_path / "in" / f"{name}.npz", format="native")
    options = ("--to", "hy-worldplay", "--size", "64", "48", "--fov", "60")
    done = cinetraj("convert", tmp_path / "in", tmp_path / "out", *options)
    assert done.returncode == 1
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["a.json"]
    assert "left out: 2 of 3 (b, c): hy-worldplay" in done.stderr
    assert "this trajectory has 16 to 18; write as many evenly: --resample 81" in done.stderr
    assert cinetraj("convert", tmp_path / "in", tmp_path / "all", *options, "--resample", 81).returncode == 0


def test_notes_of_many_are_few(runs: Path, tmp_path: Path) -> None:
    done = cinetraj(
        "convert", runs, tmp_path / "a.json", "--to", "recammaster", "--resample", 81, "--normalise", "depth"
    )
    notes = [line for line in done.stdout.splitlines() if line.startswith("note: ")]
    assert len(notes) == 2
    assert all(line.startswith("note: all 3: ") for line in notes)


def test_what_is_left_out_of_several_runs_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = made_runs.write(tmp_path, clips=False)
    counts = iter((12, 400, 7))
    monkeypatch.setattr(io, "losses", lambda *_: (f"the points of the scene ({next(counts)})", "image size"))
    done = cinetraj("convert", runs, tmp_path / "paths", "--to", "tum")
    assert "place: image size, the points of the scene (7 to 400)\n" in done.stdout


def with_focal(path: Path, focal_px: float) -> Path:
    k = np.array([[focal_px, 0, 320], [0, focal_px, 180], [0, 0, 1]])
    given = Trajectory(
        world_from_cam=np.tile(np.eye(4), (3, 1, 1)), time_s=np.arange(3.0), valid=np.ones(3, bool), image_hw=(360, 640)
    )
    io.write(given.replace(intrinsics_px=np.tile(k, (3, 1, 1))), path, format="native")
    return path


@pytest.mark.parametrize(
    ("target", "place"), [("da3-streaming", "{}.txt"), ("monst3r", "{}.txt"), ("vipe", "pose/{}.npz")]
)
def test_each_of_several_keeps_its_own_intrinsics(tmp_path: Path, target: str, place: str) -> None:
    focals = {"a": 500.0, "b#1": 900.0, "c#1": 700.0}
    for name, focal_px in focals.items():
        with_focal(tmp_path / "in" / f"{name}.npz", focal_px)
    done = cinetraj("convert", tmp_path / "in", tmp_path / "out", "--to", target)
    assert done.returncode == 0, done.stderr
    for name, focal_px in focals.items():
        found = io.read(tmp_path / "out" / place.format(name), format=target)
        np.testing.assert_array_equal(found.focal_px, focal_px)


def test_intrinsics_of_vipe_are_not_lost_outside_of_its_folder(tmp_path: Path) -> None:
    given = with_focal(tmp_path / "a.npz", 500.0)
    done = cinetraj("convert", given, tmp_path / "b.npz", "--to", "vipe")
    assert_one_clear_line(done, f"write {tmp_path / 'pose' / 'b.npz'}")


def test_two_cameras_do_not_become_one_file(tmp_path: Path) -> None:
    row = "[1 0 0 0] [0 1 0 0] [0 0 1 0] [0 0 0 1] "
    frames = {f"frame{i}": dict.fromkeys(("left/a", "left_a"), row) for i in range(2)}
    (tmp_path / "camera_extrinsics.json").write_text(json.dumps(frames))
    source = f"{tmp_path / 'camera_extrinsics.json'}#*"
    done = cinetraj("convert", source, tmp_path / "out", "--to", "tum", "--format", "recammaster")
    assert_one_clear_line(done, "left/a and left_a would both be", "convert one of them by itself")
    assert not (tmp_path / "out").exists()
