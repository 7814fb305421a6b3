"""Where the fits begin: turns of neighbouring keyframes, and a search over directions of translation.

For a given direction of translation the depth of a patch can be eliminated from its motion, what is left across the
epipolar line is linear in the turn (Heeger and Jepson 1992). So every direction of a fine net over the sphere is tried,
with robust weights, in one batch; no start can be missed for want of a good guess.
"""

import math
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.rotations import exp_so3, log_so3
from sfm.processes.workers import mapped

DIRECTIONS = 256
KERNELS = (60.0, 20.0, 8.0)
"""Of the reweighting, standard deviations, wide to tight."""
COMMON = 3
"""How many directions for the whole clip are tried, apart by at least the angle of `APART`."""
APART = 0.9
GOLDEN_ANGLE = 2.399963
MOST_PATCHES = 256
LONGEST_ZOOM = 0.5
MIDDLE = 0.25
"""Within this share of the way to a corner nothing is known of motion along the rays from the middle."""
FAR = 0.05
"""Share of the patches that may be farther than infinity, by noise."""
START_RANGE = (0.01, 8.0)
"""Inverse depths of a start, in units of the median one."""


def chained_turns(still: DenseParameters, graph: FlowGraph, *, zoom: bool) -> DenseParameters:
    """Turns (and zooms) from each keyframe to the next by robust linear least squares, one after another."""
    patch, moved, info = _steps(graph, still)
    x, y = patch
    columns = [_turn_basis(patch)]
    if zoom:
        columns.append(torch.stack([x, y], 1)[..., None])
    basis = torch.cat(columns, -1)  # p 2 c
    robust = torch.ones(moved.shape[:2], device=graph.device)
    found = torch.zeros(len(moved), basis.shape[-1], device=graph.device)
    for kernel in (*KERNELS, KERNELS[-1]):
        weighted = torch.einsum("epab,pbc->epac", info * robust[..., None, None], basis)
        matrix = torch.einsum("pac,epad->ecd", basis, weighted)
        found = torch.linalg.solve(_regular(matrix), torch.einsum("epac,epa->ec", weighted, moved))
        left = moved - torch.einsum("pac,ec->epa", basis, found)
        squared = torch.einsum("epa,epab,epb->ep", left, info, left)
        robust = (kernel**2 / (kernel**2 + squared)) ** 2
    rotation = [still.rotation[0]]
    for turn in exp_so3(found[:, :3].double()):
        rotation.append(turn @ rotation[-1])
    zooms = still.zoom
    if zoom:
        steps = found[:, 3].double().clamp(-LONGEST_ZOOM, LONGEST_ZOOM)
        zooms = torch.cat([steps.new_zeros(1), steps.cumsum(0)])
    return replace(still, rotation=torch.stack(rotation), zoom=zooms)


def chained_directions(still: DenseParameters, graph: FlowGraph) -> list[tuple[str, DenseParameters]]:
    """Cameras by the best common directions of translation, and by the best of each pair; with their names."""
    patch, moved, info = _steps(graph, still)
    some = torch.linspace(0, patch.shape[1] - 1, min(MOST_PATCHES, patch.shape[1]), device=graph.device).long()
    net = _half_sphere(DIRECTIONS, graph.device)
    tried = mapped(lambda e: _every_direction(net, patch[:, some], moved[e, some], info[e, some]), range(len(moved)))
    cost, turn, speed = (torch.stack(part) for part in zip(*tried, strict=True))
    total = cost.sum(0)
    taken = torch.zeros(len(net), dtype=torch.bool, device=graph.device)
    chosen: list[tuple[str, Tensor]] = []
    for _ in range(COMMON):
        best = int(torch.where(taken, torch.inf, total).argmin())
        taken |= (net @ net[best]).abs() > APART
        name = "direction " + " ".join(f"{value:.2f}" for value in net[best].tolist())
        chosen.append((name, torch.full((len(moved),), best, device=graph.device)))
    chosen.append(("direction of each pair", cost.argmin(1)))
    pairs = torch.arange(len(moved), device=graph.device)
    found: list[tuple[str, DenseParameters]] = []
    for name, pick in chosen:
        usual = speed[pairs, pick].median(-1)[0]
        found.append((name, _chained(still, turn[pairs, pick], net[pick] * usual[:, None])))
    return found


