"""Systems along a clip against the dense solution, made from matrices whose band and border are known."""

import pytest
import torch

from sfm.backends.dense.banded import along_cameras, solve_bordered
from sfm.backends.dense.keyframes import neighbours

WIDE = {"dtype": torch.float64}


def system(seed: int, count: int, band: int, border: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A positive definite matrix, 0 beyond the band but in its last rows and columns; and right-hand sides."""
    rng = torch.Generator().manual_seed(seed)
    number = torch.arange(count + border)
    near = (number[:, None] - number).abs() <= band
    near[count:], near[:, count:] = True, True
    matrix = torch.randn(count + border, count + border, generator=rng, **WIDE)
    matrix = (matrix + matrix.T) * near
    matrix += torch.diag(matrix.abs().sum(1) * (0.6 + torch.rand(len(matrix), generator=rng, **WIDE)))
    return matrix, torch.randn(count + border, 3, generator=rng, **WIDE)


def rows_of(count: int, pairs: list[tuple[int, int]]) -> torch.Tensor:
    """Cameras of each row of a chain of neighbours with further pairs."""
    own = torch.arange(count)
    again = own[:, None].repeat(1, 2)
    for first, second in pairs:
        again[first, 0], again[second, 1] = second, first
    return torch.cat([own[:, None], neighbours(count, 2, own.device), again], 1)


@pytest.mark.parametrize("count", [2, 3, 5, 40])
def test_neighbours_stay_in_their_own_order(count):
    place, span = along_cameras(rows_of(count, [])[:, :5], count, 2)
    assert place.tolist() == list(range(count))
    assert span == max(min(count - 1, 4), 2)


@pytest.mark.parametrize(
    ("pairs", "most"),
    [
        ([(i, 59 - i) for i in range(28)], 8),
        ([(i, 56 + i) for i in range(4)], 14),
        ([(0, 59)], 14),
        ([(20, 24)], 6),
        ([(0, 30), (10, 50), (20, 40)], 40),
    ],
)
def test_what_is_seen_again_is_put_near(pairs, most):
    """A way back folds, a closed ring is flattened; whatever comes out is an order, and the span is its span."""
    rows = rows_of(60, pairs)
    place, span = along_cameras(rows, 60, 2)
    assert sorted(place.tolist()) == list(range(60))
    assert span == int((place[rows].amax(1) - place[rows].amin(1)).max())
    assert span >= int((place[2:] - place[:-2]).abs().max())
    assert span <= most


@pytest.mark.parametrize("border", [0, 1, 2])
@pytest.mark.parametrize(("count", "band"), [(1, 0), (1, 5), (4, 1), (4, 9), (40, 0), (40, 6), (40, 39), (300, 34)])
def test_it_is_the_dense_solution(count, band, border):
    matrix, right = system(count + border, count, band, border)
    extra = torch.linspace(0.5, 1.5, len(matrix), **WIDE)
    found = solve_bordered(matrix, extra, right, torch.arange(len(matrix)), band=band, border=border)
    assert found is not None
    torch.testing.assert_close(found, torch.linalg.solve(matrix + torch.diag(extra), right), rtol=1e-10, atol=1e-12)


def test_unknowns_stand_anywhere_and_some_do_not_move():
    """The band is one in the order that is given, not in that of the matrix."""
    matrix, right = system(3, 30, 4, 2)
    rng = torch.Generator().manual_seed(0)
    place = torch.randperm(40, generator=rng)[:32]
    whole, sides = torch.randn(40, 40, generator=rng, **WIDE), torch.randn(40, 3, generator=rng, **WIDE)
    whole[place[:, None], place], sides[place] = matrix, right
    found = solve_bordered(whole, torch.zeros(40, **WIDE), sides, place, band=4, border=2)
    assert found is not None
    torch.testing.assert_close(found[place], torch.linalg.solve(matrix, right), rtol=1e-10, atol=1e-12)
    held = torch.ones(40, dtype=torch.bool)
    held[place] = False
    assert float(found[held].abs().max()) == 0


@pytest.mark.parametrize("at", [0, 17, 30, 31])
def test_what_is_not_positive_has_no_solution(at):
    """In the band and in the border alike."""
    matrix, right = system(4, 30, 4, 2)
    matrix[at, at] = -1.0
    found = solve_bordered(matrix, torch.zeros(32, **WIDE), right, torch.arange(32), band=4, border=2)
    assert found is None
