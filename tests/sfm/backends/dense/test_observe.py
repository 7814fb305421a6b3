"""From pictures to a graph of flow, and from a graph's geometry back to where pictures should match."""

from dataclasses import replace
from functools import cache

import clips
import numpy as np
import pytest
import torch
from flow_scene import HW, clip, exact_flow, known_flow, set_up, true_cameras

from sfm.backends.dense import observe
from sfm.backends.dense.keyframes import neighbours
from sfm.backends.dense.linearise import predict
from sfm.backends.dense.observe import Displacements, Scene, expected_flow, first_flow, flow_again, graph_of
from sfm.flow.batches import in_batches
from sfm.flow.coarse_to_fine import flow
from sfm.flow.information import LEAST_SIGMA_PX
from sfm.flow.pyramid import grey_of, grid, pyramid

CPU = torch.device("cpu")
AT = np.array([0.0, 7.5, 16.25, 21.0, 33.5])
"""Corner of the window over a texture, from frame to frame."""


def scene_of(rgb: np.ndarray, cell_px: int = 16, **changes: object) -> Scene:
    seen = pyramid(grey_of(rgb, CPU), 5)
    centres = grid(seen.hw(0), cell_px, CPU)
    usable = torch.ones(centres.shape[0] * centres.shape[1], dtype=torch.bool)
    return Scene(pyramid=seen, centres=centres, **{"usable": usable, **changes})


@cache
def panned() -> Scene:
    texture = clips.texture(5)
    rgb = np.stack([clips.window(texture, 30 + x, 30 - 0.4 * x, (128, 192)) for x in AT])
    return scene_of(clips.noisy(rgb, 1.0, np.random.default_rng(0)))


@cache
def found(reach: int = 3) -> tuple[torch.Tensor, Displacements]:
    target = neighbours(len(AT), reach, CPU)
    return target, first_flow(panned(), torch.arange(len(AT)), target, flow)


def true_shift(target: torch.Tensor) -> np.ndarray:
    """Displacements of each slot (k m 2)."""
    step = AT[:, None] - AT[target.numpy()]
    return np.stack([step, -0.4 * step], -1)


def test_square_pixels_are_about_the_middle_and_the_way_back_is_its_inverse():
    wide = replace(panned(), pixel_aspect=1.25)
    middle = torch.tensor([[(192 - 1) / 2, (128 - 1) / 2], [(192 - 1) / 2 + 8, (128 - 1) / 2 - 3]])
    torch.testing.assert_close(wide.square(middle), torch.tensor([[0.0, 0.0], [10.0, -3.0]]))
    place = torch.rand(3, 7, 2) * 200
    torch.testing.assert_close(wide.pixels(wide.square(place)), place, rtol=0, atol=1e-4)
    assert wide.patch_px.shape == (2, 96)


def test_every_slot_has_its_own_flow_those_by_a_chain_too():
    target, flow = found()
    shift = true_shift(target)
    place = panned().centres.reshape(-1, 2).numpy() + shift[:, :, None]
    inside = ((place > 8) & (place < [183, 119])).all(-1)
    error = np.linalg.norm(flow.moved.numpy() - shift[:, :, None], axis=-1)
    for slot in range(target.shape[1]):
        of = np.flatnonzero(target[:, slot].numpy() != np.arange(len(AT)))
        good = error[of, slot][inside[of, slot]]
        assert np.median(good) < 0.1
        assert (good < 0.5).mean() > 0.85


def test_a_graph_of_it_has_weights_where_patches_can_be_seen():
    target, flow = found()
    graph = graph_of(panned(), flow, torch.arange(len(AT)), target, back=True)
    idle = target == torch.arange(len(AT))[:, None]
    assert float(graph.weight[idle].abs().max()) == 0
    assert float(graph.weight[~idle].min()) >= 0
    assert float(graph.weight.max()) <= 1
    place = panned().centres.reshape(-1, 2).numpy() + true_shift(target)[:, :, None]
    outside = torch.from_numpy(((place < -3) | (place > [195, 131])).any(-1)) & ~idle[..., None]
    inside = torch.from_numpy(((place > 12) & (place < [179, 115])).all(-1)) & ~idle[..., None]
    assert float((graph.weight[outside] > 0.3).float().mean()) < 0.1
    assert float((graph.weight[inside] > 0.3).float().mean()) > 0.85
    moved = (graph.place_px - graph.patch_px).transpose(2, 3)
    torch.testing.assert_close(moved, flow.moved, rtol=0, atol=1e-4)
    sigma = 1 / graph.root[:, :, 0][graph.weight > 0.3]
    assert float(sigma.median()) < 3 * LEAST_SIGMA_PX
    assert float(graph.root[:, :, 0].max()) <= 1.001 / LEAST_SIGMA_PX


