"""The fuzzer makes a case from its number alone, mutates, and calls a finding what is one."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "fuzz.py"
FUZZ = runpy.run_path(str(SCRIPT))


def test_mutations_change_a_file_and_repeat() -> None:
    data = bytes(range(256)) * 4
    out = [FUZZ["mutated"](data, np.random.default_rng(k)) for k in range(40)]
    assert out == [FUZZ["mutated"](data, np.random.default_rng(k)) for k in range(40)]
    assert sum(each != data for each in out) > 35
    assert len({len(each) for each in out}) > 5
    assert FUZZ["mutated"](b"", np.random.default_rng(0)) == b""


@pytest.mark.parametrize(
    ("result", "ended", "said"),
    [
        (None, True, "died"),
        (None, False, "no end after 60 s"),
        ({"codes": [0, 70], "peak": 0}, False, "exit code 70"),
        ({"codes": [2], "peak": 2**31}, False, "more than 1 GiB"),
        ({"codes": [0, 1, 2], "peak": 2**29}, False, ""),
    ],
)
def test_what_a_finding_is(result: dict[str, Any] | None, said: str, *, ended: bool) -> None:
    assert FUZZ["problem_of"](result, ended) == said


def test_a_case_of_a_reader_runs_and_is_the_same_again() -> None:
    first, second = FUZZ["run_case"](3), FUZZ["run_case"](3)
    assert (first["what"], first["codes"]) == (second["what"], second["codes"])
    assert len(first["codes"]) == 3
    assert set(first["codes"]) <= {0, 1, 2}
