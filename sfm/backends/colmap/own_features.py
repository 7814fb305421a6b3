"""What the pycolmap backends share: settings, our features and matches, and the way through the worker."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sfm.backends.colmap.result import Before, failed, result_of
from sfm.config import ColmapConfig, GlomapConfig, MapConfig
from sfm.features import extract as kinds
from sfm.features.types import Features
from sfm.matching import Setting, pairs
from sfm.matching import match as matching
from sfm.processes import isolated
from sfm.processes.threads import thread_limit
from sfm.types import BackendResult, Frames, Masks

MAPPERS = {"colmap": "incremental", "glomap": "global"}
"""Which of pycolmap's mappers a backend runs."""
SEEDS = 3
"""Seeds that are tried where the worker dies: native solvers abort on a rare sample, and another seed draws others."""


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


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Key points of the frames that show something new, and what matches between them.

    Attributes:
        frame: n; their places among the frames of the shot.
        features: of each of these.
        pairs: p 2; rows of `frame`.
        matches: for each pair, m 2: rows of the key points of its first and of its second frame.
        counts: what was used and how much of it, for the run folder.
        seconds: of each stage.
    """

    frame: np.ndarray
    features: list[Features]
    pairs: np.ndarray
    matches: list[np.ndarray]
    counts: dict[str, Any]
    seconds: dict[str, float]


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
    if len(masks.distinct()) < 2:
        return failed("fewer than two frames differ: blank and repeated ones do not count", {})
    found = matched(frames, masks, config, device=device, seed=seed, threads=threads)
    return mapped(frames, masks, found, config.mapping, backend=backend, seed=seed, threads=threads)


def matched(
    frames: Frames, masks: Masks, config: ColmapConfig | GlomapConfig, *, device: str, seed: int, threads: int
) -> Matched:
    """Features and matches of one shot; arguments are those of `run_fed`."""
    kept = masks.distinct()
    chosen = pairs.sequential(len(kept), window=config.pairs.window, quadratic=config.pairs.quadratic)
    kind = kinds.kind_of(config.features, device)
    setting = Setting(device=device, seed=seed, hw=frames.hw, features=kind, weights=_weights_of_matcher(config))
    seconds: dict[str, float] = {}
    with thread_limit(threads):
        found, rows = _found(frames.rgb[kept], _usable(masks, kept), chosen, config, setting, seconds)
    counts: dict[str, Any] = {
        "features": config.matching.method if matching.matcher(config.matching.method).sees_pictures else kind,
        "features_per_frame": float(np.median([len(each) for each in found])),
        "pairs_tried": len(chosen),
        "ran_on": {"features": "cpu" if kind == "sift" else device, "matching": device, "mapping": "cpu"},
    }
    return Matched(frame=kept, features=found, pairs=chosen, matches=rows, counts=counts, seconds=seconds)


def mapped(
    frames: Frames, masks: Masks, found: Matched, config: MapConfig, *, backend: str, seed: int, threads: int
) -> BackendResult:
    """The camera that one of pycolmap's mappers makes of matches; other arguments are those of `run_fed`."""
    enough = [row for row, rows in enumerate(found.matches) if len(rows) >= config.min_matches]
    seconds, counts = dict(found.seconds), dict(found.counts)
    if not enough:
        reason = f"no two frames share {config.min_matches} matches ({counts['features']})"
        return failed(reason, seconds, counts)
    values = settings(frames, config, mapper=MAPPERS[backend], seed=seed, threads=threads)
    arrays = {
        "xy_px": np.concatenate([each.xy_px for each in found.features]).astype(np.float64),
        "count": np.array([len(each) for each in found.features]),
        "pairs": found.pairs[enough],
        "match": np.concatenate([found.matches[row] for row in enough]),
        "match_count": np.array([len(found.matches[row]) for row in enough]),
    }
    reply = _call(values, arrays, config, threads)
    for death in range(1, SEEDS):
        if reply.outcome != "died":
            break
        counts["deaths"] = death
        seconds["died"] = seconds.get("died", 0.0) + reply.seconds
        reply = _call({**values, "seed": (seed + death) % 2**31}, arrays, config, threads)
    before = Before(seconds=seconds, counts=counts)
    return result_of(frames, masks, found.frame, reply, backend=backend, seed=seed, before=before)


def _call(
    values: Mapping[str, Any], arrays: Mapping[str, np.ndarray], config: MapConfig, threads: int
) -> isolated.Reply:
    function, limit_s = "sfm.backends.colmap.worker:map_matches", config.time_limit_s
    return isolated.call(function, values, arrays, time_limit_s=limit_s, threads=threads)


def _found(
    rgb: np.ndarray,
    usable: np.ndarray,
    chosen: np.ndarray,
    config: ColmapConfig | GlomapConfig,
    setting: Setting,
    seconds: dict[str, float],
) -> tuple[list[Features], list[np.ndarray]]:
    """Key points of the frames and the rows of each pair; `seconds` is told what it took."""
    clock = time.perf_counter()
    if matching.matcher(config.matching.method).sees_pictures:
        found, rows = matching.match_images(rgb, chosen, config.matching, usable=usable, setting=setting)
        seconds["match"] = time.perf_counter() - clock
        return found, rows
    matching.matcher(config.matching.method).require(setting.features)  # before minutes of work, not after
    found = kinds.extract(rgb, config.features, usable=usable, device=setting.device)
    seconds["features"] = time.perf_counter() - clock
    clock = time.perf_counter()
    rows = matching.match(found, chosen, config.matching, setting)
    seconds["match"] = time.perf_counter() - clock
    return found, rows


def _usable(masks: Masks, kept: np.ndarray) -> np.ndarray:
    return masks.usable if masks.moving is None else masks.usable & ~masks.moving[kept]


def _weights_of_matcher(config: ColmapConfig | GlomapConfig) -> Path | None:
    """Its own, else those of the features: a folder may hold both, and a matcher of pictures has no features."""
    own, shared = config.matching.weights, config.features.weights
    if own is not None or shared is None:
        return own
    alone = matching.matcher(config.matching.method).sees_pictures
    return shared if alone or Path(shared).is_dir() else None
