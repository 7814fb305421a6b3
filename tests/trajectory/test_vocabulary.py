"""One vocabulary: every list of words is taken from it, and the page shows it."""

from collections import Counter
from pathlib import Path

import pytest

from trajectory.components import NAMES
from trajectory.taxonomy import CAMERABENCH, CINETECHBENCH, CINETECHBENCH_PRIMITIVES
from trajectory.vocabulary import PRIMITIVES, SPEED, STEADINESS, WORDS, table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "vocabulary.md"


def test_the_primitives_are_camerabench_s_in_its_order() -> None:
    assert tuple(word.name for word in PRIMITIVES) == NAMES
    assert list(CAMERABENCH) == list(NAMES)
    assert CAMERABENCH["Pan_Left"] == "cam_motion.camera_centric_movement.pan_left.has_pan_left"


def test_the_types_of_cinetechbench_are_its_own() -> None:
    assert set(CINETECHBENCH_PRIMITIVES) == set(CINETECHBENCH) - {"Crane Shot", "Tracking Shot"}
    assert {word.cinetechbench for word in WORDS.values()} - {None} == set(CINETECHBENCH) - {"Tracking Shot"}


@pytest.mark.parametrize("column", ["camerabench", "et", "datadop", "spatialvid"])
def test_no_two_moves_share_a_word(column: str) -> None:
    words = Counter(getattr(word, column) for word in WORDS.values())
    del words[None]
    assert len(words) >= 7
    assert set(words.values()) == {1}


def test_only_zooms_and_compounds_lack_a_tag() -> None:
    without = {name for name, word in WORDS.items() if word.spatialvid is None}
    assert without == {"Zoom_In", "Zoom_Out", *list(WORDS)[len(NAMES) :]}


def test_every_level_has_its_words() -> None:
    from typing import get_args

    from trajectory.steadiness import Speed, Steadiness

    assert set(STEADINESS) == set(get_args(Steadiness))
    assert set(SPEED) == set(get_args(Speed))


def test_the_page_shows_the_table() -> None:
    assert table() in PAGE.read_text(encoding="utf-8")
