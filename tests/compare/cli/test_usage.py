"""What options take, in words."""

import pytest

from compare.cli import _usage
from trajectory.errors import CinetrajError


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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["", "--out", "r"], "an argument of cinetraj estimate"),
        (["a.mp4", "--out", ""], "--out"),
        (["a.mp4", "--out="], "--out"),
        (["a.mp4", "", "--out", "r"], "an argument of cinetraj estimate"),
    ],
)
def test_an_empty_word_is_not_the_current_folder(words: list[str], told: str) -> None:
    """As of a variable that is not set: all clips of the current folder were estimated, or runs written into it."""
    with pytest.raises(CinetrajError, match=f"^{told} is empty, as a variable is that is not set; "):
        _usage.require_words("estimate", words)
    _usage.require_words("report", ["scores", "--title", ""])
    _usage.require_words("estimate", [".", "--out", "=", "--focal=5"])
