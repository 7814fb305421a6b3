"""What the pycolmap backends share: settings, our features and matches, and the way through the worker."""

import time
from typing import Any

import numpy as np

from sfm.backends.colmap.result import Before, failed, result_of
from sfm.config import ColmapConfig, GlomapConfig, MapConfig
from sfm.features import extract as kinds
from sfm.matching import match as matching
from sfm.matching import pairs
from sfm.processes import isolated
from sfm.processes.threads import thread_limit
from sfm.types import BackendResult, Frames, Masks

MAPPERS = {"colmap": "incremental", "glomap": "global"}
"""Which of pycolmap's mappers a backend runs."""


def settings(frames: Frames, config: MapConfig, *, mapper: str, seed: int, threads: int) -> dict[str, Any]:
    """The values that the worker needs, as JSON."""
    return {
        "mapper": mapper,
        "hw": list(frames.hw),
        "pixel_aspect": float(frames.pixel_aspect),
        "focal_px": frames.focal_px,
        "refine_focal": config.refine_focal,
        "max_error_px": config.max_error_px,
        "min_matches": config.min_matches,
        "mapper_options": config.options,
        "smallest_model": 3,
        "retries": config.retries if mapper == "incremental" else 0,
        "retry_above_px": config.retry_above_px,
        "seed": seed,
        "threads": threads,
    }


def run_fed(
    frames: Frames,
    masks: Masks,
    config: ColmapConfig | GlomapConfig,
    *,
    backend: str,
    device: str,
    seed: int,
    threads: int,
) -> BackendResult:
    """Our features and matches of the frames that show something new, mapped by pycolmap in a worker.

    Args:
        frames, masks: of one shot.
        config: that of the backend.
        backend: "colmap" or "glomap".
        device: for features and matches.
        seed: of matchers and mappers.
        threads: of all that computes.
    """
    seconds: dict[str, float] = {}
    kept = masks.distinct()
    if len(kept) < 2:
        return failed("fewer than two frames differ: blank and repeated ones do not count", seconds)
    with thread_limit(threads):
        clock = time.perf_counter()
        usable = masks.usable if masks.moving is None else masks.usable & ~masks.moving[kept]
        found = kinds.extract(frames.rgb[kept], config.features, usable=usable, device=device)
        seconds["features"] = time.perf_counter() - clock
        clock = time.perf_counter()
        chosen = pairs.sequential(len(kept), window=config.pairs.window, quadratic=config.pairs.quadratic)
        matched = matching.match(found, chosen, config.matching, device=device, seed=seed, hw=frames.hw)
        seconds["match"] = time.perf_counter() - clock
    enough = [row for row, rows in enumerate(matched) if len(rows) >= config.mapping.min_matches]
    counts = {"features_per_frame": float(np.median([len(each) for each in found])), "pairs_tried": len(chosen)}
    if not enough:
        reason = f"no two frames share {config.mapping.min_matches} matches ({config.features.name})"
        return failed(reason, seconds, counts)
    reply = isolated.call(
        "sfm.backends.colmap.worker:map_matches",
        settings(frames, config.mapping, mapper=MAPPERS[backend], seed=seed, threads=threads),
        {
            "xy_px": np.concatenate([each.xy_px for each in found]).astype(np.float64),
            "count": np.array([len(each) for each in found]),
            "pairs": chosen[enough],
            "match": np.concatenate([matched[row] for row in enough]),
            "match_count": np.array([len(matched[row]) for row in enough]),
        },
        time_limit_s=config.mapping.time_limit_s,
        threads=threads,
    )
    before = Before(seconds=seconds, counts=counts)
    return result_of(frames, masks, kept, reply, backend=backend, seed=seed, before=before)
