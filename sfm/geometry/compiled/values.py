"""Tracks, cameras and systems as the compiled loops take them: of numpy, the frames last."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
import torch
from jaxtyping import Float, Int

from sfm.geometry.problem import Observations, Parameters


class Tracks(NamedTuple):
    """What was measured, as in `Observations`."""

    xy_px: Float[np.ndarray, "m 2 n"]
    weight: Float[np.ndarray, "m n"]
    aspect: float


class Cameras(NamedTuple):
    """Cameras from world, and fy of each."""

    rotation: Float[np.ndarray, "3 3 n"]
    translation: Float[np.ndarray, "3 n"]
    focal_px: Float[np.ndarray, " n"]


class Law(NamedTuple):
    """What one hypothesis may move, and how its residuals count.

    Attributes:
        moves: 1 or 0 for rotation, translation, zoom and the shared focal length.
        used: which of the 7 parameters of a camera move.
        kernel_squared: of the robust kernel of each track, square pixels.
        noise_px: standard deviation of a good residual.
    """

    moves: Float[np.ndarray, " 4"]
    used: Int[np.ndarray, " c"]
    kernel_squared: Float[np.ndarray, " m"]
    noise_px: float


class System(NamedTuple):
    """Gauss-Newton system: of the cameras, of each point, and between them.

    Parameter a of camera j is number a n + j of p = c n + 1; the shared focal length is the last. Points have d = 3
    parameters, two where no camera translates.
    """

    camera: Float[np.ndarray, "p p"]
    gradient: Float[np.ndarray, " p"]
    block: Float[np.ndarray, "m d d"]
    point_gradient: Float[np.ndarray, "m d"]
    mixed: Float[np.ndarray, "m d p"]


class Eliminated(NamedTuple):
    """What takes the points out of a system: with V + damping = L Lᵀ of each, L, L⁻¹ mixed and L⁻¹ gradient."""

    root: Float[np.ndarray, "m d d"]
    mixed: Float[np.ndarray, "m d p"]
    gradient: Float[np.ndarray, "m d"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """One hypothesis of `Parameters`."""

    rotation: Float[np.ndarray, "3 3 n"]
    translation: Float[np.ndarray, "3 n"]
    zoom: Float[np.ndarray, " n"]
    log_focal: float
    point: Float[np.ndarray, "m 4"]

    @property
    def cameras(self) -> Cameras:
        """With a focal length each."""
        return Cameras(self.rotation, self.translation, np.exp(self.log_focal + self.zoom))


def tracks_of(observations: Observations) -> Tracks:
    """Observations on a CPU as the loops take them."""
    xy_px = np.ascontiguousarray(observations.xy_px.numpy().transpose(0, 2, 1))
    return Tracks(xy_px, np.ascontiguousarray(observations.weight.numpy()), float(observations.pixel_aspect))


def state_of(parameters: Parameters, b: int) -> State:
    """One hypothesis of a batch on a CPU; its points are a copy."""
    return State(
        rotation=np.ascontiguousarray(parameters.rotation[b].numpy().transpose(1, 2, 0)),
        translation=np.ascontiguousarray(parameters.translation[b].numpy().T),
        zoom=parameters.zoom[b].numpy(),
        log_focal=float(parameters.log_focal[b]),
        point=parameters.point[b].numpy().copy(),
    )


def parameters_of(states: Sequence[State]) -> Parameters:
    """Several hypotheses as a batch."""
    return Parameters(
        rotation=torch.from_numpy(np.stack([s.rotation.transpose(2, 0, 1) for s in states])),
        translation=torch.from_numpy(np.stack([s.translation.T for s in states])),
        zoom=torch.from_numpy(np.stack([s.zoom for s in states])),
        log_focal=torch.tensor([s.log_focal for s in states], dtype=torch.float64),
        point=torch.from_numpy(np.stack([s.point for s in states])),
    )
