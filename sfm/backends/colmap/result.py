"""From a pycolmap model to a `Trajectory`, and from its numbers to a verdict: a model is not believed for existing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from sfm.backends.assemble import assemble, assemble_structure, source_rows
from sfm.processes.isolated import Reply
from sfm.structure import PointTracks, Structure, colours_at
from sfm.types import BackendResult, FramePoses, Frames, Masks, Status
from trajectory.errors import CinetrajError
from trajectory.model import Provenance

FLAT = ("PLANAR", "PANORAMIC", "PLANAR_OR_PANORAMIC", "WATERMARK")
"""Pairs that a homography explains: a plane, a pan, a zoom, or no motion at all; none of them shows depth."""
MOST_FLAT = 0.5
"""Share of the widest pairs without depth above which a claimed translation is not believed."""
LEAST_ANGLE_DEG = 0.75
"""Median triangulation angle below which depth, and with it translation, is noise."""
LEAST_POINTS = 30
"""Scene points seen by the median frame: fewer do not hold six parameters against noise and moving things."""
LEAST_SHARE = 0.25
"""Share of the frames below which the model is a fragment, whose choice of frames proves little."""
FEWEST_POINTS = 10
"""A model with fewer points in all holds no frame in place."""
FIELD_OF_VIEW_DEG = (12.0, 140.0)
"""Along the longer side, for a focal length that was not given: beyond, it is the optimiser's way out rather than a
lens; and in a narrow view a pan and a sideways move look alike."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Before:
    """What was done before the worker started: wall time by stage, and counts for run.json."""

    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    counts: Mapping[str, Any] = field(default_factory=dict[str, Any])


def failed(reason: str, seconds: Mapping[str, float], statistics: Mapping[str, Any] | None = None) -> BackendResult:
    """A result without a trajectory."""
    return BackendResult(
        status="failed", reason=reason, trajectory=None, motion_model=None, statistics=statistics or {}, seconds=seconds
    )


def result_of(
    frames: Frames,
    masks: Masks,
    kept: np.ndarray,
    reply: Reply,
    *,
    backend: str,
    seed: int,
    before: Before,
) -> BackendResult:
    """The worker's reply in terms of the clip.

    Args:
        frames, masks: of the shot.
        kept: numbers of the frames that the worker was given.
        reply: what it said.
        backend, seed: for the record.
        before: what was done before it started.
    """
    spent = {**before.seconds, **reply.values.get("seconds", {}), "worker": reply.seconds}
    statistics = {**before.counts, **reply.values.get("statistics", {})}
    if "bad_option" in reply.values:
        raise CinetrajError(f"{backend}: pycolmap refuses the mapper option {reply.values['bad_option']}")
    if reply.outcome != "ok":
        return failed(f"pycolmap: {reply.problem}", spent, statistics)
    if "cam_from_world" not in reply.arrays:
        shown = statistics["pairs"]
        pairs = f"{shown['verified']} verified pairs ({_kinds(shown['by_kind'])})"
        reason = f"no model: {pairs} gave no start: too few, or the camera only turns; try --backend auto"
        return failed(reason, spent, statistics)
    doubts = doubts_of(statistics, frames)
    statistics["verdict"] = list(doubts) or ["nothing speaks against the model"]
    valid, reason = _validity(masks, kept, reply.arrays["cam_from_world"], statistics)
    if valid.sum() < 2 or statistics["points"] < FEWEST_POINTS:
        reason = (
            f"the model holds {statistics['registered']} frames and {statistics['points']} points: nothing to trust"
        )
        return failed(reason, spent, statistics)
    status: Status = "unreliable" if doubts else "ok" if valid.all() else "partial"
    missing = int((~valid).sum())
    why = "; ".join(doubts) if doubts else f"{missing} of {len(frames)} frames have no pose" if missing else ""
    provenance = Provenance(
        backend=backend,
        seed=seed,
        source=frames.source,
        evidence={"status": status, "motion_model": "full", "working_hw": list(frames.hw)},
    )
    poses = poses_of(masks, kept, valid, reason, reply.arrays)
    return BackendResult(
        status=status,
        reason=why,
        trajectory=assemble(frames, poses, provenance),
        motion_model="full",
        statistics=statistics,
        seconds=spent,
        picture=_picture(len(frames), kept, reply.arrays),
        structure=assemble_structure(poses, points_of(frames, kept, reply.arrays)),
    )


