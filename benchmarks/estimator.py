"""The estimator against rendered clips with exact truth: one command, every number.

    python benchmarks/estimator.py [--part report|tuning|seen|seen_again|seen_third|all]
        [--set model|accuracy|primitives|speed|all] [--limit N]
        [--jobs 2] [--out scores.json] [--cache DIR] [--baseline]

The clips are those of manifest.json; they are rendered when first needed and kept in the cache.
The set "speed" holds clips of many lengths of the part, and the 20 clips beside COLMAP, always the same ones.
--baseline runs stock COLMAP on those (120 s each at most); later runs find its rows in the cache.
Exit code 0 when all clips were run, whatever the numbers are.
"""

import argparse
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

import manifest
import pool
import precision
import render
import report
import summary

SETS = ("model", "accuracy", "primitives", "speed")
LIMIT_S, LIMIT_S_PER_FRAME = 180.0, 0.8
"""A clip that takes longer, rendering included, is given up: far beyond every aim, so only a hang gets there."""


def tasks_for(which: str, part: str, limit: int | None, *, backend: str = "auto") -> list[dict[str, Any]]:
    """What has to be run for a set of clips; sets that share a clip share its row."""
    wanted: dict[str, dict[str, Any]] = {}

    def add(entries: list[dict[str, Any]], variant: str, *, focal: bool, threads: int) -> None:
        for entry in entries:
            key = f"{entry['id']}/{variant}"
            task = {"key": key, "entry": entry, "variant": variant, "focal": focal, "threads": threads}
            limit_s = LIMIT_S + LIMIT_S_PER_FRAME * entry["clip"]["frames"]
            wanted[key] = {**task, "backend": backend, "limit_s": limit_s}

    for name in SETS if which == "all" else (which,):
        if name == "speed":
            clips = manifest.load(part=part, which="speed", limit=limit) if backend == "auto" else []
            add(clips + manifest.load(which="colmap", limit=limit), "two_threads", focal=False, threads=2)
            continue
        entries = manifest.load(part=part, which=name, limit=limit)
        add(entries, "unknown_focal", focal=False, threads=1)
        if name == "accuracy":
            add(entries, "given_focal", focal=True, threads=1)
    return list(wanted.values())


def scores(rows: list[dict[str, Any]], baseline: list[dict[str, Any]]) -> dict[str, Any]:
    """All numbers, by set."""
    member = {entry["id"]: entry["sets"] for entry in manifest.load()}

    def pick(name: str, variant: str) -> list[dict[str, Any]]:
        return [r for r in rows if name in member[r["id"]] and r["variant"] == variant]

    result: dict[str, Any] = {}
    if chosen := pick("model", "unknown_focal"):
        result["model"] = summary.model_choice(chosen)
        result["confidence"] = summary.confidence(chosen)
    for variant in ("given_focal", "unknown_focal"):
        if chosen := pick("accuracy", variant):
            result[f"accuracy_{variant}"] = summary.accuracy(chosen)
    if chosen := pick("primitives", "unknown_focal"):
        result["primitives"] = {
            rule: precision.average_precision(chosen, rule) for rule in ("apparent", "authors")
        } | {"decisions": precision.decisions(chosen)}  # fmt: skip
    if chosen := [r for r in rows if r["variant"] == "two_threads"]:
        result["speed"] = summary.speed(chosen, baseline)
    return result


def run(tasks: list[dict[str, Any]], jobs: int, cache: Path) -> list[dict[str, Any]]:
    from tqdm import tqdm

    with tqdm(total=len(tasks), unit="clip", file=sys.stderr, disable=not tasks) as bar:

        def tell(row: dict[str, Any]) -> None:
            bar.update()
            bar.set_postfix_str(f"{row['id']} {row.get('model') or row['status']}")

        # Workers with other numbers of threads are other processes, and timed ones run alone.
        rows: list[dict[str, Any]] = []
        for threads in sorted({task["threads"] for task in tasks}):
            alike = [task for task in tasks if task["threads"] == threads]
            rows += pool.run(alike, jobs=jobs if threads == 1 else 1, cache=cache, tell=tell)
    return rows


def baseline_rows(limit: int | None, cache: Path, *, measure: bool) -> list[dict[str, Any]]:
    """Rows of stock COLMAP on its clips, kept for the machine, the versions and what was measured with them."""
    import pycolmap

    wanted = {
        f"{render.digest(task['entry'])}-{task['variant']}": task
        for task in tasks_for("speed", "all", limit, backend="colmap-sift")
    }
    place = cache / f"colmap-sift-{platform.node()}-{pycolmap.__version__}.json"
    known: dict[str, dict[str, Any]] = json.loads(place.read_text()) if place.is_file() else {}
    for key, task in wanted.items():
        if measure and key not in known:
            known[key] = run([task], 1, cache)[0]
            place.write_text(json.dumps(known))
    return [
        {**known[key], "id": task["entry"]["id"], "key": task["key"]} for key, task in wanted.items() if key in known
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=(*manifest.PARTS, "all"), default="report")
    parser.add_argument("--set", choices=(*SETS, "all"), default="all", dest="which")
    parser.add_argument("--limit", type=int, help="take only so many clips of each set, evenly spaced")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("scores.json"))
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "cinetraj-bench")
    parser.add_argument("--baseline", action="store_true", help="run stock COLMAP where its rows are not known yet")
    arguments = parser.parse_args()
    cache: Path = arguments.cache.expanduser().resolve()
    cache.mkdir(parents=True, exist_ok=True)
    begin = time.time()
    if not tasks_for(arguments.which, arguments.part, arguments.limit):
        parser.error(f"the set {arguments.which} has no clips in the part {arguments.part}")
    rows = run(tasks_for(arguments.which, arguments.part, arguments.limit), arguments.jobs, cache)
    timed = arguments.which in ("speed", "all")
    baseline = baseline_rows(arguments.limit, cache, measure=arguments.baseline) if timed else []
    result = scores(rows, baseline)
    about = {"part": arguments.part, "set": arguments.which, "limit": arguments.limit, "jobs": arguments.jobs}
    about |= {"machine": platform.processor() or platform.machine(), "seconds": round(time.time() - begin, 1)}
    arguments.out.write_text(
        json.dumps({"about": about, "scores": result, "rows": rows, "baseline": baseline}, indent=1)
    )
    print(report.text(about, result))
    print(f"\nall rows: {arguments.out}")


if __name__ == "__main__":
    main()
