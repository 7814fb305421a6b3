"""Mean AP of the primitives: clips ranked by amounts, and by how likely a viewer would name a move.

    python benchmarks/ranking.py [--parts hard-reporting,report] [--one-in 6] [--jobs 2] [--out rows.jsonl]

The parts are those of `confidence.py`; of their clips one in so many is estimated, by lot. Rows that are there already
are kept: an interrupted run goes on.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import confidence
import expected
import numpy as np
import precision
import render

RANKS = ("amount", "likelihood")


def described(shot: Any, turned: Callable[[Any], Any] = lambda path: path) -> dict[str, Any]:
    """What `cinetraj describe` says of a shot, the other answers that are possible beside it.

    Args:
        turned: makes the path to be told of that of the shot.
    """
    import trajectory
    from trajectory.candidates import Candidates

    told, *others = (turned(path) for path in (shot.trajectory, *shot.alternatives))
    shares = [each["probability"] for each in shot.statistics.get("candidates", ())] or [1.0]
    beside = Candidates(own=shares[0], others=tuple(zip(shares[1:], others, strict=True)))
    return trajectory.describe(told, candidates=beside).to_json()


def ranked(said: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    """By either number of `RANKS`, that of every primitive."""
    likely = {name: decision["likelihood"] for name, decision in said["decisions"].items()}
    return dict(zip(RANKS, (said["scores"], likely), strict=True))


def mean_ap(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    """Of rows with `labels`, in percent, by either number."""
    return {rank: precision.average_precision(rows, rank)["mean_ap"] for rank in RANKS}


def row_of(entry: dict[str, Any], cache: Path) -> dict[str, Any]:
    """A clip's labels, and its numbers by `auto`; none where it has no path, so that it is ranked last."""
    import sfm

    clip = render.cached(entry, cache)
    labels = expected.labels(clip.spec, clip.trajectory, clip.displacement)
    shot = sfm.estimate(clip.video, sfm.EstimateConfig(threads=1, split_shots=False)).shots[0]
    row = {"id": entry["id"], "labels": labels, "status": shot.status}
    return row if shot.trajectory is None else row | ranked(described(shot))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="hard-reporting,report")
    parser.add_argument("--one-in", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cache", type=Path, default=render.CACHE)
    given = parser.parse_args()
    parts = given.parts.split(",")
    wanted = [entry for part in parts for entry in confidence.entries(part)]
    np.random.default_rng(1).shuffle(wanted)  # type: ignore[arg-type]
    out = given.out or given.cache / "ranking.jsonl"
    out.parent.mkdir(parents=True, exist_ok=True)
    rows = confidence.collected(row_of, wanted[:: given.one_in], out, given.jobs, given.cache)
    for part in parts:
        some = [row for row in rows if row["id"].startswith(part)]
        print(f"{part}, {len(some)} clips: {mean_ap(some)}")
    print(f"all, {len(rows)} clips: {mean_ap(rows)}")


if __name__ == "__main__":
    main()
