"""`score`: two sets of trajectories under a protocol; nothing is dropped, failures are rows."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, final

import numpy as np

from compare import cinetechbench, protocols
from compare.detail import Detail, detail_json, keep
from compare.estimators import estimator, estimator_warnings, estimators
from compare.metrics import Score
from compare.pair_scores import DepthScale, PairScores, score_poses
from compare.pairing import Clip, Match, Source, match
from compare.protocols import Protocol
from compare.summary import summarise
from compare.summary import values as summary_values
from trajectory.errors import CinetrajError, TimeSourceError
from trajectory.model import Trajectory

Fault = Literal["", "reference", "generated"]
MOST_DETAILS = 300
"""Clips of which a result keeps what a report draws: ten megabytes."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ClipScores:
    """One row of the table: its scores, or why it has none.

    scores: under the protocol's failure policy. dropped: the same without the points that were charged.
    fault: whose failure it is; a missing or broken reference is never charged to the model.
    estimators: who made the reference and the generated trajectory, where their files say so.
    """

    name: str
    scores: Mapping[str, Score] = field(default_factory=dict)
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


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """All pairs of one model under one protocol."""

    model: str
    protocol: Protocol
    clips: Mapping[str, ClipScores]
    summary: Mapping[str, Any]
    warnings: tuple[str, ...] = ()

    @property
    def coverage(self) -> dict[str, int]:
        """How many clips have scores, of how many."""
        return {"ok": sum(not c.failed for c in self.clips.values()), "all": len(self.clips)}

    def to_json(self) -> dict[str, Any]:
        """The stable machine output: protocol, clips, summary, coverage; unrounded, and no NaN."""
        stamp = self.protocol.stamp()
        notes = {note for clip in self.clips.values() for note in clip.notes}
        stamp["estimators"] = estimators(self.clips)
        stamp["warnings"] = [*self.warnings]
        stamp["notes"] = [*stamp["notes"], *sorted(notes)]
        return {
            "protocol": stamp,
            "clips": {name: clip.to_json() for name, clip in self.clips.items()},
            "summary": dict(self.summary),
            "coverage": self.coverage,
        }

    def record(self) -> dict[str, Any]:
        """What tables and reports need, as JSON values: `to_json`, the model, the values under both policies, details.

        The details (aligned paths, errors per point, moves) are there if `score` was asked to keep them.
        """
        values = {
            policy: {m: summary_values(self.clips, m, self.protocol, policy) for m in self.protocol.metrics}
            for policy in ("drop", "worst")
        }
        units = {m: s.unit for clip in self.clips.values() for m, s in clip.scores.items() if s.value is not None}
        details = {name: detail_json(clip) for name, clip in self.clips.items() if clip.detail is not None}
        facts = {name: dict(clip.facts) for name, clip in self.clips.items() if clip.facts}
        return {
            "model": self.model,
            **self.to_json(),
            "units": units,
            "values": values,
            "facts": facts,
            "details": details,
        }

    def save(self, path: str | Path) -> None:
        """Write `record` to a file, whole or not at all."""
        text = json.dumps(self.record(), allow_nan=False)
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.partial")
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(target)


