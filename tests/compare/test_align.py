"""Laws of the gauge on the moves that films are made of, and the L2,1 scale against an independent solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import elsewhere, path, sim3, smooth
from scipy.optimize import minimize_scalar

from compare.align import fix_gauge, fix_gauge_between, l21_scale, laid_on, least_squares_scale, moved
from trajectory.errors import GaugeError
from trajectory.frames import mirrored
from trajectory.model import Trajectory

seeds = st.integers(0, 2**32 - 1)
u = np.linspace(0, 1, 20)[:, None]
MOVES = {
    "general": smooth(7, 20),
    "dolly": path(u * [0, 0, 3.0], 0 * u * [1, 1, 1]),
    "truck with a pan": path(u * [2.0, 0, 0], u * [0, 0.4, 0]),
    "arc": path(np.hstack([np.sin(u), 0 * u, 1 - np.cos(u)]), u * [0, -1.0, 0]),
}
STILL = {
    "pan": path(0 * u * [1, 1, 1], u * [0, 0.8, 0]),
    "static": path(0 * u * [1, 1, 1], 0 * u * [1, 1, 1]),
}


def residual(a: Trajectory, b: Trajectory, **options: bool) -> float:
    gauge = fix_gauge_between(a, b, **options)
    difference = moved(np.array(b.world_from_cam), gauge.reference_from_generated) - a.world_from_cam
    return float(np.abs(difference).max())


@pytest.mark.parametrize("move", [*MOVES, *STILL])
@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_the_same_path_in_another_world_is_laid_back_on_itself(move: str, seed: int) -> None:
    trajectory = (MOVES | STILL)[move]
    gauge = fix_gauge_between(trajectory, elsewhere(trajectory, seed))
    assert residual(trajectory, elsewhere(trajectory, seed)) < 1e-7
    if move in MOVES:
        inverse = sim3(seed).inverse()
        assert gauge.unobservable == ()
        assert gauge.reference_from_generated.scale == pytest.approx(inverse.scale, rel=1e-7)
        np.testing.assert_allclose(gauge.reference_from_generated.rotation, inverse.rotation, atol=1e-7)


@pytest.mark.parametrize("move", STILL)
def test_what_stayed_unobservable_is_named(move: str) -> None:
    still, moving = STILL[move], MOVES["arc"]
    assert fix_gauge_between(still, still).unobservable == ("scale (taken as 1: neither path translates)",)
    assert "the generated path does not translate" in fix_gauge_between(moving, still).unobservable[0]
    assert "the reference does not translate" in fix_gauge_between(still, moving).unobservable[0]
    assert fix_gauge_between(moving, still, with_scale=False).unobservable == ()


def test_evo_refuses_the_dolly_that_we_align() -> None:
    from compare.evo_scores import ate_rpe

    with pytest.raises(GaugeError, match=r"Degenerate covariance.*gauge-ate"):
        ate_rpe(MOVES["dolly"], elsewhere(MOVES["dolly"], 1), align="sim3", associate="index")


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_the_inverse_problem_has_the_inverse_answer(seed: int) -> None:
    a, b = smooth(seed), smooth(seed + 1)
    there = fix_gauge_between(a, b).reference_from_generated
    back = fix_gauge_between(b, a).reference_from_generated.inverse()
    assert there.scale == pytest.approx(back.scale, rel=1e-9)
    np.testing.assert_allclose(there.rotation, back.rotation, atol=1e-8)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_a_mirrored_path_keeps_its_error(seed: int) -> None:
    a = smooth(seed)
    gauge = fix_gauge_between(a, mirrored(a)).reference_from_generated
    assert np.linalg.det(gauge.rotation) == pytest.approx(1.0)
    assert residual(a, mirrored(a)) > 1e-2


def test_contradicting_orientations_are_named() -> None:
    turns = np.array([[0, 0, 0], [np.pi, 0, 0], [0, np.pi, 0], [0, 0, np.pi]], dtype=float)
    a = path(np.zeros((4, 3)), np.zeros((4, 3)))
    assert any("rotation" in freedom for freedom in fix_gauge_between(a, path(np.zeros((4, 3)), turns)).unobservable)


def test_nothing_in_common_is_an_error() -> None:
    a = smooth(1)
    with pytest.raises(GaugeError, match="at least one"):
        fix_gauge_between(a, a.replace(valid=np.zeros(len(a), dtype=bool)))
    with pytest.raises(GaugeError, match="expected equal"):
        fix_gauge_between(a, smooth(1, 12))
    later = a.replace(time_s=a.time_s + 1e6)
    with pytest.raises(GaugeError, match=r"share no time.* and from 1e\+06 to .*count both from one moment"):
        laid_on(smooth(1, 12), later)
    assert fix_gauge(np.eye(4)[None], np.eye(4)[None]).reference_from_generated.scale == 1.0


@given(seeds, st.integers(1, 60), st.floats(-3, 3), st.sampled_from([0.0, 1e-3, 1.0]))
@settings(max_examples=60, deadline=None)
def test_the_l21_scale_equals_a_reference_solver(seed: int, n: int, scale: float, noise: float) -> None:
    random = np.random.default_rng(seed)
    b = random.normal(size=(n, 3))
    a = scale * b + noise * random.normal(size=(n, 3))
    got = l21_scale(a, b)

    def total(c: float) -> float:
        return float(np.linalg.norm(a - c * b, axis=1).sum())

    reference = minimize_scalar(total, bounds=(-20, 20), method="bounded", options={"xatol": 1e-12, "maxiter": 2000})
    assert total(got) <= reference.fun + 1e-9 * (1 + reference.fun)
    if n > 2:  # with one or two points the minimum can be a whole interval
        assert got == pytest.approx(reference.x, abs=2e-6)


def test_the_l21_scale_of_a_frozen_clip_is_one() -> None:
    assert l21_scale(np.ones((4, 3)), np.zeros((4, 3))) == 1.0


def test_least_squares_scale_never_flips_the_path() -> None:
    a = np.random.default_rng(0).normal(size=(9, 3))
    assert least_squares_scale(2 * a, a) == pytest.approx(2.0)
    assert least_squares_scale(-a, a) == 0.0
    assert least_squares_scale(a, np.zeros((9, 3))) == 1.0
