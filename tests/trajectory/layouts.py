"""A known move for files that tests lay out by hand: 1 right, 2 down, 3 forward, while panning right by 30 degrees."""

from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from trajectory.io import FORMATS, detect, read
from trajectory.model import Trajectory

STEPS = 5
SIBLINGS = frozenset(
    (
        *("pi3", "mapanything", "worldmirror", "gen3c", "camprobe", "vggt-omega", "uni3c", "infcam", "wbench"),
        *("da3-streaming", "scannet", "trajectorycrafter", "rosbag-body", "rosbag-optical", "chan-xyz"),
    )
)
"""Read and written by the code of another format, with other names: fuzzing that one fuzzes them."""
READABLE = sorted(name for name, entry in FORMATS.items() if entry.read is not None)
SPARSE = frozenset(name for name, entry in FORMATS.items() if entry.stride > 1) | {"viewcrafter", "trajectorycrafter"}
"""They hold some of the poses only, or some paths only, and have round trips of their own."""


def known_move(steps: int = STEPS) -> np.ndarray:
    """Camera-to-world in OpenCV axes; the first pose is the identity."""
    at = np.linspace(0, 1, steps)
    poses = np.tile(np.eye(4), (steps, 1, 1))
    poses[:, :3, :3] = Rotation.from_euler("y", 30 * at[:, None], degrees=True).as_matrix()
    poses[:, :3, 3] = at[:, None] * np.array([1.0, 2, 3])
    return poses


C2W = known_move()
W2C = np.linalg.inv(C2W)
K = np.tile(np.array([[500.0, 0, 320], [0, 510, 180], [0, 0, 1]]), (STEPS, 1, 1))
OPENGL = np.diag([1.0, -1, -1, 1])
"""OpenGL camera axes from OpenCV's: y up, z back."""


def assert_known_move(trajectory: Trajectory, *, atol: float = 2e-6) -> None:
    """Relative to the first camera; a wrong direction, axis, unit or handedness fails."""
    good = trajectory.world_from_cam[trajectory.valid]
    relative = np.linalg.inv(good[0]) @ good
    np.testing.assert_allclose(relative, known_move(len(good)), rtol=0, atol=atol)


def recognised(path: Path | str, name: str) -> Trajectory:
    """Read without a named format, which must be recognised as `name`."""
    assert detect(path)[0] == name
    trajectory = read(path)
    assert trajectory.provenance is not None
    assert trajectory.provenance.config["format"] == name
    assert trajectory.provenance.config["recognised_by"]
    return trajectory


def savez(path: Path, **arrays: Any) -> Path:
    """An npz file as numpy's users write it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    return path


def plane_depths(world_from_cam: np.ndarray, k: np.ndarray, hw: tuple[int, int]) -> np.ndarray:
    """Depth along the optical axis of a slanted wall, 8 ahead of the world's origin."""
    normal = np.array([0.5, 0.2, 1.0])
    y, x = np.mgrid[: hw[0], : hw[1]]
    pixels = np.stack([x, y, np.ones_like(x)], axis=-1).astype(float)
    rays = np.einsum("nij,hwj->nhwi", world_from_cam[:, :3, :3] @ np.linalg.inv(k), pixels)
    return (8.0 - world_from_cam[:, :3, 3] @ normal)[:, None, None] / (rays @ normal)
