"""Files that `--save` names: what is in them is what the estimate holds, and other programs' readers agree."""

import json
import re
from dataclasses import replace
from pathlib import Path

import av
import cv2
import made_shots
import numpy as np
import pytest
from made_structure import CELL, HW, N, structure, trajectory

from sfm.geometry.radial_lens import distorted
from sfm.runs import folder as runs
from sfm.runs.estimate import ShotEstimate
from sfm.runs.saved import copied_files, depth_at_pixels, moving_at_pixels
from sfm.structure import Structure
from trajectory import io

EVERYTHING = ("depth", "mask", "points", "tracks", "megasam", "colmap")


def shot(save: tuple[str, ...] = EVERYTHING) -> ShotEstimate:
    images = np.random.default_rng(0).integers(0, 255, (N, *HW, 3), dtype=np.uint8)
    whole = replace(
        made_shots.shot(), trajectory=trajectory(), structure=structure(), save=save, images=images, registered=N
    )
    return replace(whole, picture={**whole.picture, "tracks_px": tracks_px(), "moving": np.array([True, False])})


def tracks_px() -> np.ndarray:
    """Two points, of which the second is lost in the third frame."""
    xy_px = np.arange(4.0 * N).reshape(2, N, 2)
    xy_px[1, 2] = np.nan
    return xy_px


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runs.write_run(made_shots.estimate(shot()), tmp_path_factory.mktemp("runs") / "clip", plot=False)


def test_only_what_was_asked_for_is_written(tmp_path: Path, written: Path) -> None:
    alone = runs.write_run(made_shots.estimate(shot(("points",))), tmp_path / "clip", plot=False)
    assert [str(path) for path in copied_files(alone)] == ["points.ply"]
    files = {str(path) for path in copied_files(written)}
    assert {
        "depth.npz",
        "depth/000004.png",
        "depth/depth.json",
        "mask.mp4",
        "megasam.npz",
        "colmap/points3D.txt",
    } < files
    record = runs.read_run(written).record
    assert record["shots"][0]["saved"] == list(EVERYTHING)
    assert record["shots"][0]["unsaved"] == {}


def test_depth_maps_are_those_of_the_estimate(written: Path) -> None:
    with np.load(written / "depth.npz") as held:
        np.testing.assert_array_equal(held["depth"], structure().depth)
        np.testing.assert_array_equal(held["sigma_log"], structure().depth_sigma_log)
        assert int(held["cell_px"]) == CELL
    said = json.loads((written / "depth" / "depth.json").read_text())
    levels = cv2.imread(str(written / "depth" / "000003.png"), cv2.IMREAD_UNCHANGED)
    assert levels is not None
    assert levels.dtype == np.uint16
    assert levels.shape == HW
    assert said["zero"] == "unknown"
    assert levels[0, 0] == 0
    assert levels[10, 2] * said["unit_per_level"] == pytest.approx(2.0, abs=0.001)
    assert levels[10, 20] * said["unit_per_level"] == pytest.approx(1.0, abs=0.001)


