"""How often the intervals of `strict` hold the score of the true paths, on pairs of estimated rendered clips.

Run: python benchmarks/interval_coverage.py CACHE [--part intervals] [--backend auto] [--plain 29] [--hard 11]
[--frames 24]. Clips are rendered and estimated once, as a user would, with the focal length unknown; every two of them
are a pair. Prints a table and writes CACHE/coverage-BACKEND.json. N clips give N(N-1)/2 pairs that share their N
estimates: the standard error beside each share is that of a jackknife over clips. An interval is one of both sides only
where both tell of a spread: these pairs have a table of their own.
"""

import argparse
import json
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import hard_clips
import numpy as np
import render
from tqdm import tqdm

from compare.scoring import Result, score
from trajectory.model import Trajectory
from trajectory.posterior import read_posterior

ROUNDING = 1e-6
PLAIN = "rich"
"""The picture that is easy to track; what is filmed in any other one is a hard clip."""


def chosen(part: str, plain: int, hard: int, frames: int) -> dict[str, dict[str, Any]]:
    """Entries of clips by name: each move in turn in the plain picture, and other moves in each of the hard ones."""
    found = [(kind, number, spec) for kind, number, spec in hard_clips.clips(part)]
    easy = [each for each in found if each[0] == PLAIN][:plain]
    pictures = [kind for kind in hard_clips.PICTURES if kind != PLAIN]
    moves = len(hard_clips.MOVES)
    # Steps of five through the moves, so that the hard clips show others than the first.
    wanted = [(pictures[k % len(pictures)], 5 * k % moves) for k in range(hard)]
    difficult = [each for each in found if each[:2] in wanted]
    return {
        f"{kind}-{number:02d}": {"id": f"{kind}-{number:02d}", "kind": kind, "clip": {**spec, "frames": frames}}
        for kind, number, spec in (*easy, *difficult)
    }


def estimated(
    entries: dict[str, dict[str, Any]], cache: Path, backend: str
) -> tuple[dict[str, Path], dict[str, Trajectory]]:
    """The run folder and the true trajectory of each clip."""
    import sfm

    runs: dict[str, Path] = {}
    truths: dict[str, Trajectory] = {}
    for name, entry in tqdm(entries.items(), unit="clip", disable=not sys.stderr.isatty()):
        clip = render.cached(entry, cache)
        runs[name] = cache / f"runs-{backend}" / f"{name}-{render.digest(entry)}"
        truths[name] = clip.trajectory.replace(scale="arbitrary")  # lengths in scene depths, as the estimates have them
        if not (runs[name] / "run.json").is_file():
            config = sfm.EstimateConfig(backend=backend, split_shots=False)
            sfm.write_run(sfm.estimate(clip.video, config), runs[name], plot=False)
    return runs, truths


def kind_of(pair: tuple[str, str]) -> str:
    """plain, mixed or hard."""
    return ("hard", "mixed", "plain")[sum(name.startswith(PLAIN) for name in pair)]


def spreads(run: Path) -> bool:
    """Whether a run tells of how far its answer may be off."""
    file = run / "trajectory.npz"
    return file.is_file() and read_posterior(file).spreads


def hits(pairs: dict[str, tuple[str, str]], got: Result, right: Result, telling: set[str]) -> list[dict[str, Any]]:
    """Each interval, and on which side of it the score of the true paths lies."""
    rows: list[dict[str, Any]] = []
    for name, pair in pairs.items():
        if got.clips[name].failed or right.clips[name].failed:
            continue
        for metric, told in got.clips[name].scores.items():
            truth = right.clips[name].scores[metric].value
            if told.interval is None or truth is None:
                continue
            low, high = told.interval
            side = "below" if truth < low - ROUNDING else "above" if truth > high + ROUNDING else "inside"
            row = {"pair": pair, "kind": kind_of(pair), "both": set(pair) <= telling, "metric": metric, "side": side}
            rows.append({**row, "truth": truth, "median": told.value, "interval": [low, high]})
    return rows


def share(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """The share of intervals that hold the truth, and its standard error by a jackknife over clips."""
    inside = np.array([row["side"] == "inside" for row in rows])
    names = sorted({name for row in rows for name in row["pair"]})
    without = [inside[[name not in row["pair"] for row in rows]] for name in names]
    left = np.array([each.mean() for each in without if len(each)])
    error = float(np.sqrt((len(left) - 1) / len(left) * np.square(left - left.mean()).sum())) if len(left) else 0.0
    return float(inside.mean()), error


def tabulate(rows: list[dict[str, Any]], metrics: tuple[str, ...]) -> None:
    """One line for each metric and kind of pair."""
    for metric in metrics:
        for kind in ("plain", "mixed", "hard", "all"):
            some = [row for row in rows if row["metric"] == metric and kind in (row["kind"], "all")]
            if some:
                value, error = share(some)
                sides = {side: sum(row["side"] == side for row in some) for side in ("below", "above")}
                print(f"  {metric:12} {kind:6} {100 * value:5.1f} ± {100 * error:4.1f} % of {len(some):4}", sides)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--part", choices=("intervals", "intervals-fresh", "intervals-last"), default="intervals")
    parser.add_argument("--plain", type=int, default=29)
    parser.add_argument("--hard", type=int, default=11)
    parser.add_argument("--frames", type=int, default=24)
    args = parser.parse_args()
    entries = chosen(args.part, args.plain, args.hard, args.frames)
    runs, truths = estimated(entries, args.cache, args.backend)
    pairs = {f"{a} {b}": (a, b) for a, b in combinations(entries, 2)}
    sides = [[{name: of[pair[side]] for name, pair in pairs.items()} for side in (0, 1)] for of in (runs, truths)]
    got, right = (score(reference, generated, protocol="strict") for reference, generated in sides)
    telling = {name for name, run in runs.items() if spreads(run)}
    rows = hits(pairs, got, right, telling)
    failed = [name for name in pairs if got.clips[name].failed]
    print(
        f"{len(entries)} clips, {len(telling)} of which tell of a spread; {len(pairs)} pairs, {len(failed)} not scored"
    )
    for words, wanted in (("both sides tell", True), ("one side tells", False)):
        print(words)
        tabulate([row for row in rows if row["both"] is wanted], got.protocol.metrics)
    record = json.dumps({"rows": rows, "failed": failed})
    (args.cache / f"coverage-{args.backend}.json").write_text(record + "\n")


if __name__ == "__main__":
    main()
