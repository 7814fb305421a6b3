"""The rule of clips in which one move comes after another, or a move fills a part of the clip alone.

Two parts with seeds of their own: `sequence-dev` to develop on, `sequence-reporting` to report from. Film pans and then
pushes in; a clip that is cut out of a longer take holds still until its last second. Of such a clip a mean over all
frames says little: what moves moves in few of them.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from hard_clips import EASINGS, SCENES, drawn_fields

from sfm.synthetic import ClipSpec

PARTS = ("sequence-dev", "sequence-reporting")
FIRST_SEED = {"sequence-dev": 6_100_000, "sequence-reporting": 6_500_000}

FIRST, SECOND, LATE, EARLY = (0.0, 0.6), (0.55, 1.0), (0.75, 1.0), (0.0, 0.3)
MOVES: dict[str, dict[str, tuple[tuple[float, float], tuple[float, float]]]] = {
    "pan, push in": {"pan_deg": ((8, 40), FIRST), "dolly": ((0.06, 0.25), SECOND)},
    "pan, late push in": {"pan_deg": ((-8, -40), (0.0, 0.8)), "dolly": ((0.06, 0.2), LATE)},
    "push in, pan": {"dolly": ((0.08, 0.3), FIRST), "pan_deg": ((-8, -30), SECOND)},
    "pan, truck": {"pan_deg": ((8, 30), FIRST), "truck": ((0.06, 0.2), SECOND)},
    "truck, tilt": {"truck": ((-0.06, -0.2), FIRST), "tilt_deg": ((5, 18), SECOND)},
    "pan, zoom in": {"pan_deg": ((-8, -30), FIRST), "zoom": ((1.15, 1.6), SECOND)},
    "zoom out, tilt": {"zoom": ((0.85, 0.6), FIRST), "tilt_deg": ((-4, -15), SECOND)},
    "zoom in, truck": {"zoom": ((1.15, 1.5), FIRST), "truck": ((0.06, 0.2), SECOND)},
    "pedestal, pan": {"pedestal": ((0.05, 0.2), FIRST), "pan_deg": ((6, 20), SECOND)},
    "orbit, roll": {"orbit_deg": ((7, 25), FIRST), "roll_deg": ((6, 25), SECOND)},
    "late push in": {"dolly": ((0.06, 0.2), LATE)},
    "late truck": {"truck": ((0.05, 0.2), LATE)},
    "late pan": {"pan_deg": ((-5, -20), LATE)},
    "late zoom in": {"zoom": ((1.12, 1.5), LATE)},
    "early pull out": {"dolly": ((-0.06, -0.2), EARLY)},
    "early zoom out": {"zoom": ((0.88, 0.65), EARLY)},
    "early roll": {"roll_deg": ((6, 25), EARLY)},
}
"""Channels, the limits of their amounts, and the part of the clip within which they move."""

PICTURES: dict[str, dict[str, Any]] = {
    "rich": {"noise": 1.5},
    "handheld": {"noise": 2.0, "blur": 0.5, "shake_deg": (0.05, 0.25), "shake_shift": (0.0005, 0.002)},
    "melting": {"melt": (0.6, 2.0), "noise": 1.5, "crf": 23},
    "walker": {"noise": 1.5, "movers": [{"area": 0.2, "motion": "cross", "speed": 0.4}]},
}
LENGTHS = (60, 45, 90)


def clips(part: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Kind, number within the kind, and specification of every clip of a part."""
    turn = 0
    for again, picture in enumerate(PICTURES):
        for move in MOVES:
            yield move.replace(", ", "-").replace(" ", "_"), again, _clip(FIRST_SEED[part] + turn, turn, picture, move)
            turn += 1


def _clip(seed: int, turn: int, picture: str, move: str) -> dict[str, Any]:
    rng = np.random.default_rng([seed, 61])
    values = drawn_fields(rng, PICTURES[picture])
    moves = drawn_fields(rng, {name: limits for name, (limits, _) in MOVES[move].items()})
    moves |= {name: values.pop(name) for name in ("shake_deg", "shake_shift") if name in values}
    timing = {name: list(within) for name, (_, within) in MOVES[move].items()}
    values |= {"seed": seed, "scene": SCENES[turn % len(SCENES)], "move": moves, "timing": timing}
    values |= {"frames": LENGTHS[turn % len(LENGTHS)], "easing": EASINGS[turn % len(EASINGS)]}
    values["focal_px"] = float(rng.integers(460, 760))
    return ClipSpec.from_dict(values).to_dict()
