"""What is known of a displacement, by the eigenvalues that the docstring names; and the way back."""

import numpy as np
import pytest
import torch

from sfm.flow.information import BACK_SIGMAS, EDGE_PX, LEAST_SIGMA_PX, information, inside, resemblance, way_back
from sfm.flow.pyramid import grid

CPU = torch.device("cpu")
HW = (96, 160)


def matrices(info: torch.Tensor) -> torch.Tensor:
    xx, xy, yy = info.unbind(-1)
    return torch.stack([xx, xy, xy, yy], -1).reshape(*info.shape[:-1], 2, 2)


def tensors(seed: int, count: int) -> torch.Tensor:
    """Positive definite ones of all shapes: round, stretched by a thousand, tiny, of rank one, zero."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, np.pi, count)
    large = 10.0 ** rng.uniform(-3, 1.5, count)
    small = large * rng.choice([1.0, 0.3, 1e-3, 0.0], count)
    large[:3] = small[:3] = 0.0
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], -1).reshape(-1, 2, 2)
    made = turn @ (np.stack([large, small], -1)[..., None] * np.eye(2)) @ turn.swapaxes(1, 2)
    return torch.from_numpy(made)[None]


def test_covariance_along_each_eigenvector_is_as_the_docstring_says():
    tensor, rng = tensors(0, 400), np.random.default_rng(1)
    variance = torch.from_numpy(10.0 ** rng.uniform(-7, -2, (1, 400)))
    noise = 0.006
    found = matrices(information(tensor, variance, noise))[0].numpy()
    for matrix, own, left in zip(found, tensor[0].numpy(), variance[0].numpy(), strict=True):
        value, vector = np.linalg.eigh(own)
        value = value.clip(0)
        spread = 2 * max(left, noise**2)
        expected = value / (spread + LEAST_SIGMA_PX**2 * value)  # 1 / (spread / l + least²), and 0 for l = 0
        np.testing.assert_allclose(matrix, vector @ np.diag(expected) @ vector.T, rtol=1e-5, atol=1e-4)


def test_it_is_never_negative_and_never_better_than_the_best():
    info = matrices(information(tensors(2, 500), torch.full((1, 500), 1e-5, dtype=torch.float64), 0.004))
    value = torch.linalg.eigvalsh(info)
    assert float(value.min()) > -1e-6
    assert float(value.max()) <= 1.0001 / LEAST_SIGMA_PX**2


def test_what_differs_more_is_known_less():
    tensor = tensors(3, 200)
    clear, noisy = (
        matrices(information(tensor, torch.full((1, 200), v, dtype=torch.float64), 0.004)) for v in (1e-5, 1e-3)
    )
    assert float(torch.linalg.eigvalsh(clear - noisy).min()) > -1e-6


def test_an_edge_testifies_across_itself_and_not_along():
    normal = torch.tensor([0.8, 0.6])
    info = matrices(information((2.0 * torch.outer(normal, normal))[None, None], torch.zeros(1, 1), 0.005))[0, 0]
    along = torch.tensor([-0.6, 0.8])
    across = float(normal @ info @ normal)
    assert across == pytest.approx(1 / (2 * 0.005**2 / 2.0 + LEAST_SIGMA_PX**2), rel=1e-3)
    assert abs(float(along @ info @ along)) < 1e-3 * across


def test_a_patch_without_structure_knows_nothing():
    info = information(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1), 0.005)
    assert float(info.abs().max()) < 1e-6


def test_turning_the_picture_turns_the_information():
    tensor = tensors(4, 100)
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
    left = torch.full((1, 100), 1e-4, dtype=torch.float64)
    turned = matrices(information(turn @ tensor @ turn.T, left, 0.005))
    torch.testing.assert_close(turned, turn @ matrices(information(tensor, left, 0.005)) @ turn.T, rtol=1e-6, atol=1e-6)


def back(forward: torch.Tensor, backward: torch.Tensor, sigma_px: float = 0.2) -> torch.Tensor:
    centres = grid(HW, 8, CPU)
    info = torch.tensor([1.0, 0.0, 1.0]).expand(*forward.shape[:2], 3) / sigma_px**2
    return way_back(forward, backward, info, centres, HW)


def test_a_way_that_leads_back_counts_whole_and_one_that_misses_by_the_limit_half():
    centres = grid(HW, 8, CPU)
    p = centres.shape[0] * centres.shape[1]
    forward = torch.tensor([3.0, -2.0]).expand(1, p, 2)
    kept = inside(centres.reshape(-1, 2) + forward, HW)
    torch.testing.assert_close(back(forward, -forward), kept)
    miss = torch.tensor([0.6, 0.8]) * 0.2 * BACK_SIGMAS
    torch.testing.assert_close(back(forward, miss - forward), kept / 2, rtol=1e-4, atol=1e-6)
    assert float(back(forward, forward)[kept > 0].max()) < 0.1


def test_the_way_back_is_read_where_the_patch_went():
    """A flow that grows along x: x -> 1.1 x has the inverse x -> x / 1.1, whose displacement depends on the place."""
    x = grid(HW, 8, CPU).reshape(-1, 2)[None]
    forward = 0.1 * x * torch.tensor([1.0, 0.0])
    backward = (x / 1.1 - x) * torch.tensor([1.0, 0.0])
    weight = back(forward, backward)
    lands = x + forward
    within = (lands[..., 0] < HW[1] - 8) & (lands[..., 1] > EDGE_PX + 0.1) & (lands[..., 1] < HW[0] - 4.1)
    assert float(weight[within].min()) > 0.999


def test_an_edge_may_miss_along_itself():
    centres = grid(HW, 8, CPU)
    p = centres.shape[0] * centres.shape[1]
    info = torch.tensor([25.0, 0.0, 0.0]).expand(1, p, 3)
    zero = torch.zeros(1, p, 2)
    kept = inside(centres.reshape(1, -1, 2), HW)
    torch.testing.assert_close(way_back(zero, zero + torch.tensor([0.0, 9.0]), info, centres, HW), kept)
    assert float(way_back(zero, zero + torch.tensor([9.0, 0.0]), info, centres, HW).max()) < 0.1


def test_what_leaves_the_frame_weighs_nothing():
    place = torch.tensor([[[80.0, 48.0], [-1.0, 48.0], [80.0, 96.0], [EDGE_PX, 48.0], [EDGE_PX + 0.1, 48.0]]])
    assert inside(place, HW).tolist() == [[1, 0, 0, 0, 1]]
    far = torch.full((1, 240, 2), 1e4)
    assert float(back(far, -far).max()) == 0


def test_resemblance_falls_with_the_correlation_and_is_a_half_at_a_half():
    correlation = torch.tensor([1.0, 0.95, 0.8, 0.5, 0.2, 0.0])
    weight = resemblance(2 * (1 - correlation) * 0.1**2, torch.full((6,), 0.1))
    assert float(weight[0]) == 1
    assert float(weight[3]) == pytest.approx(0.5)
    assert bool((weight.diff() < 0).all())
    assert float(weight[1]) > 0.99
    assert float(weight[-1]) < 0.06


def test_resemblance_is_measured_in_the_contrast_of_the_patch():
    variance, deviation = torch.rand(3, 7) * 0.01, torch.rand(3, 7) * 0.1 + 0.01
    torch.testing.assert_close(resemblance(variance * 25, deviation * 5), resemblance(variance, deviation))


def test_what_differs_by_noise_alone_resembles_nothing():
    """Two frames of bare ground: what is left is twice the noise, and the contrast is the noise."""
    assert float(resemblance(torch.tensor(2 * 0.006**2), torch.tensor(0.006))) < 0.1