def mirrored(found: DenseParameters) -> DenseParameters:
    """The twin of a full motion: translations reversed, relief turned inside out, turns to match.

    To first order the flow f(ω + t w) of inverse depths w = w₀ + δ is that of -t, w₀ - δ and a turn by 2 w₀ t more, so
    a fit may end in the wrong one of the two; perspective tells which costs less.
    """
    middle = found.inverse_depth.median().double()
    t = found.translation
    turn = 2.0 * middle * torch.stack([-t[:, 1], t[:, 0], torch.zeros_like(t[:, 0])], -1)
    depth = (2.0 * middle - found.inverse_depth.double()).clamp_min(0.1 * middle)
    return replace(
        found,
        rotation=exp_so3(turn) @ found.rotation,
        translation=-t,
        inverse_depth=depth.to(found.inverse_depth.dtype),
    )


def along_the_axis(still: DenseParameters, graph: FlowGraph, sign: int) -> DenseParameters:
    """Ways along the axis together with a zoom: dolly zooms and their like.

    A camera that went c along its axis and zoomed by s shows the place x of inverse depth w at s x / (1 - c w). For
    all a and b that is exactly what inverse depths a w + b, the way c / (a + b c) and the zoom s a / (a + b c) show; a
    below 0 turns the relief inside out and the way back. So residuals tell neither the sign nor the zoom. What can be
    said is that nothing is farther than infinity: of what is left beside a turn, which runs along the rays from the
    middle, the zoom is the share that the farthest patches have.

    Args:
        still: cameras before they move.
        graph: the flow.
        sign: -1 for a camera that goes forward all the time, 1 for one that goes back.
    """
    patch, moved, info = _steps(graph, still)
    wide = patch.norm(dim=0) > MIDDLE * patch.norm(dim=0).max()
    axis = patch.new_tensor([[0.0, 0.0, 1.0]])
    turn = torch.cat([_every_direction(axis, patch, moved[e], info[e])[1] for e in range(len(moved))])
    left = moved - torch.einsum("pab,eb->epa", _turn_basis(patch), turn)
    outward = torch.einsum("epab,bp->epa", info, patch)
    speed = -(outward * left).sum(-1) / torch.einsum("epa,ap->ep", outward, patch).clamp_min(1e-6)
    seen = wide & (torch.einsum("epaa->ep", info) > 0)
    low, middle, high = speed.masked_fill(~seen, torch.nan).nanquantile(speed.new_tensor([FAR, 0.5, 1 - FAR]), 1)
    far = (low if sign > 0 else high).nan_to_num()
    step = sign * (sign * (middle.nan_to_num() - far)).clamp_min(1e-9)
    nearness = ((speed - far[:, None]) / step[:, None]).clamp(*START_RANGE)
    nearness = torch.where(seen, nearness, 1.0)
    shift = step[:, None] * axis
    zoom = -far.double().clamp(-LONGEST_ZOOM, LONGEST_ZOOM)
    return replace(
        _chained(still, turn, shift),
        inverse_depth=torch.cat([nearness, nearness[-1:]]).to(still.inverse_depth.dtype),
        zoom=torch.cat([zoom.new_zeros(1), zoom.cumsum(0)]),
    )


def refocused(found: DenseParameters, factor: float) -> DenseParameters:
    """Cameras with another focal length that see nearly the same flow: turns and ways across shrink as it grows."""
    across = found.rotation.new_tensor([1.0 / factor, 1.0 / factor, 1.0])
    return replace(
        found,
        rotation=exp_so3(log_so3(found.rotation) * across),
        translation=found.translation * across,
        log_focal=found.log_focal + math.log(factor),
    )


def _chained(still: DenseParameters, turn: Float[Tensor, "e 3"], shift: Float[Tensor, "e 3"]) -> DenseParameters:
    """Cameras from the relative motions of neighbours."""
    rotation, translation = [still.rotation[0]], [still.translation[0]]
    for step, towards in zip(exp_so3(turn.double()), shift.double(), strict=True):
        rotation.append(step @ rotation[-1])
        translation.append(step @ translation[-1] + towards)
    return replace(still, rotation=torch.stack(rotation), translation=torch.stack(translation))


