"""The estimator on real and generated clips: accuracy where there is truth, signs and decisions where there are labels.

    python benchmarks/real_clips.py [--data DIR] [--backends auto,colmap-sift] [--only truth|labels] [--twins]
                                    [--out rows.json]

DIR (default: $CINETRAJ_SHARED/data) holds a folder a clip: `video.*` or `frames/`, `meta.json`, and `gt_tum.txt`
where there is truth; `labels.json` names what the camera does. Clip and truth are associated by frame index.
--twins estimates each labelled clip four times: as it is, left for right, backwards, and both. Paths are turned back
before they are described, so that one label holds for all, and what differs is chance.
"""

import argparse
import json
import os
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import precision
import worker

TWINS = ("", "mirrored", "backwards", "both")


def source_of(folder: Path) -> Path | None:
    """The video or the folder of images of a clip, or None where there is only a trajectory."""
    videos = sorted(folder.glob("video.*"))
    return videos[0] if videos else (folder / "frames" if (folder / "frames").is_dir() else None)


def settings(meta: dict[str, Any], backend: str, *, focal: bool) -> Any:
    """The estimator's config: the focal length from the calibration if asked; squeezed pixels always."""
    import sfm

    known = meta.get("K")
    return sfm.EstimateConfig(
        backend=worker.backend_of(backend),
        focal_px=float(known[1]) if known and focal else None,
        pixel_aspect=float(known[1] / known[0]) if known else None,
        threads=1,
        split_shots=False,
    )


def errors(path: Any, truth: Any) -> dict[str, float]:
    """Position after Sim(3) as a share of the true path, and rotation relative to the first frame, by index."""
    from evo.core.geometry import GeometryException, umeyama_alignment
    from scipy.spatial.transform import Rotation

    rows = np.flatnonzero(path.valid & truth.valid)
    found, true = path.world_from_cam[rows], truth.world_from_cam[rows]
    length = float(np.linalg.norm(np.diff(truth.positions, axis=0), axis=1).sum())
    turned = np.linalg.inv(found[0])[:3, :3] @ found[:, :3, :3], np.linalg.inv(true[0])[:3, :3] @ true[:, :3, :3]
    angle = Rotation.from_matrix(turned[0].transpose(0, 2, 1) @ turned[1]).magnitude()
    try:
        rotation, shift, scale = umeyama_alignment(found[:, :3, 3].T, true[:, :3, 3].T, with_scale=True)
        aligned = scale * found[:, :3, 3] @ rotation.T + shift
        position = float(np.sqrt(((aligned - true[:, :3, 3]) ** 2).sum(1).mean())) / length
    except GeometryException:
        position = float("nan")
    return {"position_share": position, "rotation_deg": float(np.degrees(np.median(angle)))}


def truth_row(folder: Path, backend: str, *, focal: bool) -> dict[str, Any]:
    """One clip with truth, under one backend."""
    import sfm
    import trajectory

    meta = json.loads((folder / "meta.json").read_text())
    source = source_of(folder)
    assert source is not None
    estimate = sfm.estimate(source, settings(meta, backend, focal=focal))
    shot = estimate.shots[0]
    row: dict[str, Any] = {"clip": folder.name, "backend": backend, "focal": "given" if focal else "unknown"}
    row |= {"status": shot.status, "model": shot.motion_model, "frames": shot.stop - shot.start}
    row["seconds"] = {name: round(value, 2) for name, value in {**estimate.seconds, **shot.seconds}.items()}
    path = shot.trajectory
    row["valid"] = 0 if path is None else int(path.valid.sum())
    if path is not None and row["valid"] > 2:
        row |= errors(path, trajectory.read(folder / "gt_tum.txt", format="tum"))
    return row


def twin_of(frames: Any, twin: str) -> Any:
    """The frames left for right ("mirrored"), "backwards", "both", or as they are ("")."""
    rgb, time_s = frames.rgb, frames.time_s
    if twin in ("mirrored", "both"):
        rgb = rgb[:, :, ::-1]
    if twin in ("backwards", "both"):
        rgb, time_s = rgb[::-1], time_s[0] + time_s[-1] - time_s[::-1]
    return replace(frames, rgb=np.ascontiguousarray(rgb), time_s=time_s)


