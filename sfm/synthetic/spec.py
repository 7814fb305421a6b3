"""What a rendered clip is made from: small values that fit into one line of JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, final

import numpy as np

from sfm.geometry.radial_lens import reaches
from trajectory.errors import CinetrajError

SceneKind = Literal["room", "street", "landscape", "far", "planar"]
TextureStyle = Literal["rich", "low", "repetitive"]
Easing = Literal["linear", "smooth", "in", "out"]
MoverMotion = Literal["cross", "sway", "approach", "tracked"]

SCENES: tuple[str, ...] = ("room", "street", "landscape", "far", "planar")

MOVES: Mapping[str, str] = MappingProxyType(
    {
        "pan_deg": "turn about the camera's y axis, right positive",
        "tilt_deg": "turn about the camera's x axis, up positive",
        "roll_deg": "turn about the optical axis, clockwise positive",
        "zoom": "focal length at the end over that at the start",
        "dolly": "forward translation in units of the scene's reference depth",
        "truck": "translation to the right, same unit",
        "pedestal": "translation upwards, same unit",
        "orbit_deg": "move right on a circle about a point ahead and keep looking at it",
        "crane_deg": "move up on a circle about a point ahead and keep looking at it",
        "dolly_zoom": "move forward by this share of the reference depth, the focal length holding the subject's size",
        "shake_deg": "standard deviation of hand-held rotation",
        "shake_shift": "standard deviation of hand-held translation, in units of the reference depth",
    }
)
"""The channels of a move; any combination may be given, absent ones are still."""


@final
@dataclass(frozen=True, kw_only=True)
class MoverSpec:
    """Something that moves by itself.

    Attributes:
        area: share of the frame that one figure covers at the start.
        speed: frame widths per clip (cross), or the amplitude of swaying in frame widths.
        articulate: how far a walker's arms and legs swing, as a multiple of an ordinary step (legs 24 degrees, arms
            16); 0 is a figure that glides without a limb moving, as rigid as the scene.
    """

    kind: Literal["walker", "vehicle"] = "walker"
    motion: MoverMotion = "cross"
    area: float = 0.1
    count: int = 1
    speed: float = 0.5
    articulate: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """JSON values; `articulate` only where it is not the default, as lists of clips that are older expect."""
        values = asdict(self)
        return values if self.articulate != 1.0 else {k: v for k, v in values.items() if k != "articulate"}

    def __post_init__(self) -> None:
        if not 0.0 <= self.articulate <= 3.0:
            raise CinetrajError(f"mover articulate is {self.articulate}, expected a multiple of a step in 0..3")
        if not 0.0 < self.area <= 0.8:
            raise CinetrajError(f"mover area is {self.area}, expected a share of the frame in 0..0.8")
        if self.motion not in ("cross", "sway", "approach", "tracked"):
            raise CinetrajError(f"mover motion is {self.motion!r}, expected cross, sway, approach or tracked")


@final
@dataclass(frozen=True, kw_only=True)
class ClipSpec:
    """One clip, fully determined by this value.

    Attributes:
        seed: draws scene, textures, path details, movers and noise; other seeds give other textures and paths.
        move: channels of `MOVES`, plus nothing else.
        timing: the part of the clip, from 0 to 1, within which a channel of `move` moves; the others move all the time.
        focal_px: at the first frame, in pixels of `image_hw`.
        noise: standard deviation of sensor noise in 8-bit levels.
        blur: share of the frame interval for which the shutter is open (0: no motion blur).
        flicker: standard deviation of the exposure gain from frame to frame.
        crf: quality of the H.264 file that `write_video` makes of it.
        letterbox: share of the height under black bars, both together.
        defocus: diameter of the circle of confusion in pixels of a point at infinity, the lens focused at one reference
            depth; other depths as a thin lens has it: in proportion to 1 / focus - 1 / depth.
        focus: distance of what is sharp in reference depths, at the start and at the end; in between it moves as the
            move does (rack focus).
        exposure_steps: (frame, gain): from that frame on the picture is brighter by that factor, until the next one.
        melt: root mean square length in pixels of a swim of the whole picture, smooth in space and time, that renews as
            generated video does (0: none). No camera moves so: trajectory, depth and flow are those of the scene, and
            content is off them by this much. It stays still in the frame while content moves through it.
        melt_wave_px: length of its waves.
        melt_frames: time after which its correlation with itself has fallen to 1/e.
        melt_drifts: the swim goes with the content, and is none in the first frame: what is shown leaves its place.
        rolling_shutter: share of the frame interval that it takes to read the frame from its first row to its last
            (0: all rows at once). The trajectory is where the camera is as the middle row is read.
        radial: first coefficient of radial distortion, x_d = x (1 + radial r^2) with x and r over the focal length of
            the frame; the trajectory's `distortion` says so, and depth is that of what the lens shows.
        fog: density per reference depth: what is one such depth away keeps exp(-fog) of its contrast, the rest is grey.
    """

    seed: int = 0
    scene: SceneKind = "room"
    move: Mapping[str, float] = field(default_factory=dict)
    timing: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    easing: Easing = "smooth"
    frames: int = 60
    image_hw: tuple[int, int] = (360, 640)
    fps: float = 30.0
    focal_px: float = 550.0
    textures: TextureStyle = "rich"
    movers: tuple[MoverSpec, ...] = ()
    noise: float = 0.0
    blur: float = 0.0
    flicker: float = 0.0
    crf: int = 18
    letterbox: float = 0.0
    defocus: float = 0.0
    focus: tuple[float, float] = (1.0, 1.0)
    exposure_steps: tuple[tuple[int, float], ...] = ()
    melt: float = 0.0
    melt_wave_px: float = 120.0
    melt_frames: float = 8.0
    melt_drifts: bool = False
    rolling_shutter: float = 0.0
    radial: float = 0.0
    fog: float = 0.0

    def __post_init__(self) -> None:
        unknown = sorted(set(self.move) - set(MOVES))
        if unknown:
            raise CinetrajError(f"move has the unknown channel {unknown[0]!r}, expected some of {', '.join(MOVES)}")
        for name, (start, end) in self.timing.items():
            if name not in self.move or name.startswith("shake") or not 0.0 <= start < end <= 1.0:
                raise CinetrajError(
                    f"timing of {name!r} is {start} to {end}, expected 0 <= start < end <= 1 and a channel of move, no "
                    "shake"
                )
        if self.scene not in SCENES:
            raise CinetrajError(f"scene is {self.scene!r}, expected one of {', '.join(SCENES)}")
        if self.easing not in ("linear", "smooth", "in", "out"):
            raise CinetrajError(f"easing is {self.easing!r}, expected linear, smooth, in or out")
        if self.frames < 1:
            raise CinetrajError(f"frames is {self.frames}, expected at least 1")
        if self.defocus < 0 or min(self.focus) <= 0:
            raise CinetrajError(
                f"defocus {self.defocus} at focus {self.focus} is no lens, expected pixels >= 0 and depths > 0"
            )
        starts = [frame for frame, _ in self.exposure_steps]
        gains = [gain for _, gain in self.exposure_steps]
        if starts != sorted({max(start, 0) for start in starts}) or min(gains, default=1.0) <= 0:
            raise CinetrajError(
                f"exposure_steps are {self.exposure_steps}, expected (frame, gain) by rising frame, gains above 0"
            )
        if self.melt < 0 or self.melt_wave_px <= 0 or self.melt_frames <= 0:
            raise CinetrajError(
                f"melt {self.melt} px, {self.melt_wave_px} px long, {self.melt_frames} frames: expected none below 0"
            )
        if not 0 <= self.rolling_shutter <= 1:
            raise CinetrajError(f"rolling_shutter is {self.rolling_shutter}, expected a share of the frame interval")
        corner = float(np.hypot(*self.image_hw)) / 2 / self._shortest_focal_px()
        if not reaches(corner, self.radial):
            raise CinetrajError(
                f"radial {self.radial} folds back within the frame, whose corner is at {corner:.3g} focals"
            )
        if self.fog < 0:
            raise CinetrajError(f"fog is {self.fog}, expected a density per reference depth, 0 for none")
        if min(self.image_hw) < 16 or self.focal_px <= 0:
            raise CinetrajError(f"image_hw {self.image_hw} and focal_px {self.focal_px} do not make a camera")
        object.__setattr__(self, "move", MappingProxyType({k: float(v) for k, v in self.move.items()}))
        object.__setattr__(self, "timing", MappingProxyType(dict(self.timing)))

    def _shortest_focal_px(self) -> float:
        ratio = self.move.get("zoom", 1.0) * (1 - self.move.get("dolly_zoom", 0.0))
        return self.focal_px * min(1.0, ratio)

    def to_dict(self) -> dict[str, Any]:
        """JSON values; fields at their default are left out, so that lists of clips stay readable."""
        result: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            default = {} if item.name in ("move", "timing") else item.default
            if item.name in ("move", "timing"):
                value = {name: _json(part) for name, part in value.items()}
            elif item.name == "movers":
                value = tuple(mover.to_dict() for mover in value)
            value, default = _json(value), _json(default)
            if value != default or item.name in ("seed", "scene", "move", "frames"):
                result[item.name] = value
        return result

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> "ClipSpec":
        """The inverse of `to_dict`; a misspelt field is an error."""
        known = {item.name for item in fields(ClipSpec)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise CinetrajError(
                f"clip has the unknown field {unknown[0]!r}, expected some of {', '.join(sorted(known))}"
            )
        changed = _floats(ClipSpec, values)
        if "movers" in changed:
            changed["movers"] = tuple(MoverSpec(**_floats(MoverSpec, mover)) for mover in changed["movers"])
        if "image_hw" in changed:
            changed["image_hw"] = (int(changed["image_hw"][0]), int(changed["image_hw"][1]))
        if "exposure_steps" in changed:
            changed["exposure_steps"] = tuple((int(at), float(gain)) for at, gain in changed["exposure_steps"])
        if "focus" in changed:
            changed["focus"] = (float(changed["focus"][0]), float(changed["focus"][1]))
        if "move" in changed:
            changed["move"] = {name: float(value) for name, value in changed["move"].items()}
        if "timing" in changed:
            changed["timing"] = {name: (float(a), float(b)) for name, (a, b) in changed["timing"].items()}
        return ClipSpec(**changed)


def _json(value: Any) -> Any:
    """JSON knows lists only."""
    return [_json(part) for part in value] if isinstance(value, tuple) else value


def _floats(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON knows no difference between 3 and 3.0; the types do."""
    names = {item.name for item in fields(kind) if isinstance(item.default, float)}
    return {name: float(value) if name in names else value for name, value in values.items()}
