"""The weak points of the scores that papers of 2025-26 print, in numbers.

Run: python benchmarks/preset_defects.py. Prints the tables of the second part of docs/defects.md as Markdown.
"""

from dataclasses import replace

import numpy as np
import preset_pairs
from preset_pairs import FRAMES, clip, commands, driven, farther, resting, scaled
from scipy.spatial.transform import Rotation

from compare import protocols
from compare.mind import bucket
from compare.protocols import Protocol
from compare.scoring import score
from trajectory.actions import code_of
from trajectory.commands import Commands, Turn
from trajectory.model import Trajectory

Cell = str | int | float


def one(reference: Trajectory, generated: Trajectory, protocol: str | Protocol, metric: str, **options) -> Cell:
    """A metric of a pair."""
    result = score({"x": reference}, {"x": generated}, protocol=protocol, **options).to_json()
    value = result["clips"]["x"].get(metric, "failed")
    return "undefined" if isinstance(value, dict) else value


def table(head: list[str], lines: list[list[Cell]]) -> str:
    """Markdown; below 1e-5 there is only rounding."""

    def words(cell: Cell) -> str:
        return f"{cell if abs(cell) > 1e-5 else 0:.3g}" if isinstance(cell, float) else str(cell)

    text = [[words(each) for each in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *text]) + "\n"


def bent(
    total_deg: float, *, travel: float = 1.0, frames: int = FRAMES, noise: float = 0.0, seed: int = 0
) -> Trajectory:
    """Straight ahead while panning right by so much in all; noise in the positions."""
    u = np.linspace(0, 1, frames)[:, None]
    places = u * [0, 0, travel] + noise * np.random.default_rng(seed).normal(size=(frames, 3))
    return clip(places, Rotation.from_rotvec(u * [0, np.radians(total_deg), 0]).as_matrix())


def mean_of_rest() -> str:
    lines: list[list[Cell]] = []
    for noise in (1e-6, 1e-4, 1e-2):
        a, b = resting(noise, 0), resting(noise, 1)
        lines.append([f"{noise:g}", one(a, b, "relative-mean", "TransErr"), one(a, b, "strict", "TransErr")])
    return table(["noise of the positions", "TransErr, relative-mean (truth 0)", "strict"], lines)


def chunks() -> str:
    lines: list[list[Cell]] = []
    noisy = [bent(0, noise=2e-3, seed=seed) for seed in (1, 2)]
    for size in (None, 32, 8, 2):
        drift = one(bent(0), bent(40), "relative-mean", "RotErr", chunk=size, angle="deg")
        slow = one(*noisy, "relative-mean", "TransErr", chunk=size)
        lines.append(["whole clip" if size is None else size, drift, slow])
    head = ["poses in a chunk", "RotErr of a drift by 40°, deg", "TransErr of a path with 0.2 % of noise"]
    return table(head, lines)


def directions_of_noise() -> str:
    lines: list[list[Cell]] = []
    for noise in (0.0, 1e-6, 1e-3):
        a, b = (bent(30, travel=0, noise=noise, seed=seed) for seed in (1, 2))
        metrics = [one(a, b, name, "AUC@30") for name in ("auc-published", "auc")]
        lines.append([f"{noise:g}", *metrics, one(a, b, "auc-published", "Racc@3")])
    return table(["noise of the positions", "AUC@30, published (truth 1)", "auc", "Racc@3, published"], lines)


def signs_and_lengths() -> str:
    a = preset_pairs.pairs()["nothing"].reference
    others = {
        "the same": a,
        "ten times as far in the same scene": farther(a, 10),
        "backwards where it should go ahead": farther(a, -1),
    }
    head = ["the generated camera goes", "AUC@3, published", "strict TransErr", "strict DirErr, deg", "MotionRatio"]
    lines = [
        [
            words,
            one(a, b, "auc-published", "AUC@3"),
            *(one(a, b, "strict", m) for m in ("TransErr", "DirErr", "MotionRatio")),
        ]
        for words, b in others.items()
    ]
    return table(head, lines)


