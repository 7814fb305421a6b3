"""The dense backend on the clips of its own: rich, starved, melting and crowded pictures, beside other backends.

    python benchmarks/dense.py [--part dense-dev] [--kinds rich,starved] [--clips ID,ID] [--backends dense,auto]
                               [--variants reach=1 flow=xfeat,flow_weights=DIR] [--device cpu] [--known-focal]
                               [--mask truth] [--cache DIR] [--out rows.json]
    python benchmarks/dense.py --cost 60,300,600 [--device cuda]

One line a clip, then medians by kind; a clip without a trajectory counts with the worst value. A variant is a field of
`DenseConfig` (or several) with another value, and a further backend in the table; depth_prior=oracle gives it the
renderer's depth with smooth errors of 15 %. With --mask truth every backend runs a second time and is told what moves
by itself. With --cost a rendered clip is played to and fro until it has so many frames, and timed after one run to warm
up.
"""

import argparse
import ast
import json
import resource
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import manifest
import measures
import numpy as np
import oracle_depth
import render
import worker

WORST_DEG, WORST_SHARE = 180.0, 1.0


def config_of(name: str, *, device: str, focal_px: float | None, mask: Path | None = None) -> Any:
    """The estimator's config for a backend, or for a variant of the dense one such as "dense:reach=1"."""
    import sfm
    from sfm.config import DenseConfig

    base, _, changes = name.partition(":")
    backend = worker.backend_of(base)
    if changes:
        pairs = (change.partition("=") for change in changes.split(","))
        backend = replace(DenseConfig(), **{key: _value(value) for key, _, value in pairs})
    told = None if mask is None else str(mask)
    return sfm.EstimateConfig(
        backend=backend, focal_px=focal_px, mask=told, split_shots=False, device=device, threads=1
    )


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def row_of(entry: dict[str, Any], clip: render.Clip, backend: str, config: Any) -> dict[str, Any]:
    """One clip under one backend, beside its truth."""
    import sfm

    begin = time.perf_counter()
    estimate = sfm.estimate(clip.video, config)
    shot = estimate.shots[0]
    row: dict[str, Any] = {"clip": entry["id"], "kind": entry["kind"], "backend": backend, "status": shot.status}
    row |= {"model": shot.motion_model, "seconds": time.perf_counter() - begin, "reason": shot.reason}
    row |= {"confidence": shot.statistics.get("confidence"), "sigma": shot.statistics.get("focal_sigma_log")}
    row |= {"rotation": WORST_DEG, "rotation_most": WORST_DEG, "position": WORST_SHARE, "valid": 0}
    if shot.trajectory is None:
        return row
    found = measures.compare(clip.trajectory, shot.trajectory)
    row |= {"valid": found["valid"] / found["frames"], "travel": found["translation"], "focal": found["focal_error"]}
    row |= {"rotation": float(np.median(found["rotation_deg"])), "rotation_most": max(found["rotation_deg"])}
    row |= {"zoom": found["zoom"], "zoom_true": found["zoom_true"], "position": found["position"]}
    return row


def line(row: dict[str, Any]) -> str:
    """A row of the table."""
    position = row["position"]
    cells = [row["clip"], row["backend"], row["status"], row["model"] or "", f"{row['confidence'] or 0:.2f}"]
    cells += [f"{100 * row['valid']:.0f}", f"{row['rotation']:.3f}", f"{row['rotation_most']:.3f}"]
    cells += ["" if position is None else f"{100 * position:.3f}", f"{row.get('travel', 0):.3f}"]
    cells += [f"{row.get('zoom') or 1:.3f}", f"{row.get('zoom_true') or 1:.3f}"]
    cells += [f"{100 * (row.get('focal') or 0):+.1f}", f"{100 * (row['sigma'] or 0):.1f}", f"{row['seconds']:.1f}"]
    return "| " + " | ".join(cells) + " |"