def score(
    reference: Source,
    generated: Source,
    *,
    protocol: str | Protocol = "strict",
    time: str | None = None,
    scale: str | None = None,
    pairs: str | Path | None = None,
    resolution: str | None = None,
    format: str = "auto",
    reference_format: str | None = None,
    depth_scales: Mapping[str, DepthScale] | None = None,
    model: str = "generated",
    detail: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Score generated trajectories against references.

    reference, generated: a trajectory file, a run folder, a folder of either, a Trajectory, or a mapping of names.
    time: truncate, downsample, seconds, index or progress; scale: relative or absolute; None: the protocol's own.
    pairs: a CSV with columns reference,generated[,name] where names do not match.
    format: of the files, where it cannot be told (`trajectory.io.FORMATS`); reference_format: of the references, if
        it is another. Runs know their own.
    resolution: which of CineTechBench's gen_540p_/gen_720p_/gen_1080p_ clips, where there are several.
    depth_scales: metres per unit of length by clip name, for protocols with a metric scale.
    detail: keep the aligned paths and the moves of both clips for a report (30 KB and 20 ms a clip), of the first
        `MOST_DETAILS` clips.
    progress: called with (done, all) after each clip.

    Raises:
        CinetrajError: nothing can be scored at all. A single clip that cannot be scored is a row with its reason.
        TimeSourceError: of a single pair whose clocks are of different kinds.
    """
    chosen = protocols.get(protocol).with_options(time=time, scale=scale)
    matches = match(reference, generated, pairs=Path(pairs) if pairs is not None else None, resolution=resolution)
    scales = depth_scales or {}
    formats = (reference_format or format, format)
    rows: dict[str, ClipScores] = {}
    clock: TimeSourceError | None = None
    for done, item in enumerate(matches, start=1):
        name = item.name if item.name not in rows else f"{item.name} (generated only)"
        try:
            keep_paths = detail and done <= MOST_DETAILS
            rows[name] = _score_match(replace(item, name=name), chosen, formats, scales.get(item.name), keep_paths)
        except TimeSourceError as error:
            clock = clock or error
            rows[name] = ClipScores(name=name, failed=str(error), fault="reference")
        if progress is not None:
            progress(done, len(matches))
    if clock is not None and all(row.failed for row in rows.values()):
        raise clock
    return build_result(rows, chosen, model)


def build_result(rows: Mapping[str, ClipScores], protocol: Protocol, model: str) -> Result:
    """A result from finished rows: the summary under both failure policies, and the warnings."""
    summary = summarise(rows, protocol)
    return Result(model=model, protocol=protocol, clips=rows, summary=summary, warnings=estimator_warnings(rows))


def _score_match(
    item: Match, protocol: Protocol, formats: tuple[str, str], depth_scale: DepthScale | None, detail: bool
) -> ClipScores:
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
            return ClipScores(name=item.name, failed=f"{fault}: unreliable: {clip.unreliable}", fault=side)
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
        scores=found.charged,
        dropped=found.dropped,
        notes=notes,
        facts=found.facts,
        estimators=(estimator(loaded[0]), estimator(loaded[1])),
        detail=keep(found.aligned, loaded[0], loaded[1], (a, b)) if detail else None,
    )


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
                notes.append(f"{name}: the {fault} was {cinetechbench.LAID_OUT}")
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
        name=name, scores=scores, dropped=scores, notes=tuple(notes), facts=facts, estimators=(makers[0], makers[1])
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


def score_trials(
    reference: Source, trials: Sequence[Source], *, protocol: str | Protocol = "cami2v-rel", **options: Any
) -> Result:
    """Several trials of the same model, merged per clip as CamI2V does.

    A trial in which any metric is more than `outlier_sigma` standard deviations from the clip's mean over its trials
    is dropped, the rest averaged; a clip fails only if every trial failed.
    """
    from compare.trials import merge

    if not trials:
        raise CinetrajError("there are no trials, expected at least one generated set")
    results = [score(reference, trial, protocol=protocol, **options) for trial in trials]
    rows = merge([result.clips for result in results], results[0].protocol.outlier_sigma)
    return build_result(rows, results[0].protocol, results[0].model)


def score_models(
    reference: Source, models: Mapping[str, Source], *, protocol: str | Protocol = "strict", **options: Any
) -> dict[str, Result]:
    """Several models against the same references. A model whose folder is empty is a row of failures, not an error."""
    from compare.pairing import clips

    results: dict[str, Result] = {}
    for name, source in models.items():
        try:
            results[name] = score(reference, source, protocol=protocol, model=name, **options)
        except TimeSourceError:
            raise
        except CinetrajError as error:
            references, _ = clips(reference)
            rows = {clip: ClipScores(name=clip, failed=str(error), fault="generated") for clip in references}
            chosen = protocols.get(protocol).with_options(time=options.get("time"), scale=options.get("scale"))
            results[name] = build_result(rows, chosen, name)
    return results
