"""From a matched pair of clips to its row of the table: read, scored, or the reason why not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import final

from compare.asked import Asked, Options, Side, doubts, loaded_from, sides, told, unread, whose
from compare.commanded import commands_of
from compare.depth_scales import DepthScale
from compare.details import keep
from compare.estimators import RENDERED, estimator
from compare.laid import NotDelivered
from compare.mind import score_mind
from compare.other_rows import score_against_commands, score_rows
from compare.pairing import Match
from compare.posterior_scores import Candidates, score_posteriors_each
from compare.rows import ClipScores, Fault, PairScores
from compare.sources import Clip
from compare.spared import charged_for
from trajectory.errors import CinetrajError, TimeSourceError
from trajectory.model import Trajectory
from trajectory.posterior import Posterior, rigid_probability

FRAMES_AT_ONCE = 16_384
"""Of all trajectories that are held at once, on both sides: some 80 pairs of 100 frames, ten megabytes while they are
compared. More of them gain nothing: what each call of numpy costs is a small share of the work by then."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Read:
    """A pair that was read.

    Attributes:
        name: of the pair.
        clips: where the reference and the generated clip come from.
        known: what they may be.
        notes: what a reader must know of them.
        options: how they are scored.
        depth_scale: metres per unit of both paths.
        mistrusted: why the pair counts as failed whatever its scores, and whose fault that is; both empty else.
    """

    name: str
    clips: tuple[Clip, Clip]
    known: tuple[Posterior, Posterior]
    notes: tuple[str, ...]
    options: Options
    depth_scale: DepthScale | None
    mistrusted: tuple[str, Fault]

    @property
    def frames(self) -> int:
        """Of all its trajectories."""
        return sum(len(trajectory) for side in self.known for trajectory in side.trajectories)


def score_match(item: Match, options: Options, depth_scale: DepthScale | None = None) -> ClipScores:
    """The row of a pair.

    Raises:
        TimeSourceError: the clocks are of different kinds. Every other failure is in the row.
    """
    (row,) = score_matches((Asked(item=item, options=options, depth_scale=depth_scale),))
    if isinstance(row, TimeSourceError):
        raise row
    return row


def score_matches(each: Iterable[Asked]) -> Iterator[ClipScores | TimeSourceError]:
    """`score_match` of many under one protocol, in order, read and compared in chunks; what it raises is yielded."""
    pairs = (_read(asked) for asked in each)
    # No name holds a chunk while the next one is read.
    while rows := _rows(_chunk(pairs)):
        yield from rows


def _chunk(pairs: Iterator[ClipScores | _Read]) -> list[ClipScores | _Read]:
    """The next pairs, until they have `FRAMES_AT_ONCE`; empty after the last."""
    held: list[ClipScores | _Read] = []
    frames = 0
    for pair in pairs:
        held.append(pair)
        frames += pair.frames if isinstance(pair, _Read) else 0
        if frames >= FRAMES_AT_ONCE:
            break
    return held


def _rows(pairs: Sequence[ClipScores | _Read]) -> list[ClipScores | TimeSourceError]:
    """The rows of pairs that were read."""
    found = iter(_compute([pair for pair in pairs if isinstance(pair, _Read)]))
    return [_row(pair, next(found)) if isinstance(pair, _Read) else pair for pair in pairs]


