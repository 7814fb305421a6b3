"""Tracks: finished, and under construction."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Tracks:
    """Pixel positions of m points in n frames.

    Attributes:
        xy_px: pixel centres have integer coordinates; NaN where unseen.
        relinked: steps t -> t+1 that needed wide-baseline matches.
        survival: share of points that survive each step.
    """

    xy_px: Float[np.ndarray, "m n 2"]
    relinked: Int[np.ndarray, " r"]
    survival: Float[np.ndarray, " s"]

    @property
    def seen(self) -> Bool[np.ndarray, "m n"]:
        """Where a track has a position."""
        return np.isfinite(self.xy_px[..., 0])


@final
class TrackStore:
    """Tracks under construction: positions so far and which are alive."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.columns: list[tuple[int, np.ndarray, np.ndarray]] = []  # frame, ids, positions
        self.ids = np.zeros(0, np.int64)
        self.xy = np.zeros((0, 2), np.float32)
        self.count = 0

    def see(self, frame: int, ids: np.ndarray, xy: np.ndarray) -> None:
        self.columns.append((frame, ids, xy))

    def at(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Ids and positions of what was seen in a frame."""
        there = [(ids, xy) for at, ids, xy in self.columns if at == frame]
        if not there:
            return np.zeros(0, np.int64), np.zeros((0, 2), np.float32)
        return np.concatenate([ids for ids, _ in there]), np.concatenate([xy for _, xy in there])

    def add(self, xy: np.ndarray) -> np.ndarray:
        ids = np.arange(self.count, self.count + len(xy))
        self.count += len(xy)
        self.ids = np.concatenate([self.ids, ids])
        self.xy = np.concatenate([self.xy, xy.astype(np.float32)])
        return ids

    def keep(self, alive: np.ndarray) -> None:
        self.ids, self.xy = self.ids[alive], self.xy[alive]

    def finish(self, min_length: int) -> np.ndarray:
        out = np.full((self.count, self.n, 2), np.nan)
        for frame, ids, xy in self.columns:
            out[ids, frame] = xy
        length = np.isfinite(out[..., 0]).sum(1)
        return out[length >= min_length]
