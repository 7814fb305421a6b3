"""The reduced system against that of autograd, the priors against numerical derivatives."""

from dataclasses import replace

import pytest
import torch
from flow_scene import WIDE, KnownFlow, known_flow

import sfm.backends.dense.normal as under_test
from sfm.backends.dense.graph import DenseParameters
from sfm.backends.dense.linearise import predict, whitened
from sfm.backends.dense.normal import Freedom, Normal, blocks, normal_equations, prior_cost
from sfm.backends.dense.rotations import exp_so3
from sfm.geometry.problem import FocalPrior
from sfm.geometry.so3 import POSE
from sfm.types import FULL, FULL_ZOOM, ROTATION, ROTATION_ZOOM, STATIC, MotionModel

MOVE = {"truck": 0.2, "dolly": 0.1, "pan_deg": 4.0, "roll_deg": 3.0, "zoom": 1.2}
ALL = slice(None)
WIDE_KERNEL = 1e9
"""Every weight is one."""
CAMERAS, PATCHES = 4, 12
UNKNOWNS = (POSE + 1) * CAMERAS + 2


def small(seed: int = 0) -> KnownFlow:
    """Flow that no parameters explain, with weights of all sizes."""
    known = known_flow(MOVE, seed=seed, cameras=CAMERAS, patches=PATCHES, kappa=0.06, noise_px=2.0)
    rng = torch.Generator().manual_seed(seed)
    busy = (known.graph.target != known.graph.source[:, None])[..., None]
    weight = busy * torch.rand(known.graph.weight.shape, generator=rng, **WIDE)
    tilted = known.graph.root + torch.tensor([0.0, 3.0, 0.0], **WIDE)[:, None]
    return replace(known, graph=replace(known.graph, weight=weight, root=tilted))


def moved(known: DenseParameters, x: torch.Tensor) -> DenseParameters:
    """The parameters after a step, in the order of the system; then the inverse depths."""
    pose = x[: POSE * CAMERAS].reshape(CAMERAS, POSE)
    turn = exp_so3(pose[:, 3:])
    return replace(
        known,
        rotation=turn @ known.rotation,
        translation=(turn @ known.translation[..., None])[..., 0] + pose[:, :3],
        zoom=known.zoom + x[POSE * CAMERAS : UNKNOWNS - 2],
        log_focal=known.log_focal + x[UNKNOWNS - 2],
        undistortion=known.undistortion + x[UNKNOWNS - 1],
        inverse_depth=known.inverse_depth + x[UNKNOWNS:].reshape(CAMERAS, PATCHES),
    )


def by_autograd(known: KnownFlow) -> tuple[torch.Tensor, torch.Tensor]:
    """Curvature and gradient of Gauss-Newton in all unknowns."""

    def residual(x: torch.Tensor) -> torch.Tensor:
        found = predict(moved(known.parameters, x), known.graph, ALL)
        return (whitened(found.residual_px, known.graph.root) * known.graph.weight.sqrt()[:, :, None]).reshape(-1)

    at = torch.zeros(UNKNOWNS + CAMERAS * PATCHES, **WIDE)
    slope = torch.autograd.functional.jacobian(residual, at, vectorize=True)
    return slope.T @ slope, -slope.T @ residual(at)


def freedom(model: MotionModel, *, sigma: float = 0.35, **changes: object) -> Freedom:
    return Freedom(model=model, focal=FocalPrior(focal_px=300.0, sigma=sigma), **changes)


@pytest.fixture
def no_priors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "_prior", lambda _, cameras, __: torch.zeros(2 * [7 * cameras + 2], **WIDE))
    monkeypatch.setattr(under_test, "DEPTH_FLOOR", 0.0)


def close(found: torch.Tensor, expected: torch.Tensor, share: float = 1e-10) -> bool:
    return float((found - expected).abs().max()) <= share * float(expected.abs().max())


@pytest.mark.usefixtures("no_priors")
@pytest.mark.parametrize("seed", [0, 1])
def test_depths_and_lens_and_poses_as_autograd_has_them(seed):
    known = small(seed)
    whole, pull = by_autograd(known)
    cut, deep = slice(0, UNKNOWNS), slice(UNKNOWNS, None)
    back = torch.linalg.solve(whole[deep, deep], torch.column_stack([whole[deep, cut], pull[deep]]))
    found = normal_equations(
        known.parameters, known.graph, freedom(FULL_ZOOM, radial=True, depth_weight=0.0), WIDE_KERNEL, 0.0
    )
    assert close(found.matrix, whole[cut, cut] - whole[cut, deep] @ back[:, :-1])
    assert close(found.gradient, pull[cut] - whole[cut, deep] @ back[:, -1])


