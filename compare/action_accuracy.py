"""HY-WorldPlay's action accuracy: the share of steps whose code is the commanded one, of 81.

Source: Tencent-Hunyuan/HY-WorldPlay `worldcompass/reward_function/reward_function.py` (CompassReward.reward). The codes
are found with several thresholds for what counts as a movement, in the arbitrary unit of the estimate, and the best of
the accuracies is taken; with a single threshold nothing is chosen afterwards.
"""

import numpy as np
from jaxtyping import Int

from compare.protocols import Protocol
from compare.rows import PairScores, Score
from trajectory.actions import labels, worldplay_codes
from trajectory.commands import Commands
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

TURN_DEG = 0.2
MOST_OF_IT = 0.95
"""Of the time of the commands: a clip that lasts as long, or longer, lacks no more than a few frames of rounding."""
METRICS: tuple[str, ...] = ("ActionAcc", "FineActionAcc")


def accuracies(told: Int[np.ndarray, " s"], found: Int[np.ndarray, " s"]) -> tuple[float, float]:
    """Share of equal codes, and the mean of the shares of equal movements and equal looks."""
    movement, look = told // 9 == found // 9, told % 9 == found % 9
    return float((told == found).mean()), float((movement.mean() + look.mean()) / 2)


def score_actions(commands: Commands, generated: Trajectory, protocol: Protocol) -> PairScores:
    """Scores of a protocol whose method is "actions".

    Raises:
        CinetrajError: no step with a pose at both ends was commanded, or a metric is another one's.
    """
    if unknown := set(protocol.metrics) - set(METRICS):
        raise CinetrajError(f"metric {sorted(unknown)[0]!r} is not of action codes, expected {' or '.join(METRICS)}")
    told = commands.from_mark()
    turns = told.by_step(told.axis(generated))
    both = generated.valid[:-1] & generated.valid[1:]
    steps = [i for i, turn in enumerate(turns) if turn is not None and both[i]]
    if not steps:
        raise CinetrajError("no step of the generated clip has poses and a command; check the times of the commands")
    asked = labels(np.array([turn.code for turn in (turns[i] for i in steps) if turn is not None], dtype=np.int64))
    found: list[tuple[float, float]] = []
    for move in protocol.move_thresholds:
        codes = worldplay_codes(generated.world_from_cam, move=move, turn_deg=TURN_DEG)
        found.append(accuracies(asked, labels(codes[steps])))
    best = max(range(len(found)), key=lambda i: found[i][0])  # the first of equal ones, as the script takes it
    values = dict(zip(METRICS, found[best], strict=True))
    scores = {
        name: Score(name=name, value=values[name], unit="share", better="higher", worst=0.0)
        for name in protocol.metrics
    }
    commanded = sum(turn is not None for turn in turns)
    kept = lasting(told, generated)
    facts = {
        "steps": len(steps),
        "compared": kept * len(steps) / commanded,
        "move_threshold": protocol.move_thresholds[best],
        "accuracies": [accuracy for accuracy, _ in found],
        "commands": commands.layout,
    }
    return PairScores(charged=scores, dropped=scores, notes=cut_short(kept), facts=facts)


def lasting(told: Commands, generated: Trajectory) -> float:
    """The share of the time of the commands that the clip lasts; its last frame lasts as long as the others."""
    if told.unit == "share":
        return 1.0
    axis = told.axis(generated)
    end = float(axis[-1] + np.median(np.diff(axis)))
    kept = sum(max(min(turn.end, end) - turn.start, 0.0) for turn in told.turns)
    return kept / sum(turn.end - turn.start for turn in told.turns)


def cut_short(share: float) -> tuple[str, ...]:
    """What to say where a good part of the commands comes after the end of the clip, which lasts a share of them."""
    if share > MOST_OF_IT:
        return ()
    return (f"the clip ends after {share:.0%} of the time of its commands; the others are not charged",)
