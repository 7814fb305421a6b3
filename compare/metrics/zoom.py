"""ZoomErr: whether both lenses zoom alike."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from compare.metrics._metric import Comparison, Comparisons, Metric
from compare.metrics._scores import over_points, over_points_each, undefined
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
    errors, known = _zoomed_apart(reference_log2_focal, generated_log2_focal, scored)
    if not known.any():
        return undefined("ZoomErr", "octave", "no point has a focal length in both clips")
    return over_points("ZoomErr", errors, known, how="mean", unit="octave", worst=None)


def _zoomed_apart(
    reference: Float[np.ndarray, "*b k"], generated: Float[np.ndarray, "*b k"], scored: Bool[np.ndarray, "*b k"]
) -> tuple[Float[np.ndarray, "*b k"], Bool[np.ndarray, "*b k"]]:
    """Differences of the zoom since the first point that has one in both clips, and which points have."""
    known = scored & np.isfinite(reference) & np.isfinite(generated)
    change = generated - reference
    first = np.take_along_axis(change, known.argmax(-1)[..., None], -1)
    return np.abs(change - first), known


def _over_pairs(pairs: Comparisons) -> list[Score | None]:
    scores: list[Score | None] = [None] * len(pairs.each)
    sides = [(one.pair.reference_log2_focal, one.pair.generated_log2_focal) for one in pairs.each]
    both = [(i, a, b) for i, (a, b) in enumerate(sides) if a is not None and b is not None]
    if both:
        at = [i for i, _, _ in both]
        errors, known = _zoomed_apart(
            np.stack([a for _, a, _ in both]), np.stack([b for _, _, b in both]), pairs.scored[at]
        )
        units = ("octave",) * len(at)
        found = over_points_each("ZoomErr", errors, known, how="mean", units=units, worst=None)
        for i, score, defined in zip(at, found, np.asarray(known.any(1)).tolist(), strict=True):
            scores[i] = score if defined else None  # `zoom_err` knows why
    return scores


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
    over_pairs=_over_pairs,
    over_draws=_over_draws,
)
