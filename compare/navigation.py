"""WBench's NavScore: how a camera follows commanded turns, the expected path being built from the estimate itself.

Source: meituan-longcat/WBench `src/metrics/interaction/navigation_trajectory.py` (evaluate_navigation) and
`src/evaluate.py`, bug for bug (docs/defects.md). A turn of translation expects a straight line in the commanded
direction, as long as the estimate's own displacement; one of rotation expects a rotation or an orbit by the estimate's
own angle. Both are resampled to 20 poses of equal arc length.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation, Slerp

from compare.align import anchored
from compare.expected_turns import CANONICAL, expected_turn, is_translation, path_length, total_turn_deg
from compare.metrics import METRICS
from compare.metrics.rotation import angles_between
from compare.protocols import Protocol
from compare.rows import ClipScores, PairScores, Score
from trajectory.commands import Commands, Perspective
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

SHORTEST_PATH = 0.5
"""Errors are divided by the path's length, at least by this, in the arbitrary unit of the estimate."""
SMALLEST_TURN_DEG = 10.0
SAMPLES = 20
NO_PATH = 1e-8
WBENCH_ACTIONS = frozenset(
    (
        *("W", "A", "S", "D", "left", "right", "up", "down"),
        *("W+A", "W+D", "S+D", "W+left", "W+right", "W+up", "W+down"),
    )
)
"""The navigation of WBench's cases, as they are spelt there; its other interactions are left out."""
GROUPS = {"W": "forward", "S": "forward", "A": "lateral", "D": "lateral", "left": "yaw", "right": "yaw"} | {
    "up": "pitch",
    "down": "pitch",
}
MIRRORED_AXIS = {"yaw": 0, "pitch": 1, "forward": 2, "lateral": 0}


def score_navigation(commands: Commands, generated: Trajectory, protocol: Protocol) -> PairScores:
    """Scores of a protocol whose method is "navigation".

    Raises:
        CinetrajError: no turn was commanded of which the clip has a pose, or a metric is another one's.
    """
    values = navigation(*turns_of(commands, generated), commands.perspective)
    unknown = set(protocol.metrics) - set(values)
    if unknown:
        raise CinetrajError(f"metric {sorted(unknown)[0]!r} is not of navigation, expected one of {', '.join(values)}")
    why = "no two turns are of equal or mirrored commands"
    scores = {
        name: Score(
            name=name,
            value=values[name],
            unit=METRICS[name].unit,
            better=METRICS[name].better,
            undefined=why if values[name] is None else "",
        )
        for name in protocol.metrics
    }
    facts: dict[str, Any] = {"perspective": commands.perspective, "commands": commands.layout}
    return PairScores(charged=scores, dropped=scores, notes=(), facts=facts)


def turns_of(commands: Commands, generated: Trajectory) -> tuple[list[Float[np.ndarray, "k 4 4"]], list[str]]:
    """The poses of each turn that has some, and its action in WBench's spelling."""
    told = commands.from_mark()
    poses: list[np.ndarray] = []
    actions: list[str] = []
    for turn, (start, end) in zip(told.turns, told.bounds(told.axis(generated)), strict=True):
        if (told.layout == "wbench" and turn.action not in WBENCH_ACTIONS) or not any(turn.code):
            continue
        rows = start + np.flatnonzero(generated.valid[start:end])
        if len(rows):
            poses.append(np.array(generated.world_from_cam[rows]))
            actions.append(CANONICAL[turn.code])
    if not poses:
        raise CinetrajError("the clip has no pose in any commanded turn; check the times and keys of the commands")
    return poses, actions


def navigation(
    turns: Sequence[Float[np.ndarray, "_ 4 4"]], actions: Sequence[str], perspective: Perspective
) -> dict[str, float | None]:
    """NavScore and its parts (evaluate_navigation); None for what has no pair of turns."""
    expected = expected_path(turns, actions, perspective)
    apart, turned = _mean_errors(
        np.concatenate([by_arc(part) for part in expected]), np.concatenate([by_arc(part) for part in turns])
    )
    whole = np.concatenate(turns)
    ate_t = min(apart / max(path_length(whole), SHORTEST_PATH), 1.0)
    ate_r = min(turned / max(total_turn_deg(whole), SMALLEST_TURN_DEG), 1.0)
    accuracy = 1 - (ate_t + ate_r) / 2
    pairs = [
        _between(turns[i], turns[j], axes)
        for i, j in combinations(range(len(turns)), 2)
        if (axes := mirrored_axes(actions[i], actions[j])) is not None
    ]
    found: dict[str, float | None] = {"NavScore": None, "NavAccuracy": accuracy, "NavConsistency": None}
    found |= {"nATE_t": ate_t, "nATE_r": ate_r, "cnATE_t": None, "cnATE_r": None}
    if pairs:
        between_t, between_r = (float(np.mean(each)) for each in zip(*pairs, strict=True))
        consistency = 1 - (between_t + between_r) / 2
        found |= {"cnATE_t": between_t, "cnATE_r": between_r, "NavConsistency": consistency}
        found["NavScore"] = (accuracy + consistency) / 2
    return found


