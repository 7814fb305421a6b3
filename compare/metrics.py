"""Errors between two paths that meet at the same points, each a pure function that returns a `Score`.

Paths are `Float[np.ndarray, "k 4 4"]`, camera-to-world in OpenCV axes, already on a common gauge and scale
(`compare.align`); `scored` says where both have a pose.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, final

import numpy as np
from jaxtyping import Bool, Float

from compare.rows import Better, Score

Aggregation = Literal["sum", "mean", "rmse"]

WORST_TRANSLATION = 2.0
"""The charge for a point without a pose, in units of the extent: as far as two paths of unit extent can be apart."""
DIRECTION_FLOOR = 0.05
"""Displacements below this share of the extent have no direction worth comparing."""


@final
@dataclass(frozen=True, kw_only=True)
class MetricInfo:
    """What a metric is called, in a table's head: its direction, and the worst value per point (radians, extents)."""

    better: Better
    words: str


METRICS: Mapping[str, MetricInfo] = MappingProxyType(
    {
        "RotErr": MetricInfo(better="lower", words="angle between the orientations"),
        "TransErr": MetricInfo(better="lower", words="distance between the positions"),
        "CamMC": MetricInfo(better="lower", words="distance between the 3x4 pose matrices"),
        "RotErr_sum": MetricInfo(better="lower", words="RotErr summed over the samples"),
        "TransErr_sum": MetricInfo(better="lower", words="TransErr summed over the samples"),
        "CamMC_sum": MetricInfo(better="lower", words="CamMC summed over the samples"),
        "DirErr": MetricInfo(better="lower", words="angle between the directions of travel from the first frame"),
        "MotionRatio": MetricInfo(better="one", words="how far the generated camera goes over how far it should"),
        "ZoomErr": MetricInfo(better="lower", words="difference of the zoom since the first frame, in octaves"),
        "Smoothness": MetricInfo(better="zero", words="log dimensionless jerk above the reference's"),
        "Primitives": MetricInfo(better="higher", words="same moves at the same times"),
        "WorldScore": MetricInfo(better="higher", words="sqrt of the two clipped qualities"),
        "ATE": MetricInfo(better="lower", words="absolute trajectory error (evo)"),
        "RPE_t": MetricInfo(better="lower", words="relative pose error, translation (evo)"),
        "RPE_r": MetricInfo(better="lower", words="relative pose error, rotation (evo)"),
    }
)


def aggregate(per_frame: Float[np.ndarray, " k"], how: Aggregation) -> float:
    """Sum, mean or root mean square of what is not NaN."""
    values = per_frame[~np.isnan(per_frame)]
    if how == "sum":
        return float(values.sum())
    return float(values.mean()) if how == "mean" else float(np.sqrt(np.mean(np.square(values))))


def _score(
    name: str, errors: np.ndarray, scored: np.ndarray, how: Aggregation, unit: str, worst: float | None
) -> Score:
    per_frame = np.where(scored, errors, np.nan)
    if not scored.any():
        return undefined(name, unit, "no point has a pose in both clips", worst=worst)
    return Score(
        name=name,
        value=aggregate(per_frame, how),
        unit=unit if how != "sum" else f"{unit} (sum)",
        per_frame=per_frame,
        coverage=float(scored.mean()),
        worst=worst,
    )


def undefined(name: str, unit: str, why: str, *, better: Better = "lower", worst: float | None = None) -> Score:
    """A metric that this pair does not have, and why."""
    return Score(name=name, value=None, unit=unit, better=better, coverage=0.0, worst=worst, undefined=why)


def angles_between(
    reference: Float[np.ndarray, "k 3 3"], generated: Float[np.ndarray, "k 3 3"]
) -> Float[np.ndarray, " k"]:
    """Geodesic angles in radians, exact to rounding at small angles too.

    From the chordal distance: ‖A - B‖² = 8 sin²(angle / 2); near 180°, where that is flat, from the trace.
    """
    chord = np.linalg.norm((reference - generated).reshape(len(reference), 9), axis=1)
    trace = np.einsum("kij,kij->k", reference, generated)
    # sin² and cos² of the half angle come from different terms, so atan2 is good at both ends.
    cosine = np.sqrt(np.clip((1 + trace) / 4, 0, 1))
    return 2 * np.arctan2(chord / np.sqrt(8), cosine)


def rot_err(
    reference: Float[np.ndarray, "k 4 4"],
    generated: Float[np.ndarray, "k 4 4"],
    scored: Bool[np.ndarray, " k"],
    *,
    how: Aggregation = "mean",
    angle: Literal["rad", "deg"] = "deg",
) -> Score:
    """RotErr: the angle of R_refᵀ R_gen (CameraCtrl, eq. 11 of arXiv 2404.02101; summed in CamI2V, mean here)."""
    factor = 180 / np.pi if angle == "deg" else 1.0
    errors = angles_between(reference[:, :3, :3], generated[:, :3, :3]) * factor
    return _score("RotErr", errors, scored, how, angle, np.pi * factor)


def trans_err(
    reference: Float[np.ndarray, "k 4 4"],
    generated: Float[np.ndarray, "k 4 4"],
    scored: Bool[np.ndarray, " k"],
    *,
    how: Aggregation = "mean",
    unit: str = "extent",
) -> Score:
    """TransErr: the distance between the positions, in the unit that the scaling left."""
    errors = np.linalg.norm(generated[:, :3, 3] - reference[:, :3, 3], axis=1)
    return _score("TransErr", errors, scored, how, unit, WORST_TRANSLATION)


