"""Flow from nothing against shifts, and against the exact flow of rendered clips."""

from functools import cache

import clips
import numpy as np
import pytest
import torch
from flow_scene import clip, exact_flow, set_up

from sfm.flow.coarse_to_fine import flow, flow_from
from sfm.flow.pyramid import grey_of, grid, pyramid

CPU = torch.device("cpu")
LEVELS = 5


def flow_of(rgb: np.ndarray, pairs: list[tuple[int, int]], cell_px: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Displacements (pairs, patches, 2) and the middles of the patches."""
    made = pyramid(grey_of(rgb, CPU), LEVELS)
    centres = grid(made.hw(0), cell_px, CPU)
    first, second = torch.tensor(pairs).T
    moved, left = flow(made, first, second, centres)
    assert bool(torch.isfinite(moved).all())
    assert bool((left >= 0).all())
    return moved.numpy(), centres.reshape(-1, 2).numpy()


@cache
def shifted() -> np.ndarray:
    texture = clips.texture(3)
    places = [(60, 60), (66.5, 57.25), (85, 75), (40, 85)]
    return np.stack([clips.window(texture, x, y, (144, 192)) for x, y in places])


@pytest.mark.parametrize(("second", "shift"), [(1, (-6.5, 2.75)), (2, (-25.0, -15.0)), (3, (20.0, -25.0))])
@pytest.mark.parametrize("cell_px", [8, 16])
def test_shifts_small_and_large(second, shift, cell_px):
    moved, centres = flow_of(shifted(), [(0, second)], cell_px)
    place = centres + shift
    inside = ((place > 8) & (place < [183, 135])).all(1)
    error = np.linalg.norm(moved[0] - shift, axis=1)[inside]
    assert np.median(error) < 0.1
    assert (error < 0.5).mean() > 0.9


def test_there_and_back_and_pairs_in_one_batch():
    pairs = [(0, 1), (1, 0), (0, 2), (1, 3)]
    together, _ = flow_of(shifted(), pairs)
    alone = np.concatenate([flow_of(shifted(), [pair])[0] for pair in pairs])
    np.testing.assert_allclose(together, alone, atol=1e-3)
    assert np.abs(np.median(together[0] + together[1], axis=0)).max() < 0.05


def test_a_frame_against_itself_has_not_moved():
    moved, _ = flow_of(shifted(), [(2, 2)])
    assert np.abs(moved).max() < 1e-3


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [("truck", 0, 6), ("truck", 15, 4), ("dolly", 3, 8), ("dolly", 8, 3), ("zoom", 5, 8), ("pan", 2, 7)],
)
def test_rendered_clips_with_rich_texture(name, first, second):
    """Over all patches whose content is still seen, those at the edges of depth among them.

    Content grows by 6 % at most: a patch is a window that is shifted, not stretched.
    """
    moved, centres = flow_of(clip(name).rgb[[first, second]], [(0, 1)])
    truth, seen = exact_flow(set_up(name), first, second, centres.astype(float))
    assert np.linalg.norm(truth[seen], axis=1).max() > 4
    error = np.linalg.norm(moved[0] - truth, axis=1)[seen]
    assert np.median(error) < 0.25
    assert (error < 0.5).mean() > 0.75


@pytest.mark.parametrize("darker", [0, 1])
def test_exposure_may_change(darker):
    rgb = clip("truck").rgb[[4, 8]].copy()
    rgb[darker] = (0.6 * rgb[darker]).astype(np.uint8)
    moved, centres = flow_of(rgb, [(0, 1)])
    truth, seen = exact_flow(set_up("truck"), 4, 8, centres.astype(float))
    assert np.median(np.linalg.norm(moved[0] - truth, axis=1)[seen]) < 0.25


def test_flat_frames_do_not_move():
    moved, _ = flow_of(np.full((2, 96, 128, 3), 90, np.uint8), [(0, 1)])
    assert np.abs(moved).max() < 20  # no number that could hurt anybody, and no NaN


def test_a_frame_too_small_for_a_pyramid():
    tiny = shifted()[:2, :20, :28]
    moved, _ = flow_of(tiny, [(0, 1)], 8)
    assert moved.shape == (1, 6, 2)


def test_a_start_leads_where_nothing_would_have_been_found():
    """Half a frame away, started three pixels off and for one patch of four anywhere: neighbours help it out."""
    texture = clips.texture(4)
    rgb = np.stack([clips.window(texture, x, 60, (144, 192)) for x in (60, 156)])
    made = pyramid(grey_of(rgb, CPU), LEVELS)
    centres = grid(made.hw(0), 8, CPU)
    truth, one, other = torch.tensor([-96.0, 0.0]), torch.tensor([0]), torch.tensor([1])
    rng = np.random.default_rng(0)
    start = truth + torch.from_numpy(rng.normal(0, 2, (1, centres.shape[0] * centres.shape[1], 2))).float()
    lost = torch.from_numpy(rng.random(start.shape[1]) < 0.25)
    start[0, lost] = torch.from_numpy(rng.uniform(-90, 90, (int(lost.sum()), 2))).float()
    place = (centres.reshape(-1, 2) + truth).numpy()
    inside = ((place > 8) & (place < [183, 135])).all(1)

    def right(found: tuple[torch.Tensor, torch.Tensor]) -> float:
        return float(((found[0][0] - truth).norm(dim=1)[inside] < 0.5).float().mean())

    assert right(flow(made, one, other, centres)) < 0.2
    assert right(flow_from(made, one, other, centres, start)) > 0.9


def test_a_start_within_a_frame_too_small_for_a_pyramid():
    tiny = pyramid(grey_of(shifted()[:2, :20, :28], CPU), 5)
    centres = grid(tiny.hw(0), 8, CPU)
    one, other = torch.tensor([0]), torch.tensor([1])
    moved, _ = flow_from(tiny, one, other, centres, torch.zeros(1, 6, 2))
    assert moved.shape == (1, 6, 2)
