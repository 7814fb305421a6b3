"""Which keys a camera's path amounts to, second by second or latent by latent, and how sure that is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal, final

import numpy as np
from jaxtyping import Bool, Float, Int

from trajectory.actions import AXES, WITHIN_DEG, Code, beyond, labels, spelled
from trajectory.certainty import certainty_of
from trajectory.commands import Commands
from trajectory.errors import CinetrajError
from trajectory.gravity import known_gravity
from trajectory.image_motion import ImageMotion, image_motion
from trajectory.io.worldplay import FRAMES as LATENT
from trajectory.kinematics import INDEX_FPS, position_noise, seconds, translation_is_noise
from trajectory.model import Trajectory

Per = Literal["second", "latent"]
UNKNOWN = "unknown"
DRAWS = 256


@final
@dataclass(frozen=True, kw_only=True)
class PressedConfig:
    """When a key counts as pressed. Rates, so that neither the frame rate nor the interval matters.

    Attributes:
        per: the interval: a second, or a latent of four frames; None: a latent where the file counts frames.
        look_deg_s: the slowest look: a pan by 30 degrees takes fifteen seconds at it.
        travel_depth_s: the slowest travel, in scene depths; one of half of the scene's depth takes 25 seconds at it.
        travel_share: where no depth is known: a share of the path's own mean speed.
        assumed_fps: frame rate where the trajectory only counts frames.
    """

    per: Per | None = None
    look_deg_s: float = 2.0
    travel_depth_s: float = 0.02
    travel_share: float = 0.25
    assumed_fps: float = INDEX_FPS

    def __post_init__(self) -> None:
        for name in ("look_deg_s", "travel_depth_s", "travel_share", "assumed_fps"):
            value = getattr(self, name)
            if not 0 < value < np.inf:
                raise CinetrajError(f"{name} is {value}, expected a positive number")


@final
@dataclass(frozen=True, kw_only=True)
class Pressed:
    """The keys of one interval.

    Attributes:
        code: in the order of `trajectory.actions.AXES`; None where fewer than two frames have a pose.
        amount: ahead and to the right (scene depths, or shares of the path), looks right and up (degrees).
        confidence: probability of the code, from the spread of the poses and the estimator's own probabilities; None
            where neither is told.
        commanded: the code that was commanded for most of the interval, None where nothing was.
    """

    start_s: float
    end_s: float
    code: Code | None
    amount: tuple[float, float, float, float]
    confidence: float | None = None
    commanded: Code | None = None

    @property
    def keys(self) -> str:
        """In words."""
        return UNKNOWN if self.code is None else spelled(self.code)

    def to_json(self) -> dict[str, Any]:
        """JSON values; `label` is HY-WorldPlay's number."""
        ahead, right, look_right, look_up = self.amount
        return {
            "start_s": self.start_s,
            "end_s": self.end_s,
            "keys": self.keys,
            "label": None if self.code is None else int(labels(np.array([self.code]))[0]),
            "confidence": self.confidence,
            "ahead": ahead,
            "right": right,
            "look_right_deg": look_right,
            "look_up_deg": look_up,
            "commanded": None if self.commanded is None else spelled(self.commanded),
        }


@final
@dataclass(frozen=True, kw_only=True)
class KeyPath:
    """The keys of a whole path.

    Attributes:
        per: the interval.
        unit: of the travel.
        told: layout of the commands that it was compared with, "" without any.
    """

    per: Per
    unit: str
    intervals: tuple[Pressed, ...]
    told: str = ""
    notes: tuple[str, ...] = ()

    def agreement(self) -> dict[str, float | int] | None:
        """Shares of the commanded intervals with the commanded keys: all four, movement, look, each axis."""
        both = [(p.code, p.commanded) for p in self.intervals if p.code is not None and p.commanded is not None]
        if not both:
            return None
        found, told = (np.array(side) for side in zip(*both, strict=True))
        equal: Bool[np.ndarray, "n 4"] = found == told
        return {
            "intervals": len(both),
            "all": float(equal.all(1).mean()),
            "movement": float(equal[:, :2].all(1).mean()),
            "look": float(equal[:, 2:].all(1).mean()),
            **{axis: float(equal[:, i].mean()) for i, axis in enumerate(AXES)},
        }

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "per": self.per,
            "unit": self.unit,
            "commanded": self.told or None,
            "agreement": self.agreement(),
            "intervals": [each.to_json() for each in self.intervals],
            "notes": list(self.notes),
        }


