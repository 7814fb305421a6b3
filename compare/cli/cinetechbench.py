"""CineTechBench: cut its clips out of your own films; answer its camera-movement questions from runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Clips:
    """Cut the annotated clips out of your source films, frame-exactly.

    mm:ss is the clock of the film, ff counts frames of that second at the film's real rate (23.976 included), the end
    is exclusive. Clips that are there are kept, but for those that clips.json says are of other frames; it lists the
    frames of each clip, or why it could not be cut.
    """

    annotations: Path
    """video_annotation.json of the benchmark."""
    sources: Path
    """Folder of your films, named as the annotations name them (video_name; the suffix may differ)."""
    out: Path
    """Folder for the clips."""
    count_fps: str | None = None
    """Rate at which ff was counted, if not the film's own: a number or a fraction such as 24000/1001."""
    crf: int = 18
    """Quality of H.264: 0 is lossless, 18 as the authors cut."""
    overwrite: bool = False
    """Cut again what is there."""
    json: bool = False
    """Print clips.json."""


@dataclass(frozen=True, kw_only=True)
class Qa:
    """Answer the multiple-choice questions on camera movement from the camera paths of runs.

    Accuracy by group over all questions; clips without a trajectory count as wrong and are listed.
    """

    annotations: Path
    """video_annotation.json of the benchmark."""
    runs: Path
    """Folder of runs (NAME/run.json), named after the clips."""
    out: Path | None = None
    """Folder for results.json and summary.json."""
    json: bool = False
    """Print the summary as JSON."""


@dataclass(frozen=True, kw_only=True)
class Download:
    """Fetch the annotations from the Hugging Face hub (the films are yours to get)."""

    out: Path
    """Folder for the files."""
    endpoint: str | None = None
    """Address of the hub; default HF_ENDPOINT, else huggingface.co."""


Args = Clips | Qa | Download


def run(args: Clips | Qa | Download) -> int:
    """Do what the arguments ask; 0 on success, 1 where some clips could not be cut or answered for."""
    if isinstance(args, Clips):
        return _clips(args)
    return _qa(args) if isinstance(args, Qa) else _download(args)


def _clips(args: Clips) -> int:
    from compare.benchmarks.cinetechbench import clips as rule
    from compare.cli._progress import bar
    from compare.cli._report import print_json
    from trajectory.errors import CinetrajError
    from trajectory.files import require_folder, write_whole

    require_folder(args.out)
    if not args.sources.is_dir():
        raise CinetrajError(f"{args.sources} is no folder; give the folder of your source films")
    if not 0 <= args.crf <= 51:
        raise CinetrajError(f"crf is {args.crf}, expected 0 to 51")
    annotations = rule.read_annotations(args.annotations)
    earlier = _cut_before(args.out / "clips.json")
    report: dict[str, dict[str, Any]] = {}
    with bar("clips", "clip", hidden=args.json) as progress:
        for number, annotation in enumerate(annotations, start=1):
            if annotation.video_name in report:
                raise CinetrajError(
                    f"{args.annotations} has two entries named {annotation.video_name}, expected one: their clips "
                    "would be one file"
                )
            try:
                report[annotation.video_name] = _cut_one(args, annotation, earlier.get(annotation.video_name))
            except CinetrajError as error:
                # One film that is missing or broken is a line of the report; the others are cut.
                report[annotation.video_name] = {"failed": str(error)}
            progress(number, len(annotations))
    done = sum("failed" not in entry for entry in report.values())
    absent = [a for a in annotations if rule.find_source(args.sources, a) is None]
    missing = {"all": [a.video_name for a in absent], "gone_from_host": [a.video_name for a in absent if a.gone]}
    result = {"clips": report, "coverage": {"ok": done, "all": len(report)}, "missing_sources": missing}
    write_whole(args.out / "clips.json", json.dumps(result, indent=2, ensure_ascii=False))
    if args.json:
        print_json(result)
    else:
        for name, entry in report.items():
            print(f"{name}: {_words(entry)}")
        print(f"{done} of {len(report)} clips are in {args.out}")
        if absent:
            gone = (
                f" ({len(missing['gone_from_host'])} of them gone from their host)" if missing["gone_from_host"] else ""
            )
            lacking = "1 film is" if len(absent) == 1 else f"{len(absent)} films are"
            print(f"{lacking} missing{gone}: {', '.join(missing['all'])}")
    return 0 if done == len(report) else 1


