"""Pairs of camera paths with one thing wrong each, made by formulas; benchmarks of the presets use them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.spatial.transform import Rotation

from trajectory.actions import code_of
from trajectory.commands import Commands, Turn
from trajectory.frames import Sim3, transform
from trajectory.model import Provenance, Trajectory

FRAMES = 81
PER_TURN = 20
FOCAL_PX, HW = 500.0, (360, 640)
KEYS = ("W", "right", "W", "left")
"""What the camera of all pairs is told to do: ahead, a look to the right, ahead, a look back; then it goes back."""
STEP, TURN_DEG = 0.021, 1.47
"""Of one frame; crooked, so that nothing lies on a threshold, where rounding decides."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class CasePair:
    """A reference and a generated path, and what is wrong with the second."""

    reference: Trajectory
    generated: Trajectory


def clip(
    positions: np.ndarray, rotations: np.ndarray, *, seconds: float = 4.0, zoom: float = 1.0, pitch_deg: float = 0.0
) -> Trajectory:
    """A trajectory with a lens, a scene two units away, and gravity."""
    n = len(positions)
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, :3, :3], poses[:, :3, 3] = rotations, positions
    k = np.tile(np.array([[FOCAL_PX, 0, HW[1] / 2], [0, FOCAL_PX, HW[0] / 2], [0, 0, 1]]), (n, 1, 1))
    k[:, [0, 1], [0, 1]] *= zoom ** np.linspace(0, 1, n)[:, None]
    return Trajectory(
        world_from_cam=poses,
        time_s=np.linspace(0, seconds, n),
        valid=np.ones(n, dtype=bool),
        intrinsics_px=k,
        image_hw=HW,
        scene_depth=np.full(n, 2.0),
        provenance=Provenance(evidence={"gravity": {"pitch_deg": pitch_deg, "roll_deg": 0.0}}),
    )


def driven(
    keys: tuple[str, ...] = KEYS, *, step: float = STEP, turn_deg: float = TURN_DEG, stray: float = 0.0, seed: int = 0
) -> Trajectory:
    """A camera that does as it is told, `PER_TURN` steps for each key; it strays by a share of each step."""
    random = np.random.default_rng(seed)
    rotation, place = Rotation.identity(), np.zeros(3)
    places, rotations = [place], [rotation.as_matrix()]
    for key in keys:
        forward, right, yaw, pitch = code_of(key)
        for _ in range(PER_TURN):
            turn = np.array([pitch, yaw, 0.0]) + stray * random.normal(size=3)
            rotation = rotation * Rotation.from_rotvec(np.radians(turn_deg) * turn)
            place = place + step * rotation.apply(np.array([right, 0.0, forward]) + stray * random.normal(size=3))
            places.append(place)
            rotations.append(rotation.as_matrix())
    return clip(np.array(places), np.array(rotations))


def commands(keys: tuple[str, ...] = KEYS) -> Commands:
    """The keys of `driven`."""
    return Commands(
        turns=tuple(
            Turn(action=key, code=code_of(key), start=float(PER_TURN * i), end=float(PER_TURN * (i + 1)))
            for i, key in enumerate(keys)
        )
    )


def resting(noise: float, seed: int, frames: int = FRAMES) -> Trajectory:
    """A tripod, with the noise of an estimator in the positions."""
    random = np.random.default_rng(seed)
    return clip(noise * random.normal(size=(frames, 3)), np.tile(np.eye(3), (frames, 1, 1)))


def scaled(trajectory: Trajectory, factor: float) -> Trajectory:
    """The same path in another unit, its scene too."""
    return transform(trajectory, Sim3(scale=factor, rotation=np.eye(3), translation=np.zeros(3)))


def farther(trajectory: Trajectory, factor: float) -> Trajectory:
    """A path that goes farther in the same scene."""
    poses = np.array(trajectory.world_from_cam)
    poses[:, :3, 3] *= factor
    return trajectory.replace(world_from_cam=poses)


def pairs() -> Mapping[str, CasePair]:
    """What may be wrong with a generated clip, by name; the camera of the reference does as it is told."""
    reference, turned = driven(), Rotation.from_euler("YXZ", (70, 20, 10), degrees=True).as_matrix()
    world = Sim3(scale=7.0, rotation=turned, translation=np.array([3.0, -2.0, 5.0]))
    backwards = np.array(reference.world_from_cam)
    backwards[:, :3, 3] *= -1
    half = np.arange(0, FRAMES, 2)
    fast = reference.replace(
        **{
            name: np.array(getattr(reference, name))[half]
            for name in ("world_from_cam", "valid", "intrinsics_px", "scene_depth")
        },
        time_s=np.array(reference.time_s)[: len(half)],
    )
    cut = {n: np.array(getattr(reference, n))[:27] for n in ("world_from_cam", "valid", "intrinsics_px", "scene_depth")}
    rotations = np.array(reference.rotations)
    other_pitch = Provenance(evidence={"gravity": {"pitch_deg": -40.0, "roll_deg": 0.0}})
    generated = {
        "nothing": reference,
        "another world and unit": transform(reference, world),
        "a unit ten times as long": scaled(reference, 0.1),
        "an estimator's noise (2 %)": driven(stray=0.1, seed=1),
        "goes a tenth as far": farther(reference, 0.1),
        "goes the other way (S for W)": reference.replace(world_from_cam=backwards),
        "looks the wrong way (left for right)": driven(("W", "left", "W", "right")),
        "does not travel": clip(np.zeros((FRAMES, 3)), rotations),
        "does not move at all": resting(0.0, 0),
        "twice as fast, then over": fast,
        "stops after a third": reference.replace(**cut, time_s=np.array(reference.time_s)[:27]),
        "zooms in by 2 besides": clip(np.array(reference.positions), rotations, zoom=2.0),
        "looks down by 40° throughout": reference.replace(provenance=other_pitch),
    }
    found = {name: CasePair(reference=reference, generated=each) for name, each in generated.items()}
    found["two tripods with noise"] = CasePair(reference=resting(1e-3, 2), generated=resting(1e-3, 3))
    return found