@pytest.mark.usefixtures("no_priors")
def test_poses_alone_where_nothing_of_the_lens_moves():
    known = small(2)
    whole, pull = by_autograd(known)
    pose, deep = slice(0, POSE * CAMERAS), slice(UNKNOWNS, None)
    back = torch.linalg.solve(whole[deep, deep], torch.column_stack([whole[deep, pose], pull[deep]]))
    found = normal_equations(
        known.parameters, known.graph, freedom(FULL, sigma=0.0, depth_weight=0.0), WIDE_KERNEL, 0.0
    )
    assert close(found.matrix[pose, pose], whole[pose, pose] - whole[pose, deep] @ back[:, :-1])
    assert close(found.gradient[pose], pull[pose] - whole[pose, deep] @ back[:, -1])
    assert float(found.matrix[POSE * CAMERAS :].abs().max()) == 0


@pytest.mark.usefixtures("no_priors")
def test_a_camera_that_only_turns_has_no_depths():
    known = small(3)
    whole, pull = by_autograd(known)
    found = normal_equations(known.parameters, known.graph, freedom(ROTATION_ZOOM, radial=True), WIDE_KERNEL, 0.0)
    assert found.depths == ()
    assert close(found.matrix, whole[:UNKNOWNS, :UNKNOWNS])
    assert close(found.gradient, pull[:UNKNOWNS])


@pytest.mark.usefixtures("no_priors")
def test_the_way_back_to_depths_solves_the_whole_system():
    known = small(4)
    whole, pull = by_autograd(known)
    found = normal_equations(
        known.parameters, known.graph, freedom(FULL_ZOOM, radial=True, depth_weight=0.0), WIDE_KERNEL, 0.0
    )
    step = torch.randn(UNKNOWNS, generator=torch.Generator().manual_seed(5), **WIDE)
    deep = slice(UNKNOWNS, None)
    expected = torch.linalg.solve(whole[deep, deep], pull[deep] - whole[deep, :UNKNOWNS] @ step)
    parts: list[torch.Tensor] = []
    for block in found.depths:
        towards = block.local @ step[found.layout.columns[block.rows], None]
        parts.append(block.inverse * (block.pull - (towards.transpose(1, 2) @ block.shared)[:, 0]))
    assert close(torch.cat(parts).reshape(-1), expected)


def equal(one: Normal, other: Normal, share: float = 1e-11) -> bool:
    return close(one.matrix, other.matrix, share) and close(one.gradient, other.gradient, share)


@pytest.mark.parametrize("values", [1, 2000])
def test_blocks_of_rows_make_no_difference(values, monkeypatch):
    known = small(6)
    whole = normal_equations(known.parameters, known.graph, freedom(FULL_ZOOM), 4.0, 1e-3)
    assert len(whole.depths) == 1
    monkeypatch.setattr(under_test, "ROW_VALUES", values)
    parts = normal_equations(known.parameters, known.graph, freedom(FULL_ZOOM), 4.0, 1e-3)
    assert len(parts.depths) > 1
    assert equal(whole, parts)
    rows = [row for part in blocks(known.graph) for row in range(CAMERAS)[part]]
    assert rows == list(range(CAMERAS))


def test_idle_slots_and_places_without_weight_say_nothing():
    known = small(7)
    rng = torch.Generator().manual_seed(8)
    idle = (known.graph.weight == 0)[:, :, None]
    assert bool(idle.all(-1).any())  # whole slots among them
    noise = 50 * torch.randn(known.graph.place_px.shape, generator=rng, **WIDE)
    other = replace(known.graph, place_px=known.graph.place_px + noise * idle)
    one, two = (normal_equations(known.parameters, g, freedom(FULL_ZOOM), 4.0, 1e-3) for g in (known.graph, other))
    assert equal(one, two)


def test_half_the_weight_says_half_and_a_far_place_next_to_nothing():
    known = small(9)
    held = freedom(ROTATION, sigma=0.0)
    pose = slice(0, POSE * CAMERAS)
    half = replace(known.graph, weight=known.graph.weight / 2)
    one, two = (normal_equations(known.parameters, g, held, WIDE_KERNEL, 0.0) for g in (known.graph, half))
    assert close(2 * two.matrix[pose, pose], one.matrix[pose, pose])
    far = replace(known.graph, place_px=known.graph.place_px + 500.0)
    lost = normal_equations(known.parameters, far, held, 4.0, 0.0)
    assert float(lost.matrix[pose, pose].abs().max()) < 1e-6 * float(one.matrix[pose, pose].abs().max())