def leak() -> str:
    lines: list[list[Cell]] = []
    for pan in (0, 4, 17, 46):
        a, b = bent(0), bent(pan)
        lines.append([f"{pan}°", one(a, b, "auc-published", "Tacc@5"), one(a, b, "strict", "DirErr")])
    return table(["the second camera also pans by", "Tacc@5, published (truth 1)", "strict DirErr, deg"], lines)


def unit_and_rate() -> str:
    lines: list[list[Cell]] = []
    for unit, frames in ((1.0, 41), (10.0, 41), (1.0, 81), (1.0, 161)):
        a = scaled(bent(40, frames=frames), unit)
        still = clip(np.zeros((frames, 3)), np.tile(np.eye(3), (frames, 1, 1)))
        lines.append([f"{unit:g}", frames, *(one(a, still, "mind-rpe", m) for m in ("RPE_t_mean", "RPE_r_mean"))])
    return table(["length of the reference's path", "frames", "RPE_t, mean", "RPE_r, mean, deg"], lines)


def scaled_away() -> str:
    lines: list[list[Cell]] = []
    still = clip(np.zeros((FRAMES, 3)), np.tile(np.eye(3), (FRAMES, 1, 1)))
    for travel in (0.0, 1.0, 100.0):
        b = bent(0, travel=travel)
        lines.append([f"{travel:g}", one(still, b, "mind-rpe", "RPE_t_mean"), one(still, b, "strict", "TransErr")])
    return table(["the generated camera invents a path of", "RPE_t, mean", "strict TransErr"], lines)


def no_looks() -> str:
    words = ("forward", "left", "forward+look_right", "look_right", "look_up", "cam_right")
    return table(["action", "group of the script"], [[word, bucket(word)] for word in words])


def told(keys: tuple[str, ...]) -> Commands:
    return commands(keys)


def nav(generated: Trajectory, metric: str, keys: tuple[str, ...] = preset_pairs.KEYS) -> Cell:
    return one(generated, generated, "navscore", metric, actions=told(keys))


def floors() -> str:
    straying = driven(stray=1.0, seed=4)
    lines: list[list[Cell]] = []
    for unit in (100.0, 1.0, 0.1, 0.01):
        same = scaled(straying, unit)
        lines.append([f"{unit:g}", *(nav(same, m) for m in ("NavScore", "nATE_t", "cnATE_t"))])
    return table(["unit of the same straying path", "NavScore", "nATE_t", "cnATE_t"], lines)


def what_does_not_move() -> str:
    other = {
        "does as it is told": driven(),
        "does the opposite": driven(("S", "left", "S", "right")),
        "does not move": resting(0.0, 0),
        "does not move; noise 0.001": resting(1e-3, 1),
        "does not move; noise 0.1": resting(0.1, 1),
    }
    lines = [[words, *(nav(b, m) for m in ("NavScore", "NavAccuracy", "NavConsistency"))] for words, b in other.items()]
    return table(["the camera", "NavScore", "NavAccuracy", "NavConsistency"], lines)


def own_amplitude() -> str:
    lines: list[list[Cell]] = []
    for step, turn in ((0.021, 1.47), (2.1, 1.47), (0.021, 4.47), (0.021, 0.47)):
        b = driven(step=step, turn_deg=turn)
        lines.append([f"{20 * step:g}", f"{20 * turn:g}°", nav(b, "NavAccuracy"), one(driven(), b, "strict", "RotErr")])
    return table(["goes in a turn", "looks in a turn", "NavAccuracy", "strict RotErr against the first, deg"], lines)


def diagonals() -> str:
    lines: list[list[Cell]] = []
    for key in ("W", "D", "W+D", "W+A", "S+D", "W+right"):
        b = driven((key, key), step=0.1)
        lines.append([key, nav(b, "nATE_t", (key, key)), nav(b, "NavAccuracy", (key, key))])
    return table(["key, followed exactly", "nATE_t", "NavAccuracy"], lines)


