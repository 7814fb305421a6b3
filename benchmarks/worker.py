"""Estimates a list of clips in a process of its own and writes one line of JSON for each; it may die at any time.

Usage: python benchmarks/worker.py TASKS.json ROWS.jsonl CACHE
"""

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import expected
import measures
import render

MAPPING_LIMIT_S = 120.0
"""Seconds that the stock baseline may take for a clip."""


def row_of(task: dict[str, Any], cache: Path) -> dict[str, Any]:
    """Render (or find) the clip, estimate it, compare it with the truth."""
    import sfm
    from trajectory.description import DescribeConfig, describe

    clip = render.cached(task["entry"], cache)
    right, borderline = expected.models(clip.spec, clip.displacement)
    row: dict[str, Any] = {
        "key": task["key"],
        "id": task["entry"]["id"],
        "kind": task["entry"]["kind"],
        "variant": task["variant"],
        "scene": clip.spec.scene,
        "expected": sorted(right),
        "borderline": borderline,
        "dolly_zoom": expected.is_dolly_zoom(clip.spec),
        "parallax_px": clip.displacement["zoom_p90"],
        "clip_noise_px": expected.noise_px(clip.spec),
        "moving_share": clip.moving_share,
        "labels": expected.labels(clip.spec, clip.trajectory, clip.displacement),
    }
    assert clip.trajectory.focal_px is not None
    config = sfm.EstimateConfig(
        backend=backend_of(task["backend"], task.get("mapping_limit_s", MAPPING_LIMIT_S)),
        split_shots=task["backend"] == "auto",
        focal_px=float(clip.trajectory.focal_px[0]) if task["focal"] else None,
        threads=task["threads"],
    )
    begin, used = time.perf_counter(), sum(os.times()[:4])
    estimate = sfm.estimate(clip.video, config)
    row["wall_s"] = time.perf_counter() - begin
    row["cpu_s"] = sum(os.times()[:4]) - used  # with the processes that it started
    row |= {"status": estimate.status, "reason": estimate.reason, "shots": len(estimate.shots)}
    spent = estimate.to_json()["seconds"]
    row["seconds"] = {stage: round(value, 3) for stage, value in spent.items()}
    shot = estimate.shots[0]
    row |= {"model": shot.motion_model, "confidence": shot.statistics.get("confidence")}
    row["ambiguous"] = list(shot.statistics.get("ambiguous", []))
    if len(estimate.shots) > 1:
        return row | {"status": "failed", "reason": f"cut into {len(estimate.shots)} shots, there is one"}
    if shot.trajectory is None:
        return row
    found = shot.trajectory
    row["noise_px"] = found.provenance.evidence.get("noise_px") if found.provenance else None
    row |= measures.compare(clip.trajectory, found)
    for rule in ("apparent", "authors"):
        told = describe(found, DescribeConfig(rule=rule))
        row[rule] = dict(told.scores)
        if rule == "apparent":
            row["decisions"] = [name for name, decision in told.decisions.items() if decision.yes]
    return row


def backend_of(name: str, limit_s: float = MAPPING_LIMIT_S) -> Any:
    """A backend by its name; the stock baseline with the time that the benchmarks give it."""
    if name != "colmap-sift":
        return name
    from sfm.config import ColmapSiftConfig, MapConfig

    return ColmapSiftConfig(overlap=10, mapping=MapConfig(time_limit_s=limit_s))


def main(tasks: Path, rows: Path, cache: Path) -> None:
    import cv2

    for task in json.loads(tasks.read_text()):
        cv2.setNumThreads(task["threads"])
        try:
            row = row_of(task, cache)
        except Exception as error:  # one clip's failure is a result, not the end of the run
            traceback.print_exc()
            row = {"key": task["key"], "id": task["entry"]["id"], "kind": task["entry"]["kind"]}
            row |= {"variant": task["variant"], "status": "error", "reason": f"{type(error).__name__}: {error}"}
        with rows.open("a") as stream:
            stream.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