def test_a_flow_that_does_not_lead_back_counts_less():
    target, flow = found()
    source = torch.arange(len(AT))
    bent = flow.moved.clone()
    bent[2, 0] += 4.0
    lied = graph_of(panned(), replace(flow, moved=bent), source, target, back=True)
    fair = graph_of(panned(), flow, source, target, back=True)
    for row, slot in ((2, 0), (3, 1)):  # there and the opposite one
        seen = fair.weight[row, slot] > 0.5
        assert float(lied.weight[row, slot][seen].median()) < 0.2
    assert torch.equal(lied.weight[0, 0], fair.weight[0, 0])
    trusting = graph_of(panned(), replace(flow, moved=bent), source, target, back=False)
    assert float(trusting.weight[2, 0].median()) == 1


def test_what_is_masked_does_not_testify():
    target, flow = found()
    usable = torch.arange(96) % 2 == 0
    graph = graph_of(replace(panned(), usable=usable), flow, torch.arange(len(AT)), target, back=True)
    assert float(graph.weight[..., ~usable].max()) == 0
    assert float(graph.weight[..., usable].max()) > 0.5


def test_information_is_that_of_square_pixels():
    """A picture of pixels twice as wide as high: a pixel's error across is two of the square ones."""
    target, flow = found()
    source = torch.arange(len(AT))
    plain, wide = (
        graph_of(each, flow, source, target, back=True) for each in (panned(), replace(panned(), pixel_aspect=2.0))
    )
    torch.testing.assert_close(wide.weight, plain.weight)
    residual = torch.tensor([0.3, -0.2])
    for graph, stretch in ((plain, 1.0), (wide, 2.0)):
        x, y = residual * torch.tensor([stretch, 1.0])
        a, b, c = graph.root.unbind(2)
        length = (a * x + b * y) ** 2 + (c * y) ** 2
        if graph is plain:
            expected = length
    torch.testing.assert_close(length, expected, rtol=1e-3, atol=1e-3)


def test_from_a_start_nearby_the_flow_is_found_again():
    target, flow = found()
    number = torch.arange(len(AT))
    start = torch.from_numpy(true_shift(target)).float()[:, :, None].expand_as(flow.moved) + 0.8
    again = flow_again(panned(), number, number[target], start, 6)
    idle = target == number[:, None]
    assert torch.equal(again.moved[idle], start[idle])
    place = panned().centres.reshape(-1, 2).numpy() + true_shift(target)[:, :, None]
    inside = ((place > 8) & (place < [183, 119])).all(-1) & ~idle.numpy()[..., None]
    error = np.linalg.norm(again.moved.numpy() - true_shift(target)[:, :, None], axis=-1)[inside]
    assert np.median(error) < 0.1
    torch.testing.assert_close(again.tensor, flow.tensor)
    none = flow_again(panned(), number, number[target], start, 0)
    assert torch.equal(none.moved, start)


@pytest.mark.parametrize("kappa", [0.0, 0.05, -0.05])
@pytest.mark.parametrize("pixel_aspect", [1.0, 1.2])
def test_expected_flow_is_the_flow_of_the_geometry(kappa, pixel_aspect):
    scene = scene_of(np.zeros((4, *HW, 3), np.uint8), pixel_aspect=pixel_aspect)
    move = {"truck": 0.1, "pan_deg": 3.0, "zoom": 1.1}
    p = scene.patch_px.shape[1]
    known = known_flow(move, cameras=4, patches=p, kappa=kappa)
    parameters = replace(known.parameters, inverse_depth=known.parameters.inverse_depth.float())
    graph = replace(
        known.graph,
        patch_px=scene.patch_px,
        place_px=known.graph.place_px.float(),
        root=known.graph.root.float(),
        weight=known.graph.weight.float(),
    )
    start = expected_flow(scene, parameters, graph)
    place = scene.square(scene.centres.reshape(-1, 2) + start).transpose(2, 3)
    left = predict(parameters, replace(graph, place_px=place), slice(None)).residual_px.norm(dim=2)
    assert float(left.max()) < (0.3 if kappa else 1e-3)
    assert float(left.median()) < (0.01 if kappa else 1e-3)
    idle = graph.target == graph.source[:, None]
    assert float(start[idle].abs().max()) < (0.1 if kappa else 1e-3)


