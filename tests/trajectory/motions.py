"""Analytic camera moves for the tests: exact poses from rates."""

import numpy as np
from scipy.spatial.transform import Rotation

from trajectory.gravity import Gravity
from trajectory.model import Trajectory

HW = (360, 640)
FOCAL_PX = 600.0
SIGN = {
    "Move_In": ("move", (0, 0, 1)),
    "Move_Out": ("move", (0, 0, -1)),
    "Move_Up": ("move", (0, -1, 0)),
    "Move_Down": ("move", (0, 1, 0)),
    "Move_Right": ("move", (1, 0, 0)),
    "Move_Left": ("move", (-1, 0, 0)),
    "Zoom_In": ("zoom", (1, 0, 0)),
    "Zoom_Out": ("zoom", (-1, 0, 0)),
    "Pan_Right": ("turn", (0, 1, 0)),
    "Pan_Left": ("turn", (0, -1, 0)),
    "Tilt_Up": ("turn", (1, 0, 0)),
    "Tilt_Down": ("turn", (-1, 0, 0)),
    "Roll_Clockwise": ("turn", (0, 0, 1)),
    "Roll_Counterclockwise": ("turn", (0, 0, -1)),
}
OPPOSITE = {
    a: b
    for pair in (
        ("Move_In", "Move_Out"),
        ("Move_Up", "Move_Down"),
        ("Move_Right", "Move_Left"),
        ("Zoom_In", "Zoom_Out"),
        ("Pan_Right", "Pan_Left"),
        ("Tilt_Up", "Tilt_Down"),
        ("Roll_Clockwise", "Roll_Counterclockwise"),
    )
    for a, b in (pair, pair[::-1])
}


def build(
    *,
    turn_deg=(0.0, 0.0, 0.0),
    move=(0.0, 0.0, 0.0),
    log_zoom=0.0,
    frames=60,
    duration_s=2.0,
    depth=1.0,
    focal_px=FOCAL_PX,
    with_depth=True,
    with_intrinsics=True,
    profile=None,
    gauge=None,
    noise_deg=0.0,
    noise_position=0.0,
    seed=0,
    **fields,
):
    """A move by a rotation vector (degrees), a displacement in scene depths (first camera's axes) and a zoom.

    profile: progress 0..1 at the fractions 0..1 of the duration; linear by default.
    gauge: (rotation, translation, scale) of the world, applied to poses and depth.
    """
    at = np.linspace(0.0, 1.0, frames)
    progress = at if profile is None else profile(at)
    rng = np.random.default_rng(seed)
    rotvec = np.radians(np.asarray(turn_deg, float)) * progress[:, None]
    rotation = Rotation.from_rotvec(rotvec) * Rotation.from_rotvec(
        np.radians(noise_deg) * rng.standard_normal((frames, 3))
    )
    poses = np.tile(np.eye(4), (frames, 1, 1))
    poses[:, :3, :3] = rotation.as_matrix()
    poses[:, :3, 3] = depth * (
        np.asarray(move, float) * progress[:, None] + noise_position * rng.standard_normal((frames, 3))
    )
    if gauge is not None:
        turn, shift, scale = gauge
        poses[:, :3, :3] = turn @ poses[:, :3, :3]
        poses[:, :3, 3] = scale * poses[:, :3, 3] @ turn.T + shift
        depth = depth * scale
    if with_intrinsics:
        k = np.tile(np.array([[focal_px, 0, HW[1] / 2], [0, focal_px, HW[0] / 2], [0, 0, 1.0]]), (frames, 1, 1))
        zoom = np.exp(log_zoom * progress)
        k[:, 0, 0] *= zoom
        k[:, 1, 1] *= zoom
        fields |= {"intrinsics_px": k, "image_hw": HW}
    if with_depth:
        fields["scene_depth"] = np.full(frames, depth)
    return Trajectory(
        **{
            "world_from_cam": poses,
            "time_s": at * duration_s,
            "valid": np.ones(frames, bool),
            **fields,
        }
    )


def primitive(name, amount, **options):
    """One primitive: degrees for turns, scene depths for moves, log focal ratio for zooms."""
    kind, axis = SIGN[name]
    if kind == "zoom":
        return build(log_zoom=axis[0] * amount, **options)
    vector = tuple(float(amount) * a for a in axis)
    return build(turn_deg=vector, **options) if kind == "turn" else build(move=vector, **options)


def steered(start_deg, moves_deg, frames=120):
    """A camera at (tilt, pan, roll) against the horizon that turns by so much of each, and its gravity."""
    share = np.linspace(0.0, 1.0, frames)[:, None]
    tilt, pan, roll = (np.asarray(start_deg, float) + share * np.asarray(moves_deg, float)).T
    t = build(frames=frames)
    poses = t.world_from_cam.copy()
    poses[:, :3, :3] = Rotation.from_euler("YXZ", np.column_stack([pan, tilt, roll]), degrees=True).as_matrix()
    return t.replace(world_from_cam=poses), Gravity(pitch_deg=float(tilt[0]), roll_deg=float(roll[0]))
