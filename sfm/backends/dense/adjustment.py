"""Dense bundle adjustment: cameras and the inverse depth of every patch, by robust Levenberg-Marquardt."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sfm.backends.dense import compiled
from sfm.backends.dense.banded import solve_bordered
from sfm.backends.dense.graph import DenseParameters, FlowGraph, on_device
from sfm.backends.dense.linearise import depth_jacobian, predict, whitened
from sfm.backends.dense.normal import (
    Freedom,
    Layout,
    Normal,
    blocks,
    layout,
    normal_equations,
    of_states,
    prior_cost,
)
from sfm.geometry.problem import FocalPrior
from sfm.geometry.robust import geman_mcclure
from sfm.geometry.so3 import POSE
from sfm.geometry.states import put, taken
from sfm.processes.workers import mapped

LONGEST_DEPTH_STEP = 0.5
FOCAL_RANGE = 1.5
"""Log focal lengths stay so near to the usual one: from a fisheye to a long telephoto lens."""
NEAR_THE_BOUND = 0.02
DEPTH_RANGE = (1e-3, 20.0)
"""Inverse depths, in units of the prior's."""
MEDIAN_OF_CHI2 = 1.386
"""Of the squared length of a pair of standard normal numbers."""
TESTIFIES = 0.3
"""Weight from which a place counts in statistics."""
SMALL = 256
"""Systems of at most so many unknowns are solved whole: that they are bands saves nothing yet."""
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-3, 1e-6, 1e3


def at_its_bound(log_focal: float, focal: FocalPrior) -> bool:
    """Whether a log focal length that was looked for is one beyond which none was looked at."""
    return not focal.given and abs(log_focal - math.log(focal.focal_px)) > FOCAL_RANGE - NEAR_THE_BOUND


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
    found, left = adjust_all(
        taken(parameters, None), graph, freedom, kernels, iterations=iterations, tolerance=tolerance
    )
    return taken(found, 0), float(left[0])


def adjust_all(
    states: DenseParameters,
    graph: FlowGraph,
    freedom: Freedom,
    kernels: Sequence[float | Float[Tensor, " s"]],
    *,
    iterations: int,
    tolerance: float = 1e-4,
) -> tuple[DenseParameters, Float[Tensor, " s"]]:
    """Several states, each as `adjust` would, step by step together; and their costs.

    Each has its own damping and ends a kernel when it gains no more; the rest goes on without it. It is done on the CPU
    (see `normal_equations`), wherever the flow is.

    Args:
        states: where to begin.
        graph: the flow, the same for all.
        freedom: what may move.
        kernels: wide to tight; each a value for all states, or one for each.
        iterations, tolerance: as in `adjust`.
    """
    if graph.device.type != "cpu":
        kernels = [each.cpu() if isinstance(each, Tensor) else each for each in kernels]
        there, freedom = (states.to("cpu"), graph.to("cpu")), on_device(freedom, "cpu")
        found, left = adjust_all(*there, freedom, kernels, iterations=iterations, tolerance=tolerance)
        return found.to(graph.device), left.to(graph.device)
    laid = layout(graph, freedom, states.zoom.shape[-1])
    damping = torch.full_like(states.log_focal, FIRST_DAMPING)
    found = torch.full_like(states.log_focal, torch.inf)
    for width in kernels:
        kernel = torch.as_tensor(width, dtype=found.dtype, device=found.device).expand_as(found)
        found = costs(states, graph, freedom, kernel, laid)
        rows = torch.arange(len(found), device=found.device)
        for _ in range(iterations):
            now, own = taken(states, rows), taken(freedom, rows)
            normal = normal_equations(now, graph, own, kernel[rows], damping[rows], laid)
            after, sound = _stepped(now, normal, own, damping[rows])
            before, tried = found[rows], costs(after, graph, own, kernel[rows], laid)
            better = sound & (tried < before)
            states = put(states, rows[better], taken(after, better))
            found[rows] = torch.where(better, tried, before)
            eased = (damping[rows] / 5.0).clamp_min(LEAST_DAMPING)
            damping[rows] = torch.where(better, eased, damping[rows] * 10.0)
            converged = better & (before - tried < tolerance * before)
            rows = rows[~converged & (damping[rows] <= MOST_DAMPING)]
            if not len(rows):
                break
    return states, found


def adjust_depths(
    parameters: DenseParameters, graph: FlowGraph, freedom: Freedom, kernel: float, *, steps: int
) -> DenseParameters:
    """The same cameras with other depths, after so many steps of Gauss and Newton: each patch for itself."""
    if graph.device.type != "cpu":
        found = adjust_depths(parameters.to("cpu"), graph.to("cpu"), freedom, kernel, steps=steps)
        return found.to(graph.device)
    laid = layout(graph, freedom, len(parameters.zoom))
    for _ in range(steps):
        normal = normal_equations(parameters, graph, freedom, kernel, LEAST_DAMPING, laid)
        depth = _depths_after(parameters.inverse_depth, normal, torch.zeros_like(normal.gradient))
        parameters = replace(parameters, inverse_depth=depth)
    return parameters


def cost(parameters: DenseParameters, graph: FlowGraph, freedom: Freedom, kernel: float) -> float:
    """The robust cost with the priors; what lies behind a camera costs as much as anything can."""
    return float(costs(parameters, graph, freedom, kernel))


def costs(
    states: DenseParameters,
    graph: FlowGraph,
    freedom: Freedom,
    kernel: float | Float[Tensor, "*s"],
    laid: Layout | None = None,
) -> Float[Tensor, "*s"]:
    """Those of one or several states."""
    total = prior_cost(states, graph, freedom, laid)
    given, found = compiled.taken(states, graph, slice(None), kernel), np.empty((total.numel(), len(graph.source)))
    mapped(lambda rows: compiled.sum_costs(*given, found, rows.start, rows.stop), blocks(graph, total.numel()))
    return total + torch.from_numpy(found.sum(1)).reshape(total.shape)


