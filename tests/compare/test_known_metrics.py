"""A metric that a protocol's method does not compute is refused at once, and is no failure of the model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from paths import smooth

from compare import protocols
from compare.known_metrics import known_metrics, require_metrics
from compare.scoring import score, score_models
from trajectory.errors import CinetrajError


def test_presets_name_metrics_of_their_method() -> None:
    for preset in protocols.PRESETS.values():
        require_metrics(preset)
    assert "TransErr" in known_metrics("poses")
    assert known_metrics("cinetechbench") == ("RotErr", "TransErr", "CamMC")


@pytest.mark.parametrize(
    ("preset", "name", "told"),
    [
        ("strict", "Roterr", "metric 'Roterr' is not one of poses, perhaps 'RotErr' is meant"),
        ("strict", "ATE", "metric 'ATE' is not one of poses"),
        ("cinetechbench-compat", "ATE", "metric 'ATE' is not one of cinetechbench"),
        ("ate-rpe", "RotErr", "metric 'RotErr' is not one of evo"),
        ("navscore", "RotErr", "metric 'RotErr' is not one of navigation"),
    ],
)
def test_another_one_is_refused_and_charged_to_nobody(preset: str, name: str, told: str) -> None:
    mine = replace(protocols.get(preset), name="mine", metrics=("RotErr", name) if name != "RotErr" else (name,))
    with pytest.raises(CinetrajError, match=f"^protocol mine: {told}"):
        score(smooth(0), smooth(1), protocol=mine)
    with pytest.raises(CinetrajError, match=f"^protocol mine: {told}"):
        score_models(smooth(0), {"model": smooth(1)}, protocol=mine)


def changed(**values: Any) -> protocols.Protocol:
    """`strict` with values that are none of its types, which tests check at every call."""
    made = replace(protocols.get("strict"), name="mine")
    for name, value in values.items():
        object.__setattr__(made, name, value)
    made.__post_init__()
    return made


def test_equal_protocols_have_one_hash_whatever_their_numbers_are_made_of() -> None:
    plain = replace(protocols.get("strict"), name="mine", samples=50, outlier_sigma=3.0, metrics=("RotErr",))
    same = changed(samples=np.int64(50), outlier_sigma=3, metrics=["RotErr"])
    assert same.stamp() == plain.stamp()
    assert type(changed(version=np.int64(2)).version) is int


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("samples", 50.0, "samples is 50.0, expected a whole number"),
        ("draws", 64.5, "draws is 64.5, expected a whole number"),
        ("metrics", "RotErr", "metrics is 'RotErr', expected a tuple of names"),
        ("metrics", (), r"metrics is \(\), expected a tuple of names"),
    ],
)
def test_what_is_no_number_and_no_name_is_refused(name: str, value: Any, told: str) -> None:
    with pytest.raises(CinetrajError, match=f"^protocol mine: {told}"):
        changed(**{name: value})