def turned_back(path: Any, twin: str) -> Any:
    """The path of the clip itself, from that of its twin."""
    from trajectory.frames import mirrored, time_reversed

    path = time_reversed(path) if twin in ("backwards", "both") else path
    return mirrored(path) if twin in ("mirrored", "both") else path


def label_row(folder: Path, label: dict[str, list[str]], backend: str, twin: str) -> dict[str, Any]:
    """One labelled clip under one backend: which of its labels have the right sign, and which decisions are wrong."""
    import sfm
    from sfm.video import reader
    from trajectory.components import NAMES

    said_of_it = folder / "meta.json"
    meta = json.loads(said_of_it.read_text()) if said_of_it.is_file() else {}
    source = source_of(folder)
    assert source is not None
    config = settings(meta, backend, focal=False)
    estimate = sfm.estimate(twin_of(reader.load(source, config.video), twin) if twin else source, config)
    shot = estimate.shots[0]
    row: dict[str, Any] = {"clip": folder.name, "backend": backend, "confidence": shot.statistics.get("confidence")}
    row |= {"twin": twin, "status": shot.status, "model": shot.motion_model}
    row["positive"] = label["positive"]
    row["labels"] = {name: True for name in label["positive"]}
    row["labels"] |= {name: False for name in NAMES if name not in {*label["positive"], *label["ignore"]}}
    if shot.trajectory is None:
        return row | {"reason": shot.reason}
    said = precision.described(shot, partial(turned_back, twin=twin))
    row["sentence"] = said["sentence"]
    score = said["scores"]
    row["wrong_sign"] = [p for p in label["positive"] if p != "Static" and not (score[p] is not None and score[p] > 0)]
    yes = {name for name, decision in said["decisions"].items() if decision["yes"] and name in score}
    row["missed"] = sorted(set(label["positive"]) - yes)
    row["added"] = sorted(yes - set(label["positive"]) - set(label["ignore"]))
    return row | precision.ranked(said)


def main() -> None:
    """Prints a table of clips with truth, then one of clips with labels."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CINETRAJ_SHARED", "../shared")) / "data")
    parser.add_argument("--backends", default="auto,colmap-sift")
    parser.add_argument("--only", choices=("truth", "labels"), default=None)
    parser.add_argument("--twins", action="store_true")
    parser.add_argument("--out", type=Path, default=None)
    args = parser.parse_args()
    if not args.data.is_dir():
        parser.error(f"{args.data} is no folder of clips; name one with --data or CINETRAJ_SHARED")
    rows: list[dict[str, Any]] = []
    if args.only != "labels":
        print("| clip | backend | focal | status, model | valid | position % | rotation ° | s |")
        print("|---|---|---|---|---|---|---|---|")
        for folder in sorted(p.parent for p in args.data.glob("*/gt_tum.txt") if source_of(p.parent)):
            for backend in args.backends.split(","):
                for focal in (True, False):
                    row = truth_row(folder, backend, focal=focal)
                    rows.append(row)
                    numbers = f"{100 * row.get('position_share', np.nan):.2f} | {row.get('rotation_deg', np.nan):.2f}"
                    print(
                        f"| {row['clip']} | {backend} | {row['focal']} | {row['status']}, {row['model']} "
                        f"| {row['valid']}/{row['frames']} | {numbers} | {row['seconds']['total']:.1f} |",
                        flush=True,
                    )
    labels = args.data / "labels.json"
    if args.only != "truth" and labels.exists():
        print("\n| clip | backend | status, model | confidence | labels | wrong sign | missed | added | sentence |")
        print("|---|---|---|---|---|---|---|---|---|")
        wanted = json.loads(labels.read_text()).items()
        twins = TWINS if args.twins else TWINS[:1]
        for (name, label), backend, twin in product(wanted, args.backends.split(","), twins):
            row = label_row(args.data / name, label, backend, twin)
            rows.append(row)
            cells = (", ".join(row.get(key, [])) for key in ("positive", "wrong_sign", "missed", "added"))
            print(
                f"| {name} {twin} | {backend} | {row['status']}, {row['model']} | {row['confidence'] or 0:.2f} "
                f"| {' | '.join(cells)} | {row.get('sentence', '')} |",
                flush=True,
            )
        for backend in args.backends.split(","):
            asked = [row for row in rows if row["backend"] == backend and "labels" in row]
            print(f"mean AP of {backend} over {len(asked)} clips: {precision.mean_ap(asked)}")
    if args.out:
        args.out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
