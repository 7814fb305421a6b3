"""Whether a change of the code changed any result: hashes of trajectories, scores and descriptions, to the bit.

    python benchmarks/fingerprints.py --out before.json                      # before the change
    python benchmarks/fingerprints.py --out after.json --against before.json # after it: exit code 1 if any differs

Sixty rendered clips, one of every kind of manifest.json and some that are longer, are estimated and scored against
their truth; so are the first ten clips of the data folder that can be estimated ($CINETRAJ_SHARED/data, left out where
it is absent), against themselves reversed in time. A few of both also go through the pycolmap backends. Hashes depend
on the machine (its linear algebra), so they are compared, never kept.
"""

import argparse
import hashlib
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import manifest
import numpy as np
import real_clips
import render

RENDERED, REAL, WITH_COLMAP = 60, 10, 3
LONG = ("length_125",)
PROTOCOLS = ("strict", "cinetechbench-compat", "cinetechbench-fixed", "cami2v-rel", "gauge-ate")
ARRAYS = ("world_from_cam", "time_s", "valid", "intrinsics_px", "scene_depth", "focal_sigma_px", "pose_covariance")


def rendered_tasks() -> list[dict[str, Any]]:
    """One clip of each kind of move and scene, and longer ones up to the number."""
    entries = manifest.load(part="tuning")
    kinds = {entry["kind"]: entry for entry in reversed(entries) if "accuracy" not in entry["sets"]}
    short = [entry for kind, entry in kinds.items() if not kind.startswith("length_")]
    longer = [entry for entry in manifest.load(part="seen", which="accuracy")][::7] + [kinds[kind] for kind in LONG]
    chosen = [*sorted(short, key=lambda e: e["id"])[: RENDERED - len(longer)], *longer]
    assert len(chosen) <= RENDERED
    return [{"id": entry["id"], "entry": entry} for entry in chosen]


def real_tasks(data: Path) -> list[dict[str, Any]]:
    """The first clips of the folder of real ones, by name."""
    folders = sorted(path.parent for path in data.glob("*/meta.json") if real_clips.source_of(path.parent))
    step = max(1, len(folders) // REAL)
    return [{"id": folder.name, "folder": str(folder)} for folder in folders[::step][:REAL]]


def digest_of_trajectory(path: Any) -> str:
    """All that a trajectory holds but its provenance, which names versions and settings."""
    whole = hashlib.sha256()
    for name in ARRAYS:
        value = getattr(path, name)
        whole.update(name.encode() + (b"-" if value is None else np.ascontiguousarray(value).tobytes()))
    rest = (path.image_hw, path.scale, path.translation_bound, path.reason, path.time_source)
    whole.update(repr(rest).encode())
    return whole.hexdigest()[:16]


def digest(value: Any) -> str:
    """Of JSON values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def prints_of(task: dict[str, Any], cache: Path) -> dict[str, Any]:
    """Estimate one clip, score it, describe it; the hash of each."""
    import compare
    import sfm
    import trajectory
    from trajectory.errors import CinetrajError

    backend = task["backend"]
    if "entry" in task:
        clip = render.cached(task["entry"], cache)
        source, truth = clip.video, clip.trajectory
    else:
        source, truth = real_clips.source_of(Path(task["folder"])), None
    estimate = sfm.estimate(source, sfm.EstimateConfig(backend=backend, threads=1))
    found: dict[str, Any] = {"shots": [[s.start, s.stop, s.status, s.motion_model] for s in estimate.shots]}
    for number, shot in enumerate(estimate.shots):
        if shot.trajectory is None:
            continue
        path = shot.trajectory
        found[f"trajectory {number}"] = digest_of_trajectory(path)
        for rule in ("apparent", "authors"):
            told = trajectory.describe(path, trajectory.DescribeConfig(rule=rule)).to_json()
            found[f"description {number} {rule}"] = digest(told)
        reference = truth if truth is not None and len(estimate.shots) == 1 else reversed_in_time(path)
        for protocol in PROTOCOLS:
            try:
                result = compare.score(reference, path, protocol=protocol).to_json()
                said = {"clips": result["clips"], "summary": result["summary"]}
            except CinetrajError as error:
                said = {"refused": str(error)}
            found[f"score {number} {protocol}"] = digest(said)
    return found


def reversed_in_time(path: Any) -> Any:
    """The same camera path backwards."""
    intrinsics = None if path.intrinsics_px is None else path.intrinsics_px[::-1]
    depth = None if path.scene_depth is None else path.scene_depth[::-1]
    return path.replace(
        world_from_cam=path.world_from_cam[::-1],
        valid=path.valid[::-1],
        intrinsics_px=intrinsics,
        scene_depth=depth,
        reason=None if path.reason is None else path.reason[::-1],
        focal_sigma_px=None if path.focal_sigma_px is None else path.focal_sigma_px[::-1],
    )


def _single_threaded() -> None:
    import cv2

    cv2.setNumThreads(1)


def run(tasks: list[dict[str, Any]], jobs: int, cache: Path) -> dict[str, Any]:
    """All hashes, by clip and backend."""
    found: dict[str, Any] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_single_threaded) as pool:
        waiting = {pool.submit(prints_of, task, cache): f"{task['id']} {task['backend']}" for task in tasks}
        for done in as_completed(waiting):
            found[waiting[done]] = done.result()
            print(f"{len(found)}/{len(tasks)} {waiting[done]}", file=sys.stderr, flush=True)
    return dict(sorted(found.items()))


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What is not the same, a line each."""
    lines = [f"{name}: only on one side" for name in sorted(set(before) ^ set(after))]
    for name in sorted(set(before) & set(after)):
        keys = sorted({*before[name], *after[name]})
        lines += [f"{name}: {key}" for key in keys if before[name].get(key) != after[name].get(key)]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("fingerprints.json"))
    parser.add_argument("--against", type=Path, help="an earlier file; exit code 1 where a hash differs")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CINETRAJ_SHARED", "../shared")) / "data")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "cinetraj-bench")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int, help="take only so many clips, evenly spaced")
    arguments = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    rendered, real = rendered_tasks(), real_tasks(arguments.data)
    tasks = [{**task, "backend": "auto"} for task in [*rendered, *real]]
    several = [*rendered[:: max(1, len(rendered) // WITH_COLMAP)][:WITH_COLMAP], *real[:1]]
    tasks += [{**task, "backend": name} for task in several for name in ("colmap", "glomap", "colmap-sift")]
    if arguments.limit is not None and arguments.limit < len(tasks):
        tasks = [tasks[int(k)] for k in np.linspace(0, len(tasks) - 1, arguments.limit).round()]
    found = run(tasks, arguments.jobs, arguments.cache.expanduser().resolve())
    arguments.out.write_text(json.dumps(found, indent=1) + "\n")
    count = sum(len(prints) for prints in found.values())
    print(f"{len(found)} estimates ({len(rendered)} rendered clips, {len(real)} real ones), {count} hashes")
    if arguments.against is not None:
        different = differences(json.loads(arguments.against.read_text()), found)
        print("\n".join(different) or "all equal to the bit")
        sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
