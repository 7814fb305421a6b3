"""The reduced system solved along the clip: a keyframe is compared with those near it, so the matrix is a band.

Only the lens (focal length, κ) is common to all keyframes: a border of the matrix, taken out by its Schur complement
(Triggs et al. 2000, section 6). So a step costs time in proportion to the number of keyframes, not to its cube.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.linalg import LinAlgError, solveh_banded
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee
from torch import Tensor


def along_cameras(together: Int[Tensor, "r s"], count: int, step: int) -> tuple[Int[Tensor, " n"], int]:
    """Place of each camera in an order in which those that share a row are near each other, and how far at most.

    In their own order they are, unless some see again what others saw long before; a path that comes back is then
    folded, so that both of its halves run side by side (Cuthill and McKee 1969).

    Args:
        together: cameras of each row.
        count: of the cameras.
        step: cameras so near in number share something too.
    """
    own = torch.arange(count, device=together.device)
    span = max(int((together.amax(1) - together.amin(1)).max()), step)
    if span < max(together.shape[1], step + 1):
        return own, span  # no order can be better: a row that is full is as wide
    chain = own[: max(count - step, 1), None] + torch.arange(step + 1, device=own.device)
    shared = [rows.cpu().numpy() for rows in (together, chain.clamp_max(count - 1))]
    first = np.concatenate([rows.repeat(rows.shape[1], 1).ravel() for rows in shared])
    second = np.concatenate([np.tile(rows, rows.shape[1]).ravel() for rows in shared])
    pairs = csr_array(coo_array((np.ones(len(first)), (first, second)), shape=(count, count)))
    place = np.argsort(reverse_cuthill_mckee(pairs, symmetric_mode=True))
    folded = int(np.abs(place[first] - place[second]).max())
    return (torch.from_numpy(place).to(own), folded) if folded < span else (own, span)


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
