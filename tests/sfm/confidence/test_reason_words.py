"""Numbers are put behind a reason and taken out of it again."""

from sfm.confidence.reason_words import with_probabilities, without_probabilities


def test_numbers_of_a_reason_can_be_taken_out() -> None:
    said = with_probabilities({"rotation": 0.956, "zoom": 0.3})
    assert said == " (probability of being right: rotation 0.96, zoom 0.30)"
    assert without_probabilities(f"it may be wrong{said}: it jumps (by 2)") == "it may be wrong: it jumps (by 2)"
