"""Primitives: the same moves at the same times."""

from dataclasses import replace

import numpy as np
import pytest
from paths import path

from compare import protocols
from compare.scoring import score


def test_primitive_agreement() -> None:
    protocol = replace(protocols.get("strict"), name="moves", metrics=("RotErr", "Primitives"))
    u = np.linspace(0, 1, 49)[:, None]
    depth = {"scene_depth": np.full(49, 3.0)}
    pan = path(0 * u * [1, 1, 1], u * [0, 0.6, 0], **depth)
    other = path(0 * u * [1, 1, 1], u * [0, -0.6, 0], **depth)
    clip = score(pan, pan, protocol=protocol).to_json()["clips"]["trajectory"]
    assert clip["Primitives"] == pytest.approx(1.0)
    clip = score(pan, other, protocol=protocol).to_json()["clips"]["trajectory"]
    assert clip["Primitives"] < 0.2


@pytest.mark.parametrize("clock", ["from_start", "shared"])
@pytest.mark.parametrize("source", ["seconds", "index"])
def test_primitives_agree_at_the_same_times_whatever_the_clock_counts(clock: str, source: str) -> None:
    protocol = replace(protocols.get("strict"), clock=clock, metrics=("RotErr", "Primitives"))
    rows = np.arange(97)
    early, late = (np.clip((rows - start) / 48, 0, 1)[:, None] for start in (0, 48))
    time_s = 40.0 + (rows if source == "index" else rows / 24)
    fields = {"scene_depth": np.full(97, 3.0), "time_source": source, "time_s": time_s}
    first, second = (path(np.zeros((97, 3)), u * [0, 0.6, 0], **fields) for u in (early, late))
    found = score({"a": first, "b": first}, {"a": first, "b": second}, protocol=protocol).to_json()["clips"]
    assert found["a"]["Primitives"] == pytest.approx(1.0)
    assert found["b"]["Primitives"] < 0.2
