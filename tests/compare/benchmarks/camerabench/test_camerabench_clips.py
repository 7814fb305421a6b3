"""From runs and descriptions to what the benchmark needs of each clip."""

import json
from pathlib import Path

import pytest
from moves import FRAMES, MOVES, write_run

from compare.benchmarks.camerabench.clips import clip_of_trajectory, clips_from_descriptions, clips_from_runs
from trajectory import io
from trajectory.errors import CinetrajError, ReadError
from trajectory.model import Provenance
from trajectory.probabilities import MOVES as USUAL


def test_a_run_that_lost_its_path_did_not_fail(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "run.json").write_text(json.dumps({"status": "unreliable", "reason": "may be wrong"}))
    assert clips_from_runs(tmp_path)["a"].failure == "has no trajectory.npz"


def test_runs_several_shots_count_by_their_longest(tmp_path: Path) -> None:
    write_run(tmp_path, "whole.1", MOVES["Pan_Left"])
    write_run(tmp_path, "failed", None, reason="no texture")
    write_run(tmp_path, "cut", None, reason="", frames=FRAMES)
    for shot, move, frames in (("shot-000", "Zoom_In", 20), ("shot-001", "Tilt_Up", 50), ("shot-002", "Static", 3)):
        write_run(tmp_path / "cut", shot, MOVES[move], frames=frames)
    write_run(tmp_path, ".hidden.new-1", MOVES["Pan_Left"])
    (tmp_path / "no_run").mkdir()
    seen: list[tuple[int, int]] = []
    clips = clips_from_runs(tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert sorted(clips) == ["cut", "failed", "whole.1"]
    assert (clips["cut"].shots, clips["whole.1"].shots, clips["failed"].failure) == (3, 1, "no texture")
    best = {n: max(c.camera["scores"], key=c.camera["scores"].get) for n, c in clips.items() if c.camera}  # type: ignore[arg-type]
    assert best == {"cut": "Tilt_Up", "whole.1": "Pan_Left"}
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_what_the_estimator_held_for_possible_is_read_with_the_run(tmp_path: Path) -> None:
    entries = [{"probability": 0.6, "file": None}, {"probability": 0.4, "file": "alternatives/1.npz"}]
    told = MOVES["Static"].replace(
        scale="bounded", translation_bound=float("inf"), provenance=Provenance(evidence={"candidates": entries})
    )
    write_run(tmp_path, "clip", told)
    (tmp_path / "clip" / "alternatives").mkdir()
    io.write(MOVES["Move_In"], tmp_path / "clip" / "alternatives" / "1.npz", format="native")
    camera = clips_from_runs(tmp_path)["clip"].camera
    whole = clip_of_trajectory("whole", MOVES["Move_In"]).camera
    assert camera is not None
    assert whole is not None
    assert camera["scores"]["Move_In"] == pytest.approx(0.4 * whole["scores"]["Move_In"])
    assert camera["decisions"]["Move_In"]["probability"] == pytest.approx(0.4 + 0.6 * USUAL)  # the rest is as usual


def test_a_run_that_cannot_be_read_fails_alone(tmp_path: Path) -> None:
    write_run(tmp_path, "good", MOVES["Static"])
    write_run(tmp_path, "torn", MOVES["Static"])
    (tmp_path / "torn" / "trajectory.npz").write_bytes(b"PK")
    write_run(tmp_path, "cut", MOVES["Static"])
    (tmp_path / "cut" / "run.json").write_text('{"status": ')
    clips = clips_from_runs(tmp_path)
    assert clips["good"].failure is None
    assert "trajectory.npz" in str(clips["torn"].failure)
    assert "run.json: is no JSON file" in str(clips["cut"].failure)
    with pytest.raises(ReadError, match=r"holds no NAME/run\.json"):
        clips_from_runs(tmp_path / "good")


def test_descriptions_instead_of_runs() -> None:
    camera = clip_of_trajectory("Pan_Left", MOVES["Pan_Left"]).camera
    assert camera is not None
    clips = clips_from_descriptions({"a": camera, "b": {"failed": "black"}})
    assert (clips["a"].camera, clips["b"].failure) == (camera, "black")
    for bad in ({"a": {"x": 1}}, {"a/shot-000": camera}):
        with pytest.raises(CinetrajError):
            clips_from_descriptions(bad)
