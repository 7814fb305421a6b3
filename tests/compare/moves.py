"""Camera paths with a known motion, for the tests of the benchmarks: textbook moves, shakes and compounds."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from trajectory import io
from trajectory.model import Provenance, Trajectory

FRAMES, FPS, DEPTH = 73, 24.0, 4.0
HW, FOCAL = (360, 640), 560.0


def path(
    *,
    move: tuple[float, float, float] = (0.0, 0.0, 0.0),
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
    zoom: float = 1.0,
    shake_deg: float = 0.0,
    pitch_deg: float | None = None,
    fps: float = FPS,
) -> Trajectory:
    """A smooth move from rest to rest.

    move: right, down, ahead, in scene depths. turn_deg: tilt up, pan right, roll clockwise. zoom: last focal length
    over the first. shake_deg: deviation of a trembling about all axes. pitch_deg: known attitude of the first frame.
    """
    share = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, FRAMES))[:, None]
    angle = np.radians(share * np.array(turn_deg))
    if shake_deg:
        angle = angle + np.radians(np.random.default_rng(1).normal(0, shake_deg, angle.shape))
    return build(DEPTH * share * np.array(move), Rotation.from_rotvec(angle), zoom, share[:, 0], pitch_deg, fps)


def orbit(swept_deg: float, *, upward: bool = False) -> Trajectory:
    """Around a point ahead at the scene's depth, looking at it: to the right (upward) where the sweep is positive."""
    share = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, FRAMES))
    angle = np.radians(swept_deg) * share
    zero = np.zeros_like(angle)
    along, back = DEPTH * np.sin(angle), DEPTH * (1 - np.cos(angle))
    if upward:
        return build(
            np.stack([zero, -along, back], 1), Rotation.from_euler("x", -angle[:, None]), 1.0, share, None, FPS
        )
    return build(np.stack([along, zero, back], 1), Rotation.from_euler("y", -angle[:, None]), 1.0, share, None, FPS)


def build(
    position: np.ndarray, rotation: Rotation, zoom: float, share: np.ndarray, pitch_deg: float | None, fps: float
) -> Trajectory:
    n = len(position)
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, :3, :3] = rotation.as_matrix()
    poses[:, :3, 3] = position
    intrinsics = np.tile(np.array([[FOCAL, 0, HW[1] / 2], [0, FOCAL, HW[0] / 2], [0, 0, 1]]), (n, 1, 1))
    intrinsics[:, [0, 1], [0, 1]] *= (zoom**share)[:, None]
    evidence: dict[str, Any] = {"status": "ok", "confidence": 1.0}
    if pitch_deg is not None:
        evidence["gravity"] = {"pitch_deg": pitch_deg, "roll_deg": 0.0}
    return Trajectory(
        world_from_cam=poses,
        time_s=np.arange(n) / fps,
        valid=np.ones(n, bool),
        image_hw=HW,
        intrinsics_px=intrinsics,
        scene_depth=np.full(n, DEPTH),
        provenance=Provenance(backend="test", evidence=evidence),
    )


MOVES = {
    "Move_In": path(move=(0, 0, 0.35)),
    "Move_Out": path(move=(0, 0, -0.35)),
    "Move_Up": path(move=(0, -0.3, 0)),
    "Move_Down": path(move=(0, 0.3, 0)),
    "Move_Right": path(move=(0.3, 0, 0)),
    "Move_Left": path(move=(-0.3, 0, 0)),
    "Zoom_In": path(zoom=1.5),
    "Zoom_Out": path(zoom=1 / 1.5),
    "Pan_Right": path(turn_deg=(0, 20, 0)),
    "Pan_Left": path(turn_deg=(0, -20, 0)),
    "Tilt_Up": path(turn_deg=(15, 0, 0)),
    "Tilt_Down": path(turn_deg=(-15, 0, 0)),
    "Roll_Clockwise": path(turn_deg=(0, 0, 20)),
    "Roll_Counterclockwise": path(turn_deg=(0, 0, -20)),
    "Static": path(),
}
"""One clip for each primitive of CameraBench that has it and no other one."""


def write_run(
    folder: Path, name: str, trajectory: Trajectory | None, *, reason: str = "", frames: int = FRAMES
) -> None:
    """A run folder as the estimator leaves it: run.json, and trajectory.npz where there is a trajectory."""
    run = folder / name
    run.mkdir(parents=True)
    shot = {"name": "", "status": "failed" if trajectory is None else "ok", "reason": reason, "frames": frames}
    record = {"format": "cinetraj-run", "version": 1, **shot, "name": name, "shots": [shot]}
    (run / "run.json").write_text(json.dumps(record))
    if trajectory is not None:
        io.write(trajectory, run / "trajectory.npz", format="native")


CLIPS = {
    **MOVES,
    "Arc_Right": orbit(40),
    "Arc_Left": orbit(-40),
    "Crane_Up": orbit(30, upward=True),
    "Crane_Down": orbit(-30, upward=True),
    "Dolly_In_Zoom_Out": path(move=(0, 0, 0.35), zoom=1 / 1.4),
    "Dolly_Out_Zoom_In": path(move=(0, 0, -0.35), zoom=1.4),
    "Trembling": path(shake_deg=0.4),
    "Shaky_Pan": path(turn_deg=(0, 20, 0), shake_deg=0.4),
    "Slow_Pan": path(turn_deg=(0, 8, 0)),
    "Fast_Pan": path(turn_deg=(0, 80, 0)),
    "Everything": path(move=(0.3, 0.3, 0.35), turn_deg=(-15, -20, 20), zoom=1.5),
    "Everything_Else": path(move=(-0.3, -0.3, -0.35), turn_deg=(15, 20, -20), zoom=1 / 1.5),
    **{
        f"{name}_{view}": path(move=move, pitch_deg=pitch)
        for name, move in (
            ("Ahead", (0.0, 0.0, 0.35)),
            ("Back", (0.0, 0.0, -0.35)),
            ("Rise", (0.0, -0.3, 0.0)),
            ("Sink", (0.0, 0.3, 0.0)),
        )
        for view, pitch in (("Level", 0.0), ("Bird", -90.0))
    },
}
"""Camera paths for the benchmark's questions, by name: the single moves, compound ones, and steadiness and speed."""
