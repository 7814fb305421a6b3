"""What the tests of the adjuster share: which parameters move, and states a little off the truth."""

import numpy as np
from jaxtyping import Float
from projected import FOCAL_PX, Projected, project
from scipy.spatial.transform import Rotation

from sfm.geometry.arrays import lengths, unit
from sfm.geometry.problem import FreeParameters, Parameters

ALL = {"rotation", "translation", "zoom", "focal"}
MOVE = {"truck": 0.1, "dolly": 0.05, "pan_deg": 2.0, "tilt_deg": -1.0, "roll_deg": 3.0, "zoom": 1.2}


def free(*kinds: set[str], prior_px: float = FOCAL_PX, sigma: float = 0.35) -> FreeParameters:
    """The freedom of hypotheses, each named by the kinds of parameters that it moves."""

    def flag(name: str) -> np.ndarray:
        return np.array([name in k for k in kinds])

    return FreeParameters(
        rotation=flag("rotation"),
        translation=flag("translation"),
        zoom=flag("zoom"),
        focal=flag("focal"),
        log_focal_prior=float(np.log(prior_px)),
        log_focal_sigma=sigma,
    )


def turned(omega: Float[np.ndarray, "*s 3"]) -> Float[np.ndarray, "*s 3 3"]:
    """Rotation matrices of rotation vectors in radians."""
    return Rotation.from_rotvec(omega.reshape(-1, 3)).as_matrix().reshape(*omega.shape, 3)


def shaken(state: Parameters, seed: int, size: float = 0.01, *, focal: float = 0.0) -> Parameters:
    """The state with small errors everywhere but in the first camera; points off by `size` in direction and depth."""
    rng = np.random.default_rng(seed)
    b, n = state.zoom.shape
    turn, shift = size * rng.normal(size=(2, b, n, 3))
    turn[:, 0] = shift[:, 0] = 0
    zoom = size * rng.normal(size=(b, n))
    zoom[:, 0] = 0
    off = size * lengths(state.point)[..., None] * rng.normal(size=state.point.shape)
    return Parameters(
        rotation=turned(turn) @ state.rotation,
        translation=state.translation + shift,
        zoom=state.zoom + zoom,
        log_focal=state.log_focal + focal,
        point=unit(state.point + off * (0.3, 0.3, 0.3, 1.0)),
    )


def small(seed: int = 0, **changes: float) -> Projected:
    """Few tracks over four frames."""
    return project(MOVE, seed=seed, points=14, frames=4, **changes)


def kernel_of(width_px: float) -> np.ndarray:
    """The width of the robust kernel, for one hypothesis."""
    return np.array([width_px])
