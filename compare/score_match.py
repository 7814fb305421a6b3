"""From a matched pair of clips to its row of the table: read, scored, or the reason why not."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, final

import numpy as np

from compare.benchmarks.cinetechbench import camera_score as cinetechbench
from compare.commanded import commands_of, score_commanded
from compare.depth_scales import DepthScale
from compare.details import keep
from compare.estimators import RENDERED, estimator
from compare.laid import NotDelivered
from compare.mind import score_mind
from compare.posterior_scores import score_posteriors
from compare.protocols import Protocol
from compare.rows import ClipScores, Fault, PairScores, Score
from compare.sources import Clip, Match
from trajectory.commands import Commands
from trajectory.errors import CinetrajError, TimeSourceError
from trajectory.model import Trajectory
from trajectory.posterior import Posterior, rigid_probability

Side = Literal["reference", "generated"]


@final
@dataclass(frozen=True, kw_only=True)
class Options:
    """How the pairs of one call are read and scored.

    Attributes:
        protocol: the way of scoring.
        reference_format: of the reference's file, where it is a plain one.
        generated_format: of the generated clip's.
        detail: keep what a report draws.
        actions: file or folder of what the cameras were told to do, where the references are not that themselves.
    """

    protocol: Protocol
    reference_format: str = "auto"
    generated_format: str = "auto"
    detail: bool = False
    actions: Path | Commands | None = None


def score_match(item: Match, options: Options, depth_scale: DepthScale | None = None) -> ClipScores:
    """The row of a pair.

    Args:
        item: the pair; either side may be missing.
        options: how to read and score it.
        depth_scale: metres per unit of both paths, for protocols with a metric scale.

    Raises:
        TimeSourceError: the clocks are of different kinds. Every other failure is in the row.
    """
    a, b = item.reference, item.generated
    if a is None:
        return ClipScores(name=item.name, failed="no reference has this name", fault="unmatched")
    if b is None:
        return ClipScores(name=item.name, failed="no generated clip has this name", fault="model")
    for side, clip, _ in _sides(a, b, options):
        if clip.failed:
            return ClipScores(name=item.name, failed=f"{side}: {clip.failed}", fault=_whose(side, clip.fault, options))
        if clip.unreliable and options.protocol.unreliable == "charge":
            # It counts as failed because its estimator does not vouch for it; its scores are kept for the report.
            trusting = replace(options, protocol=replace(options.protocol, unreliable="score"))
            row = score_match(item, trusting, depth_scale)
            why = f"{side}: unreliable: {clip.unreliable}"
            return replace(row, failed=why, fault=_whose(side, "instrument", options))
    if options.protocol.method == "cinetechbench":
        return _score_rows(item.name, a, b, options)
    if options.protocol.commanded:
        return _score_commanded(item.name, a, b, options)
    return _score_paths(item.name, a, b, options, depth_scale)


def _whose(side: Side, fault: Fault, options: Options) -> Fault:
    """Whose a failure is: never the model's where the reference fails, always where the protocol charges for ours."""
    if side == "reference":
        return "instrument"
    return "model" if options.protocol.unreliable == "charge" else fault


def _sides(reference: Clip, generated: Clip, options: Options) -> Iterator[tuple[Side, Clip, str]]:
    """Both clips in turn, with the format in which a plain file of theirs is read."""
    yield "reference", reference, options.reference_format
    yield "generated", generated, options.generated_format


def _score_paths(
    name: str, reference: Clip, generated: Clip, options: Options, depth_scale: DepthScale | None
) -> ClipScores:
    """Both trajectories read and compared, by our own computation or by evo."""
    loaded: list[Trajectory] = []
    notes: list[str] = []
    for side, clip, format in _sides(reference, generated, options):
        try:
            trajectory = clip.load(format)
            if not trajectory.valid.any():
                raise CinetrajError("no frame has a pose")
        except CinetrajError as error:
            return ClipScores(name=name, failed=f"{side}: {error}", fault=_whose(side, "model", options))
        loaded.append(trajectory)
        who = "reference" if side == "reference" else "generated clip"
        if clip.unreliable:
            notes.append(f"{who} is unreliable: {clip.unreliable}")
        if clip.shot is not None:
            notes.append(f"the {who} {clip.shot.note}")
    try:
        known = tuple(c.posterior(t) for c, t in zip((reference, generated), loaded, strict=True))
        found = _compute(name, (known[0], known[1]), options, depth_scale)
    except TimeSourceError:
        raise
    except NotDelivered as error:
        return ClipScores(name=name, failed=str(error), fault=_whose("generated", "model", options))
    except CinetrajError as error:
        return ClipScores(name=name, failed=str(error), fault=_whose("generated", "instrument", options))
    failed, fault = _doubted((reference, generated), (known[0], known[1]), options)
    return ClipScores(
        name=name,
        scores=found.charged if options.protocol.failures == "worst" else found.dropped,
        charged=found.charged,
        dropped=found.dropped,
        failed=failed,
        fault=fault,
        notes=(*found.notes, *notes, *_silent_side((known[0], known[1]), found)),
        facts=found.facts,
        estimators=(estimator(loaded[0]), estimator(loaded[1])),
        detail=keep(found.aligned, loaded[0], loaded[1], (reference, generated)) if options.detail else None,
    )


