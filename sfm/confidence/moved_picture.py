"""Whether what was seen moves as one flat picture does: shifted, turned about its axis and scaled, as a photograph is
that someone pans over.

Every camera that travels before it, parallel to it, shows the same, and so does a very long lens that turns and zooms.
So a way is no more than one of several explanations where this alone explains as much.
"""

import numpy as np
from jaxtyping import Complex, Float, Int

from sfm.confidence.sightings import Sightings
from sfm.geometry.robust import trimmed_track_rms, without_worst

FEWEST = 8
"""So many points tell how a picture moved between two keyframes."""
KERNELS_PX = (30.0, 16.0, 8.0, 4.0, 2.0, 2.0, 2.0)
"""Of the robust weights (Geman and McClure 1985), one round each, pixels of a 640-pixel frame."""


def off_as_picture(sightings: Sightings) -> Float[np.ndarray, " s"]:
    """What each point is off where the whole picture moves between every two keyframes as best fits, in pixels.

    A place is a complex number, and a picture that is shifted, turned and scaled maps z to a z + b: weighted least
    squares between each keyframe and each other one, weighted anew by their residuals. What two keyframes share with
    fewer than `FEWEST` points is not asked; a point of which nothing is asked is infinitely off.
    """
    if not len(sightings.anchor):
        return np.zeros(0)
    count = int(max(sightings.target.max(), sightings.anchor.max())) + 1
    pair = sightings.anchor[:, None] * count + sightings.target
    many = np.bincount(pair[sightings.seen], minlength=count**2) >= FEWEST
    asked = sightings.seen & many[pair]
    before = np.broadcast_to(_complex(sightings.xy_px)[:, None], asked.shape)[asked]
    after = _complex(sightings.place_px)[asked]
    off_px = np.full(asked.shape, np.nan)
    off_px[asked] = _off(before, after, pair[asked], count**2, max(sightings.hw) / 640)
    rms = trimmed_track_rms(without_worst(off_px))
    return np.where(asked.any(1), rms, np.inf)


def _off(
    before: Complex[np.ndarray, " n"],
    after: Complex[np.ndarray, " n"],
    pair: Int[np.ndarray, " n"],
    pairs: int,
    unit_px: float,
) -> Float[np.ndarray, " n"]:
    def summed(value: Complex[np.ndarray, " n"]) -> Complex[np.ndarray, " p"]:
        return np.bincount(pair, np.real(value), pairs) + 1j * np.bincount(pair, np.imag(value), pairs)

    weight, off_px = np.ones(len(pair)), np.zeros(len(pair))
    for kernel_px in KERNELS_PX:
        total = np.maximum(np.bincount(pair, weight, pairs), 1e-12)
        here = before - (summed(weight * before) / total)[pair]
        there = after - (summed(weight * after) / total)[pair]
        spread = np.maximum(np.bincount(pair, weight * np.abs(here) ** 2, pairs), 1e-12)
        off_px = np.abs(there - (summed(weight * there * here.conj()) / spread)[pair] * here)
        weight = (1.0 + (off_px / (kernel_px * unit_px)) ** 2) ** -2.0
    return off_px


def _complex(xy: Float[np.ndarray, "*n 2"]) -> Complex[np.ndarray, "*n"]:
    return xy[..., 0] + 1j * xy[..., 1]
