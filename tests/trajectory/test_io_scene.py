"""What goes with a path from file to file: points with their sightings, and the film that a run was made of."""

import json
from dataclasses import replace
from pathlib import Path

import films
import numpy as np
import pytest

from trajectory import io
from trajectory.errors import ReadError
from trajectory.io import NOTHING, Cloud, Scene
from trajectory.model import Provenance, Trajectory


def assert_same(found: Cloud | None, expected: Cloud) -> None:
    assert found is not None
    np.testing.assert_allclose(found.in_world, expected.in_world)
    np.testing.assert_array_equal(found.colour, expected.colour)

    def sightings(cloud: Cloud) -> np.ndarray:
        rows = np.column_stack([cloud.frame, cloud.point, cloud.xy_px])
        return rows[np.lexsort((rows[:, 1], rows[:, 0]))]

    np.testing.assert_allclose(sightings(found), sightings(expected), atol=1e-3)  # written to thousandths of a pixel


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("binary", [False, True])
def test_colmap_keeps_points_and_tracks(tmp_path: Path, missing: bool, binary: bool) -> None:
    trajectory = films.film(missing=missing)
    before = films.scene(trajectory)
    io.write(trajectory, tmp_path / "a", format="colmap", scene=before)
    if binary:
        import pycolmap

        model = pycolmap.Reconstruction(str(tmp_path / "a"))
        for file in (tmp_path / "a").iterdir():
            file.unlink()
        model.write_binary(str(tmp_path / "a"))
    found = io.scene(tmp_path / "a")
    assert before.cloud is not None
    assert_same(found.cloud, before.cloud)
    io.write(io.read(tmp_path / "a"), tmp_path / "b", format="colmap", scene=found)
    again = io.scene(tmp_path / "b").cloud
    assert_same(again, before.cloud)
    true = films.pixels(trajectory, films.points())
    assert again is not None
    np.testing.assert_allclose(again.xy_px, true[again.frame, again.point], atol=1e-3)


def test_points_without_a_place_are_told(tmp_path: Path) -> None:
    trajectory = films.film()
    scene = films.scene(trajectory)
    assert "the points of the scene (12)" in io.losses(trajectory, "tum", scene)
    assert not any("points" in loss for loss in io.losses(trajectory, "blender", scene))
    io.write(trajectory, tmp_path / "a.txt", format="tum", scene=scene)
    assert io.scene(tmp_path / "a.txt", format="tum") is NOTHING


def run(folder: Path, trajectory: Trajectory, *, start: int = 0) -> Path:
    """A run folder as an estimate leaves it, of every second frame from frame 10 of a film."""
    folder.mkdir()
    made = Provenance(source="takes/clip.mp4")
    io.write(trajectory.replace(provenance=made), folder / "trajectory.npz", format="native")
    video = {"frames": 50, "first_index": 10, "last_index": 108}
    record = {"format": "cinetraj-run", "version": 1, "video": video, "shots": [{"name": "", "start": start}]}
    (folder / "run.json").write_text(json.dumps(record))
    return folder


def test_a_run_names_its_film(tmp_path: Path) -> None:
    found = io.scene(run(tmp_path / "run", films.film(), start=3))
    assert (found.movie, found.first, found.step, found.cloud) == ("takes/clip.mp4", 16, 2, None)
    io.write(films.film(), tmp_path / "alone.npz", format="native")
    assert io.scene(tmp_path / "alone.npz").movie == ""


def test_the_points_of_a_run_are_seen_by_its_rows(tmp_path: Path) -> None:
    """Also where the first frames have no pose: the model begins later than the trajectory."""
    trajectory = films.film()
    valid = np.array([False, False, *trajectory.valid[2:]])
    trajectory = trajectory.replace(valid=valid)
    scene = films.scene(trajectory)
    folder = run(tmp_path / "run", trajectory)
    io.write(trajectory, folder / "colmap", format="colmap", scene=scene)
    assert scene.cloud is not None
    assert_same(io.scene(folder).cloud, scene.cloud)


def test_points_of_a_run_without_tracks(tmp_path: Path) -> None:
    from sfm.runs.saved import ply_bytes

    cloud = films.scene(films.film()).cloud
    assert cloud is not None
    folder = run(tmp_path / "run", films.film())
    (folder / "points.ply").write_bytes(ply_bytes(cloud.in_world, cloud.colour))
    found = io.scene(folder).cloud
    assert found is not None
    np.testing.assert_allclose(found.in_world, cloud.in_world, atol=1e-6)
    np.testing.assert_array_equal(found.colour, cloud.colour)
    (folder / "points.ply").write_bytes(b"ply\nformat ascii 1.0\nend_header\n")
    with pytest.raises(ReadError, match="is no PLY file of a run"):
        io.scene(folder)
    (folder / "run.json").unlink()  # beside a file that is no run it is somebody else's
    assert io.scene(folder / "trajectory.npz").cloud is None


def test_at_other_frames_points_stay_and_what_was_seen_of_them_does_not() -> None:
    scene = replace(films.scene(films.film()), movie="clip.mp4", first=3)
    assert not scene.timeless
    after = scene.resampled()
    assert after.timeless
    assert (after.movie, after.first) == ("", 0)
    assert scene.cloud is not None
    assert after.cloud is not None
    np.testing.assert_array_equal(after.cloud.in_world, scene.cloud.in_world)
    larger = scene.scaled(3.0).cloud
    assert larger is not None
    np.testing.assert_allclose(larger.in_world, 3 * scene.cloud.in_world)
    wider = scene.resized((360, 640), (720, 640)).cloud
    assert wider is not None
    np.testing.assert_allclose(wider.xy_px, scene.cloud.xy_px * (1, 2))
    assert NOTHING.resampled().timeless


def test_the_most_seen_points_come_first() -> None:
    point = np.array([2, 2, 2, 0, 0, 1])
    cloud = Cloud(
        in_world=np.zeros((4, 3)),
        colour=np.zeros((4, 3), np.uint8),
        point=point,
        frame=np.arange(6),
        xy_px=np.zeros((6, 2)),
    )
    assert cloud.most_seen(2).tolist() == [2, 0]
    assert cloud.most_seen(9).tolist() == [2, 0, 1, 3]
    assert Scene().cloud is None
