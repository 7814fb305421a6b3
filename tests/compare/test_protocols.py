"""Protocols are data: complete, stamped, hashed; each preset does what its paper's formula says."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import elsewhere, one, path, smooth
from scipy.optimize import minimize_scalar

from compare import protocols
from compare.depth_scales import DepthScale
from compare.scoring import score
from trajectory.errors import CinetrajError
from trajectory.frames import anchor_to_first
from trajectory.model import Trajectory

seeds = st.integers(0, 2**32 - 1)


def test_presets_have_their_own_name_and_hash() -> None:
    stamps = [preset.stamp() for preset in protocols.PRESETS.values()]
    assert [s["name"] for s in stamps] == list(protocols.PRESETS)
    assert len({s["hash"] for s in stamps}) == len(stamps)
    required = {"cinetechbench-compat", "cinetechbench-fixed", "cami2v-rel", "cami2v-abs", "cameractrl", "worldscore"}
    assert required | {"monst3r-ate-rpe", "ate-rpe", "strict"} <= set(protocols.PRESETS)
    assert any("underspecified" in note for note in protocols.get("cameractrl").notes)


def test_presets_of_before_keep_their_hashes() -> None:
    known = {
        "strict-1": "d6e5fef6",
        "strict": "b3649110",
        "cinetechbench-compat": "ffa75a59",
        "cinetechbench-fixed": "2b3e5fae",
        "cami2v-rel": "433741a0",
        "worldscore": "6ff7b94f",
        "monst3r-ate-rpe": "ff145714",
        "gauge-ate": "9ea6ef1c",
    }
    assert {name: protocols.get(name).stamp()["hash"][:8] for name in known} == known


@pytest.mark.parametrize("change", [{"epsilon": 0.0}, {"chunk": 8}, {"move_thresholds": (0.1,)}, {"draws": 0}])
def test_fields_that_came_later_count_where_they_are_used(change: dict) -> None:
    strict = replace(protocols.get("strict-1"), draws=20) if "draws" in change else protocols.get("strict-1")
    assert replace(strict, **change).stamp()["hash"] != strict.stamp()["hash"]


def test_the_hash_changes_with_what_decides_a_number_and_with_nothing_else() -> None:
    strict = protocols.get("strict")
    before = strict.stamp()["hash"]
    assert replace(strict, notes=("another remark",), name="mine").stamp()["hash"] == before
    for change in ({"time": "progress"}, {"samples": 50}, {"failures": "drop"}, {"metrics": ("RotErr",)}):
        assert replace(strict, **change).stamp()["hash"] != before


def test_nonsense_is_refused() -> None:
    with pytest.raises(CinetrajError, match="at least 2"):
        replace(protocols.get("strict"), samples=1)
    # In a process without the run-time type checks of the tests, as users run it.
    code = "from compare.protocols import Protocol; Protocol(name='mine', time='sometimes')"
    root = Path(__file__).resolve().parents[2]
    said = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False).stderr
    assert "protocol mine: time is 'sometimes', expected truncate or downsample" in said
    with pytest.raises(CinetrajError, match="relative or absolute"):
        protocols.get("strict").with_options(scale="huge")
    with pytest.raises(CinetrajError, match="does not exist in worldscore"):
        protocols.get("worldscore").with_options(scale="relative")


def formulas(a: Trajectory, b: Trajectory, sizes: tuple[float, float]) -> dict[str, float]:
    """CamI2V's formulas, written out for matching frames and given divisors."""
    n = min(len(a), len(b))
    x, y = (np.array(anchor_to_first(t).world_from_cam[:n]) for t in (a, b))
    x[:, :3, 3] /= sizes[0]
    y[:, :3, 3] /= sizes[1]
    trace = np.einsum("nij,nij->n", x[:, :3, :3], y[:, :3, :3])
    return {
        "RotErr": np.arccos(np.clip((trace - 1) / 2, -1, 1)).sum(),
        "TransErr": np.linalg.norm(x[:, :3, 3] - y[:, :3, 3], axis=1).sum(),
        "CamMC": np.linalg.norm((x - y)[:, :3].reshape(n, 12), axis=1).sum(),
    }


