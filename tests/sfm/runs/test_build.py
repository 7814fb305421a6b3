"""Estimates that other programs made."""

import numpy as np
import pytest
from made_shots import trajectory

from sfm.runs.build import Origin, failed, of_trajectory
from trajectory.model import Provenance

ORIGIN = Origin(source="clip.mp4", backend="megasam", config={"format": "megasam"}, seed=3, seconds={"run": 2.0})


@pytest.mark.parametrize(("missing", "status"), [(0, "ok"), (1, "partial"), (4, "partial"), (5, "failed")])
def test_the_status_is_that_of_the_frames(missing: int, status: str) -> None:
    valid = np.arange(5) >= missing
    found = of_trajectory(trajectory().replace(world_from_cam=np.tile(np.eye(4), (5, 1, 1)), valid=valid), ORIGIN)
    assert found.status == status
    assert found.reason == ("" if not missing else f"{missing} of 5 frames have no pose")
    assert (found.shots[0].trajectory is None) == (status == "failed")
    assert found.to_json()["registered"] == 5 - missing


def test_the_trajectory_says_who_made_it_and_what_its_reader_saw() -> None:
    read = Provenance(source="x_droid.npz", config={"axes": "opencv"}, evidence={"confidence": 0.5})
    found = of_trajectory(trajectory().replace(provenance=read), ORIGIN).trajectory
    assert found is not None
    assert found.provenance is not None
    assert (found.provenance.backend, found.provenance.source, found.provenance.seed) == ("megasam", "clip.mp4", 3)
    assert found.provenance.config == {"format": "megasam", "read": {"file": "x_droid.npz", "axes": "opencv"}}
    assert found.provenance.evidence == {"status": "partial", "confidence": 0.5}


@pytest.mark.parametrize(
    ("told", "missing", "status"),
    [("unreliable", 0, "unreliable"), ("unreliable", 1, "unreliable"), ("ok", 0, "ok"), ("ok", 1, "partial")],
)
def test_a_file_that_calls_itself_unreliable_stays_so_and_all_say_the_same(
    told: str, missing: int, status: str
) -> None:
    """The run was ok beside a file and a sentence that were not."""
    read = trajectory().replace(
        world_from_cam=np.tile(np.eye(4), (5, 1, 1)),
        valid=np.arange(5) >= missing,
        provenance=Provenance(evidence={"status": told}),
    )
    found = of_trajectory(read, ORIGIN)
    assert found.status == status
    path = found.shots[0].trajectory
    assert path is not None
    assert path.provenance is not None
    assert path.provenance.evidence["status"] == status
    assert ("says so of itself" in found.reason) == (status == "unreliable")
    assert ("1 of 5 frames have no pose" in found.reason) == (missing == 1)


def test_a_clip_that_gave_nothing_is_a_record_all_the_same() -> None:
    record = failed("out of memory", ORIGIN).to_json()
    assert (record["status"], record["reason"], record["frames"]) == ("failed", "out of memory", 0)
    assert record["seconds"] == {"total": 0.0, "run": 2.0}
    assert record["config"] == {"format": "megasam"}
