"""Every field of every config says what it is for: the command line shows it."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import docstring_parser
import numpy as np
import pytest

from sfm import config
from sfm.backends import backends
from sfm.ranges import Ranged
from trajectory.errors import CinetrajError

CONFIGS = [
    each
    for each in vars(config).values()
    if isinstance(each, type) and dataclasses.is_dataclass(each) and each.__module__.startswith(config.__name__)
]


@pytest.mark.parametrize("kind", CONFIGS, ids=lambda kind: kind.__name__)
def test_every_field_has_an_entry_of_its_own(kind: type) -> None:
    read = {each.arg_name: each.description for each in docstring_parser.parse(kind.__doc__ or "").params}
    assert set(read) == {each.name for each in dataclasses.fields(kind)}
    assert all(read.values())


def test_the_configs_load_nothing_heavy() -> None:
    code = "import sys, sfm.config as c; c.EstimateConfig(backend=c.AutoConfig()); print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "numpy", "scipy", "cv2", "av", "tyro", "pycolmap"}.intersection(out.split())


@pytest.mark.parametrize("kind", [config.AutoConfig, config.DenseConfig])
@pytest.mark.parametrize("k1", [float("nan"), float("inf"), 50.0, -5.0])
def test_a_lens_that_is_none_is_refused(kind: type, k1: float) -> None:
    with pytest.raises(CinetrajError, match=r"distortion is .*, expected none, free or k1 within -1\.\.1"):
        kind(distortion=k1)


@pytest.mark.parametrize("kind", [config.AutoConfig, config.DenseConfig])
@pytest.mark.parametrize("lens", ["foo", "", "0.1", True, None])
def test_a_lens_of_another_name_is_refused(kind: type, lens: Any) -> None:
    made = kind()
    object.__setattr__(made, "distortion", lens)  # past the types of the tests
    with pytest.raises(CinetrajError, match=rf"^distortion is {lens!r}, expected none, free or k1 within -1\.\.1$"):
        made.__post_init__()


def saving(names: Any) -> tuple[str, ...]:
    """What is saved by names that are given past the types of the tests."""
    made = config.EstimateConfig()
    object.__setattr__(made, "save", names)
    made.__post_init__()
    return made.save


def test_what_is_saved_is_named_by_a_string_too() -> None:
    assert saving("depth") == ("depth",)
    assert saving("points, depth") == saving(["depth", "points"]) == ("depth", "points")
    for wrong in (5, None, (None,)):
        with pytest.raises(CinetrajError, match=r"^save is .*, expected some of depth, "):
            saving(wrong)


PARTS = [
    (kind, each.name, hint)
    for kind in CONFIGS
    for each in dataclasses.fields(kind)
    if dataclasses.is_dataclass(hint := get_type_hints(kind)[each.name])
]


@pytest.mark.parametrize(("kind", "name", "hint"), PARTS)
@pytest.mark.parametrize("value", [None, {}, "", config.BatchConfig()])
def test_a_part_that_is_no_config_of_its_kind_is_refused(kind: Any, name: str, hint: Any, value: Any) -> None:
    made = kind()
    object.__setattr__(made, name, value)  # past the types of the tests
    with pytest.raises(CinetrajError, match=rf"^{name} is {re.escape(repr(value))}, expected {hint.__name__}$"):
        made.__post_init__()


def test_there_are_parts_and_they_may_be_none_where_their_type_says_so() -> None:
    assert {"video", "shots", "masks", "gravity", "features"} <= {name for _, name, _ in PARTS}

    @dataclasses.dataclass(frozen=True)
    class Example(Ranged):
        part: config.VideoConfig | None = None

    assert Example().part is None
    made = Example(part=config.VideoConfig())
    object.__setattr__(made, "part", {})
    with pytest.raises(CinetrajError, match=r"^part is \{\}, expected VideoConfig or None$"):
        made.__post_init__()


@pytest.mark.parametrize("mask", [np.zeros((2, 4, 4), bool), [], 0, True])
def test_a_mask_in_memory_is_told_where_to_go(mask: Any) -> None:
    made = config.EstimateConfig()
    object.__setattr__(made, "mask", mask)  # past the types of the tests
    with pytest.raises(CinetrajError, match=r"^mask is of type \w+, expected the path of a video .* into images first"):
        made.__post_init__()


def test_a_mask_may_be_a_path() -> None:
    made = config.EstimateConfig()
    object.__setattr__(made, "mask", Path("masks") / "a.mp4")
    made.__post_init__()
    assert made == config.EstimateConfig(mask="masks/a.mp4")


def test_every_backend_is_named_where_it_is_chosen() -> None:
    """The dense one was not."""
    told = config.EstimateConfig.__doc__ or ""
    assert [name for name in backends() if f'"{name}"' not in told] == []
