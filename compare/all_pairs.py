"""How alike the paths of a set are: every one against every other one, duplicates and near misses."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float

from compare import metrics, protocols
from compare.causes import alike
from compare.counts import counted, first_three
from compare.pair_scores import metric_of
from compare.posterior_scores import Candidates, score_posteriors_each
from compare.protocols import Protocol
from compare.report.heat_map import heat_map
from compare.rows import PairScores
from compare.score_match import FRAMES_AT_ONCE
from compare.sources import Source, clips
from compare.uncertainty import off_ideal
from trajectory.errors import CinetrajError
from trajectory.files import write_whole
from trajectory.model import Trajectory
from trajectory.posterior import Posterior, alone

DUPLICATE, NEAR = 1e-4, 0.02
"""Shares of the worst value of a metric: below the first two paths are the same but for printed digits, below the
second they are one move with small changes (3.6° of 180°)."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class AllPairs:
    """A metric between every two clips of a set.

    Attributes:
        names: of the n clips that could be read.
        values: (n, n) the row as the reference, the column as the generated clip; NaN where it is undefined.
        metric: whose values.
        unit: of the values.
        protocol: as which the paths were compared.
        failed: why a clip is not among them, by name.
        undefined: how many pairs have no value, and why the first has none; "" where all have one.
    """

    names: tuple[str, ...]
    values: Float[np.ndarray, "n n"]
    metric: str
    unit: str
    protocol: Protocol
    failed: Mapping[str, str]
    undefined: str = ""

    @property
    def lower_is_better(self) -> bool:
        """Whether the metric itself is a distance: its best value is 0."""
        return metrics.better_of(self.metric) == "lower"

    @property
    def badness(self) -> Float[np.ndarray, "n n"]:
        """How far apart two clips are, whichever is the reference: 0 for equal paths, larger for less alike ones."""
        off: np.ndarray = off_ideal(self.values, self.metric)
        return np.fmax(off, off.T)

    def nearest(self, count: int = 3) -> dict[str, list[tuple[str, float]]]:
        """The clips that are most alike to each, with how far apart they are."""
        apart = self.badness.copy()
        np.fill_diagonal(apart, np.nan)
        found: dict[str, list[tuple[str, float]]] = {}
        for name, row in zip(self.names, apart, strict=True):
            order = [k for k in np.argsort(row) if np.isfinite(row[k])][:count]
            found[name] = [(self.names[k], float(row[k])) for k in order]
        return found

    def alike(self) -> dict[str, list[tuple[str, str, float]]]:
        """Pairs that are duplicates, and those that nearly are, the closest first."""
        worst = metrics.METRICS[self.metric].worst_in(self.protocol.angle) or 1.0
        rows, columns = np.triu_indices(len(self.names), 1)
        apart = self.badness[rows, columns] / worst
        found: dict[str, list[tuple[str, str, float]]] = {"duplicates": [], "near": []}
        for k in np.argsort(apart):
            if not apart[k] < NEAR:
                break
            kind = "duplicates" if apart[k] < DUPLICATE else "near"
            found[kind].append((self.names[rows[k]], self.names[columns[k]], float(apart[k] * worst)))
        return found

    def to_json(self) -> dict[str, Any]:
        """JSON values; None where a value is undefined."""
        return {
            "metric": self.metric,
            "unit": self.unit,
            "protocol": self.protocol.stamp(),
            "names": list(self.names),
            "values": [[float(v) if np.isfinite(v) else None for v in row] for row in self.values],
            "apart": "the metric" if self.lower_is_better else "how far the metric is off its best",
            "nearest": self.nearest(),
            **self.alike(),
            "failed": dict(self.failed),
            "undefined": self.undefined,
        }

    def save(self, folder: Path) -> list[Path]:
        """Write matrix.csv, matrix.npz, matrix.json and the heat map matrix.png."""
        table, data = io.StringIO(), io.BytesIO()
        rows = csv.writer(table, lineterminator="\n")
        rows.writerow(["reference", *self.names])
        for name, row in zip(self.names, self.values, strict=True):
            rows.writerow([name, *("" if np.isnan(v) else repr(float(v)) for v in row)])
        np.savez_compressed(data, names=np.array(self.names), values=self.values, metric=np.array(self.metric))
        return [
            write_whole(folder / "matrix.csv", table.getvalue()),
            write_whole(folder / "matrix.npz", data.getvalue()),
            write_whole(folder / "matrix.json", json.dumps(self.to_json(), allow_nan=False) + "\n"),
            write_whole(
                folder / "matrix.png",
                heat_map(self.values, self.names, f"{self.metric} ({self.unit})", self.protocol.name),
            ),
        ]


