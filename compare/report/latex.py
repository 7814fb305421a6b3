"""The leaderboard as a LaTeX table for a paper (package booktabs); what a reader has to know stands below it."""

from collections.abc import Mapping, Sequence
from typing import Any

from compare import metrics
from compare.best import best_of
from compare.counts import counted
from compare.report.stamps import called, noise_of
from compare.report.tables import leaderboard, number, on_fewer, too_narrow
from compare.rows import FAULTS
from compare.scored import Scores, records_of
from compare.uncertainty import FEWEST_CLIPS

ARROWS = {"lower": r"$\downarrow$", "higher": r"$\uparrow$", "one": r"$\to 1$", "zero": r"$\to 0$"}
SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "°": r"$^\circ$",
        "−": "$-$",
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    }
)


def to_latex(results: Scores, *, noise: Sequence[Mapping[str, Any]] = ()) -> str:
    """One table for each protocol, models in the order in which they are given.

    A mean is bold where the model is better than every other one on the clips that all have, as `compare.best.best_of`
    decides it; where nothing is decided none is.

    Args:
        noise: noise floors as JSON values: a difference below that of its protocol decides nothing.
    """
    records = records_of(results)
    stamps = {record["protocol"]["hash"]: record["protocol"] for record in records}
    return "\n".join(
        _table([record for record in records if record["protocol"]["hash"] == key], stamp, noise_of(stamp, noise))
        for key, stamp in stamps.items()
    )


def escaped(text: str) -> str:
    """Text whose signs LaTeX sets as they are."""
    return text.translate(SPECIAL)


def _table(same: Sequence[Mapping[str, Any]], stamp: Mapping[str, Any], noise: Mapping[str, float]) -> str:
    names, policy = stamp["metrics"], stamp["failures"]
    rows = leaderboard(same)
    used = [metric for metric in names if any(row[metric] is not None for row in rows)]
    best = {metric: best_of(same, metric, policy, noise=noise.get(metric)) for metric in used}
    units: dict[str, str] = {}
    for record in same:
        units |= record.get("units", {})
    head = ["Model", "Clips", *(_headed(metric, units.get(metric, "")) for metric in used)]
    lines = [
        r"\begin{table}",
        r"  \centering",
        f"  \\caption{{{_caption(rows, stamp, used, names)}}}",
        f"  \\label{{tab:{stamp['name']}-{stamp['hash'][:6]}}}",
        f"  \\begin{{tabular}}{{lr{'r' * len(used)}}}",
        r"    \toprule",
        f"    {' & '.join(head)} \\\\",
        r"    \midrule",
    ]
    for place, row in enumerate(rows):
        cells = [_cell(row, metric, bold=best[metric] == place) for metric in used]
        first = [escaped(row["model"]), f"{row['ok']}/{row['all']}"]
        lines.append(f"    {' & '.join([*first, *cells])} \\\\")
    return "\n".join([*lines, r"    \bottomrule", r"  \end{tabular}", r"\end{table}", ""])


def _headed(metric: str, unit: str) -> str:
    arrow = ARROWS[metrics.better_of(metric)] if metric in metrics.METRICS else ""
    return escaped(metric) + (f" ({escaped(unit)})" if unit else "") + (f" {arrow}" if arrow else "")


def _cell(row: Mapping[str, Any], metric: str, *, bold: bool) -> str:
    value, low, high = row[metric], row[f"{metric}_low"], row[f"{metric}_high"]
    if value is None:
        return "--"
    text = f"\\textbf{{{_set(value)}}}" if bold else _set(value)
    if low is not None:
        text += f" {{\\scriptsize [{_set(low)}, {_set(high)}]}}"
    return text + (f" {{\\scriptsize ($n={row[f'{metric}_clips']}$)}}" if on_fewer(row, metric) else "")


def _caption(
    rows: Sequence[Mapping[str, Any]], stamp: Mapping[str, Any], used: Sequence[str], names: Sequence[str]
) -> str:
    """What the numbers are: the protocol, what counts of clips without scores, and what brackets and bold mean."""
    failures = "count with the worst value" if stamp["failures"] == "worst" else "are left out"
    said = [
        f"Protocol {escaped(called(stamp))} ({stamp['hash'][:12]}): means over clips",
        f"clips without a score {failures}",
    ]
    cells = [(row, metric) for row in rows for metric in used]
    if any(row[f"{metric}_low"] is not None for row, metric in cells):
        narrow = any(too_narrow(row, metric) for row, metric in cells)
        few = f", too narrow over fewer than {FEWEST_CLIPS}" if narrow else ""
        said.append(f"in brackets 95\\% intervals over clips{few}")
    if len(rows) > 1:
        said.append("bold: better than every other model on the clips that all have")
    if any(on_fewer(row, metric) for row, metric in cells):
        said.append("$n$: clips that the mean is over, where it is fewer")
    for row in rows:
        faults = [(fault, row[f"faults_{fault}"]) for fault in FAULTS if fault != "unmatched"]
        said += [
            f"{escaped(row['model'])}: {counted(count, 'clip')} without a score by the fault of the {fault}"
            for fault, count in faults
            if count
        ]
    if lacking := [metric for metric in names if metric not in used]:
        said.append(f"no clip has a value for {escaped(', '.join(lacking))}")
    said += [f"{escaped(row['model'])}: {escaped(row['warnings'])}" for row in rows if row["warnings"]]
    return "; ".join(said) + "."


def _set(value: float) -> str:
    mantissa, _, exponent = number(value).partition("e")
    text = mantissa.replace("-", "$-$")
    return f"{text}$\\times 10^{{{int(exponent)}}}$" if exponent else text
