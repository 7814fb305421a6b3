"""Trajectories against trajectories, predictions against labels. Importing costs nothing: names load on first use."""

from typing import TYPE_CHECKING

from trajectory.lazy import exporter

if TYPE_CHECKING:
    from compare import align as align
    from compare import camerabench as camerabench
    from compare import metrics as metrics
    from compare import plots as plots
    from compare import protocols as protocols
    from compare import tidy as tidy
    from compare.protocols import Protocol as Protocol
    from compare.scoring import Result as Result
    from compare.scoring import score as score
    from compare.tidy import table as table

_NAMES = {
    "score": "compare.scoring",
    "Result": "compare.scoring",
    "Protocol": "compare.protocols",
    "table": "compare.tidy",
}
__getattr__ = exporter(__name__, _NAMES, ("camerabench", "protocols", "metrics", "align", "plots", "tidy"))
__all__ = sorted(_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
