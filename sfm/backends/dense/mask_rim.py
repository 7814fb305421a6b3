"""The rim of what moves: cells that the camera explains better, looked at in full size.

At half size a patch is wider than its cell, and the ground beside a mover goes with it. In full size, where it is as
wide as the cell, the ground is where the camera foretells it. Flat ground is explained by anything, and stays.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.ndimage import minimum_filter

from sfm.backends.dense.frame_cameras import FrameCameras
from sfm.flow.batches import in_batches
from sfm.flow.lucas_kanade import variance
from sfm.flow.patches import patches

CLEARLY = 1.5
"""The camera explains a patch clearly better where the flow leaves so many times as much of it."""
PAIRS_AT_ONCE = 8


def trimmed(
    cameras: FrameCameras,
    nearness: Float[np.ndarray, "n p"],
    moving: Bool[np.ndarray, "n p"],
    to: Int[np.ndarray, " r"],
    place_px: Float[np.ndarray, "r p 2"],
    apart_px: float,
) -> Bool[np.ndarray, "n p"]:
    """What moves, without the cells of its rim that the camera explains clearly better than the flow does.

    Args:
        cameras: of all frames.
        nearness: inverse depths of their patches; NaN, where unknown, counts as the median.
        moving: which patches move.
        to: with which frame each of the first r is compared.
        place_px: where the flow found their patches there.
        apart_px: so far from there the camera must foretell a patch: what pauses is explained by both.
    """
    scene, r = cameras.scene, len(to)
    pyramid, known = scene.pyramid, np.isfinite(nearness)
    nearness = np.where(known, nearness, np.median(nearness[known]) if known.any() else 0.0)
    rim = _rim(moving, scene.centres.shape[:2])[:r]
    found, target = moving.copy(), torch.from_numpy(to).to(pyramid.device)

    def part_of(part: slice) -> None:
        some = np.flatnonzero(rim[part].any(0))
        if not len(some):
            return
        rows = range(part.start, part.stop)
        foretold_px = np.stack([cameras.carried(row, int(to[row]), nearness[row])[0][some] for row in rows])
        centres = scene.centres.reshape(-1, 2)[torch.from_numpy(some).to(pyramid.device)]
        template = patches(pyramid, 0, torch.arange(part.start, part.stop, device=pyramid.device), centres)
        by_flow, by_camera = (
            variance(pyramid, template, target[part], torch.from_numpy(place).to(centres) - centres)
            for place in (place_px[part][:, some], np.nan_to_num(foretold_px))
        )
        better = by_flow > CLEARLY * by_camera.clamp_min(2.0 * pyramid.noise**2)
        apart = np.linalg.norm(place_px[part][:, some] - foretold_px, axis=-1) > apart_px  # not where it is unknown
        explained = better.cpu().numpy() & apart
        found[part, some] &= ~(rim[part][:, some] & explained)

    in_batches(r, PAIRS_AT_ONCE, pyramid.device, part_of)
    return found


def _rim(moving: Bool[np.ndarray, "n p"], shape: tuple[int, ...]) -> Bool[np.ndarray, "n p"]:
    """Moving cells beside others that do not; the edge of the picture is no rim."""
    grids = moving.reshape(len(moving), *shape).astype(np.uint8)
    return moving & ~(minimum_filter(grids, size=(1, 3, 3), mode="nearest") > 0).reshape(moving.shape)
