"""The rule of the clips that confidence is calibrated on and judged by: every way to move before every difficulty.

Two parts with seeds of their own: `hard-dev` to calibrate on, `hard-reporting` to report from. Each difficulty meets
each move once, so that what is told of a clip cannot be guessed from what makes it hard.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from dense_clips import drawn

from sfm.synthetic import ClipSpec

PARTS = ("hard-dev", "hard-reporting")
FIRST_SEED = {
    "hard-dev": 3_100_000,
    "hard-reporting": 3_500_000,
    "intervals": 4_700_000,
    "intervals-fresh": 5_100_000,
    "intervals-last": 5_500_000,
}
"""Of the two parts, and of the clips that the intervals of scores are judged on (`interval_coverage`): those that were
looked at, and those of the last judgement."""

Range = dict[str, tuple[float, float]]
"""Fields and their limits; an amount is drawn evenly in its logarithm."""

MOVES: dict[str, Range] = {
    "static": {},
    "handheld": {"shake_deg": (0.25, 1.0), "shake_shift": (0.002, 0.008)},
    "pan_right": {"pan_deg": (5, 35)},
    "pan_left": {"pan_deg": (-4, -30)},
    "pan_slow": {"pan_deg": (2.5, 4)},
    "tilt_up": {"tilt_deg": (4, 22)},
    "tilt_down": {"tilt_deg": (-4, -18)},
    "roll": {"roll_deg": (6, 40)},
    "roll_back": {"roll_deg": (-6, -40)},
    "pan_tilt": {"pan_deg": (6, 25), "tilt_deg": (-3, -10)},
    "zoom_in": {"zoom": (1.1, 1.8)},
    "zoom_out": {"zoom": (0.9, 0.6)},
    "zoom_pan": {"zoom": (1.15, 1.6), "pan_deg": (-5, -20)},
    "dolly_in": {"dolly": (0.07, 0.4)},
    "dolly_out": {"dolly": (-0.07, -0.35)},
    "push_in": {"dolly": (0.025, 0.05)},
    "truck_right": {"truck": (0.05, 0.25)},
    "truck_left": {"truck": (-0.05, -0.25)},
    "pedestal_up": {"pedestal": (0.05, 0.2)},
    "pedestal_down": {"pedestal": (-0.04, -0.09)},
    "orbit": {"orbit_deg": (7, 25)},
    "orbit_left": {"orbit_deg": (-7, -25)},
    "crane": {"crane_deg": (4, 14)},
    "truck_pan": {"truck": (0.06, 0.2), "pan_deg": (-5, -15)},
    "dolly_tilt": {"dolly": (0.08, 0.3), "tilt_deg": (4, 14)},
    "dolly_roll": {"dolly": (-0.08, -0.3), "roll_deg": (5, 20)},
    "truck_zoom": {"truck": (-0.08, -0.2), "zoom": (1.15, 1.5)},
    "dolly_zoom": {"dolly_zoom": (0.12, 0.35)},
    "dolly_zoom_back": {"dolly_zoom": (-0.12, -0.35)},
}

PICTURES: dict[str, dict[str, Any]] = {
    "rich": {"noise": 1.5},
    "starved": {"textures": "low", "blur": 0.5, "defocus": 3.0, "fog": 0.6, "flicker": 0.03, "noise": 4.0, "crf": 24},
    "melting": {"melt": (0.8, 3.5), "noise": 1.5, "crf": 23},
    "melting_soft": {"melt": (0.8, 2.5), "melt_frames": (4, 16), "blur": 0.5, "defocus": 2.0, "crf": 26},
    "figure": {"area": (0.3, 0.65), "motion": "tracked"},
    "train": {"area": (0.4, 0.75), "speed": (0.3, 1.2)},
    "rolling_shutter": {"rolling_shutter": (0.4, 0.95), "noise": 1.5},
    "barrel": {"radial": (-0.025, -0.12), "noise": 1.5},
    "bare": {"textures": "low", "fog": 1.0, "noise": 5.0, "crf": 30},
    "blurred": {"blur": (0.5, 1.0), "noise": 3.0},
    "grain": {"noise": (6, 12), "crf": 28, "flicker": 0.04},
    "compressed": {"crf": 36, "noise": 2.0},
}
SCENES = ("room", "street", "landscape")
EASINGS = ("smooth", "linear", "in", "out", "smooth")
LENGTHS = (30, 20, 45, 16)


def clips(part: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Kind, number within the kind, and specification of every clip of a part."""
    return every_move_before(PICTURES, FIRST_SEED[part], _clip)


def every_move_before(
    pictures: Iterable[str], first_seed: int, clip: Callable[[int, int, str, str], dict[str, Any]]
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Each move before each kind of picture: the kind, the number of the move, and the clip.

    Args:
        pictures: names of the kinds.
        first_seed: seed of the first clip; the others follow.
        clip: makes one of its seed, its turn to be dealt scenes and lengths, its picture and its move.
    """
    turn = 0
    for number, picture in enumerate(pictures):
        for again, move in enumerate(MOVES):
            yield picture, again, clip(first_seed + turn, turn + number, picture, move)
            turn += 1


def _clip(seed: int, turn: int, picture: str, move: str) -> dict[str, Any]:
    rng = np.random.default_rng([seed, 59])
    values = drawn_fields(rng, PICTURES[picture])
    if "area" in values:
        mover = {name: values.pop(name) for name in ("area", "motion", "speed") if name in values}
        if picture == "train":
            mover["kind"] = "vehicle"
        elif not {"truck", "dolly", "orbit_deg"} & set(MOVES[move]):
            mover |= {"motion": "sway", "speed": 0.2}  # only a camera that travels keeps a figure centred
        values |= {"movers": [mover], "noise": 1.5}
    values |= {"seed": seed, "scene": SCENES[turn % len(SCENES)], "move": drawn_fields(rng, MOVES[move])}
    values |= {"frames": LENGTHS[turn % len(LENGTHS)], "easing": EASINGS[turn % len(EASINGS)]}
    values["focal_px"] = float(rng.integers(520 if picture == "barrel" else 460, 760))
    return ClipSpec.from_dict(values).to_dict()


def drawn_fields(rng: np.random.Generator, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Each range as one amount, the rest as it is."""
    return {name: drawn(rng, *value) if isinstance(value, tuple) else value for name, value in fields.items()}
