"""What options take, in words."""

import pytest

from compare.cli import _usage


@pytest.mark.parametrize(
    ("metavar", "words"),
    [
        ("INT", "a whole number"),
        ("{None}|INT", "a whole number"),
        ("{None}|{INT INT}", "two whole numbers"),
        ("{None}|PATH", "a path"),
        ("{None,short,long}", "short or long"),
        ("{off,free}|FLOAT", "off, free or a number"),
        ("[NAME=VALUE [NAME=VALUE ...]]", "[NAME=VALUE [NAME=VALUE ...]]"),
    ],
)
def test_kinds_of_value_have_words(metavar: str, words: str) -> None:
    assert _usage.expected(metavar) == words


def test_what_is_not_known_is_left_to_others() -> None:
    assert _usage.sentence(object(), [], None) is None


def test_words_in_a_row() -> None:
    assert _usage.alternatives(["a"]) == "a"
    assert _usage.alternatives(["a", "b", "c"], "and") == "a, b and c"
