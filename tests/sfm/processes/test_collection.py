"""Few looks for cycles inside of the block, as many as before after it, whatever became of it."""

import gc

import pytest

from sfm.processes.collection import EVERY, rare_collection


def test_looks_are_few_inside_and_as_before_after_it() -> None:
    before, inside = gc.get_threshold(), []

    def lose() -> None:
        with rare_collection():
            inside.append(gc.get_threshold())
            raise ValueError("lost")

    with pytest.raises(ValueError, match="lost"):
        lose()
    assert inside == [EVERY]
    assert gc.get_threshold() == before


def test_fewer_collections_of_many_objects() -> None:
    def looks() -> int:
        started = [each["collections"] for each in gc.get_stats()]
        kept = [[number] for number in range(60_000)]
        del kept
        return sum(each["collections"] for each in gc.get_stats()) - sum(started)

    usual = looks()
    with rare_collection():
        assert looks() < usual / 10
