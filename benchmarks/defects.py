"""The defects of CineTechBench's published camera score, in numbers, beside the corrected protocol.

Run: python benchmarks/defects.py. Prints the tables of docs/defects.md as Markdown.
"""

import tempfile
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from compare.benchmarks.cinetechbench import camera_score as cinetechbench
from compare.scoring import score
from trajectory import io
from trajectory.model import Trajectory

FRAMES = 49


def path(positions: np.ndarray, rotvec: np.ndarray, seconds: float = 2.0) -> Trajectory:
    """A trajectory of `seconds` from positions (n, 3) and rotation vectors (n, 3)."""
    poses = np.tile(np.eye(4), (len(positions), 1, 1))
    poses[:, :3, :3] = Rotation.from_rotvec(rotvec).as_matrix()
    poses[:, :3, 3] = positions
    return Trajectory(
        world_from_cam=poses, time_s=np.linspace(0, seconds, len(positions)), valid=np.ones(len(positions), dtype=bool)
    )


def pan_and_truck(frames: int = FRAMES, *, pan_deg: float = 30.0, truck: float = 1.0) -> Trajectory:
    """A pan while trucking right."""
    u = np.linspace(0, 1, frames)[:, None]
    return path(u * [truck, 0, 0], u * [0, np.radians(pan_deg), 0])


def rows(trajectory: Trajectory, world_from_old: np.ndarray | None = None) -> np.ndarray:
    """MonST3R's rows `t x y z qw qx qy qz`, in another world if asked."""
    poses = trajectory.world_from_cam if world_from_old is None else world_from_old @ trajectory.world_from_cam
    quat = Rotation.from_matrix(poses[:, :3, :3]).as_quat()[:, [3, 0, 1, 2]]
    return np.column_stack([np.arange(len(poses)), poses[:, :3, 3], quat])


def world(shift: float, turn_deg: float = 0.0) -> np.ndarray:
    """A change of world: a shift along all axes, and a turn about an oblique axis."""
    change = np.eye(4)
    change[:3, :3] = Rotation.from_rotvec(np.radians(turn_deg) * np.array([1.0, 2.0, -1.0]) / np.sqrt(6)).as_matrix()
    change[:3, 3] = shift
    return change


def published(a: np.ndarray, b: np.ndarray, time: str = "downsample", scale: str = "relative") -> dict[str, float]:
    """The three published numbers of two raw files."""
    errors = cinetechbench.evaluate(a, b, time=time, scale=scale)
    return {name: float(values.sum()) for name, values in errors.items()}


def fixed(a: Trajectory, b: Trajectory, scale: str | None = None) -> dict:
    """The same under `cinetechbench-fixed`."""
    (clip,) = score(a, b, protocol="cinetechbench-fixed", scale=scale).to_json()["clips"].values()
    return clip


def as_read(raw: np.ndarray) -> Trajectory:
    """A raw MonST3R file through our reader, which knows its order and direction."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pred_traj.txt"
        np.savetxt(file, raw, fmt="%.12f")
        return io.read(file, format="monst3r")


def table(head: list[str], lines: list[list[object]]) -> str:
    """Markdown; below 1e-5 there is only rounding, which arccos near one makes visible."""

    def words(cell: object) -> str:
        if not isinstance(cell, float):
            return str(cell)
        return f"{cell:.3g}" if abs(cell) > 1e-5 else "0"

    text = [[words(cell) for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *text]) + "\n"


def misread_twice() -> str:
    """The two misreadings: their effect alone and together, on one motion seen from two worlds."""
    motion = pan_and_truck()
    here, there = rows(motion), rows(motion, world(3.0, 50.0))

    def rot_err(order: list[int], inverse: bool) -> float:
        relative: list[np.ndarray] = []
        for raw in (here, there):
            matrix = np.tile(np.eye(4), (len(raw), 1, 1))
            matrix[:, :3, :3] = cinetechbench.misread_rotations(raw[:, 4:][:, order])
            matrix[:, :3, 3] = raw[:, 1:4]
            matrix = np.linalg.inv(matrix) if inverse else matrix
            relative.append(np.linalg.inv(matrix[:1]) @ matrix)
        trace = np.einsum("nij,nij->n", relative[0][:, :3, :3], relative[1][:, :3, :3])
        return float(np.arccos(np.clip((trace - 1) / 2, -1, 1)).sum())

    right, wrong = [1, 2, 3, 0], [0, 1, 2, 3]
    return table(
        ["reading of the file", "RotErr of a motion against itself, rad (truth 0)"],
        [
            ["as published: xyzw and world-to-camera (both wrong)", rot_err(wrong, True)],
            ["quaternion order corrected only", rot_err(right, True)],
            ["direction corrected only", rot_err(wrong, False)],
            ["both correct", rot_err(right, False)],
        ],
    )


def origin() -> str:
    """The world's origin moves the published TransErr of two equal motions."""
    motion = pan_and_truck()
    lines: list[list[object]] = []
    for shift in (0.0, 1.0, 10.0):
        moved = rows(motion, world(shift))
        numbers = published(rows(motion), moved)
        ours = fixed(motion, as_read(moved).replace(time_s=motion.time_s, time_source="seconds"))
        lines.append([f"{shift:g}", numbers["RotErr"], numbers["TransErr"], numbers["CamMC"], ours["TransErr"]])
    return table(
        ["origin of the second file shifted by", "RotErr", "TransErr", "CamMC", "TransErr, cinetechbench-fixed"], lines
    )


