"""Every path of a set against every other one."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paths import elsewhere, smooth

import compare.all_pairs as of_all_pairs
import compare.laid as laid
from compare.all_pairs import all_pairs
from compare.scoring import score
from trajectory import io
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory
from trajectory.resample import at_times

BASE = smooth(1, 40)
SLOW = BASE.replace(time_s=3 * np.array(BASE.time_s))
SET = {
    "base": BASE,
    "elsewhere, larger": elsewhere(BASE, 3),
    "slower": SLOW,
    "bent": BASE.replace(
        world_from_cam=np.array(BASE.world_from_cam)
        + np.pad(np.linspace(0, 0.02, 40)[:, None, None] * np.ones((40, 3, 1)), ((0, 0), (0, 1), (3, 0)))
    ),
    "another": smooth(2, 40),
}


def test_one_pose_is_like_itself() -> None:
    one = smooth(1)
    single = Trajectory(world_from_cam=one.world_from_cam[:1], time_s=one.time_s[:1], valid=np.ones(1, bool))
    found = all_pairs({"a": single, "b": single, "c": smooth(2)}, "RotErr")
    assert found.values[0, 0] == found.values[0, 1] == 0


def test_duplicates_are_found_at_any_scale_and_speed_and_near_misses_beside_them() -> None:
    found = all_pairs(SET)
    assert found.names == tuple(SET)
    assert np.abs(np.diag(found.values)).max() < 1e-9
    alike = found.alike()
    assert {frozenset(pair[:2]) for pair in alike["duplicates"]} == {
        frozenset(pair) for pair in (("base", "elsewhere, larger"), ("base", "slower"), ("elsewhere, larger", "slower"))
    }
    assert {frozenset(pair[:2]) for pair in alike["near"]} == {
        frozenset((name, "bent")) for name in ("base", "elsewhere, larger", "slower")
    }
    assert all("another" not in pair for kind in alike.values() for pair in kind)
    assert found.nearest(1)["bent"][0][0] in ("base", "elsewhere, larger", "slower")


def test_the_protocol_says_whether_time_matters() -> None:
    by_clock = all_pairs(SET, "RotErr", time="seconds")
    assert by_clock.values[0, 2] > 1
    assert by_clock.values[0, 1] < 1e-4


def test_the_values_are_those_of_a_single_comparison() -> None:
    found = all_pairs({"a": smooth(1), "b": smooth(2)}, "TransErr")
    one = score({"x": smooth(1)}, {"x": smooth(2)}, time="progress").to_json()
    assert found.values[0, 1] == pytest.approx(one["clips"]["x"]["TransErr"])


def test_the_files_hold_the_matrix(tmp_path: Path) -> None:
    silent = smooth(4).replace(valid=np.zeros(40, dtype=bool))
    found = all_pairs({**SET, "silent": silent})
    assert found.failed == {"silent": "no frame has a pose"}
    files = found.save(tmp_path / "out")
    assert [file.name for file in files] == ["matrix.csv", "matrix.npz", "matrix.json", "matrix.png"]
    rows = list(csv.reader((tmp_path / "out" / "matrix.csv").open()))
    assert rows[0] == ["reference", *SET]
    np.testing.assert_array_equal(np.array([row[1:] for row in rows[1:]], dtype=float), found.values)
    with np.load(tmp_path / "out" / "matrix.npz") as data:
        np.testing.assert_array_equal(data["values"], found.values)
        assert list(data["names"]) == list(SET)
    said = json.loads((tmp_path / "out" / "matrix.json").read_text())
    assert said["duplicates"][0][:2]
    assert (tmp_path / "out" / "matrix.png").read_bytes().startswith(b"\x89PNG")


def test_a_metric_that_is_undefined_for_some_leaves_a_hole() -> None:
    found = all_pairs({"a": smooth(1), "b": smooth(2)}, "ZoomErr")
    assert np.isnan(found.values).all()
    assert found.nearest() == {"a": [], "b": []}
    assert found.alike() == {"duplicates": [], "near": []}
    assert found.to_json()["values"] == [[None, None], [None, None]]


def test_what_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="expected at least 2"):
        all_pairs({"a": smooth(1)})
    with pytest.raises(CinetrajError, match="take strict"):
        all_pairs(SET, protocol="cinetechbench-compat", time=None)
    with pytest.raises(CinetrajError, match="not one of poses"):
        all_pairs(SET, "Beauty")
    io.write(at_times(BASE, BASE.time_s[:10]), tmp_path / "a.npz", format="native")
    (tmp_path / "b.txt").write_text("no path\n")
    with pytest.raises(CinetrajError, match=r"1 clip can be read.*b: "):
        all_pairs(tmp_path)


def test_one_path_meets_many_at_once_and_no_more_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {str(seed): smooth(seed, 40) for seed in range(6)}
    whole = all_pairs(paths)
    called: list[int] = []
    own = laid._laid

    def counted(rows: tuple[int, ...], *args: Any) -> laid.Together:
        called.append(len(rows))
        return own(rows, *args)

    monkeypatch.setattr(laid, "_laid", counted)
    all_pairs(paths)
    assert called == [6] * 6
    called.clear()
    monkeypatch.setattr(of_all_pairs, "FRAMES_AT_ONCE", 160)
    np.testing.assert_array_equal(all_pairs(paths).values, whole.values)
    assert called == [2] * 18
