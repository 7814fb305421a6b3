"""The normal equations of dense bundle adjustment, with the depth of every patch eliminated row by row.

Each row of a graph sees only its own few targets, so that time and memory grow linearly with the number of cameras
(Schur complement: Triggs et al. 2000, section 6; on a dense grid: Teed and Deng 2021).
"""

import math
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sfm.backends.dense import compiled
from sfm.backends.dense.banded import along_cameras
from sfm.backends.dense.depth_prior import DepthPrior, depth_prior
from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.linearise import (
    COLUMNS,
    FOCAL_SOURCE,
    FOCAL_TARGET,
    UNDISTORTION,
    Predicted,
    between,
    jacobian,
    whitened,
)
from sfm.geometry.problem import FocalPrior
from sfm.geometry.so3 import POSE, adjoint
from sfm.processes.workers import mapped
from sfm.types import MotionModel

ROW_VALUES = 1_000_000
"""Numbers that the Jacobian of one block of rows may hold: a piece of work for one thread, some milliseconds."""
ON_A_GPU = 24
"""So many times as many on a GPU, where it is the number of blocks that costs."""
ZOOM_STEP, ZOOM_BEND = 0.3, 0.03
"""Standard deviations of the first and the second differences of the log focal length from camera to camera."""
ZOOM_ORDER = 2
"""Cameras so near to each other share such a difference."""
UNDISTORTION_SIGMA = 0.1
SHARED = 400.0
"""So many residuals testify as one independent one: those of a patch share its template, neighbours share blocks of the
codec, and what bends them (slanted surfaces, edges of depth) is smooth over the picture. Measured on rendered clips:
taken for independent, the focal length was off by 20 to 30 of its standard deviations."""
DEPTH_FLOOR = 1e-8


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Freedom:
    """What may move, and what is known beforehand.

    Attributes:
        model: of the camera's motion.
        focal: prior of the first camera's focal length; given exactly where its sigma is 0.
        radial: whether κ is fitted.
        shared: so many squared standard deviations of residuals make one of independent evidence (see `SHARED`), in
            which the priors of the lens are measured; one number for each of several states.
        depth_weight: how firmly the inverse depths are 1, in 1 / (standard deviation)².
    """

    model: MotionModel
    focal: FocalPrior
    radial: bool = False
    shared: float | Float[Tensor, " s"] = 1.0
    depth_weight: float = 0.02

    @property
    def lens(self) -> bool:
        """Whether anything of the lens is fitted. A camera that stands still says nothing of it."""
        return self.model.rotates and (self.model.zooms or not self.focal.given or self.radial)

    def free(self, cameras: int, device: torch.device) -> Bool[Tensor, " n"]:
        """Which unknowns move: six a pose, the zooms, log focal length, κ; the first pose and zoom never do."""
        pose = torch.tensor([self.model.translates] * 3 + [self.model.rotates] * 3, device=device).repeat(cameras)
        zoom = torch.full((cameras,), self.model.zooms, device=device)
        pose[:POSE], zoom[0] = False, False
        lens = torch.tensor([self.lens and not self.focal.given, self.lens and self.radial], device=device)
        return torch.cat([pose, zoom, lens])

    def depths(self, parameters: DenseParameters, graph: FlowGraph) -> DepthPrior:
        """What is known of the inverse depths."""
        return depth_prior(parameters, graph, self.depth_weight, self.shared / SHARED)

    def order(self, place: Int[Tensor, " n"]) -> tuple[Int[Tensor, " q"], int]:
        """Numbers of the unknowns that move, camera by camera, those of the lens last; and how many these are.

        Args:
            place: of each camera in the order.
        """
        camera = torch.cat([place.repeat_interleave(POSE), place, place.new_full((2,), len(place))])
        along = torch.argsort(camera, stable=True)
        moves = self.free(len(place), place.device)
        return along[moves[along]], int(moves[-2:].sum())


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """What is the same in every step of one adjustment.

    Attributes:
        columns: number in the reduced system of each local column of a row.
        place: of each camera in the order in which the system is a band.
        span: cameras that share a row, or a prior of the zooms, are at most so far apart in it.
        order: unknowns that move, along that order, those of the lens last.
        border: how many these are.
        prior: curvature of what is known of the lens and the zooms beforehand, in units of independent evidence: it is
            quadratic in `_beyond_usual`.
    """

    columns: Int[Tensor, "k l"]
    place: Int[Tensor, " c"]
    span: int
    order: Int[Tensor, " q"]
    border: int
    prior: Float[Tensor, "n n"]


