"""The picture of a matrix."""

import warnings

import numpy as np

from compare.report.heat_map import heat_map

PNG = b"\x89PNG"


def test_names_of_any_kind_and_holes_are_drawn() -> None:
    values = np.array([[0.0, 1.0], [np.nan, 0.0]])
    few = heat_map(values, ["$a$ and $b", "a name that is so long that it has to be cut"], "CamMC (mixed)", "strict")
    assert few.startswith(PNG)
    many = heat_map(np.random.default_rng(0).random((120, 120)), [str(k) for k in range(120)], "", "strict")
    assert many.startswith(PNG)


def test_names_that_no_font_has_letters_for_are_drawn_without_a_word() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert heat_map(np.zeros((1, 1)), ["\u53c2\u8003"], "degrees", "RotErr").startswith(PNG)