def pressed(
    trajectory: Trajectory, config: PressedConfig | None = None, *, commands: Commands | None = None
) -> KeyPath:
    """The keys that a camera's path amounts to, interval by interval.

    A key counts from the rates of the config on, and a movement along each axis that is within 60° of its direction,
    as in HY-WorldPlay. Travel that is noise, or was only bounded, is none. With a spread of the poses
    (`pose_covariance`) the confidence is the share of draws that have the same code; the errors of two frames are taken
    for a drift, whose increments are independent.

    Args:
        trajectory: of at least two frames with poses.
        config: thresholds and interval.
        commands: what the camera was told to do, to compare with.

    Raises:
        CinetrajError: fewer than two frames have a pose, or the commands are in seconds and the clip counts frames.
    """
    config = config or PressedConfig()
    if int(trajectory.valid.sum()) < 2:
        raise CinetrajError("fewer than two frames have a pose, expected a path to tell the keys of")
    per: Per = config.per or ("latent" if trajectory.time_source == "index" else "second")
    seen = image_motion(trajectory, index_fps=config.assumed_fps, gravity=known_gravity(trajectory))
    still = translation_is_noise(seen.moved)
    sure = certainty_of(trajectory).probability
    doubt = min((sure[name] for name in ("rotation", "translation") if name in sure), default=None)
    path = _Path(trajectory=trajectory, seen=seen, config=config, still=still, doubt=doubt)
    spans = _edges(trajectory, per, config.assumed_fps)
    if commands is None:
        intervals = [_interval(path, span) for span in spans]
    else:
        told = _commanded(trajectory, commands)
        spans = _cut(spans, told)
        intervals = [replace(_interval(path, span), commanded=_most(told[slice(*span)])) for span in spans]
    return KeyPath(
        per=per,
        unit="scene depths" if seen.unit == "scene_depth" else "shares of the path",
        intervals=tuple(intervals),
        told="" if commands is None else commands.layout,
        notes=("its travel is noise: no movement is told",) if still and position_noise(seen.moved) > 0.0 else (),
    )


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Path:
    """What is the same for all intervals: whether travel is noise, and the estimator's own probability."""

    trajectory: Trajectory
    seen: ImageMotion
    config: PressedConfig
    still: bool
    doubt: float | None


def _edges(trajectory: Trajectory, per: Per, fps: float) -> list[tuple[int, int]]:
    """First and last row of each interval; what is left at the end belongs to the last one if it is short."""
    time_s = seconds(trajectory, trajectory.time_s, index_fps=fps)
    axis, length = time_s - time_s[0], 1.0
    if per == "latent":
        counted = trajectory.time_source == "index"
        axis = trajectory.time_s - trajectory.time_s[0] if counted else np.arange(len(time_s), dtype=np.float64)
        length = float(LATENT)
    count = max(round(float(axis[-1]) / length), 1)
    at = np.searchsorted(axis, np.arange(count + 1) * length - 0.5 * float(np.diff(axis, append=axis[-1] + 1)[0]))
    rows = np.minimum(at, len(axis) - 1).tolist()
    rows[-1] = len(axis) - 1
    return [(a, b) for a, b in pairwise(rows) if b > a]


def _interval(path: _Path, edges: tuple[int, int]) -> Pressed:
    """The keys between two rows; frames without a pose at its ends make it shorter."""
    seen = path.seen
    time_s = seconds(path.trajectory, path.trajectory.time_s[list(edges)], index_fps=path.config.assumed_fps)
    start_s, end_s = time_s.tolist()
    rows = np.flatnonzero((seen.moved.frame >= edges[0]) & (seen.moved.frame <= edges[1]))
    if len(rows) < 2:
        return Pressed(start_s=start_s, end_s=end_s, code=None, amount=(0.0, 0.0, 0.0, 0.0))
    first, last = int(rows[0]), int(rows[-1])
    change = seen.amount[last] - seen.amount[first]
    if path.still:
        change[:3] = 0.0
    limits = _limits(seen, path.config, float(seen.moved.time_s[last] - seen.moved.time_s[first]))
    code = _codes(change[None], limits)[0]
    confidence = path.doubt
    spread = _spread(path, first, last)
    if spread is not None:
        share = float((_codes(change + spread, limits) == code).all(1).mean())
        confidence = share if path.doubt is None else share * path.doubt
    forward, right, look_right, look_up = code.tolist()
    return Pressed(
        start_s=start_s,
        end_s=end_s,
        code=(forward, right, look_right, look_up),
        amount=(float(change[2]), float(change[0]), float(np.degrees(change[4])), float(np.degrees(change[3]))),
        confidence=confidence,
    )


