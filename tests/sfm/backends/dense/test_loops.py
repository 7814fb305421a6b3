"""What is seen again: on tables of distances, on known flow that comes back, and on a rendered way there and back."""

from dataclasses import replace
from functools import cache

import clips
import numpy as np
import pytest
import torch
from flow_scene import FOCAL_PX, WIDE, KnownFlow, centres_of, known_flow, true_cameras
from projected import angle_deg, path_error

from sfm.backends.dense.adjustment import adjust, cost, covariance, noise_scale, residual_px
from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.keyframes import neighbours
from sfm.backends.dense.loops import agreeing, closed, distances, joined, loop_graph, seen_again
from sfm.backends.dense.models import Lens
from sfm.backends.dense.normal import Freedom, normal_equations
from sfm.backends.dense.observe import Scene, unobserved
from sfm.backends.dense.refinement import Refined, first_graph, scene_of
from sfm.flow.coarse_to_fine import flow
from sfm.flow.pyramid import grey_of, pyramid
from sfm.geometry.problem import FocalPrior
from sfm.masks import find as masks
from sfm.synthetic import ClipSpec, RenderedClip, render
from sfm.types import FULL, ROTATION, STATIC

SMALL_PX = FOCAL_PX / 2
GIVEN = Lens(focal=FocalPrior(focal_px=FOCAL_PX, sigma=0.0))
SMALL = Lens(focal=FocalPrior(focal_px=SMALL_PX, sigma=0.0))
STEPS = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 5.5, 4.5, 3.5, 2.5, 1.5, 0.5]
LOOPS = [(1, 12), (2, 11), (3, 10), (4, 9)]


