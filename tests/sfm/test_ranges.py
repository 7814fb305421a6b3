"""No number of a config is senseless: each has a range, and what lies outside is refused in one line by its name."""

import dataclasses
import math
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest

from sfm import config
from sfm.ranges import Count, Range, Ranged
from trajectory.errors import CinetrajError

MAY_BE_NEGATIVE = {"distortion", "start_s", "stop_s"}
NEEDED: dict[str, dict[str, Any]] = {"CommandConfig": {"command": "x {video}"}}
NUMBERS = [
    (kind, name, hint)
    for kind in vars(config).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__.startswith(config.__name__)
    for name, hint in get_type_hints(kind, include_extras=True).items()
]


def numbers_in(hint: Any) -> set[type]:
    """The types of numbers that a hint names."""
    if hint in (int, float):
        return {hint}
    if get_origin(hint) in (Annotated, Union, UnionType, tuple):
        return {each for part in get_args(hint) for each in numbers_in(part)}
    return set()


@pytest.mark.parametrize(
    ("kind", "name", "hint"),
    [pytest.param(*each, id=f"{each[0].__name__}.{each[1]}") for each in NUMBERS if numbers_in(each[2])],
)
def test_a_number_that_is_none_or_out_of_range_is_refused(kind: Any, name: str, hint: Any) -> None:
    several = get_origin(hint) is tuple
    wrong: list[Any] = [] if name == "distortion" else [True, "3", *([] if type(None) in get_args(hint) else [None])]
    wrong += [math.nan, math.inf, -math.inf, *([] if name in MAY_BE_NEGATIVE else [-1])]
    for value in [*wrong, *([2.5] if numbers_in(hint) == {int} else [])]:
        made = kind(**NEEDED.get(kind.__name__, {}))
        object.__setattr__(made, name, (value,) if several else value)  # past the types of the tests
        with pytest.raises(CinetrajError, match=rf"^{name} (is|has) {value!r}, expected "):
            made.__post_init__()


@pytest.mark.parametrize("name", ["improvement", "improvement_flat", "improvement_part"])
def test_what_is_divided_by_is_not_zero(name: str) -> None:
    with pytest.raises(CinetrajError, match=f"{name} is 0.0, expected a number above 0"):
        config.SelectionConfig(**{name: 0.0})


@dataclasses.dataclass(frozen=True)
class Example(Ranged):
    count: Count | None = 3
    share: Annotated[float, Range(0, 1, "of all", above=True)] = 0.5


def test_both_ends_belong_to_a_range_and_none_is_no_number() -> None:
    assert Example(count=None, share=1.0) == Example(count=None, share=1)
    assert Example(count=np.int64(1_000_000)).count == 1_000_000  # pyright: ignore[reportArgumentType]
    with pytest.raises(CinetrajError, match=r"^count is 0, expected a whole number from 1 to 1,000,000$"):
        Example(count=0)
    with pytest.raises(CinetrajError, match=r"^share is 0.0, expected a number above 0, at most 1 of all$"):
        Example(share=0.0)


def past_types(kind: Any, **given: Any) -> Any:
    """A config of values that are none of its types, which tests check at every call."""
    made = kind()
    for name, value in given.items():
        object.__setattr__(made, name, value)
    made.__post_init__()
    return made


def test_numbers_of_numpy_become_those_of_python() -> None:
    """A clip with such a seed was estimated in full, and then could not be written: JSON knows no int64."""
    given = {"seed": np.int64(3), "threads": np.int32(2), "fov_deg": np.float64(60), "split_shots": np.True_}
    made = past_types(config.EstimateConfig, **given)
    assert [type(getattr(made, name)) for name in given] == [int, int, float, bool]
    assert type(past_types(config.VideoConfig, start_s=np.float32(0.5)).start_s) is float
    assert past_types(config.DissolveConfig, lengths=[np.int64(4), 6]) == config.DissolveConfig(lengths=(4, 6))


@pytest.mark.parametrize(
    ("kind", "name", "wrong", "told"),
    [
        (config.VideoConfig, "decoder", "nvdec", "one of software, cuda, qsv, vaapi, videotoolbox"),
        (config.EstimateConfig, "device", "cuda:0", "one of auto, cpu, cuda"),
        (config.EstimateConfig, "split_shots", "no", "one of True, False"),
        (config.AutoConfig, "dense", 1, "one of True, False"),
    ],
)
def test_what_is_no_choice_is_refused(kind: Any, name: str, wrong: Any, told: str) -> None:
    with pytest.raises(CinetrajError, match=rf"^{name} is {wrong!r}, expected {told}$"):
        past_types(kind, **{name: wrong})


def test_times_of_the_wall_are_taken() -> None:
    """A camera may stamp its frames with seconds since 1970, and a part of a clip is told on its own clock."""
    assert config.VideoConfig(start_s=1_700_000_000.5, stop_s=1_700_000_002.0).stop_s == 1_700_000_002.0
    assert config.VideoConfig(start_s=-1.0).start_s == -1.0
