"""Pixels that belong to the screen and not to the scene: bars at the borders, burnt-in logos and text."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from sfm.config import OverlayConfig
from sfm.masks.pixels import evenly, slopes

MIDDLE = (0.25, 0.7)
"""From the top, rows of a picture over which seldom anything is laid."""
LEAST_ASIDE = 0.02
"""Less of these rows than this is nothing."""
LETTERS = 0.12
"""Share of still edges in what is masked: that of lines of letters is .16 to .32, of scenery .06 to .08."""


def find_bars(
    grey: UInt8[np.ndarray, "n h w"], config: OverlayConfig = OverlayConfig()
) -> tuple[Bool[np.ndarray, "h w"], list[str]]:
    """Letterbox and pillarbox: border lines of one colour, the same in all frames. Also names the sides."""
    height, width = grey.shape[1:]
    sample = grey[evenly(len(grey), 3 * config.sample_frames)]
    bars = np.zeros((height, width), bool)
    sides: list[str] = []
    margin = max(1, round(config.margin * max(height, width)))
    for axis, length, names in ((1, height, ("top", "bottom")), (2, width, ("left", "right"))):
        lines = sample if axis == 1 else sample.transpose(0, 2, 1)
        if not _levels(lines[:, [0, -1]], config)[1].any():  # a bar begins at the border
            continue
        level, flat, roughly = _levels(lines, config)
        depths = [_bar_depth(level[::step], flat[::step], roughly[::step], length, config) for step in (1, -1)]
        if sum(depths) > config.bar_most * length:
            continue
        for name, depth in zip(names, depths, strict=True):
            inner = depth + 2 if name in ("top", "left") else length - depth - 3
            border = float(level[0 if name in ("top", "left") else -1])
            if depth == 0 or not _ends_sharply(lines[:, inner], border, config):
                continue
            sides.append(f"{name} {depth} px")
            band = slice(0, depth + margin) if name in ("top", "left") else slice(length - depth - margin, length)
            bars[(band, slice(None)) if axis == 1 else (slice(None), band)] = True
    return bars, sides


def _levels(lines: UInt8[np.ndarray, "n l p"], config: OverlayConfig) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each line over all frames: its level, whether it is flat, and whether it is so but for some text."""
    level = np.median(lines[:, :, ::4], axis=(0, 2))
    close = np.abs(lines[:, :, ::2].astype(np.int16) - np.rint(level).astype(np.int16)[:, None])
    flat = (close.mean((0, 2)) <= 0.5 * config.bar_spread) & ((close > 3 * config.bar_spread).mean((0, 2)) < 0.002)
    return level, flat, (close <= 3 * config.bar_spread).mean((0, 2)) > 0.5


def _bar_depth(level: np.ndarray, flat: np.ndarray, roughly: np.ndarray, length: int, config: OverlayConfig) -> int:
    """Lines from the border on that belong to one bar; text inside a bar is stepped over."""
    same = np.abs(level - level[0]) <= 2 * config.bar_spread
    if not flat[0]:
        return 0
    bar = flat & same
    depth = int(np.argmin(bar)) if not bar.all() else length
    while depth < length:
        gap = int(np.argmin((roughly & same)[depth:])) if not (roughly & same)[depth:].all() else length - depth
        beyond = np.flatnonzero(bar[depth : depth + gap])
        if not len(beyond):
            break
        depth += int(beyond[-1]) + 1
    return depth if depth >= max(2, config.bar_least * length) else 0


def _ends_sharply(line: np.ndarray, border: float, config: OverlayConfig) -> bool:
    """Whether the picture begins right behind a bar, (n, pixels): a table or a sky goes on in the same colour."""
    differs = np.abs(line.astype(np.float32) - border) > 4 * config.bar_spread
    return bool(differs.any(0).mean() > 0.2)


