"""The range of a number beside its type, `Annotated[int, Range(1, 100)]`, and configs that refuse what lies outside."""

from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias, final, get_args, get_origin, get_type_hints

from trajectory.errors import CinetrajError
from trajectory.plain_numbers import is_number


@final
@dataclass(frozen=True)
class Range:
    """Both ends belong to it; with `above` the lower one does not. The unit is a word of the message alone."""

    least: int | float
    most: int | float
    unit: str = ""
    above: bool = False

    def told(self, *, whole: bool) -> str:
        """As "a whole number from 1 to 100"."""
        low, high = (f"{end:,}" if isinstance(end, int) else f"{end:,g}" for end in (self.least, self.most))
        span = f"above {low}, at most {high}" if self.above else f"from {low} to {high}"
        return f"a {'whole ' if whole else ''}number {span}{self.unit and ' '}{self.unit}"

    def holds(self, value: Any, *, whole: bool) -> bool:
        """Whether a value is a number within; NaN never is."""
        if not is_number(value, whole=whole) or (self.above and value == self.least):
            return False
        return bool(self.least <= value <= self.most)


Count: TypeAlias = Annotated[int, Range(1, 1_000_000)]
Some: TypeAlias = Annotated[int, Range(0, 1_000_000)]
"""A count that may be none."""
Side: TypeAlias = Annotated[int, Range(16, 65_536, "pixels")]
Seconds: TypeAlias = Annotated[float, Range(0, 1_000_000_000, "seconds")]
Moment: TypeAlias = Annotated[float, Range(-1_000_000_000_000, 1_000_000_000_000, "seconds")]
"""On a clip's own clock, which may be that of the wall."""
Duration: TypeAlias = Annotated[float, Range(0, 10_000_000, "seconds", above=True)]
Share: TypeAlias = Annotated[float, Range(0, 1)]
Part: TypeAlias = Annotated[float, Range(0, 1, above=True)]
"""A share that is not none."""
Grey: TypeAlias = Annotated[float, Range(0, 255, "grey levels")]
Limit: TypeAlias = Annotated[float, Range(0, 100_000)]
Positive: TypeAlias = Annotated[float, Range(0, 100_000, above=True)]
Degrees: TypeAlias = Annotated[float, Range(0, 180, "degrees")]
Opening: TypeAlias = Annotated[float, Range(0, 90, "degrees", above=True)]
Megabytes: TypeAlias = Annotated[int, Range(1, 10_000_000, "megabytes")]


class Ranged:
    """Base of a config: it refuses a number outside the range that its type tells, and what is no config, no choice or
    no truth where its type is one. Numbers and truths of numpy become Python's, which JSON takes."""

    def __post_init__(self) -> None:
        for name, kinds, told in _parts(type(self)):
            value = getattr(self, name)
            if not isinstance(value, kinds):
                raise CinetrajError(f"{name} is {value!r}, expected {told}")
        for name, choices in _choices(type(self)):
            value = _native(getattr(self, name))
            if not any(value is choice or (isinstance(value, str) and value == choice) for choice in choices):
                raise CinetrajError(f"{name} is {value!r}, expected one of {', '.join(map(str, choices))}")
            object.__setattr__(self, name, value)
        for name, limits, whole, optional in _ranges(type(self)):
            value = getattr(self, name)
            several = isinstance(value, tuple | list)
            given: tuple[Any, ...] = tuple(value) if several else (value,)  # pyright: ignore[reportUnknownArgumentType]
            for each in given:
                if not (optional and each is None) and not limits.holds(each, whole=whole):
                    told, said = limits.told(whole=whole), repr(each) if isinstance(each, str) else each
                    raise CinetrajError(f"{name} {'has' if several else 'is'} {said}, expected {told}")
            plain = tuple(_native(each) for each in given)
            object.__setattr__(self, name, plain if several else plain[0])


def _native(value: Any) -> Any:
    """Python's own number or truth for one of numpy's; anything else as it is."""
    return value.item() if hasattr(value, "dtype") and not getattr(value, "ndim", 1) else value


@cache
def _choices(kind: type) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """Of each field that is a choice of words, or a truth: name and choices."""
    return tuple(
        (name, (True, False) if hint is bool else get_args(hint))
        for name, hint in get_type_hints(kind).items()
        if hint is bool or get_origin(hint) is Literal
    )


@cache
def _ranges(kind: type) -> tuple[tuple[str, Range, bool, bool], ...]:
    """Of each field that has a range: name, range, whether the numbers are whole, and whether it may be None."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        (name, limits, whole, type(None) in get_args(hint))
        for name, hint in hints.items()
        for limits, whole in _within(hint)
    )


@cache
def _parts(kind: type) -> tuple[tuple[str, tuple[type, ...], str], ...]:
    """Of each field that is a config itself: name, types, and these in words."""
    found: list[tuple[str, tuple[type, ...], str]] = []
    for name, hint in get_type_hints(kind).items():
        kinds: tuple[Any, ...] = get_args(hint) or (hint,)
        if any(is_dataclass(each) for each in kinds) and all(isinstance(each, type) for each in kinds):
            told = " or ".join("None" if each is type(None) else each.__name__ for each in kinds)
            found.append((name, kinds, told))
    return tuple(found)


def _within(hint: Any) -> Iterator[tuple[Range, bool]]:
    if get_origin(hint) is Annotated:
        number, *said = get_args(hint)
        yield from ((limits, number is int) for limits in said if isinstance(limits, Range))
    else:
        for each in get_args(hint):
            yield from _within(each)
