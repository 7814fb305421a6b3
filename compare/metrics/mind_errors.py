"""Relative pose errors of single steps as MIND reports them, which protocols of the method "mind" compute."""

from compare.metrics._metric import Metric

METRIC = (
    Metric(name="RPE_t_mean", summary="error of the steps of the positions, mean (MIND)", unit="reference unit"),
    Metric(name="RPE_t_median", summary="error of the steps of the positions, median (MIND)", unit="reference unit"),
    Metric(name="RPE_r_mean", summary="error of the steps of the orientations, mean (MIND)", unit="deg"),
    Metric(name="RPE_r_median", summary="error of the steps of the orientations, median (MIND)", unit="deg"),
)
