"""Frames too far apart for patches to be followed: matched features say where each one about lies."""

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.spatial import KDTree
from torch import Tensor

from sfm.flow.coarse_to_fine import flow_from
from sfm.flow.information import inside, there_and_back
from sfm.flow.pyramid import RIM, Pyramid
from sfm.matching.two_view import match_pair

BACK_PX = 2.0
"""A patch comes back where both flows together lead so near to where it was."""
LOST = 0.1
"""Where fewer of the patches come back, two frames have lost each other: by chance up to seven in a hundred do."""
NEAREST = 5
"""A patch starts from the median of so many matches around it."""


def coming_back(
    forward: Float[Tensor, "p 2"],
    backward: Float[Tensor, "p 2"],
    centres: Float[Tensor, "gh gw 2"],
    hw: tuple[int, int],
) -> float:
    """Share of the patches that the flow forth and the flow back lead to where they were."""
    place, missed = there_and_back(forward[None], backward[None], centres)
    return float(((missed.norm(dim=-1) < BACK_PX) * inside(place, hw)).mean())


def flow_by_matches(
    pyramid: Pyramid, pair: tuple[int, int], centres: Float[Tensor, "gh gw 2"], usable: Bool[Tensor, " p"]
) -> tuple[Float[Tensor, "2 p 2"], Float[Tensor, "2 p"]] | None:
    """Flow between two frames, forth and back, from where matched features are; None where they do not match.

    Args:
        pyramid: of all frames.
        pair: numbers of the two.
        centres: middles of the patches on the finest level.
        usable: patches that may testify; features elsewhere may not either.

    Returns:
        Displacements in pixels of the finest level and the variance of grey values that they leave.
    """
    first, second = (_picture(pyramid, frame) for frame in pair)
    cells = usable.reshape(centres.shape[:2]).cpu().numpy().astype(np.uint8)
    allowed = cv2.resize(cells, first.shape[::-1], interpolation=cv2.INTER_NEAREST).astype(bool)
    here, there = match_pair(first, second, mask=allowed)
    if not len(here):
        return None
    start = torch.stack([_around(here, there - here, centres), _around(there, here - there, centres)])
    both = torch.tensor(pair, device=pyramid.device)
    return flow_from(pyramid, both, both.flip(0), centres, start)


def _picture(pyramid: Pyramid, frame: int) -> np.ndarray:
    grey = pyramid.levels[0][frame, RIM:-RIM, RIM:-RIM]
    return (grey * 255.0).round().clamp(0, 255).byte().cpu().numpy()


def _around(
    places: Float[np.ndarray, "m 2"], moved: Float[np.ndarray, "m 2"], centres: Float[Tensor, "gh gw 2"]
) -> Float[Tensor, "p 2"]:
    """Of each patch the median displacement of the nearest matches."""
    _, near = KDTree(places).query(centres.reshape(-1, 2).cpu().numpy(), k=min(NEAREST, len(places)))
    return torch.from_numpy(np.median(moved[near], axis=1)).to(centres)
