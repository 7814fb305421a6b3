"""Several states in one: taking, joining and replacing touch every tensor and nothing else."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sfm.geometry.states import joined, put, taken


@dataclass(frozen=True, kw_only=True, eq=False)
class Some:
    table: Tensor
    number: Tensor
    name: str = "own"


def some(count: int, first: float = 0.0) -> Some:
    number = torch.arange(count) + first
    return Some(table=number[:, None] * torch.tensor([1.0, 10.0]), number=number)


def test_what_is_taken_is_in_the_order_of_the_rows():
    found = taken(some(4), [3, 1])
    assert found.number.tolist() == [3, 1]
    assert found.table.tolist() == [[3, 30], [1, 10]]
    assert found.name == "own"


def test_a_single_state_has_the_dimension_or_not():
    one = taken(some(4), 2)
    assert one.table.tolist() == [2, 20]
    assert taken(one, None).table.tolist() == [[2, 20]]
    assert taken(one, None).number.tolist() == [2]


def test_joined_batches_are_taken_apart_again():
    whole = joined([some(2), some(3, 5.0)])
    assert whole.number.tolist() == [0, 1, 5, 6, 7]
    assert taken(whole, [2, 3, 4]).table.tolist() == some(3, 5.0).table.tolist()


def test_what_is_put_replaces_its_rows_alone():
    before = some(4)
    after = put(before, torch.tensor([2, 0]), some(2, 7.0))
    assert after.number.tolist() == [8, 1, 7, 3]
    assert after.table[:, 1].tolist() == [80, 10, 70, 30]
    assert before.number.tolist() == [0, 1, 2, 3]
    assert put(before, torch.tensor([], dtype=torch.long), some(0)).number.tolist() == [0, 1, 2, 3]