def _read(asked: Asked) -> ClipScores | _Read:
    """The pair with its trajectories read; its row where there is nothing to be read, or other rows than poses."""
    name, options = asked.item.name, asked.options
    a, b = asked.item.reference, asked.item.generated
    if a is None:
        return ClipScores(name=name, failed="no reference has this name", fault="unmatched")
    if b is None and a.failed:  # what the reference lacks is charged to nobody, whatever the model lacks
        return ClipScores(name=name, failed=f"reference: {a.failed}", fault=whose("reference", a.fault, options))
    if b is None:
        return _undelivered(asked, a, "no generated clip has this name")
    mistrusted: tuple[str, Fault] = ("", "")
    for side, clip, _ in sides(a, b, options):
        if clip.failed and not mistrusted[0]:
            fault = whose(side, clip.fault, options)
            if fault == "model":
                return _undelivered(asked, a, f"{side}: {clip.failed}")
            return ClipScores(name=name, failed=f"{side}: {clip.failed}", fault=fault)
        if clip.unreliable and options.protocol.unreliable == "charge" and not mistrusted[0]:
            # It counts as failed because its estimator does not vouch for it; its scores are kept for the report.
            mistrusted = (f"{side}: unreliable: {clip.unreliable}", whose(side, "instrument", options))
    if options.protocol.method == "cinetechbench":
        row = score_rows(name, a, b, options)
    elif options.protocol.commanded:
        row = score_against_commands(name, a, b, options)
    else:
        return _read_paths(asked, (a, b), mistrusted)
    return replace(row, failed=mistrusted[0], fault=mistrusted[1]) if mistrusted[0] else row


def _undelivered(asked: Asked, reference: Clip, why: str) -> ClipScores:
    """The row of a clip that the model did not deliver; a reference that tells nothing is charged to nobody."""
    options, name = asked.options, asked.item.name
    row = ClipScores(name=name, failed=why, fault="model")
    if options.protocol.unreliable == "charge" or options.protocol.method == "cinetechbench":
        return row
    try:
        if options.protocol.commanded:
            commands_of(name, options.actions, reference, options.reference_format)
            return row
        known = reference.posterior(loaded_from(reference, options.reference_format))
    except CinetrajError as error:
        what = "commands" if options.protocol.commanded else "reference"
        return replace(row, failed=f"{what}: {error}", fault="instrument")
    return _charged(row, reference, known, options, asked.depth_scale)


def _charged(
    row: ClipScores, reference: Clip, known: Posterior, options: Options, depth_scale: DepthScale | None
) -> ClipScores:
    """The row itself; a failure of the model with what the reference does not have, or as ours where it has nothing."""
    if row.fault != "model" or options.protocol.unreliable == "charge":
        return row
    failed, fault = _doubt("reference", reference, known, options)
    if failed:
        return replace(row, failed=failed, fault=fault)
    return charged_for(row, known.best, options.protocol, depth_scale)


def _read_paths(asked: Asked, clips: tuple[Clip, Clip], mistrusted: tuple[str, Fault]) -> ClipScores | _Read:
    """Both trajectories, with what else they may be."""
    name, options = asked.item.name, asked.options
    loaded: list[Trajectory] = []
    notes: list[str] = []

    def failed(side: Side, why: str, fault: Fault) -> ClipScores:
        return _failed(name, why, whose(side, fault, options), mistrusted)

    for side, clip, format in sides(*clips, options):
        try:
            trajectory = loaded_from(clip, format)
        except CinetrajError as error:
            fault, why = unread(error), told(side, error, clips, options)
            if loaded and fault == "model" and not mistrusted[0]:
                return _undelivered(asked, clips[0], why)
            return failed(side, why, fault)
        loaded.append(trajectory)
        notes += doubts(side, clip)
    try:
        known = (clips[0].posterior(loaded[0]), clips[1].posterior(loaded[1]))
    except CinetrajError as error:
        return failed("generated", str(error), "instrument")
    for who, posterior in zip(("reference", "generated clip"), known, strict=True):
        if posterior.absent and options.protocol.draws:
            notes.append(
                f"what else the {who} may be is not beside its file, and in no interval; compare its run to have it"
            )
    return _Read(
        name=name,
        clips=clips,
        known=known,
        notes=tuple(notes),
        options=options,
        depth_scale=asked.depth_scale,
        mistrusted=mistrusted,
    )


