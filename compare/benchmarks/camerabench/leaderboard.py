# pyright: basic
# (matplotlib's savefig)
"""Our rows beside the published table: Markdown, CSV and a picture."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compare.benchmarks.camerabench.labels import SPLITS, Labels, prevalence
from compare.benchmarks.camerabench.published import PUBLISHED
from compare.markdown import plain
from trajectory.errors import CinetrajError
from trajectory.figure_files import write
from trajectory.files import write_whole

_HEADS = ("In", "Out", "Up", "Down", "Right", "Left", "ZIn", "ZOut", "PanR", "PanL", "TiltU", "TiltD", "RollCW")
HEADS = (*_HEADS, "RollCCW", "Static")
"""Short column titles in the order of `SPLITS`, as in the published table."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: average precision in percent by split; None where there is none. `kind` is ours|published|chance."""

    name: str
    kind: str
    percent: Mapping[str, float | None]
    average: float | None
    note: str = ""


def chance_row(labels: Labels) -> Row:
    """What a constant score reaches: the share of positives of every split, None where it has one class only."""
    percent: dict[str, float | None] = {split: None for split in SPLITS}
    shares = {split: prevalence(rows) for split, rows in labels.binary.items() if rows}
    percent |= {split: 100 * share for split, share in shares.items() if 0 < share < 1}
    return Row(name="Chance", kind="chance", percent=percent, average=_average(percent), note="share of positives")


def our_row(evaluation: Mapping[str, Any], *, name: str, clips: int, all_clips: int) -> Row:
    """A row from `evaluate_binary` of one method's files.

    Args:
        clips, all_clips: how many clips of the labels have a trajectory, and how many there are. A row that does not
            cover them all, or that dropped failures, says so in its name. The average is given only over all 15 splits.

    Raises:
        CinetrajError: a split occurs twice, so the files are of more than one method.
    """
    percent: dict[str, float | None] = {split: None for split in SPLITS}
    for result in evaluation["results_by_split"].values():
        split = result["split_name"]
        if split not in percent:
            raise CinetrajError(f"split {split!r} is not one of CameraBench, expected {', '.join(SPLITS)}")
        if percent[split] is not None:
            raise CinetrajError(f"split {split!r} occurs twice; evaluate the files of one method for one row")
        value = result["average_precision"]
        percent[split] = 100 * value if isinstance(value, float) else None
    parts = [] if clips == all_clips else [f"{clips} of {all_clips} clips"]
    missing = all_clips - clips
    if missing:
        parts.append(f"{missing} failed ranked last" if evaluation["failures_mode"] == "last" else "failed dropped")
    average = _average(percent)
    return Row(
        name=f"{name} ({', '.join(parts)})" if parts else name,
        kind="ours",
        percent=percent,
        average=average,
        note="" if average is not None else "no average: not all 15 splits are defined",
    )


def leaderboard(ours: Sequence[Row], labels: Labels) -> tuple[Row, ...]:
    """Ours, the published rows and chance, best average first; rows without an average come last."""
    published = [
        Row(
            name=row.name,
            kind="published",
            percent={split: row.column(split) for split in SPLITS},
            average=row.average,
            note=row.note,
        )
        for row in PUBLISHED
    ]
    rows = [*ours, *published, *([chance_row(labels)] if labels.binary else [])]
    return tuple(sorted(rows, key=lambda row: (row.average is None, -(row.average or 0.0))))


def as_markdown(rows: Sequence[Row]) -> str:
    """The table in Markdown: ours in bold, notes below it."""
    lines = [f"| method | {' | '.join(HEADS)} | Avg |", "|---|" + "---:|" * (len(HEADS) + 1)]
    for row in rows:
        cells = [_cell(row.percent.get(split)) for split in SPLITS] + [_cell(row.average)]
        shown = plain(row.name.replace("|", "/"))
        name = f"**{shown}**" if row.kind == "ours" else shown
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "Average precision in percent; higher is better. Binary splits of CameraBench."]
    lines += [f"- {plain(row.name)}: {row.note}." for row in rows if row.note]
    return "\n".join(lines) + "\n"


def as_csv(rows: Sequence[Row]) -> str:
    """The table as CSV with unrounded numbers; empty cells where nothing was published or defined."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["method", "kind", *SPLITS, "average", "note"])
    for row in rows:
        values = [*(row.percent.get(split) for split in SPLITS), row.average]
        writer.writerow([row.name, row.kind, *("" if v is None else repr(v) for v in values), row.note])
    return text.getvalue()


def plot(rows: Sequence[Row], axes: Any) -> None:
    """Draw the averages as bars and the splits as dots on a caller's matplotlib axes; no bar without an average."""
    shown = rows[::-1]
    colours = {"ours": "#c44e52", "published": "#4c72b0", "chance": "#8c8c8c"}
    for height, row in enumerate(shown):
        axes.barh(height, row.average or 0.0, color=colours[row.kind], alpha=0.75)
        dots = [value for value in row.percent.values() if value is not None]
        axes.plot(dots, [height] * len(dots), ".", color="black", markersize=3, alpha=0.5)
        axes.text(101, height, _cell(row.average), va="center")
    axes.set_yticks(range(len(shown)), [row.name for row in shown])
    axes.set_xlim(0, 100)
    axes.set_xlabel("average precision (%), mean of 15 splits; dots: splits\n–: not all splits are defined")


def write_leaderboard(rows: Sequence[Row], folder: str | Path) -> tuple[Path, Path, Path]:
    """Write leaderboard.md, leaderboard.csv and leaderboard.png into `folder`; returns the three paths."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Not pyplot: it would choose a backend for the whole process.
    figure = Figure(figsize=(9, 1 + 0.4 * len(rows)), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    plot(rows, figure.add_subplot())
    picture = io.BytesIO()
    write(figure, picture, "png")
    out = Path(folder)
    return (
        write_whole(out / "leaderboard.md", as_markdown(rows)),
        write_whole(out / "leaderboard.csv", as_csv(rows)),
        write_whole(out / "leaderboard.png", picture.getvalue()),
    )


def safe_name(name: str) -> str:
    """A method's name as part of a file name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-") or "method"


def _average(percent: Mapping[str, float | None]) -> float | None:
    values = [value for value in percent.values() if value is not None]
    return sum(values) / len(values) if len(values) == len(SPLITS) else None


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
