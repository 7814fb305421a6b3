"""Intent against shake: what the operator meant, and what the hands or the road added."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
from jaxtyping import Bool, Float, Int

from trajectory.image_motion import ImageMotion

Steadiness = Literal["static", "smooth", "slightly_unsteady", "shaky"]
Speed = Literal["slow", "regular", "fast", "whip"]
_WIDEST = 64
"""Smoothing kernels wider than so many times the data are cut to it: what they see is the ends' continuation alone, and
memory must follow the number of frames, whatever their times."""
LEAST_POSES = 5
"""Fewer points in time say nothing of shake: one quintic does not follow three of them with a start and a stop."""
RESTS_DIAG_S = 0.01
"""Content speed below which a camera rests beside what moves faster: segments end there (`segments.SegmentConfig`)."""
PICTURE_S = 0.26
"""Longest time for which a film shows one picture: four a second, and a little for rounded times. What stands longer
is a rest."""
_SAME_DIAG = 1e-9
GRID_HZ = 30.0
"""Densest sampling of the analysis: hands and vehicles shake below 15 Hz."""


@final
@dataclass(frozen=True, kw_only=True)
class SteadinessConfig:
    """Where shake and speed change their name; "diag" is the image diagonal.

    Attributes:
        intent_s: window of the local quintic that stands for intent; what it cannot follow is shake. At 1.5 s half of
            the motion at 1.4 Hz is shake: handheld tremor and footsteps lie at 1.5 to 12 Hz, while an intended move,
            with its start and stop, is one smooth curve of a second or more. In shorter clips one quintic stands for
            the whole.
        trend_s: deviation of the Gaussian that smooths the motion for speeds and segments: it blurs times by so much.
        max_gap_s: longest stretch without a pose that is bridged.
        smooth_diag: content shake (robust deviation) below which motion is smooth. 0.0012 is 0.9 px of a 640x360 frame.
        shaky_diag: content shake from which motion is shaky. 0.004 is 3 px of a 640x360 frame.
        slow_diag_s: content speed below which motion is slow: a frame width passes in more than 15 s, as in a pan of 4
            degrees per second.
        fast_diag_s: content speed from which motion is fast: a frame width passes in under 3 s, the pace beyond which
            film practice warns of judder (7 s per frame width is the rule of thumb for a comfortable pan).
        whip_diag_s: peak speed of a pan or tilt from which it is a whip: a frame width in 0.6 s.
    """

    intent_s: float = 1.5
    trend_s: float = 0.2
    max_gap_s: float = 1.0
    smooth_diag: float = 0.0012
    shaky_diag: float = 0.004
    slow_diag_s: float = 0.06
    fast_diag_s: float = 0.3
    whip_diag_s: float = 1.4


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """Content displacement on an even time grid, split by frequency.

    Attributes:
        shift: the seven components as in `ImageMotion.shift`, on the grid.
        tremor: its part that is too fast to be intended.
        trend: the shift smoothed for timing; rate: its derivative, per second.
        observed: False where no pose is near in time.
    """

    time_s: Float[np.ndarray, " g"]
    shift: Float[np.ndarray, "g 7"]
    tremor: Float[np.ndarray, "g 7"]
    trend: Float[np.ndarray, "g 7"]
    rate: Float[np.ndarray, "g 7"]
    observed: Bool[np.ndarray, " g"]

    @property
    def step_s(self) -> float:
        """Distance of the grid points."""
        return float(self.time_s[1] - self.time_s[0])


def split(seen: ImageMotion, config: SteadinessConfig | None = None) -> Split:
    """Intent and tremor of the content displacement, and its trend for timing.

    The tremor is the residual of a local quintic fit (Savitzky and Golay 1964), which follows the start and stop of a
    move right up to the ends of a clip. The trend is a Gaussian smoothing sharpened by Tukey's twicing (2 G - G G),
    which overshoots less at an abrupt start; its ends are continued by point reflection. Between frames that stand
    where the one before does for a moment only, the camera moves on: the film has fewer pictures than frames (8 a
    second in a file of 24, pulldown), and their steps are no shake.
    """
    config = config or SteadinessConfig()
    time_s = seen.moved.time_s
    duration = float(time_s[-1] - time_s[0])
    spacing = np.diff(time_s)
    count = round(duration / max(float(np.median(spacing)), 1.0 / GRID_HZ)) + 1
    count = min(max(2, count), 20 * len(time_s))  # a gap of days must not fill the memory
    grid = np.linspace(float(time_s[0]), float(time_s[-1]), count)
    step_s = duration / (count - 1)
    own = _own(seen.shift, time_s)
    own_s = time_s[own]
    left = np.clip(np.searchsorted(own_s, grid, side="right") - 1, 0, len(own_s) - 2)
    share = ((grid - own_s[left]) / np.diff(own_s)[left])[:, None]
    shift = seen.shift[own][left] * (1.0 - share) + seen.shift[own][left + 1] * share
    smooth = _smooth(shift, config.trend_s / step_s)
    trend = 2.0 * smooth - _smooth(smooth, config.trend_s / step_s)
    return Split(
        time_s=grid,
        shift=shift,
        tremor=shift - _local_quintic(shift, round(min(config.intent_s / step_s, float(count)))),
        trend=trend,
        rate=np.gradient(trend, max(step_s, 1e-12), axis=0),  # no quotient leaves the doubles
        observed=np.diff(own_s)[left] <= max(config.max_gap_s, 2.5 * float(np.median(spacing))),
    )


def shake(parts: Split, seen: ImageMotion, holds_s: Sequence[tuple[float, float]] = ()) -> float:
    """Content shake in image diagonals: robust deviation of the tremor over all components measured in diagonals.

    The clip's own measured noise is taken off in quadrature.

    Args:
        holds_s: first and last times of stretches in which the camera stands still. No tremor is more there than what
            it strays by: beside a whip the fit swings on where nothing moves.
    """
    tremor = parts.tremor
    for start_s, end_s in holds_s:
        rows = (start_s <= parts.time_s) & (parts.time_s <= end_s)
        strays = parts.shift[rows] - np.median(parts.shift[rows], axis=0)
        tremor = tremor.copy()
        tremor[rows] = np.where(np.abs(strays) < np.abs(tremor[rows]), strays, tremor[rows])
    tremor = tremor[parts.observed][:, seen.in_diagonals]
    if not len(tremor):
        return 0.0
    deviation = 1.4826 * np.median(np.abs(tremor), axis=0)
    return float(np.sqrt(max(0.0, float(np.sum(deviation**2)) - (0.5 * seen.noise_diag) ** 2)))


def speed(parts: Split, seen: ImageMotion) -> tuple[float, float] | None:
    """Typical content speed while the camera moves and the peak speed of its pans and tilts, in diagonals per second.

    None where the only motion is a translation of unknown size.
    """
    rate = parts.rate[parts.observed]
    if not len(rate):
        return None
    total = np.linalg.norm(rate[:, seen.in_diagonals], axis=1)
    if seen.unit == "path_length" and seen.shift[:, :3].any() and total.sum() * parts.step_s < 0.04:
        return None
    # Of a camera that rests for nearly all of the clip, the percentile would be that of its rest.
    moving = total >= 0.25 * np.percentile(total[total >= min(RESTS_DIAG_S, 0.1 * float(total.max()))], 95)
    return float(np.median(total[moving])), float(np.linalg.norm(rate[:, 3:5], axis=1).max())


def level(
    parts: Split, seen: ImageMotion, holds_s: Sequence[tuple[float, float]], *, static: bool, config: SteadinessConfig
) -> tuple[Steadiness | None, float | None]:
    """The word for the shake, and the shake; None where too few poses tell of it: then only rest has a word."""
    if len(parts.time_s) < LEAST_POSES:
        return "static" if static else None, None
    shake_diag = shake(parts, seen, holds_s)
    return name_steadiness(shake_diag, static, config), shake_diag


def name_steadiness(shake_diag: float, static: bool, config: SteadinessConfig) -> Steadiness:
    """The word for a shake: "static" only for a camera that neither moves nor shakes."""
    if shake_diag >= config.shaky_diag:
        return "shaky"
    if shake_diag >= config.smooth_diag:
        return "slightly_unsteady"
    return "static" if static else "smooth"


def name_speed(typical_diag_s: float, peak_turn_diag_s: float, config: SteadinessConfig) -> Speed:
    """The word for a speed."""
    if peak_turn_diag_s >= config.whip_diag_s:
        return "whip"
    if typical_diag_s >= config.fast_diag_s:
        return "fast"
    return "slow" if typical_diag_s < config.slow_diag_s else "regular"


def _own(shift: Float[np.ndarray, "m 7"], time_s: Float[np.ndarray, " m"]) -> Int[np.ndarray, " k"]:
    """Frames that stand elsewhere than the one before; all of a rest that is longer than a picture, and both ends."""
    starts = np.flatnonzero(np.concatenate([[True], (np.abs(np.diff(shift, axis=0)) > _SAME_DIAG).any(axis=1)]))
    ends_s = np.append(time_s[starts[1:]], time_s[-1])
    own = np.repeat(ends_s - time_s[starts] > PICTURE_S, np.diff(np.append(starts, len(time_s))))
    own[starts] = own[-1] = True
    return np.flatnonzero(own)


def _smooth(values: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian smoothing over the first axis; values beyond the ends are reflected through the end points."""
    sigma = min(max(sigma, 1e-3), _WIDEST * len(values))  # narrower ones are no smoothing either
    reach = int(np.ceil(4.0 * sigma))
    offset = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (offset / sigma) ** 2)
    inner = min(reach, len(values) - 1)
    before = 2.0 * values[0] - values[inner:0:-1]
    after = 2.0 * values[-1] - values[-2 : -inner - 2 : -1]
    padded = np.concatenate([before, values, after])
    return _convolved(padded, kernel / kernel.sum())[inner : inner + len(values)]


def _local_quintic(values: np.ndarray, window: int) -> np.ndarray:
    """Savitzky-Golay smoothing of order 5 over the first axis; the ends follow the fit to the first and last window.

    A window of few samples takes a lower order, so that two degrees of freedom remain.
    """
    half = min(window, len(values) - 1) // 2
    if half < 1:
        return values
    at = np.arange(-half, half + 1) / half
    powers = np.vander(at, min(5, 2 * half - 1) + 1)
    fit = powers @ np.linalg.pinv(powers)
    smooth = _convolved(values, fit[half][::-1])
    smooth[:half] = (fit @ values[: 2 * half + 1])[:half]
    smooth[len(values) - half :] = (fit @ values[len(values) - 2 * half - 1 :])[half + 1 :]
    return smooth


def _convolved(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolution over the first axis, the first and last values continued; `scipy.ndimage` takes longer to import."""
    half = len(kernel) // 2
    padded = np.pad(values, ((half, half), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, kernel, mode="valid") for column in padded.T], axis=1)