def _cut_before(record: Path) -> dict[str, tuple[Any, Any, Any]]:
    """The film and the frames of each clip that an earlier call cut; empty where nothing tells."""
    from trajectory.errors import ReadError
    from trajectory.files import read_json

    try:
        content: Any = read_json(record, remedy="cut the clips again")
        return {name: _frames_of(entry) for name, entry in content["clips"].items() if "failed" not in entry}
    except (ReadError, AttributeError, KeyError, TypeError):
        return {}


def _frames_of(entry: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return Path(entry["source"]).name, entry["start_frame"], entry["end_frame"]


def _cut_one(args: Clips, annotation: Any, earlier: tuple[Any, Any, Any] | None) -> dict[str, Any]:
    from compare.benchmarks.cinetechbench.clips import clip_frames, find_source
    from sfm.video.trim import cut, frame_table
    from trajectory.errors import CinetrajError

    source = find_source(args.sources, annotation)
    if source is None:
        link = (
            "its link in the annotations is known to be dead" if annotation.gone else "see its link in the annotations"
        )
        raise CinetrajError(f"no film named {annotation.video_name} in {args.sources}; {link}")
    target = args.out / f"{annotation.name}.mp4"
    if target.resolve() == source.resolve():
        raise CinetrajError(f"the clip would replace its own source {source}; choose another --out")
    table = frame_table(source)
    first, end = clip_frames(
        annotation, table.time_s, rate=table.rate, tick_s=table.tick_s, count_fps=_rate(args.count_fps)
    )
    entry = {"source": str(source), "start_frame": first, "end_frame": end, "frames": end - first}
    entry |= {"start_s": float(table.time_s[first]), "rate": str(table.rate)}
    if target.exists() and not args.overwrite and earlier in (None, _frames_of(entry)):
        return {**entry, "clip": str(target), "kept": True}
    cut(source, target, start=first, stop=end, table=table, crf=args.crf)
    return {**entry, "clip": str(target), "kept": False}


def _rate(text: str | None) -> Any:
    from fractions import Fraction

    from trajectory.errors import CinetrajError

    if text is None:
        return None
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate <= 0:
        raise CinetrajError(f"count-fps is {text!r}, expected a positive number or fraction such as 24000/1001")
    return rate


def _words(entry: Mapping[str, Any]) -> str:
    if "failed" in entry:
        return f"failed: {entry['failed']}"
    frames = f"frames {entry['start_frame']} to {entry['end_frame'] - 1} of {Path(entry['source']).name}"
    return frames + (" (was there)" if entry["kept"] else "")


def _qa(args: Qa) -> int:
    from compare.benchmarks.camerabench.clips import clips_from_runs
    from compare.benchmarks.cinetechbench import questions as qa
    from compare.benchmarks.cinetechbench.clips import read_annotations
    from compare.cli._inputs import warn_of_other_names
    from compare.cli._progress import bar
    from compare.cli._report import print_json
    from trajectory.files import require_folder, write_whole

    if args.out is not None:
        require_folder(args.out)
    annotations = read_annotations(args.annotations)
    with bar("clips", "clip", hidden=args.json) as progress:
        clips = clips_from_runs(args.runs, progress=progress)
    answers = qa.answer_questions(annotations, clips)
    summary = qa.summarise(answers)
    if args.out is not None:
        results = {"Results": [answer.to_json() for answer in answers]}
        write_whole(args.out / "results.json", json.dumps(results, indent=2, ensure_ascii=False))
        write_whole(args.out / "summary.json", json.dumps(summary, indent=2, ensure_ascii=False))
    warn_of_other_names(args.runs, clips, dict.fromkeys(annotation.name for annotation in annotations))
    coverage = summary["coverage"]
    failed = coverage["all"] - coverage["ok"]
    if args.json:
        print_json(summary)
    else:
        print(qa.as_markdown(summary))
        print(f"{failed} of {coverage['all']} questions failed and count as wrong")
        for name, reason in list(summary["failed"].items())[:10]:
            print(f"  {name}: {reason}")
    return 1 if failed else 0


def _download(args: Download) -> int:
    from compare.benchmarks import download
    from compare.cli._progress import bar

    with bar(download.CINETECHBENCH.repo_id, "file") as progress:
        done = download.download(
            download.CINETECHBENCH, args.out, endpoint=args.endpoint, progress=lambda i, n, _name: progress(i, n)
        )
    print(f"{len(done.files)} files, revision {done.revision[:8]}, in {done.folder}")
    return 0