def reach(t: Trajectory, n: int) -> float:
    return float(np.linalg.norm(anchor_to_first(t).positions[:n], axis=1).max())


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_cami2v(seed: int) -> None:
    a, b = smooth(seed, 16), elsewhere(smooth(seed + 1, 16), seed)
    relative = formulas(a, b, (reach(a, 16), reach(b, 16)))
    got = one(a, b, "cami2v-rel")
    assert got == {name: pytest.approx(value, rel=1e-6, abs=1e-6) for name, value in relative.items()}
    scales = DepthScale(reference=2.0, generated=5.0)
    metres = 2.0 * reach(a, 16)
    absolute = formulas(a, b, (metres / 2.0, metres / 5.0))
    got = score({"x": a}, {"x": b}, protocol="cami2v-abs", depth_scales={"x": scales}).to_json()["clips"]["x"]
    assert got == {name: pytest.approx(value, rel=1e-6, abs=1e-6) for name, value in absolute.items()}


def test_cami2v_abs_by_scene_depth_equals_a_depth_file() -> None:
    # Both clips start at the same image, so the metric depth of the first frame is the same and cancels.
    a, b = smooth(1, 16, scene_depth=np.full(16, 2.0)), smooth(2, 16, scene_depth=np.full(16, 0.5))
    by_depth = one(a, b, "cami2v-abs")
    by_file = score(
        {"x": a}, {"x": b}, protocol="cami2v-abs", depth_scales={"x": DepthScale(reference=3 / 2.0, generated=3 / 0.5)}
    ).to_json()["clips"]["x"]
    assert by_depth == {name: pytest.approx(value) for name, value in by_file.items()}


def test_worldscore() -> None:
    a, b = smooth(1, 20), smooth(2, 20)
    p, q = a.positions, b.positions
    found = minimize_scalar(
        lambda c: float(np.linalg.norm(p - c * q, axis=1).sum()),
        bounds=(-50, 50),
        method="bounded",
        options={"xatol": 1e-12},
    )
    translation = np.linalg.norm(p - found.x * q, axis=1).mean()
    trace = np.einsum("nij,nij->n", a.rotations, b.rotations)
    rotation = np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1))).mean()
    expected = np.sqrt((1 - np.clip(rotation / 15, 0, 1)) * (1 - np.clip(translation / 0.5, 0, 1)))
    got = one(a, b, "worldscore")
    assert got["RotErr"] == pytest.approx(rotation, abs=1e-6)
    assert got["TransErr"] == pytest.approx(translation, rel=1e-6)
    assert got["WorldScore"] == pytest.approx(expected, abs=1e-6)
    near = smooth(1, 20).replace(world_from_cam=a.world_from_cam)
    assert one(a, near, "worldscore")["WorldScore"] == pytest.approx(1.0)


def test_worldscore_is_not_aligned_and_says_so() -> None:
    a = smooth(1, 20)
    assert one(a, elsewhere(a, 3), "worldscore")["WorldScore"] < 0.5
    assert any("neither rotation nor origin" in note for note in protocols.get("worldscore").notes)


def test_gauge_ate_is_defined_where_evo_is_not() -> None:
    u = np.linspace(0, 1, 20)[:, None]
    dolly = path(u * [0, 0, 1.0], 0 * u * [1, 1, 1])
    clip = one(dolly, elsewhere(dolly, 5), "gauge-ate")
    assert clip["TransErr"] == pytest.approx(0, abs=1e-9)
    failed = score({"x": dolly}, {"x": elsewhere(dolly, 5)}, protocol="monst3r-ate-rpe").to_json()["clips"]["x"]
    assert "Degenerate covariance" in failed["failed"]
    pan = path(0 * u * [1, 1, 1], u * [0, 0.5, 0])
    result = score({"x": pan}, {"x": elsewhere(pan, 5)}, protocol="gauge-ate").to_json()
    assert any("unobservable: scale" in note for note in result["protocol"]["notes"])


def test_a_protocol_of_your_own() -> None:
    mine = protocols.Protocol(
        name="mine", time="progress", scale="path_length", angle="rad", metrics=("RotErr", "TransErr")
    )
    result = score(smooth(1), elsewhere(smooth(1), 2), protocol=mine).to_json()
    assert result["protocol"]["name"] == "mine"
    assert result["summary"]["TransErr"] == pytest.approx(0, abs=1e-9)
    squares = replace(mine, scale="least_squares")
    assert score(smooth(1), elsewhere(smooth(1), 2), protocol=squares).to_json()["summary"]["TransErr"] < 1e-9


def test_the_page_names_every_protocol_and_metric() -> None:
    from compare.metrics import METRICS

    page = (Path(__file__).resolve().parents[2] / "docs" / "protocols.md").read_text()
    for name, preset in protocols.PRESETS.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
        assert preset.angle in row or preset.method == "evo"
        assert {"worst": "charged", "drop": "dropped"}[preset.failures] in row
    assert all(metric.removesuffix("_sum") in page for metric in METRICS)
