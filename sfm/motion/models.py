"""A motion model fitted to the tracks, and how several hypotheses are fitted at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Float, Int

from sfm.geometry.arrays import lengths, lower_median
from sfm.geometry.bundle_adjustment import SOLVER, Fit, adjust
from sfm.geometry.problem import Parameters, Problem
from sfm.geometry.projection import camera_centres
from sfm.geometry.robust import GOOD_RESIDUAL_PX
from sfm.geometry.states import joined
from sfm.types import MotionModel

ROUGH = replace(SOLVER, tolerance=1e-3, single=True)
"""For searches: what is not the end need not be exact."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """Where a fit begins: parameters (a batch of one), the model that may move them, and where they come from."""

    parameters: Parameters
    model: MotionModel
    origin: str


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FittedModel:
    """A motion model fitted to the keyframes.

    Attributes:
        model: what may move.
        parameters: a batch of one.
        cost: robust, in units of the noise.
        residual_px: of every track in every keyframe, NaN where unseen, inf behind the camera.
        start: where the fit began, in words.
    """

    model: MotionModel
    parameters: Parameters
    cost: float
    residual_px: Float[np.ndarray, "m n"]
    start: str

    def votes(self) -> Float[np.ndarray, " m"]:
        """Each track counts by the time that it lasts, so that one area of the frame has one voice."""
        return (~np.isnan(self.residual_px)).sum(1).astype(float)

    def nearness(self) -> Float[np.ndarray, " m"]:
        """Inverse distance of each track's point from the first keyframe's camera."""
        point = self.parameters.point[0]
        return point[:, 3] / lengths(point[:, :3])

    @property
    def focal_px(self) -> float:
        """Focal length of the first keyframe."""
        return float(np.exp(self.parameters.log_focal[0]))

    @property
    def log_zoom(self) -> Float[np.ndarray, " n"]:
        """Log focal length of each keyframe over that of the first."""
        return self.parameters.zoom[0]

    def forward(self) -> Float[np.ndarray, " n"]:
        """Way of each camera along the axis of the first, in scene depths."""
        centre = camera_centres(self.parameters.rotation[0], self.parameters.translation[0])
        return centre[:, 2] * lower_median(self.nearness())

    def moment(self) -> None:
        """Tracks last: each tells of most of the clip."""

    def of_tracks(self, rows: Int[np.ndarray, " s"]) -> "FittedModel":
        """The same fit, of some of its tracks; the cost stays that of all."""
        parameters = replace(self.parameters, point=self.parameters.point[:, rows])
        return replace(self, parameters=parameters, residual_px=self.residual_px[rows])

    def restart(self, origin: str = "", *, model: MotionModel | None = None) -> Start:
        """A start at this fit, perhaps under another model."""
        return Start(parameters=self.parameters, model=model or self.model, origin=origin or self.start)


def fit(
    problem: Problem, starts: Sequence[Start], kernels_px: tuple[float, ...], *, rough: bool = False
) -> list[FittedModel]:
    """Every start under its model, as one batch.

    Args:
        problem: the tracks and what is known.
        starts: where each hypothesis begins.
        kernels_px: robust kernels, wide to tight.
        rough: for a search; otherwise tracks that disagree are down-weighted in the end.
    """
    parameters = joined([start.parameters for start in starts])
    return fit_batch(problem, parameters, starts, kernels_px, rough=rough)


def fit_batch(
    problem: Problem,
    parameters: Parameters,
    starts: Sequence[Start],
    kernels_px: tuple[float, ...],
    *,
    rough: bool = False,
) -> list[FittedModel]:
    """As `fit`, from the parameters of a batch; `starts` say the models and the origins."""
    found: Fit = adjust(
        problem.observations,
        parameters,
        problem.free([start.model for start in starts]),
        kernel_px=kernels_px,
        noise_px=problem.noise_px,
        solver=ROUGH if rough else SOLVER,
        good_track_px=None if rough else GOOD_RESIDUAL_PX * problem.unit_px,
    )
    residual = np.where(problem.observations.weight > 0, found.residual_px, np.nan)
    return [
        FittedModel(
            model=start.model,
            parameters=found.parameters.take([i]),
            cost=float(found.cost[i]),
            residual_px=residual[i],
            start=start.origin,
        )
        for i, start in enumerate(starts)
    ]
