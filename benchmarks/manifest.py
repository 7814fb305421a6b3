"""The list of rendered clips that the estimator is judged by, and the rule that made it.

`manifest.json` is that list, committed; running this file writes it again. Tuning and reporting
clips have seeds of their own, so they share neither textures nor paths. Amplitudes, movers and
camera effects are dealt out in turn over the kinds of move, not drawn freely, so that every
kind meets every difficulty.

Usage: python benchmarks/manifest.py [--check]
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dense_clips
import numpy as np

from sfm.synthetic import ClipSpec

PATH = Path(__file__).with_name("manifest.json")
PARTS = ("tuning", "seen", "seen_again", "seen_third", "report")
"""Clips to tune on, the reporting clips of three earlier versions, which were looked at and so serve tuning too, and
those that are only reported; the clips of the dense backend are parts of their own (`dense_clips`)."""
FIRST_SEED = {"tuning": 100_000, "seen": 500_000, "seen_again": 900_000, "seen_third": 1_300_000, "report": 1_700_000}
FEW, MANY = (4, 2, 2), (7, 2, 4)
REPEATS = {"tuning": FEW, "seen": FEW, "seen_again": MANY, "seen_third": MANY, "report": MANY}
"""Clips of each kind of `KINDS`, `HARD` and `ACCURACY`."""
FIRST_TURN = {"tuning": 0, "seen": 3, "seen_again": 5, "seen_third": 8, "report": 10}
COLMAP_PART = "seen_third"
"""The part that the clips beside COLMAP are of: they stay the same, since each costs it minutes."""
SCENES = ("room", "street", "landscape")

Draw = Callable[[np.random.Generator, str], dict[str, float]]


def _log(low: float, high: float) -> Callable[[np.random.Generator], float]:
    return lambda rng: float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.3g}")


def _one(channel: str, low: float, high: float, sign: int = 1) -> Draw:
    return lambda rng, scene: {channel: sign * _log(low, high)(rng)}


def _zoom(low: float, high: float, sign: int) -> Draw:
    return lambda rng, scene: {"zoom": float(f"{_log(low, high)(rng) ** sign:.4g}")}


def _down(channel: str, low: float, high: float, high_outdoors: float) -> Draw:
    """Downwards there is the ground: outdoors the unit is longer, so less of it fits."""
    return lambda rng, scene: {channel: -_log(low, high if scene == "room" else high_outdoors)(rng)}


def _join(*draws: Draw) -> Draw:
    def draw(rng: np.random.Generator, scene: str) -> dict[str, float]:
        return {name: value for part in draws for name, value in part(rng, scene).items()}

    return draw


SHAKE: Draw = lambda rng, scene: {"shake_deg": _log(0.25, 1.0)(rng), "shake_shift": _log(0.002, 0.008)(rng)}  # noqa: E731
STILL: Draw = lambda rng, scene: {}  # noqa: E731

KINDS: dict[str, Draw] = {
    "static": STILL,
    "static_again": STILL,
    "static_crowd": STILL,
    "handheld": SHAKE,
    "pan_right": _one("pan_deg", 5, 40),
    "pan_left": _one("pan_deg", 5, 40, -1),
    "tilt_up": _one("tilt_deg", 4, 25),
    "tilt_down": _one("tilt_deg", 4, 20, -1),
    "roll_cw": _one("roll_deg", 5, 40),
    "roll_ccw": _one("roll_deg", 5, 40, -1),
    "zoom_in": _zoom(1.08, 1.9, 1),
    "zoom_out": _zoom(1.08, 1.9, -1),
    "dolly_in": _one("dolly", 0.06, 0.4),
    "dolly_out": _one("dolly", 0.06, 0.35, -1),
    "truck_right": _one("truck", 0.05, 0.25),
    "truck_left": _one("truck", 0.05, 0.25, -1),
    "pedestal_up": _one("pedestal", 0.05, 0.2),
    "pedestal_down": _down("pedestal", 0.05, 0.18, 0.09),
    "orbit_right": _one("orbit_deg", 6, 20),
    "orbit_left": _one("orbit_deg", 6, 20, -1),
    "crane_up": _one("crane_deg", 4, 14),
    "crane_down": _down("crane_deg", 3, 9, 4.5),
    "pan_right_truck_right": _join(_one("pan_deg", 5, 20), _one("truck", 0.06, 0.2)),
    "pan_left_truck_left": _join(_one("pan_deg", 5, 20, -1), _one("truck", 0.06, 0.2, -1)),
    "pan_left_truck_right": _join(_one("pan_deg", 5, 15, -1), _one("truck", 0.06, 0.2)),
    "pan_right_truck_left": _join(_one("pan_deg", 5, 15), _one("truck", 0.06, 0.2, -1)),
    "dolly_in_tilt_up": _join(_one("dolly", 0.08, 0.3), _one("tilt_deg", 4, 15)),
    "dolly_out_tilt_down": _join(_one("dolly", 0.08, 0.3, -1), _one("tilt_deg", 4, 12, -1)),
    "zoom_in_pan_right": _join(_zoom(1.1, 1.6, 1), _one("pan_deg", 5, 20)),
    "zoom_out_pan_left": _join(_zoom(1.1, 1.6, -1), _one("pan_deg", 5, 20, -1)),
    "zoom_in_tilt_down": _join(_zoom(1.1, 1.6, 1), _one("tilt_deg", 4, 12, -1)),
    "roll_cw_dolly_in": _join(_one("roll_deg", 5, 25), _one("dolly", 0.08, 0.3)),
    "roll_ccw_dolly_out": _join(_one("roll_deg", 5, 25, -1), _one("dolly", 0.08, 0.3, -1)),
    "pan_right_tilt_up": _join(_one("pan_deg", 6, 25), _one("tilt_deg", 4, 15)),
    "pan_left_tilt_down": _join(_one("pan_deg", 6, 25, -1), _one("tilt_deg", 4, 12, -1)),
    "pedestal_up_tilt_down": _join(_one("pedestal", 0.06, 0.2), _one("tilt_deg", 4, 12, -1)),
    "truck_left_zoom_in": _join(_one("truck", 0.08, 0.2, -1), _zoom(1.15, 1.5, 1)),
    "dolly_in_handheld": _join(_one("dolly", 0.08, 0.35), SHAKE),
    "pan_right_handheld": _join(_one("pan_deg", 8, 30), SHAKE),
    "dolly_zoom_in": _one("dolly_zoom", 0.12, 0.35),
    "dolly_zoom_out": _one("dolly_zoom", 0.12, 0.35, -1),
    "whip_pan_right": _one("pan_deg", 70, 80),
    "whip_pan_left": _one("pan_deg", 70, 80, -1),
    "slow_pan": lambda rng, scene: {"pan_deg": float(rng.choice([-1, 1])) * _log(3.0, 4.0)(rng)},
    "push_in": _one("dolly", 0.025, 0.035),
}
"""Every kind of move of the clips for the choice of model and for the primitives."""

HARD: dict[str, tuple[str, Draw]] = {
    "far_static": ("far", STILL),
    "far_pan": ("far", _one("pan_deg", 6, 30)),
    "far_zoom": ("far", _zoom(1.1, 1.6, 1)),
    "far_truck": ("far", _one("truck", 0.1, 0.6)),
    "planar_static": ("planar", STILL),
    "planar_pan": ("planar", _one("pan_deg", 6, 20, -1)),
    "planar_zoom": ("planar", _zoom(1.1, 1.5, -1)),
    "planar_truck": ("planar", _one("truck", 0.1, 0.3)),
    "planar_dolly": ("planar", _one("dolly", 0.1, 0.3)),
}
"""Scenes in which translation can hardly be told from rotation or zoom; for the choice of model only."""

ACCURACY = [
    "truck_right",
    "truck_left",
    "dolly_in",
    "dolly_out",
    "pedestal_up",
    "pedestal_down",
    "orbit_right",
    "orbit_left",
    "crane_up",
    "crane_down",
    "pan_right",
    "tilt_up",
    "roll_cw",
    "zoom_in",
    "zoom_out",
    "pan_left_truck_right",
    "pan_right_truck_right",
    "dolly_in_tilt_up",
    "roll_cw_dolly_in",
    "truck_left_zoom_in",
    "dolly_in_handheld",
    "pan_right_handheld",
    "slow_pan",
    "push_in",
    "whip_pan_left",
]
SLOW_IN_60 = {"slow_pan": {"pan_deg": 7.0}, "push_in": {"dolly": 0.03}}
LENGTHS = (60, 125, 250, 500, 1000)
COLMAP_COUNT = 20

MOVERS: tuple[list[dict[str, Any]], ...] = (
    [],
    [{"area": 0.1}],
    [],
    [{"area": 0.3, "motion": "sway", "speed": 0.3}],
    [{"kind": "vehicle", "area": 0.25, "speed": 0.9}],
    [],
    [{"area": 0.04, "count": 8}],
    [{"area": 0.4, "motion": "sway", "speed": 0.2}],
    [],
    [{"area": 0.2, "motion": "tracked"}],
    [{"area": 0.15, "motion": "approach"}],
    [{"area": 0.5, "motion": "sway", "speed": 0.15}],
)
EFFECTS: tuple[dict[str, Any], ...] = (
    {},
    {"noise": 4.0},
    {"crf": 30},
    {"blur": 0.5},
    {},
    {"textures": "repetitive"},
    {"noise": 2.0, "flicker": 0.03, "crf": 26},
    {"textures": "low"},
    {"blur": 0.8, "noise": 2.0},
    {"focal_px": 420.0},
    {"focal_px": 900.0},
    {"letterbox": 0.2},
    {"noise": 8.0, "crf": 28},
)
EASINGS = ("smooth", "linear", "in", "out", "smooth")


def _clip(kind: str, draw: Draw, scene: str, turn: int, seed: int, frames: int) -> dict[str, Any]:
    """One clip: the move drawn with the seed, movers and effects by their turn."""
    rng = np.random.default_rng([seed, 23])
    movers, effects = MOVERS[turn % len(MOVERS)], dict(EFFECTS[turn % len(EFFECTS)])
    if kind == "static_crowd":
        movers = [{"area": 0.05, "count": 10}, {"kind": "vehicle", "area": 0.2, "speed": 1.0}][: 1 + turn % 2]
    move = draw(rng, scene)
    if not any(move.get(name) for name in ("truck", "dolly", "orbit_deg")):
        # A subject that stays centred needs a camera that goes with it.
        movers = [{**mover, "motion": "sway"} if mover.get("motion") == "tracked" else mover for mover in movers]
    if kind.startswith("whip"):
        effects["blur"] = max(effects.get("blur", 0.0), 0.3)
    focal = effects.pop("focal_px", float(rng.integers(480, 640)))
    if scene == "planar":
        effects["textures"] = "rich" if effects.get("textures") == "low" else effects.get("textures", "rich")
    values = {"seed": seed, "scene": scene, "move": move, "frames": frames, "focal_px": focal, "movers": movers}
    values["easing"] = EASINGS[turn % len(EASINGS)]
    return ClipSpec.from_dict({**values, **effects}).to_dict()


def make() -> list[dict[str, Any]]:
    """All entries: id, part, sets, kind and the clip's spec."""
    entries: list[dict[str, Any]] = []
    for part in PARTS:
        seed, (kinds, hard, accuracy) = FIRST_SEED[part], REPEATS[part]
        for number, (kind, draw) in enumerate(KINDS.items()):
            for again in range(kinds):
                turn = kinds * number + again + FIRST_TURN[part]
                clip = _clip(kind, draw, SCENES[(number + again) % 3], turn, seed, 30)
                small = all(mover["area"] <= 0.4 for mover in clip.get("movers", []))
                sets = ["model", "primitives"] if small else ["model"]
                entries.append(_entry(part, sets, kind, again, clip))
                seed += 1
        for number, (kind, (scene, draw)) in enumerate(HARD.items()):
            for again in range(hard):
                clip = _clip(kind, draw, scene, 5 * number + 2 * again, seed, 30)
                entries.append(_entry(part, ["model"], kind, again, clip))
                seed += 1
        seed = FIRST_SEED[part] + 10_000
        for number, kind in enumerate(ACCURACY):
            for again in range(accuracy):
                draw = (lambda rng, scene, kind=kind: SLOW_IN_60[kind]) if kind in SLOW_IN_60 else KINDS[kind]
                clip = _clip(kind, draw, SCENES[(number + again) % 3], 7 * number + 3 * again, seed, 60)
                beside = part == COLMAP_PART and again == 0 and number < COLMAP_COUNT
                sets = ["accuracy", "colmap"] if beside else ["accuracy"]
                entries.append(_entry(part, sets, f"a_{kind}", again, clip))
                seed += 1
        seed = FIRST_SEED[part] + 20_000
        for number, frames in enumerate(LENGTHS):
            move = {"orbit_deg": 15.0, "dolly": 0.1, "shake_deg": 0.3, "shake_shift": 0.003}
            values = {"seed": seed, "scene": "room", "move": move, "frames": frames, "easing": "linear", "crf": 20}
            clip = ClipSpec.from_dict(values).to_dict()
            entries.append(_entry(part, ["speed"], f"length_{frames}", number, clip))
            seed += 1
    for part in dense_clips.PARTS:
        entries += [_entry(part, ["dense"], kind, again, clip) for kind, again, clip in dense_clips.clips(part)]
    return entries


def _entry(part: str, sets: list[str], kind: str, again: int, clip: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"{part}-{kind}-{again}", "part": part, "sets": sets, "kind": kind, "clip": clip}


def load(*, part: str = "all", which: str = "all", limit: int | None = None) -> list[dict[str, Any]]:
    """Entries of the committed list. A limit takes evenly spaced ones, so that all kinds stay in."""
    entries = json.loads(PATH.read_text())
    entries = [e for e in entries if part in ("all", e["part"]) and (which == "all" or which in e["sets"])]
    if limit is not None and limit < len(entries):
        entries = [entries[int(k)] for k in np.linspace(0, len(entries) - 1, limit).round()]
    return entries


def text() -> str:
    """The file: one line a clip."""
    return "[\n" + ",\n".join(json.dumps(entry) for entry in make()) + "\n]\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(0 if PATH.read_text() == text() else "manifest.json is not what manifest.py makes")
    PATH.write_text(text())
    print(f"wrote {len(make())} clips to {PATH}")
