"""Scores as CSV, JSON lines and Markdown: the leaderboard, and one row per clip. Results may be fresh or saved ones."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from compare import metrics
from compare.scoring import Result

ARROWS = {"lower": "↓", "higher": "↑", "one": "→1", "zero": "→0"}

Scored = Result | Mapping[str, Any]
"""A result, or what `Result.save` wrote of one."""


def _record(scored: Scored) -> Mapping[str, Any]:
    return scored.record() if isinstance(scored, Result) else scored


def leaderboard(results: Sequence[Scored]) -> list[dict[str, Any]]:
    """One row per model and protocol: coverage, and per metric the value under both policies with its interval.

    Keys of a metric m: m (the protocol's policy), m_low, m_high (95 % over clips), m_drop, m_worst; None = undefined.
    """
    rows: list[dict[str, Any]] = []
    for record in map(_record, results):
        protocol, policies = record["protocol"], record["summary"]["policies"]
        row: dict[str, Any] = {
            "model": record["model"],
            "protocol": protocol["name"],
            "hash": protocol["hash"][:12],
            "ok": record["coverage"]["ok"],
            "all": record["coverage"]["all"],
            "failures": protocol["failures"],
        }
        for metric in protocol["metrics"]:
            chosen = policies[protocol["failures"]][metric]
            row[metric] = chosen["value"]
            row[f"{metric}_low"], row[f"{metric}_high"] = chosen["ci95"] or (None, None)
            row[f"{metric}_drop"] = policies["drop"][metric]["value"]
            row[f"{metric}_worst"] = policies["worst"][metric]["value"]
        row["warnings"] = "; ".join(protocol["warnings"])
        rows.append(row)
    return rows


def clip_rows(results: Sequence[Scored]) -> list[dict[str, Any]]:
    """One row per model, protocol and clip: the metrics, or why there are none; failures are rows like others."""
    rows: list[dict[str, Any]] = []
    for record in map(_record, results):
        names = record["protocol"]["metrics"]
        for name, clip in record["clips"].items():
            facts = record.get("facts", {}).get(name, {})
            failed = clip.get("failed", "")
            undefined = [f"{m}: {clip[m]['undefined']}" for m in names if isinstance(clip.get(m), Mapping)]
            row: dict[str, Any] = {
                "model": record["model"],
                "protocol": record["protocol"]["name"],
                "clip": name,
                "status": "failed" if failed else "ok",
            }
            row |= {m: None if isinstance(clip.get(m), Mapping) else clip.get(m) for m in names}
            row["reason"] = failed or "; ".join(undefined)
            row["overlap"], row["scored"] = facts.get("overlap"), facts.get("scored")
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


def to_markdown(results: Sequence[Scored]) -> str:
    """The leaderboard, one table per protocol, sorted by its first metric; both failure policies, and the intervals."""
    records = [_record(scored) for scored in results]
    parts: list[str] = []
    for stamp in {r["protocol"]["hash"]: r["protocol"] for r in records}.values():
        same = [record for record in records if record["protocol"]["hash"] == stamp["hash"]]
        names, policy = stamp["metrics"], stamp["failures"]
        rows = sorted(leaderboard(same), key=lambda row: _order(row, names[0]))
        head = [
            "model",
            "clips",
            *[f"{m} {ARROWS[metrics.better_of(m)] if m in metrics.METRICS else ''}".strip() for m in names],
        ]
        lines = [f"**{stamp['name']}** {stamp['hash'][:12]} (failures: {policy}; in brackets the other policy)", ""]
        lines += ["| " + " | ".join(head) + " |", "|" + " --- |" * 2 + " ---: |" * len(names)]
        for row in rows:
            cells = [_cell(row, metric, policy) for metric in names]
            model = row["model"] + (" ⚠" if row["warnings"] else "")
            lines.append("| " + " | ".join([model.replace("|", "\\|"), f"{row['ok']}/{row['all']}", *cells]) + " |")
        lines += [f"\n⚠ {row['model']}: {row['warnings']}" for row in rows if row["warnings"]]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _order(row: Mapping[str, Any], metric: str) -> float:
    value = row.get(metric)
    if value is None:
        return float("inf")
    better = metrics.better_of(metric)
    return {"lower": value, "higher": -value, "one": abs(value - 1), "zero": abs(value)}[better]


def _cell(row: Mapping[str, Any], metric: str, policy: str) -> str:
    value = row[metric]
    other = row[f"{metric}_{'worst' if policy == 'drop' else 'drop'}"]
    if value is None:
        return "undefined" if other is None else f"– ({_number(other)})"
    text = _number(value)
    if row[f"{metric}_low"] is not None:
        text += f" [{_number(row[f'{metric}_low'])}, {_number(row[f'{metric}_high'])}]"
    return text if other is None or other == value else f"{text} ({_number(other)})"


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) > 1e-9 else "0"
