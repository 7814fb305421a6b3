"""How well each depth is known: patches without texture or parallax keep the one that they began with."""

import torch
from jaxtyping import Float
from torch import Tensor

from sfm.backends.dense.adjustment import TESTIFIES
from sfm.backends.dense.depth_prior import depth_prior
from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.linearise import depth_jacobian, predict, whitened
from sfm.backends.dense.models import KERNELS
from sfm.backends.dense.normal import blocks

CALIBRATION = 2.0
"""Standard deviations by the flow are so many times those of the fit: what compression moves, it moves as a whole."""


def nearness_deviation(parameters: DenseParameters, graph: FlowGraph, scale: float) -> Float[Tensor, "k p"]:
    """Standard deviation of each inverse depth by the flow, or by what was told beforehand; infinite by neither.

    Cameras are held: an error that they make is common to the scene. Far patches are known well, since that they do not
    move is what puts them there. Fog and bare sky follow any motion.

    Args:
        parameters: adjusted to the graph.
        graph: the flow.
        scale: noise found, in standard deviations.
    """
    told = depth_prior(parameters, graph, 0.0, scale**2).weight
    seen = torch.cat([_curvature(parameters, graph, rows, KERNELS[-1] * scale) for rows in blocks(graph)])
    return scale * (seen / CALIBRATION**2 + told).rsqrt()


def _curvature(parameters: DenseParameters, graph: FlowGraph, rows: slice, kernel: float) -> Float[Tensor, "k p"]:
    """Of the cost by the inverse depths, from the flow; what it does not fit counts little."""
    predicted, root = predict(parameters, graph, rows), graph.root[rows]
    squared = (whitened(predicted.residual_px, root) ** 2).sum(2)
    seen = predicted.front & (graph.weight[rows] > TESTIFIES)
    weight = (kernel**2 / (kernel**2 + squared)) ** 2 * graph.weight[rows] * seen
    return (weight * (depth_jacobian(predicted, root) ** 2).sum(2)).sum(1)
