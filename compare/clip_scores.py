"""One row of the table: a matched pair of clips, read and scored, or the reason why not."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, final

import numpy as np

from compare.benchmarks.cinetechbench import camera_score as cinetechbench
from compare.estimators import estimator
from compare.metrics import Score
from compare.pair_scores import DepthScale, PairScores, score_poses
from compare.protocols import Protocol
from compare.report.detail import Detail, keep
from compare.sources import Clip, Match
from trajectory.errors import CinetrajError, TimeSourceError
from trajectory.model import Trajectory

Fault = Literal["", "reference", "generated"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ClipScores:
    """One row of the table: its scores, or why it has none.

    scores: under the protocol's failure policy. charged: points without a pose at their worst value. dropped: without
    those points.
    failed: why the clip counts as failed; an unreliable one has scores all the same, which enter no mean.
    fault: whose failure it is; a missing or broken reference is never charged to the model.
    estimators: who made the reference and the generated trajectory, where their files say so.
    """

    name: str
    scores: Mapping[str, Score] = field(default_factory=dict)
    charged: Mapping[str, Score] = field(default_factory=dict)
    dropped: Mapping[str, Score] = field(default_factory=dict)
    failed: str = ""
    fault: Fault = ""
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    estimators: tuple[str, str] = ("", "")
    detail: Detail | None = None

    def to_json(self) -> dict[str, Any]:
        """Metric to number, or to {"undefined": reason}; {"failed": reason} for a clip without scores."""
        if self.failed:
            return {"failed": self.failed}
        return {name: {"undefined": s.undefined} if s.value is None else s.value for name, s in self.scores.items()}


def score_match(
    item: Match, protocol: Protocol, formats: tuple[str, str], depth_scale: DepthScale | None, detail: bool
) -> ClipScores:
    """The row of a pair.

    formats: of the reference's and the generated clip's file. detail: keep what a report draws.

    Raises:
        TimeSourceError: the clocks are of different kinds. Every other failure is in the row.
    """
    a, b = item.reference, item.generated
    if a is None:
        return ClipScores(name=item.name, failed="no reference has this name", fault="reference")
    if b is None:
        return ClipScores(name=item.name, failed="no generated clip has this name", fault="generated")
    for clip, fault in ((a, "reference"), (b, "generated")):
        side: Fault = "reference" if fault == "reference" else "generated"
        if clip.failed:
            return ClipScores(name=item.name, failed=f"{fault}: {clip.failed}", fault=side)
        if clip.unreliable and protocol.unreliable == "charge":
            return _doubted(
                item, protocol, formats, depth_scale, detail, f"{fault}: unreliable: {clip.unreliable}", side
            )
    if protocol.method == "cinetechbench":
        return _score_rows(item.name, a, b, protocol, formats)
    loaded: list[Trajectory] = []
    for clip, fault, named in ((a, "reference", formats[0]), (b, "generated", formats[1])):
        side = "reference" if fault == "reference" else "generated"
        try:
            trajectory = clip.load(named)
            if not trajectory.valid.any():
                raise CinetrajError("no frame has a pose")
        except CinetrajError as error:
            return ClipScores(name=item.name, failed=f"{fault}: {error}", fault=side)
        loaded.append(trajectory)
    try:
        found = _compute(loaded[0], loaded[1], protocol, depth_scale)
    except TimeSourceError:
        raise
    except CinetrajError as error:
        return ClipScores(name=item.name, failed=str(error), fault="generated")
    notes = found.notes
    notes += tuple(
        f"{who} is unreliable: {c.unreliable}" for who, c in (("reference", a), ("generated clip", b)) if c.unreliable
    )
    return ClipScores(
        name=item.name,
        scores=found.charged if protocol.failures == "worst" else found.dropped,
        charged=found.charged,
        dropped=found.dropped,
        notes=notes,
        facts=found.facts,
        estimators=(estimator(loaded[0]), estimator(loaded[1])),
        detail=keep(found.aligned, loaded[0], loaded[1], (a, b)) if detail else None,
    )


def _doubted(
    item: Match,
    protocol: Protocol,
    formats: tuple[str, str],
    depth_scale: DepthScale | None,
    detail: bool,
    reason: str,
    fault: Fault,
) -> ClipScores:
    """A pair that counts as failed because an estimator does not vouch for it; its scores are kept for the report."""
    trusting = replace(protocol, unreliable="score")
    return replace(score_match(item, trusting, formats, depth_scale, detail), failed=reason, fault=fault)


def _compute(
    reference: Trajectory, generated: Trajectory, protocol: Protocol, depth_scale: DepthScale | None
) -> PairScores:
    if protocol.method == "evo":
        from compare.evo_scores import score_evo

        return score_evo(reference, generated, protocol)
    return score_poses(reference, generated, protocol, depth_scale=depth_scale)


def _score_rows(
    name: str, reference: Clip, generated: Clip, protocol: Protocol, formats: tuple[str, str]
) -> ClipScores:
    """cinetechbench-compat: raw rows where the clip is an 8-column text, else the trajectory laid out like one."""
    rows: list[np.ndarray] = []
    notes: list[str] = []
    makers: list[str] = []
    for clip, fault, named in ((reference, "reference", formats[0]), (generated, "generated", formats[1])):
        side: Fault = "reference" if fault == "reference" else "generated"
        try:
            if clip.path is not None and clip.path.suffix.lower() in (".txt", ".tum") and _eight_columns(clip.path):
                rows.append(cinetechbench.read_rows(clip.path))
                makers.append("")
            else:
                trajectory = clip.load(named)
                rows.append(cinetechbench.rows_like_monst3r(trajectory))
                notes.append(f"the {fault} clip was {cinetechbench.LAID_OUT}")
                makers.append(estimator(trajectory))
        except CinetrajError as error:
            return ClipScores(name=name, failed=f"{fault}: {error}", fault=side)
    errors = cinetechbench.evaluate(
        rows[0],
        rows[1],
        time="downsample" if protocol.time == "downsample" else "truncate",
        scale="relative" if protocol.scale == "own_extent" else "absolute",
    )
    units = {"RotErr": "rad (sum)", "TransErr": "extent (sum)", "CamMC": "mixed (sum)"}
    scores = {
        metric: Score(name=metric, value=float(errors[metric].sum()), unit=units[metric], per_frame=errors[metric])
        for metric in protocol.metrics
    }
    facts = {"frames": [len(rows[0]), len(rows[1])]}
    return ClipScores(
        name=name,
        scores=scores,
        charged=scores,
        dropped=scores,
        notes=tuple(notes),
        facts=facts,
        estimators=(makers[0], makers[1]),
    )


def _eight_columns(path: Path) -> bool:
    """Whether the first line of numbers has 8 of them; unreadable files are left to the reader's error."""
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                words = line.split("#")[0].split()
                if words:
                    return len(words) == 8
    except (OSError, UnicodeDecodeError):
        return False
    return False
