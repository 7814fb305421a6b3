"""Frames at halved sizes and the windows cut out of them, against scipy and torch's own interpolation."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage

from sfm.flow.pyramid import (
    FRAMES_AT_ONCE,
    LEAST_NOISE,
    RIM,
    cell,
    chunks,
    grey_of,
    grid,
    noise_of,
    pyramid,
    pyramid_bytes,
    pyramid_of,
    sampled,
    windows,
)

CPU = torch.device("cpu")


def smooth(seed: int, hw: tuple[int, int] = (60, 90), frames: int = 2) -> torch.Tensor:
    noise = np.random.default_rng(seed).normal(size=(frames, *hw))
    return torch.from_numpy(0.5 + 0.5 * ndimage.gaussian_filter(noise, (0, 2, 2))).float()


def looked_up(image: np.ndarray, x: float, y: float, size: int) -> np.ndarray:
    """A window by scipy: bilinear, the edge goes on for ever."""
    along = np.arange(size) - size // 2
    rows, columns = np.meshgrid(y + along, x + along, indexing="ij")
    return ndimage.map_coordinates(image, [rows, columns], order=1, mode="nearest")


@pytest.mark.parametrize("size", [1, 9, 11])
def test_windows_are_bilinear_and_go_on_beyond_the_edge(size):
    """As long as they reach over it by less than the rim."""
    grey = smooth(0)
    level = pyramid(grey, 1).levels[0]
    rng = np.random.default_rng(1)
    reach = RIM - size // 2 - 1
    place = rng.uniform([-reach, -reach], [89 + reach, 59 + reach], (2, 60, 2))
    place[:, :4] = [[0, 0], [89, 59], [30, 20], [-3, 62]]
    cut = windows(level, torch.tensor([1, 0]), torch.from_numpy(place).float(), size).numpy()
    for row, frame in enumerate((1, 0)):
        for found, (x, y) in zip(cut[row], place[row], strict=True):
            np.testing.assert_allclose(found, looked_up(grey[frame].numpy(), x, y, size), atol=2e-5)


def test_windows_at_whole_places_are_the_pixels_themselves():
    grey = smooth(2)
    cut = windows(pyramid(grey, 1).levels[0], torch.tensor([0]), torch.tensor([[[40.0, 30.0]]]), 9)
    assert torch.equal(cut[0, 0], grey[0, 26:35, 36:45])


@pytest.mark.parametrize("far", [[1e4, 30.0], [-1e4, 30.0], [40.0, 1e7], [-1e9, -1e9]])
def test_places_far_outside_give_what_lies_at_the_edge(far):
    """Of the last frame, too: nothing is read beyond the memory."""
    grey = smooth(3)
    cut = windows(pyramid(grey, 1).levels[0], torch.tensor([1]), torch.tensor([[far]]), 9)[0, 0]
    assert bool(torch.isfinite(cut).all())
    column = {1e4: 89, -1e4: 0, -1e9: 0}.get(far[0])
    if column is not None:
        assert set(cut.unique().tolist()) <= set(grey[1, :, column].tolist()) | set(cut[:, :1].unique().tolist())
        assert float((cut - cut[:, :1]).abs().max()) < 1e-6  # the edge goes on along the row


def test_a_pixel_of_a_level_lies_where_the_docstring_says():
    """Pixel x of level l is pixel 2ˡ x of level 0: a ramp stays the same ramp, in halved steps."""
    ramp = torch.arange(160.0).expand(1, 96, 160) / 160
    made = pyramid(ramp, 3)
    for number, level in enumerate(made.levels):
        height, width = made.hw(number)
        inner = level[0, RIM + 6 : RIM + height - 6, RIM + 6 : RIM + width - 6]
        expected = torch.arange(6, width - 6) * 2.0**number / 160
        torch.testing.assert_close(inner, expected.expand_as(inner), rtol=0, atol=1e-5)


def test_levels_are_smooth_and_halved_and_none_is_tiny():
    made = pyramid(smooth(4, (90, 160)), 9)
    sizes = [made.hw(level) for level in range(len(made.levels))]
    assert sizes[0] == (90, 160)
    for above, below in zip(sizes[1:], sizes, strict=False):
        assert above == ((below[0] + 1) // 2, (below[1] + 1) // 2)
    assert min(sizes[-1]) >= 12
    assert min(sizes[-1]) < 24  # one more would have been too small
    own = ndimage.convolve1d(smooth(4, (90, 160))[0].numpy(), np.array([1, 4, 6, 4, 1]) / 16, 0, mode="nearest")
    own = ndimage.convolve1d(own, np.array([1, 4, 6, 4, 1]) / 16, 1, mode="nearest")[::2, ::2]
    np.testing.assert_allclose(made.levels[1][0, RIM:-RIM, RIM:-RIM].numpy(), own, atol=1e-5)


def test_grey_is_the_luma_of_the_bytes():
    rgb = np.random.default_rng(5).integers(0, 256, (2, 8, 9, 3)).astype(np.uint8)
    expected = rgb @ np.array([0.299, 0.587, 0.114]) / 255
    np.testing.assert_allclose(grey_of(rgb, CPU).numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("count", [1, FRAMES_AT_ONCE, 2 * FRAMES_AT_ONCE + 3])
def test_a_few_frames_at_a_time_make_the_pyramid_of_the_whole_to_the_bit(count):
    rgb = np.random.default_rng(10).integers(0, 256, (2 * count, 40, 61, 3)).astype(np.uint8)
    chosen = np.arange(count) * 2 + 1
    whole, found = pyramid(grey_of(rgb[chosen], CPU), 3), pyramid_of(rgb, chosen, 3, CPU)
    assert found.noise == whole.noise
    assert len(found.levels) == len(whole.levels)
    assert all(torch.equal(one, other) for one, other in zip(found.levels, whole.levels, strict=True))


@pytest.mark.parametrize("hw", [(45, 80), (90, 161), (23, 40), (120, 24)])
def test_a_pyramid_takes_so_many_bytes_a_frame(hw):
    made = pyramid_of(np.zeros((3, *hw, 3), np.uint8), np.arange(3), 5, CPU)
    assert sum(level.nbytes for level in made.levels) == 3 * pyramid_bytes(hw, 5)


@pytest.mark.parametrize("sigma", [0.01, 0.03, 0.08])
@pytest.mark.parametrize("slope", [0.0, 0.02])
def test_the_noise_is_found_on_flat_and_on_sloping_ground(sigma, slope):
    rng = np.random.default_rng(6)
    ground = slope * np.add.outer(np.arange(90), 0.5 * np.arange(120))
    grey = torch.from_numpy(ground + rng.normal(0, sigma, (12, 90, 120))).float()
    assert noise_of(grey) == pytest.approx(sigma, rel=0.03)


def test_a_clean_picture_has_the_least_noise_and_a_textured_one_little():
    assert noise_of(torch.full((3, 40, 50), 0.3)) == LEAST_NOISE
    assert noise_of(smooth(7, (90, 120))) < 0.01


def test_a_grid_has_the_middles_of_whole_cells():
    centres = grid((33, 50), 8, CPU)
    assert centres.shape == (4, 6, 2)
    assert centres[0, 0].tolist() == [3.5, 3.5]
    assert centres[-1, -1].tolist() == [43.5, 27.5]
    assert cell(centres) == 8.0
    assert cell(grid((33, 9), 8, CPU)) == 8.0
    assert cell(grid((9, 9), 8, CPU)) == 1.0


def test_sampled_gives_back_the_grid_and_what_lies_between():
    centres = grid((64, 96), 8, CPU)
    values = torch.rand(2, *centres.shape[:2], 3)
    at = centres.reshape(1, -1, 2).expand(2, -1, -1)
    torch.testing.assert_close(sampled(values, centres, at), values.flatten(1, 2), rtol=0, atol=1e-5)
    rng = np.random.default_rng(8)
    place = torch.from_numpy(rng.uniform(-20, 120, (2, 50, 2))).float()
    found = sampled(values, centres, place).numpy()
    for b in range(2):
        for c in range(3):
            grid_at = (place[b].numpy()[:, ::-1] - 3.5) / 8
            expected = ndimage.map_coordinates(values[b, ..., c].numpy(), grid_at.T, order=1, mode="nearest")
            np.testing.assert_allclose(found[b, :, c], expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 5), (4, 1), (1, 1)])
def test_a_grid_of_one_row_or_column_can_be_sampled(shape):
    centres = grid((8 * shape[0], 8 * shape[1]), 8, CPU)
    values = torch.rand(1, *shape, 2)
    torch.testing.assert_close(sampled(values, centres, centres.reshape(1, -1, 2)), values.flatten(1, 2))


@pytest.mark.parametrize(("count", "size"), [(0, 3), (1, 3), (6, 3), (7, 3)])
def test_chunks_cover_everything_once(count, size):
    parts = [list(range(count))[part] for part in chunks(count, size)]
    assert [each for part in parts for each in part] == list(range(count))
    assert all(1 <= len(part) <= size for part in parts)


def test_a_window_equals_that_of_grid_sample():
    """The second oracle, in torch: the whole shifted picture, cut afterwards."""
    grey = smooth(9)
    shift = torch.tensor([2.3, -1.6])
    y, x = torch.meshgrid(torch.arange(60.0), torch.arange(90.0), indexing="ij")
    at = torch.stack([(x + shift[0]) / 89 * 2 - 1, (y + shift[1]) / 59 * 2 - 1], -1)[None]
    moved = F.grid_sample(grey[:1, None], at, align_corners=True, padding_mode="border")[0, 0]
    cut = windows(pyramid(grey, 1).levels[0], torch.tensor([0]), torch.tensor([[[40.0, 30.0]]]) + shift, 11)[0, 0]
    torch.testing.assert_close(cut, moved[25:36, 35:46], rtol=0, atol=1e-5)
