"""Starts by XFeat (Potje et al. 2024): each patch is looked for in the whole target frame by its descriptor.

Its map has 64 channels for each cell of 8 pixels; only the map is used, not its key points.
"""

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from sfm.features.weights import load, local_file
from sfm.features.xfeat import MULTIPLE_PX, NAMES, URLS
from sfm.flow._start import network_input
from sfm.flow.pyramid import Pyramid, grid, sampled

CELL_PX = 8


def network(weights: Path | None, device: torch.device) -> Any:
    """kornia's XFeat with its trained weights."""
    file = local_file(weights, NAMES)
    from kornia.feature import XFeat

    return load(XFeat().net, file, URLS, model_name="XFeat", sha256_of_others={}).to(device)


def start(
    net: Any, pyramid: Pyramid, source: Int[Tensor, " b"], target: Int[Tensor, " b"], centres: Float[Tensor, "gh gw 2"]
) -> Float[Tensor, "b p 2"]:
    """Where the patches of the frames `source` are most alike in the frames `target`."""
    frame, row = torch.unique(torch.cat([source, target]), return_inverse=True)
    seen = described(net, pyramid, frame)
    cells = grid((seen.shape[1] * CELL_PX, seen.shape[2] * CELL_PX), CELL_PX, pyramid.device)
    place = centres.reshape(1, -1, 2)
    moved = []
    for first, second in row.reshape(2, -1).T:  # pair by pair: a table of all would take gigabytes for a large frame
        wanted = F.normalize(sampled(seen[first][None], cells, place), dim=-1)[0]
        alike = torch.einsum("pc,hwc->phw", wanted, seen[second])
        moved.append(peak(alike) * CELL_PX + cells[0, 0] - place[0])
    return torch.stack(moved)


def described(net: Any, pyramid: Pyramid, frame: Int[Tensor, " n"]) -> Float[Tensor, "n ch cw c"]:
    """Descriptors of unit length for each cell of some frames; one that begins within the picture belongs to it."""
    found = net(network_input(pyramid, frame, multiple=MULTIPLE_PX))[0]
    height, width = (-(-side // CELL_PX) for side in pyramid.hw(0))
    return F.normalize(found[:, :, :height, :width].permute(0, 2, 3, 1), dim=-1)


def peak(alike: Float[Tensor, "p ch cw"]) -> Float[Tensor, "p 2"]:
    """(x, y) of the largest value of each table, between cells by the parabola through its neighbours.

    At the rim, where one neighbour is lacking, it is the cell itself.
    """
    height, width = alike.shape[1:]
    best = alike.flatten(1).argmax(1)
    y, x = best // width, best % width
    found = []
    for place, step, last in ((x, 1, width - 1), (y, width, height - 1)):
        around = best[:, None] + torch.tensor([-step, 0, step], device=best.device)
        before, middle, after = alike.flatten(1).gather(1, around.clamp(0, height * width - 1)).unbind(1)
        lean = 0.5 * (after - before) / (2 * middle - before - after).clamp_min(1e-6)
        found.append(place + torch.where((place > 0) & (place < last), lean, 0.0))
    return torch.stack(found, -1)