def cam_mc(
    reference: Float[np.ndarray, "k 4 4"],
    generated: Float[np.ndarray, "k 4 4"],
    scored: Bool[np.ndarray, " k"],
    *,
    how: Aggregation = "mean",
) -> Score:
    """CamMC: the Euclidean distance between [R|t] matrices (MotionCtrl; as computed by CamI2V)."""
    errors = np.linalg.norm((generated - reference)[:, :3].reshape(len(reference), 12), axis=1)
    worst = float(np.sqrt(8 + WORST_TRANSLATION**2))  # two rotations 180° apart are sqrt(8) apart as matrices
    return _score("CamMC", errors, scored, how, "mixed", worst)


def direction_err(
    reference: Float[np.ndarray, "k 4 4"],
    generated: Float[np.ndarray, "k 4 4"],
    scored: Bool[np.ndarray, " k"],
    *,
    angle: Literal["rad", "deg"] = "deg",
) -> Score:
    """DirErr: the angle between the displacements from the first frame, where both are long enough to have one."""
    factor = 180 / np.pi if angle == "deg" else 1.0
    a, b = reference[:, :3, 3], generated[:, :3, 3]
    lengths = [np.linalg.norm(np.where(scored[:, None], x, 0.0), axis=1) for x in (a, b)]
    extents = [float(x.max(initial=0.0)) for x in lengths]
    for extent, who in zip(extents, ("reference", "generated camera"), strict=True):
        if extent == 0:
            return undefined("DirErr", angle, f"the {who} does not translate", worst=np.pi * factor)
    moving = scored & (lengths[0] > DIRECTION_FLOOR * extents[0]) & (lengths[1] > DIRECTION_FLOOR * extents[1])
    if not moving.any():
        return undefined("DirErr", angle, "the two never move at the same time", worst=np.pi * factor)
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = a / lengths[0][:, None], b / lengths[1][:, None]
    errors = 2 * np.arctan2(np.linalg.norm(a - b, axis=1), np.linalg.norm(a + b, axis=1)) * factor
    return _score("DirErr", errors, moving, "mean", angle, np.pi * factor)


def motion_ratio(reference_extent: float, generated_extent: float) -> Score:
    """MotionRatio: the largest distance from the first camera, generated over reference, in one common unit."""
    if reference_extent == 0:
        return undefined("MotionRatio", "ratio", "the reference does not translate", better="one")
    return Score(name="MotionRatio", value=generated_extent / reference_extent, unit="ratio", better="one")


def zoom_err(
    reference_log2_focal: Float[np.ndarray, " k"] | None,
    generated_log2_focal: Float[np.ndarray, " k"] | None,
    scored: Bool[np.ndarray, " k"],
) -> Score:
    """ZoomErr: mean |log2(f / f_first)_gen - log2(f / f_first)_ref| in octaves; pixels and crops cancel."""
    if reference_log2_focal is None or generated_log2_focal is None:
        who = "reference" if reference_log2_focal is None else "generated clip"
        return undefined("ZoomErr", "octave", f"the {who} has no focal length")
    known = scored & np.isfinite(reference_log2_focal) & np.isfinite(generated_log2_focal)
    if not known.any():
        return undefined("ZoomErr", "octave", "no point has a focal length in both clips")
    first = int(np.argmax(known))
    change = generated_log2_focal - reference_log2_focal
    return _score("ZoomErr", np.abs(change - change[first]), known, "mean", "octave", None)


def log_dimensionless_jerk(positions: Float[np.ndarray, "k 3"]) -> float | None:
    """ln of the squared jerk integrated over the unit duration, over the squared peak speed (Hogan & Sternad 2009).

    Larger is rougher. Positions are at equal steps. None for fewer than five points or no motion.
    """
    count = len(positions)
    if count < 5:
        return None
    step = 1.0 / (count - 1)
    peak = float(np.linalg.norm(np.diff(positions, axis=0), axis=1).max()) / step
    if peak == 0:
        return None
    jerk = np.diff(positions, n=3, axis=0) / step**3
    integral = float(np.square(jerk).sum()) * step
    # A perfectly even move has no jerk: the floor keeps the logarithm finite and two such moves equal.
    return float(np.log(max(integral / peak**2, 1.0)))


def smoothness(reference: Float[np.ndarray, "k 3"], generated: Float[np.ndarray, "m 3"]) -> Score:
    """Smoothness: how much rougher the generated path is than the reference, in nats of log dimensionless jerk."""
    a, b = log_dimensionless_jerk(reference), log_dimensionless_jerk(generated)
    if a is None or b is None:
        who = "reference" if a is None else "generated clip"
        why = f"the {who} has fewer than five poses in a row or does not translate"
        return undefined("Smoothness", "nat", why, better="zero")
    return Score(name="Smoothness", value=b - a, unit="nat", better="zero")


def world_score(rotation_deg: float, translation: float) -> Score:
    """WorldScore's camera control: sqrt of (1 - clip(rotation / 15°)) times (1 - clip(translation / 0.5))."""
    quality = (1 - np.clip(rotation_deg / 15, 0, 1)) * (1 - np.clip(translation / 0.5, 0, 1))
    return Score(name="WorldScore", value=float(np.sqrt(quality)), unit="score", better="higher", worst=0.0)


def charge(score: Score, charged: Bool[np.ndarray, " k"], how: Aggregation) -> Score:
    """The same score with each charged point at its worst value; unchanged where no worst value exists."""
    if score.worst is None or not charged.any() or score.per_frame is None:
        return score
    per_frame = np.where(charged, score.worst, score.per_frame)
    return replace(score, value=aggregate(per_frame, how), per_frame=per_frame)
