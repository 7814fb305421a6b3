"""Dense bundle adjustment: cameras and the inverse depth of every patch, by robust Levenberg-Marquardt."""

import math
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sfm.backends.dense.banded import solve_bordered
from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.linearise import POSE, depth_jacobian, predict, whitened
from sfm.backends.dense.normal import Freedom, Normal, blocks, normal_equations, prior_cost
from sfm.geometry.robust import geman_mcclure

LONGEST_DEPTH_STEP = 0.5
FOCAL_RANGE = 1.5
"""Log focal lengths stay so near to the usual one: from a fisheye to a long telephoto lens."""
DEPTH_RANGE = (1e-3, 20.0)
"""Inverse depths, in units of the prior's."""
MEDIAN_OF_CHI2 = 1.386
"""Of the squared length of a pair of standard normal numbers."""
TESTIFIES = 0.3
"""Weight from which a place counts in statistics."""
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-3, 1e-6, 1e3


def adjust(
    parameters: DenseParameters,
    graph: FlowGraph,
    freedom: Freedom,
    kernels: tuple[float, ...],
    *,
    iterations: int,
    tolerance: float = 1e-4,
) -> tuple[DenseParameters, float]:
    """The parameters that lower the robust cost under one kernel after the other, and that cost.

    Args:
        parameters: where to begin.
        graph: the flow.
        freedom: what may move.
        kernels: of Geman and McClure, in standard deviations, wide to tight.
        iterations: most steps under each.
        tolerance: relative gain that ends a kernel.
    """
    damping, found = FIRST_DAMPING, math.inf
    for kernel in kernels:
        found = cost(parameters, graph, freedom, kernel)
        for _ in range(iterations):
            normal = normal_equations(parameters, graph, freedom, kernel, damping)
            after = _stepped(parameters, normal, freedom, damping)
            tried = math.inf if after is None else cost(after, graph, freedom, kernel)
            if after is not None and tried < found:
                gain = (found - tried) / found
                parameters, found, damping = after, tried, max(damping / 5.0, LEAST_DAMPING)
                if gain < tolerance:
                    break
            else:
                damping *= 10.0
                if damping > MOST_DAMPING:
                    break
    return parameters, found


def cost(parameters: DenseParameters, graph: FlowGraph, freedom: Freedom, kernel: float) -> float:
    """The robust cost with the priors; what lies behind a camera costs as much as anything can."""
    total = prior_cost(parameters, graph, freedom)
    for rows in blocks(graph):
        squared, front = squared_residuals(parameters, graph, rows)
        each = torch.where(front, geman_mcclure(squared, kernel**2), kernel**2)
        total += float((each * graph.weight[rows]).sum(dtype=torch.float64))
    return total


def squared_residuals(
    parameters: DenseParameters, graph: FlowGraph, rows: slice
) -> tuple[Float[Tensor, "k m p"], Bool[Tensor, "k m p"]]:
    """Squared residuals in standard deviations, and which patches lie in front of their target."""
    predicted = predict(parameters, graph, rows)
    return (whitened(predicted.residual_px, graph.root[rows]) ** 2).sum(2), predicted.front


def noise_scale(parameters: DenseParameters, graph: FlowGraph) -> float:
    """By how much the residuals exceed their standard deviations: from their median, at least 1."""
    found: list[Tensor] = []
    for rows in blocks(graph):
        squared, front = squared_residuals(parameters, graph, rows)
        found.append(squared[front & (graph.weight[rows] > TESTIFIES)])
    every = torch.cat(found)
    return max(1.0, math.sqrt(float(every.median()) / MEDIAN_OF_CHI2)) if len(every) else 1.0


def residual_px(parameters: DenseParameters, graph: FlowGraph) -> Float[Tensor, "k m p"]:
    """Lengths of the residuals in pixels, each direction counted by its information; NaN where nothing testifies."""
    found: list[Tensor] = []
    for rows in blocks(graph):
        squared, front = squared_residuals(parameters, graph, rows)
        found.append(_lengths(squared, front, graph, rows))
    return torch.cat(found)


