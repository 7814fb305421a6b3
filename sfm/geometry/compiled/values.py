"""Tracks, cameras and systems as the compiled loops take them: the tracks last."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sfm.geometry.problem import Observations, Parameters


class Tracks(NamedTuple):
    """What was measured, as in `Observations`."""

    xy_px: Float[np.ndarray, "n 2 m"]
    weight: Float[np.ndarray, "n m"]
    aspect: float


class State(NamedTuple):
    """One hypothesis of `Parameters`, and fy of each frame."""

    rotation: Float[np.ndarray, "n 3 3"]
    translation: Float[np.ndarray, "n 3"]
    zoom: Float[np.ndarray, " n"]
    log_focal: float
    focal_px: Float[np.ndarray, " n"]
    point: Float[np.ndarray, "4 m"]


class Law(NamedTuple):
    """What one hypothesis may move, and how its residuals count.

    Attributes:
        moves: 1 or 0 for rotation, translation, zoom and the shared focal length.
        used: which of the 7 parameters of a camera move.
        kernel_squared: of the robust kernel of each track, square pixels.
        noise_px: standard deviation of a good residual.
        prior, precision, reach: of the log focal length: where it should be, one over its variance, how far it may go.
    """

    moves: Float[np.ndarray, " 4"]
    used: Int[np.ndarray, " c"]
    kernel_squared: Float[np.ndarray, " m"]
    noise_px: float
    prior: float = 0.0
    precision: float = 0.0
    reach: float = np.inf


class System(NamedTuple):
    """Gauss-Newton system: of the cameras, of each point, and between them.

    Parameter a of camera j is number a n + j of p = c n + 1; the shared focal length is the last. Points have d = 3
    parameters, two where no camera translates.
    """

    camera: Float[np.ndarray, "p p"]
    gradient: Float[np.ndarray, " p"]
    block: Float[np.ndarray, "d d m"]
    point_gradient: Float[np.ndarray, "d m"]
    mixed: Float[np.ndarray, "p d m"]


class Eliminated(NamedTuple):
    """What takes the points out of a system: with V + damping = L Lᵀ of each, L, L⁻¹ mixed and L⁻¹ gradient."""

    root: Float[np.ndarray, "d d m"]
    mixed: Float[np.ndarray, "p d m"]
    gradient: Float[np.ndarray, "d m"]


def tracks_of(observations: Observations) -> Tracks:
    """Observations as the loops take them."""
    xy_px = np.ascontiguousarray(observations.xy_px.transpose(1, 2, 0))
    return Tracks(xy_px, np.ascontiguousarray(observations.weight.T), float(observations.pixel_aspect))


def state_of(parameters: Parameters, b: int) -> State:
    """One hypothesis of a batch, as a copy."""
    zoom, log_focal = parameters.zoom[b].copy(), float(parameters.log_focal[b])
    return State(
        parameters.rotation[b].copy(),
        parameters.translation[b].copy(),
        zoom,
        log_focal,
        np.exp(log_focal + zoom),
        np.ascontiguousarray(parameters.point[b].T),
    )


def parameters_of(states: Sequence[State]) -> Parameters:
    """Several hypotheses as a batch."""
    return Parameters(
        rotation=np.stack([s.rotation for s in states]),
        translation=np.stack([s.translation for s in states]),
        zoom=np.stack([s.zoom for s in states]),
        log_focal=np.array([s.log_focal for s in states]),
        point=np.stack([s.point.T for s in states]),
    )
