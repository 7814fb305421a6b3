"""A quick stand-in for the estimator: a clip is a text file that says what happens to the one who reads it."""

import errno
import hashlib
import os
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from sfm.config import EstimateConfig
from sfm.runs import folder
from sfm.runs.estimate import Estimate, ShotEstimate
from sfm.video.sampling import VideoWarning
from trajectory.errors import CinetrajError
from trajectory.model import Provenance, Trajectory

WORK = "batch_fakes:work"


def work(clip: str, config: EstimateConfig, *, smaller: bool = False) -> Estimate:
    """`ok SECONDS`, `gate FOLDER`, `abort`, `raise`, `hang`, `eat`, `bad`, `blank`, `full`,
    `damaged`.

    `-once`: only at the full size. A gate: says there who has begun, and waits until a file `open` lies there.
    """
    order, _, rest = Path(clip).read_text().partition(" ")
    if order.endswith("-once"):
        order = "ok" if smaller else order.removesuffix("-once")
    if order == "ok":
        time.sleep(float(rest.split()[0]) if rest.strip() else 0.0)
    elif order == "gate":
        gate = Path(rest.split()[0])
        (gate / str(os.getpid())).touch()
        while not (gate / "open").exists():
            time.sleep(0.02)
        time.sleep(0.5)
    elif order == "abort":
        print("about to abort", flush=True)
        os.abort()
    elif order == "raise":
        raise ZeroDivisionError("a defect\nin two lines")
    elif order == "hang":
        tempfile.mkdtemp()
        time.sleep(3600)
    elif order == "eat":
        eaten = [bytearray(os.urandom(1) * 2**26) for _ in range(12)]
        time.sleep(3600 + len(eaten))
    elif order == "full":
        folder.os.rename = _no_room
    elif order == "damaged":
        for _ in range(2):
            warnings.warn(f"{clip}: the file is cut short", VideoWarning, stacklevel=1)
        warnings.warn("a library will change", FutureWarning, stacklevel=1)
    elif order == "bad":
        raise CinetrajError(f"{clip}: is no film")
    if log := os.environ.get("FAKE_LOG"):
        with Path(log).open("a") as stream:
            stream.write(f"{Path(clip).name} {config.threads} {os.environ['OMP_NUM_THREADS']} {os.getpid()}\n")
    return estimate(clip, config, failed=order == "blank", notes=("smaller",) if smaller else ())


def _no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def path_of(clip: str) -> Trajectory:
    """A path that depends on the bytes of the clip alone."""
    seed = int.from_bytes(hashlib.sha256(Path(clip).read_bytes()).digest()[:4], "big")
    poses = np.tile(np.eye(4), (5, 1, 1))
    poses[:, :3, 3] = np.random.default_rng(seed).normal(size=(5, 3)).cumsum(axis=0)
    provenance = Provenance(backend="fake", source=clip, seed=0)
    return Trajectory(world_from_cam=poses, time_s=np.arange(5) / 10, valid=np.ones(5, bool), provenance=provenance)


def estimate(clip: str, config: EstimateConfig, *, failed: bool = False, notes: tuple[str, ...] = ()) -> Estimate:
    shot = ShotEstimate(
        start=0,
        stop=5,
        start_s=0.0,
        end_s=0.4,
        status="failed" if failed else "ok",
        reason="every frame is blank" if failed else "",
        motion_model=None if failed else "full",
        trajectory=None if failed else path_of(clip),
        registered=0 if failed else 5,
        statistics={},
        seconds={"fake": 0.1},
        notes=(),
        picture={"frame": np.array(2), "rgb": np.zeros((20, 30, 3), np.uint8)},
    )
    options: dict[str, Any] = {"long_side": config.video.long_side}
    return Estimate(
        source=clip,
        backend="fake",
        shots=(shot,),
        config=options,
        versions={},
        seed=config.seed,
        seconds={"total": 0.1},
        video={"frames": 5},
        notes=notes,
    )
