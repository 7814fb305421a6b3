"""`cinetechbench-fixed` is free of each defect of the published script (numbered as in docs/defects.md)."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import elsewhere, path, smooth

from compare.scoring import score
from trajectory import io
from trajectory.model import Trajectory

seeds = st.integers(0, 2**32 - 1)
u = np.linspace(0, 1, 49)[:, None]


def both(a: Trajectory, b: Trajectory, **options) -> tuple[dict, dict]:
    """The clip under the published protocol and under the corrected one."""
    pair = []
    for protocol in ("cinetechbench-compat", "cinetechbench-fixed"):
        chosen = dict(options)
        if protocol == "cinetechbench-compat":
            chosen.setdefault("time", "downsample")
        (clip,) = score(a, b, protocol=protocol, **chosen).to_json()["clips"].values()
        pair.append(clip)
    return pair[0], pair[1]


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_defects_1_to_3_world_and_quaternions(seed: int) -> None:
    a, b = smooth(seed, 49), smooth(seed + 1, 49)
    _, plain = both(a, b)
    _, moved = both(elsewhere(a, seed), elsewhere(b, seed + 9))
    for name in ("RotErr", "TransErr", "CamMC"):
        assert moved[name] == pytest.approx(plain[name], rel=1e-7, abs=1e-8)


def test_defect_2_rotation_does_not_leak_into_translation() -> None:
    # The same truck; one camera also pans. The positions are equal, so TransErr must be zero.
    truck, panning = path(u * [1, 0, 0], 0 * u * [1, 1, 1]), path(u * [1, 0, 0], u * [0, 0.6, 0])
    published, fixed = both(truck, panning)
    assert published["TransErr"] > 5
    assert fixed["TransErr"] == pytest.approx(0, abs=1e-12)


def test_defect_3_a_swapped_quaternion_order_is_seen(tmp_path: Path) -> None:
    a = smooth(1, 49)
    io.write(a, tmp_path / "a.txt", format="tum")
    rows = np.loadtxt(tmp_path / "a.txt")
    np.savetxt(tmp_path / "swapped.txt", rows[:, [0, 1, 2, 3, 7, 4, 5, 6]], fmt="%.12f")
    good, bad = io.read(tmp_path / "a.txt", format="tum"), io.read(tmp_path / "swapped.txt", format="tum")
    assert both(a, good)[1]["RotErr"] < 1e-6
    assert both(a, bad)[1]["RotErr"] > 0.05


def test_defect_4_absolute_needs_a_unit() -> None:
    _, fixed = both(smooth(1, 49), elsewhere(smooth(1, 49), 3), scale="absolute")
    assert "no common unit" in fixed["TransErr"]["undefined"]


def test_defect_5_the_number_of_frames_does_not_matter() -> None:
    values = [both(smooth(1, n, duration=2.0), smooth(2, n, duration=2.0)) for n in (25, 49, 97)]
    published = [pair[0]["RotErr"] for pair in values]
    assert published[2] > 3.5 * published[0]
    for name in ("RotErr", "TransErr", "CamMC", "RotErr_sum", "TransErr_sum"):
        fixed = [pair[1][name] for pair in values]
        assert fixed == pytest.approx([fixed[0]] * 3, rel=0.01)
        assert fixed[0] > 0


def test_defect_6_two_static_clips_agree() -> None:
    random = np.random.default_rng(1)
    a, b = (path(1e-4 * random.normal(size=(49, 3)), 0 * u * [1, 1, 1]) for _ in range(2))
    published, fixed = both(a, b)
    assert published["TransErr"] > 20
    assert fixed["TransErr"] == 0


def test_defect_7_signs_of_quaternions_do_not_matter(tmp_path: Path) -> None:
    long, brief = (np.linspace(0, 1, n)[:, None] for n in (97, 48))
    a = path(long * [1, 0, 0], long * [0, np.pi / 2, 0])
    io.write(a, tmp_path / "a.txt", format="monst3r")
    rows = np.loadtxt(tmp_path / "a.txt")
    flipped = rows.copy()
    flipped[25:, 4:] *= -1  # a sample falls in the middle of frames 24 and 25
    (tmp_path / "flip").mkdir()
    np.savetxt(tmp_path / "flip" / "pred_traj.txt", flipped, fmt="%.12f")
    short = path(brief * [1, 0, 0], brief * [0, np.pi / 2, 0])
    from compare.benchmarks.cinetechbench.camera_score import evaluate, rows_like_monst3r

    before = evaluate(rows, rows_like_monst3r(short), time="downsample")["RotErr"].sum()
    after = evaluate(flipped, rows_like_monst3r(short), time="downsample")["RotErr"].sum()
    assert abs(after - before) > 0.01
    read = io.read(tmp_path / "flip" / "pred_traj.txt", format="monst3r")
    clean = io.read(tmp_path / "a.txt", format="monst3r")
    assert both(read, clean)[1]["RotErr"] < 1e-5


def test_defect_10_a_missing_clip_is_counted_and_charged() -> None:
    references = {"easy": smooth(1, 49), "hard": smooth(2, 49)}
    full = {"easy": smooth(1, 49), "hard": smooth(3, 49)}
    lazy = {"easy": smooth(1, 49)}
    for protocol, better_by_failing in (("cinetechbench-compat", True), ("cinetechbench-fixed", False)):
        complete, partial = (score(references, g, protocol=protocol).to_json() for g in (full, lazy))
        assert partial["coverage"] == {"ok": 1, "all": 2}
        assert (partial["summary"]["RotErr"] < complete["summary"]["RotErr"]) == better_by_failing


def test_defect_12_index_is_not_time() -> None:
    from trajectory.errors import TimeSourceError

    a, b = smooth(1, 49), smooth(1, 49).replace(time_s=np.arange(49.0), time_source="index")
    with pytest.raises(TimeSourceError):
        score(a, b, protocol="cinetechbench-fixed", time="seconds")
    assert score(a, b, protocol="cinetechbench-fixed", time="index").to_json()["summary"]["RotErr"] < 1e-9
