"""The normal equations of dense bundle adjustment, with the depth of every patch eliminated row by row.

Each row of a graph sees only its own few targets, so that time and memory grow linearly with the number of cameras
(Schur complement: Triggs et al. 2000, section 6; on a dense grid: Teed and Deng 2021).
"""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sfm.backends.dense.banded import along_cameras
from sfm.backends.dense.depth_prior import DepthPrior, depth_prior
from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.linearise import (
    COLUMNS,
    FOCAL_SOURCE,
    FOCAL_TARGET,
    POSE,
    UNDISTORTION,
    Predicted,
    adjoint,
    jacobian,
    predict,
    whitened,
)
from sfm.geometry.problem import FocalPrior
from sfm.types import MotionModel

ROW_VALUES = 6_000_000
"""Numbers that the Jacobian of one block of rows may hold."""
ZOOM_STEP, ZOOM_BEND = 0.3, 0.03
"""Standard deviations of the first and the second differences of the log focal length from camera to camera."""
DIFFERENCES = (((-1.0, 1.0), ZOOM_STEP), ((1.0, -2.0, 1.0), ZOOM_BEND))
"""What makes these differences of neighbours, and how large they are."""
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
            which the priors of the lens are measured.
        depth_weight: how firmly the inverse depths are 1, in 1 / (standard deviation)².
    """

    model: MotionModel
    focal: FocalPrior
    radial: bool = False
    shared: float = 1.0
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
class DepthBlock:
    """What takes the cameras' step back to the depths of some rows.

    Attributes:
        rows: of the graph.
        mixed: products of the columns of the cameras (local ones) and of the depth.
        inverse: one over the (damped) curvature of each depth.
        pull: gradient of each depth.
    """

    rows: slice
    mixed: Float[Tensor, "k l p"]
    inverse: Float[Tensor, "k p"]
    pull: Float[Tensor, "k p"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Normal:
    """The reduced system of the cameras: poses, zooms, log focal length, κ.

    Attributes:
        matrix, gradient: depths eliminated.
        columns: number in them of each local column of a row.
        place: of each camera in the order in which the system is a band.
        span: cameras that share a row, or a prior of the zooms, are at most so far apart in it.
        depths: the way back, empty where depths are not fitted.
    """

    matrix: Float[Tensor, "n n"]
    gradient: Float[Tensor, " n"]
    columns: Int[Tensor, "k l"]
    place: Int[Tensor, " c"]
    span: int
    depths: tuple[DepthBlock, ...]


def blocks(graph: FlowGraph) -> list[slice]:
    """Rows in blocks whose Jacobians fit into the budget."""
    k, m, p = graph.weight.shape
    size = max(1, ROW_VALUES // (m * p * 2 * (COLUMNS + 1)))
    return [slice(i, min(i + size, k)) for i in range(0, k, size)]


def normal_equations(
    parameters: DenseParameters, graph: FlowGraph, freedom: Freedom, kernel: float, damping: float
) -> Normal:
    """The reduced normal equations, residuals weighted for the kernel of Geman and McClure (standard deviations)."""
    cameras = len(parameters.zoom)
    size = (POSE + 1) * cameras + 2
    matrix = torch.zeros(size * size, dtype=torch.float64, device=graph.device)
    gradient = torch.zeros(size, dtype=torch.float64, device=graph.device)
    columns = _columns(graph, cameras)
    prior = freedom.depths(parameters, graph) if freedom.model.translates else None
    depths: list[DepthBlock] = []
    for rows in blocks(graph):
        local, block, pull, depth = _block(parameters, graph, freedom.lens, prior, rows, (kernel, damping))
        if depth is not None:
            depths.append(depth)
        place = columns[rows]
        block = local.transpose(-1, -2) @ block @ local
        matrix.index_add_(0, (place[:, :, None] * size + place[:, None]).reshape(-1), block.reshape(-1))
        gradient.index_add_(0, place.reshape(-1), (pull[:, None] @ local).reshape(-1))
    matrix = matrix.view(size, size)
    _add_priors(matrix, gradient, parameters, freedom)
    place, span = along_cameras(torch.cat([graph.source[:, None], graph.target], 1), cameras, len(DIFFERENCES))
    return Normal(matrix=matrix, gradient=gradient, columns=columns, place=place, span=span, depths=tuple(depths))


def _block(
    parameters: DenseParameters,
    graph: FlowGraph,
    lens: bool,
    prior: DepthPrior | None,
    rows: slice,
    robust: tuple[float, float],
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
    predicted = predict(parameters, graph, rows)
    by_camera, by_depth, residual = weighted(predicted, parameters, graph, rows, kernel, lens=lens)
    k, m, c = by_camera.shape[:3]
    flat = by_camera.flatten(-2)
    local = _local(predicted, c)
    block = torch.zeros(k, m * c, m * c, dtype=torch.float64, device=graph.device)
    gram = (flat @ flat.transpose(-1, -2)).double()
    block.view(k, m, c, m, c).diagonal(dim1=1, dim2=3).copy_(gram.permute(0, 2, 3, 1))
    pull = (flat @ residual.flatten(-2)[..., None]).double().reshape(k, m * c)
    if prior is None:
        return local, block, pull, None
    across, down = by_camera.unbind(3)
    shared = (across * by_depth[:, :, None, 0]).addcmul_(down, by_depth[:, :, None, 1]).reshape(k, m * c, -1)
    towards = prior.weight[rows] * (prior.expected[rows] - parameters.inverse_depth[rows])
    own_pull = (by_depth * residual).sum((1, 2)) + towards
    own = (by_depth**2).sum((1, 2)) + prior.weight[rows]
    inverse = 1.0 / (own * (1.0 + damping) + DEPTH_FLOOR)
    block -= ((shared * inverse[:, None]) @ shared.transpose(-1, -2)).double()
    pull = pull - (shared @ (inverse * own_pull)[..., None])[..., 0].double()
    mixed = local.transpose(-1, -2).to(shared.dtype) @ shared
    return local, block, pull, DepthBlock(rows=rows, mixed=mixed, inverse=inverse, pull=own_pull)


def weighted(
    predicted: Predicted,
    parameters: DenseParameters,
    graph: FlowGraph,
    rows: slice,
    kernel: float,
    *,
    lens: bool,
) -> tuple[Float[Tensor, "k m c 2 p"], Float[Tensor, "k m 2 p"], Float[Tensor, "k m 2 p"]]:
    """Jacobians by cameras and by depth, and residuals, all in standard deviations times the root of their weight."""
    squared = (whitened(predicted.residual_px, graph.root[rows]) ** 2).sum(2)
    factor = kernel**2 / (kernel**2 + squared) * (graph.weight[rows] * predicted.front).sqrt()
    root = graph.root[rows] * factor[:, :, None]
    by_camera, by_depth = jacobian(predicted, parameters, rows, root, lens=lens)
    return by_camera, by_depth, whitened(predicted.residual_px, root)


def _columns(graph: FlowGraph, cameras: int) -> Int[Tensor, "k l"]:
    """Where the local columns of each row stand in the reduced system, in the order of `_local`."""
    every = torch.cat([graph.source[:, None], graph.target], 1)
    pose = (every[..., None] * POSE + torch.arange(POSE, device=graph.device)).flatten(1)
    zoom = POSE * cameras + every
    lens = (POSE + 1) * cameras + torch.arange(2, device=graph.device).expand(len(every), -1)
    return torch.cat([pose, zoom, lens], 1)


def _local(predicted: Predicted, c: int) -> Float[Tensor, "k q l"]:
    """What the columns of each slot are in those of the row: poses (own, targets), zooms (own, targets), lens."""
    k, m = predicted.rotation.shape[:2]
    device = predicted.rotation.device
    poses, zooms = POSE * (1 + m), 1 + m
    local = torch.zeros(k, m, c, poses + zooms + 2, dtype=torch.float64, device=device)
    local[:, :, :POSE, :POSE] = -adjoint(predicted.rotation.double(), predicted.translation.double())
    for slot in range(m):
        local[:, slot, :POSE, POSE * (1 + slot) : POSE * (2 + slot)] = torch.eye(POSE, device=device)
    if c == COLUMNS:
        local[:, :, FOCAL_SOURCE, poses] = 1.0
        for slot in range(m):
            local[:, slot, FOCAL_TARGET, poses + 1 + slot] = 1.0
        local[:, :, FOCAL_SOURCE : FOCAL_TARGET + 1, -2] = 1.0
        local[:, :, UNDISTORTION, -1] = 1.0
    return local.reshape(k, m * c, -1)


def prior_cost(parameters: DenseParameters, graph: FlowGraph, freedom: Freedom) -> float:
    """What the priors add to the cost."""
    total = freedom.depths(parameters, graph).cost if freedom.model.translates else 0.0
    lens = float((parameters.undistortion / UNDISTORTION_SIGMA) ** 2)
    for order, (_, sigma) in enumerate(DIFFERENCES, 1):
        lens += float(((parameters.zoom.diff(order) / sigma) ** 2).sum())
    if not freedom.focal.given:
        lens += float((parameters.log_focal.exp() / freedom.focal.focal_px).log() / freedom.focal.sigma) ** 2
    return total + freedom.shared * lens


def _add_priors(matrix: Tensor, gradient: Tensor, parameters: DenseParameters, freedom: Freedom) -> None:
    """Adds curvature and gradient of the priors of the lens."""
    cameras = len(parameters.zoom)
    zooms = slice(POSE * cameras, (POSE + 1) * cameras)
    block, pull = matrix[zooms, zooms], gradient[zooms]
    for order, (factors, sigma) in enumerate(DIFFERENCES, 1):
        weight, difference = freedom.shared / sigma**2, parameters.zoom.diff(order)
        rows = len(difference)
        for i, one in enumerate(factors):
            pull[i : i + rows] -= weight * one * difference
            for j, other in enumerate(factors):
                block[i : i + rows, j : j + rows].diagonal().add_(weight * one * other)
    if not freedom.focal.given:
        weight = freedom.shared / freedom.focal.sigma**2
        matrix[-2, -2] += weight
        gradient[-2] -= weight * (parameters.log_focal.exp() / freedom.focal.focal_px).log()
    weight = freedom.shared / UNDISTORTION_SIGMA**2
    matrix[-1, -1] += weight
    gradient[-1] -= weight * parameters.undistortion
