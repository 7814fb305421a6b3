"""Starts by RAFT (Teed and Deng 2020), torchvision's, on grey frames; torchvision is asked for only here."""

from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sfm.features.weights import load, local_file
from sfm.flow._start import network_input
from sfm.flow.pyramid import Pyramid, grid, sampled
from trajectory.errors import CinetrajError

FILE = "raft_large_C_T_SKHT_V2-ff5fadd5.pth"
"""torchvision's default weights of the large model."""
URLS = (f"https://download.pytorch.org/models/{FILE}",)
CELL_PX, LEAST_PX = 8, 128
"""Sides are multiples of its cells, and so long that four levels of correlation can be made."""


def network(weights: Path | None, device: torch.device) -> Any:
    """torchvision's large RAFT with its trained weights. Raises CinetrajError where torchvision does not import."""
    file = local_file(weights, (FILE,))
    try:
        from torchvision.models.optical_flow import raft_large  # pyright: ignore[reportMissingImports]
    except Exception as problem:  # one built for another torch raises RuntimeError or OSError
        raise CinetrajError(
            f"flow raft needs torchvision, which does not import ({type(problem).__name__}: {problem}); "
            "install the version that fits your torch, or choose the flow lk, dis or xfeat"
        ) from problem
    model = raft_large(weights=None, progress=False)
    return load(model, file, URLS, model_name="RAFT (raft_large)", sha256_of_others={}).to(device)


def start(
    net: Any, pyramid: Pyramid, source: Int[Tensor, " b"], target: Int[Tensor, " b"], centres: Float[Tensor, "gh gw 2"]
) -> Float[Tensor, "b p 2"]:
    """Where patches of the frames `source` lie in the frames `target`, read from a field of every pixel."""
    first, second = (_colours(pyramid, frame) for frame in (source, target))
    field = net(first, second)[-1].permute(0, 2, 3, 1)
    place = centres.reshape(1, -1, 2).expand(len(source), -1, -1)
    return sampled(field, grid(field.shape[1:3], 1, pyramid.device), place)


def _colours(pyramid: Pyramid, frame: Int[Tensor, " b"]) -> Float[Tensor, "b 3 _ _"]:
    """Grey thrice, from -1 to 1, as it was trained."""
    return (2 * network_input(pyramid, frame, multiple=CELL_PX, least=LEAST_PX) - 1).expand(-1, 3, -1, -1)
