"""Lucas-Kanade on pictures that were moved by the Fourier shift theorem, so that the truth is exact."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from sfm.flow.lucas_kanade import align, variance
from sfm.flow.patches import SIDE, Patches, patches, window_weights
from sfm.flow.pyramid import Pyramid, grid, pyramid, windows

CPU = torch.device("cpu")
HW = (96, 128)
SHIFTS = [(0.0, 0.0), (0.5, 0.25), (-0.37, 0.81), (1.6, -1.2)]


def periodic(seed: int, sigma: float = 3.0) -> np.ndarray:
    """Smooth random grey values that repeat at the edge."""
    image = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=HW), sigma, mode="wrap")
    return 0.5 + 0.12 * image / image.std()


def moved(image: np.ndarray, shift: tuple[float, float]) -> np.ndarray:
    """The picture whose content went by (x, y)."""
    return np.fft.ifft2(ndimage.fourier_shift(np.fft.fft2(image), shift[::-1])).real


def scene(image: np.ndarray, *others: np.ndarray) -> tuple[Pyramid, Patches, torch.Tensor]:
    made = pyramid(torch.from_numpy(np.stack([image, *others])).float(), 1)
    centres = grid(HW, 8, CPU)[2:-2, 2:-2].reshape(-1, 2)
    return made, patches(made, 0, torch.zeros(len(others), dtype=torch.long), centres), centres


def aligned(image: np.ndarray, *others: np.ndarray, steps: int = 8) -> tuple[np.ndarray, np.ndarray]:
    made, template, centres = scene(image, *others)
    start = torch.zeros(len(others), len(centres), 2)
    found, left = align(made, template, torch.arange(1, len(others) + 1), start, steps)
    return found.numpy(), left.numpy()


@pytest.mark.parametrize("seed", [0, 1])
def test_known_shifts_come_back(seed):
    image = periodic(seed)
    found, left = aligned(image, *(moved(image, shift) for shift in SHIFTS))
    error = np.linalg.norm(found - np.array(SHIFTS)[:, None], axis=-1)
    cornered = np.linalg.eigvalsh(scene(image, image)[1].tensor[0].numpy())[:, 0]
    assert np.median(error, axis=1).max() < 0.03
    assert np.median(error[:, cornered > np.median(cornered)], axis=1).max() < 0.02
    assert np.quantile(error, 0.9, axis=1).max() < 0.1
    assert np.abs(np.median(found - np.array(SHIFTS)[:, None], axis=1)).max() < 0.01  # none is preferred
    assert np.quantile(left, 0.9) < 1e-4


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 0.0), (1.6, 0.0), (1.0, 0.3), (0.7, -0.1)])
def test_gain_and_offset_make_no_difference(gain, offset):
    image = periodic(2)
    target = moved(image, (0.6, -0.3))
    plain, lit = aligned(image, target)[0], aligned(image, gain * target + offset)[0]
    assert np.abs(plain - lit).max() < 2e-3


def test_nothing_moves_where_nothing_moved():
    image = periodic(3)
    found, left = aligned(image, image)
    assert np.abs(found).max() < 1e-3
    assert left.max() < 1e-6


def test_more_steps_leave_no_more_and_none_only_rate():
    image = periodic(4)
    target = moved(image, (1.2, -0.9))
    left = [aligned(image, target, steps=steps)[1] for steps in (0, 1, 2, 4, 8)]
    assert (np.diff([np.median(each) for each in left]) <= 1e-7).all()
    assert np.abs(aligned(image, target, steps=0)[0]).max() == 0
    assert np.median(left[-1]) < 0.01 * np.median(left[0])


def test_the_variance_is_the_mean_squared_difference_after_gain_and_offset():
    image = periodic(5)
    made, template, centres = scene(image, 0.6 * moved(image, (0.4, 0.2)) + 0.1)
    offset = torch.full((1, len(centres), 2), 0.3)
    found = variance(made, template, torch.tensor([1]), offset)[0]
    weight = window_weights(CPU) / SIDE**2
    own = windows(made.levels[0], torch.tensor([0]), centres[None], SIDE)[0].flatten(1)
    other = windows(made.levels[0], torch.tensor([1]), centres[None] + offset, SIDE)[0].flatten(1)
    own, other = own - (own * weight).sum(1, keepdim=True), other - (other * weight).sum(1, keepdim=True)
    gain = ((own**2 * weight).sum(1) / (other**2 * weight).sum(1)).sqrt()
    expected = ((own - gain[:, None] * other) ** 2 * weight).sum(1)
    torch.testing.assert_close(found, expected, rtol=2e-2, atol=2e-6)


def test_an_edge_is_followed_across_itself_and_does_not_run_along():
    step = np.tile(1 / (1 + np.exp(-(np.arange(128) - 63.5) / 1.5)), (96, 1))
    rng = np.random.default_rng(6)
    noise = rng.normal(0, 0.004, (2, *HW))
    other = np.tile(1 / (1 + np.exp(-(np.arange(128) - 64.2) / 1.5)), (96, 1))
    made = pyramid(torch.from_numpy(np.stack([step, other]) + noise).float(), 1)
    centres = torch.tensor([[63.5, y] for y in range(20, 76, 8)])
    template = patches(made, 0, torch.tensor([0]), centres)
    found, _ = align(made, template, torch.tensor([1]), torch.zeros(1, len(centres), 2), 8)
    assert float((found[0, :, 0] - 0.7).abs().max()) < 0.05
    assert float(found[0, :, 1].abs().max()) < 2


def test_a_flat_patch_stays_where_it_was_put():
    rng = np.random.default_rng(7)
    grey = torch.from_numpy(0.5 + rng.normal(0, 0.01, (2, *HW))).float()
    made = pyramid(grey, 1)
    centres = grid(HW, 16, CPU).reshape(-1, 2)
    template = patches(made, 0, torch.tensor([0]), centres)
    found, _ = align(made, template, torch.tensor([1]), torch.zeros(1, len(centres), 2), 4)
    assert bool(torch.isfinite(found).all())
    blank = pyramid(torch.full((2, *HW), 0.5), 1)
    still, left = align(blank, patches(blank, 0, torch.tensor([0]), centres), torch.tensor([1]), found * 0 + 0.25, 4)
    assert torch.equal(still, found * 0 + 0.25)
    assert bool(torch.isfinite(left).all())


def test_pairs_of_a_batch_do_not_know_of_each_other():
    image = periodic(8)
    others = [moved(image, shift) for shift in SHIFTS]
    together, _ = aligned(image, *others)
    alone = np.concatenate([aligned(image, other)[0] for other in others])
    np.testing.assert_allclose(together, alone, atol=1e-3)
