"""Which depths anything speaks for: patches without texture or parallax keep the one that they began with."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sfm.backends.dense.adjustment import TESTIFIES
from sfm.backends.dense.depth_prior import depth_prior
from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.linearise import depth_jacobian, predict, whitened
from sfm.backends.dense.models import KERNELS
from sfm.backends.dense.normal import blocks

LEAST_SIGMA = 0.5
"""Standard deviation of an inverse depth, in units of the median one, from which it tells neither near nor far."""


def known_depths(parameters: DenseParameters, graph: FlowGraph, scale: float) -> Bool[Tensor, "k p"]:
    """Whether the flow, or what was told beforehand, says how deep each patch lies, and not the gauge alone.

    Far patches are known: that they do not move is what puts them there. Fog and bare sky follow any motion.

    Args:
        parameters: adjusted to the graph.
        graph: the flow.
        scale: noise found, in standard deviations.
    """
    usual = parameters.inverse_depth.median()
    needed = (scale / (LEAST_SIGMA * usual)) ** 2
    told = depth_prior(parameters, graph, 0.0, scale**2).weight
    return (
        torch.cat([_curvature(parameters, graph, rows, KERNELS[-1] * scale) for rows in blocks(graph)]) + told > needed
    )


def _curvature(parameters: DenseParameters, graph: FlowGraph, rows: slice, kernel: float) -> Float[Tensor, "k p"]:
    """Of the cost by the inverse depths, from the flow; what it does not fit counts little."""
    predicted, root = predict(parameters, graph, rows), graph.root[rows]
    squared = (whitened(predicted.residual_px, root) ** 2).sum(2)
    seen = predicted.front & (graph.weight[rows] > TESTIFIES)
    weight = (kernel**2 / (kernel**2 + squared)) ** 2 * graph.weight[rows] * seen
    return (weight * (depth_jacobian(predicted, root) ** 2).sum(2)).sum(1)
