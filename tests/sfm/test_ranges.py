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
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == config.__name__
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
        with pytest.raises(CinetrajError, match=rf"^{name} (is|has) {value}, expected "):
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


def test_times_of_the_wall_are_taken() -> None:
    """A camera may stamp its frames with seconds since 1970, and a part of a clip is told on its own clock."""
    assert config.VideoConfig(start_s=1_700_000_000.5, stop_s=1_700_000_002.0).stop_s == 1_700_000_002.0
    assert config.VideoConfig(start_s=-1.0).start_s == -1.0
