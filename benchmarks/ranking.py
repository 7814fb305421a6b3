"""Mean AP of the primitives: clips ranked by amounts, and by how likely a viewer would name a move.

    python benchmarks/ranking.py [--parts hard-reporting,report] [--one-in 6] [--jobs 2] [--out rows.jsonl]

The parts are those of `confidence.py`; of their clips one in so many is estimated, by lot. Rows that are there already
are kept: an interrupted run goes on.
"""

import argparse
from pathlib import Path
from typing import Any

import confidence
import expected
import numpy as np
import precision
import render


def row_of(entry: dict[str, Any], cache: Path) -> dict[str, Any]:
    """A clip's labels, and its numbers by `auto`; none where it has no path, so that it is ranked last."""
    import sfm

    clip = render.cached(entry, cache)
    labels = expected.labels(clip.spec, clip.trajectory, clip.displacement)
    shot = sfm.estimate(clip.video, sfm.EstimateConfig(threads=1, split_shots=False)).shots[0]
    row = {"id": entry["id"], "labels": labels, "status": shot.status}
    return row if shot.trajectory is None else row | precision.ranked(precision.described(shot))


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
        print(f"{part}, {len(some)} clips: {precision.mean_ap(some)}")
    print(f"all, {len(rows)} clips: {precision.mean_ap(rows)}")


if __name__ == "__main__":
    main()
