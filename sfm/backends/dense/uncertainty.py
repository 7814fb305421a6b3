"""How sure a dense fit is within its model: its cameras and its focal length."""

from dataclasses import replace

from jaxtyping import Float
from torch import Tensor

from sfm.backends.dense.adjustment import covariance
from sfm.backends.dense.models import KERNELS, Lens
from sfm.backends.dense.refinement import Refined
from sfm.geometry.covariance import capped_sigma
from sfm.types import MotionModel


def spread_of(refined: Refined, model: MotionModel, lens: Lens) -> Float[Tensor, "n n"] | None:
    """Covariance of the cameras' unknowns, all else free, in the order of `adjustment.covariance`; None where singular.

    So many residuals as `SHARED` says testify as one.
    """
    freedom = lens.freedom(model, scale=refined.scale)
    parameters = replace(refined.parameters, inverse_depth=refined.parameters.inverse_depth.double())
    found = covariance(parameters, refined.graph.double(), freedom, KERNELS[-1] * refined.scale)
    return None if found is None else found * freedom.shared


def focal_sigma_log(spread: Float[Tensor, "n n"] | None, model: MotionModel, lens: Lens) -> float:
    """Standard deviation of the log focal length; that of its prior where the clip says nothing."""
    if lens.focal.given or not model.rotates or spread is None:
        return lens.focal.sigma
    return capped_sigma(float(spread[-2, -2]), lens.focal.sigma)