BENT = (-0.15, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("lens", [None, BENT, (0.0, 0.0, 0.0, 0.0)])
def test_the_recipe_of_the_page_makes_points_of_depths_whatever_the_lens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lens: tuple[float, ...] | None
) -> None:
    """Nothing said that the bend of the lens is in depth maps: rays by K alone missed the wall at its edges."""
    flat = np.ones((N, HW[0] // CELL, HW[1] // CELL), np.float32)
    wall = replace(structure(), depth=flat, depth_sigma_log=0.05 * flat)
    path = trajectory() if lens is None else trajectory().replace(distortion=np.array(lens))
    whole = replace(shot(("depth",)), trajectory=path, structure=wall)
    runs.write_run(made_shots.estimate(whole), tmp_path / "runs" / "clip", plot=False)
    said = json.loads((tmp_path / "runs" / "clip" / "depth" / "depth.json").read_text())
    assert said["distortion"] == (list(BENT) if lens == BENT else None)
    assert said["pixels"].startswith("as filmed: the lens's distortion" if lens == BENT else "as filmed, by a pinhole")
    page = Path(__file__).parents[3] / "docs" / "formats.md"
    [recipe] = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict[str, np.ndarray] = {}
    exec(recipe.replace(", 12\n", ", 4\n"), names)
    again = names["in_world"] - path.world_from_cam[4, :3, 3]
    seen = distorted(again[..., :2] / again[..., 2:], 0.0 if lens is None else lens[0]) * 50.0 + (30, 20)
    np.testing.assert_allclose(seen[0, 0], [4.0, 4.0], atol=0.01)  # cells of 4 working pixels, 8 of the source
    np.testing.assert_allclose(seen[4, 6], [52.0, 36.0], atol=0.01)
    np.testing.assert_allclose(again[..., 2], 1.0)


def test_between_the_middles_of_cells_a_plane_stays_a_plane_and_an_edge_an_edge() -> None:
    """On a plane inverse depth is linear in the pixels."""
    row, column = np.mgrid[: HW[0], : HW[1]]
    plane = 1.0 / (0.5 + 0.002 * row + 0.004 * column)
    middles = 1.0 / (0.5 + 0.002 * (np.arange(5) * 4 + 1.5)[:, None] + 0.004 * (np.arange(7) * 4 + 1.5))
    whole = Structure(image_hw=HW, cell_px=CELL, depth=middles[None].astype(np.float32))
    inner = np.s_[2:18, 2:26]
    np.testing.assert_allclose(depth_at_pixels(whole, 0)[inner], plane[inner], rtol=1e-6)
    assert set(np.unique(depth_at_pixels(structure(), 0)[8:])) == {1.0, 2.0}


def test_the_mask_is_white_where_something_moves(written: Path) -> None:
    with av.open(str(written / "mask.mp4")) as container:
        stream = container.streams.video[0]
        assert float(stream.average_rate or 0) == pytest.approx(8.0)
        seen = np.stack([frame.to_ndarray(format="gray") for frame in container.decode(stream)])
    expected = np.stack([moving_at_pixels(structure(), frame) for frame in range(N)])
    assert seen.shape == (N, *HW)
    np.testing.assert_array_equal(seen > 127, expected)
    assert expected[0, 8:16, 16:24].all()
    assert expected[0].sum() == 64


def test_points_are_a_coloured_cloud(written: Path) -> None:
    header, _, body = (written / "points.ply").read_bytes().partition(b"end_header\n")
    assert b"element vertex 4\n" in header
    rows = np.frombuffer(body, [("xyz", "<f4", 3), ("rgb", "u1", 3)])
    np.testing.assert_allclose(rows["xyz"], structure().points)
    np.testing.assert_array_equal(rows["rgb"], structure().colour)


def test_tracks_are_kept_by_frame_with_their_verdict(tmp_path: Path, written: Path) -> None:
    with np.load(written / "tracks.npz") as held:
        np.testing.assert_array_equal(held["xy_px"], tracks_px().astype(np.float32))
        np.testing.assert_array_equal(held["moving"], [True, False])
        assert tuple(held["image_hw"]) == (20, 30)
    alone = replace(shot(("tracks",)), structure=None)  # a camera that only turns has tracks and no structure
    assert (runs.write_run(made_shots.estimate(alone), tmp_path / "clip", plot=False) / "tracks.npz").is_file()


def test_megasams_file_gives_the_trajectory_back(written: Path) -> None:
    found = io.read(written / "megasam.npz", format="megasam")
    np.testing.assert_array_equal(found.world_from_cam, trajectory().world_from_cam)
    assert found.image_hw == HW
    assert found.intrinsics_px is not None
    np.testing.assert_allclose(found.intrinsics_px[0], [[25.0, 0, 15], [0, 25.0, 10], [0, 0, 1]])
    assert found.scene_depth is not None
    assert 1.0 <= found.scene_depth[0] <= 2.0
    with np.load(written / "megasam.npz") as held:
        assert {*held.files} == {"images", "depths", "intrinsic", "cam_c2w"}
        assert held["images"].shape == (N, *HW, 3)
        assert held["depths"].shape == (N, *HW)


def test_the_model_of_colmap_holds_points_that_project_to_where_they_are_seen(written: Path) -> None:
    found = io.read(written / "colmap", format="colmap")
    np.testing.assert_allclose(found.world_from_cam, trajectory().world_from_cam, atol=1e-12)
    assert found.scene_depth is not None
    np.testing.assert_allclose(found.scene_depth, 1.5)
    pycolmap = pytest.importorskip("pycolmap")
    model = pycolmap.Reconstruction(str(written / "colmap"))
    assert model.num_points3D() == 4
    assert model.compute_num_observations() == 4 * N
    for image in model.images.values():
        for seen in image.points2D:
            again = image.project_point(model.point3D(seen.point3D_id).xyz)
            np.testing.assert_allclose(again, seen.xy, atol=0.01)
    np.testing.assert_array_equal(model.point3D(2).color, [3, 4, 5])


def test_equal_estimates_give_equal_files(tmp_path: Path, written: Path) -> None:
    again = runs.write_run(made_shots.estimate(shot()), tmp_path / "clip", plot=False)
    for file in copied_files(written):
        assert (again / file).read_bytes() == (written / file).read_bytes(), file