def place_costs(
    states: DenseParameters, graph: FlowGraph, rows: slice, kernel: float | Float[Tensor, "*s"]
) -> Float[Tensor, "*s k m p"]:
    """The robust cost of each place of some rows, times its weight."""
    squared, front = squared_residuals(states, graph, rows)
    wide = of_states(kernel, squared, 3) ** 2
    return torch.where(front, geman_mcclure(squared, wide), wide) * graph.weight[rows]


def squared_residuals(
    parameters: DenseParameters, graph: FlowGraph, rows: slice
) -> tuple[Float[Tensor, "*s k m p"], Bool[Tensor, "*s k m p"]]:
    """Squared residuals in standard deviations, and which patches lie in front of their target."""
    predicted = predict(parameters, graph, rows)
    return (whitened(predicted.residual_px, graph.root[rows]) ** 2).sum(-2), predicted.front


def noise_scale(parameters: DenseParameters, graph: FlowGraph) -> float:
    """By how much the residuals exceed their standard deviations: from their median, at least 1."""
    return float(noise_scales(parameters, graph))


def noise_scales(states: DenseParameters, graph: FlowGraph) -> Float[Tensor, "*s"]:
    """That of one or several states."""
    found: list[Tensor] = []
    for rows in blocks(graph, states.log_focal.numel()):
        squared, front = squared_residuals(states, graph, rows)
        counts = front & (graph.weight[rows] > TESTIFIES)
        found.append(squared.masked_fill(~counts, torch.nan).flatten(-3))
    middle = torch.cat(found, -1).nanmedian(-1).values.double()
    return (middle / MEDIAN_OF_CHI2).sqrt().nan_to_num(1.0).clamp_min(1.0)


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

    0 for what does not move. It is on the CPU.
    """
    parameters, graph = parameters.to("cpu"), graph.to("cpu")
    normal = normal_equations(parameters, graph, freedom, kernel, 0.0)
    unit = torch.eye(len(normal.matrix), dtype=normal.matrix.dtype, device=graph.device)
    found, sound = _solved(normal, 1e-12 * normal.matrix.diagonal(), unit)
    if not bool(sound):
        return None
    found[:, ~freedom.free(len(parameters.zoom), graph.device)] = 0.0
    return found


def _solved(
    normal: Normal, extra: Float[Tensor, "*s n"], right: Float[Tensor, "*s n c"]
) -> tuple[Float[Tensor, "*s n c"], Bool[Tensor, "*s"]]:
    """Solutions of the reduced system, 0 for what does not move; and which have one."""
    laid = normal.layout
    order = laid.order
    whole, sound = torch.zeros_like(right), torch.ones(right.shape[:-2], dtype=torch.bool, device=right.device)
    if not len(order):
        return whole, sound
    if len(order) <= SMALL:
        matrix = normal.matrix[..., order[:, None], order] + torch.diag_embed(extra[..., order])
        root, problem = torch.linalg.cholesky_ex(matrix)
        whole[..., order, :] = torch.cholesky_solve(right[..., order, :], root)
        return whole, problem == 0
    band = (POSE + 1) * (laid.span + 1) - 1
    for state in np.ndindex(*right.shape[:-2]):
        found = solve_bordered(normal.matrix[state], extra[state], right[state], order, band=band, border=laid.border)
        if found is None:
            sound[state] = False
        else:
            whole[state] = found
    return whole, sound


def _stepped(
    parameters: DenseParameters, normal: Normal, freedom: Freedom, damping: Float[Tensor, "*s"]
) -> tuple[DenseParameters, Bool[Tensor, "*s"]]:
    """Parameters after one damped step of Gauss-Newton; and for which the system had a solution."""
    cameras = parameters.zoom.shape[-1]
    diagonal = normal.matrix.diagonal(dim1=-2, dim2=-1)
    extra = damping[..., None] * diagonal
    if len(normal.layout.order):
        extra = extra + 1e-9 * diagonal[..., normal.layout.order].mean(-1, keepdim=True)
    solution, sound = _solved(normal, extra, normal.gradient[..., None])
    step = solution[..., 0]
    pose = step[..., : POSE * cameras].unflatten(-1, (cameras, POSE))
    usual = math.log(freedom.focal.focal_px)
    after = replace(
        parameters.moved(pose, step[..., POSE * cameras : -2]),
        inverse_depth=_depths_after(parameters.inverse_depth, normal, step),
        log_focal=(parameters.log_focal + step[..., -2]).clamp(usual - FOCAL_RANGE, usual + FOCAL_RANGE),
        undistortion=parameters.undistortion + step[..., -1],
    )
    return after, sound


def _depths_after(
    depth: Float[Tensor, "*s k p"], normal: Normal, step: Float[Tensor, "*s n"]
) -> Float[Tensor, "*s k p"]:
    """Inverse depths after a step of the cameras; as they are where they are not fitted."""
    if not normal.depths:
        return depth
    depth = depth.clone()
    for block in normal.depths:
        towards = (block.local @ step[..., normal.layout.columns[block.rows], None]).to(depth.dtype)
        change = block.inverse * (block.pull - (towards.transpose(-1, -2) @ block.shared).squeeze(-2))
        moved = depth[..., block.rows, :] + change.clamp(-LONGEST_DEPTH_STEP, LONGEST_DEPTH_STEP)
        depth[..., block.rows, :] = moved.clamp(*DEPTH_RANGE)
    return depth
