"""First guesses on flow whose cameras are known."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from flow_scene import FOCAL_PX, KnownFlow, centres_of, known_flow
from projected import angle_deg, path_error

from sfm.backends.dense.adjustment import residual_px
from sfm.backends.dense.graph import DenseParameters, still
from sfm.backends.dense.starts import along_the_axis, chained_directions, chained_turns, mirrored, refocused


def rest(known: KnownFlow, focal_px: float = FOCAL_PX) -> DenseParameters:
    k, _, p = known.graph.weight.shape
    return still(k, k, p, focal_px, torch.device("cpu"))


def flow(move: dict[str, float], **options: object) -> KnownFlow:
    return known_flow(move, **{"patches": 300, "noise_px": 0.1, "dtype": torch.float32, **options})


@pytest.mark.parametrize(
    "move", [{"pan_deg": 1.0}, {"tilt_deg": -1.0}, {"roll_deg": 1.5}, {"pan_deg": 1, "roll_deg": -1}]
)
def test_small_turns_are_exact(move):
    known = flow({name: float(value) for name, value in move.items()}, noise_px=0.0)
    found = chained_turns(rest(known), known.graph, zoom=False)
    error = angle_deg(found.rotation.numpy(), known.parameters.rotation.numpy())
    assert error.max() < 0.01  # of a degree and more in five steps: the second order of a fifth
    assert error[0] == 0
    assert float(found.translation.abs().max()) == 0


def test_large_turns_are_near_enough_to_begin_with():
    known = flow({"pan_deg": 20.0, "roll_deg": 10.0})
    found = chained_turns(rest(known), known.graph, zoom=False)
    assert angle_deg(found.rotation.numpy(), known.parameters.rotation.numpy()).max() < 2


def test_turn_and_zoom_together():
    known = flow({"pan_deg": 3.0, "zoom": 1.2})
    found = chained_turns(rest(known), known.graph, zoom=True)
    assert angle_deg(found.rotation.numpy(), known.parameters.rotation.numpy()).max() < 0.5
    np.testing.assert_allclose(found.zoom, known.parameters.zoom, atol=0.02)
    assert float(chained_turns(rest(known), known.graph, zoom=False).zoom.abs().max()) == 0


def test_turns_do_not_heed_outliers():
    known = flow({"pan_deg": 3.0, "tilt_deg": 1.0}, outliers=0.25)
    found = chained_turns(rest(known), known.graph, zoom=False)
    assert angle_deg(found.rotation.numpy(), known.parameters.rotation.numpy()).max() < 0.15


MOVES = {
    "truck": {"truck": 0.3},
    "truck to the left": {"truck": -0.3},
    "dolly": {"dolly": 0.3},
    "dolly back": {"dolly": -0.2},
    "pedestal and pan": {"pedestal": 0.3, "pan_deg": 4.0},
    "dolly and tilt": {"dolly": 0.25, "tilt_deg": 3.0},
    "orbit": {"orbit_deg": 12.0},
}


@pytest.mark.parametrize("name", list(MOVES))
@pytest.mark.parametrize("outliers", [0.0, 0.2])
def test_the_direction_of_translation_is_found(name, outliers):
    """Among a few starts one has the way and the turns; a net of 256 directions is fine to seven degrees."""
    known = flow(MOVES[name], outliers=outliers)
    starts = chained_directions(rest(known), known.graph)
    way = [path_error(centres_of(start), known.centre) for _, start in starts]
    turn = [angle_deg(start.rotation.numpy(), known.parameters.rotation.numpy()).max() for _, start in starts]
    best = int(np.argmin(way))
    assert way[best] < 0.25
    assert turn[best] < 2.5
    assert len({start for start, _ in starts}) == len(starts)


def test_the_common_directions_are_apart():
    known = flow(MOVES["truck"])
    starts = chained_directions(rest(known), known.graph)
    ways = np.array([centres_of(start)[-1] / np.linalg.norm(centres_of(start)[-1]) for _, start in starts[:-1]])
    likeness = np.abs(ways @ ways.T) - np.eye(len(ways))
    assert likeness.max() < 0.97


def test_the_speed_is_that_of_the_median_depth():
    known = flow(MOVES["truck"])
    found = min(
        (centres_of(start) for _, start in chained_directions(rest(known), known.graph)),
        key=lambda centre: path_error(centre, known.centre),
    )
    assert float(np.linalg.norm(found[-1])) == pytest.approx(0.3, rel=0.4)


def test_places_without_weight_say_nothing():
    known = flow(MOVES["truck"])
    mute = known.graph.weight == 0
    other = replace(known.graph, place_px=torch.where(mute[:, :, None], 999.0, known.graph.place_px))
    for begin in (chained_directions, lambda *a: [("turns", chained_turns(*a, zoom=True))]):
        for (name, one), (same, two) in zip(begin(rest(known), known.graph), begin(rest(known), other), strict=True):
            assert name == same
            torch.testing.assert_close(one.rotation, two.rotation, rtol=0, atol=1e-4)


@pytest.mark.parametrize("alone", [1, 2])
def test_a_pair_of_which_hardly_a_patch_testifies_has_a_start(alone):
    """By nothing else is a system regular that one or two places determine, in 32 bits."""
    graph = known_flow(MOVES["truck"], dtype=torch.float32).graph
    weight = graph.weight.clone()
    weight[0, 0, alone:] = 0
    few = replace(graph, weight=weight, root=300.0 * graph.root)
    begin = rest(flow(MOVES["truck"]))
    found = [along_the_axis(begin, few, 1), chained_turns(begin, few, zoom=True), chained_directions(begin, few)[0][1]]
    for start in found:
        assert bool(torch.isfinite(start.rotation).all())
        assert bool(torch.isfinite(start.translation).all())


def test_a_clip_of_two_keyframes():
    known = flow(MOVES["truck"], cameras=2, reach=1)
    ways = [
        path_error(centres_of(start)[1:], known.centre[1:]) for _, start in chained_directions(rest(known), known.graph)
    ]
    assert min(ways) < 0.25


def shallow() -> KnownFlow:
    """A truck seen with a long lens before little relief: an affine camera could have filmed it."""
    return known_flow({"truck": 0.03}, focal_px=3 * FOCAL_PX, depth=(1.0, 1.2), patches=200)


def test_the_twin_of_an_affine_scene_explains_it_nearly_as_well():
    known = shallow()
    flow_px = (known.graph.place_px - known.graph.patch_px).norm(dim=2)[known.graph.weight > 0.3]
    twin = residual_px(mirrored(known.parameters), known.graph)
    assert float(flow_px.median()) > 5
    assert float(twin.nanmedian()) < 0.05 * float(flow_px.median())
    unturned = replace(mirrored(known.parameters), rotation=known.parameters.rotation)
    assert float(residual_px(unturned, known.graph).nanmedian()) > 1.5 * float(flow_px.median())


def test_perspective_tells_the_twin_from_the_truth():
    known = known_flow(MOVES["truck"], patches=200)
    assert float(residual_px(mirrored(known.parameters), known.graph).nanmedian()) > 1
    assert float(residual_px(known.parameters, known.graph).nanmedian()) < 1e-6


def test_the_twin_of_the_twin_is_the_start():
    """But for the median of an even number of depths, which is the lower of the middle two."""
    found = shallow().parameters
    again = mirrored(mirrored(found))
    torch.testing.assert_close(again.rotation, found.rotation, rtol=0, atol=1e-5)
    torch.testing.assert_close(again.translation, found.translation, rtol=0, atol=1e-12)
    torch.testing.assert_close(again.inverse_depth, found.inverse_depth, rtol=0, atol=1e-3)


def test_what_is_near_is_far_in_the_twin_and_nothing_lies_behind():
    found = known_flow(MOVES["truck"], patches=200, depth=(0.3, 8.0)).parameters
    twin = mirrored(found).inverse_depth
    assert float(twin.min()) > 0
    order = found.inverse_depth.flatten().argsort()
    assert bool((twin.flatten()[order].diff() <= 1e-12).all())


def test_another_lens_sees_nearly_the_same_flow() -> None:
    """Turns and ways across the picture shrink as the focal length grows; so the search may change lenses late."""
    known = known_flow({"pan_deg": 2.0, "truck": 0.1, "dolly": 0.05}, patches=150, cameras=4)
    longer = refocused(known.parameters, 1.3)
    assert float(longer.log_focal - known.parameters.log_focal) == pytest.approx(math.log(1.3))
    kept = replace(known.parameters, log_focal=longer.log_focal)
    off = float(residual_px(longer, known.graph).nanmedian())
    assert off < 0.1 * float(residual_px(kept, known.graph).nanmedian())
    again = refocused(longer, 1 / 1.3)
    torch.testing.assert_close(again.rotation, known.parameters.rotation)
    torch.testing.assert_close(again.translation, known.parameters.translation)


@pytest.mark.parametrize("dolly_zoom", [0.2, -0.25])
@pytest.mark.parametrize("also", [{}, {"pan_deg": 3.0, "roll_deg": 2.0}])
def test_dolly_zooms_begin_near_both_solutions(dolly_zoom, also):
    """Near and far change places with the sign; what is farthest is at infinity, which leaves less zoom."""
    known = flow({"dolly_zoom": dolly_zoom, **also}, depth=(0.5, 20.0), noise_px=0.02)
    true = known.parameters.inverse_depth.flatten()
    forward = -int(np.sign(dolly_zoom))
    for sign, alike in ((forward, 1.0), (-forward, -1.0)):
        found = along_the_axis(rest(known), known.graph, sign)
        assert np.sign(float(found.translation[-1, 2])) == sign
        near = found.inverse_depth.double().flatten().clamp_max(3.0)
        assert np.corrcoef(near, true)[0, 1] * alike > 0.7
        assert float(torch.nan_to_num(residual_px(found, known.graph)).median()) < 1.0
        assert angle_deg(found.rotation.numpy(), known.parameters.rotation.numpy()).max() < 1.0
    right = along_the_axis(rest(known), known.graph, forward)
    np.testing.assert_allclose(right.zoom, known.parameters.zoom, atol=0.06)


def test_a_picture_at_rest_begins_at_rest():
    known = flow({}, noise_px=0.0)
    for sign in (1, -1):
        found = along_the_axis(rest(known), known.graph, sign)
        assert float(found.translation.abs().max()) < 1e-5
        assert float(found.zoom.abs().max()) < 1e-5
        assert bool(found.inverse_depth.isfinite().all())
