"""A clip that falls into shots is matched by the one that covers most of it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paths import smooth

from compare.scoring import score
from compare.shots import best_shot
from compare.sources import clips
from trajectory import io
from trajectory.model import Trajectory

FRAMES = 40


def part(whole: Trajectory, start: int, stop: int) -> Trajectory:
    return Trajectory(
        world_from_cam=whole.world_from_cam[start:stop],
        time_s=whole.time_s[start:stop],
        valid=whole.valid[start:stop],
    )


def cut(folder: Path, whole: Trajectory, *spans: tuple[int, int], failed: tuple[int, ...] = ()) -> None:
    """The run of a clip of several shots."""
    shots: list[dict[str, Any]] = []
    for k, (start, stop) in enumerate(spans):
        status = "failed" if k in failed else "ok"
        inner = folder / f"shot-{k:03d}"
        inner.mkdir(parents=True)
        (inner / "run.json").write_text(json.dumps({"status": status, "reason": ""}))
        if k not in failed:
            io.write(part(whole, start, stop), inner / "trajectory.npz", format="native")
        times = {"start_s": float(whole.time_s[start]), "end_s": float(whole.time_s[stop - 1])}
        place = {"name": inner.name, "status": status, "start": start, "stop": stop, "frames": stop - start}
        shots.append({**place, **times})
    (folder / "run.json").write_text(json.dumps({"status": "ok", "reason": "", "shots": shots}))


def test_the_longest_shot_is_compared_at_its_own_place_in_time(tmp_path: Path) -> None:
    whole = smooth(3, FRAMES)
    cut(tmp_path / "a", whole, (0, 4), (4, 34), (34, FRAMES))
    result = score({"a": whole}, tmp_path)
    clip = result.clips["a"]
    assert not clip.failed
    assert clip.dropped["RotErr"].value == pytest.approx(0, abs=1e-6)  # not shifted by the four frames before it
    assert clip.facts["compared"] == pytest.approx(29 / 39, abs=0.03)
    assert clip.facts["undetermined"] == pytest.approx(10 / 39, abs=0.03)  # a cut may be ours: nobody is charged
    assert clip.charged["RotErr"].value == pytest.approx(0, abs=1e-6)
    (note,) = [note for note in clip.notes if "cut into" in note]
    assert "the generated clip was cut into 3 shots; shot-001, 75% of it" in note
    assert "--no-split-shots" in note


def test_the_other_shots_of_a_reference_are_charged_to_nobody(tmp_path: Path) -> None:
    whole = smooth(3, FRAMES)
    cut(tmp_path / "a", whole, (0, 10), (10, FRAMES))
    result = score(tmp_path, {"a": whole})
    assert result.to_json()["summary"]["RotErr"] == pytest.approx(0, abs=1e-6)
    told = result.clips["a"].facts
    assert told["compared"] == pytest.approx(1 - 10 / FRAMES, abs=0.05)
    assert told["compared"] + told["undetermined"] == pytest.approx(1)


def test_a_shot_without_a_trajectory_is_not_chosen(tmp_path: Path) -> None:
    cut(tmp_path / "a", smooth(3, FRAMES), (0, 25), (25, FRAMES), failed=(0,))
    (clip,) = clips(tmp_path)[0].values()
    assert clip.shot is not None
    assert (clip.shot.name, clip.shot.before, clip.shot.after) == ("shot-001", 25, 0)
    assert len(clip.load()) == FRAMES
    np.testing.assert_array_equal(clip.load().valid, np.arange(FRAMES) >= 25)


def test_where_no_shot_has_one_the_clip_failed(tmp_path: Path) -> None:
    cut(tmp_path / "a", smooth(3, FRAMES), (0, 25), (25, FRAMES), failed=(0, 1))
    (clip,) = clips(tmp_path)[0].values()
    assert "estimation failed" in clip.failed
    assert best_shot(tmp_path / "a", {}) is None
