"""Who made the trajectories: for the stamp, and for the warning where two sides were not estimated alike."""

import json
from collections.abc import Mapping

from compare.rows import ClipScores
from trajectory.model import Trajectory

RENDERED = "rendered "
"""How the estimator of a path from the renderer begins: the path is exact."""


def estimator(trajectory: Trajectory) -> str:
    """Who made a trajectory, with versions and settings, as one comparable line; "" where it does not say."""
    made = trajectory.provenance
    if made is None or made.backend is None:
        return ""
    versions = " ".join(f"{key} {value}" for key, value in sorted(made.versions.items()))
    settings = json.dumps(dict(made.config), sort_keys=True, default=str)
    return f"{made.backend} ({versions}) {settings}".strip()


def estimators(rows: Mapping[str, ClipScores]) -> dict[str, list[str]]:
    """The estimators of each side, for the stamp."""
    return {
        side: sorted({row.estimators[i] for row in rows.values() if row.estimators[i]})
        for i, side in enumerate(("reference", "generated"))
    }


def _differ(reference: str, generated: str) -> bool:
    """Whether both sides are estimates, of different making; truth that was rendered is no estimate."""
    both = bool(reference and generated) and not any(side.startswith(RENDERED) for side in (reference, generated))
    return both and reference != generated


def estimator_warnings(rows: Mapping[str, ClipScores]) -> tuple[str, ...]:
    """Warnings where the two sides, or the clips of one side, were not estimated alike."""
    different = [name for name, row in rows.items() if _differ(*row.estimators)]
    if not different:
        return ()
    listed = ", ".join(different[:3]) + (" …" if len(different) > 3 else "")
    pairs = "1 pair" if len(different) == 1 else f"{len(different)} pairs"
    return (f"reference and generated clip were estimated differently in {pairs} ({listed})",)
