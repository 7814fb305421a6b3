"""Dense bundle adjustment on flow whose cameras are known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from flow_scene import FOCAL_PX, WIDE, KnownFlow, centres_of, known_flow
from projected import angle_deg, path_error

import sfm.backends.dense.normal as blocks_of
from sfm.backends.dense.adjustment import (
    adjust,
    adjust_depths,
    cost,
    covariance,
    held_out_residual_px,
    noise_scale,
    residual_px,
)
from sfm.backends.dense.graph import DenseParameters
from sfm.backends.dense.normal import Freedom
from sfm.backends.dense.rotations import exp_so3
from sfm.geometry.problem import FocalPrior
from sfm.types import FULL, FULL_ZOOM, ROTATION, ROTATION_ZOOM, STATIC, MotionModel

RICH = {"truck": 0.5, "dolly": 0.25, "pan_deg": 9.0, "tilt_deg": 4.0, "roll_deg": 5.0}
KERNELS = (40.0, 8.0, 4.0)


def freedom(model: MotionModel, *, focal_px: float = FOCAL_PX, sigma: float = 0.35, **changes: object) -> Freedom:
    return Freedom(model=model, focal=FocalPrior(focal_px=focal_px, sigma=sigma), **{"depth_weight": 1e-6, **changes})


def shaken(known: DenseParameters, seed: int, size: float = 0.01, **changes: object) -> DenseParameters:
    """Everything but the first camera a little off, depths by a fifth."""
    rng = torch.Generator().manual_seed(seed)
    n = len(known.zoom)
    turn, shift = (size * torch.randn(n, 3, generator=rng, **WIDE) for _ in range(2))
    turn[0] = shift[0] = 0
    depth = known.inverse_depth * (1 + 0.2 * torch.randn(known.inverse_depth.shape, generator=rng, **WIDE))
    start = replace(
        known,
        rotation=exp_so3(turn) @ known.rotation,
        translation=known.translation + shift,
        inverse_depth=depth.clamp_min(0.05).to(known.inverse_depth.dtype),
    )
    return replace(start, **changes)


def errors(found: DenseParameters, known: KnownFlow) -> tuple[float, float]:
    """Of rotation in degrees, and of position as a share of the path."""
    turn = angle_deg(found.rotation.numpy(), known.parameters.rotation.numpy()).max()
    return float(turn), path_error(centres_of(found), known.centre)


@pytest.mark.parametrize("seed", [0, 1])
def test_exact_flow_gives_back_the_cameras(seed):
    known = known_flow(RICH, seed=seed)
    start = shaken(known.parameters, seed, log_focal=known.parameters.log_focal + 0.05)
    found, left = adjust(start, known.graph, freedom(FULL), KERNELS, iterations=30, tolerance=1e-10)
    turn_deg, position = errors(found, known)
    assert turn_deg < 1e-3
    assert position < 1e-4
    assert float(found.log_focal.exp()) == pytest.approx(FOCAL_PX, rel=1e-3)
    assert left < 1e-2


def test_depths_come_back_where_the_cameras_are_right():
    known = known_flow(RICH, seed=5)
    start = replace(known.parameters, inverse_depth=shaken(known.parameters, 5).inverse_depth)
    found = adjust_depths(start, known.graph, freedom(FULL), 40.0, steps=12)
    for name in ("rotation", "translation", "log_focal"):
        assert torch.equal(getattr(found, name), getattr(known.parameters, name))
    seen = known.graph.weight.sum(1) > 1
    torch.testing.assert_close(found.inverse_depth[seen], known.parameters.inverse_depth[seen], rtol=1e-3, atol=1e-4)
    without = adjust_depths(start, known.graph, freedom(ROTATION), 40.0, steps=12)
    assert torch.equal(without.inverse_depth, start.inverse_depth)


def test_focal_length_and_distortion_come_back_together():
    known = known_flow(RICH, seed=2, kappa=0.06, patches=200)
    start = shaken(
        known.parameters,
        2,
        log_focal=known.parameters.log_focal - 0.08,
        undistortion=torch.zeros((), **WIDE),
    )
    found, _ = adjust(start, known.graph, freedom(FULL, radial=True), KERNELS, iterations=30, tolerance=1e-10)
    assert float(found.log_focal.exp()) == pytest.approx(FOCAL_PX, rel=1e-3)
    assert float(found.undistortion) == pytest.approx(0.06, abs=1e-3)
    assert errors(found, known)[0] < 1e-2


def test_a_zoom_on_the_way_comes_back():
    known = known_flow({**RICH, "zoom": 1.15}, seed=3)
    start = shaken(known.parameters, 3, zoom=torch.zeros(6, **WIDE))
    found, _ = adjust(start, known.graph, freedom(FULL_ZOOM, sigma=0.0), KERNELS, iterations=30, tolerance=1e-10)
    # The prior on jerks of the zoom pulls a little.
    np.testing.assert_allclose(found.zoom, known.parameters.zoom, atol=2e-3)
    assert errors(found, known)[0] < 2e-2


@pytest.mark.parametrize(
    ("model", "move"), [(ROTATION, {"pan_deg": 9.0}), (ROTATION_ZOOM, {"pan_deg": 9.0, "zoom": 1.2})]
)
def test_a_turning_camera_comes_back_without_any_depth(model, move):
    known = known_flow(move, seed=4)
    start = shaken(known.parameters, 4)
    start = replace(start, translation=known.parameters.translation, zoom=torch.zeros(6, **WIDE))
    found, _ = adjust(start, known.graph, freedom(model), KERNELS, iterations=20, tolerance=1e-10)
    assert angle_deg(found.rotation.numpy(), known.parameters.rotation.numpy()).max() < 5e-3
    np.testing.assert_allclose(found.zoom, known.parameters.zoom, atol=1e-3)
    assert torch.equal(found.inverse_depth, start.inverse_depth)
    assert torch.equal(found.translation, start.translation)


def test_a_fifth_of_outliers_does_no_harm():
    clean = known_flow(RICH, seed=5, noise_px=0.1)
    known = known_flow(RICH, seed=5, noise_px=0.1, outliers=0.2)
    start = shaken(known.parameters, 5)
    held = freedom(FULL, sigma=0.0)
    one, other = (adjust(start, k.graph, held, KERNELS, iterations=20)[0] for k in (clean, known))
    for bound, found, reference in zip((0.05, 0.02), errors(other, known), errors(one, clean), strict=True):
        assert found < max(bound, 2 * reference)
    residual = residual_px(other, known.graph)
    testifies = ~torch.isnan(residual)
    moving = torch.from_numpy(known.moving)
    assert float(residual[testifies & ~moving].median()) < 0.3
    assert float(residual[testifies & moving].median()) > 2


def test_single_precision_is_enough_for_the_pixels():
    """As the backend runs: the graph in floats, the cameras in doubles."""
    known = known_flow(RICH, seed=6, noise_px=0.1, dtype=torch.float32)
    wide = known_flow(RICH, seed=6, noise_px=0.1)
    held = freedom(FULL, sigma=0.0, depth_weight=0.5)
    one, other = (
        adjust(shaken(k.parameters, 6), k.graph, held, KERNELS, iterations=20, tolerance=1e-7)[0] for k in (known, wide)
    )
    assert one.inverse_depth.dtype == torch.float32
    assert angle_deg(one.rotation.numpy(), other.rotation.numpy()).max() < 2e-3


def test_more_steps_never_cost_more():
    known = known_flow(RICH, seed=7, noise_px=0.3, outliers=0.2)
    start = shaken(known.parameters, 7, 0.02)
    costs = [
        adjust(start, known.graph, freedom(FULL), (8.0,), iterations=steps, tolerance=0.0)[1] for steps in range(6)
    ]
    assert (np.diff(costs) <= 1e-9 * costs[0]).all()
    assert costs[0] == cost(start, known.graph, freedom(FULL), 8.0)


@pytest.mark.parametrize("model", [STATIC, ROTATION, FULL])
def test_what_may_not_move_stays_to_the_bit(model):
    known = known_flow(RICH, seed=8, noise_px=0.3)
    start = shaken(known.parameters, 8)
    found, _ = adjust(start, known.graph, freedom(model, sigma=0.0), (8.0,), iterations=3)
    assert torch.equal(found.rotation[0], start.rotation[0])
    assert torch.equal(found.log_focal, start.log_focal)
    assert torch.equal(found.zoom, start.zoom)
    assert torch.equal(found.undistortion, start.undistortion)
    assert torch.equal(found.rotation, start.rotation) == (not model.rotates)
    assert torch.equal(found.inverse_depth, start.inverse_depth) == (not model.translates)


def test_the_size_of_blocks_changes_nothing(monkeypatch):
    known = known_flow(RICH, seed=9, noise_px=0.3)
    start = shaken(known.parameters, 9)

    def fitted() -> tuple[DenseParameters, float]:
        return adjust(start, known.graph, freedom(FULL), KERNELS, iterations=5)

    whole, paid = fitted()
    monkeypatch.setattr(blocks_of, "ROW_VALUES", 1)
    parts, also = fitted()
    assert paid == pytest.approx(also, rel=1e-8)
    torch.testing.assert_close(whole.rotation, parts.rotation, rtol=0, atol=1e-8)
    torch.testing.assert_close(whole.inverse_depth, parts.inverse_depth, rtol=0, atol=1e-5)
    torch.testing.assert_close(residual_px(whole, known.graph), residual_px(parts, known.graph), equal_nan=True)


def test_the_noise_is_found_in_units_of_what_was_promised():
    for noise_px, scale in ((0.05, 1.0), (0.24, 2.0), (0.6, 5.0)):
        known = known_flow(RICH, seed=10, noise_px=noise_px, promised_px=0.12, outliers=0.1)
        assert noise_scale(known.parameters, known.graph) == pytest.approx(scale, rel=0.2)
    mute = replace(known.graph, weight=torch.zeros_like(known.graph.weight))
    assert noise_scale(known.parameters, mute) == 1.0


def test_residuals_in_pixels():
    known = known_flow(RICH, seed=11)
    off = replace(known.graph, place_px=known.graph.place_px + torch.tensor([[0.3], [0.4]], **WIDE))
    found = residual_px(known.parameters, off)
    assert torch.equal(torch.isnan(found), known.graph.weight < 0.5)
    seen = ~torch.isnan(found)
    torch.testing.assert_close(found[seen], torch.full_like(found[seen], 0.5))
    behind = known.parameters.translation.clone()
    behind[3, 2] -= 9.0
    found = residual_px(replace(known.parameters, translation=behind), known.graph)
    there = seen & (known.graph.target == 3)[..., None]
    assert bool(there.any())
    assert bool(torch.isinf(found[there]).all())


def test_nothing_that_testifies_behind_a_camera_is_cheap():
    known = known_flow(RICH, seed=12)
    behind = known.parameters.translation.clone()
    behind[3, 2] -= 9.0
    state = replace(known.parameters, translation=behind)
    free = freedom(FULL, sigma=0.0, depth_weight=0.0)
    count = float(known.graph.weight[(known.graph.target == 3) & (known.graph.source[:, None] != 3)].sum())
    assert cost(state, known.graph, free, 4.0) >= 16.0 * count
    assert cost(known.parameters, known.graph, free, 4.0) < 1e-6


def spread_of(known: KnownFlow, free: Freedom) -> torch.Tensor:
    found = covariance(known.parameters, known.graph, free, 1e6)
    assert found is not None
    moves = free.free(len(known.parameters.zoom), torch.device("cpu"))
    assert float(found[~moves].abs().max()) == 0
    return found[moves][:, moves]


@pytest.mark.parametrize("model", [ROTATION, ROTATION_ZOOM, FULL, FULL_ZOOM])
def test_the_covariance_is_positive_and_shrinks_with_what_is_known(model):
    free = freedom(model, depth_weight=0.5)
    known = known_flow(RICH, seed=13)
    heavy = replace(known, graph=replace(known.graph, weight=4 * known.graph.weight))
    sharp = replace(known, graph=replace(known.graph, root=2 * known.graph.root))
    first = spread_of(known, free)
    torch.testing.assert_close(first, first.T)
    assert float(torch.linalg.eigvalsh(first).min()) > 0
    for other in (heavy, sharp):
        less = spread_of(other, free)
        assert float(torch.linalg.eigvalsh(less).min()) > 0
        assert float(torch.linalg.eigvalsh(first - less).min()) > -1e-9 * float(first.diagonal().max())
        assert float(less[-1, -1]) < 0.9 * float(first[-1, -1])


def test_a_turning_camera_is_as_sure_as_its_scatter():
    """Monte Carlo: the turn of the last camera scatters as the covariance says."""
    free = freedom(ROTATION, sigma=0.0)
    found: list[torch.Tensor] = []
    known = known_flow({"pan_deg": 5.0}, seed=0, cameras=3, patches=40, noise_px=0.12)
    for seed in range(40):
        rng = torch.Generator().manual_seed(seed)
        noise = 0.12 * torch.randn(known.graph.place_px.shape, generator=rng, **WIDE)
        exact = known_flow({"pan_deg": 5.0}, seed=0, cameras=3, patches=40).graph
        graph = replace(exact, place_px=exact.place_px + noise)
        fit, _ = adjust(known.parameters, graph, free, (1e4,), iterations=3)
        turn = fit.rotation[2] @ known.parameters.rotation[2].T
        found.append(torch.stack([turn[2, 1], turn[0, 2], turn[1, 0]]))
    spread = covariance(known.parameters, known.graph, free, 1e4)
    assert spread is not None
    promised = spread[15:18, 15:18].diagonal().sqrt()
    torch.testing.assert_close(torch.stack(found).std(0), promised, rtol=0.35, atol=0.0)


def test_a_static_camera_has_no_spread():
    known = known_flow({}, seed=14)
    found = covariance(known.parameters, known.graph, freedom(STATIC), 4.0)
    assert found is not None
    assert float(found.abs().max()) == 0


def test_held_out_residuals_are_those_of_depths_fitted_without_the_place():
    """By brute force: each place is taken away in turn, and the patch's depth fitted to the others."""
    known = known_flow(RICH, seed=15, cameras=4, patches=8, noise_px=0.2)
    free = freedom(FULL, sigma=0.0, depth_weight=0.5)

    def depths(weight: torch.Tensor) -> DenseParameters:
        state, graph = known.parameters, replace(known.graph, weight=weight)
        for _ in range(20):
            normal = blocks_of.normal_equations(state, graph, free, 1e6, 0.0)
            change = torch.cat([block.inverse * block.pull for block in normal.depths])
            state = replace(state, inverse_depth=state.inverse_depth + change)
        return state

    all_of_them = depths(known.graph.weight)
    found = held_out_residual_px(all_of_them, known.graph, free, 1e6)
    fitted = residual_px(all_of_them, known.graph)
    for slot in range(known.graph.target.shape[1]):
        without = known.graph.weight.clone()
        without[:, slot] = 0.0
        expected = residual_px(depths(without), known.graph)[:, slot]
        several = (without > 0).sum(1) > 1
        seen = several & ~torch.isnan(found[:, slot])
        torch.testing.assert_close(found[:, slot][seen], expected[seen], rtol=0.05, atol=0.02)
        assert bool((found[:, slot][seen] >= fitted[:, slot][seen] - 1e-6).double().mean() > 0.8)
    assert torch.equal(torch.isnan(found), torch.isnan(fitted))
