"""What the right answer is for a rendered clip: the motion model, and the labels of the primitives."""

import math
from collections.abc import Mapping

import numpy as np
from scipy.spatial.transform import Rotation

from sfm.synthetic import ClipSpec
from trajectory.model import Trajectory

BORDER = (1.0, 3.0)
"""Between these multiples of the noise a motion may or may not be seen: such clips are counted apart."""

INTENDED: Mapping[str, tuple[str, str]] = {
    "truck": ("Move_Right", "Move_Left"),
    "pedestal": ("Move_Up", "Move_Down"),
    "dolly": ("Move_In", "Move_Out"),
    "pan_deg": ("Pan_Right", "Pan_Left"),
    "tilt_deg": ("Tilt_Up", "Tilt_Down"),
    "roll_deg": ("Roll_Clockwise", "Roll_Counterclockwise"),
}
LEAST_SEEN, MOST_UNSEEN = 0.012, 0.008
"""In image diagonals: a positive must shift the content by the first, a negative by no more than the second."""


def noise_px(spec: ClipSpec) -> float:
    """How well a point can be followed in such a clip, in pixels at 640 wide.

    0.2 px for tracking itself, and in quadrature 0.04 px for each grey level of grain, 0.15 px for strong
    compression, 0.3 px for a shutter that is always open. Fixed beforehand, not taken from an estimator.
    """
    parts = (0.2, 0.04 * spec.noise, 0.15 if spec.crf >= 26 else 0.0, 0.3 * spec.blur)
    return float(np.linalg.norm(parts))


def models(spec: ClipSpec, displacement: Mapping[str, float]) -> tuple[frozenset[str], bool]:
    """The motion models that are right for a clip, and whether that is borderline.

    Decided by what the path causes in the picture: parallax beyond rotation and zoom, size change, and
    displacement at all, each against the noise. Size changes by the focal length, or by a dolly before a wall whose
    parallax is too small to see: no turn explains that, and nothing in the picture tells it from a zoom.
    """
    low, high = (noise_px(spec) * factor for factor in BORDER)
    h, w = spec.image_hw
    radius = 640 / w * math.hypot(h, w) / math.sqrt(12)
    ratio = spec.move.get("zoom", 1.0) * (1 - spec.move.get("dolly_zoom", 0.0))
    zoom = abs(math.log(ratio)) * radius
    parallax, shift = displacement["zoom_p90"], displacement["static_p90"]
    unsure = low < parallax < high or low < zoom < high
    if parallax >= high:
        right = {"full_zoom"} if zoom >= high else {"full", "planar"}
    elif zoom >= high or displacement["rotation_p90"] >= high:
        right = {"rotation_zoom"}
    else:
        right = {"rotation"} if shift >= high else {"static"}
        unsure |= low < shift < high
    return frozenset(right), unsure


def is_dolly_zoom(spec: ClipSpec) -> bool:
    """A dolly zoom is a dolly with other depths: no model of it is wrong, but it must be flagged."""
    return "dolly_zoom" in spec.move


def shifts(truth: Trajectory) -> dict[str, float]:
    """Signed content displacement of each primitive from the first to the last frame, in image diagonals.

    Small-motion formulas of their own (f t / depth, f angle, mean radius times roll, depth ratio and log zoom), so
    that the labels do not come from the code that they judge.
    """
    assert truth.image_hw is not None
    assert truth.focal_px is not None
    assert truth.scene_depth is not None
    h, w = truth.image_hw
    diagonal = math.hypot(h, w)
    focal = float(np.sqrt(truth.focal_px[0] * truth.focal_px[-1])) / diagonal
    radius = math.sqrt(1 / 12)
    relative = np.linalg.inv(truth.world_from_cam[0]) @ truth.world_from_cam[-1]
    x, y, z = relative[:3, 3] / np.median(truth.scene_depth)
    tilt, pan, roll = Rotation.from_matrix(relative[:3, :3]).as_rotvec()
    zoom = math.log(truth.focal_px[-1] / truth.focal_px[0])
    return {
        "Move_Right": focal * x,
        "Move_Down": focal * y,
        "Move_In": radius * z,
        "Pan_Right": focal * pan,
        "Tilt_Up": focal * tilt,
        "Roll_Clockwise": radius * roll,
        "Zoom_In": radius * zoom,
    }


def labels(spec: ClipSpec, truth: Trajectory, displacement: Mapping[str, float]) -> dict[str, bool | None]:
    """Yes, no or not to be asked (None) for each of CameraBench's 15 primitives.

    Yes is what was intended and can be seen. As in CameraBench, arcs and cranes are asked for nothing else,
    an unsteady camera for nothing that it was not meant to do, and what is minor is not asked.
    """
    intended: set[str] = set()
    for channel, (positive, negative) in INTENDED.items():
        value = spec.move.get(channel, 0.0)
        if value:
            intended.add(positive if value > 0 else negative)
    zoom = spec.move.get("zoom", 1.0)
    if zoom != 1.0:
        intended.add("Zoom_In" if zoom > 1 else "Zoom_Out")
    arc = any(spec.move.get(name) for name in ("orbit_deg", "crane_deg"))
    shaky = any(spec.move.get(name) for name in ("shake_deg", "shake_shift"))
    seen = shifts(truth)
    opposite = {"Move_Right": "Move_Left", "Move_Down": "Move_Up", "Move_In": "Move_Out", "Pan_Right": "Pan_Left"}
    opposite |= {"Tilt_Up": "Tilt_Down", "Roll_Clockwise": "Roll_Counterclockwise", "Zoom_In": "Zoom_Out"}
    result: dict[str, bool | None] = {}
    for positive, negative in opposite.items():
        for name, shift in ((positive, seen[positive]), (negative, -seen[positive])):
            if name in intended:
                result[name] = True if shift >= LEAST_SEEN else None
            else:
                clear = shift <= MOST_UNSEEN and not arc and not shaky
                result[name] = False if clear else None
    if is_dolly_zoom(spec):
        result |= dict.fromkeys(("Move_In", "Move_Out", "Zoom_In", "Zoom_Out"))
    low, high = (noise_px(spec) * factor for factor in BORDER)
    shift = displacement["static_p90"]
    result["Static"] = True if not spec.move or shift <= low else (False if shift >= high else None)
    return result
