"""Scores as CSV, JSON lines and Markdown: the leaderboard, and one row per clip. Results may be fresh or saved ones."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from compare import metrics
from compare.best import mean_badness
from compare.common import clips_of, common_clips, common_mean, values_of
from compare.counts import counted
from compare.markdown import plain
from compare.report.stamps import called, noise_of
from compare.rows import FAULTS
from compare.scored import Scores, records_of
from compare.uncertainty import FEWEST_CLIPS, paired_values

ARROWS = {"lower": "↓", "higher": "↑", "one": "→1", "zero": "→0"}

OFF = {"one": "how far from 1 (size of the logarithm)", "zero": "how far from 0"}
"""What is subtracted of two models where the good value is no bound."""

FEWER = (
    "(n clips): the mean is over n of the model's clips, those that all models have a value for (a model without any "
    "keeps none out); it may differ from the mean over all clips of the model"
)
FEWER_ALONE = "(n clips): the mean is over n of the model's clips, those that have a value"


def leaderboard(results: Scores) -> list[dict[str, Any]]:
    """One row per model and protocol: coverage, faults, and per metric the value under both policies with its interval.

    Models under one protocol are compared on the clips that all of them have a value for. Keys: faults_model,
    faults_instrument, faults_unmatched (clips without scores), clips (what a mean could be over); of a metric m: m (the
    protocol's policy), m_low, m_high (95 % over clips), m_clips (what it is over), m_drop, m_worst; None = undefined.
    """
    rows: list[dict[str, Any]] = []
    records = records_of(results)
    for record in records:
        protocol = record["protocol"]
        same = [other for other in records if other["protocol"]["hash"] == protocol["hash"]]
        faults = record["summary"].get("faults", {})
        row: dict[str, Any] = {
            "model": record["model"],
            "protocol": protocol["name"],
            "hash": protocol["hash"][:12],
            "ok": record["coverage"]["ok"],
            "all": record["coverage"]["all"],
            **{f"faults_{fault}": len(faults.get(fault, [])) for fault in FAULTS},
            "failures": protocol["failures"],
            "clips": clips_of(record, protocol["failures"]),
        }
        for metric in protocol["metrics"]:
            means = {policy: common_mean(record, same, metric, policy) for policy in ("drop", "worst")}
            chosen = means[protocol["failures"]]
            row[metric] = chosen["value"]
            row[f"{metric}_low"], row[f"{metric}_high"] = chosen["ci95"] or (None, None)
            row[f"{metric}_clips"] = chosen["clips"]
            row[f"{metric}_drop"], row[f"{metric}_worst"] = (means[policy]["value"] for policy in ("drop", "worst"))
        row["warnings"] = "; ".join(protocol["warnings"])
        rows.append(row)
    return rows


def clip_rows(results: Scores) -> list[dict[str, Any]]:
    """One row per model, protocol and clip: the metrics, or why there are none; failures are rows like others."""
    rows: list[dict[str, Any]] = []
    for record in records_of(results):
        names, units = record["protocol"]["metrics"], record.get("units", {})
        for name, clip in record["clips"].items():
            facts = record.get("facts", {}).get(name, {})
            told = record.get("rows", {}).get(name, {})
            failed = clip.get("failed", "")
            undefined = [f"{m}: {clip[m]['undefined']}" for m in names if isinstance(clip.get(m), Mapping)]
            row: dict[str, Any] = {
                "model": record["model"],
                "protocol": record["protocol"]["name"],
                "hash": record["protocol"]["hash"][:12],
                "clip": name,
                "status": "failed" if failed else "ok",
                "fault": told.get("fault", ""),
            }
            row |= {m: None if isinstance(clip.get(m), Mapping) else clip.get(m) for m in names}
            for metric, interval in told.get("intervals", {}).items():
                row[f"{metric}_low"], row[f"{metric}_high"] = interval["low"], interval["high"]
            row["reason"] = failed or "; ".join(undefined)
            row |= {key: facts.get(key) for key in ("compared", "speed_ratio", "overlap", "scored")}
            row["units"] = "" if failed else "; ".join(f"{m} {units[m]}" for m in names if units.get(m))
            row["notes"] = "; ".join(told.get("notes", []))
            rows.append(row)
    return rows


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV with a head; None is an empty cell."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def to_jsonl(rows: Sequence[Mapping[str, Any]]) -> str:
    """One JSON object per line; no NaN."""
    return "".join(json.dumps(dict(row), allow_nan=False, ensure_ascii=False) + "\n" for row in rows)


def to_markdown(results: Scores, *, noise: Sequence[Mapping[str, Any]] = ()) -> str:
    """The leaderboard, one table per protocol, sorted by its first metric; both failure policies, and the intervals.

    Args:
        noise: noise floors as JSON values: a difference below that of its protocol decides nothing.
    """
    records = records_of(results)
    parts: list[str] = []
    for stamp in {r["protocol"]["hash"]: r["protocol"] for r in records}.values():
        same = [record for record in records if record["protocol"]["hash"] == stamp["hash"]]
        names, policy = stamp["metrics"], stamp["failures"]
        found = zip(same, leaderboard(same), strict=True)
        rows = [row for _, row in sorted(found, key=lambda one: _order(one[0], same, names[0], policy))]
        head = [
            "model",
            "clips",
            "model / instrument / unmatched",
            *[f"{m} {ARROWS[metrics.better_of(m)] if m in metrics.METRICS else ''}".strip() for m in names],
        ]
        lines = [f"**{called(stamp)}** {stamp['hash'][:12]} (failures: {policy}{_brackets(rows, names, policy)})", ""]
        lines += ["| " + " | ".join(head) + " |", "|" + " --- |" * 3 + " ---: |" * len(names)]
        for row in rows:
            cells = [_cell(row, metric, policy) for metric in names]
            model = plain(row["model"]) + (" ⚠" if row["warnings"] else "")
            faults = " / ".join(str(row[f"faults_{fault}"]) for fault in FAULTS)
            first = [model, f"{row['ok']}/{row['all']}", faults]
            lines.append("| " + " | ".join([*first, *cells]) + " |")
        lines += _units(same, names) + _few(rows, names)
        if any(on_fewer(row, metric) for row in rows for metric in names):
            lines += ["", FEWER_ALONE if len(same) == 1 else FEWER]
        if len(same) > 1:
            lines += ["", *_conclusions(same, names[0], policy, noise_of(stamp, noise).get(names[0]))]
        lines += [f"\n⚠ {plain(row['model'])}: {row['warnings']}" for row in rows if row["warnings"]]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def on_fewer(row: Mapping[str, Any], metric: str) -> bool:
    """Whether the mean of a row of the leaderboard is over fewer clips than the model has."""
    return row[metric] is not None and row[f"{metric}_clips"] < row["clips"]


def too_narrow(row: Mapping[str, Any], metric: str) -> bool:
    """Whether the interval of a row of the leaderboard is over too few clips to be trusted."""
    return row[f"{metric}_low"] is not None and row[f"{metric}_clips"] < FEWEST_CLIPS


def _units(records: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """In what the numbers of a table are, where the scores tell it."""
    found: dict[str, str] = {}
    for record in records:
        found |= {metric: unit for metric, unit in record.get("units", {}).items() if unit}
    told = [f"{metric} {found[metric]}" for metric in names if metric in found]
    return ["", f"units: {', '.join(told)}"] if told else []


def _few(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """That intervals over few clips are too sure of themselves, where there are such."""
    cells = [(row, metric) for row in rows for metric in names]
    if not any(too_narrow(row, metric) for row, metric in cells):
        return []
    return [
        "",
        f"[square brackets] over fewer than {FEWEST_CLIPS} clips are too narrow; of two they are their values",
    ]


def _conclusions(
    records: Sequence[Mapping[str, Any]], metric: str, policy: str, noise: float | None = None
) -> list[str]:
    """On which clips the models were compared, and what these decide by the first metric."""
    clips = common_clips(records, metric, policy)
    able = sum(bool(values_of(record, metric, policy)) for record in records)
    if able < 2:
        return [f"{able} of {len(records)} models has a value for {metric}: there is nothing to compare"]
    lines: list[str] = []
    for first, second in combinations(records, 2):
        a, b = (values_of(record, metric, policy) for record in (first, second))
        if not a.keys() & b.keys():
            continue
        names = (str(first["model"]), str(second["model"]))
        found = paired_values(a, b, metric, names=names, noise=noise)
        interval = "" if found.interval is None else " [" + ", ".join(map(number, found.interval)) + "]"
        what = f"{names[0]} − {names[1]}" + (f", {OFF[better]}" if (better := metrics.better_of(metric)) in OFF else "")
        said = f"{what}: {number(found.difference)}{interval} on {counted(found.clips, 'clip')}: {found.verdict}"
        lines.append("- " + plain(said))
    if clips:
        return [f"{able} models on {counted(len(clips), 'clip')} that all have, by {metric}:", "", *lines]
    head = f"no clip with a value for {metric} is common to all of the {able} models"
    return [f"{head}; by those that two have:", "", *lines] if lines else [f"{head}: there is nothing to compare"]


def _order(record: Mapping[str, Any], same: Sequence[Mapping[str, Any]], metric: str, policy: str) -> float:
    size = mean_badness(record, same, metric, policy)
    return float("inf") if size is None else size


def _brackets(rows: Sequence[Mapping[str, Any]], names: Sequence[str], policy: str) -> str:
    """What the brackets of a table are, of those that it has."""
    cells = [(row, metric) for row in rows for metric in names]
    said = ""
    if any(row[metric] is not None and row[f"{metric}_low"] is not None for row, metric in cells):
        said += "; [square brackets]: 95 % over clips"
    if any(_other(row, metric, policy) is not None for row, metric in cells):
        said += f"; (round brackets): failures under {_other_policy(policy)}"
    return said


def _other_policy(policy: str) -> str:
    return "worst" if policy == "drop" else "drop"


def _other(row: Mapping[str, Any], metric: str, policy: str) -> float | None:
    """The value under the other policy, where it is another one."""
    other = row[f"{metric}_{_other_policy(policy)}"]
    return None if other == row[metric] else other


def _cell(row: Mapping[str, Any], metric: str, policy: str) -> str:
    value, other = row[metric], _other(row, metric, policy)
    if value is None:
        return "undefined" if other is None else f"– ({number(other)})"
    text = number(value)
    if row[f"{metric}_low"] is not None:
        text += f" [{number(row[f'{metric}_low'])}, {number(row[f'{metric}_high'])}]"
    text = text if other is None else f"{text} ({number(other)})"
    return f"{text} ({counted(row[f'{metric}_clips'], 'clip')})" if on_fewer(row, metric) else text


def number(value: float) -> str:
    """As tables print it: four digits, and 0 for what is only rounding."""
    return f"{value:.4g}" if abs(value) > 1e-9 else "0"
