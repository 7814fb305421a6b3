"""Where frames see the patches of one another, against points that are projected one by one."""

import numpy as np
import pytest
import torch
from flow_scene import FOCAL_PX, HW, clip
from scipy.spatial.transform import Rotation

from sfm.backends.dense.frame_cameras import FrameCameras
from sfm.backends.dense.observe import Scene
from sfm.flow.pyramid import grey_of, grid, pyramid

TURN = Rotation.from_euler("yxz", (4.0, -2.0, 1.0), degrees=True).as_matrix()
SHIFT = np.array([0.1, -0.05, 0.2])


def cameras(kappa: float = 0.0) -> FrameCameras:
    seen = pyramid(grey_of(clip("truck").rgb[:2], torch.device("cpu")), 3)
    centres = grid(seen.hw(0), 8, seen.device)
    scene = Scene(pyramid=seen, centres=centres, usable=torch.ones(centres[..., 0].numel(), dtype=torch.bool))
    return FrameCameras(
        scene=scene,
        rotation=np.stack([np.eye(3), TURN]),
        translation=np.stack([np.zeros(3), SHIFT]),
        focal_px=np.array([FOCAL_PX, 1.1 * FOCAL_PX]),
        kappa=kappa,
    )


def test_patches_lie_where_their_points_are_projected_to() -> None:
    found = cameras()
    nearness = np.random.default_rng(0).uniform(0.2, 1.0, len(found.scene.usable))
    place_px, there = found.carried(0, 1, nearness)
    x, y = found.scene.centres.reshape(-1, 2).numpy().astype(float).T
    middle = np.array([(HW[1] - 1) / 2, (HW[0] - 1) / 2])
    points = np.stack([(x - middle[0]) / FOCAL_PX, (y - middle[1]) / FOCAL_PX, np.ones(len(x))], 1) / nearness[:, None]
    seen = points @ TURN.T + SHIFT
    np.testing.assert_allclose(place_px, 1.1 * FOCAL_PX * seen[:, :2] / seen[:, 2:] + middle, atol=1e-3)
    np.testing.assert_allclose(there, 1.0 / seen[:, 2], rtol=1e-6)


def test_what_has_no_depth_is_carried_as_if_infinitely_far_and_keeps_none() -> None:
    found = cameras()
    unknown = np.full(len(found.scene.usable), np.nan)
    place_px, there = found.carried(0, 1, unknown)
    np.testing.assert_array_equal(place_px, found.carried(0, 1, np.zeros_like(unknown))[0])
    assert np.isnan(there).all()


def test_a_frame_sees_its_own_patches_where_they_are_through_a_lens_that_bends() -> None:
    found = cameras(kappa=0.1)
    nearness = np.zeros(len(found.scene.usable))
    place_px, _ = found.carried(1, 1, nearness)
    np.testing.assert_allclose(place_px, found.scene.centres.reshape(-1, 2).numpy(), atol=1e-2)


@pytest.mark.parametrize(("x", "y", "cell"), [(4.0, 4.0, 0), (11.0, 5.0, 1), (-3.0, 4.0, -1), (4.0, 500.0, -1)])
def test_places_lie_in_cells_or_outside(x: float, y: float, cell: int) -> None:
    assert cameras().cells(np.array([[x, y]]))[0] == cell
    assert cameras().cells(np.array([[np.nan, y]]))[0] == -1
