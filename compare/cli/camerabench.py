"""CameraBench: official score files, evaluation and leaderboard of runs; download of its clips."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast


@dataclass(frozen=True, kw_only=True)
class Score:
    """Write the official score files of a folder of runs, evaluate them and put our row beside the published ones.

    Writes classification_scores_*.json, vqa_retrieval_scores_*.json, evaluation_*.json and leaderboard.md|csv|png.
    """

    labels: Path
    """Folder with binary_classification/ and vqa_and_retrieval/, the benchmark's label files."""
    out: Path
    """Folder for everything that is written."""
    runs: Path | None = None
    """Folder of runs (NAME/run.json), named after the video files; a run of several shots counts by its longest."""
    descriptions: Path | None = None
    """Instead of runs: a JSON file, description by clip name, as `cinetraj describe RUNS --json` prints it."""
    rules: tuple[Literal["apparent", "authors"], ...] = ("apparent",)
    """One row for each rule."""
    failures: Literal["last", "drop"] = "last"
    """Clips without a trajectory: ranked last (wrong in tasks), or left out. Their number is always shown."""
    unknown: Literal["number", "nan"] = "number"
    """Scores that a path does not tell (a translation that is only bounded): the best estimate, flagged in its row, or
    NaN, which ranks last. Each file says which in its metadata."""
    rank: Literal["likelihood", "amount"] = "likelihood"
    """What ranks the clips of a primitive: how likely a viewer would name it, or how far it goes. Rule authors ranks by
    amounts, as the authors of CameraBench do."""
    name: str = "cinetraj"
    """Name of the method in the files and the table."""
    json: bool = False
    """Print the result as JSON."""


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Evaluate a folder of score files in the official format, of any method."""

    scores: Path
    """Folder with classification_scores_*.json and vqa_retrieval_scores_*.json."""
    failures: Literal["last", "drop"] = "drop"
    """"drop" gives the numbers of the official evaluation; "last" keeps rows with an error, ranked last or wrong."""
    out: Path | None = None
    """File for the result as JSON."""
    json: bool = False
    """Print the result as JSON."""


@dataclass(frozen=True, kw_only=True)
class Download:
    """Fetch the clips of the benchmark from the Hugging Face hub; the same command again fetches what is missing."""

    out: Path
    """Folder for the files."""
    source: Literal["test", "evaluation"] = "test"
    """test: test.jsonl and videos/ of syCen/CameraBench; evaluation: the clips that the evaluation code downloads."""
    limit: int | None = None
    """Only the first files, by name."""
    endpoint: str | None = None
    """Address of the hub; default HF_ENDPOINT, else huggingface.co."""
    json: bool = False
    """Print the result as JSON."""


Args = Score | Evaluate | Download


def run(args: Score | Evaluate | Download) -> int:
    """Do what the arguments ask; 0 on success. Clips without a trajectory are part of the score, not an error."""
    if isinstance(args, Download):
        return _download(args)
    return _evaluate(args) if isinstance(args, Evaluate) else _score(args)


def _score(args: Score) -> int:
    from compare.benchmarks.camerabench import answers, clips, evaluate, labels, leaderboard
    from compare.cli._inputs import warn_of_other_names
    from compare.cli._progress import bar
    from compare.cli._report import print_json
    from trajectory.errors import CinetrajError
    from trajectory.files import require_folder, write_whole

    if (args.runs is None) == (args.descriptions is None):
        raise CinetrajError("give either --runs FOLDER or --descriptions FILE")
    if not args.rules:
        raise CinetrajError("no rule was given, expected apparent or authors")
    if args.descriptions is not None and args.rules != ("apparent",):
        raise CinetrajError("--rules is for --runs; descriptions were written by one: `cinetraj describe --rule`")
    require_folder(args.out)
    known = labels.read_labels(args.labels)
    rows: list[leaderboard.Row] = []
    report: dict[str, dict[str, Any]] = {}
    for rule in args.rules if args.runs else ("",):
        if args.runs is not None:
            with bar("clips", "clip", hidden=args.json) as progress:
                found = clips.clips_from_runs(args.runs, rule=rule or "apparent", progress=progress)
            if rule == args.rules[0]:
                videos = sorted(known.binary_videos | known.task_videos)
                warn_of_other_names(args.runs, found, dict.fromkeys(map(labels.clip_name, videos)))
        else:
            found, rule = _described(args)
        model = f"{args.name}-{rule}"
        rank = "amount" if rule == "authors" else args.rank
        binary = answers.write_binary(
            found, known, args.out, model=model, failures=args.failures, unknown=args.unknown, rank=rank
        )
        tasks = answers.write_tasks(found, known, args.out, model=model, unknown=args.unknown)
        result: dict[str, Any] = {"clips": binary.clips, "estimated": binary.estimated, "failures": binary.failures}
        result["task_clips"] = {"clips": tasks.clips, "estimated": tasks.estimated, "failures": tasks.failures}
        result |= {"unknown": args.unknown, "rank": rank}
        result["flagged"] = {"scores": [binary.flagged, binary.rows], "pairs": [tasks.flagged, tasks.rows]}
        result["several_shots"] = sorted(name for name, clip in found.items() if clip.shots > 1)
        if binary.files:
            result["binary"] = evaluate.evaluate_binary(binary.files, failures=args.failures)
            rows.append(
                leaderboard.our_row(
                    result["binary"], name=f"{args.name} ({rule})", clips=binary.estimated, all_clips=binary.clips
                )
            )
        if tasks.files:
            result["tasks"] = evaluate.evaluate_tasks(tasks.files, failures=args.failures)
        report[rule] = result
        path = args.out / f"evaluation_{leaderboard.safe_name(model)}.json"
        write_whole(path, json.dumps(result, indent=2))
    table = leaderboard.leaderboard(rows, known)
    leaderboard.write_leaderboard(table, args.out)
    if args.json:
        print_json(report)
    else:
        print(leaderboard.as_markdown(table))
        for rule, result in report.items():
            print(_words(rule, result, args.failures))
        print(f"written to {args.out}")
    return 0


def _described(args: Score) -> tuple[dict[str, Any], str]:
    from compare.benchmarks.camerabench.clips import clips_from_descriptions
    from trajectory.errors import CinetrajError, ReadError
    from trajectory.files import read_json

    path = args.descriptions
    assert path is not None
    content = read_json(path, remedy="write it with `cinetraj describe --json`")
    if not isinstance(content, Mapping):
        raise ReadError(path, "holds no object", remedy="write it with `cinetraj describe --json`")
    if "scores" in content and "decisions" in content:
        remedy = "describe a folder of runs, or write it as {NAME: ...}"
        raise ReadError(path, "is the description of one clip, without its name", remedy=remedy)
    found = clips_from_descriptions(cast("Mapping[str, Any]", content))
    rules = {str(clip.camera["rule"]) for clip in found.values() if clip.camera is not None}
    if len(rules) > 1:
        raise CinetrajError(f"{path} mixes the rules {', '.join(sorted(rules))}, expected one; score them separately")
    return found, rules.pop() if rules else "none"


def _words(rule: str, result: Mapping[str, Any], mode: str) -> str:
    what = "ranked last" if mode == "last" else "left out"
    missing = result["clips"] - result["estimated"]
    lines = [f"{rule}: {result['estimated']} of {result['clips']} clips have a trajectory; {missing} {what}."]
    lines += [f"  {count} x {reason}" for reason, count in list(result["failures"].items())[:5]]
    for kind, (flagged, rows) in result["flagged"].items():
        if flagged:
            unknown = " (those not known at all are NaN)" if result["unknown"] == "nan" else ""
            lines.append(f"  {flagged} of {rows} {kind} are no more than best estimates, flagged{unknown}.")
    if result["several_shots"]:
        lines.append(f"  {len(result['several_shots'])} clips of several shots are taken by their longest shot.")
    tasks = result.get("tasks")
    if tasks and "overall_binary_acc" in tasks:
        answered, every = tasks["evaluated_splits"], tasks["total_splits"]
        failed = sum(r["failures"]["with_error"] for r in tasks["results_by_split"].values())
        pairs = sum(r["failures"]["rows"] for r in tasks["results_by_split"].values())
        accuracy, questions = (100 * tasks[f"overall_{name}_acc"] for name in ("binary", "question"))
        lines.append(
            f"  tasks: {answered} of {every} answered (binary accuracy {accuracy:.1f} %, question accuracy "
            f"{questions:.1f} %; {failed} of {pairs} pairs failed, "
            f"{'counted as wrong' if mode == 'last' else 'left out'}); {len(tasks['unaddressed'])} need scene content."
        )
    return "\n".join(lines)


def _evaluate(args: Evaluate) -> int:
    from compare.benchmarks.camerabench import evaluate, score_files
    from compare.cli._report import print_json
    from trajectory.errors import ReadError
    from trajectory.files import write_whole

    binary = score_files.find_score_files(args.scores, score_files.BINARY_PATTERN)
    tasks = score_files.find_score_files(args.scores, score_files.PAIR_PATTERN)
    if not binary and not tasks:
        raise ReadError(
            args.scores,
            f"holds no {score_files.BINARY_PATTERN} and no {score_files.PAIR_PATTERN}",
            remedy="give the folder that `cinetraj camerabench score --out` or another method wrote",
        )
    result: dict[str, Any] = {}
    if binary:
        result["binary"] = evaluate.evaluate_binary(binary, failures=args.failures)
    if tasks:
        result["tasks"] = evaluate.evaluate_tasks(tasks, failures=args.failures)
    if args.out is not None:
        write_whole(args.out, json.dumps(result, indent=2))
    if args.json or args.out is None:
        print_json(result)
    else:
        print(f"written to {args.out}")
    return 0


def _download(args: Download) -> int:
    from compare.benchmarks import download
    from compare.cli._progress import bar
    from compare.cli._report import print_json

    dataset = download.CAMERABENCH_TEST if args.source == "test" else download.CAMERABENCH_VIDEOS
    with bar(dataset.repo_id, "file", hidden=args.json) as progress:
        done = download.download(
            dataset, args.out, endpoint=args.endpoint, limit=args.limit, progress=lambda i, n, _name: progress(i, n)
        )
    if args.json:
        print_json({"folder": str(done.folder), "revision": done.revision, "files": len(done.files)})
        return 0
    print(f"{len(done.files)} files, {done.bytes_total / 1e6:.0f} MB, revision {done.revision[:8]}, in {done.folder}")
    print(
        "The label files are part of the evaluation code: camerabench/data of t2v_metrics on GitHub.", file=sys.stderr
    )
    return 0
