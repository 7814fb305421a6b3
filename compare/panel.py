"""A panel of judges: the same clips under several estimators, and what holds whichever of them is believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, final

import numpy as np

from compare.common import values_of
from compare.markdown import plain
from compare.uncertainty import paired_values
from trajectory.errors import CinetrajError

Record = Mapping[str, Any]
"""A saved result (`Result.record`)."""


@final
@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """What the judges say of two models by one metric.

    Attributes:
        by_judge: the verdict of each judge that has both models.
        holds: the verdict that all judges share; "" where they differ, or not all have both models.
    """

    metric: str
    first: str
    second: str
    by_judge: Mapping[str, str]
    holds: str


@final
@dataclass(frozen=True, kw_only=True)
class Panel:
    """The same clips under several judges.

    Attributes:
        protocol: name and hash of the protocol that all used.
        judges: their names, in order.
        metrics: of the protocol.
        units: of each metric that has a value, as the scores tell them.
        rows: one for each model, clip and metric: "values" by judge (None where it has none), their "median", and
            "disagreement", the largest difference between two.
        noise: by judge and metric, its own noise (`cinetraj noise`), where it was measured.
        verdicts: of every two models by the first three metrics.
    """

    protocol: Mapping[str, Any]
    judges: tuple[str, ...]
    metrics: tuple[str, ...]
    units: Mapping[str, str]
    rows: tuple[Mapping[str, Any], ...]
    noise: Mapping[str, Mapping[str, float]]
    verdicts: tuple[Verdicts, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "protocol": dict(self.protocol),
            "judges": list(self.judges),
            "metrics": list(self.metrics),
            "units": dict(self.units),
            "rows": [dict(row) for row in self.rows],
            "disagreement": self.disagreement(),
            "noise": {judge: dict(table) for judge, table in self.noise.items()},
            "verdicts": [
                {
                    "metric": v.metric,
                    "first": v.first,
                    "second": v.second,
                    "by_judge": dict(v.by_judge),
                    "holds": v.holds,
                }
                for v in self.verdicts
            ],
        }

    def disagreement(self) -> dict[str, float]:
        """By metric, the median over clips of the largest difference between two judges."""
        found: dict[str, float] = {}
        for metric in self.metrics:
            known = [row["disagreement"] for row in self.rows if row["metric"] == metric]
            sizes = [size for size in known if size is not None]
            if sizes:
                found[metric] = float(np.median(sizes))
        return found


def panel(judges: Mapping[str, Sequence[Record]], *, noise: Mapping[str, Mapping[str, float]] | None = None) -> Panel:
    """Lay the saved scores of several judges beside each other.

    Args:
        judges: by the judge's name, its results under one protocol, one for each model.
        noise: by judge, its own median disagreement with itself for each metric.

    Raises:
        CinetrajError: fewer than two judges, other protocols, or a model that comes twice.
    """
    if len(judges) < 2:
        raise CinetrajError(f"{len(judges)} judge is no panel, expected at least 2; give NAME=SCORES for each")
    every = [(judge, record) for judge, records in judges.items() for record in records]
    stamps = {record["protocol"]["hash"]: record["protocol"] for _, record in every}
    if len(stamps) != 1:
        names = ", ".join(sorted(f"{stamp['name']} ({key[:6]})" for key, stamp in stamps.items()))
        shared = set[str](stamps).intersection(
            *({r["protocol"]["hash"] for r in records} for records in judges.values())
        )
        known = f"name one by its hash, as --protocol {min(shared)[:6]}" if shared else ""
        remedy = known or "score the trajectories of all under one of them"
        raise CinetrajError(f"the judges used several protocols ({names}), expected one; {remedy}")
    (stamp,) = stamps.values()
    table: dict[str, dict[str, Record]] = {}
    for judge, record in every:
        models = table.setdefault(judge, {})
        if record["model"] in models:
            raise CinetrajError(f"judge {judge} has two results of {record['model']}, expected one for each model")
        models[record["model"]] = record
    names = tuple(stamp["metrics"])
    return Panel(
        protocol={"name": stamp["name"], "hash": stamp["hash"]},
        judges=tuple(judges),
        metrics=names,
        units={metric: unit for _, record in every for metric, unit in record.get("units", {}).items()},
        rows=tuple(_rows(table, names)),
        noise=noise or {},
        verdicts=tuple(_verdicts(table, names[:3], stamp["failures"], noise or {})),
    )


def _rows(table: Mapping[str, Mapping[str, Record]], names: Sequence[str]) -> list[dict[str, Any]]:
    models = list(dict.fromkeys(model for records in table.values() for model in records))
    found: list[dict[str, Any]] = []
    for model in models:
        mine = {judge: records[model]["clips"] for judge, records in table.items() if model in records}
        for clip in dict.fromkeys(name for clips in mine.values() for name in clips):
            for metric in names:
                values = {judge: _number(clips.get(clip, {}).get(metric)) for judge, clips in mine.items()}
                known = [value for value in values.values() if value is not None]
                found.append(
                    {
                        "model": model,
                        "clip": clip,
                        "metric": metric,
                        "values": {judge: values.get(judge) for judge in table},
                        "median": float(np.median(known)) if known else None,
                        "disagreement": max(known) - min(known) if len(known) > 1 else None,
                    }
                )
    return found


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _verdicts(
    table: Mapping[str, Mapping[str, Record]],
    names: Sequence[str],
    policy: str,
    noise: Mapping[str, Mapping[str, float]],
) -> list[Verdicts]:
    models = list(dict.fromkeys(model for records in table.values() for model in records))
    found: list[Verdicts] = []
    for first, second in combinations(models, 2):
        for metric in names:
            said: dict[str, str] = {}
            for judge, records in table.items():
                if first not in records or second not in records:
                    continue
                a, b = (values_of(records[model], metric, policy) for model in (first, second))
                if a.keys() & b.keys():
                    floor = noise.get(judge, {}).get(metric)
                    said[judge] = paired_values(a, b, metric, names=(first, second), noise=floor).verdict
            if said:
                kinds = {"cannot tell" if v.startswith("cannot tell") else v for v in said.values()}
                holds = kinds.pop() if len(kinds) == 1 and len(said) == len(table) else ""
                found.append(Verdicts(metric=metric, first=first, second=second, by_judge=said, holds=holds))
    return found


def to_markdown(found: Panel) -> str:
    """The clips under every judge, how far these are apart, and which conclusions hold under all of them."""
    judges = found.judges
    lines = [f"**{found.protocol['name']}** {found.protocol['hash'][:12]}: {len(judges)} judges", ""]
    lines += ["| model | clip | metric | " + " | ".join(map(plain, judges)) + " | disagreement |"]
    lines += ["|" + " --- |" * 3 + " ---: |" * (len(judges) + 1)]
    for row in found.rows:
        if row["median"] is None:
            continue
        cells = [_cell(row["values"][judge]) for judge in judges]
        head = [plain(str(row[key])) for key in ("model", "clip", "metric")]
        lines.append("| " + " | ".join([*head, *cells, _cell(row["disagreement"])]) + " |")
    apart = found.disagreement()
    lines += [
        "",
        "| metric | median disagreement | " + " | ".join(f"noise of {plain(judge)}" for judge in judges) + " |",
    ]
    lines += ["| --- |" + " ---: |" * (len(judges) + 1)]
    for metric in found.metrics:
        if metric in apart:
            own = [_cell(found.noise.get(judge, {}).get(metric)) for judge in judges]
            unit = found.units.get(metric, "")
            lines.append(
                f"| {metric}{f', {unit}' if unit else ''} | {_cell(apart[metric])} | " + " | ".join(own) + " |"
            )
    lines += [""]
    for v in found.verdicts:
        apart_words = ", ".join(f"{judge}: {verdict}" for judge, verdict in v.by_judge.items())
        if v.holds:
            said = f"{v.holds} (all {len(judges)} judges)"
        elif len(v.by_judge) < len(judges):
            said = f"{len(v.by_judge)} of {len(judges)} judges have both ({apart_words})"
        else:
            said = f"the judges differ ({apart_words})"
        lines.append("- " + plain(f"{v.first} and {v.second} by {v.metric}: {said}"))
    return "\n".join(lines) + "\n"


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
