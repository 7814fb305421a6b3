"""ZoomErr: whether both lenses zoom alike."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from compare.metrics._metric import Comparison, Metric
from compare.metrics._scores import over_points, undefined
from compare.rows import Score

if TYPE_CHECKING:
    from compare.draws import Draws


def zoom_err(
    reference_log2_focal: Float[np.ndarray, " k"] | None,
    generated_log2_focal: Float[np.ndarray, " k"] | None,
    scored: Bool[np.ndarray, " k"],
) -> Score:
    """ZoomErr: mean |log2(f / f_first)_gen - log2(f / f_first)_ref| in octaves; pixels and crops cancel."""
    if reference_log2_focal is None or generated_log2_focal is None:
        who = "reference" if reference_log2_focal is None else "generated clip"
        return undefined("ZoomErr", "octave", f"the {who} has no focal length")
    known = scored & np.isfinite(reference_log2_focal) & np.isfinite(generated_log2_focal)
    if not known.any():
        return undefined("ZoomErr", "octave", "no point has a focal length in both clips")
    first = int(np.argmax(known))
    change = generated_log2_focal - reference_log2_focal
    return over_points("ZoomErr", np.abs(change - change[first]), known, how="mean", unit="octave", worst=None)


def _compute(comparison: Comparison) -> Score:
    pair = comparison.pair
    return zoom_err(pair.reference_log2_focal, pair.generated_log2_focal, pair.scored)


def _over_draws(draws: "Draws") -> Float[np.ndarray, "k m"]:
    if draws.zoom is None:
        return np.full(draws.angle.shape, np.nan)
    return np.abs(draws.zoom)


METRIC = Metric(
    name="ZoomErr",
    summary="difference of the zoom since the first frame, in octaves",
    unit="octave",
    compute=_compute,
    over_draws=_over_draws,
)
