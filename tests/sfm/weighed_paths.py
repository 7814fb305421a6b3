"""Camera paths before points at many depths, what a track or a patch of them would see, and answers that say so."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from sfm.confidence.evidence import Answer
from sfm.confidence.sightings import Cameras, Sightings, of_tracks
from sfm.types import MOTION_MODELS, MotionModel

HW = (360, 640)
FOCAL_PX = 550.0
MODELS: dict[str, MotionModel] = {model.name: model for model in MOTION_MODELS}


def cameras(
    way: tuple[float, float, float] = (0, 0, 0), pan_deg: float = 0.0, zoom: float = 1.0, count: int = 8
) -> Cameras:
    """Cameras that end at `way` (the scene is at depth 1 to 4), turned right by `pan_deg`."""
    share = np.linspace(0, 1, count)
    rotation = Rotation.from_rotvec(np.outer(np.radians(-pan_deg) * share, (0, 1, 0))).as_matrix()
    centre = np.outer(share, way)
    return Cameras(
        rotation=rotation,
        translation=-np.einsum("nij,nj->ni", rotation, centre),
        focal_px=FOCAL_PX * zoom**share,
        translates=any(way),
        nearness=0.5,
    )


def seen(
    truth: Cameras,
    *,
    count: int = 200,
    noise_px: float = 0.0,
    seed: int = 0,
    depth_of: Callable[[Float[np.ndarray, "n 3"]], Float[np.ndarray, " n"]] | None = None,
) -> Sightings:
    """Points that were followed through all keyframes, at random depths or those that their rays have."""
    rng = np.random.default_rng(seed)
    depth = rng.uniform(1, 4, count)
    ray = np.stack([rng.uniform(-0.45, 0.45, count), rng.uniform(-0.25, 0.25, count), np.ones(count)], 1)
    if depth_of is not None:
        depth = depth_of(ray)
    point = ray * depth[:, None]
    x = np.einsum("nij,mj->mni", truth.rotation, point) + truth.translation
    xy = truth.focal_px[:, None] * x[..., :2] / x[..., 2:]
    xy += noise_px * rng.normal(size=xy.shape) + np.array([(HW[1] - 1) / 2, (HW[0] - 1) / 2])
    return of_tracks(xy, HW, 1.0)


def answer(model: str, path: Cameras, source: str = "tracks", *, chosen: bool = False, sure: float = 1.0) -> Answer:
    return Answer(source=source, model=MODELS[model], cameras=path, chosen=(chosen, sure, chosen))
