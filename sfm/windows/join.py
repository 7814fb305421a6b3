"""The pieces of a shot that was longer than a window, as one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any, final

import numpy as np

from sfm.runs.estimate import ShotEstimate, plain
from sfm.types import MOTION_MODELS, ModelName, Status
from trajectory.errors import CinetrajError
from trajectory.frames import at_rows
from trajectory.join import Seam, joined, seam_of
from trajectory.model import Provenance, Trajectory

MOST_TURN_DEG = 3.0
MOST_APART = 0.2
"""Of the way over the shared frames; where one side travels evenly and the other rests it is .29. Where two pieces
differ by more in what both saw, the path is not vouched for."""
TURN_SIGMA_DEG, APART_SIGMA = 0.3, 0.1
"""By so much two right answers differ there: pieces of rendered clips by .05° and a hundredth of the way, of real ones
by several times that."""
LEAST_PROBABILITY = 1e-3
DOUBT: tuple[Status, ...] = ("ok", "partial", "unreliable")
RICHNESS: list[ModelName] = [model.name for model in MOTION_MODELS]


def shots_of(pieces: Sequence[ShotEstimate]) -> tuple[ShotEstimate, ...]:
    """The pieces of one shot, in order: one estimate; several where two of them share too few poses to be joined.

    Of the answers that are possible for each piece those are taken that agree best where pieces meet.
    """
    pieces = agreeing(pieces)
    groups: list[list[ShotEstimate]] = [[pieces[0]]]
    paths: list[Trajectory | None] = [pieces[0].trajectory]
    seams: list[list[Seam]] = [[]]
    for piece in pieces[1:]:
        path, shared = paths[-1], groups[-1][-1].stop - piece.start
        if path is None and piece.trajectory is None:
            groups[-1] = [replace(groups[-1][0], stop=piece.stop, end_s=piece.end_s)]
            continue
        try:
            if path is None or piece.trajectory is None:
                raise CinetrajError(f"nothing is known of frames {piece.start}..{piece.stop - 1} or of those before")
            whole, seam = joined(path, piece.trajectory, len(path) - shared)
        except CinetrajError as why:
            alone = _without_shared(piece, shared, f"not joined to the part of the shot before it: {why}")
            groups.append([alone])
            paths.append(alone.trajectory)
            seams.append([])
            continue
        groups[-1].append(piece)
        paths[-1] = whole
        seams[-1].append(seam)
    return tuple(map(_as_one, groups, paths, seams))


def agreeing(pieces: Sequence[ShotEstimate]) -> list[ShotEstimate]:
    """The pieces, each with the one of its answers that makes the whole most probable (Viterbi 1967).

    An answer costs twice the negative logarithm of its probability, a seam the squares of what the two sides differ
    by, in units of what right answers differ by. A piece that has none beside it that could contradict keeps its own.
    """
    known = [False, *(piece.trajectory is not None for piece in pieces), False]
    beside = [before or after for before, after in zip(known[:-2], known[2:], strict=True)]
    answers = [
        answers_of(piece) if asked else answers_of(piece)[:1] for piece, asked in zip(pieces, beside, strict=True)
    ]
    cost = np.array([2 * _surprise(one) for one in answers[0]])
    best_before: list[np.ndarray] = []
    for number in range(1, len(pieces)):
        shared = pieces[number - 1].stop - pieces[number].start
        table = np.array([[_seam_cost(a, b, shared) for a in answers[number - 1]] for b in answers[number]])
        table += cost
        best_before.append(table.argmin(1))
        cost = table.min(1) + [2 * _surprise(one) for one in answers[number]]
    chosen = [int(cost.argmin())]
    for before in reversed(best_before):
        chosen.append(int(before[chosen[-1]]))
    return [_with_answer(piece, own[k]) for piece, own, k in zip(pieces, answers, reversed(chosen), strict=True)]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """One that is possible for a piece."""

    path: Trajectory | None
    model: ModelName | None
    probability: float


def answers_of(piece: ShotEstimate) -> list[Answer]:
    """The answer of a piece first, then the others that are possible."""
    own = piece.trajectory
    told: list[Mapping[str, Any]] = [] if own is None or own.provenance is None else _candidates(own.provenance)
    if own is None or len(told) != 1 + len(piece.alternatives):
        return [Answer(path=own, model=piece.motion_model, probability=1.0)]
    return [
        Answer(path=path, model=said["motion_model"], probability=said["probability"])
        for path, said in zip([own, *piece.alternatives], told, strict=True)
    ]


def _candidates(provenance: Provenance) -> list[Mapping[str, Any]]:
    return list(provenance.evidence.get("candidates") or [])


def _surprise(answer: Answer) -> float:
    return -float(np.log(max(answer.probability, LEAST_PROBABILITY)))


def _seam_cost(first: Answer, second: Answer, shared: int) -> float:
    """What it costs that two answers differ in the frames that both saw; nothing where one of them has no path."""
    if first.path is None or second.path is None:
        return 0.0
    try:
        seam = seam_of(first.path, second.path, len(first.path) - shared)
    except CinetrajError:
        return 0.0
    return (seam.rotation_deg / TURN_SIGMA_DEG) ** 2 + (seam.position / APART_SIGMA) ** 2


def _with_answer(piece: ShotEstimate, answer: Answer) -> ShotEstimate:
    """The piece with another answer, which has what the first one says of itself."""
    if answer.path is piece.trajectory or answer.path is None or piece.trajectory is None:
        return piece
    path = answer.path.replace(provenance=piece.trajectory.provenance)
    path = _with_evidence(path, {}, "unreliable", answer.model, less=("candidates", "depth_quantiles"))
    why = f"the parts beside it contradict its own answer ({str(piece.motion_model).replace('_', '+')})"
    reason = f"{piece.reason}; {why}" if piece.reason else why
    own: dict[str, Any] = {"trajectory": path, "motion_model": answer.model, "alternatives": ()}
    return replace(piece, **own, status="unreliable", reason=reason)


def _as_one(pieces: list[ShotEstimate], path: Trajectory | None, seams: list[Seam]) -> ShotEstimate:
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1 or path is None:
        return first
    models: list[ModelName] = [piece.motion_model for piece in pieces if piece.motion_model]
    model = max(models, key=RICHNESS.index)
    told = _told([piece.statistics for piece in pieces])
    windows = [
        {"start": piece.start, "stop": piece.stop, "status": piece.status, "motion_model": piece.motion_model}
        for piece in pieces
    ]
    seams = [replace(seam, start=seam.start + first.start, stop=seam.stop + first.start) for seam in seams]
    status, reason = _verdict(pieces, path, seams)
    told = {**told, "windows": windows, "seams": [plain(asdict(seam)) for seam in seams]}
    seconds: dict[str, float] = {}
    for piece in pieces:
        for stage, spent in piece.seconds.items():
            seconds[stage] = seconds.get(stage, 0.0) + spent
    return replace(
        first,
        stop=last.stop,
        end_s=last.end_s,
        status=status,
        reason=reason,
        motion_model=model,
        trajectory=_with_evidence(path, told, status, model),
        registered=int(path.valid.sum()),
        statistics=MappingProxyType(told),
        seconds=MappingProxyType(seconds),
        notes=_notes(pieces),
        picture=MappingProxyType(_shown(first.picture)),
        structure=None,
        alternatives=(),
    )


def _notes(pieces: list[ShotEstimate]) -> tuple[str, ...]:
    """Those of all pieces as they are; others count frames of their own piece, which is told."""
    common = [note for note in pieces[0].notes if all(note in piece.notes for piece in pieces)]
    own = [f"frames {p.start}..{p.stop - 1}: {note}" for p in pieces for note in p.notes if note not in common]
    return (*common, *own)


def _verdict(pieces: list[ShotEstimate], path: Trajectory, seams: list[Seam]) -> tuple[Status, str]:
    """The most doubtful one of the pieces; unreliable where two of them contradict each other."""
    for seam in seams:
        if seam.rotation_deg > MOST_TURN_DEG or seam.position > MOST_APART:
            return "unreliable", (
                f"two parts that were estimated apart differ in frames {seam.start}..{seam.stop - 1}, which both saw, "
                f"by {seam.rotation_deg:.1f}° and {100 * seam.position:.0f} % of the way there"
            )
    statuses: list[Status] = [piece.status for piece in pieces]
    status = max(statuses, key=DOUBT.index)
    if status == "ok" and not path.valid.all():
        status = "partial"
    return status, _reasons([piece for piece in pieces if piece.status != "ok" and piece.reason])


def _reasons(doubted: Sequence[ShotEstimate]) -> str:
    """Why pieces are not vouched for, each reason once: of those that differ in numbers alone the first is told."""
    alike: dict[str, list[ShotEstimate]] = {}
    for piece in doubted:
        alike.setdefault(re.sub(r"\d+(\.\d+)?", "#", piece.reason), []).append(piece)
    said: list[str] = []
    for pieces in alike.values():
        reason = pieces[0].reason
        same = [piece for piece in pieces if piece.reason == reason]
        said.append(f"{_frames(same)}: {reason}")
        others = [piece for piece in pieces if piece.reason != reason]
        said += [f"{_frames(others)}: the same, with other numbers"] if others else []
    return "; ".join(said)


def _frames(pieces: Sequence[ShotEstimate]) -> str:
    return "frames " + ", ".join(f"{piece.start}..{piece.stop - 1}" for piece in pieces)


def _told(statistics: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What holds of all pieces: as sure as the least sure one, and what is alike in all."""
    told = {
        key: value
        for key, value in statistics[0].items()
        if all(key in other and other[key] == value for other in statistics[1:])
    }
    confidences = [own["confidence"] for own in statistics if own.get("confidence") is not None]
    if confidences:
        told["confidence"] = min(confidences)
    for key, least in (("probability", min), ("sure", all)):
        tables = [own[key] for own in statistics if key in own]
        if len(tables) == len(statistics):
            told[key] = {name: least([table[name] for table in tables if name in table]) for name in tables[0]}
    return told


