"""The reduced system solved along the clip: a keyframe is compared with those near it, so the matrix is a band.

Only the lens (focal length, κ) is common to all keyframes: a border of the matrix, taken out by its Schur complement
(Triggs et al. 2000, section 6). So a step costs time in proportion to the number of keyframes, not to its cube.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.linalg import LinAlgError, solveh_banded
from torch import Tensor


def solve_bordered(
    matrix: Float[Tensor, "n n"],
    extra: Float[Tensor, " n"],
    right: Float[Tensor, "n c"],
    order: Int[Tensor, " q"],
    *,
    band: int,
    border: int,
) -> Float[Tensor, "n c"] | None:
    """x of (matrix + diag(extra)) x = right for some of the unknowns, 0 for the others; None where not positive.

    Args:
        matrix: symmetric.
        extra: what the diagonal has more.
        right: right-hand sides.
        order: unknowns that move, along the clip, those of the border last.
        band: in this order, entries farther than this from the diagonal are 0 but in the border.
        border: how many of the unknowns are the border.
    """
    count = len(order) - border
    inner, outer = order[:count], order[count:]
    whole = right.new_zeros(right.shape)
    sides = torch.cat([right[order], matrix[order[:, None], outer]], 1).cpu().numpy()
    corner = (matrix[outer[:, None], outer] + torch.diag(extra[outer])).cpu().numpy()
    try:
        found = solveh_banded(_band(matrix, extra, inner, band), sides[:count], lower=True, check_finite=False)
        ends, across = found[:, : right.shape[1]], found[:, right.shape[1] :]
        full = sides[:count, right.shape[1] :]
        schur = np.linalg.cholesky(corner - full.T @ across)
        last = np.linalg.solve(schur.T, np.linalg.solve(schur, sides[count:, : right.shape[1]] - full.T @ ends))
    except LinAlgError:
        return None
    whole[order] = torch.from_numpy(np.concatenate([ends - across @ last, last])).to(whole)
    return whole


def _band(
    matrix: Float[Tensor, "n n"], extra: Float[Tensor, " n"], inner: Int[Tensor, " q"], band: int
) -> Float[np.ndarray, "b q"]:
    """The diagonal and those below it, a row each, as LAPACK wants them."""
    count = len(inner)
    column = torch.arange(count, device=inner.device)
    row = column + torch.arange(min(band, count - 1) + 1, device=inner.device)[:, None]
    found = matrix[inner[row.clamp_max(count - 1)], inner[column]] * (row < count)
    found[0] += extra[inner]
    return found.cpu().numpy()
