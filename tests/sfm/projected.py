"""Tracks without pictures: random points in space, projected through a known camera path."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from sfm.geometry.levenberg_marquardt import LevenbergMarquardt
from sfm.geometry.problem import FocalPrior, Observations, Parameters, Problem, observations_of
from sfm.synthetic.paths import camera_path

HW = (360, 640)
FOCAL_PX = 550.0


@final
@dataclass(frozen=True, kw_only=True)
class Projected:
    """Positions of tracks (m n 2, NaN outside of the frame) and what made them.

    rotation, translation: camera from world; the first camera is the world's frame.
    world: where the points stand in the first frame; `moving` ones leave it.
    """

    xy_px: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray
    focal_px: np.ndarray
    world: np.ndarray
    moving: np.ndarray
    pixel_aspect: float

    @property
    def centre(self) -> np.ndarray:
        """Camera centres in the world."""
        return -np.einsum("nji,nj->ni", self.rotation, self.translation)

    def observations(self) -> Observations:
        """The tracks as the adjuster takes them."""
        return observations_of(self.xy_px, HW, self.pixel_aspect)

    def problem(self, prior: FocalPrior) -> Problem:
        """The tracks as the motion models take them; a pixel is one of a 640-pixel frame."""
        return Problem(observations=self.observations(), prior=prior, unit_px=1.0)

    def parameters(self) -> Parameters:
        """The truth as parameters of the adjuster."""
        point = np.concatenate([self.world, np.ones((len(self.world), 1))], 1)
        point /= np.linalg.norm(point, axis=1, keepdims=True)
        return Parameters(
            rotation=self.rotation[None],
            translation=self.translation[None],
            zoom=np.log(self.focal_px / self.focal_px[0])[None],
            log_focal=np.log(self.focal_px[:1]),
            point=point[None],
        )


def project(
    move: Mapping[str, float],
    *,
    seed: int = 0,
    points: int = 140,
    frames: int = 8,
    noise_px: float = 0.0,
    movers: float = 0.0,
    rigid_mover: bool = False,
    depth: tuple[float, float] = (1.0, 4.0),
    focal_px: float = FOCAL_PX,
    pixel_aspect: float = 1.0,
) -> Projected:
    """Tracks of points that are spread over the frames of a linear move.

    depth: range of distances, drawn evenly in inverse depth.
    movers: share of tracks that go their own ways, up to 0.3 of the depth; with `rigid_mover` all of them go
        one way together and stand in the middle of the frame.
    """
    rng = np.random.default_rng(seed)
    world_from_cam, focal = camera_path(
        move,
        frame_time=np.arange(frames, dtype=float),
        frames=frames,
        fps=25.0,
        focal_px=focal_px,
        reference_depth=2.0,
        easing="linear",
        seed=seed,
    )
    rotation = world_from_cam[:, :3, :3].transpose(0, 2, 1)
    translation = -np.einsum("nij,nj->ni", rotation, world_from_cam[:, :3, 3])
    height, width = HW
    half = np.array([(width - 1) / 2, (height - 1) / 2])
    moving = np.arange(points) < round(movers * points)
    at = rng.integers(0, frames, points)
    relative = rng.uniform(-0.95, 0.95, (points, 2)) * half
    if rigid_mover:
        at[moving] = frames // 2
        relative[moving] *= (0.45, 0.8)
    z = 1 / rng.uniform(1 / depth[1], 1 / depth[0], points)
    if rigid_mover:
        z[moving] = rng.uniform(1.0, 1.3, moving.sum()) * depth[0]
    local = np.stack([relative[:, 0] * pixel_aspect / focal[at], relative[:, 1] / focal[at], np.ones(points)], 1)
    world = np.einsum("mji,mj->mi", rotation[at], local * z[:, None] - translation[at])
    way = rng.uniform(-0.3, 0.3, (points, 3)) * z[:, None]
    if rigid_mover:
        way[:] = (0.35 * depth[0], 0.02, 0.1 * depth[0])
    progress = np.linspace(0, 1, frames) - at[:, None] / max(frames - 1, 1)
    path = world[:, None] + np.where(moving[:, None, None], way[:, None] * progress[..., None], 0.0)
    cam = np.einsum("nij,mnj->mni", rotation, path) + translation
    xy = focal[None, :, None] * cam[..., :2] / cam[..., 2:] / (pixel_aspect, 1.0)
    seen = (cam[..., 2] > 0.1) & (np.abs(xy) < half).all(-1)
    xy = xy + half + rng.normal(0, noise_px, xy.shape)
    xy[~seen] = np.nan
    keep = seen.sum(1) >= 2
    return Projected(
        xy_px=xy[keep],
        rotation=rotation,
        translation=translation,
        focal_px=focal,
        world=world[keep],
        moving=moving[keep],
        pixel_aspect=pixel_aspect,
    )


def angle_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angle between rotations (…, 3, 3)."""
    chord = np.linalg.norm(a - b, axis=(-2, -1)) / np.sqrt(8)
    return np.degrees(2 * np.arcsin(np.clip(chord, 0, 1)))


def positions_of(state: Parameters) -> np.ndarray:
    """Camera centres in the world of a batch of one."""
    return -np.einsum("nji,nj->ni", state.rotation[0], state.translation[0])


def path_error(found: np.ndarray, true: np.ndarray) -> float:
    """Largest distance of two paths from one origin, free in scale alone, as a share of the true path's extent.

    The scale is positive, so a path that runs the other way is off by its whole extent at least.
    """
    scale = max(float((found * true).sum() / max((found**2).sum(), 1e-30)), 0.0)
    return float(np.linalg.norm(scale * found - true, axis=1).max() / np.linalg.norm(true, axis=1).max())


def steps(count: int) -> LevenbergMarquardt:
    """A solver of so many steps."""
    return LevenbergMarquardt(iterations=count)
