"""Names with commas between."""

import pytest

from trajectory.comma_names import names_in


@pytest.mark.parametrize("text", ["strict,auc", "strict, auc,", " strict ,, auc , strict "])
def test_spaces_and_a_comma_too_many_are_no_names(text: str) -> None:
    assert names_in(text) == ["strict", "auc"]


@pytest.mark.parametrize("text", ["", " ", ","])
def test_no_name_is_left_to_be_refused_as_it_is(text: str) -> None:
    assert names_in(text) == [text.strip()]
