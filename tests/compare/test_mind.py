"""mind-rpe: the published loops to 1e-9, its floors, and its groups."""

import json
from pathlib import Path

import numpy as np
import published_forms
import pytest
from paths import elsewhere, one, path, smooth

from compare.mind import bucket, umeyama
from compare.scoring import score


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("frames", [12, 30, 210])
def test_the_published_form(seed: int, frames: int) -> None:
    a, b = smooth(seed, frames), elsewhere(smooth(seed + 1, frames - 2), seed)
    expected = published_forms.mind(a.world_from_cam, b.world_from_cam)
    assert one(a, b, "mind-rpe") == {name: pytest.approx(value, abs=1e-9) for name, value in expected.items()}


def test_umeyama_undoes_a_similarity_and_never_reflects() -> None:
    points = np.random.default_rng(0).normal(size=(20, 3))
    rotation = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    scale, found, shift = umeyama(points, 3 * points @ rotation.T + [1, 2, 3])
    assert scale == pytest.approx(3)
    np.testing.assert_allclose(found, rotation, atol=1e-9)
    np.testing.assert_allclose(shift, [1, 2, 3], atol=1e-9)
    assert np.linalg.det(umeyama(points, points * [1, 1, -1])[1]) == pytest.approx(1)


def test_errors_are_in_the_unit_of_the_reference() -> None:
    a, b = smooth(1), smooth(2)
    ten = a.replace(world_from_cam=a.world_from_cam * np.array([[1, 1, 1, 10.0]] * 3 + [[1, 1, 1, 1]]))
    once, more = one(a, b, "mind-rpe"), one(ten, b, "mind-rpe")
    assert more["RPE_t_mean"] == pytest.approx(10 * once["RPE_t_mean"])
    assert more["RPE_r_mean"] == pytest.approx(once["RPE_r_mean"])


def test_of_few_steps_nothing_is_said() -> None:
    found = one(smooth(1, 8), smooth(2, 8), "mind-rpe")
    assert "7 steps are left, fewer than the 8" in found["RPE_t_mean"]["undefined"]
    turned = path(np.zeros((12, 3)), np.outer(np.arange(12) % 2, [0, np.pi, 0]))
    assert (
        "0 steps are left"
        in one(path(np.zeros((12, 3)), np.zeros((12, 3))), turned, "mind-rpe")["RPE_r_mean"]["undefined"]
    )


def test_a_hole_is_no_step() -> None:
    a, b = smooth(1), smooth(2)
    valid = np.ones(40, dtype=bool)
    valid[10:20] = False
    result = score(a, b.replace(valid=valid), protocol="mind-rpe")
    (row,) = result.clips.values()
    assert row.facts["steps"] == 9 + 19


def test_groups_by_action(tmp_path: Path) -> None:
    data = [{"time": i, "ws": int(i < 25), "ad": 0, "ud": 0, "lr": 2 * int(i >= 15)} for i in range(45)]
    file = tmp_path / "action.json"
    file.write_text(json.dumps({"mark_time": 5, "total_time": 45, "data": data}))
    a, b = smooth(1), smooth(2)
    (row,) = score(a, b, protocol="mind-rpe", actions=file).clips.values()
    groups = row.facts["groups"]
    before = smooth(3, 5)  # a reference that is the whole clip begins at the mark
    whole = path(np.zeros((45, 3)), np.zeros((45, 3)))
    whole = whole.replace(world_from_cam=np.concatenate([before.world_from_cam, a.world_from_cam]))
    (same,) = score(whole, b, protocol="mind-rpe", actions=file).clips.values()
    assert same.scores["RPE_t_mean"].value == row.scores["RPE_t_mean"].value
    te, re = published_forms.mind_steps(a.world_from_cam, b.world_from_cam)
    assert groups["translation"] == groups["act:forward"]
    assert groups["act:forward"]["count"] == 10
    assert groups["act:forward"]["RPE_t_mean"] == pytest.approx(np.mean(te[:10]), abs=1e-9)
    assert groups["act:forward+look_right"]["RPE_r_median"] == pytest.approx(np.median(re[10:20]), abs=1e-9)
    assert groups["act:look_right"]["count"] == 19
    assert "rotation" not in groups  # the script's own words for looks are not on its list
    assert groups["other"]["count"] == 29


def test_a_look_of_another_layout_is_no_move(tmp_path: Path) -> None:
    file = tmp_path / "turns.json"
    turns = [{"action": "A", "start": 0, "end": 20}, {"action": "right", "start": 20, "end": 40}]
    file.write_text(json.dumps({"turns": turns}))
    (row,) = score(smooth(1), smooth(2), protocol="mind-rpe", actions=file).clips.values()
    found = {name: group["count"] for name, group in row.facts["groups"].items()}
    assert found == {"act:A": 20, "act:look_right": 19, "other": 19, "translation": 20}


def test_what_the_reference_lacks_is_not_the_models_fault() -> None:
    late = smooth(1).replace(valid=np.arange(40) >= 20)
    said = score({"x": late}, {"x": smooth(2, 20)}, protocol="mind-rpe").to_json()
    assert said["summary"]["faults"] == {"model": [], "instrument": ["x"], "unmatched": []}


def test_buckets_are_those_of_the_script() -> None:
    words = ("forward", "W", "cam_left", "pitch_down", "look_left", "forward+left", "no_op")
    assert [bucket(word) for word in words] == ["translation"] * 2 + ["rotation"] * 2 + ["other"] * 3
