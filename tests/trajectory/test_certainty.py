"""What an estimator says of its own answer, read and put into words."""

import pytest
from motions import build

from trajectory.certainty import SURE, Certainty, certainty_of, quantities_of
from trajectory.components import NAMES
from trajectory.errors import CinetrajError
from trajectory.model import Provenance

SPLIT = {
    "probability": {"rotation": 0.97, "translation": 0.41, "zoom": 0.99, "rigid": 0.9},
    "sure": {"rotation": True, "translation": False, "zoom": True},
}


def read(**evidence):
    return certainty_of(build().replace(provenance=Provenance(evidence=evidence)))


def test_files_without_it_say_nothing():
    for found in (certainty_of(build()), read(status="ok", confidence=0.9)):
        assert found == Certainty()
        assert found.words() == ""
        assert {found.of(name) for name in NAMES} == {None}
        assert not any(found.doubted(name) for name in NAMES)


def test_each_primitive_rests_on_its_quantity():
    found = read(**SPLIT)
    assert found.of("Move_In") == 0.41
    assert found.of("Pan_Left") == found.of("Roll_Clockwise") == found.of("Tilt_Up") == 0.97
    assert found.of("Zoom_Out") == 0.99
    assert found.doubted("Move_Left")
    assert not found.doubted("Zoom_In")


def test_static_is_as_sure_as_the_least_of_the_three():
    found = read(**SPLIT)
    assert found.of("Static") == 0.41
    assert found.doubted("Static")
    assert quantities_of("Static") == ("rotation", "translation", "zoom")
    assert read(probability={"rotation": 0.9}).of("Static") is None


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (SPLIT, "rotation and zoom are sure (0.97, 0.99); translation is not (0.41)"),
        (
            {"probability": {"rotation": 0.97, "translation": 0.41}},
            "rotation is sure (0.97); translation is not (0.41)",
        ),
        ({"sure": {"translation": False}}, "translation is not sure"),
        (
            {"probability": {"zoom": 0.5, "rigid": 0.3}},
            "zoom is not sure (0.50); that anything rigid was filmed is not likely (0.30)",
        ),
    ],
)
def test_words(evidence, words):
    assert read(**evidence).words() == words


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ({}, "the estimate as a whole is unreliable"),
        (
            {"probability": {"rotation": 0.9, "translation": 0.8, "zoom": 0.9}},
            "rotation, translation and zoom are sure (0.90, 0.80, 0.90); the estimate as a whole is unreliable",
        ),
        (
            {"probability": {"rotation": 0.95, "translation": 0.4, "rigid": 0.3}},
            "nothing is sure: that anything rigid was filmed is not likely (0.30)",
        ),
        (SPLIT, "rotation and zoom are sure (0.97, 0.99); translation is not (0.41)"),
    ],
)
def test_what_is_sure_of_an_unreliable_clip_is_not_told_alone(evidence, words):
    assert read(status="unreliable", **evidence).words() == words


def test_probabilities_alone_are_held_against_the_threshold():
    found = read(probability={"rotation": SURE, "translation": SURE - 0.01, "zoom": None})
    assert dict(found.sure) == {"rotation": True, "translation": False}


@pytest.mark.parametrize(
    "evidence",
    [
        {"probability": 0.9},
        {"probability": {"rotation": 1.2}},
        {"probability": {"zoom": "high"}},
        {"probability": {"rotation": float("nan")}},
        {"sure": {"translation": 0.5}},
        {"sure": ["rotation"]},
    ],
)
def test_what_is_no_probability_is_refused_by_name(evidence):
    with pytest.raises(CinetrajError, match=r"evidence\['(probability|sure)'\]"):
        read(**evidence)