def all_pairs(
    source: Source,
    metric: str = "CamMC",
    *,
    protocol: str | Protocol = "strict",
    time: str | None = "progress",
    format: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> AllPairs:
    """A metric between every two paths of a set. Scale and time do not matter where they do not to the protocol.

    Args:
        source: a folder of trajectory files or runs, or a mapping of names.
        metric: one of our own.
        protocol: as which they are compared; each path by its own extent under the default.
        time: how frames meet: by progress speeds and lengths do not matter, by seconds they do; None: the protocol's.
        format: of plain files.
        progress: called with (done, all) after each row.

    Raises:
        CinetrajError: fewer than two clips can be read, or the metric or the protocol is none of poses.
    """
    asked = protocols.get(protocol).with_options(time=time)
    if asked.method != "poses":
        raise CinetrajError(f"--all-pairs needs a protocol of poses, and {asked.name} is not; take strict")
    chosen = replace(asked, metrics=(metric,), draws=0)
    known, failed = _read(clips(source)[0], format)
    names = tuple(known)
    if len(names) < 2:
        why = "; ".join(f"{first_three(whose)}: {reason}" for whose, reason in alike(failed)[:3])
        raise CinetrajError(
            f"{counted(len(names), 'clip')} can be read, expected at least 2 to compare{': ' + why if why else ''}"
        )
    metric_of(metric)  # an unknown metric is refused, and is no hole of the matrix
    values, unit, undefined = _values(known, chosen, progress)
    return AllPairs(
        names=names, values=values, metric=metric, unit=unit, protocol=chosen, failed=failed, undefined=undefined
    )


def _values(
    known: Mapping[str, Trajectory], protocol: Protocol, progress: Callable[[int, int], None] | None
) -> tuple[Float[np.ndarray, "n n"], str, str]:
    """The matrix of the protocol's one metric, its unit, and what there is to say of the pairs without a value."""
    (metric,) = protocol.metrics
    values = np.full((len(known), len(known)), np.nan)
    unit, why = "", ""
    each = [alone(trajectory) for trajectory in known.values()]
    for row, a in enumerate(each):
        for column, found in enumerate(_row(a, each, protocol)):
            if isinstance(found, CinetrajError):
                why = why or str(found)
                continue
            score = found.charged[metric]
            if score.value is None:
                why = why or score.undefined.partition("; ")[0]  # what follows are options of other commands
            else:
                values[row, column], unit = score.value, score.unit or unit
        if progress is not None:
            progress(row + 1, len(known))
    missing = int(np.isnan(values).sum())
    undefined = f"{missing} of {values.size} pairs have no {metric}: {why}" if missing else ""
    return values, unit, undefined


def _read(found: Mapping[str, Any], format: str) -> tuple[dict[str, Trajectory], dict[str, str]]:
    known: dict[str, Trajectory] = {}
    failed: dict[str, str] = {}
    for name, clip in found.items():
        try:
            known[name] = clip.load(format)
            if not known[name].valid.any():
                raise CinetrajError("no frame has a pose")
        except CinetrajError as error:
            known.pop(name, None)
            failed[name] = str(error)
    return known, failed


def _row(a: Posterior, each: Sequence[Posterior], protocol: Protocol) -> Iterator[PairScores | CinetrajError]:
    """The scores of one path against every one, in order, as many at once as memory allows; or why there are none."""
    held: list[Candidates] = []
    frames = 0
    for b in each:
        held.append(Candidates(reference=a, generated=b))
        frames += len(a.best) + len(b.best)
        if frames >= FRAMES_AT_ONCE:
            yield from score_posteriors_each(held, protocol)
            held, frames = [], 0
    yield from score_posteriors_each(held, protocol)
