"""Which primitive happens when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.lib.stride_tricks import sliding_window_view

from trajectory.components import CHANNEL_OF, CHANNELS, TRANSLATION
from trajectory.steadiness import Split

LEAST_REAL = 0.25
"""Share of its threshold that a segment moves by before smoothing: beside a whip the trend swings back by three percent
of it, where the camera stands still."""
_ROUNDING = 1e-6
"""Share of a duration that rounding may take: clocks since 1970 tell one of a second to less than a millionth."""


@final
@dataclass(frozen=True, kw_only=True)
class SegmentConfig:
    """When a motion starts and stops.

    Attributes:
        min_duration_s: shorter stretches are no segments; a third of a second is the shortest whip pan in use.
        merge_gap_s: pauses shorter than this do not end a segment.
        min_static_s: shortest hold that counts as a segment of its own.
        enter_diag_s: content speed that starts a segment however fast the rest of the clip is: 0.02 diagonals per
            second is a degree and a half of pan per second. A segment ends at half the speed that starts it
            (hysteresis).
        enter_share: share of the component's peak speed that starts a segment, where that is less.
    """

    min_duration_s: float = 0.3
    merge_gap_s: float = 0.25
    min_static_s: float = 0.5
    enter_diag_s: float = 0.02
    enter_share: float = 0.3


@final
@dataclass(frozen=True, kw_only=True)
class Segment:
    """One primitive over one stretch of time; several may overlap.

    Attributes:
        start_s, end_s: in seconds of the trajectory's own time axis (frame numbers over an assumed rate where it
            counts).
        strength: how much of the primitive happens in the segment, in image diagonals (translation without a scene
            depth: share of the path length); for Static the largest excursion.
        margin: strength over the decision threshold minus 1 (Static: 1 minus strength over threshold).
    """

    primitive: str
    start_s: float
    end_s: float
    strength: float
    margin: float


def find(
    parts: Split, limits: Float[np.ndarray, " 7"], *, still: float = 0.005, config: SegmentConfig | None = None
) -> tuple[Segment, ...]:
    """Segments of the trend, sorted by their start.

    A segment starts where the speed of a component rises above a high mark, ends where it falls below a low one,
    bridges short pauses, and counts if it lasts and if its displacement reaches the decision threshold. All marks are
    per second or displacements, so that the frame rate does not matter. Frames without a pose end a segment where
    the gap is too long to bridge. No move begins, ends or goes on in a hold.

    Args:
        limits: decision thresholds of the seven components in the units of the trend.
        still: excursion below which a stretch counts as Static.
    """
    config = config or SegmentConfig()
    found: list[Segment] = []
    duration = float(parts.time_s[-1] - parts.time_s[0])
    for channel, names in enumerate(CHANNELS):
        for name, sign in zip(names, (1.0, -1.0), strict=True):
            rate = sign * parts.rate[:, channel]
            limit = float(limits[channel])
            high = max(0.7 * limit / duration, min(config.enter_diag_s, config.enter_share * float(rate.max())))
            runs = _runs(rate, high, parts.observed, round(min(config.merge_gap_s / parts.step_s, 1e9)))
            for start, stop in runs.tolist():
                strength = sign * float(parts.trend[stop, channel] - parts.trend[start, channel])
                lasts = duration * (stop - start) / (len(rate) - 1) >= config.min_duration_s * (1.0 - _ROUNDING)
                happens = sign * float(parts.shift[stop, channel] - parts.shift[start, channel]) >= LEAST_REAL * limit
                if lasts and happens and strength >= limit:
                    found.append(_segment(name, parts, (start, stop), strength, strength / limit - 1.0))
    holds = _holds(parts, still, config)
    found = [part for move in found for part in _between(holds, move, parts, limits)]
    return tuple(sorted([*found, *holds], key=lambda s: (s.start_s, s.primitive)))


def _between(holds: Sequence[Segment], move: Segment, parts: Split, limits: Float[np.ndarray, " 7"]) -> list[Segment]:
    """A move without the holds that it begins, ends or pauses in: smoothing spreads it into them, and nothing moves
    there. A pause divides it only where each part is a move by itself."""
    start_s = max((h.end_s for h in holds if h.start_s <= move.start_s < h.end_s), default=move.start_s)
    end_s = min((h.start_s for h in holds if h.start_s < move.end_s <= h.end_s), default=move.end_s)
    if start_s >= end_s:
        return [move]
    inside = [hold for hold in holds if start_s < hold.start_s and hold.end_s < end_s]
    starts, ends = [start_s, *(h.end_s for h in inside)], [*(h.start_s for h in inside), end_s]
    channel, sign = CHANNEL_OF[move.primitive]
    at = [np.interp(times, parts.time_s, parts.shift[:, channel]) for times in (starts, ends)]
    strengths, limit = sign * (at[1] - at[0]), float(limits[channel])
    if not inside or (strengths < limit).any():
        return [replace(move, start_s=start_s, end_s=end_s)]
    return [
        Segment(primitive=move.primitive, start_s=a, end_s=b, strength=float(moved), margin=float(moved) / limit - 1.0)
        for a, b, moved in zip(starts, ends, strengths, strict=True)
    ]


def limits_of_reach(parts: Split, limits: Float[np.ndarray, " 7"]) -> Float[np.ndarray, " 7"]:
    """Limits of a way that is told in shares of its path, held against how far it ever gets, not against its length.

    Who goes there and back four times has no way that is more than an eighth of his path, and all of them are as long
    as he ever gets. The length that shake adds counts as reach, in quadrature: of sway in place no part is a move.
    """
    intent = (parts.shift - parts.tremor)[:, TRANSLATION]
    meant = float(np.linalg.norm(np.diff(intent, axis=0), axis=1).sum())
    reach = float(np.ptp(intent, axis=0).max())
    found = limits.copy()
    found[TRANSLATION] *= min(1.0, float(np.hypot(reach, max(0.0, 1.0 - meant)))) if meant > 0.0 else 1.0
    return found


def _segment(name: str, parts: Split, span: tuple[int, int], strength: float, margin: float) -> Segment:
    start_s, end_s = float(parts.time_s[span[0]]), float(parts.time_s[span[1]])
    return Segment(primitive=name, start_s=start_s, end_s=end_s, strength=strength, margin=margin)


def _runs(
    rate: Float[np.ndarray, " g"], high: float, observed: Bool[np.ndarray, " g"], merge: int
) -> Int[np.ndarray, "k 2"]:
    """First and last grid point of the runs above half of `high` that reach `high` somewhere."""
    bounds = _stretches(observed & (rate > 0.5 * high))
    if not len(bounds):
        return bounds
    gap_first, gap_last = bounds[:-1, 1] + 1, bounds[1:, 0]
    blind = np.concatenate([[0], np.cumsum(~observed)])
    short = (gap_last - gap_first <= merge) & (blind[gap_last] == blind[gap_first])
    first = np.concatenate([[True], ~short])
    last = np.concatenate([~short, [True]])
    merged = np.stack([bounds[first, 0], bounds[last, 1]], axis=1)
    edges = np.stack([merged[:, 0], merged[:, 1] + 1], axis=1).ravel()
    peak = np.maximum.reduceat(np.append(rate, -np.inf), edges)[::2]
    return merged[peak >= high]


def _stretches(mask: Bool[np.ndarray, " g"]) -> Int[np.ndarray, "k 2"]:
    """First and last index of each run of True."""
    edge = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return np.stack([np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) - 1], axis=1)


def _holds(parts: Split, still: float, config: SegmentConfig) -> list[Segment]:
    """Stretches in which nothing moves: no component strays further than `still`, and hardly any at a time.

    Taken from the unsmoothed motion, since smoothing bleeds the neighbouring moves into a short hold.
    """
    full = parts.shift
    width = max(2, round(min(config.min_static_s / parts.step_s, 1e9)) + 1)
    if width > len(full):
        return []
    windows = sliding_window_view(full, width, axis=0)
    first = np.flatnonzero(
        np.ptp(windows, axis=2).max(axis=1) <= still / 3.0
    )  # a calm window makes all its points calm
    edge = np.zeros(len(full) + 1, dtype=np.int64)
    np.add.at(edge, first, 1)
    np.add.at(edge, first + width, -1)
    bounds = _stretches(parts.observed & (np.cumsum(edge)[:-1] > 0))
    bounds = bounds[bounds[:, 1] - bounds[:, 0] + 1 >= width]
    if not len(bounds):
        return []
    at = np.stack([bounds[:, 0], bounds[:, 1] + 1], axis=1).ravel()
    lower = np.concatenate([full, np.full((1, 7), np.inf)])
    upper = np.concatenate([full, np.full((1, 7), -np.inf)])
    reach = (np.maximum.reduceat(upper, at)[::2] - np.minimum.reduceat(lower, at)[::2]).max(axis=1)
    return [
        _segment("Static", parts, (int(a), int(b)), float(r), 1.0 - float(r) / still)
        for (a, b), r in zip(bounds, reach, strict=True)
        if r <= still
    ]