def _limits(seen: ImageMotion, config: PressedConfig, lasted_s: float) -> tuple[float, float]:
    """How far a movement goes at least, in the unit of the travel, and how far a look, in radians."""
    whole = float(seen.moved.time_s[-1] - seen.moved.time_s[0])
    travel = config.travel_depth_s * lasted_s
    if seen.unit == "path_length":
        travel = config.travel_share * lasted_s / whole
    return travel, float(np.radians(config.look_deg_s)) * lasted_s


def _codes(change: Float[np.ndarray, "m 7"], limits: tuple[float, float]) -> Int[np.ndarray, "m 4"]:
    """The code of changes in the order of `components.CHANNELS` (right, down, ahead, tilt, pan, roll, zoom)."""
    travel, look = limits
    length = np.linalg.norm(change[:, :3], axis=1)
    goes = length > max(travel, 1e-12)
    along = np.cos(np.radians(WITHIN_DEG)) * length
    codes = np.zeros((len(change), 4), dtype=np.int64)
    for axis, component in ((0, 2), (1, 0)):
        value = np.where(goes, change[:, component], 0.0)
        codes[:, axis] = beyond(value, along)
    for axis, component in ((2, 4), (3, 3)):
        codes[:, axis] = beyond(change[:, component], look)
    return codes


def _spread(path: _Path, first: int, last: int) -> Float[np.ndarray, "m 7"] | None:
    """Draws of the error of the change between two frames; None where nothing is told of it."""
    covariance = path.trajectory.pose_covariance
    if covariance is None:
        return None
    a, b = (covariance[path.seen.moved.frame[row]] for row in (first, last))
    if not (np.isfinite(a[3:, 3:]).all() and np.isfinite(b[3:, 3:]).all()) or not (a.any() or b.any()):
        return None
    strength, axes = np.linalg.eigh(np.nan_to_num(b) - np.nan_to_num(a))
    drawn = np.random.default_rng(0).normal(size=(DRAWS, 6)) * np.sqrt(np.abs(strength)) @ axes.T
    out = np.zeros((DRAWS, 7))
    if path.trajectory.scale != "bounded" and not path.still:
        out[:, :3] = drawn[:, :3] / _unit(path.seen, last)
    out[:, 3:6] = drawn[:, 3:]
    return out


def _unit(seen: ImageMotion, row: int) -> float:
    """Length of the unit of the travel, in that of the positions."""
    if seen.unit == "path_length" or seen.moved.depth is None:
        return max(seen.moved.path_length, 1e-300)
    return seen.nearness * float(seen.moved.depth[row])


def _commanded(trajectory: Trajectory, commands: Commands) -> list[Code | None]:
    """The code that was commanded for each step, None where nothing was.

    A clip that is as long as the commands is the whole one, with what comes before the mark; else it begins there.
    """
    axis = commands.axis(trajectory)
    whole = commands.unit == "frames" and float(axis[-1]) + 1 >= commands.turns[-1].end
    steps = (commands if whole else commands.from_mark()).by_step(axis)
    return [None if turn is None else turn.code for turn in steps]


def _cut(spans: Sequence[tuple[int, int]], told: Sequence[Code | None]) -> list[tuple[int, int]]:
    """Intervals that end where the command changes, and elsewhere where no such change is nearer than a latent."""
    first, last = spans[0][0], spans[-1][1]
    changes = [first]
    for row in range(first + LATENT, last - LATENT + 1):
        if told[row] != told[row - 1] and row - changes[-1] >= LATENT:
            changes.append(row)
    ends = [end for _, end in spans[:-1] if min(abs(end - row) for row in changes) >= LATENT]
    return list(pairwise(sorted({*changes, *ends, last})))


def _most(told: Sequence[Code | None]) -> Code | None:
    """The code of most steps."""
    codes = Counter(code for code in told if code is not None)
    return codes.most_common(1)[0][0] if codes else None
