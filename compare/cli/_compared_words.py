"""What `cinetraj compare` prints of one model under one protocol."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from compare.cli import _report
from compare.counts import counted

if TYPE_CHECKING:
    from compare.scoring import Result


def words(result: "Result") -> str:
    """A row for each clip, the summary below, and how many clips it stands on."""
    from compare.causes import counts_text
    from compare.counts import first_three
    from compare.notes import merged
    from compare.summary import worst_value

    said = result.to_json()
    protocol: Mapping[str, Any] = said["protocol"]
    metrics = list(result.protocol.metrics)
    head = f"{result.model} under {protocol['name']} (time {protocol['time']}, scale {protocol['scale']}, "
    head += f"angles in {protocol['angle']}, {protocol['hash'][:8]})"
    rows = _rows(said, metrics)
    lines = [head, "", _report.table(rows, right=tuple(range(1, len(rows[0])))), ""]
    if any(told.get("intervals") for told in said["rows"].values()):
        lines += ["values with brackets are medians, the brackets 5 to 95 %, over what the estimates leave open", ""]
    if any(cell.endswith(")") for cell in rows[-1]):
        lines += ["(n) behind a mean: it is over n clips, those that have a value", ""]
    lines += [*undefined, ""] if (undefined := _undefined(said, metrics)) else []
    coverage, summary = said["coverage"], said["summary"]
    lines += [*_groups(summary["groups"], metrics), ""] if "groups" in summary else []
    apart = counts_text(summary["faults"])
    scored = f"{coverage['ok']} of {coverage['all']} clips scored" + (f"; {apart}" if apart else "")
    lines.append(f"{scored}; failures: {protocol['failures']}")
    if summary["faults"]["model"]:
        for policy, table in summary["policies"].items():
            means = ", ".join(f"{m} {_number(t['value'])}" for m, t in table.items() if t["value"] is not None)
            lines.append(f"failures under {policy}: {means or 'nothing to average'}")
        if all(worst_value(metric, result.protocol, 1) is None for metric in metrics):
            lines.append("failures are charged nothing under worst: the metrics of this protocol have no worst value")
    published = {m: value for m, value in summary.get("published", {}).items() if value is not None}
    if published:
        how = "mean of rounded values" if result.protocol.method == "cinetechbench" else "of the means of its parts"
        lines.append(f"as published ({how}): " + ", ".join(f"{k} {v:.4g}" for k, v in published.items()))
    told = merged({name: clip.notes for name, clip in result.clips.items()})
    lines += [f"note: {note}" for note in result.protocol.notes]
    lines += sorted(f"note: {note} ({first_three(names)})" for note, names in told)
    return "\n".join(lines)


def _rows(said: Mapping[str, Any], metrics: list[str]) -> list[list[str]]:
    """The table of the clips: what was compared, each metric with its interval, or whose fault there is none."""
    rows = [["clip", "compared", *metrics]]
    for name, scores in said["clips"].items():
        told: Mapping[str, Any] = said["rows"][name]
        if "failed" in scores:
            rows.append([name, "", told["fault"] or "failed", *[""] * (len(metrics) - 1)])
            continue
        share = told["compared"]
        cells = [_number(scores.get(metric)) + _interval(told["intervals"].get(metric)) for metric in metrics]
        rows.append([name, "" if share is None else f"{share:.0%}", *cells])
    summary = said["summary"]
    over = summary["policies"][said["protocol"]["failures"]]
    clips = max(over[metric]["clips"] for metric in metrics)  # the first metric may be undefined in all of them
    means = [_number(summary.get(metric)) + _on_fewer(said, metric, clips) for metric in metrics]
    return [*rows, [f"mean of {counted(clips, 'clip')}", "", *means]]


def _on_fewer(said: Mapping[str, Any], metric: str, clips: int) -> str:
    """As " (7)" behind a mean that is over other clips than the others."""
    over = said["summary"]["policies"][said["protocol"]["failures"]][metric]["clips"]
    return "" if over == clips or said["summary"].get(metric) is None else f" ({over})"


def _undefined(said: Mapping[str, Any], metrics: list[str]) -> list[str]:
    """A line for each reason why metrics have no value, with the clips that it met."""
    from compare.counts import first_three

    met: dict[tuple[str, str], list[str]] = {}
    for name, scores in said["clips"].items():
        for metric in metrics:
            value: dict[str, str] | float = scores.get(metric, 0.0)
            if isinstance(value, dict):
                met.setdefault((metric, value["undefined"]), []).append(name)
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (metric, why), names in met.items():
        alike.setdefault((why, tuple(names)), []).append(metric)
    return [f"undefined: {', '.join(which)}: {why} ({first_three(names)})" for (why, names), which in alike.items()]


def _groups(told: Mapping[str, Mapping[str, int | float]], metrics: list[str]) -> list[str]:
    """A row for each group of steps, and for each action."""
    rows = [["steps of", "clips", "steps", *metrics]]
    for name, one in told.items():
        rows.append([name, str(one["clips"]), str(one["count"]), *(_number(one.get(m)) for m in metrics)])
    return [_report.table(rows, right=tuple(range(1, len(rows[0])))), "means over clips; act: is a single action"]


def _interval(interval: Mapping[str, float] | None) -> str:
    return "" if interval is None else f" [{interval['low']:.3g}, {interval['high']:.3g}]"


def _number(value: Any) -> str:
    if isinstance(value, Mapping):
        return "undefined"
    return "" if value is None else f"{value:.4f}"
