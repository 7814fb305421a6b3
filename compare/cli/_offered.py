"""Names that options take and whose help says no more than that they are words: those of this installation."""

from collections.abc import Mapping, Sequence


def offered() -> Mapping[str, Sequence[str]]:
    """The values of such options, by their flags, which mean the same in every command."""
    from compare.metrics import METRICS
    from compare.protocols import PRESETS
    from sfm.config import SAVABLE
    from sfm.features.extract import kinds
    from sfm.matching.match import matchers
    from trajectory.io import FORMATS
    from trajectory.tags import SETS

    readable = ["auto", *(name for name, entry in FORMATS.items() if entry.read is not None)]
    return {
        "--to": [name for name, entry in FORMATS.items() if entry.encode is not None],
        "--format": readable,
        "--reference-format": readable,
        "--protocol": [*PRESETS],
        "--metric": [name for name, metric in METRICS.items() if metric.compute or metric.combine],
        "--save": SAVABLE,
        "--tags": SETS,
        "--features": ["auto", *kinds()],
        "--matcher": [*matchers()],
    }
