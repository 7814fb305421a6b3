"""By what the positions of pairs are divided, many of them together."""

from dataclasses import replace

import numpy as np
import pytest
from paths import path, smooth

from compare import protocols
from compare.laid import Two, lay_out_each
from compare.protocols import Scale
from trajectory.model import Trajectory

STRICT = protocols.get("strict")
STILL = path(np.zeros((40, 3)), np.zeros((40, 3)), scale="metric")
A, B = (smooth(k, scale="metric") for k in (1, 2))
U = np.linspace(0, 1, 40)[:, None]
FORTH, BACK = (path(u * [0, 0, 1.0], 0 * U * [1, 1, 1]) for u in (U, -U))


def divisors(pairs: list[tuple[Trajectory, Trajectory]], scale: Scale) -> list[tuple[float, float]]:
    laid = lay_out_each([Two(reference=a, generated=b) for a, b in pairs], replace(STRICT, scale=scale))
    return [one.divisors for one in laid if not isinstance(one, Exception)]


@pytest.mark.parametrize("scale", ["own_extent", "reference_extent", "common_extent", "path_length", "l21"])
def test_each_pair_has_its_own(scale: Scale) -> None:
    pairs = [(A, B), (B, A), (A, STILL), (STILL, STILL)]
    together = divisors(pairs, scale)
    assert len(together) == len(pairs)
    assert together == [pytest.approx(divisors([pair], scale)[0], rel=1e-12) for pair in pairs]


def test_what_has_no_size_is_not_divided() -> None:
    (laid,) = lay_out_each([Two(reference=A, generated=STILL)], STRICT)
    assert not isinstance(laid, Exception)
    places = laid.comparison.pair.reference[:, :3, 3]
    assert laid.divisors == (pytest.approx(np.linalg.norm(places - places[0], axis=1).max()), 1.0)


def test_a_path_the_other_way_is_scaled_to_nothing_by_least_squares() -> None:
    (laid,) = lay_out_each([Two(reference=FORTH, generated=BACK)], replace(STRICT, scale="least_squares"))
    assert not isinstance(laid, Exception)
    assert not laid.comparison.generated[:, :3, 3].any()
    assert laid.divisors == (pytest.approx(1.0), pytest.approx(1.0))


def test_a_reference_that_stands_still_is_no_unit() -> None:
    pairs = [Two(reference=STILL, generated=b) for b in (A, STILL)]
    moving, still = lay_out_each(pairs, replace(STRICT, scale="reference_extent"))
    assert not isinstance(moving, Exception)
    assert not isinstance(still, Exception)
    assert "no unit" in moving.comparison.no_unit
    assert still.comparison.no_unit == ""