def _with_evidence(
    path: Trajectory,
    told: dict[str, Any],
    status: Status,
    model: ModelName | None,
    *,
    less: tuple[str, ...] = ("candidates",),
) -> Trajectory:
    """The path with what is said of the whole, without what holds of another: candidates are those of single pieces."""
    if path.provenance is None:
        return path
    own = {key: value for key, value in path.provenance.evidence.items() if key not in less}
    said = {key: told[key] for key in ("confidence", "probability", "sure", "windows") if key in told}
    evidence = {**own, **said, "status": status, "motion_model": model}
    return path.replace(provenance=replace(path.provenance, evidence=evidence))


def _shown(picture: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The frame that is shown; tracks are those of one piece, and so is what moves by itself."""
    return {key: picture[key] for key in ("frame", "rgb") if key in picture}


def _without_shared(piece: ShotEstimate, shared: int, note: str) -> ShotEstimate:
    """What the piece alone saw, as a shot of its own."""
    path = None if piece.trajectory is None else at_rows(piece.trajectory, np.arange(shared, len(piece.trajectory)))
    evenly_s = piece.start_s + shared * (piece.end_s - piece.start_s) / max(piece.stop - piece.start - 1, 1)
    picture = _shown(piece.picture)
    if "frame" in picture:
        picture["frame"] = np.array(max(int(picture["frame"]) - shared, 0))
    return replace(
        piece,
        start=piece.start + shared,
        start_s=evenly_s if path is None else float(path.time_s[0]),
        trajectory=path,
        registered=0 if path is None else int(path.valid.sum()),
        notes=(*piece.notes, note),
        picture=MappingProxyType(picture),
        structure=None,
        alternatives=(),
    )
