"""Evidence in words says what the numbers of run.json say."""

from pathlib import Path
from typing import Any

import made_runs
import pytest

from compare.evidence import model_words, reasons
from compare.run_files import RunShot
from trajectory.description import describe


def shot(model: str | None, told: dict[str, Any]) -> RunShot:
    entry = {"name": "", "status": "ok", "motion_model": model, "statistics": told}
    return RunShot(name="clip", run=Path("clip"), folder=Path("clip"), record={}, shot=entry)


def answers(model: str | None, **changes: Any) -> dict[str, str]:
    told = made_runs.evidence("full" if model and model.startswith("full") else "rotation") | changes
    return {each.question: each.answer for each in reasons(shot(model, told))}


def test_a_travelling_camera_says_why_it_travels_and_does_not_zoom() -> None:
    found = answers("full")
    assert found["Why not a fixed camera?"] == "Standing still explains 2% of what is seen, a camera that travels 92%."
    assert found["Why does it travel?"] == (
        "A camera that only turns explains 40%, one that travels 92%. Residuals of the rigid scene are 2.5 times "
        "smaller with it, at depths that spread by 30%. The median residual goes from 2.50 to 0.20 pixels."
    )
    assert found["Why not a zoom?"].endswith("too little to pay. That this is right has the probability 0.97.")


def test_travel_is_held_against_a_camera_that_stays_though_it_zooms_too() -> None:
    asked = answers("full_zoom", share={"static": 0.02, "rotation": 0.4, "full": 0.92, "full_zoom": 0.93})
    assert asked["Why does it travel?"].startswith("A camera that only turns explains 40%, one that travels 92%.")
    assert asked["Why a zoom?"].startswith("Without a zoom it explains 92% of what is seen, with one 93%.")


def test_a_turning_camera_says_why_it_does_not_travel() -> None:
    found = answers("rotation")
    assert "explain 92% instead of 90%" in found["Why does it not travel?"]
    assert "less than 0.01 of the scene's depth" in found["Why does it not travel?"]


def test_a_fixed_camera_and_a_zoom_have_answers_too() -> None:
    share = {"static": 0.97, "rotation": 0.97, "rotation_zoom": 0.98, "full": 0.97}
    assert "no more than that (97%)" in answers("static", share=share)["Why a fixed camera?"]
    assert "no more (97%)" in answers("static", share=share)["Why does it not travel?"]
    zoomed = answers("rotation_zoom", share=share | {"rotation": 0.3})
    assert zoomed["Why a zoom?"].startswith("Without a zoom it explains 30% of what is seen, with one 98%.")


def test_what_other_answers_there_are_is_said_with_their_probability() -> None:
    found = answers("full", ambiguous=["dolly_zoom"], won="flow", other={"motion_model": "rotation", "status": "ok"})
    said = found["What else might it be?"]
    assert "a camera that travels and zooms, by dense flow (probability 0.10)" in said
    assert "dolly zoom" in said
    assert said.endswith("Dense flow won; tracks alone said a camera that only turns (ok).")
    sole = [{"backend": "sparse", "motion_model": "full", "probability": 1.0, "file": None}]
    assert answers("full", candidates=sole)["What else might it be?"].startswith("No other of the motions")


def test_evidence_against_the_residuals_is_not_hidden() -> None:
    paying = [made_runs.compared("rotation", "full", 0.3, 0.4)]
    assert "by its residuals alone it would pay" in answers("rotation", comparisons=paying)["Why does it not travel?"]


def test_a_model_that_travels_may_be_told_as_static() -> None:
    told = made_runs.evidence("full")
    for shift, question in ((0.001, "Why a model that travels?"), (0.4, "Why does it travel?")):
        entry, description = shot("full", told), describe(made_runs.path(way=(shift, 0, 0)))
        found = {each.question: each.answer for each in reasons(entry, description)}
        assert question in found
        hardly = question.startswith("Why a model")
        assert hardly == found[question].endswith("It does, by too little to be called a move.")
        assert hardly == (description.decisions["Static"].yes is True) == ("Why is it called static?" in found)
        assert hardly == model_words(entry, description).endswith("too little to be called a move")
    assert model_words(shot(None, {})) == ""


def test_residuals_are_those_of_the_model_that_stands() -> None:
    """Travel without a zoom was chosen by other evidence than residuals, which no comparison with it tells."""
    share = {"static": 0.0, "rotation": 0.4, "rotation_zoom": 0.5, "full": 0.92, "full_zoom": 0.95}
    refused = [
        made_runs.compared("rotation", "full", 0.3, -0.2) | {"improvement": 0.47},
        made_runs.compared("rotation", "full_zoom", 0.3, -0.3) | {"improvement": 0.92},
    ]
    found = answers("full", share=share, comparisons=refused)
    why = found["Why does it travel?"]
    assert why.startswith("A camera that only turns explains 40%, one that travels 92%. Residuals of the rigid")
    assert "are 1.6 times smaller" in why
    assert found["Why not a zoom?"].startswith("A zoom as well would explain 95% instead of 92%. That this is right")
    zooms = answers("full_zoom", share=share, comparisons=refused)["Why does it travel?"]
    assert "one that travels 95%. Residuals of the rigid scene are 2.5 times smaller" in zooms
    other = [made_runs.compared("rotation_zoom", "full", 0.3, 0.4)]
    turns = answers("rotation", share=share, comparisons=other)["Why does it not travel?"]
    assert turns.startswith("Travel would explain 92% instead of 40%; by its residuals alone it would pay")


def test_a_model_that_turns_may_be_told_as_static() -> None:
    entry = shot("rotation", made_runs.evidence("rotation"))
    still, hardly, pans, zooms = (
        describe(made_runs.path(pan_deg=pan_deg, zoom=zoom)) for pan_deg, zoom in ((0.1, 1), (2, 1), (20, 1), (0, 1.5))
    )
    assert "static" in still.sentence
    assert "hardly moves" in hardly.sentence
    for description in (still, hardly):
        assert model_words(entry, description) == "a camera that only turns, by too little to be called a move"
    for description in (pans, zooms, None):
        assert model_words(entry, description) == "a camera that only turns"
    assert model_words(shot("static", {}), still) == "a fixed camera"


def test_a_stretch_that_no_sentence_tells_is_no_travel() -> None:
    """A little there and back was "a camera that travels" beside "The camera hardly moves"."""
    entry, description = shot("full", made_runs.evidence("full")), describe(made_runs.there_and_back(0.1))
    assert "hardly moves" in description.sentence
    assert description.segments
    assert model_words(entry, description).endswith("too little to be called a move")
    assert "Why a model that travels?" in {each.question for each in reasons(entry, description)}


@pytest.mark.parametrize("told", [{}, {"tracks": 12}, {"share": {}}, {"share": {"full": None}, "candidates": []}])
def test_a_backend_that_says_little_is_quoted_with_little(told: dict[str, Any]) -> None:
    found = reasons(shot("full", told))
    assert all(each.answer for each in found)
    assert bool(found) == ("share" in told)
    assert not reasons(shot(None, {}))
