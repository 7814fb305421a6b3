"""The rim of a mask is cut back to what the camera does not explain."""

import clips
import numpy as np
import torch

from sfm.backends.dense.frame_cameras import FrameCameras
from sfm.backends.dense.mask_rim import trimmed
from sfm.backends.dense.observe import Scene
from sfm.flow.pyramid import grey_of, grid, pyramid

HW, CELL_PX = (120, 160), 8
WAY_PX = 6


def seen(ground: np.ndarray, way_px: int) -> tuple[FrameCameras, np.ndarray, np.ndarray]:
    """A camera at rest; a square of 6x6 cells that moves over the ground; which cells it fills, and with a rim."""
    rgb = []
    for i in range(2):
        image = ground[: HW[0], : HW[1]].copy()
        image[32:80, 40 + way_px * i : 88 + way_px * i] = clips.texture(2, cell_px=5)[:48, :48]
        rgb.append(image)
    noisy = clips.noisy(np.stack(rgb), 1.0, np.random.default_rng(0))
    frames = pyramid(grey_of(noisy, torch.device("cpu")), 3)
    centres = grid(HW, CELL_PX, frames.device)
    scene = Scene(pyramid=frames, centres=centres, usable=torch.ones(centres[..., 0].numel(), dtype=torch.bool))
    rest = np.zeros((2, 3))
    cameras = FrameCameras(
        scene=scene, rotation=np.stack([np.eye(3)] * 2), translation=rest, focal_px=np.full(2, 150.0), kappa=0.0
    )
    true, told = np.zeros((2, *centres.shape[:2]), bool), np.zeros((2, *centres.shape[:2]), bool)
    true[0, 4:10, 5:11] = told[0, 3:11, 4:12] = True
    return cameras, true.reshape(2, -1), told.reshape(2, -1)


def cut(ground: np.ndarray, way_px: int = WAY_PX) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is left of a mask with a rim where all of it was followed as the square goes; the square; the mask."""
    cameras, true, told = seen(ground, way_px)
    place_px = cameras.scene.centres.reshape(1, -1, 2).numpy() + np.array([way_px, 0.0], np.float32)
    return trimmed(cameras, np.full(told.shape, np.nan), told, np.array([1]), place_px, 1.0), true, told


def test_ground_beside_a_mover_is_cut_off_and_the_mover_stays() -> None:
    left, true, told = cut(clips.texture(1, cell_px=4))
    assert (left & true).sum() == true.sum()
    assert (left & ~true).sum() < 0.3 * (told & ~true).sum()


def test_flat_ground_says_nothing() -> None:
    left, _, told = cut(np.full((*HW, 3), 120, np.uint8))
    assert left.sum() > 0.9 * told.sum()


def test_what_pauses_stays() -> None:
    left, _, told = cut(clips.texture(1, cell_px=4), way_px=0)
    np.testing.assert_array_equal(left, told)
