"""Inverse depths on a grid of cells, each with its spread: carried into cells, holes filled, what stands alone."""

import numpy as np
from jaxtyping import Bool, Float, Int

SAME_SURFACE = 0.9
"""What falls into one cell is one surface where its inverse depths differ by a tenth; else the nearest counts."""
FILLED = 2
"""Cells over which a hole is filled from its rim; what is wider, as a sky, stays unknown."""


def off_its_neighbours(nearness: Float[np.ndarray, "k p"], shape: tuple[int, int]) -> Float[np.ndarray, "k p"]:
    """How far each inverse depth is from the median of the 3x3 around it; NaN where it is not known."""
    off = np.full(nearness.shape, np.nan)
    for k, each in enumerate(nearness):
        known = np.isfinite(each)
        off[k, known] = np.abs(each[known] - _medians(_windows(each.reshape(shape)).reshape(-1, 9)[known]))
    return off


def splat(
    at: Int[np.ndarray, " o"],
    nearness: Float[np.ndarray, " o"],
    spread: Float[np.ndarray, " o"],
    weight: Float[np.ndarray, " o"],
    size: int,
) -> tuple[Float[np.ndarray, " p"], Float[np.ndarray, " p"]]:
    """The weighted mean inverse depth of the nearest surface in each of `size` cells, NaN where nothing lies.

    Keyframes share their errors, so that two are no surer than one: the spread is a mean as well.
    """
    known = np.isfinite(nearness)
    at, nearness, spread, weight = at[known], nearness[known], spread[known], weight[known]
    nearest = np.zeros(size)
    np.maximum.at(nearest, at, nearness)
    front = nearness >= SAME_SURFACE * nearest[at]
    at, nearness, spread, weight = at[front], nearness[front], spread[front], weight[front]
    total = np.bincount(at, weights=weight, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = (np.bincount(at, weights=weight * each, minlength=size) / total for each in (nearness, spread))
    return first, second


def filled(
    nearness: Float[np.ndarray, "gh gw"], spread: Float[np.ndarray, "gh gw"], allowed: Bool[np.ndarray, "gh gw"]
) -> tuple[Float[np.ndarray, "gh gw"], Float[np.ndarray, "gh gw"]]:
    """Holes filled from their rim by the median of 3x3; what moves, is bare, or is no picture, stays unknown.

    Which surface of its rim a hole belongs to is not known: the spread over them comes on top.
    """
    whole, sigma = np.where(allowed, nearness, np.nan), np.where(allowed, spread, np.nan)
    for _ in range(FILLED):
        windows, spreads = (_windows(each) for each in (whole, sigma))
        holes = np.isnan(whole) & allowed & np.isfinite(windows).any(-1)
        middle = _medians(windows[holes])
        off = _medians(np.abs(np.log(windows[holes] / middle[:, None])))
        whole[holes], sigma[holes] = middle, np.hypot(_medians(spreads[holes]), off)
    return whole, sigma


def _windows(grid: Float[np.ndarray, "gh gw"]) -> Float[np.ndarray, "gh gw 9"]:
    """The 3x3 cells around each one; NaN beyond the grid."""
    framed = np.pad(grid, 1, constant_values=np.nan)
    return np.lib.stride_tricks.sliding_window_view(framed, (3, 3)).reshape(*grid.shape, 9)


def _medians(values: Float[np.ndarray, "n k"]) -> Float[np.ndarray, " n"]:
    """As `np.nanmedian` of each row, which goes by masked arrays; each has a number at least."""
    known = np.isfinite(values).sum(-1)
    ordered, row = np.sort(values, axis=-1), np.arange(len(values))  # NaN comes last
    return (ordered[row, (known - 1) // 2] + ordered[row, known // 2]) / 2
