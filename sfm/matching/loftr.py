"""LoFTR (Sun et al. 2021): matches two pictures without key points, cell by cell, then within a cell.

Mappers need key points that several pairs share: what it finds in a frame is rounded to whole pixels, and what falls
on one pixel is one key point, at the mean of what was found there (as in hloc's dense matching, Sarlin et al. 2019).
"""

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from sfm.config import MatchConfig
from sfm.features._kornia import gray_batch
from sfm.features.types import Features
from sfm.features.weights import load, local_file
from sfm.matching._matcher import Matcher, Setting

NAMES = ("loftr_outdoor.ckpt",)
URLS = (
    "https://huggingface.co/kornia/loftr/resolve/main/loftr_outdoor.ckpt",
    "https://cmp.felk.cvut.cz/~mishkdmy/models/loftr_outdoor.ckpt",
)
CENTRE_PX = 0.5
"""The network puts the centre of the first pixel there, we at 0."""
BYTES_PER_PIXEL = 150
"""Of the maps of one frame: 128 channels at half the size, 256 at an eighth, in single precision."""


def match_pictures(
    rgb: UInt8[np.ndarray, "n h w 3"],
    usable: Bool[np.ndarray, "n h w"],
    pairs: Int[np.ndarray, "p 2"],
    config: MatchConfig,
    setting: Setting,
) -> tuple[list[Features], list[np.ndarray]]:
    """Key points of each frame and the rows of each pair; maps of a frame are kept as far as the budget goes."""
    import torch

    net = network(setting)
    kept = max(2, config.budget_mb * 2**20 // (BYTES_PER_PIXEL * rgb.shape[1] * rgb.shape[2]))

    @lru_cache(maxsize=kept)
    def maps(frame: int) -> Any:
        return net.extract_features(gray_batch(rgb[frame : frame + 1], setting.device))

    found: list[tuple[np.ndarray, np.ndarray]] = []
    with torch.inference_mode():
        for i, j in pairs.tolist():
            said = net({"features0": maps(i), "features1": maps(j)})
            here, there = (said[key].float().cpu().numpy() - CENTRE_PX for key in ("keypoints0", "keypoints1"))
            strongest = np.argsort(-said["confidence"].float().cpu().numpy(), kind="stable")
            both = strongest[_allowed(here[strongest], usable[i]) & _allowed(there[strongest], usable[j])]
            found.append((here[both], there[both]))
            if setting.progress is not None:
                setting.progress(len(found))
    return shared_points(found, pairs, len(rgb))


def shared_points(
    found: list[tuple[np.ndarray, np.ndarray]], pairs: Int[np.ndarray, "p 2"], n_frames: int
) -> tuple[list[Features], list[np.ndarray]]:
    """Key points that pairs share, from the positions of each pair, the most confident first.

    Returns:
        Key points of each frame, and rows (m 2) of each pair, sorted; of two matches between the same pixels, or of
        one pixel with several, the more confident stays.
    """
    places: list[list[np.ndarray]] = [[] for _ in range(n_frames)]
    for (i, j), (here, there) in zip(pairs.tolist(), found, strict=True):
        places[i].append(here)
        places[j].append(there)
    merged = [_merged(np.concatenate(each) if each else np.zeros((0, 2))) for each in places]
    taken = [0] * n_frames
    rows: list[np.ndarray] = []
    for i, j in pairs.tolist():
        count = len(found[len(rows)][0])
        ends = [merged[frame][1][taken[frame] : taken[frame] + count] for frame in (i, j)]
        taken[i] += count
        taken[j] += count
        rows.append(_once(np.column_stack(ends).astype(np.int64)))
    return [features for features, _ in merged], rows


def network(setting: Setting) -> Any:
    """kornia's network with the trained weights."""
    file = local_file(setting.weights, NAMES)
    from kornia.feature import LoFTR

    return load(LoFTR(None), file, URLS, model_name="LoFTR", sha256_of_others={}, own_key=_own_key).to(setting.device)


def _own_key(key: str) -> str:
    return key.removeprefix("matcher.")


def _allowed(xy_px: Float[np.ndarray, "m 2"], usable: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, " m"]:
    height, width = usable.shape
    x, y = np.rint(xy_px).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return inside & usable[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]


def _merged(xy_px: Float[np.ndarray, "m 2"]) -> tuple[Features, Int[np.ndarray, " m"]]:
    """One key point for each pixel that was found, and for each position the key point that it became."""
    _, row, count = np.unique(np.rint(xy_px).astype(int), axis=0, return_inverse=True, return_counts=True)
    row = row.reshape(-1)
    mean = np.column_stack([np.bincount(row, axis, len(count)) for axis in xy_px.T]) / count[:, None]
    nothing = np.zeros((len(count), 0), np.float32)
    return Features(xy_px=mean.astype(np.float32), strength=count.astype(np.float32), descriptors=nothing), row


def _once(rows: Int[np.ndarray, "m 2"]) -> Int[np.ndarray, "k 2"]:
    """The first of the rows for each key point of either frame, sorted."""
    for column in (0, 1):
        rows = rows[np.sort(np.unique(rows[:, column], return_index=True)[1])]
    return rows[np.argsort(rows[:, 0], kind="stable")]


MATCHER = Matcher(
    name="loftr",
    summary="LoFTR (Sun 2021), pictures instead of features; trained weights",
    match_images=match_pictures,
    trained=True,
)