def test_expected_flow_of_a_rendered_clip_is_its_exact_flow():
    key, known = (0, 8, 15), set_up("truck")
    scene = scene_of(clip("truck").rgb[list(key)])
    xy = scene.centres.reshape(-1, 2).numpy().astype(float)
    graph = known_flow({}, cameras=3, patches=len(xy), dtype=torch.float32).graph
    start = expected_flow(scene, true_cameras(known, key, xy), replace(graph, patch_px=scene.patch_px)).numpy()
    for row, slots in enumerate(graph.target.tolist()):
        for slot, other in enumerate(slots):
            if other != row:
                truth, seen = exact_flow(known, key[row], key[other], xy)
                np.testing.assert_allclose(start[row, slot][seen], truth[seen], atol=0.01)


def test_what_was_told_to_move_does_not_testify_where_it_is_or_where_the_flow_leads():
    target, whole = found()
    moving = torch.zeros(len(AT), 128, 192, dtype=torch.bool)
    moving[2, :, 96:] = True
    scene = replace(panned(), moving=moving)
    told = first_flow(scene, torch.arange(len(AT)), target, flow)
    assert torch.equal(told.moved, whole.moved)
    place = scene.centres.reshape(-1, 2) + whole.moved
    here = torch.zeros_like(told.told)
    here[2] = scene.centres.reshape(-1, 2)[:, 0] > 96
    there = (target == 2)[..., None] & (place[..., 0].round() >= 96)
    assert torch.equal(told.told, here | there)
    graph = graph_of(scene, told, torch.arange(len(AT)), target, back=True)
    assert float(graph.weight[told.told].max()) == 0
    assert float(graph.weight[1, 0][~told.told[1, 0]].median()) > 0.5
    assert not whole.told.any()


def test_batches_that_do_not_fit_are_halved_and_the_flow_is_the_same(monkeypatch):
    """A device that is made up takes three pairs at once."""
    target, whole = found()
    key = torch.arange(len(AT))
    again = flow_again(panned(), key, target, whole.moved, 1)
    wanted: list[int] = []

    def tight(function):
        def limited(pyramid, what, goal, *rest):
            wanted.append(len(goal))
            if len(goal) > 3:
                raise torch.cuda.OutOfMemoryError("made up")
            return function(pyramid, what, goal, *rest)

        return limited

    narrow = tight(flow)
    monkeypatch.setattr(observe, "align", tight(observe.align))
    monkeypatch.setattr(
        observe, "in_batches", lambda count, size, _, work: in_batches(count, size, torch.device("cuda"), work)
    )
    for small, large in (
        (first_flow(panned(), key, target, narrow), whole),
        (flow_again(panned(), key, target, whole.moved, 1), again),
    ):
        torch.testing.assert_close(small.moved, large.moved, rtol=0, atol=1e-2)
        torch.testing.assert_close(small.variance, large.variance, rtol=0, atol=1e-4)
        torch.testing.assert_close(small.deviation, large.deviation)
    assert max(wanted) > 3 >= min(wanted)


def test_keyframes_that_lose_each_other_where_frames_were_left_out_are_found_by_matches():
    """Three windows of a texture, the second one 110 of 192 pixels to the right of the first and one of the third."""
    texture = clips.texture(7)
    rgb = np.stack([clips.window(texture, 20 + x, 30, (128, 192)) for x in (0, 110, 109)])
    scene, target, key = scene_of(rgb), neighbours(3, 1, CPU), torch.arange(3)
    alone, together = (first_flow(scene, key, target, flow, after) for after in ((), (0, 1)))
    shared = scene.centres.reshape(-1, 2)[:, 0] > 110 + 20
    for found, least, most in ((alone, 0.0, 0.3), (together, 0.9, 1.0)):
        off = (found.moved[0, 0] - torch.tensor([-110.0, 0.0])).norm(dim=-1)[shared]
        assert least <= float((off < 0.5).float().mean()) <= most
    assert torch.equal(alone.moved[1, 0], together.moved[1, 0]), "what the flow follows stays as it is"
