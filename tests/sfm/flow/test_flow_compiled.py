"""Compiled loops over patches against torch's batches."""

import numpy as np
import pytest
import torch

from sfm.flow import lucas_kanade
from sfm.flow.patches import Patches, patches, patches_of_batch
from sfm.flow.pyramid import Pyramid, grey_of, grid, pyramid

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def scene() -> Pyramid:
    rng = np.random.default_rng(1)
    rgb = np.repeat(rng.integers(0, 256, (4, 24, 36, 3), np.uint8), 4, axis=1).repeat(4, axis=2)
    return pyramid(grey_of(rgb, CPU), 2)


@pytest.mark.parametrize("level", [0, 1])
def test_templates_are_those_of_the_batch(scene, level):
    centre = grid((96 >> level, 144 >> level), 8, CPU).reshape(-1, 2) + 0.3
    frame = torch.tensor([0, 2, 3])
    ours, theirs = patches(scene, level, frame, centre), patches_of_batch(scene, level, frame, centre)
    for name in ("basis", "offset", "deviation", "tensor"):
        torch.testing.assert_close(getattr(ours, name), getattr(theirs, name), rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("row", [None, [1, 0], [1, 1]])
def test_windows_are_projected_as_by_the_batch(scene, row):
    """Inside of the picture, beyond its edge, and where a displacement is no number; patches that share a basis."""
    centre = grid((96, 144), 8, CPU).reshape(-1, 2)
    template = patches(scene, 0, torch.tensor([0, 1]), centre)
    template = template if row is None else template.take(torch.tensor(row))
    moved = torch.randn(2, len(centre), 2, generator=torch.Generator().manual_seed(2)) * 6
    moved[0, 0], moved[1, 1] = 1e4, -1e4
    ours, theirs = both(scene, template, moved)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=2e-5)
    moved[0, 3, 0] = torch.nan
    assert bool(torch.isfinite(both(scene, template, moved, ours_alone=True)[0]).all())


def test_faint_texture_on_bright_ground_is_measured_as_well():
    """A contrast of a two-thousandth of the brightness: its square drowns where means are taken off the sums alone."""
    texture = torch.rand(4, 96, 144, generator=torch.Generator().manual_seed(5))
    faint = pyramid(0.95 + 5e-4 * texture, 1)
    centre = grid((96, 144), 8, CPU).reshape(-1, 2)
    template = patches(faint, 0, torch.tensor([0, 1]), centre)
    ours, theirs = both(faint, template, torch.full((2, len(centre), 2), 0.4))
    assert theirs is not None
    torch.testing.assert_close(ours[..., 0], theirs[..., 0], rtol=2e-3, atol=0)


def both(
    scene: Pyramid, template: Patches, moved: torch.Tensor, *, ours_alone: bool = False
) -> tuple[torch.Tensor, torch.Tensor | None]:
    given = (scene.levels[0], template, torch.tensor([1, 3]), moved)
    return lucas_kanade._projected_on_cpu(*given), None if ours_alone else lucas_kanade.projected(*given)
