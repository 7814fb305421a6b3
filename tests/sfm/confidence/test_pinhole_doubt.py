"""What a result is worth where no pinhole took the pictures."""

import pytest
from known_backend import answer, frames, working_trajectory

from sfm.confidence.pinhole_doubt import doubted
from trajectory.model import Provenance

SAID = {
    "confidence": 0.8,
    "probability": {"rotation": 0.9, "translation": 0.5, "zoom": 0.9, "rigid": 0.7},
    "sure": {"rotation": True, "translation": False, "zoom": True},
}


def test_a_doubted_result_keeps_its_numbers_and_vouches_for_none():
    given = answer(frames(), statistics=SAID, trajectory=working_trajectory(frames()))
    found = doubted(given, "two views")
    assert (found.status, found.reason) == ("unreliable", "two views")
    assert found.statistics["confidence"] == pytest.approx(0.08)
    assert found.statistics["probability"] == pytest.approx(
        {"rotation": 0.09, "translation": 0.05, "zoom": 0.09, "rigid": 0.7}
    )
    assert not any(found.statistics["sure"].values())
    assert found.trajectory is not None
    assert found.trajectory.provenance is not None
    assert found.trajectory.provenance.evidence == {"confidence": pytest.approx(0.08), "status": "unreliable"}


def test_what_was_not_said_is_not_made_up():
    bare = working_trajectory(frames()).replace(provenance=Provenance())
    found = doubted(answer(frames(), "partial", "a gap", trajectory=bare, statistics={}), "two views")
    assert (found.statistics, found.reason) == ({}, "two views; and whatever it is, a gap")


def test_what_failed_stays_failed():
    assert doubted(answer(frames(), "failed", "nothing to follow"), "two views").status == "failed"
