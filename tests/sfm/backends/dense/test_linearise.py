"""Prediction against a projection written in numpy, its derivatives against those of autograd."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from flow_scene import known_flow

from sfm.backends.dense.graph import DenseParameters
from sfm.backends.dense.linearise import (
    COLUMNS,
    FOCAL_SOURCE,
    FOCAL_TARGET,
    UNDISTORTION,
    jacobian,
    predict,
    whitened,
)
from sfm.backends.dense.rotations import exp_so3
from sfm.geometry.projection import LEAST_DEPTH
from sfm.geometry.so3 import POSE, adjoint, hat

MOVE = {"truck": 0.2, "dolly": 0.1, "pan_deg": 4.0, "roll_deg": 3.0, "zoom": 1.2}
ALL = slice(None)
WIDE = {"dtype": torch.float64}


def shaken(known: DenseParameters, seed: int, size: float = 0.02) -> DenseParameters:
    """Everything a little off, the first camera too."""
    rng = torch.Generator().manual_seed(seed)

    def off(*shape: int) -> torch.Tensor:
        return size * torch.randn(shape, generator=rng, **WIDE)

    n = len(known.zoom)
    return replace(
        known,
        rotation=exp_so3(off(n, 3)) @ known.rotation,
        translation=known.translation + off(n, 3),
        inverse_depth=known.inverse_depth * (1 + off(*known.inverse_depth.shape)),
        zoom=known.zoom + off(n),
        log_focal=known.log_focal + off(),
        undistortion=known.undistortion + off(),
    )


@pytest.mark.parametrize("kappa", [0.0, 0.08, -0.05])
def test_true_parameters_leave_no_residual(kappa):
    """The oracle is the numpy of `flow_scene`, which bends by the lens's inverse."""
    known = known_flow(MOVE, kappa=kappa)
    found = predict(known.parameters, known.graph, ALL)
    seen = known.graph.weight > 0
    assert float(seen.double().mean()) > 0.5
    assert float(found.residual_px.norm(dim=2)[seen].max()) < 1e-8
    assert bool(found.front[seen].all())


def test_rows_are_what_they_are_in_the_whole():
    known = known_flow(MOVE, kappa=0.05)
    state = shaken(known.parameters, 1)
    whole, part = predict(state, known.graph, ALL), predict(state, known.graph, slice(2, 4))
    torch.testing.assert_close(part.residual_px, whole.residual_px[2:4], rtol=0, atol=1e-10)


@pytest.mark.parametrize("scale", [0.01, 30.0])
def test_a_larger_world_looks_the_same(scale):
    known = known_flow(MOVE)
    state = shaken(known.parameters, 2)
    large = replace(state, translation=state.translation * scale, inverse_depth=state.inverse_depth / scale)
    one, other = (predict(each, known.graph, ALL).residual_px for each in (state, large))
    torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-8)


def test_a_moved_world_looks_the_same():
    known = known_flow(MOVE)
    state = shaken(known.parameters, 3)
    turn, shift = exp_so3(torch.tensor([0.4, -1.0, 0.3], **WIDE)), torch.tensor([1.0, -2.0, 0.5], **WIDE)
    moved = replace(state, rotation=state.rotation @ turn, translation=state.translation + state.rotation @ shift)
    one, other = (predict(each, known.graph, ALL).residual_px for each in (state, moved))
    torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-8)


def test_what_lies_behind_the_target_is_known_and_stays_finite():
    known = known_flow({"dolly": 0.3}, cameras=3)
    state = replace(known.parameters, translation=known.parameters.translation - torch.tensor([0.0, 0.0, 0.0], **WIDE))
    state.translation[2, 2] -= 5.0
    found = predict(state, known.graph, ALL)
    target = known.graph.target == 2
    other = known.graph.source[:, None] != 2
    assert not bool(found.front[target & other].any())
    assert bool(torch.isfinite(found.residual_px).all())
    assert float(found.per_depth.max()) <= 1 / LEAST_DEPTH + 1e-9


def test_whitened_residuals_are_those_of_the_information():
    known = known_flow(MOVE)
    rng = np.random.default_rng(4)
    root = torch.from_numpy(rng.normal(size=known.graph.root.shape))
    r = torch.from_numpy(rng.normal(size=known.graph.place_px.shape))
    a, b, c = root.unbind(2)
    x, y = r.unbind(2)
    squared = (a * x) ** 2 + 2 * a * b * x * y + (b * b + c * c) * y**2
    torch.testing.assert_close((whitened(r, root) ** 2).sum(2), squared)


def derivatives(known, state: DenseParameters, move) -> torch.Tensor:
    """Of predicted minus seen, whitened, by one camera parameter or lens parameter that `move` sets."""

    def residual(x: torch.Tensor) -> torch.Tensor:
        return -whitened(predict(move(state, x), known.graph, ALL).residual_px, known.graph.root)

    return torch.autograd.functional.jacobian(residual, torch.zeros(6, **WIDE), vectorize=True)


