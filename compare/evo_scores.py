# pyright: basic
# (evo has no types)
"""ATE and RPE by evo, which is imported only here, only its core, and only on copies."""

from typing import Any, Literal

import numpy as np
from jaxtyping import Int

from compare.association import check_time_sources, frame_numbers, one_pose_only
from compare.laid import NotDelivered
from compare.partners import other_lengths
from compare.protocols import Clock, Protocol
from compare.rows import PairScores, Score
from trajectory.errors import CinetrajError, GaugeError
from trajectory.model import Trajectory
from trajectory.resample import quat_wxyz_from_rotation

MAX_TIME_DIFFERENCE_S = 0.01
"""evo's default for associating by time."""
_APART = "no poses of the two clips are within 10 ms of each other"


def evo_path(trajectory: Trajectory) -> Any:
    """The valid frames as an evo PoseTrajectory3D (a copy: evo changes what it aligns)."""
    from evo.core.trajectory import PoseTrajectory3D

    valid = trajectory.valid
    return PoseTrajectory3D(
        positions_xyz=np.array(trajectory.positions[valid]),
        orientations_quat_wxyz=quat_wxyz_from_rotation(np.array(trajectory.rotations[valid])),
        timestamps=np.array(trajectory.time_s[valid]),
    )


def ate_rpe(
    reference: Trajectory,
    generated: Trajectory,
    *,
    align: Literal["none", "origin", "scale", "se3", "sim3"] = "se3",
    associate: Literal["seconds", "index", "truncate"] = "seconds",
    clock: Clock = "shared",
    all_pairs: bool = False,
    n_to_align: int = -1,
) -> dict[str, Score]:
    """ATE (translation, RMSE), RPE_t and RPE_r (degrees, RMSE) over one frame, by evo.

    Args:
        align: none, origin, scale (`--correct_scale` alone), se3 (`--align`), sim3 (both), as `evo_ape` and `evo_rpe`
            do.
        associate: by nearest time within 10 ms; or the frames valid in both, by their numbers or row with row.
        clock: where frame numbers start: at each clip's first one, or at a zero that both share.

    Raises:
        GaugeError: evo cannot align these paths (a straight or motionless one).
        CinetrajError: fewer than two poses meet.
    """
    from evo.core import metrics as evo_metrics
    from evo.core.geometry import GeometryException
    from evo.core.units import Unit

    if associate == "seconds":
        ref, est = _by_time(evo_path(reference), evo_path(generated))
    else:
        a, b = _frames_of_both(reference, generated, clock if associate == "index" else None)
        ref, est = evo_path(_rows(reference, a)), evo_path(_rows(generated, b))
    if ref.num_poses < 2:
        raise CinetrajError(f"{ref.num_poses} poses meet, expected at least 2")
    try:
        if align == "origin":
            est.align_origin(ref)
        elif align != "none":
            est.align(ref, correct_scale=align in ("scale", "sim3"), correct_only_scale=align == "scale", n=n_to_align)
    except GeometryException as error:
        raise GaugeError(f"evo cannot align these paths: {error}; protocol gauge-ate is defined for them") from error
    relation = evo_metrics.PoseRelation
    found: dict[str, Score] = {}
    jobs = (
        ("ATE", evo_metrics.APE(relation.translation_part), "unit"),
        ("RPE_t", evo_metrics.RPE(relation.translation_part, 1, Unit.frames, all_pairs=all_pairs), "unit"),
        ("RPE_r", evo_metrics.RPE(relation.rotation_angle_deg, 1, Unit.frames, all_pairs=all_pairs), "deg"),
    )
    for name, metric, unit in jobs:
        metric.process_data((ref, est))
        errors = np.array(metric.error, dtype=np.float64)
        found[name] = Score(
            name=name, value=float(metric.get_statistic(evo_metrics.StatisticsType.rmse)), unit=unit, per_frame=errors
        )
    return found


def _by_time(ref: Any, est: Any) -> tuple[Any, Any]:
    from evo.core import sync

    try:
        return sync.associate_trajectories(ref, est, max_diff=MAX_TIME_DIFFERENCE_S)
    except sync.SyncException as error:
        raise CinetrajError(f"{_APART} ({error}); if frames correspond, use --time index") from error


def _frames_of_both(
    reference: Trajectory, generated: Trajectory, clock: Clock | None
) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"]]:
    """The rows of both that have poses and meet: by their numbers on a clock, or row with row."""
    sides = (reference, generated)
    numbers = [np.arange(len(t), dtype=np.float64) if clock is None else frame_numbers(t, clock) for t in sides]
    rows = [np.flatnonzero(t.valid) for t in sides]
    _, a, b = np.intersect1d(numbers[0][rows[0]], numbers[1][rows[1]], return_indices=True)
    if len(a) == 0:
        raise CinetrajError("no frame has a pose in both clips")
    return rows[0][a], rows[1][b]


def _rows(trajectory: Trajectory, rows: np.ndarray) -> Trajectory:
    return Trajectory(
        world_from_cam=trajectory.world_from_cam[rows], time_s=trajectory.time_s[rows], valid=trajectory.valid[rows]
    )


def score_evo(reference: Trajectory, generated: Trajectory, protocol: Protocol) -> PairScores:
    """Scores of a protocol whose method is "evo".

    Raises:
        NotDelivered: the generated clip has one pose where the reference has more.
        CinetrajError: evo cannot compare the two.
    """
    time = protocol.time
    assert time in ("seconds", "index", "truncate")  # others are no protocol of evo's
    check_time_sources(reference, generated, time, ways="--time index")
    if one_pose_only(reference, generated):
        raise NotDelivered("the generated clip has one pose only, expected at least 2")
    found = ate_rpe(
        reference,
        generated,
        align=protocol.evo_align,
        associate=time,
        clock=protocol.clock,
        all_pairs=protocol.evo_rpe_all_pairs,
    )
    unknown = set(protocol.metrics) - set(found)
    if unknown:
        raise CinetrajError(f"metric {sorted(unknown)[0]!r} is not computed by evo, expected ATE, RPE_t or RPE_r")
    kept = {name: found[name] for name in protocol.metrics}
    poses = found["ATE"].per_frame
    met = 0 if poses is None else len(poses)
    notes = _without_partner(reference, generated, met, protocol)
    return PairScores(charged=kept, dropped=kept, notes=notes, facts={"poses": met})


def _without_partner(reference: Trajectory, generated: Trajectory, met: int, protocol: Protocol) -> tuple[str, ...]:
    """What to say where poses of the shorter clip too are left out, or the end of the longer one."""
    if protocol.time != "seconds":
        return other_lengths(reference, generated, protocol.time, protocol.clock)
    n, m = int(reference.valid.sum()), int(generated.valid.sum())
    if met >= min(n, m):
        return ()
    return (
        f"{met} poses are compared, of {n} of the reference and {m} of the generated clip: the others have none within "
        "10 ms in the other clip",
    )
