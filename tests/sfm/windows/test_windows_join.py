"""Pieces of a shot as one: the path, the most doubtful word, what is sure, and pieces that cannot be joined."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from sfm.runs.estimate import ShotEstimate
from sfm.types import Status
from sfm.windows.join import agreeing, shots_of
from trajectory.frames import anchor_to_first, at_rows
from trajectory.model import Provenance, Trajectory

COUNT = 40


def whole() -> Trajectory:
    time_s = np.arange(COUNT) / 24
    poses = np.tile(np.eye(4), (COUNT, 1, 1))
    poses[:, :3, 3] = np.column_stack([time_s, 0.3 * time_s**2, np.sin(time_s)])
    return Trajectory(world_from_cam=poses, time_s=time_s, valid=np.ones(COUNT, bool), scene_depth=np.full(COUNT, 4.0))


def piece(start: int, stop: int, *, status: Status = "ok", lost: bool = False, **statistics: Any) -> ShotEstimate:
    path = anchor_to_first(at_rows(whole(), np.arange(start, stop)))
    evidence = {
        "status": status,
        "confidence": statistics.get("confidence"),
        "candidates": [{"motion_model": "full", "probability": 0.9}],
    }
    path = path.replace(provenance=Provenance(backend="auto", evidence=evidence))
    return ShotEstimate(
        start=start,
        stop=stop,
        start_s=start / 24,
        end_s=(stop - 1) / 24,
        status="failed" if lost else status,
        reason="" if status == "ok" else "blurred",
        motion_model=None if lost else "full",
        trajectory=None if lost else path,
        registered=0 if lost else stop - start,
        statistics=MappingProxyType({"ran_on": {"tracks": "cpu"}, "noise_px": start, **statistics}),
        seconds=MappingProxyType({"tracks": 1.0}),
        notes=("bars",),
        picture=MappingProxyType(
            {"frame": np.array(2), "rgb": np.zeros((4, 4, 3), np.uint8), "tracks_px": np.zeros(3)}
        ),
    )


def test_pieces_are_one_path_and_as_sure_as_the_least_sure() -> None:
    sure = {"rotation": True, "translation": True}
    first = piece(0, 20, confidence=0.9, probability={"rotation": 0.99, "translation": 0.9}, sure=sure)
    probability = {"rotation": 0.95, "translation": 0.4}
    second = piece(
        12, 30, status="unreliable", confidence=0.5, probability=probability, sure={**sure, "translation": False}
    )
    third = piece(22, COUNT, confidence=0.8, probability=probability, sure=sure)
    (found,) = shots_of([first, second, third])
    assert found.trajectory is not None
    np.testing.assert_allclose(found.trajectory.positions, whole().positions, atol=1e-9)
    assert (found.start, found.stop, found.registered) == (0, COUNT, COUNT)
    assert (found.status, found.reason) == ("unreliable", "frames 12..29: blurred")
    assert found.statistics["confidence"] == 0.5
    assert found.statistics["probability"] == {"rotation": 0.95, "translation": 0.4}
    assert found.statistics["sure"] == {"rotation": True, "translation": False}
    assert "noise_px" not in found.statistics
    assert [(w["start"], w["stop"]) for w in found.statistics["windows"]] == [(0, 20), (12, 30), (22, 40)]
    assert [seam["start"] for seam in found.statistics["seams"]] == [12, 22]
    assert found.seconds["tracks"] == 3.0
    assert set(found.picture) == {"frame", "rgb"}
    assert found.trajectory.provenance is not None
    evidence = found.trajectory.provenance.evidence
    assert (evidence["status"], evidence["confidence"]) == ("unreliable", 0.5)
    assert "candidates" not in evidence


def test_a_reason_of_many_pieces_is_told_once() -> None:
    reasons = ("flat (0.30)", "blurred", "flat (0.30)", "flat (0.28)")
    starts = (0, 10, 20, 25)
    pieces = [
        replace(piece(at, at + 15, status="unreliable"), reason=why) for at, why in zip(starts, reasons, strict=True)
    ]
    (found,) = shots_of(pieces)
    assert found.reason == (
        "frames 0..14, 20..34: flat (0.30); frames 25..39: the same, with other numbers; frames 10..24: blurred"
    )


def test_one_piece_stays_as_it_is() -> None:
    first = piece(0, 20)
    assert shots_of([first]) == (first,)


def test_a_piece_without_neighbours_keeps_its_answer_though_another_is_likelier() -> None:
    alone = piece(0, 20)
    assert alone.trajectory is not None
    told = [{"motion_model": "full", "probability": 0.1}, {"motion_model": "rotation", "probability": 0.9}]
    path = alone.trajectory.replace(provenance=Provenance(backend="auto", evidence={"candidates": told}))
    alone = replace(alone, trajectory=path, alternatives=(path.replace(scale="arbitrary"),))
    assert agreeing([alone]) == [alone]
    assert agreeing([alone, piece(12, 30, lost=True)])[0] is alone
    own = alone.candidates
    assert (own.own, [share for share, _ in own.others]) == (0.1, [0.9])
    assert replace(alone, alternatives=()).candidates.others == ()


def test_the_unit_of_the_first_piece_is_as_well_known_as_before() -> None:
    first = piece(0, 20)
    assert first.trajectory is not None
    assert first.trajectory.provenance is not None
    evidence = {**first.trajectory.provenance.evidence, "depth_quantiles": [2.0, 4.0, 9.0]}
    path = first.trajectory.replace(provenance=Provenance(backend="auto", evidence=evidence))
    (found,) = shots_of([replace(first, trajectory=path), piece(12, 30)])
    assert found.trajectory is not None
    assert found.trajectory.provenance is not None
    assert found.trajectory.provenance.evidence["depth_quantiles"] == [2.0, 4.0, 9.0]


def test_what_is_told_counts_frames_of_the_clip() -> None:
    first, second = piece(0, 20), piece(12, 30)
    first = replace(first, start=100, stop=120, notes=("bars", "2 of 20 frames are blank"))
    second = replace(second, start=112, stop=130, notes=("bars", "1 of 18 frames are blank"))
    (found,) = shots_of([first, second])
    assert [(seam["start"], seam["stop"]) for seam in found.statistics["seams"]] == [(112, 120)]
    own = ("frames 100..119: 2 of 20 frames are blank", "frames 112..129: 1 of 18 frames are blank")
    assert found.notes == ("bars", *own)
    lost = shots_of([piece(0, 20, lost=True), piece(12, 30)])
    assert lost[1].start_s == pytest.approx(20 / 24)
    assert shots_of([piece(0, 20), piece(12, 30, lost=True)])[1].start_s == pytest.approx(20 / 24)


def test_an_answer_that_its_neighbours_contradict_gives_way_to_one_that_fits() -> None:
    first, second, third = piece(0, 20), piece(12, 30), piece(22, COUNT)
    assert second.trajectory is not None
    told = [{"motion_model": "rotation", "probability": 0.6}, {"motion_model": "full", "probability": 0.2}]
    still = np.where(np.arange(4) == 3, np.eye(4), second.trajectory.world_from_cam)
    provenance = Provenance(backend="auto", evidence={"status": "ok", "candidates": told})
    at_rest = second.trajectory.replace(
        world_from_cam=still, scale="bounded", translation_bound=0.1, provenance=provenance
    )
    doubtful = replace(second, trajectory=at_rest, motion_model="rotation", alternatives=(second.trajectory,))
    (found,) = shots_of([first, doubtful, third])
    assert found.trajectory is not None
    np.testing.assert_allclose(found.trajectory.positions, whole().positions, atol=1e-9)
    assert [window["motion_model"] for window in found.statistics["windows"]] == ["full", "full", "full"]
    assert found.status == "unreliable"
    assert found.reason == "frames 12..29: the parts beside it contradict its own answer (rotation)"
    alone = agreeing([doubtful])
    assert alone[0].motion_model == "rotation"


def test_pieces_that_contradict_each_other_are_not_vouched_for() -> None:
    second = piece(12, COUNT)
    assert second.trajectory is not None
    bent = second.trajectory.world_from_cam.copy()
    bent[:8, :3, 3] = bent[:8, :3, 3][::-1]
    (found,) = shots_of([piece(0, 20), replace(second, trajectory=second.trajectory.replace(world_from_cam=bent))])
    assert found.status == "unreliable"
    assert "differ in frames 12..19, which both saw" in found.reason


def test_a_piece_without_a_path_parts_the_shot_and_no_frame_is_told_twice() -> None:
    found = shots_of([piece(0, 20), piece(12, 30, lost=True), piece(22, COUNT)])
    assert [(shot.start, shot.stop, shot.status) for shot in found] == [
        (0, 20, "ok"),
        (20, 30, "failed"),
        (30, 40, "ok"),
    ]
    together = shots_of([piece(0, 20, lost=True), piece(12, 30, lost=True), piece(22, 40, lost=True)])
    assert [(shot.start, shot.stop, shot.status) for shot in together] == [(0, 40, "failed")]
    last = found[2]
    assert last.trajectory is not None
    assert (len(last.trajectory), last.registered, last.start_s) == (10, 10, 30 / 24)
    assert "not joined to the part of the shot before it" in last.notes[-1]
