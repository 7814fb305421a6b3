"""Time and memory of 10,000 pairs of 100-frame trajectories under `strict`, with and without intervals, beside
`cinetechbench-compat`.

Run: python benchmarks/compare_scale.py [--pairs 10000] [--frames 100]. Prints one line per protocol.
"""

import argparse
import resource
import sys
import time

import numpy as np
from tqdm import tqdm

from compare.scoring import score
from trajectory.model import Trajectory


def smooth_paths(count: int, frames: int, seed: int) -> list[Trajectory]:
    """Random smooth paths: a turn about a random axis while moving along a curve, and a drift that they may have."""
    from scipy.spatial.transform import Rotation

    random = np.random.default_rng(seed)
    u = np.linspace(0, 1, frames)[:, None]
    time_s = u[:, 0] * 4.0
    valid = np.ones(frames, dtype=bool)
    drift = np.linspace(0, 1, frames)[:, None, None] * 1e-4 * np.eye(6)
    paths: list[Trajectory] = []
    for _ in range(count):
        poses = np.tile(np.eye(4), (frames, 1, 1))
        poses[:, :3, :3] = Rotation.from_rotvec(u * random.normal(size=3)).as_matrix()
        poses[:, :3, 3] = u * random.normal(size=3) + np.sin(2 * u) * random.normal(size=3)
        paths.append(Trajectory(world_from_cam=poses, time_s=time_s, valid=valid, pose_covariance=drift))
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--frames", type=int, default=100)
    args = parser.parse_args()
    references = {f"{i:06d}": t for i, t in enumerate(smooth_paths(args.pairs, args.frames, 0))}
    generated = {f"{i:06d}": t for i, t in enumerate(smooth_paths(args.pairs, args.frames, 1))}
    inputs_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    for name, protocol, intervals in (
        ("strict without intervals", "strict", False),
        ("strict", "strict", True),
        ("cinetechbench-compat", "cinetechbench-compat", True),
    ):
        with tqdm(total=args.pairs, desc=name, unit="pair", disable=not sys.stderr.isatty()) as bar:
            tell = lambda done, _, bar=bar: bar.update(1)  # noqa: E731
            start = time.perf_counter(), time.process_time()
            # Nothing of one result is kept beside the next.
            ok = score(references, generated, protocol=protocol, intervals=intervals, progress=tell).coverage["ok"]
            seconds, busy = time.perf_counter() - start[0], time.process_time() - start[1]
        peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{name}: {ok} pairs of {args.frames} frames in {seconds:.1f} s, {busy:.1f} of them at work "
            f"({1000 * busy / args.pairs:.2f} ms a pair), peak memory {peak_gib:.2f} GiB, inputs {inputs_gib:.2f}"
        )


if __name__ == "__main__":
    main()
