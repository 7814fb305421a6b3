"""Few looks for cycles inside of the block, as many as before after it, whatever became of it."""

import gc
import subprocess
import sys

import pytest

from sfm.processes.collection import EVERY, rare_collection, uncollected_end


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


def test_the_end_frees_nothing_and_keeps_what_is_registered() -> None:
    code = f"""
import atexit
from {uncollected_end.__module__} import uncollected_end

class Loop:
    def __init__(self):
        self.me = self
    def __del__(self):
        print("freed")

Loop()
atexit.register(print, "registered")
uncollected_end()
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["registered"]
    freeing = subprocess.run(
        [sys.executable, "-c", code.replace("\nuncollected_end()", "")], capture_output=True, text=True, check=True
    )
    assert freeing.stdout.split() == ["registered", "freed"]
