"""Templates: weighted sums that can be written down pixel by pixel."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from sfm.flow.patches import RADIUS, SIDE, SPREAD, patches, window_weights
from sfm.flow.pyramid import Pyramid, pyramid

CPU = torch.device("cpu")
PLACES = torch.tensor([[30.0, 20.0], [41.5, 33.25], [60.7, 25.1]])


def scene(gain: float = 1.0, offset: float = 0.0) -> Pyramid:
    noise = np.random.default_rng(0).normal(size=(3, 60, 90))
    smooth = torch.from_numpy(0.5 + ndimage.gaussian_filter(noise, (0, 2, 2))).float()
    return pyramid(gain * smooth + offset, 2)


def test_the_window_is_a_gaussian_of_mean_one():
    weight = window_weights(CPU)
    assert float(weight.mean()) == pytest.approx(1)
    square = weight.reshape(SIDE, SIDE)
    assert torch.equal(square, square.T)
    ratio = float(square[RADIUS, RADIUS] / square[RADIUS, 0])
    assert ratio == pytest.approx(np.exp(0.5 / SPREAD**2), rel=1e-5)


def test_mean_gradient_and_tensor_by_hand():
    frames = torch.tensor([2, 0])
    found = patches(scene(), 0, frames, PLACES)
    weight = window_weights(CPU).double().numpy()
    along = np.arange(-RADIUS - 1, RADIUS + 2)
    for b, frame in enumerate(frames):
        image = scene().levels[0][frame, 16:-16, 16:-16].double().numpy()
        for p, (x, y) in enumerate(PLACES.tolist()):
            at = np.meshgrid(y + along, x + along, indexing="ij")
            cut = ndimage.map_coordinates(image, at, order=1)
            down, across = (part[1:-1, 1:-1].ravel() for part in np.gradient(cut))
            value = cut[1:-1, 1:-1].ravel()
            value = value - np.average(value, weights=weight)
            gradient = np.stack([each - np.average(each, weights=weight) for each in (across, down)])
            tensor = (gradient * weight) @ gradient.T
            np.testing.assert_allclose(found.tensor[b, p].numpy(), tensor, rtol=1e-3, atol=1e-5)
            np.testing.assert_allclose(found.offset[b, p].numpy(), (gradient * weight) @ value, rtol=2e-3, atol=1e-4)
            deviation = np.sqrt(np.average(value**2, weights=weight))
            assert float(found.deviation[b, p]) == pytest.approx(deviation, rel=1e-4)


def test_a_patch_projects_on_itself_as_on_its_basis():
    found = patches(scene(), 0, torch.tensor([1]), PLACES)
    value = found.basis[0, :, 2] / window_weights(CPU)
    assert float(found.basis.sum(-1).abs().max()) < 1e-4  # no mean
    projected = (found.basis[0] @ value[..., None])[..., 0]
    torch.testing.assert_close(projected[:, :2], found.offset[0], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close((projected[:, 2] / SIDE**2).sqrt(), found.deviation[0], rtol=1e-4, atol=0)


def test_an_offset_changes_nothing_and_a_gain_scales():
    plain = patches(scene(), 0, torch.tensor([1]), PLACES)
    lighter = patches(scene(0.5, 0.2), 0, torch.tensor([1]), PLACES)
    torch.testing.assert_close(lighter.tensor, 0.25 * plain.tensor, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(lighter.deviation, 0.5 * plain.deviation, rtol=1e-3, atol=0)


def test_a_ramp_has_no_structure_and_a_flat_patch_the_deviation_of_the_noise():
    """Gradients have no mean, so that neither a ramp nor a change of brightness pulls."""
    y, x = torch.meshgrid(torch.arange(60.0), torch.arange(90.0), indexing="ij")
    flat = pyramid(torch.stack([0.004 * x + 0.002 * y, torch.full_like(x, 0.4)]), 1)
    found = patches(flat, 0, torch.tensor([0, 1]), PLACES)
    assert float(found.tensor.abs().max()) < 1e-8
    torch.testing.assert_close(found.deviation[1], torch.full((3,), flat.noise))


def test_take_picks_rows():
    every = patches(scene(), 1, torch.tensor([0, 1, 2]), PLACES / 2)
    some = every.take(torch.tensor([2, 2, 0]))
    alone = patches(scene(), 1, torch.tensor([2, 2, 0]), PLACES / 2)
    for name in ("offset", "deviation", "tensor"):
        torch.testing.assert_close(getattr(some, name), getattr(alone, name))
    assert some.row is not None
    torch.testing.assert_close(some.basis[some.row], alone.basis)
    assert len(some.basis) == 3  # no copies: two rows share one
    again = some.take(torch.tensor([2, 1]))
    assert again.row is not None
    torch.testing.assert_close(again.basis[again.row], alone.basis[[2, 1]])
    assert some.level == 1
