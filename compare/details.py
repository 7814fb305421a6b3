"""What a report draws of one pair, beyond its numbers."""

from typing import Any

import numpy as np

from compare.rows import Aligned, ClipScores, Detail
from compare.sources import Clip
from trajectory.errors import CinetrajError
from trajectory.kinematics import seconds
from trajectory.model import Trajectory
from trajectory.moves import with_holds
from trajectory.resample import quat_wxyz_from_rotation

DIGITS = 5
"""Digits after the point of drawn coordinates; scores are never rounded."""


def keep(aligned: Aligned | None, reference: Trajectory, generated: Trajectory, clips: tuple[Clip, Clip]) -> Detail:
    """Gather the detail of a pair."""
    sides = tuple(zip((reference, generated), clips, strict=True))
    return Detail(
        aligned=aligned,
        moves=(_moves(reference), _moves(generated)),
        sources=(_source(*sides[0]), _source(*sides[1])),
    )


def _source(trajectory: Trajectory, clip: Clip) -> str:
    made = trajectory.provenance
    if made is not None and made.source:
        return made.source
    return str(clip.run or clip.path or "")


def _moves(trajectory: Trajectory) -> dict[str, Any]:
    """Segments that are told, as shares of the clip, and the sentence; the reason where there are none."""
    import trajectory as package

    try:
        description = package.describe(trajectory)
    except CinetrajError as error:
        return {"sentence": f"undescribed: {error}", "segments": []}
    start, end = seconds(trajectory, trajectory.time_s[[0, -1]]).tolist()
    span = end - start or 1.0
    return {
        "sentence": description.sentence,
        "segments": [
            [segment.primitive, round((segment.start_s - start) / span, 4), round((segment.end_s - start) / span, 4)]
            for segment in with_holds(description.decisions, description.segments, description.translation_unit)
        ],
    }


def detail_json(clip: ClipScores) -> dict[str, Any]:
    """The detail of a clip as JSON values; None where a point has no pose or no error."""
    detail = clip.detail
    assert detail is not None
    found: dict[str, Any] = {
        "facts": dict(clip.facts),
        "notes": list(clip.notes),
        "sources": list(detail.sources),
        "moves": [dict(moves) for moves in detail.moves],
        "errors": {
            name: {"unit": score.unit.removesuffix(" (sum)"), "values": _numbers(score.per_frame)}
            for name, score in clip.scores.items()
            if score.per_frame is not None and not name.endswith("_sum")
        },
    }
    aligned = detail.aligned
    if aligned is not None:
        found["axis"] = aligned.axis
        found["at"] = _numbers(aligned.axis_value)
        for side, poses in (("reference", aligned.reference), ("generated", aligned.generated)):
            known = np.asarray(np.isfinite(poses).all((1, 2)))
            quat = np.full((len(poses), 4), np.nan)
            quat[known] = quat_wxyz_from_rotation(poses[known, :3, :3])
            found[side] = {"xyz": _rows(poses[:, :3, 3], known), "wxyz": _rows(quat, known)}
    return found


def _numbers(values: np.ndarray | None) -> list[float | None]:
    return [] if values is None else [round(float(v), 6) if np.isfinite(v) else None for v in values]


def _rows(values: np.ndarray, known: np.ndarray) -> list[list[float] | None]:
    return [[round(float(v), DIGITS) for v in row] if k else None for row, k in zip(values, known, strict=True)]
