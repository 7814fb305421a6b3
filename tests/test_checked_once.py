"""That a call which looks like a checked one is believed, and no other."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import beartype
import jaxtyping
import numpy as np
import pytest
from checked_once import jaxtyped
from jaxtyping import Float

THREE, FOUR = np.zeros(3), np.zeros(4)


def checked(function: Any) -> Any:
    """As the hook would have it."""
    return jaxtyped(function, typechecker=beartype.beartype)


def refuses(call: Callable[[], object]) -> None:
    with pytest.raises(jaxtyping.TypeCheckError):
        call()


def double(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    return x + y


def test_the_hook_takes_it() -> None:
    import trajectory.frames as module

    assert jaxtyping.jaxtyped is jaxtyped
    wrapped = [each for each in vars(module).values() if hasattr(each, "__wrapped__")]
    assert any(each.__code__.co_filename.endswith("checked_once.py") for each in wrapped)


@pytest.mark.parametrize("wrong", [FOUR, np.zeros((3, 1)), np.zeros(3, int), [0.0, 0.0, 0.0], None])
@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_call_that_looks_otherwise_is_checked(before: int, wrong: Any) -> None:
    function = checked(double)
    for _ in range(before):
        assert np.array_equal(function(THREE, THREE), THREE)
    refuses(lambda: function(THREE, wrong))
    refuses(lambda: function(THREE, y=wrong))
    refuses(lambda: function(y=THREE, x=wrong))
    assert np.array_equal(function(THREE, y=THREE), THREE)


def test_a_result_that_looks_otherwise_is_checked() -> None:
    @checked
    def moody(x: Float[np.ndarray, " n"], late: list[Any]) -> Float[np.ndarray, " n"]:
        return late[0]

    assert moody(THREE, [THREE]) is THREE
    assert moody(THREE, [THREE]) is THREE
    held = [THREE]
    assert moody(THREE, held) is THREE
    state = [THREE]

    @checked
    def hidden(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        return state[0]

    assert hidden(THREE) is THREE
    state[0] = FOUR
    refuses(lambda: hidden(THREE))
    state[0] = THREE
    assert hidden(THREE) is THREE


def test_words_and_numbers_of_a_literal_are_told_apart() -> None:
    @checked
    def choose(word: Literal["a", "b"], number: Literal[1, 2] = 1) -> str:
        return word

    assert choose("a") == choose("a") == "a"
    refuses(lambda: choose("c"))
    refuses(lambda: choose("a", 3))
    assert choose("b", number=2) == "b"


def test_what_is_held_is_looked_at() -> None:
    @checked
    def first(each: list[int] | dict[str, int] | tuple[Float[np.ndarray, "3"], ...]) -> int:
        return len(each)

    assert first([1]) == first([1, 2]) - 1 == first({"a": 1}) == first((THREE,)) == 1
    for wrong in (["1"], {"a": "1"}, {1: 1}, (FOUR,)):
        refuses(functools.partial(first, wrong))


def test_of_a_mixed_list_another_item_is_seen_each_time() -> None:
    @checked
    def count(each: list[int]) -> int:
        return len(each)

    seen = 0
    for _ in range(64):
        try:
            count([1, "2"])
        except jaxtyping.TypeCheckError:
            seen += 1
    assert 0 < seen < 64


def test_fields_of_a_value_are_checked_when_it_is_made() -> None:
    @checked
    @dataclass(frozen=True)
    class Value:
        x: Float[np.ndarray, " n"]
        y: Float[np.ndarray, " n"] = field(default_factory=lambda: THREE)

        @checked
        def other(self) -> "Value":
            return self

    value = Value(THREE)
    assert Value(THREE).other().x is value.x
    refuses(lambda: Value(THREE, FOUR))
    refuses(lambda: Value(x=THREE, y=FOUR))


def test_properties_that_a_check_asks_for_are_checked_on_the_way() -> None:
    @runtime_checkable
    class Sized(Protocol):
        @property
        def size(self) -> int: ...

    class Three:
        @property
        @checked
        def size(self) -> int:
            return 3

    @checked
    def size_of(first: Sized, second: Sized) -> int:
        return first.size + second.size

    assert size_of(Three(), Three()) == size_of(Three(), second=Three()) == 6
    refuses(lambda: size_of(Three(), 3))


def test_functions_within_a_function_are_one_each_time_they_are_made() -> None:
    def outer(given: Any) -> Any:
        @checked
        def inner(x: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
            return given

        return inner

    assert outer(THREE)(THREE) is THREE
    refuses(lambda: outer(FOUR)(THREE))
    refuses(lambda: outer(THREE)(FOUR))