def held_out_residual_px(
    parameters: DenseParameters, graph: FlowGraph, freedom: Freedom, kernel: float
) -> Float[Tensor, "k m p"]:
    """As `residual_px`, each place predicted with the depth that the patch's other places ask for.

    A free depth explains a place by looking at it; what it cannot do is to foretell the place in another keyframe, save
    where the camera truly moved. So these residuals may be compared with those of a model without depths. For one
    unknown a patch, leaving out place s moves the depth by -w_s J_s·r_s / (C - w_s J_s·J_s), to first order.
    """
    found: list[Tensor] = []
    prior = freedom.depths(parameters, graph)
    for rows in blocks(graph):
        predicted = predict(parameters, graph, rows)
        root = graph.root[rows]
        residual = whitened(predicted.residual_px, root)
        squared = (residual**2).sum(2)
        by_depth = depth_jacobian(predicted, root)
        weight = (kernel**2 / (kernel**2 + squared)) ** 2 * graph.weight[rows] * predicted.front
        own = weight * (by_depth**2).sum(2)
        others = own.sum(1, keepdim=True) - own + prior.weight[rows, None]
        without = residual + by_depth * (weight * (by_depth * residual).sum(2) / others)[:, :, None]
        found.append(_lengths((without**2).sum(2), predicted.front, graph, rows))
    return torch.cat(found)


def _lengths(
    squared: Float[Tensor, "k m p"], front: Bool[Tensor, "k m p"], graph: FlowGraph, rows: slice
) -> Float[Tensor, "k m p"]:
    """Pixels from squared standard deviations; inf behind the camera, NaN where nothing testifies."""
    mean = (graph.root[rows] ** 2).sum(2) / 2.0
    length = torch.where(front, (squared / mean.clamp_min(1e-6)).sqrt(), torch.inf)
    return torch.where(graph.weight[rows] > TESTIFIES, length, torch.nan)


def covariance(
    parameters: DenseParameters, graph: FlowGraph, freedom: Freedom, kernel: float
) -> Float[Tensor, "n n"] | None:
    """Covariance of the cameras' unknowns, all else free, in units of the residuals' noise; None where singular.

    0 for what does not move.
    """
    normal = normal_equations(parameters, graph, freedom, kernel, 0.0)
    unit = torch.eye(len(normal.matrix), dtype=normal.matrix.dtype, device=graph.device)
    found = _solved(normal, 1e-12 * normal.matrix.diagonal(), unit, freedom)
    if found is not None:
        found[:, ~freedom.free(len(parameters.zoom), graph.device)] = 0.0
    return found


def _solved(
    normal: Normal, extra: Float[Tensor, " n"], right: Float[Tensor, "n c"], freedom: Freedom
) -> Float[Tensor, "n c"] | None:
    """Solutions of the reduced system, 0 for what does not move; None where it has none."""
    order, border = freedom.order(normal.place)
    if not len(order):
        return torch.zeros_like(right)
    return solve_bordered(normal.matrix, extra, right, order, band=(POSE + 1) * (normal.span + 1) - 1, border=border)


def _stepped(parameters: DenseParameters, normal: Normal, freedom: Freedom, damping: float) -> DenseParameters | None:
    """Parameters after one damped step of Gauss-Newton; None where the system has no solution."""
    cameras = len(parameters.zoom)
    diagonal = normal.matrix.diagonal()
    moves = freedom.free(cameras, diagonal.device)
    extra = damping * diagonal + 1e-9 * diagonal[moves].mean()
    solution = _solved(normal, extra, normal.gradient[:, None], freedom)
    if solution is None:
        return None
    step = solution[:, 0]
    depth = parameters.inverse_depth
    if normal.depths:
        depth = depth.clone()
        for block in normal.depths:
            towards = step[normal.columns[block.rows]].to(depth.dtype)
            change = block.inverse * (block.pull - (towards[:, None] @ block.mixed)[:, 0])
            moved = depth[block.rows] + change.clamp(-LONGEST_DEPTH_STEP, LONGEST_DEPTH_STEP)
            depth[block.rows] = moved.clamp(*DEPTH_RANGE)
    pose = step[: POSE * cameras].reshape(cameras, POSE)
    usual = math.log(freedom.focal.focal_px)
    return replace(
        parameters.moved(pose, step[POSE * cameras : -2]),
        inverse_depth=depth,
        log_focal=(parameters.log_focal + step[-2]).clamp(usual - FOCAL_RANGE, usual + FOCAL_RANGE),
        undistortion=parameters.undistortion + step[-1],
    )
