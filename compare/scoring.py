"""`score`: two sets of trajectories under a protocol; nothing is dropped, failures are rows."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

from compare import protocols
from compare.asked import Asked, Options
from compare.clocks import clock_warnings
from compare.counts import first_three
from compare.depth_scales import DepthScale, scales_of
from compare.details import detail_json
from compare.estimators import estimator_warnings, estimators
from compare.known_metrics import require_metrics
from compare.pairing import Match, match
from compare.protocols import Protocol
from compare.rows import ClipScores
from compare.score_match import score_matches
from compare.sources import Clip, Source, clips, require_there
from compare.summary import summarise
from compare.summary import values as summary_values
from trajectory.commands import Commands
from trajectory.errors import CinetrajError, TimeSourceError
from trajectory.files import write_whole

MOST_DETAILS = 300
"""Clips of which a result keeps what a report draws: ten megabytes."""


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
        """How many clips have scores, of how many that have a reference."""
        matched = [clip for clip in self.clips.values() if clip.fault != "unmatched"]
        return {"ok": sum(not clip.failed for clip in matched), "all": len(matched)}

    def to_json(self) -> dict[str, Any]:
        """The stable machine output: protocol, clips, summary, coverage, rows; unrounded, and no NaN.

        `rows` holds what is told of each clip beside its metrics: whose fault, how much was compared, intervals.
        """
        stamp = self.protocol.stamp()
        notes: dict[str, list[str]] = {}
        for name, clip in self.clips.items():
            for note in clip.notes:
                notes.setdefault(note, []).append(name)
        stamp["estimators"] = estimators(self.clips)
        stamp["warnings"] = [*self.warnings]
        stamp["notes"] = [*stamp["notes"], *sorted(f"{note} ({first_three(names)})" for note, names in notes.items())]
        return {
            "protocol": stamp,
            "clips": {name: clip.to_json() for name, clip in self.clips.items()},
            "summary": dict(self.summary),
            "coverage": self.coverage,
            "rows": {name: clip.row_json() for name, clip in self.clips.items()},
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
        """Write `record` to a JSON file, whole or not at all.

        Raises CinetrajError where the name does not end in .json, as `cinetraj report` looks for files in a folder.
        """
        if Path(path).suffix != ".json":
            name = f"{self.model}_{self.protocol.name}.json"
            raise CinetrajError(
                f"scores are saved as JSON, expected a name that ends in .json and not {str(path)!r}, such as {name}; "
                "cinetraj report --csv writes tables of it"
            )
        write_whole(path, json.dumps(self.record(), allow_nan=False) + "\n")


def score(
    reference: Source,
    generated: Source,
    *,
    protocol: str | Protocol = "strict",
    time: str | None = None,
    scale: str | None = None,
    intervals: bool = True,
    chunk: int | None = None,
    angle: str | None = None,
    actions: str | Path | Commands | None = None,
    pairs: str | Path | None = None,
    resolution: str | None = None,
    format: str = "auto",
    reference_format: str | None = None,
    depth_scales: str | Path | Mapping[str, DepthScale] | None = None,
    model: str = "generated",
    detail: bool = False,
    progress: Callable[[int, int], None] | None = None,
    through: Callable[[Iterable[Asked]], Iterator[ClipScores | TimeSourceError]] = score_matches,
) -> Result:
    """Score generated trajectories against references.

    Args:
        reference: a trajectory file, a run folder, a folder of either, a Trajectory, or a mapping of names.
        generated: the same.
        time: truncate, downsample, seconds, index or progress; None: the protocol's own.
        scale: relative or absolute; None: the protocol's own.
        intervals: over the posterior of each pair, where the protocol has them (`Protocol.draws`); else the most
            probable answer alone, which is another protocol and has another hash.
        chunk: poses in each part that has an anchor and an extent of its own; None: the protocol's own.
        angle: rad or deg; None: the protocol's own.
        actions: what the cameras were told to do, for protocols that compare with commands, where the references are
            not that themselves: a file for all clips, or a folder with one of each clip's name (`trajectory.commands`).
        pairs: a CSV with columns reference,generated[,name] where names do not match.
        format: of the files, where it cannot be told (`trajectory.io.FORMATS`). Runs know their own.
        reference_format: of the references, if it is another.
        resolution: which of CineTechBench's gen_540p_/gen_720p_/gen_1080p_ clips, where there are several.
        depth_scales: metres per unit of either path (`compare.depth_scales.DepthScale`) by clip name, or a file of
            them, for protocols with a metric scale.
        detail: keep the aligned paths and the moves of both clips for a report (30 KB and 20 ms a clip), of the first
            `MOST_DETAILS` clips.
        progress: called with (done, all) after each clip.
        through: what makes rows of pairs, in their order; another does it in other processes.

    Raises:
        CinetrajError: nothing can be scored at all. A single clip that cannot be scored is a row with its reason.
        TimeSourceError: of a single pair whose clocks are of different kinds.
    """
    chosen = protocols.get(protocol).with_options(time=time, scale=scale, intervals=intervals, chunk=chunk, angle=angle)
    require_metrics(chosen)
    matches = match(reference, generated, pairs=Path(pairs) if pairs is not None else None, resolution=resolution)
    scales = scales_of(depth_scales)
    options = Options(
        protocol=chosen,
        reference_format=reference_format or format,
        generated_format=format,
        actions=Path(actions) if isinstance(actions, str) else actions,
    )
    names = _distinct([item.name for item in matches])
    asked = (
        Asked(
            item=item if item.name == name else replace(item, name=name),
            options=replace(options, detail=True) if detail and number < MOST_DETAILS else options,
            depth_scale=scales.get(item.name),
        )
        for number, (name, item) in enumerate(zip(names, matches, strict=True))
    )
    rows: dict[str, ClipScores] = {}
    clock: TimeSourceError | None = None
    for name, row in zip(names, through(asked), strict=True):
        if isinstance(row, TimeSourceError):
            clock = clock or row
            row = ClipScores(name=name, failed=str(row), fault="instrument")
        rows[name] = row
        if progress is not None:
            progress(len(rows), len(matches))
    if clock is not None and all(row.failed for row in rows.values()):
        raise clock
    result = build_result(rows, chosen, model)
    return replace(result, warnings=(*result.warnings, *_unused(scales, matches)))


def _unused(scales: Mapping[str, DepthScale], matches: Sequence[Match]) -> tuple[str, ...]:
    """The warning where metres are given for other clips than those that are compared, and some of these have none."""
    named = {item.name for item in matches}
    unused = [name for name in scales if name not in named]
    lacking = [item.name for item in matches if item.reference and item.generated and item.name not in scales]
    if not unused or not lacking:
        return ()
    return (
        f"depth scales are given for {first_three(unused)}, "
        f"expected names of clips that are compared: {first_three(lacking)}",
    )


def _distinct(names: Sequence[str]) -> list[str]:
    """The names of rows; of two alike the later one is a generated clip without a reference."""
    found: dict[str, None] = {}
    for name in names:
        found[name if name not in found else f"{name} (generated only)"] = None
    return list(found)


def build_result(rows: Mapping[str, ClipScores], protocol: Protocol, model: str) -> Result:
    """A result from finished rows: the summary under both failure policies, and the warnings."""
    warnings = (*clock_warnings(rows, protocol), *estimator_warnings(rows))
    return Result(model=model, protocol=protocol, clips=rows, summary=summarise(rows, protocol), warnings=warnings)


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
    """Several models against the same references. A model whose folder is empty is a row of failures, not an error.

    Raises:
        CinetrajError: a path does not exist, or as `score` where it is the references' fault.
    """
    require_there(reference, *models.values())
    require_metrics(protocols.get(protocol))
    results: dict[str, Result] = {}
    for name, source in models.items():
        try:
            results[name] = score(reference, source, protocol=protocol, model=name, **options)
        except TimeSourceError:
            raise
        except CinetrajError as error:
            changes = {key: options[key] for key in ("time", "scale", "intervals", "chunk", "angle") if key in options}
            chosen = protocols.get(protocol).with_options(**changes)
            results[name] = build_result(_nothing_of(reference, str(error), chosen, options), chosen, name)
    return results


def _nothing_of(reference: Source, why: str, protocol: Protocol, options: Mapping[str, Any]) -> dict[str, ClipScores]:
    """The rows of a model of which nothing can be scored."""
    how = Options(
        protocol=protocol,
        reference_format=options.get("reference_format") or options.get("format", "auto"),
        actions=options.get("actions"),
    )
    scales = scales_of(options.get("depth_scales"))
    asked = (
        Asked(
            item=Match(name=name, reference=clip, generated=Clip(name=name, failed=why)),
            options=how,
            depth_scale=scales.get(name),
        )
        for name, clip in clips(reference)[0].items()
    )
    return {row.name: row for row in score_matches(asked) if isinstance(row, ClipScores)}
