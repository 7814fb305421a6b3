"""Our default and stock COLMAP on the same rendered clips, for the table of the README.

    python benchmarks/beside_colmap.py [--clips seen|hard] [--limit 8] [--backends auto,colmap-sift] [--cache DIR]
                                       [--out benchmarks/results/beside_colmap.json]

The clips are those of manifest.json that stand beside COLMAP (60 frames of 640x360, focal length unknown to both), or
so many of `hard-reporting`, evenly spaced (16 to 45 frames, every difficulty); one thread each, 1200 s for COLMAP at
most. A clip succeeds with a pose for nine frames in ten; it is told right where every
question of CameraBench's kind that may be asked of it is answered right. Rows stay in the cache: a stopped run goes on.
"""

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import confidence
import manifest
import numpy as np
import pool
import summary

LIMIT_S = 1200.0
"""For COLMAP on a clip, matching included: far beyond what it needs, so that a busy machine takes nothing from it."""
OUT = Path(__file__).with_name("results") / "beside_colmap.json"

NOTE = {
    "seen": "measured on two busy slow cores; the clips were looked at during development (part seen_third)",
    "hard": "measured on two busy slow cores; the clips have been judged before (hard-reporting)",
}
"""What a reader must know of the kept file: say here where it was measured."""


def rows_of(backend: str, entries: list[dict[str, Any]], cache: Path) -> list[dict[str, Any]]:
    """A row for each clip, from the cache where it is there."""
    place = cache / f"beside-{backend}.json"
    known: dict[str, dict[str, Any]] = json.loads(place.read_text()) if place.is_file() else {}
    for entry in entries:
        if entry["id"] in known:
            continue
        task = {"key": entry["id"], "entry": entry, "variant": "beside", "focal": False, "threads": 1}
        limited = {**task, "backend": backend, "limit_s": 2 * LIMIT_S, "mapping_limit_s": LIMIT_S}
        (known[entry["id"]],) = pool.run(
            [limited], jobs=1, cache=cache, tell=lambda row: print(row["id"], row["status"])
        )
        place.write_text(json.dumps(known))
    return [known[entry["id"]] for entry in entries]


def hard(limit: int) -> list[dict[str, Any]]:
    """So many of the clips that confidence is judged by, evenly spaced."""
    clips = confidence.entries("hard-reporting")
    return [clips[i] for i in np.linspace(0, len(clips) - 1, limit).round().astype(int)]


def told_right(row: dict[str, Any]) -> bool:
    """Whether all that may be asked of the clip is answered right."""
    said = set(row.get("decisions", []))
    labels: dict[str, bool | None] = row.get("labels", {})
    return bool(labels) and all((name in said) == label for name, label in labels.items() if label is not None)


def summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The numbers of one backend; errors are medians over clips that succeed, rotation by the largest of each clip."""
    good = [row for row in rows if summary.succeeded(row)]
    rotation = [max(row["rotation_deg"]) for row in good if row.get("rotation_deg")]
    position = [row["position"] for row in good if row.get("position") is not None]
    return {
        "clips": len(rows),
        "succeed": len(good),
        "told_right": sum(told_right(row) for row in rows),
        "rotation_deg": _median(rotation),
        "position_percent_of_path": _median([100 * value for value in position]),
        "cpu_seconds": _median([row["cpu_s"] for row in rows if "cpu_s" in row]),
    }


def _median(values: list[float]) -> float | None:
    return round(float(np.median(values)), 3) if values else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", choices=tuple(NOTE), default="seen")
    parser.add_argument("--limit", type=int, default=8, help="take only so many of the clips, evenly spaced")
    parser.add_argument("--backends", default="auto,colmap-sift")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "cinetraj-bench")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    cache: Path = given.cache.expanduser().resolve()
    cache.mkdir(parents=True, exist_ok=True)
    entries = hard(given.limit) if given.clips == "hard" else manifest.load(which="colmap", limit=given.limit)
    backends = given.backends.split(",")
    for entry in entries:  # side by side, so that both meet the same load of the machine
        for backend in backends:
            rows_of(backend, [entry], cache)
    found = {backend: summed(rows_of(backend, entries, cache)) for backend in backends}
    about = "rendered clips at 640x360, focal length unknown, one thread each, CPU seconds"
    options = f"--clips {given.clips} --limit {given.limit} --backends {given.backends}"
    document = {
        "command": f"python benchmarks/beside_colmap.py {options}",
        "about": about,
        "note": NOTE[given.clips],
        "machine": platform.machine(),
        "limit_s": LIMIT_S,
        "clips": [entry["id"] for entry in entries],
        "backends": found,
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
