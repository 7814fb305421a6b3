"""The rule of clips that change their shape as generated video does: small, short, and what is shown drifts.

A clip that melts (`hard_clips`) swims to and fro about where it belongs; what a video model draws drifts away from
there and does not come back, by some pixels within the clip, in large patches. So a turn looks as if near and far went
different ways, and a way with free depths explains the half of it that lies along that way.

Two parts with seeds of their own: `generated-dev` to develop on, `generated-reporting` to report from.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from hard_clips import MOVES, SCENES, drawn_fields, every_move_before

from sfm.synthetic import ClipSpec

PARTS = ("generated-dev", "generated-reporting")
FIRST_SEED = {"generated-dev": 7_100_000, "generated-reporting": 7_500_000}

SIZES: tuple[tuple[int, int, int], ...] = ((256, 256, 16), (256, 384, 16), (320, 512, 16), (360, 640, 49))
"""Height, width and frames."""
DRIFTS: dict[str, dict[str, tuple[float, float]]] = {
    "drifting": {"melt": (0.004, 0.012), "melt_wave": (0.25, 0.8), "melt_clips": (0.7, 2.0)},
    "drifting_much": {"melt": (0.01, 0.025), "melt_wave": (0.25, 1.2), "melt_clips": (0.7, 2.0)},
}
"""Root mean square and length of the waves in shares of the width, and in how many lengths of the clip they renew."""
EASINGS = ("linear", "smooth", "linear")


def clips(part: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Kind, number within the kind, and specification of every clip of a part."""
    return every_move_before(DRIFTS, FIRST_SEED[part], _clip)


def _clip(seed: int, turn: int, drift: str, move: str) -> dict[str, Any]:
    rng = np.random.default_rng([seed, 67])
    height, width, frames = SIZES[turn % len(SIZES)]
    amount = drawn_fields(rng, DRIFTS[drift])
    values: dict[str, Any] = {
        "seed": seed,
        "scene": SCENES[turn % len(SCENES)],
        "move": drawn_fields(rng, MOVES[move]),
        "easing": EASINGS[turn % len(EASINGS)],
        "frames": frames,
        "image_hw": [height, width],
        "fps": 8.0,
        "focal_px": float(round(width * rng.uniform(0.72, 1.19))),
        "noise": 1.0,
        "crf": 26,
        "melt": round(width * amount["melt"], 2),
        "melt_wave_px": round(width * amount["melt_wave"], 1),
        "melt_frames": round(frames * amount["melt_clips"], 1),
        "melt_drifts": True,
    }
    return ClipSpec.from_dict(values).to_dict()
