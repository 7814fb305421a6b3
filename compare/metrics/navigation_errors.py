"""Navigation along commanded turns as WBench reports it, which protocols of the method "navigation" compute."""

from compare.metrics._metric import Metric


def _metric(name: str, summary: str, *, score: bool = False) -> Metric:
    better = "higher" if score else "lower"
    return Metric(name=name, summary=summary, unit="score" if score else "share", better=better)


METRIC = (
    _metric("NavScore", "mean of NavAccuracy and NavConsistency (WBench)", score=True),
    _metric("NavAccuracy", "1 less the mean of nATE_t and nATE_r", score=True),
    _metric("NavConsistency", "1 less the mean of cnATE_t and cnATE_r", score=True),
    _metric("nATE_t", "distance from the path that the commands and the estimate make, over the path's length"),
    _metric("nATE_r", "angle to the orientations that these make, over the total turn"),
    _metric("cnATE_t", "distance between turns of equal or mirrored commands, over their length"),
    _metric("cnATE_r", "angle between turns of equal or mirrored commands, over their total turn"),
)
