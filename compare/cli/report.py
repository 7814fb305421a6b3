"""Make a page and tables of saved scores.

SCORES are folders or files that `cinetraj compare --out` wrote; a noise_floor.json of `cinetraj noise --out` beside
them is drawn as a line. The page needs no network: mail it, or open it from disk.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import tyro

from compare.cli import _report
from compare.cli._options import NOT_GIVEN
from compare.counts import counted
from trajectory.errors import CinetrajError

STRIP_FRAMES = 8
STRIP_SIDE = 160


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj report`."""

    scores: Annotated[
        tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="SCORES...", help_behavior_hint="(required)")
    ]
    """Folders or files of saved scores."""
    html: Path | None = None
    """Where to write the page."""
    csv: Path | None = None
    """Where to write the scores of every clip as CSV; - prints it, as it does the other outputs."""
    jsonl: Path | None = None
    """Where to write the scores of every clip as JSON lines."""
    markdown: Path | None = None
    """Where to write the leaderboard as Markdown; it is printed if no output is named."""
    latex: Path | None = None
    """Where to write the leaderboard as LaTeX tables (package booktabs)."""
    title: str = "Camera scores"
    """Title of the page."""
    strips: Annotated[bool, tyro.conf.arg(help_behavior_hint=NOT_GIVEN)] = True
    """Leave out the frames of the videos."""


def run(args: Args) -> int:
    """Read the scores, write what is asked for; failed clips are in all of it."""
    from compare.report import page as report
    from compare.report import tables
    from compare.report.latex import to_latex

    if not args.scores:
        raise CinetrajError("no scores given; usage: cinetraj report SCORES --html report.html")
    if (args.html, args.csv, args.jsonl, args.markdown, args.latex).count(_report.STREAM) > 1:
        raise CinetrajError("- stands for the output stream, and can be given once; name files for the other outputs")
    records: list[dict[str, Any]] = []
    floors: list[dict[str, Any]] = []
    for path in dict.fromkeys(args.scores):
        found, noise = report.load(path)
        records += [_told_apart(record, path, records) for record in found if record not in records]
        floors += noise
    if not records:
        raise CinetrajError(f"{args.scores[0]} holds a noise floor and no scores; give the folder of scores too")
    written: list[Path | None] = []
    for target, text in (
        (args.csv, lambda: tables.to_csv(tables.clip_rows(records))),
        (args.jsonl, lambda: tables.to_jsonl(tables.clip_rows(records))),
        (args.markdown, lambda: tables.to_markdown(records, noise=floors)),
        (args.latex, lambda: to_latex(records, noise=floors)),
    ):
        if target is not None:
            written.append(_report.put(target, text()))
    if args.html is not None:
        gone: dict[str, str] = {}
        thumbnails = partial(frames_of, gone=gone) if args.strips else None
        page = report.render(records, title=args.title, noise=floors, thumbnails=thumbnails)
        _tell_gone(gone)
        written.append(_report.put(args.html, page))
    if files := [str(path) for path in written if path is not None]:
        print(f"{_counted(records)}: {', '.join(files)}", file=sys.stderr if None in written else sys.stdout)
    if not written:
        print(tables.to_markdown(records, noise=floors), end="")
    return 0


def _told_apart(record: dict[str, Any], path: Path, before: list[dict[str, Any]]) -> dict[str, Any]:
    """A result; one of a model and protocol that came before is named by its folder, too."""

    def key(each: dict[str, Any]) -> tuple[str, str]:
        return each["model"], each["protocol"]["hash"]

    if key(record) not in map(key, before):
        return record
    renamed = {**record, "model": f"{record['model']} ({path})"}
    _report.warn(
        f"{path} holds other scores of {record['model']}, which came before; they are called {renamed['model']}"
    )
    return renamed


def _tell_gone(gone: Mapping[str, str]) -> None:
    """Which sources have no frames, and why the first has none: a model's clips are mostly gone together."""
    if gone:
        rest = f" (and {len(gone) - 1} more have none)" if len(gone) > 1 else ""
        _report.warn(f"no frames for the report: {next(iter(gone.values()))}{rest}")


def frames_of(source: str, gone: dict[str, str]) -> list[bytes]:
    """A few frames of a video or a folder of images as JPEG files; none, and the reason in `gone`, where it cannot be
    read."""
    import cv2
    import numpy as np

    from sfm.config import VideoConfig
    from sfm.video.reader import load

    try:
        frames = load(source, VideoConfig(long_side=STRIP_SIDE))
    except CinetrajError as error:
        gone[source] = str(error)
        return []
    chosen = np.unique(np.linspace(0, len(frames) - 1, STRIP_FRAMES).round().astype(int))
    return [
        cv2.imencode(".jpg", np.ascontiguousarray(frames.rgb[i, :, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 80])[
            1
        ].tobytes()
        for i in chosen
    ]


def _counted(records: list[dict[str, Any]]) -> str:
    def of(key: str) -> int:
        return sum(record["coverage"][key] for record in records)

    models = {record["model"] for record in records}
    protocols: Mapping[str, None] = dict.fromkeys(record["protocol"]["name"] for record in records)
    count = counted(len(models), "model")
    told = f"{count} under {', '.join(protocols)}, {of('ok')} of {of('all')} clips scored"
    return told if len(records) == 1 else f"{told} (a clip counts once for each model and protocol)"
