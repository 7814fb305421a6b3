"""Several states in one: taking, joining and replacing touch every array or tensor and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from sfm.geometry.states import joined, put, taken


@dataclass(frozen=True, kw_only=True, eq=False)
class Some:
    table: Any
    number: Any
    name: str = "own"


Make = Callable[..., Some]


@pytest.fixture(params=[np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def some(request: pytest.FixtureRequest) -> Make:
    """Makes so many states, numbered from the first."""

    def made(count: int, first: float = 0.0) -> Some:
        number = np.arange(count) + first
        return Some(table=request.param(number[:, None] * (1.0, 10.0)), number=request.param(number))

    return made


def test_what_is_taken_is_in_the_order_of_the_rows(some: Make):
    found = taken(some(4), [3, 1])
    assert found.number.tolist() == [3, 1]
    assert found.table.tolist() == [[3, 30], [1, 10]]
    assert found.name == "own"


def test_a_single_state_has_the_dimension_or_not(some: Make):
    one = taken(some(4), 2)
    assert one.table.tolist() == [2, 20]
    assert taken(one, None).table.tolist() == [[2, 20]]
    assert taken(one, None).number.tolist() == [2]


def test_joined_batches_are_taken_apart_again(some: Make):
    whole = joined([some(2), some(3, 5.0)])
    assert whole.number.tolist() == [0, 1, 5, 6, 7]
    assert taken(whole, [2, 3, 4]).table.tolist() == some(3, 5.0).table.tolist()


def test_what_is_put_replaces_its_rows_alone(some: Make):
    before = some(4)
    after = put(before, np.array([2, 0]), some(2, 7.0))
    assert after.number.tolist() == [8, 1, 7, 3]
    assert after.table[:, 1].tolist() == [80, 10, 70, 30]
    assert before.number.tolist() == [0, 1, 2, 3]
    assert put(before, np.zeros(0, int), some(0)).number.tolist() == [0, 1, 2, 3]
