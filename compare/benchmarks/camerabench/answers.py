"""Writing our answers as the official score files."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compare.benchmarks.camerabench.clips import NOT_ESTIMATED, Clip
from compare.benchmarks.camerabench.facts import Unknown, answer, clip_facts
from compare.benchmarks.camerabench.labels import Labels, PairRow, clip_name
from compare.benchmarks.camerabench.leaderboard import safe_name
from compare.benchmarks.camerabench.questions import TASKS, Task
from compare.benchmarks.camerabench.score_files import CORNERS, NEEDS_SCENE, Failures, write_score_file
from trajectory.errors import CinetrajError


@dataclass(frozen=True, kw_only=True)
class Written:
    """The files written, and what became of the clips that the labels name.

    Attributes:
        clips: all of them; estimated: those with a description; failures: reasons and how many clips have each.
    """

    files: tuple[Path, ...]
    clips: int
    estimated: int
    failures: Mapping[str, int]


def write_binary(
    clips: Mapping[str, Clip], labels: Labels, out: str | Path, *, model: str, failures: Failures = "last"
) -> Written:
    """Write `classification_scores_<model>_<split>.json` for every split of the labels; every row is written.

    A clip without a description has score NaN, and with failures "last" error null, so that the official evaluation
    ranks it last; with "drop" an error text, so that it leaves the clip out. A score that is not known (null in the
    description) is NaN with error null in both. The field `failure`, which the official code ignores, has the reason.

    Raises:
        CinetrajError: not a single clip of the labels has a run: names must be those of the label files.
    """
    _check_names(clips, labels.binary_videos)
    files: list[Path] = []
    for split, rows in labels.binary.items():
        scored: list[dict[str, Any]] = []
        for row in rows:
            clip = clips.get(clip_name(row.video))
            score = None if clip is None or clip.camera is None else clip.camera["scores"].get(split)
            failure = _failure(clip) or ("not known from this trajectory" if score is None else None)
            absent = clip is None or clip.camera is None
            scored.append(
                {
                    "sample_id": str(row.number),
                    "video_path": row.video,
                    "question": row.question,
                    "ground_truth_label": row.label,
                    "method": model,
                    "score": math.nan if score is None else float(score),
                    "error": failure if absent and failures == "drop" else None,
                    "failure": failure,
                }
            )
        metadata = {"method_type": "SfM", "model_name": model, "checkpoint": "", "split_name": split}
        path = Path(out) / f"classification_scores_{safe_name(model)}_{split}.json"
        files.append(write_score_file(path, metadata=metadata, rows=scored))
    return _written(files, clips, labels.binary_videos)


def write_tasks(clips: Mapping[str, Clip], labels: Labels, out: str | Path, *, model: str) -> Written:
    """Write `vqa_retrieval_scores_<model>_<skill>_<task>.json` for every task of the labels; every pair is written.

    yes = p and no = 1 - p, where p rises with the margin of the answer (`facts.answer`); never equal. A pair with a
    clip that has no description, or with an answer that its path does not tell, has an error that says so. The tasks
    that ask for the content of the scene are written with the error "needs scene content" throughout.

    Raises:
        CinetrajError: a task that CameraBench does not have, or not a single clip of the labels has a run.
    """
    unknown = sorted(set(labels.tasks) - set(TASKS))
    if unknown:
        raise CinetrajError(f"task {unknown[0]!r} is none of CameraBench's {len(TASKS)}; check the label folder")
    _check_names(clips, labels.task_videos)
    files: list[Path] = []
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
        }
        rows = [_pair(pair, TASKS[name], clips, model) for pair in pairs]
        path = Path(out) / f"vqa_retrieval_scores_{safe_name(model)}_{skill}_{task}.json"
        files.append(write_score_file(path, metadata=metadata, rows=rows))
    return _written(files, clips, labels.task_videos)


def _pair(pair: PairRow, task: Task, clips: Mapping[str, Clip], model: str) -> dict[str, Any]:
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
    try:
        facts = [clip_facts(_estimated(clips, video), task) for video in (pair.pos_video, pair.neg_video)]
        corners = [(question, f) for question in (task.positive, task.negative) for f in facts]
        for corner, (question, f) in zip(CORNERS, corners, strict=True):
            yes[corner] = answer(question, f)
    except Unknown as problem:
        return {**row, **nothing, "error": str(problem)}
    row |= {"yes_scores": yes, "no_scores": {corner: 1.0 - value for corner, value in yes.items()}, "error": None}
    if task.group == "B" and not all(f.gravity for f in facts):
        row["assumed"] = "camera level in the first frame"
    return row


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


def _written(files: Sequence[Path], clips: Mapping[str, Clip], videos: frozenset[str]) -> Written:
    found = [clips.get(clip_name(video)) for video in sorted(videos)]
    reasons = Counter(reason for clip in found if (reason := _failure(clip)) is not None)
    return Written(
        files=tuple(files),
        clips=len(found),
        estimated=len(found) - sum(reasons.values()),
        failures=dict(reasons.most_common()),
    )