def doubts_of(statistics: Mapping[str, Any], frames: Frames) -> tuple[str, ...]:
    """What makes a model an invention rather than a measurement, in words; empty where nothing does."""
    doubts: list[str] = []
    wide = statistics["pairs"]["widest_by_kind"]
    total = sum(wide.values())
    flat = sum(wide.get(kind, 0) for kind in FLAT)
    if total and flat > MOST_FLAT * total:
        doubts.append(
            f"{flat} of {total} widest pairs show no depth ({_kinds(wide)}): a pan, a zoom, a plane or a static camera"
            " explains them, so the translation may be invented"
        )
    if statistics["triangulation_deg"] < LEAST_ANGLE_DEG:
        doubts.append(
            f"median triangulation angle {statistics['triangulation_deg']:.2f} deg is under {LEAST_ANGLE_DEG} deg"
        )
    if statistics["points_per_frame"] < LEAST_POINTS:
        doubts.append(f"the median frame sees {statistics['points_per_frame']:.0f} points, under {LEAST_POINTS}")
    if statistics["registered"] < max(3, LEAST_SHARE * len(frames)):
        doubts.append(f"the model holds only {statistics['registered']} of {len(frames)} frames")
    side = max(frames.hw[0], frames.hw[1] * frames.pixel_aspect)
    view_deg = 2 * np.degrees(np.arctan(side / 2 / statistics["focal_px"]))
    low, high = FIELD_OF_VIEW_DEG
    if frames.focal_px is None and not low <= view_deg <= high:
        doubts.append(f"estimated field of view {view_deg:.1f} deg is implausible ({low:g} to {high:g} are believed)")
    return tuple(doubts)


def poses_of(
    masks: Masks,
    kept: np.ndarray,
    valid: np.ndarray,
    reason: tuple[str, ...],
    arrays: Mapping[str, np.ndarray],
) -> FramePoses:
    """The poses of the model for all frames of the clip; frames that the model lacks have a typical focal length."""
    n = len(valid)
    source = source_rows(masks, kept, n)
    cam_from_world = np.tile(np.eye(4)[:3], (n, 1, 1))
    cam_from_world[valid] = arrays["cam_from_world"][source[valid]]
    depth, focal, radial = (np.full(n, np.nan) for _ in range(3))
    for target, name in ((depth, "scene_depth"), (focal, "focal_px"), (radial, "radial")):
        target[valid] = arrays[name][source[valid]]
    focal[~valid] = np.median(focal[valid])
    return FramePoses(
        rotation=cam_from_world[:, :, :3],
        translation=cam_from_world[:, :, 3],
        focal_px=focal,
        depth=depth,
        valid=valid,
        reason=reason,
        radial=float(np.median(radial[valid])),
    )


def points_of(frames: Frames, kept: np.ndarray, arrays: Mapping[str, np.ndarray]) -> Structure:
    """The points of the model with the colours of the frames that see them first, in the model's own world."""
    points, (point, row) = arrays["points"], arrays["sighting"].T
    seen = PointTracks(point=point, frame=kept[row], xy_px=arrays["sighting_px"])
    order = np.lexsort((seen.frame, seen.point))
    _, at = np.unique(seen.point[order], return_index=True)
    first = order[at]  # every point of a model has a track
    return Structure(
        image_hw=frames.hw,
        points=points,
        colour=colours_at(frames.rgb, seen.frame[first], seen.xy_px[first]),
        tracks=seen,
    )


def _validity(
    masks: Masks, kept: np.ndarray, cam_from_world: np.ndarray, statistics: Mapping[str, Any]
) -> tuple[np.ndarray, tuple[str, ...]]:
    n = len(masks.blank)
    row = source_rows(masks, kept, n)
    valid = np.isin(row, np.flatnonzero(np.isfinite(cam_from_world[:, 0, 0])))
    elsewhere = " (models are disjoint, the largest counts)" if statistics["models"] > 1 else ""
    words = [masks.blank_reason(i) if blank else f"not registered{elsewhere}" for i, blank in enumerate(masks.blank)]
    return valid, tuple("" if ok else why for ok, why in zip(valid, words, strict=True))


def _picture(n: int, kept: np.ndarray, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    tracks = np.full((len(arrays["tracks_px"]), n, 2), np.nan)
    tracks[:, kept] = arrays["tracks_px"]
    return {"tracks_px": tracks, "moving": np.zeros(len(tracks), bool)}


def _kinds(by_kind: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind.lower()}" for kind, count in by_kind.items()) or "none"
