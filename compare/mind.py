"""MIND's action accuracy: relative pose errors from frame to frame, after Umeyama's similarity on the positions.

Source: CSU-JPG/MIND `src/metrics/action.py` (action_accuracy_metric) and `src/utils/vipe_utils.py` (umeyama_sim3,
compute_rpe, bucket_for_action). Poses meet row by row, at most 200 of them; steps off by more than 179° are dropped; of
fewer than eight steps nothing is said. No guard: a path at rest is divided by its variance plus 1e-12.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from compare.laid import NotDelivered
from compare.metrics import METRICS
from compare.metrics.rotation import angles_between
from compare.pair_scores import lengths
from compare.partners import unequal
from compare.protocols import Protocol
from compare.rows import PairScores, Score
from trajectory.actions import spelled
from trajectory.commands import Commands, Turn
from trajectory.errors import CinetrajError
from trajectory.frames import inverse_poses
from trajectory.model import Trajectory

MOST_FRAMES = 200
LARGEST_TURN_DEG = 179.0
FEWEST_STEPS = 8
VARIANCE_FLOOR = 1e-12
TRANSLATIONS = frozenset({"w", "a", "s", "d", "forward", "backward", "left", "right"})
ROTATIONS = frozenset(
    {"cam_left", "cam_right", "cam_up", "cam_down", "yaw_left", "yaw_right", "pitch_up", "pitch_down"}
)
"""The words of the script. Its own actions are spelt look_left, look_right, look_up, look_down: they are "other"."""


def umeyama(
    source: Float[np.ndarray, "k 3"], target: Float[np.ndarray, "k 3"]
) -> tuple[float, Float[np.ndarray, "3 3"], Float[np.ndarray, " 3"]]:
    """Scale, rotation and shift with target = scale · rotation · source + shift (Umeyama 1991, eq. 40 to 42)."""
    a, b = source - source.mean(0), target - target.mean(0)
    u, strength, vt = np.linalg.svd(b.T @ a / len(a))
    sign = np.array([1.0, 1.0, -1.0 if np.linalg.det(u) * np.linalg.det(vt) < 0 else 1.0])
    rotation = (u * sign) @ vt
    scale = float((strength * sign).sum() / (np.square(a).sum() / len(a) + VARIANCE_FLOOR))
    return scale, rotation, target.mean(0) - scale * (rotation @ source.mean(0))


def step_errors(
    reference: Float[np.ndarray, "k 4 4"], generated: Float[np.ndarray, "k 4 4"]
) -> tuple[Float[np.ndarray, " s"], Float[np.ndarray, " s"]]:
    """Length and degrees of (Q_i⁻¹ Q_i+1)⁻¹ (P_i⁻¹ P_i+1), with the generated path P laid on the reference Q."""
    scale, rotation, shift = umeyama(generated[:, :3, 3], reference[:, :3, 3])
    laid = generated.copy()
    laid[:, :3, :3] = rotation @ generated[:, :3, :3]
    laid[:, :3, 3] = scale * generated[:, :3, 3] @ rotation.T + shift
    a, b = (inverse_poses(x[:-1]) @ x[1:] for x in (reference, laid))
    apart = np.linalg.norm(b[:, :3, 3] - a[:, :3, 3], axis=1)  # the inverse of a step turns it, and changes no length
    return apart, np.degrees(angles_between(a[:, :3, :3], b[:, :3, :3]))


def score_mind(
    reference: Trajectory, generated: Trajectory, protocol: Protocol, commands: Commands | None = None
) -> PairScores:
    """Scores of a protocol whose method is "mind"; with commands also by group and action (`facts["groups"]`).

    Raises:
        NotDelivered: the generated clip has no two poses at which the reference has some.
        CinetrajError: a metric is not MIND's, or the reference has no two poses.
    """
    unknown = [name for name in protocol.metrics if not name.startswith("RPE_") or name not in METRICS]
    if unknown:
        raise CinetrajError(f"metric {unknown[0]!r} is not MIND's, expected RPE_t_mean, RPE_t_median, RPE_r_...")
    start = 0 if commands is None else _start(reference, commands)
    asked = min(len(reference) - start, MOST_FRAMES)
    count = min(asked, len(generated))
    actions = None if commands is None else told(commands.from_mark(), generated, count)
    if actions is not None and len(actions) + 1 < count:
        asked = count = len(actions) + 1
    shared = count if generated.valid[:count].sum() > 1 else asked
    if reference.valid[start : start + shared].sum() < 2:
        raise CinetrajError("the reference has fewer than two poses where the generated clip is compared")
    both = reference.valid[start : start + count] & generated.valid[:count]
    if both.sum() < 2:
        raise NotDelivered("the generated clip has fewer than two poses where the reference has some")
    rows = np.flatnonzero(both)
    apart, turned = step_errors(reference.world_from_cam[start + rows], generated.world_from_cam[rows])
    kept = (np.diff(rows) == 1) & (turned <= LARGEST_TURN_DEG)
    apart, turned = apart[kept], turned[kept]
    scores = {name: _score(name, apart, turned) for name in protocol.metrics}
    facts: dict[str, Any] = {"steps": len(apart), **lengths(reference, generated)}
    if actions is not None and len(apart) >= FEWEST_STEPS:
        steps: list[int] = rows[:-1][kept].tolist()
        facts["groups"] = groups([actions[i] for i in steps], apart, turned)
    notes = () if actions is not None and asked == count else _left_out(len(reference) - start, len(generated))
    return PairScores(charged=scores, dropped=scores, notes=notes, facts=facts)


def _left_out(reference: int, generated: int) -> tuple[str, ...]:
    """What to say of frames that are not compared, from how many each clip has from the first one on."""
    if min(reference, generated) > MOST_FRAMES:
        return (f"only the first {MOST_FRAMES} frames are compared, of {min(reference, generated)}, as MIND does",)
    return unequal((reference, generated), min(reference, generated))


def _start(reference: Trajectory, commands: Commands) -> int:
    """The row at which the generated clip begins, where the reference is the whole clip and not cut there already."""
    whole = commands.unit == "frames" and len(reference) >= commands.turns[-1].end
    return commands.mark if whole else 0


def told(commands: Commands, generated: Trajectory, count: int) -> list[str]:
    """The word of each step among the first `count` rows, as far as there are commands.

    To MIND left and right are moves; to all other layouts they are looks, which are spelt as MIND spells its own.
    """
    steps = commands.by_step(commands.axis(generated)[:count])
    last = max((i for i, turn in enumerate(steps) if turn is not None), default=-1)
    return ["no_op" if turn is None else _word(turn, commands.layout) for turn in steps[: last + 1]]


def _word(turn: Turn, layout: str) -> str:
    if layout == "mind":
        return turn.action
    keys = spelled(turn.code).split("+")
    return "+".join(f"look_{key}" if key in ("left", "right", "up", "down") else key for key in keys)


def _score(name: str, apart: np.ndarray, turned: np.ndarray) -> Score:
    unit = METRICS[name].unit
    if len(apart) < FEWEST_STEPS:
        why = f"{len(apart)} steps are left, fewer than the {FEWEST_STEPS} that MIND asks for"
        return Score(name=name, value=None, unit=unit, coverage=0.0, undefined=why)
    return Score(name=name, value=statistics(apart, turned)[name], unit=unit)


def statistics(apart: Float[np.ndarray, " s"], turned: Float[np.ndarray, " s"]) -> dict[str, float]:
    """Mean and median of the errors of some steps."""
    return {
        "RPE_t_mean": float(apart.mean()),
        "RPE_t_median": float(np.median(apart)),
        "RPE_r_mean": float(turned.mean()),
        "RPE_r_median": float(np.median(turned)),
    }


def groups(
    actions: Sequence[str], apart: Float[np.ndarray, " s"], turned: Float[np.ndarray, " s"]
) -> Mapping[str, Mapping[str, Any]]:
    """The same by translation, rotation and other, and by action (`act:NAME`), with how many steps each has."""
    places: dict[str, list[int]] = {}
    for i, action in enumerate(actions):
        places.setdefault(bucket(action), []).append(i)
        places.setdefault(f"act:{action}", []).append(i)
    return {name: {"count": len(at), **statistics(apart[at], turned[at])} for name, at in sorted(places.items())}


def bucket(action: str) -> str:
    """The group of an action, as the script finds it: only single words of its own lists are no "other"."""
    word = action.lower()
    return "translation" if word in TRANSLATIONS else "rotation" if word in ROTATIONS else "other"
