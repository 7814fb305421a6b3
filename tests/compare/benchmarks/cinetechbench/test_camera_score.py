"""CineTechBench as published: its laws, an independent transcription in torch, and the golden values."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import elsewhere, monst3r_text, path, smooth

from compare.benchmarks.cinetechbench import camera_score as cinetechbench
from compare.scoring import score
from trajectory.errors import CinetrajError, ReadError
from trajectory.frames import anchor_to_first

seeds = st.integers(0, 2**32 - 1)


@given(st.integers(1, 60), st.integers(1, 60), seeds)
@settings(max_examples=40, deadline=None)
def test_interpolation_is_torchs(n: int, count: int, seed: int) -> None:
    torch = pytest.importorskip("torch")
    rows = np.random.default_rng(seed).normal(size=(n, 8))
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(rows).T[None], size=count, mode="linear", align_corners=True
    )[0].T.numpy()
    # Where a row falls is rounded: torch may fuse that product, so the last digits differ.
    np.testing.assert_allclose(cinetechbench.interpolate_rows(rows, count), expected, rtol=0, atol=1e-12)


def test_a_path_against_itself_is_zero_in_every_mode() -> None:
    rows = cinetechbench.rows_like_monst3r(smooth(1))
    for time in ("truncate", "downsample"):
        for scale in ("relative", "absolute"):
            errors = cinetechbench.evaluate(rows, rows, time=time, scale=scale)
            assert errors["TransErr"].sum() == 0
            assert errors["CamMC"].sum() == 0
            assert errors["RotErr"].sum() < 1e-5  # arccos is steep near one


def test_the_two_misreadings_cancel_in_rot_err_and_not_in_trans_err() -> None:
    # A pan of 30 degrees while trucking, seen from worlds whose origins differ: the same motion.
    n = 49
    u = np.linspace(0, 1, n)
    motion = path(np.stack([u, 0 * u, 0 * u], 1), np.stack([0 * u, np.radians(30) * u, 0 * u], 1))
    here = _unanchored_rows(motion)
    there = here.copy()
    there[:, 1:4] += [10.0, 0.0, 10.0]
    errors = cinetechbench.evaluate(here, there)
    assert errors["RotErr"].sum() < 1e-5
    assert errors["TransErr"].sum() > 1


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_rot_err_does_not_see_the_gauge(seed: int) -> None:
    a, b = smooth(seed), smooth(seed + 1)
    one = cinetechbench.evaluate(_unanchored_rows(a), _unanchored_rows(b))["RotErr"].sum()
    two = cinetechbench.evaluate(_unanchored_rows(elsewhere(a, seed)), _unanchored_rows(elsewhere(b, seed + 5)))[
        "RotErr"
    ]
    assert two.sum() == pytest.approx(one, abs=1e-6)


def _unanchored_rows(trajectory) -> np.ndarray:
    return np.array([[float(word) for word in line.split()] for line in monst3r_text(trajectory).splitlines()])


def test_a_trajectory_from_elsewhere_is_laid_out_as_monst3r_writes_it() -> None:
    moved = elsewhere(smooth(3), 4)
    valid = np.ones(len(moved), dtype=bool)
    valid[[0, 7]] = False
    rows = cinetechbench.rows_like_monst3r(moved.replace(valid=valid))
    np.testing.assert_array_equal(rows[:, 0], np.flatnonzero(valid))
    np.testing.assert_allclose(rows[0, 1:], [0, 0, 0, 1, 0, 0, 0], atol=1e-12)
    assert (np.einsum("ni,ni->n", rows[1:, 4:], rows[:-1, 4:]) > 0).all()  # no sign flips between frames
    with pytest.raises(CinetrajError, match="no frame has a pose"):
        cinetechbench.rows_like_monst3r(moved.replace(valid=np.zeros(len(moved), dtype=bool)))


def test_a_trajectory_and_its_file_give_the_same_score_and_the_output_says_what_was_done(tmp_path: Path) -> None:
    a, b = anchor_to_first(smooth(5)), anchor_to_first(smooth(6, 30))
    for name, item in (("a", a), ("b", b)):
        (tmp_path / f"{name}.txt").write_text(monst3r_text(item))
    files = score(tmp_path / "a.txt", tmp_path / "b.txt", protocol="cinetechbench-compat", time="downsample").to_json()
    values = score(a, b, protocol="cinetechbench-compat", time="downsample").to_json()
    (from_files,), (from_values,) = files["clips"].values(), values["clips"].values()
    for metric in cinetechbench.METRICS:
        assert from_values[metric] == pytest.approx(from_files[metric], rel=1e-9, abs=1e-6)
    assert not any("laid out" in note for note in files["protocol"]["notes"])
    assert any("laid out as MonST3R writes it" in note for note in values["protocol"]["notes"])


def test_a_note_that_holds_for_many_clips_is_said_once() -> None:
    clips = {name: smooth(seed) for seed, name in enumerate("abcde")}
    notes = score(clips, clips, protocol="cinetechbench-compat").to_json()["protocol"]["notes"]
    assert [note for note in notes if "generated clip was laid out" in note and "(a, b, c and 2 more)" in note]
    assert len(notes) == len(set(notes)) == 4


def test_swapping_the_order_of_the_quaternion_changes_the_score(tmp_path: Path) -> None:
    a, b = _unanchored_rows(elsewhere(smooth(5), 1)), _unanchored_rows(elsewhere(smooth(6), 2))
    swapped = b[:, [0, 1, 2, 3, 5, 6, 7, 4]]
    before, after = cinetechbench.evaluate(a, b), cinetechbench.evaluate(a, swapped)
    assert abs(after["RotErr"].sum() - before["RotErr"].sum()) > 0.1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no rows"),
        ("0 0 0 0 1 0 0\n", "7 columns"),
        ("0 0 0 0 1 0 0 0\n1 0 0 0 nan 0 0 0\n", ":2: has a value that is not finite"),
        ("0 0 0 0 0 0 0 0\n", "quaternion of zeros"),
        ("0 0 0 0 1 0 0 x\n", "expected numbers"),
    ],
)
def test_rows_that_are_none_are_refused_with_the_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "pred_traj.txt"
    file.write_text(text)
    with pytest.raises(ReadError, match=message):
        cinetechbench.read_rows(file)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_rows_may_have_been_saved_by_windows(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "pred_traj.txt"
    file.write_text("0 0 0 0 1 0 0 0\n1 0 0 1 1 0 0 0\n", encoding=encoding)
    assert cinetechbench.read_rows(file)[1].tolist() == [1, 0, 0, 1, 1, 0, 0, 0]


def test_other_associations_are_refused() -> None:
    with pytest.raises(CinetrajError, match="truncate or downsample"):
        score(smooth(1), smooth(2), protocol="cinetechbench-compat", time="seconds")


def test_one_frame_is_enough_for_the_published_script() -> None:
    rows = cinetechbench.rows_like_monst3r(smooth(1))[:1]
    errors = cinetechbench.evaluate(rows, rows)
    assert {name: value.tolist() for name, value in errors.items()} == {"RotErr": [0], "TransErr": [0], "CamMC": [0]}


@pytest.mark.parametrize(
    "mode", ["truncate/relative", "truncate/absolute", "downsample/relative", "downsample/absolute"]
)
def test_golden_values(shared: Path, mode: str) -> None:
    golden = shared / "golden" / "cinetechbench"
    expected = json.loads((golden / "expected.json").read_text())[mode]
    time, scale = mode.split("/")
    options = {"protocol": "cinetechbench-compat", "time": time, "scale": scale}
    got = score(golden / "original_clips", golden / "generated", **options).to_json()
    assert set(got["clips"]) == set(expected["clips"])
    for name, numbers in expected["clips"].items():
        if numbers is None:
            assert got["clips"][name] == {"failed": "no generated clip has this name"}
            continue
        alone = score(
            golden / "original_clips" / name / "pred_traj.txt",
            golden / "generated" / f"gen_720p_{name}" / "pred_traj.txt",
            **options,
        ).to_json()
        (single,) = alone["clips"].values()
        for found in (got["clips"][name], single):
            for metric, value in numbers["unrounded"].items():
                tolerance = 1e-6 if metric == "RotErr" else 0.0
                assert found[metric] == pytest.approx(value, rel=1e-9, abs=tolerance), (name, metric)
    assert got["summary"]["published"] == expected["summary"]
    assert got["coverage"] == {"ok": 11, "all": 12}
    unrounded = [numbers["unrounded"]["TransErr"] for numbers in expected["clips"].values() if numbers]
    assert got["summary"]["TransErr"] == pytest.approx(np.mean(unrounded), rel=1e-9)


def test_the_world_of_a_real_file_matters_to_the_published_score(shared: Path) -> None:
    # The golden files are not anchored: laying them out anew is another number, so raw rows must be consumed raw.
    golden = shared / "golden" / "cinetechbench"
    raw = cinetechbench.read_rows(golden / "original_clips" / "orbit" / "pred_traj.txt")
    pred = cinetechbench.read_rows(golden / "generated" / "gen_720p_orbit" / "pred_traj.txt")
    from trajectory.io import read

    anchored = cinetechbench.rows_like_monst3r(
        read(golden / "original_clips" / "orbit" / "pred_traj.txt", format="monst3r")
    )
    before = cinetechbench.evaluate(raw, pred)["TransErr"].sum()
    assert abs(cinetechbench.evaluate(anchored, pred)["TransErr"].sum() - before) > 0.1
