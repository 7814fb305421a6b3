"""CameraBench: official score files from camera paths, their evaluation, and the leaderboard. Names load on use."""

from trajectory.lazy import exporter

_NAMES = {
    "Clip": "compare.camerabench.clips",
    "Labels": "compare.camerabench.labels",
    "clip_of_trajectory": "compare.camerabench.clips",
    "clips_from_descriptions": "compare.camerabench.clips",
    "clips_from_runs": "compare.camerabench.clips",
    "evaluate_binary": "compare.camerabench.evaluate",
    "evaluate_tasks": "compare.camerabench.evaluate",
    "our_row": "compare.camerabench.leaderboard",
    "read_labels": "compare.camerabench.labels",
    "write_binary": "compare.camerabench.answers",
    "write_leaderboard": "compare.camerabench.leaderboard",
    "write_tasks": "compare.camerabench.answers",
}
_MODULES = ("answers", "clips", "evaluate", "facts", "labels", "leaderboard", "published", "questions", "score_files")
__getattr__ = exporter(__name__, _NAMES, _MODULES)
__all__ = sorted(_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