def _failed(name: str, why: str, fault: Fault, mistrusted: tuple[str, Fault]) -> ClipScores:
    """A row without scores; of a pair that nobody vouches for this is the reason that counts."""
    return ClipScores(name=name, failed=mistrusted[0] or why, fault=mistrusted[1] if mistrusted[0] else fault)


def _compute(pairs: Sequence[_Read]) -> Iterable[PairScores | CinetrajError]:
    """The scores of each pair by our own computation or by evo, or why it has none."""
    if not pairs:
        return ()
    protocol = pairs[0].options.protocol
    if protocol.method in ("evo", "mind"):
        return (_by_itself(pair) for pair in pairs)
    each = [Candidates(reference=p.known[0], generated=p.known[1], depth_scale=p.depth_scale) for p in pairs]
    return score_posteriors_each(each, protocol)


def _by_itself(pair: _Read) -> PairScores | CinetrajError:
    """The scores of a pair that is compared as its protocol's own code does."""
    best, options = (pair.known[0].best, pair.known[1].best), pair.options
    try:
        if options.protocol.method == "mind":
            commands = None if options.actions is None else commands_of(pair.name, options.actions)
            return score_mind(*best, options.protocol, commands)
        from compare.evo_scores import score_evo

        return score_evo(*best, options.protocol)
    except CinetrajError as error:
        return error


def _row(pair: _Read, found: PairScores | CinetrajError) -> ClipScores | TimeSourceError:
    """The row of a pair from its scores, or from the reason why it has none."""
    options, best = pair.options, (pair.known[0].best, pair.known[1].best)
    if isinstance(found, TimeSourceError):
        return found
    if isinstance(found, CinetrajError):
        fault = whose("generated", "model" if isinstance(found, NotDelivered) else "instrument", options)
        row = _failed(pair.name, str(found), fault, pair.mistrusted)
        return _charged(row, pair.clips[0], pair.known[0], options, pair.depth_scale)
    failed, fault = pair.mistrusted if pair.mistrusted[0] else _doubted(pair.clips, pair.known, options)
    row = ClipScores(
        name=pair.name,
        scores=found.charged if options.protocol.failures == "worst" else found.dropped,
        charged=found.charged,
        dropped=found.dropped,
        failed=failed,
        fault=fault,
        notes=(*found.notes, *pair.notes, *_silent_side(pair.known, found)),
        facts=found.facts,
        estimators=(estimator(best[0]), estimator(best[1])),
        detail=keep(found.aligned, *best, pair.clips) if options.detail else None,
    )
    return _charged(row, pair.clips[0], pair.known[0], options, pair.depth_scale)


def _doubted(clips: tuple[Clip, Clip], known: tuple[Posterior, Posterior], options: Options) -> tuple[str, Fault]:
    """Why a pair counts as failed though it has scores, and whose fault that is; both empty where it does not.

    An answer that its estimator does not vouch for is scored where it comes with the others that are possible, or with
    its spread; where it comes alone its number would pretend to a knowledge that nobody has.
    """
    failed = _doubt("reference", clips[0], known[0], options)
    return failed if failed[0] else _doubt("generated", clips[1], known[1], options)


def _doubt(side: Side, clip: Clip, posterior: Posterior, options: Options) -> tuple[str, Fault]:
    """`_doubted` of one side."""
    if options.protocol.unreliable != "instrument":
        return "", ""
    made = posterior.best.provenance
    rigid = None if made is None else rigid_probability(made.evidence)
    if rigid is not None and rigid < 0.5:
        return f"{side}: nothing rigid was filmed (probability {1 - rigid:.0%})", whose(side, "model", options)
    if clip.unreliable and not posterior.spreads:
        return f"{side}: unreliable: {clip.unreliable}", "instrument"
    return "", ""


def _silent_side(known: tuple[Posterior, Posterior], found: PairScores) -> tuple[str, ...]:
    """What to say where an interval holds what one estimate leaves open, and the other tells nothing of its errors."""
    if all(score.interval is None for score in found.charged.values()) or known[0].spreads == known[1].spreads:
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