def find_overlays(
    grey: UInt8[np.ndarray, "n h w"],
    picture: Bool[np.ndarray, "h w"],
    step_s: float,
    config: OverlayConfig = OverlayConfig(),
) -> tuple[Bool[np.ndarray, "h w"], int]:
    """Sharp edges that stay while the picture around them moves. Also how many separate ones."""
    count = len(grey)
    found = np.zeros(picture.shape, bool)
    slope = np.zeros((2, *picture.shape), np.float32)
    if count < 4:
        return found, 0
    window = min(max(config.window_least, round(config.window_s / step_s)), count)
    starts = sorted({*range(0, count - window, max(1, window // 3)), count - window})
    windows = [np.arange(start, start + window) for start in starts]
    if len(windows) > 24:  # a long shot: fewer windows, spread over it
        windows = [windows[i] for i in evenly(len(windows), 24)]
    for numbers in (np.arange(count), *windows) if len(windows) > 1 else (np.arange(count),):
        if len(numbers) >= 4:
            still, steps = _still_edges(grey[numbers[evenly(len(numbers), config.sample_frames)]], picture, config)
            found |= still
            slope[:, still] = steps[:, still]
    if not found.any():
        return found, 0
    long_side = max(picture.shape)
    reach = max(3, round(0.015 * long_side)) | 1  # joins the letters of a word
    joined = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    least = (0.012 * long_side) ** 2
    mask = np.zeros(picture.shape, bool)
    kept = 0
    margin = max(1, round(config.margin * long_side))
    for x, y, width, height, _area in stats[1:]:
        box = (slice(y, y + height), slice(x, x + width))
        edge_pixels = found[box].sum()
        if width * height < least or edge_pixels < least / 6:
            continue
        if not _has_corners(slope[(slice(None), *box)][:, found[box]]):
            continue
        kept += 1
        mask[max(0, y - margin) : y + height + margin, max(0, x - margin) : x + width + margin] = True
    if mask.mean() > (config.written_most if _written(mask, found) else config.area_most):
        return np.zeros(picture.shape, bool), 0
    return mask, kept


def _written(mask: Bool[np.ndarray, "h w"], still: Bool[np.ndarray, "h w"]) -> bool:
    """Whether what is masked are lines of letters above and below the picture, and no scenery: that has fewer edges."""
    middle = mask[round(MIDDLE[0] * len(mask)) : round(MIDDLE[1] * len(mask))]
    return bool(mask.any() and middle.mean() < LEAST_ASIDE and still[mask].mean() > LETTERS)


def _still_edges(
    grey: UInt8[np.ndarray, "k h w"], picture: Bool[np.ndarray, "h w"], config: OverlayConfig
) -> tuple[Bool[np.ndarray, "h w"], np.ndarray]:
    """Edges of the mean image that do not change, where nearly all other edges do, else nothing; and its slopes."""
    mean = np.zeros(picture.shape, np.float32)
    square = np.zeros(picture.shape, np.float32)
    for image in grey:
        value = image.astype(np.float32)
        cv2.accumulate(value, mean)
        cv2.accumulateSquare(value, square)
    mean, square = mean / len(grey), square / len(grey)
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    inside = cv2.erode(picture.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0).astype(bool)
    slope = slopes(mean)
    still = (cv2.magnitude(*slope) >= config.edge_grey) & (deviation <= config.still_grey) & inside
    if not still.any():
        return still, slope
    some = grey[evenly(len(grey), 4)]
    sharp = np.zeros(picture.shape, np.float32)
    for image in some:
        cv2.accumulate(cv2.magnitude(*slopes(image.astype(np.float32))), sharp)
    sharp /= len(some)
    reach = max(3, round(4 * config.margin * max(still.shape)))
    around = cv2.dilate(still.astype(np.uint8), np.ones((reach, reach), np.uint8)).astype(bool)
    edges = (sharp >= config.scene_grey) & inside & ~around
    moving = edges & (deviation > 1.5 * config.still_grey)
    if moving.sum() < max(config.moving_share * edges.sum(), 1):
        return np.zeros_like(still), slope
    for rows in np.array_split(np.arange(len(still)), 2):
        for columns in np.array_split(np.arange(still.shape[1]), 2):
            quarter = np.ix_(rows, columns)
            if moving[quarter].sum() < config.moving_quarters * edges[quarter].sum():
                return np.zeros_like(still), slope
    return still, slope


def _has_corners(slope: np.ndarray) -> bool:
    """Whether edge pixels (2, n) slope in more than one direction: along a straight edge a scene slides unseen."""
    low, high = np.linalg.eigvalsh(slope @ slope.T)
    return bool(low >= 0.1 * high)