def single(move: float) -> Protocol:
    return replace(protocols.get("worldplay-actions-single"), move_thresholds=(move,))


def best_of_three() -> str:
    straying, asked = driven(stray=0.1, seed=6), commands(("W", "right", "none", "left"))
    lines: list[list[Cell]] = []
    for unit in (10.0, 1.0, 0.3, 0.1, 0.01):
        b = scaled(straying, unit)
        values = [
            one(b, b, p, "ActionAcc", actions=asked) for p in ("worldplay-actions", *map(single, (0.002, 0.005, 0.01)))
        ]
        lines.append([f"{unit:g}", *values])
    return table(["unit of the same path", "best of three", "0.002", "0.005", "0.01"], lines)


def chance() -> str:
    random = np.random.default_rng(0)
    walks: dict[str, Trajectory] = {}
    for i in range(60):
        steps = random.normal(size=(17, 3)) * np.repeat([0.3, 1.0], (9, 8))[:, None]
        steps[9:, 2] = np.abs(steps[9:, 2])  # it goes somehow ahead in the second half, and trembles in the first
        walks[str(i)] = clip(np.cumsum(steps, axis=0) * 10 ** random.uniform(-3, -1), np.tile(np.eye(3), (17, 1, 1)))
    values: list[Cell] = []
    spans = tuple(
        Turn(action=key, code=code_of(key), start=8.0 * i, end=8.0 * (i + 1)) for i, key in enumerate(("none", "W"))
    )
    for protocol in ("worldplay-actions", *map(single, (0.002, 0.005, 0.01))):
        result = score(walks, walks, protocol=protocol, actions=Commands(turns=spans)).to_json()
        values.append(result["summary"]["ActionAcc"])
    head = ["60 random walks in random units", "best of three", "0.002", "0.005", "0.01"]
    return table(head, [["told none, then W", *values]])


def slow_looks() -> str:
    lines: list[list[Cell]] = []
    asked = Commands(turns=(Turn(action="right", code=code_of("right"), start=0.0, end=1000.0),))
    for frames in (41, 81, 161, 241):
        b = bent(30, travel=0, frames=frames)
        lines.append([frames, 30 / (frames - 1), one(b, b, "worldplay-actions", "ActionAcc", actions=asked)])
    return table(["frames of a pan by 30°", "degrees a step", "ActionAcc (truth 1)"], lines)


def blind() -> str:
    a = preset_pairs.pairs()["nothing"].reference
    others = {
        "the other way": farther(a, -1),
        "looks left for right": driven(("W", "left", "W", "right")),
        "does not tell which way is down": a.replace(provenance=None),
    }
    lines = [[w, *(one(a, b, "attitude", m) for m in ("PitchErr", "RollErr", "FovErr"))] for w, b in others.items()]
    return table(["the generated camera", "PitchErr", "RollErr", "FovErr"], lines)


SECTIONS = {
    "relative-mean: a camera at rest is divided by its own noise": mean_of_rest,
    "relative-mean: chunks hide drift and magnify noise": chunks,
    "auc: noise has a direction": directions_of_noise,
    "auc: neither sign nor length": signs_and_lengths,
    "auc: a wrong rotation turns the direction of travel": leak,
    "mind-rpe: the reference's unit, and the frame rate": unit_and_rate,
    "mind-rpe: what the reference does not travel is scaled away": scaled_away,
    "mind-rpe: looks have no group": no_looks,
    "navscore: floors in an arbitrary unit": floors,
    "navscore: a camera that does not move": what_does_not_move,
    "navscore: how far never counts": own_amplitude,
    "navscore: a diagonal is expected to stand still": diagonals,
    "worldplay-actions: an arbitrary unit": best_of_three,
    "worldplay-actions: the best of three flatters": chance,
    "worldplay-actions: a slow look is none": slow_looks,
    "attitude: what it does not see": blind,
}


def main() -> None:
    for title, section in SECTIONS.items():
        print(f"## {title}\n\n{section()}")


if __name__ == "__main__":
    main()
