"""Depth, movement and points of the dense backend against a rendered room, keyframes and the frames between them."""

from functools import cache

import clips
import numpy as np
import planes_scene as scene
import pytest
import torch
from seen_points import reprojection_px

from sfm.backends.dense import run
from sfm.backends.dense.structure import moving_patches
from sfm.config import DenseConfig
from sfm.masks import find as masks
from sfm.synthetic import ClipSpec, RenderedClip, render
from sfm.synthetic.inverse_depth import inverse_depth, surfaces_of
from sfm.synthetic.scenes import REFERENCE_DEPTH
from sfm.types import BackendResult, Frames, Masks

N = 13
FEW = DenseConfig(keyframes=5, keyframe_share=0.2)
CELL = FEW.grid_px


@cache
def truck() -> tuple[Frames, Masks, np.ndarray, BackendResult]:
    poses = scene.path(N, shift=(0.9, 0.1, 0.3), pan_deg=-4.0)
    rgb, depth = scene.render(poses)
    frames, found = scene.clip(rgb)
    return frames, found, depth, run(frames, found, FEW)


def middles(images: np.ndarray) -> np.ndarray:
    """The values at the middles of the cells, by the four pixels around each."""
    n, height, width = images.shape
    cut = images[:, : height // CELL * CELL, : width // CELL * CELL]
    return cut.reshape(n, height // CELL, CELL, width // CELL, CELL)[:, :, CELL // 2 - 1 : CELL // 2 + 1, :, 3:5].mean(
        (2, 4)
    )


def test_depth_is_that_of_the_room_in_every_frame_and_in_the_unit_of_the_path() -> None:
    _, _, depth, result = truck()
    assert (result.status, result.motion_model) == ("ok", "full"), result.reason
    structure, trajectory = result.structure, result.trajectory
    assert structure is not None
    assert trajectory is not None
    assert structure.depth is not None
    assert 0 < len(result.statistics["keyframes"]) < N
    assert np.isfinite(structure.depth).mean() > 0.9
    truth = middles(depth)
    unit = np.linalg.norm(trajectory.positions[-1]) / np.linalg.norm((0.9, 0.1, 0.3))
    for frame in range(N):
        ratio = structure.depth[frame] / (truth[frame] * unit)
        ratio = ratio[np.isfinite(ratio)]
        assert abs(np.median(ratio) - 1.0) < 0.05, frame
        assert np.mean(np.abs(ratio - 1.0) < 0.1) > 0.75, frame


def test_depths_say_how_sure_they_are() -> None:
    _, _, depth, result = truck()
    structure = result.structure
    assert structure is not None
    assert structure.depth is not None
    assert structure.depth_sigma_log is not None
    known = np.isfinite(structure.depth)
    off = np.log(structure.depth / middles(depth))[known]
    off, sigma = np.abs(off - np.median(off)), structure.depth_sigma_log[known]
    assert 0.3 < np.mean(off < sigma) < 0.98
    assert np.mean(off < 3.0 * sigma) > 0.9
    surest, least = (np.median(off[rows]) for rows in np.array_split(np.argsort(sigma), 4)[::3])
    assert least > 2.0 * surest


def test_points_lie_where_the_trajectory_sees_them() -> None:
    _, _, _, result = truck()
    assert np.median(reprojection_px(result)) < 0.5
    assert result.structure is not None
    assert result.structure.points is not None
    assert len(result.structure.points) > 1000


@cache
def fog() -> tuple[RenderedClip, BackendResult]:
    spec = ClipSpec(
        seed=10, scene="street", move={"truck": 0.4}, frames=N, image_hw=(180, 320), focal_px=275.0, fog=1.0
    )
    rendered = render(spec)
    frames = clips.as_frames(rendered.rgb)
    return rendered, run(frames, masks.find(frames), FEW)


def test_fog_has_no_depth() -> None:
    rendered, result = fog()
    assert result.status == "ok", result.reason
    assert result.structure is not None
    assert result.structure.depth is not None
    shape = result.structure.depth.shape[1:]
    y, x = (CELL * (np.arange(count) + 0.5) for count in shape)
    places = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    cameras = rendered.set_up.cameras(np.arange(N, dtype=float))
    surfaces = surfaces_of(rendered.set_up.scene)
    near = np.stack([inverse_depth(surfaces, camera, places).reshape(shape) for camera in cameras])
    known = np.isfinite(result.structure.depth)
    away = 1.0 / np.maximum(near * REFERENCE_DEPTH["street"], 1e-6)
    assert known[(away > 1.25) & (away < 5.0)].mean() > 0.95
    assert known[away > 10.0].mean() < 0.35


def test_every_sighting_lies_where_its_point_is_seen() -> None:
    _, result = fog()
    assert reprojection_px(result).max() < 2.0


def test_what_moves_before_a_camera_at_rest_is_the_mask_and_there_is_no_depth() -> None:
    ground, mover = clips.texture(1), clips.texture(2, cell_px=5)
    images, truth = [], np.zeros((N, 180, 320), bool)
    for i in range(N):
        image = ground[:180, :320].copy()
        at = 60 + 6 * i
        image[50:130, at : at + 100] = mover[:80, :100]
        truth[i, 50:130, at : at + 100] = True
        images.append(image)
    rgb = clips.noisy(np.stack(images), 1.0, np.random.default_rng(0))
    frames = clips.as_frames(rgb)
    result = run(frames, masks.find(frames), FEW)
    structure = result.structure
    assert result.motion_model == "static"
    assert structure is not None
    assert structure.depth is not None
    assert structure.moving is not None
    assert structure.points is None
    assert np.isnan(structure.depth).all()
    expected = middles(truth.astype(float)) > 0.5
    overlap = (structure.moving & expected).sum((1, 2)) / (structure.moving | expected).sum((1, 2))
    assert np.median(overlap) > 0.6, overlap


def test_a_repeated_frame_looks_like_the_one_it_repeats() -> None:
    frames, found, _, _ = truck()
    rgb = np.concatenate([frames.rgb[:4], frames.rgb[3:4], frames.rgb[4:9]])
    again, plain = scene.clip(rgb)
    duplicate_of = np.array([0, 1, 2, 3, 3, 5, 6, 7, 8, 9])
    repeated = Masks(usable=plain.usable, blank=plain.blank, duplicate_of=duplicate_of)
    structure = run(again, repeated, FEW).structure
    assert structure is not None
    assert structure.depth is not None
    np.testing.assert_array_equal(structure.depth[4], structure.depth[3])
    assert found.blank.sum() == 0


def test_single_cells_are_noise_and_what_is_hidden_on_one_side_does_not_move() -> None:
    residual = torch.full((1, 4, 25), 0.1)
    residual[0, :, 12] = 9.0  # alone
    assert not moving_patches(residual, 1.0, (5, 5))[0].any()
    residual[0, :, [6, 7, 8, 11, 13, 16, 17, 18]] = 9.0
    assert moving_patches(residual, 1.0, (5, 5))[0][0].reshape(5, 5)[1:4, 1:4].sum() >= 5
    residual[0, :2] = 0.1
    assert not moving_patches(residual, 1.0, (5, 5))[0].any()


def test_unknown_is_neither_moving_nor_of_any_depth() -> None:
    moving, agrees = moving_patches(torch.full((1, 2, 9), torch.nan), 1.0, (3, 3))
    assert not moving.any()
    assert not agrees.any()


@pytest.mark.parametrize("aspect", [1.25])
def test_pixels_that_are_not_square(aspect: float) -> None:
    rgb, _ = scene.render(scene.path(6, shift=(0.9, 0.1, 0.3), pan_deg=-4.0), pixel_aspect=aspect)
    frames, found = scene.clip(rgb, pixel_aspect=aspect)
    assert np.median(reprojection_px(run(frames, found, FEW))) < 0.6