HEAD = (
    "| clip | backend | status | model | confidence | valid % | rotation ° | most ° | position % | travel | zoom "
    "| true | focal % | sigma % | s |\n|" + "---|" * 15
)


def summary(rows: list[dict[str, Any]]) -> None:
    """Medians by kind and backend."""
    print("\n| kind | backend | clips | ok | rotation ° median, worst | position % median, worst |\n|" + "---|" * 6)
    for kind, backend in sorted({(row["kind"], row["backend"]) for row in rows}):
        some = [row for row in rows if (row["kind"], row["backend"]) == (kind, backend)]
        turn = [row["rotation"] for row in some]
        way = [100 * row["position"] for row in some if row["position"] is not None]
        told = f"{np.median(way):.3f}, {max(way):.3f}" if way else ""
        good = sum(row["status"] == "ok" for row in some)
        print(f"| {kind} | {backend} | {len(some)} | {good} | {np.median(turn):.3f}, {max(turn):.3f} | {told} |")


def measure_cost(lengths: list[int], device: str) -> None:
    """Seconds, frames a second and memory for clips of several lengths; the clip is decoded within the time."""
    import tempfile

    import sfm
    from sfm.synthetic import ClipSpec, encode
    from sfm.synthetic import render as draw

    drawn = draw(ClipSpec(seed=1, move={"truck": 0.2, "pan_deg": 6}, frames=60, noise=1.5))
    print("| frames | device | s | frames/s | peak MiB of the process so far |\n|---|---|---|---|---|")
    for length in lengths:
        with tempfile.TemporaryDirectory() as folder:
            video = Path(folder) / "clip.mp4"
            encode(drawn.rgb[render.to_and_fro(60, length)], video, fps=30.0, crf=18)
            config = sfm.EstimateConfig(backend="dense", split_shots=False, device=device)  # type: ignore[arg-type]
            for _ in range(2 if device == "cuda" else 1):
                begin = time.perf_counter()
                sfm.estimate(video, config)
                spent = time.perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {length} | {device} | {spent:.1f} | {length / spent:.1f} | {peak:.0f} |", flush=True)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", default="dense-dev")
    parser.add_argument("--kinds", default="")
    parser.add_argument("--clips", default="")
    parser.add_argument("--backends", default="dense,auto")
    parser.add_argument("--variants", nargs="*", default=[])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--known-focal", action="store_true")
    parser.add_argument("--mask", choices=("truth",), default=None)
    parser.add_argument("--cache", type=Path, default=render.CACHE)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--cost", default="")
    args = parser.parse_args()
    if args.cost:
        measure_cost([int(length) for length in args.cost.split(",")], args.device)
        return
    kinds, clips = (set(names.split(",")) if names else None for names in (args.kinds, args.clips))
    entries = [each for each in manifest.load(part=args.part) if kinds is None or each["kind"] in kinds]
    rows: list[dict[str, Any]] = []
    print(HEAD)
    for entry in [each for each in entries if clips is None or each["id"] in clips]:
        clip = render.cached(entry, args.cache)
        assert clip.trajectory.focal_px is not None
        focal = float(clip.trajectory.focal_px[0]) if args.known_focal else None
        oracle = clip.video.with_name("oracle.npz")
        if "depth_prior=oracle" in args.variants and not oracle.is_file():
            oracle_depth.write_oracle(clip.spec, oracle)
        for backend in [*args.backends.split(","), *(f"dense:{change}" for change in args.variants)]:
            name = backend.replace("=oracle", f"={oracle}")
            for mask in (None, clip.mask) if args.mask and clip.mask else (None,):
                config = config_of(name, device=args.device, focal_px=focal, mask=mask)
                rows.append(row_of(entry, clip, f"{backend}, told" if mask else backend, config))
                print(line(rows[-1]), flush=True)
                if args.out:
                    args.out.write_text(json.dumps(rows, indent=1))
    summary(rows)


if __name__ == "__main__":
    main()