def leak() -> str:
    """A difference of rotation alone appears as an error of position."""
    lines: list[list[object]] = []
    for pan in (0.0, 10.0, 30.0, 60.0):
        a, b = pan_and_truck(pan_deg=0), pan_and_truck(pan_deg=pan)
        lines.append([f"{pan:g}°", published(rows(a), rows(b))["TransErr"], fixed(a, b)["TransErr"]])
    return table(["the second camera also pans by", "TransErr (truth 0)", "TransErr, cinetechbench-fixed"], lines)


def length() -> str:
    """The same pair of motions, sampled more or less finely."""
    lines: list[list[object]] = []
    for frames in (25, 49, 97):
        a, b = pan_and_truck(frames), pan_and_truck(frames, pan_deg=20, truck=1.0)
        numbers, ours = published(rows(a), rows(b)), fixed(a, b)
        lines.append([frames, numbers["RotErr"], ours["RotErr"], ours["RotErr_sum"]])
    return table(["frames", "RotErr", "RotErr, fixed (mean)", "RotErr, fixed (sum over 49 samples)"], lines)


def static() -> str:
    """Two cameras on tripods, with the noise of an estimator."""
    lines: list[list[object]] = []
    for noise in (1e-6, 1e-4, 1e-2):
        a, b = (
            path(noise * np.random.default_rng(seed).normal(size=(FRAMES, 3)), np.zeros((FRAMES, 3))) for seed in (0, 1)
        )
        lines.append([f"{noise:g}", published(rows(a), rows(b))["TransErr"], fixed(a, b)["TransErr"]])
    return table(["noise of the positions", "TransErr (truth 0)", "TransErr, cinetechbench-fixed"], lines)


def signs() -> str:
    """q and -q are one rotation; interpolating between them is not."""
    long, short = pan_and_truck(97, pan_deg=90, truck=0), pan_and_truck(48, pan_deg=90, truck=0)
    worst = 0.0
    for flip in range(1, 97):
        flipped = rows(long)
        flipped[flip:, 4:] *= -1
        worst = max(worst, published(flipped, rows(short))["RotErr"])
    flipped = rows(long)
    flipped[25:, 4:] *= -1
    ours = fixed(as_read(flipped).replace(time_s=long.time_s, time_source="seconds"), short)
    plain = published(rows(long), rows(short))["RotErr"]
    return table(
        ["a 90° pan of 97 frames against the same in 48", "RotErr (truth 0)"],
        [
            ["published, signs continuous", plain],
            ["published, sign flipped at the worst frame", worst],
            ["cinetechbench-fixed, sign flipped (mean, rad)", ours["RotErr"]],
        ],
    )


def scale() -> str:
    """Absolute mode compares the arbitrary scales of two reconstructions."""
    a, lines = pan_and_truck(pan_deg=0), []
    for factor in (1.0, 2.0, 5.0):
        b = pan_and_truck(pan_deg=0, truck=factor)
        ours = fixed(a, b, scale="absolute")["TransErr"]
        numbers = published(rows(a), rows(b), scale="absolute")
        lines.append([f"{factor:g}", numbers["TransErr"], "undefined" if isinstance(ours, dict) else ours])
    return table(["scale of the second reconstruction", "TransErr absolute (truth 0)", "cinetechbench-fixed"], lines)


def missing() -> str:
    """Leaving a hard clip out improves the published mean."""
    references = {"easy": pan_and_truck(), "hard": pan_and_truck(pan_deg=0)}
    easy, hard = pan_and_truck(pan_deg=28), pan_and_truck(pan_deg=60)
    lines: list[list[object]] = []
    for words, generated in (("both clips", {"easy": easy, "hard": hard}), ("hard clip not delivered", {"easy": easy})):
        cells: list[object] = [words]
        for protocol in ("cinetechbench-compat", "cinetechbench-fixed"):
            result = score(references, generated, protocol=protocol).to_json()
            cells += [result["summary"]["RotErr"], f"{result['coverage']['ok']}/{result['coverage']['all']}"]
        lines.append(cells)
    return table(["model delivers", "RotErr, published", "clips", "RotErr, fixed (charged)", "clips"], lines)


def speed() -> str:
    """The same move, made faster or slower than the reference makes it."""
    reference, lines = pan_and_truck(97), []
    for times in (1.0, 1.6, 2.8):
        u = np.linspace(0, 1, round(96 / times) + 1)[:, None]
        fast = path(u * [1.0, 0, 0], u * [0, np.radians(30.0), 0], seconds=2.0 / times)
        result = score(reference, fast, protocol="strict").to_json()
        (clip,), (row,) = result["clips"].values(), result["rows"].values()
        numbers = [published(rows(reference), rows(fast), time=time)["RotErr"] for time in ("downsample", "truncate")]
        compared = f"{row['compared']:.0%}"
        lines.append(
            [f"{times:g}", *numbers, fixed(reference, fast)["RotErr"], clip["RotErr"], compared, row["speed_ratio"]]
        )
    head = [
        "times as fast",
        "RotErr, downsample",
        "truncate",
        "fixed (mean, rad)",
        "strict (deg)",
        "compared",
        "speed ratio",
    ]
    return table(head, lines)


SECTIONS = {
    "Two mistakes that cancel, and what happens if one is repaired": misread_twice,
    "TransErr depends on where the world's origin is": origin,
    "Rotation leaks into translation": leak,
    "Absolute mode compares arbitrary scales": scale,
    "Sums grow with the number of frames": length,
    "Static clips are divided by their own noise": static,
    "Signs of quaternions": signs,
    "Failures improve the mean": missing,
    "Speed never counts": speed,
}


def main() -> None:
    for title, section in SECTIONS.items():
        print(f"## {title}\n\n{section()}")


if __name__ == "__main__":
    main()