def _steps(
    graph: FlowGraph, parameters: DenseParameters
) -> tuple[Float[Tensor, "2 p"], Float[Tensor, "e p 2"], Float[Tensor, "e p 2 2"]]:
    """Patches, displacements to the next keyframe (slot 0) and their information, in units of the focal length."""
    focal = float(parameters.log_focal.exp())
    moved = (graph.place_px[:-1, 0] - graph.patch_px) / focal
    a, b, c = (graph.root[:-1, 0] * graph.weight[:-1, 0, None].sqrt() * focal).unbind(1)
    info = torch.stack([a * a, a * b, a * b, b * b + c * c], -1).reshape(*a.shape, 2, 2)
    return graph.patch_px / focal, moved.transpose(1, 2), info


def _regular(matrix: Float[Tensor, "e c c"]) -> Float[Tensor, "e c c"]:
    """Normal matrices that have an inverse, in 32 bits too and even where a single patch testifies."""
    count = matrix.shape[-1]
    usual = matrix.diagonal(dim1=-2, dim2=-1).sum(-1)[:, None, None] / count
    return matrix + 1e-6 * (1.0 + 4.0 * usual) * torch.eye(count, device=matrix.device, dtype=matrix.dtype)


def _turn_basis(patch: Float[Tensor, "2 p"]) -> Float[Tensor, "p 2 3"]:
    """Motion of image points under small turns about x, y and z (Longuet-Higgins and Prazdny 1980)."""
    x, y = patch
    across = torch.stack([-x * y, 1 + x * x, -y], -1)
    down = torch.stack([-(1 + y * y), x * y, x], -1)
    return torch.stack([across, down], 1)


def _half_sphere(count: int, device: torch.device) -> Float[Tensor, "d 3"]:
    """Directions evenly over the forward half sphere (a Fibonacci lattice)."""
    k = torch.arange(count, device=device) + 0.5
    z = 1 - k / count
    radius, angle = (1 - z * z).sqrt(), k * GOLDEN_ANGLE
    return torch.stack([radius * angle.cos(), radius * angle.sin(), z], -1)


def _every_direction(
    net: Float[Tensor, "d 3"], patch: Float[Tensor, "2 p"], moved: Float[Tensor, "p 2"], info: Float[Tensor, "p 2 2"]
) -> tuple[Float[Tensor, " d"], Float[Tensor, "d 3"], Float[Tensor, "d p"]]:
    """For each direction of translation the robust cost, the turn, and the signed speed at the depth of each patch."""
    basis = _turn_basis(patch)
    along = net[:, None, :2] - patch.T[None] * net[:, None, 2:]  # d p 2, epipolar direction times depth
    length = torch.sqrt(along[..., 0] ** 2 + along[..., 1] ** 2).clamp_min(1e-4)  # a norm takes four times as long
    normal = torch.stack([-along[..., 1], along[..., 0]], -1) / length[..., None]
    turned = torch.einsum("dpa,pab->dpb", normal, basis)
    across = (normal * moved).sum(-1)
    pulled = torch.einsum("pab,dpb->dpa", info, along) / length[..., None]
    stiff = (pulled * along).sum(-1) / length
    weight = torch.linalg.det(info) / stiff.clamp_min(1e-9)
    robust = torch.ones_like(weight)
    turn, squared = torch.zeros(len(net), 3, device=net.device), weight
    for kernel in KERNELS:
        both = turned * (weight * robust)[..., None]
        turn = torch.linalg.solve(_regular(turned.transpose(1, 2) @ both), (both * across[..., None]).sum(1))
        squared = weight * (across - (turned @ turn[..., None])[..., 0]) ** 2
        robust = (kernel**2 / (kernel**2 + squared)) ** 2
    cost = (KERNELS[-1] ** 2 * squared / (KERNELS[-1] ** 2 + squared)).sum(-1)
    left = moved - torch.einsum("pab,db->dpa", basis, turn)
    return cost, turn, (pulled * left).sum(-1) / stiff.clamp_min(1e-9) / length
