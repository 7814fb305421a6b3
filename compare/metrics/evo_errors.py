"""ATE and RPE, which protocols of the method "evo" compute (`compare.evo_scores`)."""

from compare.metrics._metric import Metric

METRIC = (
    Metric(name="ATE", summary="absolute trajectory error (evo)", unit="length"),
    Metric(name="RPE_t", summary="relative pose error, translation (evo)", unit="length"),
    Metric(name="RPE_r", summary="relative pose error, rotation (evo)", unit="deg"),
)
