# pyright: basic
# (matplotlib's axes)
"""Pictures over many runs and scores, drawn on the caller's axes. Nothing here changes matplotlib's settings."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float

from compare.align import laid_on
from compare.scored import Scores, records_of
from trajectory.colors import color_of
from trajectory.components import NAMES
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory
from trajectory.plot_path import draw_path, draw_top

Table = Iterable[Mapping[str, Any]] | Any
"""Rows, or a pandas table."""
LINES = ("-", "--", "-.", ":")
"""Lines differ by more than their colour."""


def records(table: Table) -> list[dict[str, Any]]:
    """The rows of a table as dictionaries."""
    given: Any = table
    if hasattr(given, "to_dict"):
        given = given.to_dict("records")
    return [dict(row) for row in given]


def draw_paths(
    axes: Any, paths: Mapping[str, Trajectory], *, view: Literal["top", "space"] = "top", laid: bool = True
) -> None:
    """Paths over each other, from above or (on axes with projection "3d") in space.

    Args:
        view: top; or space, on axes with projection "3d".
        laid: lay all on the first by the rotation, shift and scale that fit best over the frames that both have
            (`compare.align.laid_on`).
    """
    if view not in ("top", "space"):
        raise CinetrajError(f"view is {view!r}, expected top or space")
    first = next(iter(paths.values()), None)
    for number, (name, path) in enumerate(paths.items()):
        shown = path if first is None or path is first or not laid else laid_on(first, path)
        draw = draw_top if view == "top" else draw_path
        draw(axes, shown, color=color_of(number), label=name)
    if len(paths) > 1:
        axes.legend(fontsize="small")


def draw_errors(axes: Any, results: Scores, metric: str, *, clip: str = "") -> None:
    """The error at every point of comparison against time: of one clip, or the median of all with the middle half.

    Args:
        results: one, several in a row, or by names of models, a line each; scored with `detail=True`, or saved.
        clip: whose error it is; "": of all clips, each over its own length.
    """
    axis, unit = "", ""
    for number, record in enumerate(records_of(results)):
        lines = [
            (detail, detail["errors"][metric])
            for name, detail in record.get("details", {}).items()
            if clip in ("", name) and metric in detail["errors"]
        ]
        if not lines:
            raise CinetrajError(
                f"{record['model']} has no {metric} over time{f' of {clip}' if clip else ''}; "
                "score with detail=True, and name a metric that has a value at every point"
            )
        unit = lines[0][1]["unit"]
        style = {"color": color_of(number), "linestyle": LINES[number % len(LINES)], "label": record["model"]}
        if clip:
            axis = lines[0][0].get("axis", "frames")
            axes.plot(_points(*lines[0]), _floats(lines[0][1]["values"]), **style)
            continue
        axis = "share of the clip"
        grid = np.linspace(0.0, 1.0, 101)
        curves = np.stack([_over(grid, _floats(errors["values"])) for _, errors in lines])
        known = np.isfinite(curves).any(axis=0)
        low, middle, high = np.nanpercentile(curves[:, known], (25, 50, 75), axis=0)
        axes.plot(grid[known], middle, **style)
        axes.fill_between(grid[known], low, high, color=color_of(number), alpha=0.15, lw=0)
    axes.set_xlabel({"seconds": "time [s]", "frames": "frame", "progress": "progress"}.get(axis, axis))
    axes.set_ylabel(f"{metric} [{unit}]")
    axes.legend(fontsize="small")
    axes.grid(visible=True, alpha=0.3)


def _points(detail: Mapping[str, Any], errors: Mapping[str, Any]) -> Sequence[float]:
    at, count = detail.get("at") or [], len(errors["values"])
    return at if len(at) == count else range(count)


def _floats(values: Sequence[float | None]) -> Float[np.ndarray, " k"]:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _over(grid: Float[np.ndarray, " g"], values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " g"]:
    """Values at the shares of their length, gaps kept."""
    rows = np.rint(grid * (len(values) - 1)).astype(int)
    return values[rows]


def draw_distributions(
    axes: Any, table: Table, *, value: str = "value", by: str = "motion_model", split: str = ""
) -> None:
    """How a number is distributed in each group: its quartiles, and every clip as a dot.

    Args:
        table: rows with the columns `value`, `by` and `split`; rows without a value are counted in the labels.
        by: the groups, one below the other as they come; split: within them, one colour each.

    Raises:
        CinetrajError: the table lacks one of these columns.
    """
    rows = records(table)
    known = list(dict.fromkeys(key for row in rows for key in row))
    for option, name in {"value": value, "by": by, **({"split": split} if split else {})}.items():
        if rows and name not in known:
            columns = ", ".join(map(str, known))
            raise CinetrajError(f"the table has no column {name!r}, expected one of {columns}; name it by {option}=")
    groups = list(dict.fromkeys(_said(row[by]) for row in rows))
    parts = list(dict.fromkeys(_said(row[split]) for row in rows)) if split else [""]
    height = 0.8 / len(parts)
    labels: list[str] = []
    for at, group in enumerate(groups):
        mine = [row for row in rows if _said(row[by]) == group]
        for number, part in enumerate(parts):
            values = np.array([_float(row[value]) for row in mine if not split or _said(row[split]) == part])
            known = values[np.isfinite(values)]
            y = at + (number - (len(parts) - 1) / 2) * height
            if len(known):
                box = {"positions": [y], "widths": 0.6 * height, "orientation": "horizontal", "showfliers": False}
                middle = {"color": color_of(number), "linewidth": 2}
                axes.boxplot([known], **box, manage_ticks=False, medianprops=middle)
                spread = np.linspace(-0.18, 0.18, len(known)) * height if len(known) > 1 else np.zeros(1)
                label = part if split and at == 0 else None
                axes.plot(known, y + spread, "o", color=color_of(number), alpha=0.55, markersize=3.5, label=label)
        missing = sum(not np.isfinite(_float(row[value])) for row in mine)
        labels.append(f"{group} ({len(mine) - missing}{f', {missing} without' if missing else ''})")
    axes.set_yticks(range(len(groups)), [label.replace("_", " ") for label in labels])
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.set_xlabel(value)
    if split:
        axes.legend(fontsize="small")


def _said(value: Any) -> str:
    return "not known" if value is None or value != value else str(value)


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def draw_precision(axes: Any, percent: Mapping[str, Mapping[str, float | None]], *, chance: str = "Chance") -> None:
    """Average precision by primitive: a group of bars for each, one bar a method.

    Args:
        percent: by method, average precision in percent by split (`Row.percent` of the CameraBench leaderboard).
        chance: the method that is drawn as marks instead of bars, where it is there.
    """
    methods = [name for name in percent if name != chance]
    width = 0.8 / max(1, len(methods))
    shown = [split for split in NAMES if any(percent[name].get(split) is not None for name in methods)]
    at = np.arange(len(shown))
    for number, name in enumerate(methods):
        values = [_float(percent[name].get(split)) for split in shown]
        shift = (number - (len(methods) - 1) / 2) * width
        axes.bar(at + shift, values, width=0.92 * width, color=color_of(number), label=name)
    if chance in percent:
        values = [_float(percent[chance].get(split)) for split in shown]
        axes.plot(at, values, "_", color="black", markersize=14, label=chance, linestyle="none")
    axes.set_xticks(at, [split.replace("_", " ") for split in shown], rotation=45, ha="right", fontsize="small")
    axes.set_ylim(0, 105)
    axes.set_ylabel("average precision [%]")
    axes.legend(fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, frameon=False)
    axes.grid(visible=True, axis="y", alpha=0.3)


def risk_coverage(confidence: Any, wrong: Any) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """Share of the clips, the surest first, and the share of these that is wrong (El-Yaniv and Wiener 2010).

    Clips of equal confidence come in or stay out together: among them the share grows evenly, whatever their order.

    Args:
        confidence, wrong: k numbers and k truths, as lists, arrays or columns of a table.

    Raises:
        CinetrajError: there are none, not as many of both, or it is not known of one whether it is wrong.
    """
    confidence, wrong = np.asarray(confidence, float), _verdicts(wrong)
    if len(confidence) != len(wrong) or not len(wrong):
        raise CinetrajError(f"{len(confidence)} confidences and {len(wrong)} verdicts, expected as many, at least one")
    order = np.argsort(-confidence, kind="stable")
    _, first, count = np.unique(-confidence[order], return_index=True, return_counts=True)
    each = np.add.reduceat(wrong[order].astype(float), first) / count
    mean = np.repeat(each, count)
    number = np.arange(1, len(wrong) + 1)
    return number / len(wrong), np.cumsum(mean) / number


def _verdicts(wrong: Any) -> Bool[np.ndarray, " k"]:
    """Truths; those of a table may be missing, where it is not known what the camera does."""
    given = np.asarray(wrong, dtype=object)
    unknown = sum(value is None or type(value).__name__ == "NAType" or bool(value != value) for value in given)
    if unknown:
        raise CinetrajError(
            f"of {len(given)} verdicts {unknown} are not known; leave them out first, as by table[table['yes'].notna()]"
        )
    return given.astype(bool)


def draw_risk_coverage(axes: Any, answers: Mapping[str, tuple[Any, Any]]) -> dict[str, float]:
    """Risk over coverage of several estimators: (confidence, whether wrong) of their clips by name, as `risk_coverage`.

    Returns:
        The area under each curve; lower is better.
    """
    areas: dict[str, float] = {}
    for number, (name, (confidence, wrong)) in enumerate(answers.items()):
        coverage, risk = risk_coverage(confidence, wrong)
        areas[name] = float(risk.mean())
        style = LINES[number % len(LINES)]
        axes.plot(coverage, risk, style, color=color_of(number), label=f"{name} (area {areas[name]:.3f})")
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("coverage: share of clips, the surest first")
    axes.set_ylabel("risk: share of them that is wrong")
    axes.legend(fontsize="small")
    axes.grid(visible=True, alpha=0.3)
    return areas
