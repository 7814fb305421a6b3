"""The table of results on the front pages, from the few numbers of each benchmark that are kept in benchmarks/results/.

    python benchmarks/front_table.py keep estimator scores.json     # what `estimator.py --out scores.json` wrote
    python benchmarks/front_table.py keep confidence rows.jsonl     # `confidence.py judge --parts hard-reporting`
    python benchmarks/front_table.py keep speed speed.json          # what `speed.py --out speed.json` wrote
    python benchmarks/front_table.py write                          # the table, into README.md and docs/index.md

`beside_colmap.py` writes its own file there. Each file has the command behind it, and where its numbers are stated.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).with_name("results")
PAGES = (ROOT / "README.md", ROOT / "docs" / "index.md")
BEGIN, END = "<!-- results: benchmarks/front_table.py -->\n", "<!-- /results -->"


def of_estimator(path: Path) -> dict[str, Any]:
    """The numbers of all rendered clips of the reporting part."""
    found = json.loads(path.read_text())
    model, sure, primitives = (found["scores"][name] for name in ("model", "confidence", "primitives"))
    return {
        "command": f"python benchmarks/estimator.py --part {found['about']['part']} --set {found['about']['set']}",
        "clips": model["clips"],
        "model_right": model["right"]["rate"],
        "static_as_moving": len(model["static"]["reported_as_moving"]),
        "turning_as_travelling": len(model["rotation_with_translation_over_1_percent"]["ids"]),
        "confident_and_wrong": sure["confident_and_wrong"]["rate"],
        "mean_ap_authors": primitives["authors"]["mean_ap"],
        "mean_ap_apparent": primitives["apparent"]["mean_ap"],
    }


def of_confidence(path: Path) -> dict[str, Any]:
    """The numbers of the hard clips."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]

    def counted(name: str) -> dict[str, int]:
        right = [all(row[name]["right"]) for row in rows]
        stated = [r for r, row in zip(right, rows, strict=True) if row[name]["status"] == "ok"]
        return {"right": sum(right), "ok": len(stated), "ok_and_right": sum(stated)}

    names = {"auto": "auto", "tracks_alone": "tracks alone"}
    counts = {key: counted(name) for key, name in names.items()}
    return {"command": "python benchmarks/confidence.py judge --parts hard-reporting", "clips": len(rows), **counts}


def of_speed(path: Path) -> dict[str, Any]:
    """Seconds of 60 frames, by tracks alone and where dense flow was asked."""
    rows = [row for row in json.loads(path.read_text())["clips"] if row["backend"] == "auto"]
    seconds = {dense: [60 * r["wall_s"] / r["frames"] for r in rows if r["dense"] is dense] for dense in (False, True)}
    median, late = np.quantile(seconds[False], [0.5, 0.95])
    return {
        "command": "python benchmarks/speed.py",
        "clips": len(rows),
        "by_tracks_alone": {"clips": len(seconds[False]), "median_s": round(median, 1), "p95_s": round(late, 1)},
        "with_dense": {"clips": len(seconds[True]), "min_s": min(seconds[True]), "max_s": max(seconds[True])},
    }


KEPT: dict[str, Callable[[Path], dict[str, Any]]] = {
    "estimator": of_estimator,
    "confidence": of_confidence,
    "speed": of_speed,
}


def read() -> dict[str, Any]:
    """All kept files by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}


def table(kept: dict[str, Any]) -> str:
    """The table in Markdown."""
    rows = [("measured on", "cinetraj", "for comparison"), ("---",) * 3]
    rows += [*_of_beside(kept["beside_colmap"]), *_of_estimator(kept["estimator"])]
    rows += [*_of_confidence(kept["confidence"]), *_of_speed(kept["speed"])]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _of_beside(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    ours, theirs = told["backends"]["auto"], told["backends"]["colmap-sift"]

    def line(what: str, say: Callable[[dict[str, Any]], str]) -> tuple[str, str, str]:
        return (what, say(ours), f"stock COLMAP (SIFT): {say(theirs)}")

    return [
        line(
            f"{ours['clips']} rendered clips, each another move: a path for nine frames in ten",
            lambda side: f"{side['succeed']} of {side['clips']}",
        ),
        line("the same: every move told right", lambda side: f"{side['told_right']} of {side['clips']}"),
        line("the same: median CPU seconds a clip", lambda side: _seconds(side["cpu_seconds"])),
    ]


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def _of_estimator(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    clips = f"{told['clips']} rendered clips kept apart from the tuning"
    ap = f"{told['mean_ap_authors']:.1f}, {told['mean_ap_apparent']:.1f}"
    return [
        (f"{clips}: motion model right", f"{100 * told['model_right']:.1f} %", ""),
        ("the same: wrong and confident", f"{100 * told['confident_and_wrong']:.1f} %", ""),
        ("the same: mean AP of CameraBench's primitives, by its authors' rule and by ours", ap, ""),
    ]


def _of_confidence(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    ours, tracks = told["auto"], told["tracks_alone"]
    return [
        (
            f"{told['clips']} hard clips (blur, fog, bare walls, melting, movers): rotation, way and zoom all right",
            f"{ours['right']} of {told['clips']}",
            f"tracks alone: {tracks['right']}",
        ),
        (
            "the same: right, of those that it vouches for (`ok`)",
            f"{ours['ok_and_right']} of {ours['ok']}",
            f"tracks alone: {tracks['ok_and_right']} of {tracks['ok']}",
        ),
    ]


def _of_speed(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    tracks, dense = told["by_tracks_alone"], told["with_dense"]
    span = f"{dense['min_s']:.0f} to {dense['max_s']:.0f} s"
    return [
        (
            f"60 frames of 640x360, file to path, a server core: {tracks['clips']} of {told['clips']} clips by tracks",
            f"{tracks['median_s']:.1f} s",
            "",
        ),
        (f"the same: the {dense['clips']} that go on to dense flow", span, ""),
    ]


def placed(text: str, found: str) -> str:
    """A page with the table between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + found + END + after


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("keep", "write"))
    parser.add_argument("name", nargs="?", choices=tuple(KEPT))
    parser.add_argument("source", nargs="?", type=Path)
    given = parser.parse_args()
    if given.verb == "keep":
        if given.name is None or given.source is None:
            parser.error("keep needs the name of a benchmark and the file that it wrote")
        kept = KEPT[given.name](given.source)
        (RESULTS / f"{given.name}.json").write_text(json.dumps(kept, indent=1) + "\n")
        return
    found = table(read())
    for page in PAGES:
        page.write_text(placed(page.read_text(encoding="utf-8"), found), encoding="utf-8")
    print(found)


if __name__ == "__main__":
    main()
