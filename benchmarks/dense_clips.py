"""The rule of the clips that the dense backend is judged by: four kinds of picture, and every way to move through it.

Parts with seeds of their own: `dense-dev` and `dense-more` (poor pictures above all) to look at and tune on,
`dense-reporting` to report from, never rendered for tuning. A kind is a way to move before a kind of picture; clips
that travel are called after the picture alone.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from sfm.synthetic import ClipSpec

PARTS = ("dense-dev", "dense-reporting", "dense-more")
FIRST_SEED = {"dense-dev": 2_100_000, "dense-reporting": 2_500_000, "dense-more": 2_900_000}

PICTURES: dict[str, dict[str, Any]] = {
    "rich": {"noise": 1.5},
    "starved": {"textures": "low", "blur": 0.5, "defocus": 3.0, "fog": 0.6, "flicker": 0.03, "noise": 4.0, "crf": 24},
    "melting": {"melt": 2.0, "noise": 1.5, "crf": 23},
    "movers": {"noise": 1.5},
}
"""What the picture is like; `movers` has a figure over .55 of the frame besides."""
MOVERS: tuple[dict[str, Any], ...] = (
    {"area": 0.55, "motion": "tracked"},
    {"area": 0.55, "motion": "tracked", "articulate": 1.8},
    {"area": 0.55, "motion": "tracked", "articulate": 0.0},
)
"""So large a figure is near, and a camera that travels leaves it behind at once unless it goes along."""
TEXTURES = ("rich", "starved", "melting")

Range = dict[str, tuple[float, float]]
"""Channels of a move and their limits at the end of the clip; the amount is drawn evenly in its logarithm."""

TRAVEL: dict[str, Range] = {
    "dolly_in": {"dolly": (0.1, 0.35)},
    "truck_right": {"truck": (0.08, 0.25)},
    "orbit": {"orbit_deg": (7, 20)},
    "pedestal_up": {"pedestal": (0.08, 0.2)},
    "mixed": {"truck": (-0.08, -0.2), "dolly": (0.08, 0.25), "pan_deg": (5, 15), "roll_deg": (-3, -8)},
    "dolly_out": {"dolly": (-0.1, -0.3)},
    "truck_left": {"truck": (-0.08, -0.25)},
    "crane": {"crane_deg": (5, 14)},
    "pedestal_down": {"pedestal": (-0.05, -0.09)},
    "orbit_left": {"orbit_deg": (-7, -20)},
}
STANDING: dict[str, tuple[Range, ...]] = {
    "pans": ({"pan_deg": (8, 35)}, {"tilt_deg": (5, 20)}, {"pan_deg": (-8, -30), "tilt_deg": (-3, -10)}),
    "static": ({}, {}),
    "zoom": ({"zoom": (1.15, 1.7)}, {"zoom": (1 / 1.15, 1 / 1.7)}),
    "dolly_zoom": ({"dolly_zoom": (0.12, 0.35)}, {"dolly_zoom": (-0.12, -0.35)}),
}
"""Moves that a model without travel explains, and the one that looks like it."""
TRAVELLING = {
    "dense-dev": dict.fromkeys(PICTURES, 3),
    "dense-reporting": dict.fromkeys(PICTURES, 6),
    "dense-more": {"rich": 4, "starved": 8, "melting": 8},
}
STANDS = {
    "dense-dev": {"pans": 2, "static": 1, "zoom": 1, "dolly_zoom": 1},
    "dense-reporting": {"pans": 3, "static": 2, "zoom": 2, "dolly_zoom": 2},
    "dense-more": {"pans_starved": 4, "pans_melting": 4},
}
"""Clips of each kind: of every texture, where none is named."""
SCENES = ("room", "street", "landscape")
EASINGS = ("smooth", "linear", "in", "out")


def clips(part: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Kind, number within the kind, and specification of every clip of a part."""
    turn = PARTS.index(part)
    for picture, count in TRAVELLING[part].items():
        for again in range(count):
            yield picture, again, _clip(part, turn, picture, tuple(TRAVEL.values())[turn % len(TRAVEL)])
            turn += 1
    for kind, moves in STANDING.items():
        for number, picture in enumerate(TEXTURES):
            for again in range(_count(part, kind, picture)):
                move = moves[(again + number) % len(moves)]
                yield f"{kind}_{picture}", again, _clip(part, turn, picture, move)
                turn += 1


def _count(part: str, kind: str, picture: str) -> int:
    """How many clips of a kind and a texture a part has."""
    return STANDS[part].get(f"{kind}_{picture}", STANDS[part].get(kind, 0))


def _clip(part: str, turn: int, picture: str, move: Range) -> dict[str, Any]:
    seed = FIRST_SEED[part] + turn
    rng = np.random.default_rng([seed, 41])
    amounts = {name: drawn(rng, *limits) for name, limits in move.items()}
    values: dict[str, Any] = {"seed": seed, "scene": SCENES[turn % len(SCENES)], "move": amounts, "frames": 60}
    values |= {"easing": EASINGS[turn % len(EASINGS)], "focal_px": float(rng.integers(480, 640))}
    if picture == "movers":
        values["movers"] = [MOVERS[turn % len(MOVERS)]]
    return ClipSpec.from_dict({**values, **PICTURES[picture]}).to_dict()


def drawn(rng: np.random.Generator, low: float, high: float) -> float:
    """An amount between two limits, evenly in its logarithm."""
    return float(f"{low * (high / low) ** rng.random():.3g}")