def layout(graph: FlowGraph, freedom: Freedom, cameras: int) -> Layout:
    """That of an adjustment of some cameras."""
    place, span = along_cameras(torch.cat([graph.source[:, None], graph.target], 1), cameras, ZOOM_ORDER)
    order, border = freedom.order(place)
    return Layout(
        columns=_columns(graph, cameras),
        place=place,
        span=span,
        order=order,
        border=border,
        prior=_prior(freedom, cameras, graph.device),
    )


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class DepthBlock:
    """What takes the cameras' step back to the depths of some rows.

    Attributes:
        rows: of the graph.
        local: what the columns of each slot are in those of the row.
        shared: products of the columns of the slots and of the depth.
        inverse: one over the (damped) curvature of each depth.
        pull: gradient of each depth.
    """

    rows: slice
    local: Float[Tensor, "*s k q l"]
    shared: Float[Tensor, "*s k q p"]
    inverse: Float[Tensor, "*s k p"]
    pull: Float[Tensor, "*s k p"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Normal:
    """The reduced system of the cameras: poses, zooms, log focal length, κ.

    Attributes:
        matrix, gradient: depths eliminated.
        layout: of them.
        depths: the way back, empty where depths are not fitted.
    """

    matrix: Float[Tensor, "*s n n"]
    gradient: Float[Tensor, "*s n"]
    layout: Layout
    depths: tuple[DepthBlock, ...]


def blocks(graph: FlowGraph, states: int = 1) -> list[slice]:
    """Rows in blocks whose Jacobians, of so many states, fit into the budget."""
    k, m, p = graph.weight.shape
    values = ROW_VALUES * (ON_A_GPU if graph.device.type == "cuda" else 1)
    size = max(1, values // (states * m * p * 2 * (COLUMNS + 1)))
    return [slice(i, min(i + size, k)) for i in range(0, k, size)]


def normal_equations(
    parameters: DenseParameters,
    graph: FlowGraph,
    freedom: Freedom,
    kernel: float | Float[Tensor, "*s"],
    damping: float | Float[Tensor, "*s"],
    laid: Layout | None = None,
) -> Normal:
    """The reduced normal equations, residuals weighted for the kernel of Geman and McClure (standard deviations).

    All is on the CPU: of the hundreds of steps that a clip takes, a GPU is told longer than it computes.
    """
    *several, cameras = parameters.zoom.shape
    laid = laid or layout(graph, freedom, cameras)
    size = len(laid.prior)
    matrix = torch.zeros(*several, size * size, dtype=torch.float64, device=graph.device)
    gradient = torch.zeros(*several, size, dtype=torch.float64, device=graph.device)
    prior = freedom.depths(parameters, graph) if freedom.model.translates else None

    def of_rows(rows: slice) -> tuple[slice, Tensor, Tensor, DepthBlock | None]:
        local, block, pull, depth = _block(parameters, graph, freedom.lens, prior, rows, (kernel, damping))
        return rows, local.transpose(-1, -2) @ block @ local, pull.unsqueeze(-2) @ local, depth

    depths: list[DepthBlock] = []
    for rows, block, pull, depth in mapped(of_rows, blocks(graph, math.prod(several))):
        if depth is not None:
            depths.append(depth)
        place = laid.columns[rows]
        matrix.index_add_(-1, (place[:, :, None] * size + place[:, None]).reshape(-1), block.flatten(-3))
        gradient.index_add_(-1, place.reshape(-1), pull.flatten(-3))
    shared = torch.as_tensor(freedom.shared, dtype=torch.float64, device=graph.device)[..., None]
    matrix = matrix.unflatten(-1, (size, size)) + shared[..., None] * laid.prior
    gradient = gradient - shared * (_beyond_usual(parameters, freedom) @ laid.prior)
    return Normal(matrix=matrix, gradient=gradient, layout=laid, depths=tuple(depths))


def _block(
    parameters: DenseParameters,
    graph: FlowGraph,
    lens: bool,
    prior: DepthPrior | None,
    rows: slice,
    robust: tuple[float | Tensor, float | Tensor],
) -> tuple[Tensor, Tensor, Tensor, DepthBlock | None]:
    """Of some rows: `_local`, the matrix (k q q) and the gradient (k q) of their slots, and the way back to depths.

    Args:
        parameters, graph: as in `normal_equations`.
        lens: whether anything of the lens is fitted.
        prior: of the depths, None where they are not fitted.
        rows: of the graph.
        robust: kernel and damping.
    """
    kernel, damping = robust
    sums = summed(parameters, graph, rows, kernel, lens=lens)
    *several, k, m, c = sums.pull.shape
    local = _local(*between(parameters, graph, rows), c)
    block = torch.zeros(*several, k, m, c, m, c, dtype=torch.float64, device=graph.device)
    block.diagonal(dim1=-4, dim2=-2).copy_(sums.block.movedim(-3, -1))
    block, pull = block.view(*several, k, m * c, m * c), sums.pull.flatten(-2)
    if prior is None:
        return local, block, pull, None
    shared, weight = sums.shared.flatten(-3, -2), prior.weight[..., rows, :]
    towards = weight * (prior.expected[..., rows, :] - parameters.inverse_depth[..., rows, :])
    own_pull, own = sums.own_pull + towards, sums.own + weight
    inverse = 1.0 / (own * (1.0 + of_states(damping, own, 2)) + DEPTH_FLOOR)
    scaled = shared * inverse.unsqueeze(-2)
    block -= scaled @ shared.transpose(-1, -2)
    pull -= (scaled * own_pull.unsqueeze(-2)).sum(-1)  # as a product of many small matrices it takes ten times as long
    return local, block, pull, DepthBlock(rows=rows, local=local, shared=shared, inverse=inverse, pull=own_pull)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Sums:
    """What the places of some rows tell of the local columns of each slot, and of the depths of the patches.

    Attributes:
        block, pull: products of the columns among each other and with the residuals.
        shared: of the columns with that of the depth.
        own, own_pull: of the depth with itself and with the residuals.
    """

    block: Float[Tensor, "*s k m c c"]
    pull: Float[Tensor, "*s k m c"]
    shared: Float[Tensor, "*s k m c p"]
    own: Float[Tensor, "*s k p"]
    own_pull: Float[Tensor, "*s k p"]


def summed(
    parameters: DenseParameters, graph: FlowGraph, rows: slice, kernel: float | Float[Tensor, "*s"], *, lens: bool
) -> Sums:
    """By compiled loops, without the whole Jacobian."""
    places, cameras, kernels = compiled.taken(parameters, graph, rows, kernel)
    found = compiled.room(places, len(kernels), COLUMNS if lens else POSE)
    compiled.sum_up(places, cameras, kernels, found)
    several = parameters.zoom.shape[:-1]
    block, pull, shared, own, own_pull = (torch.from_numpy(x).reshape(*several, *x.shape[1:]) for x in found)
    return Sums(block=block, pull=pull, shared=shared, own=own, own_pull=own_pull)


def of_states(value: float | Tensor, like: Tensor, dimensions: int) -> float | Tensor:
    """A number, or one for each of several states, to be combined with what has so many dimensions more."""
    if isinstance(value, float | int):
        return value
    return value.to(like.dtype).reshape(*value.shape, *[1] * dimensions)


def weighted(
    predicted: Predicted,
    parameters: DenseParameters,
    graph: FlowGraph,
    rows: slice,
    kernel: float | Float[Tensor, "*s"],
    *,
    lens: bool,
) -> tuple[Float[Tensor, "*s k m c 2 p"], Float[Tensor, "*s k m 2 p"], Float[Tensor, "*s k m 2 p"]]:
    """Jacobians by cameras and by depth, and residuals, all in standard deviations times the root of their weight."""
    squared = (whitened(predicted.residual_px, graph.root[rows]) ** 2).sum(-2)
    wide = of_states(kernel, squared, 3) ** 2
    factor = wide / (wide + squared) * (graph.weight[rows] * predicted.front).sqrt()
    root = graph.root[rows] * factor.unsqueeze(-2)
    by_camera, by_depth = jacobian(predicted, parameters, rows, root, lens=lens)
    return by_camera, by_depth, whitened(predicted.residual_px, root)


def _columns(graph: FlowGraph, cameras: int) -> Int[Tensor, "k l"]:
    """Where the local columns of each row stand in the reduced system, in the order of `_local`."""
    every = torch.cat([graph.source[:, None], graph.target], 1)
    pose = (every[..., None] * POSE + torch.arange(POSE, device=graph.device)).flatten(1)
    zoom = POSE * cameras + every
    lens = (POSE + 1) * cameras + torch.arange(2, device=graph.device).expand(len(every), -1)
    return torch.cat([pose, zoom, lens], 1)


def _local(rotation: Float[Tensor, "*s k m 3 3"], translation: Float[Tensor, "*s k m 3"], c: int) -> Tensor:
    """What the columns of each slot are in those of the row (*s k q l): poses, zooms (own, targets), lens.

    Args:
        rotation, translation: of `between`.
        c: columns of a slot.
    """
    *several, k, m = rotation.shape[:-2]
    device = rotation.device
    poses, zooms = POSE * (1 + m), 1 + m
    local = torch.zeros(*several, k, m, c, poses + zooms + 2, dtype=torch.float64, device=device)
    local[..., :POSE, :POSE] = -adjoint(rotation, translation)
    targets = local[..., :POSE, POSE:poses].unflatten(-1, (m, POSE)).diagonal(dim1=-4, dim2=-2)  # *s k POSE POSE m
    targets.diagonal(dim1=-3, dim2=-2).fill_(1.0)
    if c == COLUMNS:
        local[..., FOCAL_SOURCE, poses] = 1.0
        local[..., FOCAL_TARGET, poses + 1 : poses + zooms].diagonal(dim1=-2, dim2=-1).fill_(1.0)
        local[..., FOCAL_SOURCE : FOCAL_TARGET + 1, -2] = 1.0
        local[..., UNDISTORTION, -1] = 1.0
    return local.flatten(-3, -2)


def prior_cost(
    parameters: DenseParameters, graph: FlowGraph, freedom: Freedom, laid: Layout | None = None
) -> Float[Tensor, "*s"]:
    """What the priors add to the cost."""
    prior = _prior(freedom, parameters.zoom.shape[-1], graph.device) if laid is None else laid.prior
    beyond = _beyond_usual(parameters, freedom)
    lens = freedom.shared * ((beyond @ prior) * beyond).sum(-1)
    return freedom.depths(parameters, graph).cost + lens if freedom.model.translates else lens


def _beyond_usual(parameters: DenseParameters, freedom: Freedom) -> Float[Tensor, "*s n"]:
    """By how much the unknowns exceed what is expected of them beforehand; 0 for the poses, of which nothing is."""
    zoom = parameters.zoom
    poses = zoom.new_zeros(*zoom.shape[:-1], POSE * zoom.shape[-1])
    longer = parameters.log_focal - math.log(freedom.focal.focal_px)
    return torch.cat([poses, zoom, torch.stack([longer, parameters.undistortion], -1)], -1)


def _prior(freedom: Freedom, cameras: int, device: torch.device) -> Float[Tensor, "n n"]:
    """Curvature of the priors: zooms are smooth, the focal length is near to the usual one, κ is small."""
    size = (POSE + 1) * cameras + 2
    found = torch.zeros(size, size, dtype=torch.float64)
    zooms = torch.eye(cameras, dtype=torch.float64)
    for order, sigma in enumerate((ZOOM_STEP, ZOOM_BEND), 1):
        difference = zooms.diff(order, dim=0)
        found[POSE * cameras : -2, POSE * cameras : -2] += difference.T @ difference / sigma**2
    if not freedom.focal.given:
        found[-2, -2] = freedom.focal.sigma**-2
    found[-1, -1] = UNDISTORTION_SIGMA**-2
    return found.to(device)
