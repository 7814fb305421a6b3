"""Camera paths for the tests of scores, and how two of them score."""

import json
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from compare.scoring import score
from trajectory import io
from trajectory.frames import Sim3, transform
from trajectory.model import Trajectory


def path(positions: np.ndarray, rotvec: np.ndarray, *, time_s: np.ndarray | None = None, **fields) -> Trajectory:
    """A trajectory from positions (n, 3) and rotation vectors (n, 3)."""
    poses = np.tile(np.eye(4), (len(positions), 1, 1))
    poses[:, :3, :3] = Rotation.from_rotvec(rotvec).as_matrix()
    poses[:, :3, 3] = positions
    time_s = np.arange(len(positions)) / 24 if time_s is None else time_s
    return Trajectory(
        **({"world_from_cam": poses, "time_s": time_s, "valid": np.ones(len(positions), dtype=bool)} | fields)
    )


def smooth(seed: int, n: int = 40, *, fps: float = 24.0, duration: float | None = None, **fields) -> Trajectory:
    """A smooth path that turns and moves, the same curve for a seed whatever the number of frames."""
    random = np.random.default_rng(seed)
    u = np.linspace(0, 1, n)[:, None]
    wave = [random.normal(size=(2, 3)) for _ in range(2)]
    positions = wave[0][0] * u + wave[0][1] * np.sin(2 * u)
    rotvec = 0.6 * (wave[1][0] * u + wave[1][1] * np.sin(3 * u) * u)
    time_s = np.linspace(0, duration, n) if duration is not None else np.arange(n) / fps
    return path(positions, rotvec, time_s=time_s, **fields)


def sim3(seed: int) -> Sim3:
    """A change of world with a scale between 0.01 and 100."""
    random = np.random.default_rng(seed)
    return Sim3(
        scale=float(10 ** random.uniform(-2, 2)),
        rotation=Rotation.random(random_state=random).as_matrix(),
        translation=random.normal(size=3) * 10,
    )


def elsewhere(trajectory: Trajectory, seed: int) -> Trajectory:
    """The same path in another world, at another scale."""
    return transform(trajectory, sim3(seed))


def monst3r_text(trajectory: Trajectory) -> str:
    """The trajectory as MonST3R prints it, without anchoring: t x y z qw qx qy qz."""
    quat = Rotation.from_matrix(np.array(trajectory.rotations)).as_quat()[:, [3, 0, 1, 2]]
    rows = np.column_stack([np.arange(len(trajectory)), trajectory.positions, quat])
    return "\n".join(" ".join(f"{value:.17g}" for value in row) for row in rows) + "\n"


def one(a: Trajectory, b: Trajectory, protocol: str, **options) -> dict:
    """The row of a single pair under a protocol, as JSON values."""
    (clip,) = score(a, b, protocol=protocol, **options).to_json()["clips"].values()
    return clip


def strict(a: Trajectory, b: Trajectory, **options) -> dict:
    """The row of a single pair under `strict`."""
    return one(a, b, "strict", **options)


def run(folder: Path, status: str, reason: str = "", *, seed: int | None = 1) -> None:
    """A run folder with that status; without a trajectory where `seed` is None."""
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"status": status, "reason": reason}))
    if seed is not None:
        io.write(smooth(seed), folder / "trajectory.npz", format="native")
