"""How many steps a camera makes as commanded, which protocols of the method "actions" compute."""

from compare.metrics._metric import Metric

METRIC = (
    Metric(
        name="ActionAcc",
        summary="share of steps whose code, of 81, is the commanded one (HY-WorldPlay)",
        unit="share",
        better="higher",
        worst=0.0,
    ),
    Metric(
        name="FineActionAcc",
        summary="mean of the shares of right movements and right looks (HY-WorldPlay)",
        unit="share",
        better="higher",
        worst=0.0,
    ),
)