def of_pose(camera: int):
    """x' = exp(ω) x + v in the axes of one camera."""

    def move(state: DenseParameters, x: torch.Tensor) -> DenseParameters:
        turn = torch.eye(3, **WIDE).repeat(len(state.zoom), 1, 1)
        turn = torch.cat([turn[:camera], exp_so3(x[3:])[None], turn[camera + 1 :]])
        shift = torch.zeros(len(state.zoom), 3, **WIDE)
        shift = torch.cat([shift[:camera], x[None, :3], shift[camera + 1 :]])
        return replace(
            state,
            rotation=turn @ state.rotation,
            translation=(turn @ state.translation[..., None])[..., 0] + shift,
        )

    return move


def test_the_columns_of_the_target_are_the_derivatives_and_those_of_the_source_by_the_adjoint():
    known = known_flow(MOVE, cameras=4, patches=12, kappa=0.06)
    state = shaken(known.parameters, 5)
    found = predict(state, known.graph, ALL)
    columns, _ = jacobian(found, state, ALL, known.graph.root, lens=True)
    assert columns.shape[2] == COLUMNS
    own = -adjoint(found.rotation, found.translation)
    for camera in range(4):
        expected = derivatives(known, state, of_pose(camera))  # k m 2 p 6
        there = (known.graph.target == camera) & (known.graph.source[:, None] != camera)
        np.testing.assert_allclose(
            columns[:, :, :POSE].permute(0, 1, 3, 4, 2)[there], expected[there], rtol=1e-7, atol=1e-6
        )
        by_source = torch.einsum("kmcdp,kmce->kmdpe", columns[:, :, :POSE], own)
        here = (known.graph.source[:, None] == camera) & (known.graph.target != camera)
        np.testing.assert_allclose(by_source[here], expected[here], rtol=1e-7, atol=1e-6)


def test_the_columns_of_the_lens_and_of_depth_are_the_derivatives():
    known = known_flow(MOVE, cameras=4, patches=12, kappa=0.06)
    state = shaken(known.parameters, 6)
    columns, by_depth = jacobian(predict(state, known.graph, ALL), state, ALL, known.graph.root, lens=True)
    by_focal = derivatives(known, state, lambda s, x: replace(s, log_focal=s.log_focal + x[0]))[..., 0]
    np.testing.assert_allclose(columns[:, :, FOCAL_SOURCE] + columns[:, :, FOCAL_TARGET], by_focal, atol=1e-6)
    by_kappa = derivatives(known, state, lambda s, x: replace(s, undistortion=s.undistortion + x[0]))[..., 0]
    np.testing.assert_allclose(columns[:, :, UNDISTORTION], by_kappa, atol=1e-6)
    depth = derivatives(known, state, lambda s, x: replace(s, inverse_depth=s.inverse_depth + x[0]))[..., 0]
    np.testing.assert_allclose(by_depth, depth, atol=1e-6)
    for camera in range(4):
        one = torch.nn.functional.one_hot(torch.tensor(camera), 4).double()
        expected = derivatives(known, state, lambda s, x, one=one: replace(s, zoom=s.zoom + one * x[0]))[..., 0]
        there, here = known.graph.target == camera, known.graph.source[:, None] == camera
        for column, where in ((FOCAL_TARGET, there & ~here), (FOCAL_SOURCE, here & ~there)):
            np.testing.assert_allclose(columns[:, :, column][where], expected[where], atol=1e-6)


def test_without_a_lens_the_columns_of_the_pose_are_the_same():
    known = known_flow(MOVE, kappa=0.06)
    found = predict(known.parameters, known.graph, ALL)
    with_lens, _ = jacobian(found, known.parameters, ALL, known.graph.root, lens=True)
    without, _ = jacobian(found, known.parameters, ALL, known.graph.root, lens=False)
    assert torch.equal(without, with_lens[:, :, :POSE])


def test_the_adjoint_carries_a_motion_through_a_pose():
    """exp(ξ_target) T = T exp(ξ_source)."""
    rng = torch.Generator().manual_seed(7)
    turn, shift = exp_so3(torch.randn(1, 1, 3, generator=rng, **WIDE)), torch.randn(1, 1, 3, generator=rng, **WIDE)
    pose = torch.eye(4, **WIDE)
    pose[:3, :3], pose[:3, 3] = turn[0, 0], shift[0, 0]
    xi = torch.randn(6, generator=rng, **WIDE)

    def exponential(v: torch.Tensor) -> torch.Tensor:
        twist = torch.zeros(4, 4, **WIDE)
        twist[:3, :3], twist[:3, 3] = hat(v[3:]), v[:3]
        return torch.linalg.matrix_exp(twist)

    torch.testing.assert_close(exponential(adjoint(turn, shift)[0, 0] @ xi) @ pose, pose @ exponential(xi))