def _doubted(clips: tuple[Clip, Clip], known: tuple[Posterior, Posterior], options: Options) -> tuple[str, Fault]:
    """Why a pair counts as failed though it has scores, and whose fault that is; both empty where it does not.

    An answer that its estimator does not vouch for is scored where it comes with the others that are possible, or with
    its spread; where it comes alone its number would pretend to a knowledge that nobody has.
    """
    if options.protocol.unreliable != "instrument":
        return "", ""
    sides: tuple[Side, Side] = ("reference", "generated")
    for side, clip, posterior in zip(sides, clips, known, strict=True):
        made = posterior.best.provenance
        rigid = None if made is None else rigid_probability(made.evidence)
        if rigid is not None and rigid < 0.5:
            return f"{side}: nothing rigid was filmed (probability {1 - rigid:.0%})", _whose(side, "model", options)
        if clip.unreliable and not posterior.spreads:
            return f"{side}: unreliable: {clip.unreliable}", "instrument"
    return "", ""


def _silent_side(known: tuple[Posterior, Posterior], found: PairScores) -> tuple[str, ...]:
    """What to say where an interval holds what one estimate leaves open, and the other tells nothing of its errors."""
    if known[0].spreads == known[1].spreads or all(score.interval is None for score in found.charged.values()):
        return ()
    silent = 0 if known[1].spreads else 1
    maker = estimator(known[silent].best)
    if not maker or maker.startswith(RENDERED):
        return ()  # a path that nobody estimated is taken as exact
    who = ("reference", "generated clip")
    return (
        f"the estimate of the {who[silent]} tells nothing of its own errors: the intervals hold those of the "
        f"{who[1 - silent]} alone",
    )


def _compute(
    name: str, known: tuple[Posterior, Posterior], options: Options, depth_scale: DepthScale | None
) -> PairScores:
    protocol = options.protocol
    if protocol.method == "evo":
        from compare.evo_scores import score_evo

        return score_evo(known[0].best, known[1].best, protocol)
    if protocol.method == "mind":
        commands = None if options.actions is None else commands_of(name, options.actions)
        return score_mind(known[0].best, known[1].best, protocol, commands)
    return score_posteriors(known[0], known[1], protocol, depth_scale=depth_scale)


def _score_commanded(name: str, reference: Clip, generated: Clip, options: Options) -> ClipScores:
    """A clip against its commands, which are the reference where they are not given apart."""
    try:
        commands = commands_of(name, options.actions, reference)
    except CinetrajError as error:
        return ClipScores(name=name, failed=f"commands: {error}", fault="instrument")
    try:
        trajectory = generated.load(options.generated_format)
        if not trajectory.valid.any():
            raise CinetrajError("no frame has a pose")
    except CinetrajError as error:
        return ClipScores(name=name, failed=f"generated: {error}", fault=_whose("generated", "model", options))
    try:
        found = score_commanded(commands, trajectory, options.protocol)
    except CinetrajError as error:
        return ClipScores(name=name, failed=str(error), fault="instrument")
    doubt = (f"generated clip is unreliable: {generated.unreliable}",) if generated.unreliable else ()
    return ClipScores(
        name=name,
        scores=found.charged,
        charged=found.charged,
        dropped=found.dropped,
        notes=(*found.notes, *doubt),
        facts=found.facts,
        estimators=("", estimator(trajectory)),
    )


def _score_rows(name: str, reference: Clip, generated: Clip, options: Options) -> ClipScores:
    """cinetechbench-compat: raw rows where the clip is an 8-column text, else the trajectory laid out like one."""
    protocol = options.protocol
    rows: list[np.ndarray] = []
    notes: list[str] = []
    makers: list[str] = []
    for side, clip, format in _sides(reference, generated, options):
        try:
            if clip.path is not None and clip.path.suffix.lower() in (".txt", ".tum") and _eight_columns(clip.path):
                rows.append(cinetechbench.read_rows(clip.path))
                makers.append("")
            else:
                trajectory = clip.load(format)
                rows.append(cinetechbench.rows_like_monst3r(trajectory))
                notes.append(f"the {side} clip was {cinetechbench.LAID_OUT}")
                makers.append(estimator(trajectory))
        except CinetrajError as error:
            return ClipScores(name=name, failed=f"{side}: {error}", fault=_whose(side, "model", options))
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
    return ClipScores(
        name=name,
        scores=scores,
        charged=scores,
        dropped=scores,
        notes=tuple(notes),
        facts={"frames": [len(rows[0]), len(rows[1])]},
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
