"""What is observed, what is unknown, and which of it may move: the problem that the adjuster solves.

Points are homogeneous, X = (cos φ · d, sin φ) with d a unit direction seen from the world origin, so that
tan φ is the inverse distance and points at infinity are ordinary (Triggs et al. 2000, Bundle Adjustment, §2-3).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int

from sfm.geometry.arrays import lengths, lower_median, unit
from sfm.geometry.states import taken
from sfm.types import MotionModel

MANY = 160
"""Of so many tracks, every other one will do for a search; all of them say where it ends."""
KERNELS_PX = (16.0, 6.0, 2.5)
"""Robust kernels in pixels of a 640-pixel frame, wide to tight; the last is about five times a good residual."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Observations:
    """What was measured: m tracks in n frames, shared by all hypotheses.

    Attributes:
        xy_px: relative to the principal point; anything where weight is 0.
        weight: 0 where unseen; tracks of crowded cells count less.
        pixel_aspect: pixel width over height.
    """

    xy_px: Float[np.ndarray, "m n 2"]
    weight: Float[np.ndarray, "m n"]
    pixel_aspect: float

    def of_frames(self, frames: slice | list[int]) -> "Observations":
        """The same tracks in some of the frames."""
        return replace(self, xy_px=self.xy_px[:, frames], weight=self.weight[:, frames])

    def of_tracks(self, rows: np.ndarray) -> "Observations":
        """Some of the tracks."""
        return replace(self, xy_px=self.xy_px[rows], weight=self.weight[rows])


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Parameters:
    """Parameters of b hypotheses: poses (camera from world), focal lengths and points.

    Attributes:
        rotation, translation: x_in_cam = rotation @ x_in_world + translation.
        zoom: log of each frame's focal length over that of the first one.
        log_focal: log of fy of the first frame, pixels.
        point: homogeneous, of unit length, in the world.
    """

    rotation: Float[np.ndarray, "b n 3 3"]
    translation: Float[np.ndarray, "b n 3"]
    zoom: Float[np.ndarray, "b n"]
    log_focal: Float[np.ndarray, " b"]
    point: Float[np.ndarray, "b m 4"]

    def take(self, rows: np.ndarray | list[int]) -> "Parameters":
        """Some of the hypotheses, in the order given."""
        return taken(self, rows)

    def of_frames(self, frames: np.ndarray | list[int]) -> "Parameters":
        """The same hypotheses with the cameras of some of the frames."""
        return replace(
            self, rotation=self.rotation[:, frames], translation=self.translation[:, frames], zoom=self.zoom[:, frames]
        )

    @property
    def focal_px(self) -> Float[np.ndarray, "b n"]:
        """fy per frame."""
        return np.exp(self.log_focal[:, None] + self.zoom)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FreeParameters:
    """Which parameters each of the b hypotheses may move, and the prior that holds the focal length."""

    rotation: Bool[np.ndarray, " b"]
    translation: Bool[np.ndarray, " b"]
    zoom: Bool[np.ndarray, " b"]
    focal: Bool[np.ndarray, " b"]
    log_focal_prior: float
    log_focal_sigma: float

    def take(self, rows: np.ndarray | list[int]) -> "FreeParameters":
        """Those of some of the hypotheses."""
        return taken(self, rows)


@final
@dataclass(frozen=True, kw_only=True)
class FocalPrior:
    """What is known of the focal length (fy, pixels of the working size) before looking.

    Attributes:
        focal_px: the most likely one.
        sigma: standard deviation of its logarithm; 0 where it was given.
    """

    focal_px: float
    sigma: float

    @property
    def given(self) -> bool:
        """Whether it is known and stays as it is."""
        return self.sigma == 0.0

    def surprise(self, focal_px: float) -> float:
        """How improbable a focal length is: log of the density of the most likely one over its own."""
        return 0.0 if self.given else 0.5 * (self.unusual(focal_px) / self.sigma) ** 2

    def unusual(self, focal_px: float) -> float:
        """How far a focal length lies from the most likely one, as a log ratio; 0 where that was given."""
        return 0.0 if self.given else abs(math.log(focal_px / self.focal_px))

    @property
    def log_sigma(self) -> float:
        """Standard deviation that the adjuster works with; never 0."""
        return self.sigma or 1e-3


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """What a motion model is fitted to.

    Attributes:
        observations: the tracks.
        prior: what is known of the focal length.
        unit_px: length of one pixel of a 640-pixel frame in pixels of this one; kernels scale with it.
        noise_px: standard deviation of a good residual, which sets the weight of the prior.
    """

    observations: Observations
    prior: FocalPrior
    unit_px: float
    noise_px: float = 0.3

    @property
    def kernels_px(self) -> tuple[float, ...]:
        """Robust kernels in pixels of this frame, wide to tight."""
        return tuple(k * self.unit_px for k in KERNELS_PX)

    def free(self, models: Sequence[MotionModel]) -> FreeParameters:
        """The parameters that each of several models moves."""
        return free_parameters(models, self.prior)

    def thinned(self) -> tuple[Int[np.ndarray, " s"], "Problem"]:
        """Every other track where there are `MANY`, and the problem they make: enough to tell which way to go."""
        every = len(self.observations.xy_px)
        rows = np.arange(0, every, 2 if every >= MANY else 1)
        return rows, replace(self, observations=self.observations.of_tracks(rows))


def free_parameters(models: Sequence[MotionModel], prior: FocalPrior) -> FreeParameters:
    """The parameters that each model moves; a static camera shows nothing of its focal length."""
    return FreeParameters(
        rotation=np.array([m.rotates for m in models]),
        translation=np.array([m.translates for m in models]),
        zoom=np.array([m.zooms for m in models]),
        focal=np.array([m.rotates and not prior.given for m in models]),
        log_focal_prior=math.log(prior.focal_px),
        log_focal_sigma=prior.log_sigma,
    )


def observations_of(xy_px: Float[np.ndarray, "m n 2"], hw: tuple[int, int], pixel_aspect: float) -> Observations:
    """Tracks (pixels, NaN where unseen), relative to the centre of the frame."""
    height, width = hw
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    seen = np.isfinite(xy_px[..., 0])
    relative = np.where(seen[..., None], xy_px - centre, 0.0)
    return Observations(xy_px=relative, weight=seen.astype(float), pixel_aspect=pixel_aspect)


def measured(observations: Observations) -> Float[np.ndarray, "m n 2"]:
    """Positions relative to the principal point, NaN where unseen."""
    return np.where(observations.weight[..., None] > 0, observations.xy_px, np.nan)


def rescaled(parameters: Parameters) -> Parameters:
    """The same geometry with a median inverse distance of one, so that the free scale cannot drift away."""
    point = parameters.point
    nearness = point[..., 3] / np.maximum(lengths(point[..., :3]), 1e-12)
    scale = lower_median(nearness)  # negative: points and path mirrored, same images
    scale = np.where(np.abs(scale) > 1e-9, scale, 1.0)
    point = np.concatenate([point[..., :3], point[..., 3:] / scale[:, None, None]], -1)
    return replace(
        parameters,
        translation=parameters.translation * scale[:, None, None],
        point=unit(point),
    )
