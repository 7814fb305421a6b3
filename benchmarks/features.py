"""Features and matchers beside each other: milliseconds, matches, and what pycolmap's mappers make of them.

    python benchmarks/features.py --weights FOLDER [--clips 20] [--frames 24] [--mappers glomap,colmap] [--device cpu]
                                  [--kinds sift+smnn,xfeat+lighterglue,...] [--cache DIR] [--out features.json]

The clips are the twenty of manifest.json that stand beside COLMAP, `--frames` of each, evenly. Matches are inliers
where the true cameras allow them within 2 px: on the epipolar line, or on the point where the camera does not travel.
A clip without a sound answer counts as failed; errors are medians over the others. --out keeps every row with versions
and machine.
"""

import argparse
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

import manifest
import measures
import numpy as np
import render

from sfm.backends.colmap import own_features
from sfm.config import ColmapConfig, FeatureConfig, MatchConfig, VideoConfig
from sfm.features import extract as features
from sfm.masks import find as masks
from sfm.processes.threads import thread_limit
from sfm.video import reader
from sfm.video.pixels import in_source_pixels
from trajectory import Trajectory
from trajectory.frames import at_rows

COMBINATIONS = (
    "sift+smnn",
    "sift+adalam",
    "aliked-n16+smnn",
    "aliked-n16+mnn",
    "keynet-tfeat+smnn",
    "xfeat+mnn",
    "xfeat+smnn",
    "xfeat+lighterglue",
)
INLIER_PX = 2.0


def inlier_share(found: list[Any], chosen: np.ndarray, rows: list[np.ndarray], truth: Any) -> float:
    """Share of the matches that the true cameras allow: on the epipolar line, or on the point where nothing travels."""
    good = total = 0
    for (i, j), matched in zip(chosen, rows, strict=True):
        if not len(matched):
            continue
        first, second = found[i].xy_px[matched[:, 0]], found[j].xy_px[matched[:, 1]]
        good += int((_distance(first, second, i, j, truth) < INLIER_PX).sum())
        total += len(matched)
    return good / max(total, 1)


def _distance(first: np.ndarray, second: np.ndarray, i: int, j: int, truth: Any) -> np.ndarray:
    world_from_cam, calibration = truth
    cam_j_from_i = np.linalg.inv(world_from_cam[j]) @ world_from_cam[i]
    rotation, travel = cam_j_from_i[:3, :3], cam_j_from_i[:3, 3]
    ray = np.column_stack([first, np.ones(len(first))]) @ np.linalg.inv(calibration[i]).T
    if np.linalg.norm(travel) < 1e-9:
        seen = ray @ (calibration[j] @ rotation).T
        return np.linalg.norm(seen[:, :2] / seen[:, 2:] - second, axis=1)
    cross = np.array([[0, -travel[2], travel[1]], [travel[2], 0, -travel[0]], [-travel[1], travel[0], 0]])
    line = ray @ (np.linalg.inv(calibration[j]).T @ cross @ rotation).T
    there = np.column_stack([second, np.ones(len(second))])
    return np.abs((line * there).sum(1)) / np.maximum(np.linalg.norm(line[:, :2], axis=1), 1e-12)


def of_clip(entry: dict[str, Any], combination: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """One clip, one kind of features, one matcher, and each mapper on what they gave."""
    clip = render.cached(entry, arguments.cache)
    time_s = clip.trajectory.time_s
    frames = reader.load(clip.video, VideoConfig(fps=(arguments.frames - 1) / (time_s[-1] - time_s[0])))
    kind, method = combination.split("+")
    config = FeatureConfig(name=kind, weights=None if kind == "sift" else arguments.weights)
    options = ColmapConfig(features=config, matching=MatchConfig(method=method, weights=arguments.weights))
    evidence = masks.find(frames)
    threads = arguments.threads
    with thread_limit(threads):
        features.extract(frames.rgb[:1], config, device=arguments.device)  # weights and machine code
    found = own_features.matched(frames, evidence, options, device=arguments.device, seed=0, threads=threads)
    kept = frames.index[found.frame]
    truth = clip.trajectory.world_from_cam[kept], _calibrations(clip.trajectory, kept, frames)
    row: dict[str, Any] = {
        "clip": entry["id"],
        "combination": combination,
        "frames": len(kept),
        "pairs": len(found.pairs),
        "feature_ms": 1e3 * found.seconds["features"] / len(kept),
        "match_ms": 1e3 * found.seconds["match"] / len(found.pairs),
        "features": float(np.median([len(each) for each in found.features])),
        "matches": float(np.median([len(each) for each in found.matches])),
        "inliers": inlier_share(found.features, found.pairs, found.matches, truth),
    }
    for mapper in arguments.mappers:
        begin = time.perf_counter()
        result = own_features.mapped(frames, evidence, found, options.mapping, backend=mapper, seed=0, threads=threads)
        told: dict[str, Any] = {"status": result.status, "seconds": time.perf_counter() - begin}
        if result.trajectory is not None:
            found_path = in_source_pixels(result.trajectory, frames.source_hw)
            told |= measures.compare(at_rows(clip.trajectory, frames.index), found_path)
        row[mapper] = told
    return row


def _calibrations(trajectory: Trajectory, kept: np.ndarray, frames: Any) -> np.ndarray:
    """Intrinsic matrices at the working size."""
    assert trajectory.intrinsics_px is not None
    ratio = np.array(frames.hw[::-1]) / np.array(frames.source_hw[::-1])
    return np.diag([*ratio, 1.0]) @ trajectory.intrinsics_px[kept]


def table(rows: list[dict[str, Any]], mappers: list[str]) -> list[str]:
    """The page's table: medians over the clips."""
    heads = ["features + matcher", "ms a frame", "ms a pair", "key points", "matches a pair", "inliers"]
    heads += [f"{mapper}: sound, median rotation, position" for mapper in mappers]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for combination in dict.fromkeys(row["combination"] for row in rows):
        own = [row for row in rows if row["combination"] == combination]

        def middle(key: str, own: list[dict[str, Any]] = own) -> float:
            return float(np.median([row[key] for row in own]))

        cells = [combination, f"{middle('feature_ms'):.0f}", f"{middle('match_ms'):.1f}"]
        cells += [f"{middle('features'):.0f}", f"{middle('matches'):.0f}", f"{100 * middle('inliers'):.0f} %"]
        for mapper in mappers:
            sound = [row[mapper] for row in own if row[mapper]["status"] in ("ok", "partial")]
            turns = [max(each["rotation_deg"]) for each in sound if each.get("rotation_deg")]
            ways = [each["position"] for each in sound if each.get("position") is not None]
            said = f"{np.median(turns):.2f}°" if turns else "-"
            said += f", {100 * np.median(ways):.1f} %" if ways else ", -"
            cells.append(f"{len(sound)} of {len(own)}, {said}")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    def names(text: str) -> list[str]:
        return [each for each in text.split(",") if each]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--kinds", type=names, default=list(COMBINATIONS))
    parser.add_argument("--mappers", type=names, default=["glomap"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=render.CACHE)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for entry in manifest.load(which="colmap", limit=arguments.clips):
        for combination in arguments.kinds:
            rows.append(of_clip(entry, combination, arguments))
            print(json.dumps(rows[-1]), flush=True)
    print("\n".join(table(rows, arguments.mappers)))
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    if arguments.out:
        told = {"machine": machine, "python": platform.python_version(), "device": arguments.device, "rows": rows}
        arguments.out.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