@pytest.mark.parametrize("shared", [1.0, 30.0])
def test_priors_have_the_gradient_and_curvature_of_their_cost(shared):
    """Without any weight in the graph only they are left. The system has half the derivatives of the cost."""
    known = small(10)
    mute = replace(known.graph, weight=torch.zeros_like(known.graph.weight))
    free = freedom(FULL_ZOOM, radial=True, shared=shared, depth_weight=0.7)
    found = normal_equations(known.parameters, mute, free, 4.0, 0.0)
    step = 1e-4

    def cost(x: torch.Tensor) -> float:
        return float(prior_cost(moved(known.parameters, x), mute, free))

    unit = torch.eye(UNKNOWNS + CAMERAS * PATCHES, **WIDE) * step
    depths = torch.cat([block.pull for block in found.depths]).reshape(-1)
    for number in [*range(POSE * CAMERAS - 2, UNKNOWNS), UNKNOWNS + 3, UNKNOWNS + 31]:
        ahead, behind, here = cost(unit[number]), cost(-unit[number]), cost(0 * unit[number])
        slope, bend = (ahead - behind) / (2 * step), (ahead - 2 * here + behind) / step**2
        pull = found.gradient[number] if number < UNKNOWNS else depths[number - UNKNOWNS]
        assert float(pull) == pytest.approx(-slope / 2, rel=1e-5, abs=1e-4)
        if number < UNKNOWNS:
            assert float(found.matrix[number, number]) == pytest.approx(bend / 2, rel=1e-3, abs=1e-2)
    assert float(found.depths[0].inverse.mean()) == pytest.approx(1 / 0.7, rel=1e-5)


@pytest.mark.parametrize(
    ("model", "sigma", "radial", "moving"),
    [
        (STATIC, 0.35, True, set()),
        (ROTATION, 0.0, False, {"turn"}),
        (ROTATION, 0.35, False, {"turn", "focal"}),
        (ROTATION_ZOOM, 0.35, True, {"turn", "zoom", "focal", "kappa"}),
        (FULL, 0.0, True, {"turn", "shift", "kappa"}),
        (FULL_ZOOM, 0.0, False, {"turn", "shift", "zoom"}),
    ],
)
def test_what_may_move(model, sigma, radial, moving):
    free = freedom(model, sigma=sigma, radial=radial).free(3, torch.device("cpu"))
    pose, zoom = free[:18].reshape(3, 6), free[18:21]
    assert not bool(pose[0].any())
    assert not bool(zoom[0])
    assert pose[1:, :3].flatten().tolist() == ["shift" in moving] * 6
    assert pose[1:, 3:].flatten().tolist() == ["turn" in moving] * 6
    assert zoom[1:].tolist() == ["zoom" in moving] * 2
    assert free[21:].tolist() == ["focal" in moving, "kappa" in moving]


@pytest.mark.parametrize("reach", [1, 2, 3])
@pytest.mark.parametrize("model", [ROTATION, ROTATION_ZOOM, FULL, FULL_ZOOM])
def test_along_the_clip_the_system_is_a_band_but_for_the_lens(model, reach):
    """So it can be solved in time that is linear in the keyframes."""
    known = known_flow(MOVE, cameras=12, patches=12, reach=reach, noise_px=1.0)
    free = freedom(model, radial=True)
    found = normal_equations(known.parameters, known.graph, free, 4.0, 1e-3)
    assert found.layout.place.tolist() == list(range(12))
    assert found.layout.span == max(2 * reach, 2)
    check_band(found, free)


@pytest.mark.parametrize("model", [ROTATION_ZOOM, FULL])
def test_a_way_back_that_is_compared_with_the_way_there_is_folded(model):
    known = known_flow(MOVE, cameras=16, patches=12, noise_px=1.0, loops=[(i, 15 - i) for i in range(6)])
    free = freedom(model, radial=True)
    found = normal_equations(known.parameters, known.graph, free, 4.0, 1e-3)
    assert sorted(found.layout.place.tolist()) == list(range(16))
    assert found.layout.span <= 8
    check_band(found, free)


def check_band(found: Normal, free: Freedom) -> None:
    """In the order of the cameras nothing is beyond the band, and something within."""
    order, border = free.order(found.layout.place)
    cameras = len(found.layout.place)
    assert border == 2
    assert sorted(order.tolist()) == free.free(cameras, torch.device("cpu")).nonzero()[:, 0].tolist()
    assert order[-2:].tolist() == [len(found.matrix) - 2, len(found.matrix) - 1]
    along = found.matrix[order[:-2, None], order[:-2]]
    number = torch.arange(len(along))
    apart = (number[:, None] - number).abs()
    assert float(along[apart > (POSE + 1) * (found.layout.span + 1) - 1].abs().sum()) == 0
    assert float(along[apart <= (POSE + 1) * (found.layout.span + 1) - 1].abs().sum()) > 0