def expected_path(
    turns: Sequence[Float[np.ndarray, "_ 4 4"]], actions: Sequence[str], perspective: Perspective
) -> list[Float[np.ndarray, "_ 4 4"]]:
    """The expected poses of each turn, each starting where the expected one before it ended."""
    heading, place = turns[0][0, :3, :3], turns[0][0, :3, 3]
    parts: list[np.ndarray] = []
    for poses, action in zip(turns, actions, strict=True):
        part = expected_turn(poses, action, heading, perspective)
        part[:, :3, 3] += place - part[0, :3, 3]
        place = part[-1, :3, 3].copy()
        if not is_translation(action):
            heading = part[-1, :3, :3].copy()
        parts.append(part)
    return parts


def by_arc(poses: Float[np.ndarray, "n 4 4"]) -> Float[np.ndarray, "m 4 4"]:
    """Poses at `SAMPLES` places of equal arc length (_resample_by_arc); frames of a path without length."""
    n = len(poses)
    if n <= 2:
        return poses[np.linspace(0, max(n - 1, 0), min(n, SAMPLES)).astype(int)]
    arc: np.ndarray = np.zeros(n)
    arc[1:] = np.cumsum(np.linalg.norm(np.diff(poses[:, :3, 3], axis=0), axis=1))
    whole = float(arc[-1])
    if whole < NO_PATH:
        return poses[np.linspace(0, n - 1, SAMPLES).astype(int)]
    share = arc / whole
    for i in range(1, n):  # where the camera stood, a hair's breadth, so that the angles can be looked up
        if share[i] <= share[i - 1]:
            share[i] = share[i - 1] + 1e-12
    at: np.ndarray = np.linspace(0, whole, SAMPLES)
    out = np.tile(np.eye(4), (SAMPLES, 1, 1))
    for axis in range(3):
        out[:, axis, 3] = np.interp(at, arc, poses[:, axis, 3])
    turn: Rotation = Slerp(share, Rotation.from_matrix(poses[:, :3, :3]))(np.clip(at / whole, 0.0, float(share[-1])))
    out[:, :3, :3] = turn.as_matrix()
    return out


def mirrored_axes(first: str, second: str) -> set[int] | None:
    """Axes by which the second turn is flipped to be like the first; None where the two cannot be compared."""
    a, b = ({GROUPS[key]: key for key in action.split("+")} for action in (first, second))
    if set(a) != set(b):
        return None
    return {MIRRORED_AXIS[group] for group in a if a[group] != b[group]}


def _between(
    first: Float[np.ndarray, "n 4 4"], second: Float[np.ndarray, "m 4 4"], axes: set[int]
) -> tuple[float, float]:
    """Errors between two turns, moved to one start, over their mean length and mean turn."""
    flip = np.array([-1.0 if axis in axes else 1.0 for axis in range(3)])
    count = min(len(first), len(second))
    both = [anchored(x[None], np.zeros(1, int))[0] for x in (first, second)]
    both[1][:, :3, :3] *= flip[:, None] * flip
    both[1][:, :3, 3] *= flip
    a, b = (x[np.linspace(0, len(x) - 1, count).astype(int)] for x in both)
    apart, turned = _mean_errors(a, b)
    length = max((path_length(a) + path_length(b)) / 2, SHORTEST_PATH)
    turn = max((total_turn_deg(a) + total_turn_deg(b)) / 2, SMALLEST_TURN_DEG)
    return min(apart / length, 1.0), min(turned / turn, 1.0)


def _mean_errors(a: Float[np.ndarray, "k 4 4"], b: Float[np.ndarray, "k 4 4"]) -> tuple[float, float]:
    """Mean distance, and mean angle in degrees."""
    apart = np.linalg.norm(a[:, :3, 3] - b[:, :3, 3], axis=1)
    return float(apart.mean()), float(np.degrees(angles_between(a[:, :3, :3], b[:, :3, :3])).mean())


def published(rows: Sequence[ClipScores]) -> dict[str, float | None]:
    """A model's NavScore: accuracy and consistency are averaged over the clips that have them, and then together."""
    means: list[float] = []
    for name in ("NavAccuracy", "NavConsistency"):
        known = [row.scores[name].value for row in rows if not row.failed and name in row.scores]
        values = [value for value in known if value is not None]
        if values:
            means.append(float(np.mean(values)))
    return {"NavScore": sum(means) / 2 if len(means) == 2 else None}