def line(*place: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Distances and overlaps of views along a line, in pixels of a picture 100 wide."""
    x = torch.tensor(place)
    apart = (x[:, None] - x).abs()
    return apart, (1.0 - apart / 100.0).clamp_min(0.0)


def pairs(target: torch.Tensor) -> set[tuple[int, int]]:
    """Edges of a table of slots; each must lead back by the slot beside it."""
    found: set[tuple[int, int]] = set()
    for row, slot in (target != torch.arange(len(target))[:, None]).nonzero().tolist():
        other = int(target[row, slot])
        assert int(target[other, slot ^ 1]) == row
        assert (other > row) == (slot % 2 == 0)
        found.add((min(row, other), max(row, other)))
    return found


def test_a_way_back_is_paired_with_the_way_there():
    apart, shared = line(0.0, 10.0, 20.0, 30.0, 40.0, 31.0, 22.0, 11.0, 1.0)
    assert pairs(seen_again(apart, shared, 100, 1)) == {(0, 8), (1, 7), (2, 6), (3, 5)}


@pytest.mark.parametrize(
    "place",
    [
        (0.0, 10.0, 20.0, 30.0, 40.0),  # on and on
        (0.0, 3.0, 6.0, 3.0, 0.0, 3.0),  # never far
        (0.0, 10.0, 20.0, 30.0, 24.0),  # not back by half of the way
        (0.0, 140.0, 150.0, 160.0, 45.0),  # not into the picture
        (0.0,),
    ],
)
def test_what_is_not_seen_again_has_no_edge(place):
    apart, shared = line(*place)
    near = (torch.arange(len(place))[:, None] - torch.arange(len(place))).abs() <= 2
    found = seen_again(apart, torch.where(near, 0.0, shared), 100, 1)
    assert found.shape == (len(place), 2)
    assert pairs(found) == set()


def test_a_picture_that_shares_too_little_is_not_the_same_again():
    apart, shared = line(0.0, 20.0, 40.0, 20.0, 0.0)
    assert (0, 4) in pairs(seen_again(apart, shared, 100, 1))
    assert pairs(seen_again(apart, 0.5 * shared, 100, 1)) == set()


def test_more_partners_are_other_ones():
    """Three times past the same: each later pass is compared with an earlier one, by further slots with the next."""
    apart, shared = line(*np.abs((np.arange(16) * 10.0 + 50.0) % 100.0 - 50.0).tolist())
    one, two = (seen_again(apart, shared, 100, partners) for partners in (1, 2))
    assert two.shape == (16, 4)
    torch.testing.assert_close(two[:, :2], one)
    first, second = pairs(two[:, :2]), pairs(two[:, 2:])
    assert second
    assert not first & second


def adjusted(known: KnownFlow, slots: int) -> tuple[float, float]:
    """Errors of rotation (degrees) and position (share of the path) with the first slots of the graph."""
    graph = known.graph
    some = replace(
        graph,
        target=graph.target[:, :slots],
        place_px=graph.place_px[:, :slots],
        root=graph.root[:, :slots],
        weight=graph.weight[:, :slots],
    )
    found, _ = adjust(known.parameters, some, GIVEN.freedom(FULL, scale=8.0), (64.0, 32.0), iterations=8)
    turn = angle_deg(found.rotation.numpy(), known.parameters.rotation.numpy())
    return float(np.sqrt((turn**2).mean())), path_error(centres_of(found), known.centre)


def test_cameras_that_are_compared_with_the_way_there_drift_less():
    """Noise of a pixel at each place; the medians of several scenes."""
    move = {"truck": 1.2, "pan_deg": -20.0, "dolly": 0.3}
    scenes = [
        known_flow(move, seed=seed, cameras=13, patches=40, noise_px=1.0, steps=STEPS, loops=LOOPS) for seed in range(5)
    ]
    without, with_loops = (np.median([adjusted(each, slots) for each in scenes], 0) for slots in (4, 6))
    assert with_loops[0] < 0.75 * without[0]
    assert with_loops[1] < 0.75 * without[1]


@pytest.mark.parametrize("model", [ROTATION, FULL])
def test_the_system_with_loops_has_the_dense_solution(model):
    """Folded or not: the covariance is the inverse of what moves."""
    known = known_flow({"truck": 0.5, "pan_deg": 9.0}, cameras=13, patches=30, noise_px=0.3, steps=STEPS, loops=LOOPS)
    free = Freedom(model=model, focal=FocalPrior(focal_px=FOCAL_PX, sigma=0.35), depth_weight=0.5)
    found = covariance(known.parameters, known.graph, free, 8.0)
    assert found is not None
    matrix = normal_equations(known.parameters, known.graph, free, 8.0, 0.0).matrix
    moves = free.free(13, torch.device("cpu"))
    dense = torch.linalg.inv((matrix + torch.diag(1e-12 * matrix.diagonal()))[moves][:, moves])
    scale = dense.diagonal().sqrt()
    torch.testing.assert_close(
        found[moves][:, moves] / scale / scale[:, None], dense / scale / scale[:, None], rtol=0.0, atol=1e-6
    )


def test_an_edge_that_does_not_agree_is_dropped_both_ways():
    known = known_flow({"truck": 0.4}, cameras=13, patches=80, steps=STEPS, loops=LOOPS)
    graph = known.graph
    edges = replace(
        graph,
        target=graph.target[:, 4:],
        place_px=graph.place_px[:, 4:].clone(),
        root=graph.root[:, 4:],
        weight=graph.weight[:, 4:].clone(),
    )
    assert pairs(torch.where(agreeing(known.parameters, edges, 4.0), edges.target, edges.source[:, None])) == set(LOOPS)
    edges.place_px[1, 0] += 20.0  # one way is enough
    edges.weight[2, 0, 25:] = 0.0
    good = agreeing(known.parameters, edges, 4.0)
    assert pairs(torch.where(good, edges.target, edges.source[:, None])) == set(LOOPS[2:])


def test_idle_slots_cost_nothing():
    known = known_flow({"truck": 0.4}, noise_px=0.5)
    graph = known.graph
    idle = replace(graph, target=graph.source[:, None].repeat(1, 4), weight=torch.zeros_like(graph.weight))
    both, free = joined(graph, idle), GIVEN.freedom(FULL)
    assert both.weight.shape == (6, 8, 120)
    assert cost(known.parameters, both, free, 4.0) == pytest.approx(cost(known.parameters, graph, free, 4.0), rel=1e-12)


@cache
def truck() -> RenderedClip:
    """A third of the width of a small picture."""
    move = {"truck": 0.35}
    return render(ClipSpec(seed=3, frames=8, image_hw=(90, 160), focal_px=SMALL_PX, move=move, easing="linear"))


ORDER = np.array([0, 1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 1, 0])


def scene_and_truth(order: np.ndarray) -> tuple[Scene, DenseParameters]:
    """Frames of the truck in some order, each with noise of its own, and what is true of them."""
    frames = clips.as_frames(clips.noisy(truck().rgb[order], 1.0, np.random.default_rng(0)))
    scene = scene_of(pyramid(grey_of(frames.rgb, torch.device("cpu")), 5), frames, masks.find(frames), 8)
    xy = scene.centres.reshape(-1, 2).numpy().astype(float)
    return scene, true_cameras(truck().set_up, order.tolist(), xy)


def fitted(scene: Scene, graph: FlowGraph, parameters: DenseParameters) -> Refined:
    """A graph with the parameters of a fit to it."""
    left_px, scale = residual_px(parameters, graph), noise_scale(parameters, graph)
    whole = torch.ones_like(parameters.inverse_depth)
    return Refined(scene=scene, graph=graph, parameters=parameters, belongs=whole, residual_px=left_px, scale=scale)


@cache
def there_and_back() -> tuple[Refined, DenseParameters]:
    """Flow between neighbours with the truth for its fit, and the truth."""
    scene, truth = scene_and_truth(ORDER)
    return fitted(scene, first_graph(scene, np.arange(15), 2, flow), truth), truth


def test_a_way_there_and_back_has_less_drift_by_its_loops():
    """The neighbours' flow swims as a whole, by half a pixel and in each slot anew."""
    known, truth = there_and_back()
    rng = torch.Generator().manual_seed(1)
    swim = 0.5 * torch.randn(15, 4, 2, 1, generator=rng)
    graph = replace(known.graph, place_px=known.graph.place_px + swim)
    drifted, _ = adjust(truth, graph, SMALL.freedom(FULL), (16.0,), iterations=6)
    before = fitted(known.scene, graph, drifted)
    after, count = closed(before, np.arange(15), FULL, SMALL, 1)
    assert 3 <= count <= 6
    assert after.graph is before.graph
    torch.testing.assert_close(after.residual_px, residual_px(after.parameters, after.graph), equal_nan=True)
    turned = [angle_deg(fit.parameters.rotation.numpy(), truth.rotation.numpy()) for fit in (before, after)]
    ends = [float(turn[10:].mean()) for turn in turned]
    assert ends[0] > 0.05
    assert ends[1] < 0.5 * ends[0]


def test_what_is_not_seen_again_is_left_as_it_is():
    """To the bit, as it is the same value; and so where loops are not asked for, or nothing turns."""
    scene, truth = scene_and_truth(ORDER[:8])
    graph = unobserved(scene, torch.arange(8), neighbours(8, 2, torch.device("cpu")))
    once = replace(fitted(scene, graph, truth), scale=1.0)
    assert closed(once, np.arange(8), FULL, SMALL, 1) == (once, 0)
    back, _ = there_and_back()
    assert closed(back, np.arange(15), FULL, SMALL, 0) == (back, 0)
    assert closed(back, np.arange(15), STATIC, SMALL, 1) == (back, 0)


def test_another_place_that_the_poses_take_for_the_same_makes_no_edge():
    """The pictures decide: where the way back shows something else nothing changes."""
    before, _ = there_and_back()
    levels = tuple(level.clone() for level in before.scene.pyramid.levels)
    for level in levels:
        level[8:] = level[8:].flip(-2)
    other = replace(before, scene=replace(before.scene, pyramid=replace(before.scene.pyramid, levels=levels)))
    assert closed(other, np.arange(15), FULL, SMALL, 1) == (other, 0)


def test_distances_are_those_of_the_truth():
    fit, truth = there_and_back()
    apart, shared = distances(fit.scene, truth)
    torch.testing.assert_close(apart, apart.T)
    assert float(apart.diagonal().max()) < 1e-3
    assert float(apart[2, 12]) < 1e-3
    assert bool((apart[0, 1:8].diff() > 0).all())
    assert bool((shared[0, 1:8].diff() <= 0).all())
    assert float(shared[0, 7]) < 0.9 < float(shared[0, 14])


def test_flow_along_an_edge_is_found_from_poses_that_have_drifted():
    fit, truth = there_and_back()
    turn = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, -0.024], [0.0, 0.024, 1.0]], **WIDE)  # 3.3 pixels
    rotation = truth.rotation.clone()
    rotation[8:] = turn @ rotation[8:]
    target = torch.arange(15)[:, None].repeat(1, 2)
    target[2, 0], target[12, 1] = 12, 2
    found = loop_graph(fit.scene, torch.arange(15), replace(truth, rotation=rotation), target)
    assert float(found.weight[[0, 5]].max()) == 0
    good = found.weight[2, 0] > 0.3
    assert float(good.float().mean()) > 0.6
    moved = found.place_px[2, 0] - found.patch_px
    assert float(moved[:, good].norm(dim=0).median()) < 0.1
