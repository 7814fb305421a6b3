"""The compiled loops against the plain batch: two ways to write one law."""

import inspect
import re
from dataclasses import replace

import numba
import numpy as np
import plain_adjustment
import pytest
from adjustment import ALL, MOVE, free, shaken
from projected import project

from sfm.geometry.bundle_adjustment import FOCAL_REACH
from sfm.geometry.compiled import jit
from sfm.geometry.compiled.minimise import minimise
from sfm.geometry.compiled.resection import resect
from sfm.geometry.compiled.sweep import best_depths
from sfm.geometry.compiled.system import moved_cameras, stepped
from sfm.geometry.compiled.values import Eliminated, Law, State, state_of
from sfm.geometry.levenberg_marquardt import LevenbergMarquardt
from sfm.geometry.problem import Observations, Parameters, rescaled
from sfm.geometry.resectioning import SOLVER
from sfm.geometry.states import joined
from sfm.geometry.triangulation import GAIN, INVERSE_DEPTHS

KINDS = [set(), {"rotation", "focal"}, {"rotation", "zoom", "focal"}, {"translation"}, ALL - {"zoom"}, ALL]


def scene(seed: int) -> tuple[Observations, Parameters]:
    """Tracks with movers, holes and wide pixels, and two starts: one near, one from which points fall behind."""
    tracks = project(MOVE, seed=seed, points=70, noise_px=0.5, movers=0.2, pixel_aspect=1.3)
    observations = tracks.observations()
    holes = np.random.default_rng(seed).random(observations.weight.shape) < 0.2
    weight = observations.weight * ~holes
    starts = joined([shaken(tracks.parameters(), seed + 1, 0.02), shaken(tracks.parameters(), seed + 2, 0.3)])
    return replace(observations, weight=weight), starts


def test_a_loop_calls_no_other_so_that_every_process_has_the_same_code() -> None:
    # Which of two copies of a callee is called would depend on what the process has compiled itself.
    compile_ = numba.njit(**jit.OPTIONS)
    inner = compile_(inspect.unwrap(moved_cameras.py_func))

    def twice(state, used, delta):
        return inner(state, used, delta, 0.5, 0.5)[0] + inner(state, used, 2.0 * delta, 0.5, 0.5)[0]

    outer = compile_(twice)
    still = State(np.tile(np.eye(3), (2, 1, 1)), np.zeros((2, 3)), np.zeros(2), 5.0, np.ones(2), np.ones((4, 1)))
    turned = outer(still, np.arange(6), np.zeros(13))
    np.testing.assert_array_equal(turned, 2 * still.rotation)
    (code,) = outer.inspect_llvm().values()
    assert "moved_cameras" in code
    assert not re.search(r"call [^\n]*moved_cameras", code)


def assert_same(a: Parameters, b: Parameters, atol: float) -> None:
    for name in ("rotation", "translation", "zoom", "log_focal", "point"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=0.0, atol=atol)


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("each_track", [False, True])
def test_steps_are_those_of_the_batch(kinds, each_track):
    observations, starts = scene(3)
    if "translation" not in kinds:  # a camera that does not travel sees points at infinity
        starts = replace(starts, translation=0 * starts.translation)
        starts.point[..., 3] = 0.0
    kernel = np.full((2, len(observations.weight) if each_track else 1), 6.0)
    if each_track:
        kernel[:, ::3] = 0.7
    given = (observations, starts, free(kinds, kinds), kernel.squeeze(1) if not each_track else kernel, 0.3)
    few = LevenbergMarquardt(iterations=3, tolerance=0.0)
    ours, said = minimise(*given, few, FOCAL_REACH)
    theirs, expected = plain_adjustment.minimise(*given, few)
    assert_same(ours, theirs, 1e-9)
    np.testing.assert_allclose(said.cost, expected.cost, rtol=1e-9, atol=0.0)


def test_a_search_ends_where_that_of_the_batch_ends():
    observations, starts = scene(5)
    given = (observations, starts, free(ALL, ALL - {"zoom"}), np.full(2, 6.0), 0.3)
    ours, said = minimise(*given, LevenbergMarquardt(iterations=40), FOCAL_REACH)
    theirs, expected = plain_adjustment.minimise(*given, LevenbergMarquardt(iterations=40))
    assert (said.converged == expected.converged).all()
    np.testing.assert_allclose(said.cost, expected.cost, rtol=1e-6, atol=0.0)
    assert_same(ours, theirs, 1e-4)


def test_frames_are_placed_as_by_the_batch():
    observations, starts = scene(7)
    kinds = free(ALL, ALL - {"zoom"})
    ours, said = resect(observations, starts, kinds, 6.0, SOLVER)
    theirs, expected = plain_adjustment.resect(observations, starts, kinds, kernel_px=6.0, solver=SOLVER)
    assert_same(ours, theirs, 1e-9)
    np.testing.assert_allclose(said.cost, expected.cost, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_frame_that_is_no_number_stays_and_the_others_are_placed(bad):
    observations, starts = scene(7)
    kinds = free(ALL, ALL - {"zoom"})
    good, _ = resect(observations, starts, kinds, 6.0, SOLVER)
    broken = replace(starts, translation=starts.translation.copy())
    broken.translation[:, 3] = bad
    found, _ = resect(observations, broken, kinds, 6.0, SOLVER)
    others = [0, 1, 2, 4, 5, 6, 7]
    np.testing.assert_allclose(found.translation[:, others], good.translation[:, others], rtol=1e-7, atol=1e-7)
    assert not np.isfinite(found.translation[:, 3]).any()


def test_points_are_swept_as_by_the_batch():
    observations, starts = scene(9)
    starts = rescaled(starts)
    kernel = np.array([6.0, 2.0])
    ours = best_depths(observations, starts, kernel, INVERSE_DEPTHS, GAIN)
    np.testing.assert_allclose(ours, plain_adjustment.swept(observations, starts, kernel), rtol=0.0, atol=1e-12)
    assert np.abs(ours - starts.point).max() > 0.01


def test_without_a_folder_for_machine_code_it_is_made_anew(monkeypatch):
    def nowhere(function):
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(jit, "_Cache", nowhere)
    assert jit.compiled(abs_of)(-2.0) == 2.0


def test_machine_code_of_other_sources_is_not_taken(monkeypatch, tmp_path):
    """numba itself would: it looks at the file of the function, and not at those of what it calls."""
    monkeypatch.setattr(jit.numba.config, "CACHE_DIR", str(tmp_path))
    hits: list[int] = []
    for digest in ("one", "one", "other"):
        monkeypatch.setattr(jit, "sources", lambda path, digest=digest: digest)
        function = jit.compiled(abs_of)
        assert function(-2.0) == 2.0
        hits.append(sum(function.stats.cache_hits.values()))
    assert hits == [0, 1, 0]


def abs_of(x):
    return -x if x < 0 else x


def test_a_step_that_is_no_number_leaves_the_cameras_where_they_are():
    observations, starts = scene(11)
    m, n = observations.weight.shape
    law = Law(np.ones(4), np.arange(7), np.full(m, 36.0), 0.3)
    out = Eliminated(np.tile(np.eye(3)[:, :, None], m), np.zeros((7 * n + 1, 3, m)), np.zeros((3, m)))
    state = state_of(starts, 0)
    trial = stepped(law, state, out, np.full(7 * n + 1, np.nan), np.ones(3))
    for before, after in zip(state, trial, strict=True):
        np.testing.assert_allclose(after, before, atol=1e-12)
