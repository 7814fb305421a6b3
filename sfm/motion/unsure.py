"""How unsure the poses of a fit to tracks are, and its focal length."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int

from sfm.geometry.covariance import (
    camera_covariance,
    capped_sigma,
    frame_covariance,
    keyframe_covariance,
    own_covariance,
)
from sfm.geometry.problem import Observations, Parameters, Problem
from sfm.motion.all_frames import kernel_of
from sfm.motion.models import FittedModel
from sfm.motion.selection import Selection


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Unsure:
    """A model that was fitted to keyframes, as to how far it may be off.

    Attributes:
        keyframes: their frames.
        problem: the tracks in them.
        selection: the model.
    """

    keyframes: Int[np.ndarray, " k"]
    problem: Problem
    selection: Selection[FittedModel]

    @property
    def focal_sigma_log(self) -> float:
        """Standard deviation of the log focal length; 0 where it was given."""
        spread = self._spread
        return capped_sigma(None if spread is None else spread[-1, -1], self.problem.prior.sigma)

    def covariance(
        self, observations: Observations, alone: Parameters, valid: Bool[np.ndarray, " n"]
    ) -> Float[np.ndarray, "n 6 6"] | None:
        """Of the poses of all frames, relative to the first keyframe that has one; None where it cannot be told.

        Args:
            observations: the tracks of the keyframes in all frames.
            alone: each frame placed by itself.
            valid: frames that have a pose.
        """
        if self._spread is None:
            return None
        model, fitted = self.selection.model, self.selection.fitted.parameters
        first = int(np.argmax(valid[self.keyframes]))
        known = keyframe_covariance(fitted.rotation[0], fitted.translation[0], self._spread, model, first)
        own = own_covariance(
            observations, alone, self.problem.free([model]), kernel_px=self._kernel_px, noise_px=self.selection.noise_px
        )
        own[self.keyframes] = 0.0
        return frame_covariance(known, self.keyframes, own)

    @cached_property
    def _spread(self) -> Float[np.ndarray, "p p"] | None:
        return camera_covariance(
            self.problem.observations,
            self.selection.fitted.parameters,
            self.problem.free([self.selection.model]),
            kernel_px=self._kernel_px,
            noise_px=self.selection.noise_px,
        )

    @property
    def _kernel_px(self) -> float:
        return kernel_of(self.selection, self.problem.unit_px)
