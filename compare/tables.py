"""Scores as CSV, JSON lines and Markdown: the leaderboard, and one row per clip."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compare.intervals import bootstrap_interval
from compare.metrics import METRICS
from compare.scoring import Result
from compare.summary import values

ARROWS = {"lower": "↓", "higher": "↑", "one": "→1", "zero": "→0"}


def leaderboard(results: Sequence[Result]) -> list[dict[str, Any]]:
    """One row per model and protocol: coverage, and per metric the value under both policies with its interval.

    Keys of a metric m: m (the protocol's policy), m_low, m_high (95 % over clips), m_drop, m_worst; None = undefined.
    """
    rows: list[dict[str, Any]] = []
    for result in results:
        row: dict[str, Any] = {
            "model": result.model,
            "protocol": result.protocol.name,
            "hash": result.protocol.stamp()["hash"][:12],
            "ok": result.coverage["ok"],
            "all": result.coverage["all"],
            "failures": result.protocol.failures,
        }
        for metric in result.protocol.metrics:
            for policy in ("drop", "worst"):
                found = np.array(list(values(result.clips, metric, result.protocol, policy).values()))
                row[f"{metric}_{policy}"] = float(found.mean()) if len(found) else None
                if policy == result.protocol.failures:
                    interval = bootstrap_interval(found)
                    row[metric] = row[f"{metric}_{policy}"]
                    row[f"{metric}_low"], row[f"{metric}_high"] = interval if interval else (None, None)
        row["warnings"] = "; ".join(result.warnings)
        rows.append(row)
    return rows


def clip_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """One row per model, protocol and clip: the metrics, or why there are none; failures are rows like others."""
    rows: list[dict[str, Any]] = []
    for result in results:
        for name, clip in result.clips.items():
            row: dict[str, Any] = {"model": result.model, "protocol": result.protocol.name, "clip": name}
            row["status"] = "failed" if clip.failed else "ok"
            undefined: list[str] = []
            for metric in result.protocol.metrics:
                score = clip.scores.get(metric)
                row[metric] = None if score is None else score.value
                if score is not None and score.undefined:
                    undefined.append(f"{metric}: {score.undefined}")
            row["reason"] = clip.failed or "; ".join(undefined)
            row["overlap"] = clip.facts.get("overlap")
            row["scored"] = clip.facts.get("scored")
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


def to_markdown(results: Sequence[Result]) -> str:
    """The leaderboard, one table per protocol, sorted by its first metric; both failure policies, and the intervals."""
    parts: list[str] = []
    for name in dict.fromkeys(result.protocol.name for result in results):
        same = [result for result in results if result.protocol.name == name]
        metrics = same[0].protocol.metrics
        rows = sorted(leaderboard(same), key=lambda row: _order(row, metrics[0]))
        head = [
            "model",
            "clips",
            *[f"{m} {ARROWS[METRICS[m].better] if m in METRICS else ''}".strip() for m in metrics],
        ]
        lines = [f"**{name}** (failures: {same[0].protocol.failures}; in brackets the other policy)", ""]
        lines += ["| " + " | ".join(head) + " |", "|" + " --- |" * 2 + " ---: |" * len(metrics)]
        for row in rows:
            cells = [_cell(row, metric, same[0].protocol.failures) for metric in metrics]
            model = row["model"] + (" ⚠" if row["warnings"] else "")
            lines.append("| " + " | ".join([model.replace("|", "\\|"), f"{row['ok']}/{row['all']}", *cells]) + " |")
        lines += [f"\n⚠ {r.model}: {warning}" for r in same for warning in r.warnings]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _order(row: Mapping[str, Any], metric: str) -> float:
    value = row.get(metric)
    if value is None:
        return float("inf")
    better = METRICS[metric].better if metric in METRICS else "lower"
    return -value if better == "higher" else abs(value - 1) if better == "one" else value


def _cell(row: Mapping[str, Any], metric: str, policy: str) -> str:
    value = row[metric]
    other = row[f"{metric}_{'worst' if policy == 'drop' else 'drop'}"]
    if value is None:
        return "undefined" if other is None else f"– ({other:.4g})"
    text = f"{value:.4g}"
    if row[f"{metric}_low"] is not None:
        text += f" [{row[f'{metric}_low']:.4g}, {row[f'{metric}_high']:.4g}]"
    return text if other is None or other == value else f"{text} ({other:.4g})"
