"""Trajectories against trajectories, predictions against labels. Importing costs nothing: names load on first use."""

from trajectory.lazy import exporter

_NAMES = {
    "score": "compare.scoring",
    "Result": "compare.scoring",
}
__getattr__ = exporter(__name__, _NAMES, ("camerabench", "protocols", "metrics", "align"))
__all__ = sorted(_NAMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
