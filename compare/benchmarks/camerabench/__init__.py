"""CameraBench: official score files from camera paths, their evaluation, and the leaderboard. Names load on use."""

from trajectory.lazy import exporter

_NAMES = {
    "Clip": "compare.benchmarks.camerabench.clips",
    "Labels": "compare.benchmarks.camerabench.labels",
    "clip_of_trajectory": "compare.benchmarks.camerabench.clips",
    "clips_from_descriptions": "compare.benchmarks.camerabench.clips",
    "clips_from_runs": "compare.benchmarks.camerabench.clips",
    "evaluate_binary": "compare.benchmarks.camerabench.evaluate",
    "evaluate_tasks": "compare.benchmarks.camerabench.evaluate",
    "our_row": "compare.benchmarks.camerabench.leaderboard",
    "read_labels": "compare.benchmarks.camerabench.labels",
    "write_binary": "compare.benchmarks.camerabench.answers",
    "write_leaderboard": "compare.benchmarks.camerabench.leaderboard",
    "write_tasks": "compare.benchmarks.camerabench.answers",
}
_MODULES = ("answers", "clips", "evaluate", "facts", "labels", "leaderboard", "published", "questions", "score_files")
__getattr__ = exporter(__name__, _NAMES, _MODULES)
__all__ = sorted(_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
