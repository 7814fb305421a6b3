"""Why clips have no scores, each cause told once however many models and protocols met it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from compare.counts import counted, first_three
from compare.rows import ClipScores, Fault


@final
@dataclass(frozen=True, kw_only=True)
class Cause:
    """One reason and whom it met.

    Attributes:
        fault: whose failure it is.
        reason: as the rows have it, that of the first clip where they differ in the name of the clip's file alone.
        count: how many clips of the models, or references, it met.
        clips: names, each once, with how many models have it where it is more than one and each has its own.
        models: whose clips; empty where every model met it.
        protocols: under which of several it was met; empty where under all.
    """

    fault: Fault
    reason: str
    count: int
    clips: tuple[str, ...]
    models: tuple[str, ...]
    protocols: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """One line: how many of what, which, whose and why."""
        side, _, why = self.reason.partition(": ")
        under = f" under {', '.join(self.protocols)}" if self.protocols else ""
        of = (f" of {first_three(self.models)}" if self.models else "") + under
        count = self.count
        if self.fault == "unmatched":
            return f"{counted(count, 'generated clip')} without a reference{of}: {first_three(self.clips)}"
        if self.fault == "instrument" and side == "reference":
            return f"{counted(count, 'reference')} not determined{under}: {first_three(self.clips)}: {why}"
        if self.fault == "instrument" and side == "generated":
            return f"{counted(count, 'generated clip')} not determined{of}: {first_three(self.clips)}: {why}"
        if self.fault == "instrument":
            return f"{counted(count, 'pair')} not compared{of}: {first_three(self.clips)}: {self.reason}"
        why = why if side == "generated" else self.reason
        return f"{counted(count, 'clip')} failed by the model{of}: {first_three(self.clips)}: {why}"


def causes(models: Sequence[tuple[str, Mapping[str, ClipScores]]], protocols: Sequence[str] = ()) -> list[Cause]:
    """The causes among the rows of models by name, the model's own first; a model may come once per protocol.

    Args:
        models: name and rows.
        protocols: under which the rows of each are; without it no cause says under which it was met.
    """
    names = list(dict.fromkeys(name for name, _ in models))
    met: dict[tuple[Fault, str], dict[str, dict[str, None]]] = {}
    first: dict[tuple[Fault, str], str] = {}
    under: dict[tuple[Fault, str], dict[str, None]] = {}
    for (model, rows), protocol in zip(models, protocols or [""] * len(models), strict=True):
        for name, row in rows.items():
            if row.failed:
                kind = (row.fault, nameless(name, row.failed))
                first.setdefault(kind, row.failed)
                met.setdefault(kind, {}).setdefault(model, {})[name] = None
                under.setdefault(kind, {})[protocol] = None
    found: list[Cause] = []
    for key, by_model in met.items():
        fault, reason = key[0], first[key]
        clips = Counter(name for each in by_model.values() for name in each)
        who = () if len(by_model) == len(names) and fault != "model" else tuple(by_model)
        of_references = fault == "instrument" and reason.startswith("reference: ")
        count = len(clips) if of_references else sum(len(each) for each in by_model.values())
        told = (name if of_references or n == 1 else f"{name} (of {n} models)" for name, n in clips.items())
        where = () if len(under[key]) == len(set(protocols) or {""}) else tuple(under[key])
        found.append(Cause(fault=fault, reason=reason, count=count, clips=tuple(told), models=who, protocols=where))
    order: Mapping[str, int] = {"model": 0, "instrument": 1, "unmatched": 2}
    return sorted(found, key=lambda cause: order.get(cause.fault, 3))


def alike(reasons: Mapping[str, str]) -> list[tuple[list[str], str]]:
    """Clips that failed for one reason, and that reason: of the first, where only the names of their files differ.

    Args:
        reasons: of each clip by its name.
    """
    kinds: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        kinds.setdefault(nameless(name, reason), []).append(name)
    return [(names, reasons[names[0]]) for names in kinds.values()]


def nameless(name: str, reason: str) -> str:
    """The reason without the name of the clip, which is in the path of its file."""
    return reason if name not in reason else re.sub(rf"(?<![\w.-]){re.escape(name)}(?=[./:#])", "", reason)


def counts_text(counts: Mapping[str, Iterable[str]]) -> str:
    """How many clips have no scores by whose fault that is, in words; "" where all have."""
    words = {"model": "failed by the model", "instrument": "not determined by us", "unmatched": "without a reference"}
    parts = [f"{len(list(names))} {words[fault]}" for fault, names in counts.items() if list(names)]
    return ", ".join(parts)
