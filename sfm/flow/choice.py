"""The flow that a setting names: Lucas-Kanade from nothing, or from where another method puts the patches.

Whoever starts, Lucas-Kanade ends (`flow_from`): subpixel places, variances and so the information mean the same.
"""

from functools import partial
from pathlib import Path

import torch

from sfm.config import FlowName
from sfm.flow._start import Flow, Start
from sfm.flow.coarse_to_fine import flow, flow_from
from sfm.flow.pyramid import Pyramid


def flow_by(name: FlowName, weights: Path | None, device: torch.device) -> Flow:
    """The flow of that name (`DenseConfig.flow`), with its network loaded where it has one.

    Args:
        name: of the flow.
        weights: local file or folder of the trained weights; None downloads them.
        device: where frames are.
    """
    if name == "lk":
        return flow
    if name == "dis":
        from sfm.flow import dis

        return _started(dis.start)
    if name == "xfeat":
        from sfm.flow import xfeat

        return _started(partial(xfeat.start, xfeat.network(weights, device)))
    from sfm.flow import raft

    return _started(partial(raft.start, raft.network(weights, device)))


def _started(start: Start) -> Flow:
    """The flow that begins with a start."""

    def found(pyramid: Pyramid, source: torch.Tensor, target: torch.Tensor, centres: torch.Tensor):
        return flow_from(pyramid, source, target, centres, start(pyramid, source, target, centres))

    return found
