"""Writing our answers as the official score files."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from compare.benchmarks.camerabench.clips import NOT_ESTIMATED, Clip
from compare.benchmarks.camerabench.facts import ClipFacts, Unknown, answer, clip_facts
from compare.benchmarks.camerabench.labels import Labels, PairRow, clip_name
from compare.benchmarks.camerabench.leaderboard import safe_name
from compare.benchmarks.camerabench.questions import TASKS, Question, Task
from compare.benchmarks.camerabench.score_files import CORNERS, NEEDS_SCENE, Failures, write_score_file
from trajectory.best_estimates import NOT_KNOWN, UnknownScores
from trajectory.errors import CinetrajError
from trajectory.likelihood import likelihood

Rank = Literal["likelihood", "amount"]
"""What ranks clips: how likely a viewer would name the primitive, or how far it goes."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """The files written, and what became of the clips that the labels name.

    Attributes:
        clips: all of them; estimated: those with a description; failures: reasons and how many clips have each.
        rows: scores or pairs in the files; flagged: those of them that are no more than best estimates.
    """

    files: tuple[Path, ...]
    clips: int
    estimated: int
    failures: Mapping[str, int]
    rows: int
    flagged: int


def write_binary(
    clips: Mapping[str, Clip],
    labels: Labels,
    out: str | Path,
    *,
    model: str,
    failures: Failures = "last",
    unknown: UnknownScores = "number",
    rank: Rank = "likelihood",
) -> Written:
    """Write `classification_scores_<model>_<split>.json` for every split of the labels; every row is written.

    A clip without a description has score NaN, and with failures "last" error null, so that the official evaluation
    ranks it last; with "drop" an error text, so that it leaves the clip out. The field `failure`, which the official
    code ignores, has the reason.

    A score that is not known is the best estimate of the description, since a number ranks, or with unknown "nan" NaN
    with error null. The metadata say which (`unknown`), and what ranks (`rank`); the field `flagged` of a row says why
    its score is no more than the best estimate, null where it is known.

    Raises:
        CinetrajError: not a single clip of the labels has a run: names must be those of the label files.
    """
    _check_names(clips, labels.binary_videos)
    files: list[Path] = []
    flagged = 0
    for split, rows in labels.binary.items():
        scored: list[dict[str, Any]] = []
        for row in rows:
            clip = clips.get(clip_name(row.video))
            score, flag = _score(clip, split, unknown, rank)
            failure = _failure(clip) or (NOT_KNOWN if score is None else None)
            absent = clip is None or clip.camera is None
            scored.append(
                {
                    "sample_id": str(row.number),
                    "video_path": row.video,
                    "question": row.question,
                    "ground_truth_label": row.label,
                    "method": model,
                    "score": math.nan if score is None else score,
                    "error": failure if absent and failures == "drop" else None,
                    "failure": failure,
                    "flagged": flag,
                }
            )
        flagged += sum(row["flagged"] is not None for row in scored)
        metadata = {
            "method_type": "SfM",
            "model_name": model,
            "checkpoint": "",
            "split_name": split,
            "unknown": unknown,
            "rank": rank,
        }
        path = Path(out) / f"classification_scores_{safe_name(model)}_{split}.json"
        files.append(write_score_file(path, metadata=metadata, rows=scored))
    return _written(files, clips, labels.binary_videos, (sum(map(len, labels.binary.values())), flagged))


def write_tasks(
    clips: Mapping[str, Clip],
    labels: Labels,
    out: str | Path,
    *,
    model: str,
    unknown: UnknownScores = "number",
) -> Written:
    """Write `vqa_retrieval_scores_<model>_<skill>_<task>.json` for every task of the labels; every pair is written.

    yes = p and no = 1 - p, where p rises with the margin of the answer (`facts.answer`); never equal. A pair with a
    clip that has no description has an error that says so. An answer that a path does not tell is that of the best
    estimates, and the field `flagged` of the pair says so; with unknown "nan" it is an error too. The tasks that ask
    for the content of the scene are written with the error "needs scene content" throughout.

    Raises:
        CinetrajError: a task that CameraBench does not have, or not a single clip of the labels has a run.
    """
    strange = sorted(set(labels.tasks) - set(TASKS))
    if strange:
        raise CinetrajError(f"task {strange[0]!r} is none of CameraBench's {len(TASKS)}; check the label folder")
    _check_names(clips, labels.task_videos)
    files: list[Path] = []
    flagged = 0
    for name, pairs in labels.tasks.items():
        skill, task = name.split("/")
        metadata = {
            "method_type": "SfM",
            "model_name": model,
            "checkpoint": "",
            "skill_name": skill,
            "task_name": task,
            # Unique per task: the official evaluation keeps one result per model and split.
            "split_name": f"{skill}_{task}",
            "unknown": unknown,
        }
        rows = [_pair(pair, TASKS[name], clips, model, unknown) for pair in pairs]
        flagged += sum(row.get("flagged") is not None for row in rows)
        path = Path(out) / f"vqa_retrieval_scores_{safe_name(model)}_{skill}_{task}.json"
        files.append(write_score_file(path, metadata=metadata, rows=rows))
    return _written(files, clips, labels.task_videos, (sum(map(len, labels.tasks.values())), flagged))


def _pair(pair: PairRow, task: Task, clips: Mapping[str, Clip], model: str, unknown: UnknownScores) -> dict[str, Any]:
    row: dict[str, Any] = {
        "sample_id": str(pair.number),
        "pos_video": pair.pos_video,
        "neg_video": pair.neg_video,
        "pos_question": pair.pos_question,
        "neg_question": pair.neg_question,
        "method": model,
    }
    nothing = {"yes_scores": None, "no_scores": None}
    if task.positive is None or task.negative is None:
        return {**row, **nothing, "error": NEEDS_SCENE}
    yes: dict[str, float] = {}
    guessed: list[str] = []
    try:
        known = [_estimated(clips, video) for video in (pair.pos_video, pair.neg_video)]
        facts = [clip_facts(clip, task) for clip in known]
        best = [clip_facts(clip, task, unknown) for clip in known]
        corners = [(question, *f) for question in (task.positive, task.negative) for f in zip(facts, best, strict=True)]
        for corner, (question, f, estimate) in zip(CORNERS, corners, strict=True):
            yes[corner], guess = _best_answer(question, f, estimate)
            guessed += [guess] if guess and guess not in guessed else []
    except Unknown as problem:
        return {**row, **nothing, "error": str(problem)}
    row |= {"yes_scores": yes, "no_scores": {corner: 1.0 - value for corner, value in yes.items()}, "error": None}
    row["flagged"] = "; ".join(guessed) or None
    if task.group == "B" and not all(f.gravity for f in facts):
        row["assumed"] = "camera level in the first frame"
    return row


def _best_answer(question: Question, known: ClipFacts, best: ClipFacts) -> tuple[float, str]:
    """The answer of what is known, "", or where that does not tell, the answer of the best estimates and why."""
    try:
        return answer(question, known), ""
    except Unknown as problem:
        return answer(question, best), str(problem)


def _score(clip: Clip | None, split: str, unknown: UnknownScores, rank: Rank) -> tuple[float | None, str | None]:
    """The score of a clip, None where there is none to be written, and why it is no more than the best estimate."""
    if clip is None or clip.camera is None:
        return None, None
    score = clip.camera["scores"].get(split)
    decision: Mapping[str, Any] = clip.camera["decisions"].get(split) or {}
    not_known = score is None or decision.get("yes", score) is None
    flagged: Mapping[str, str] = clip.camera.get("flagged") or {}
    flag = flagged.get(split) or (NOT_KNOWN if not_known else None)
    if score is None or (not_known and unknown == "nan"):
        return None, flag
    if rank == "amount" or "probability" not in decision:  # a description of before there were probabilities
        return float(score), flag
    return likelihood(split, decision["margin"], decision["probability"]), flag


def _estimated(clips: Mapping[str, Clip], video: str) -> Clip:
    clip = clips.get(clip_name(video))
    failure = _failure(clip)
    if clip is None or failure is not None:
        raise Unknown(f"{clip_name(video)}: {failure}")
    return clip


def _failure(clip: Clip | None) -> str | None:
    return NOT_ESTIMATED if clip is None else clip.failure


def _check_names(clips: Mapping[str, Clip], videos: frozenset[str]) -> None:
    names = {clip_name(video) for video in videos}
    if clips and names and not names & set(clips):
        raise CinetrajError(
            f"none of the {len(clips)} runs (first: {min(clips)!r}) is among the {len(names)} clips of the labels "
            f"(first: {min(names)!r}); runs must be named after the video files, without .mp4"
        )


def _written(
    files: Sequence[Path], clips: Mapping[str, Clip], videos: frozenset[str], counts: tuple[int, int]
) -> Written:
    found = [clips.get(clip_name(video)) for video in sorted(videos)]
    reasons = Counter(reason for clip in found if (reason := _failure(clip)) is not None)
    return Written(
        files=tuple(files),
        clips=len(found),
        estimated=len(found) - sum(reasons.values()),
        failures=dict(reasons.most_common()),
        rows=counts[0],
        flagged=counts[1],
    )
