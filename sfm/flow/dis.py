"""Starts by dense inverse search (Kroeger et al. 2016), OpenCV's: pair by pair on the CPU."""

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sfm.flow.pyramid import Pyramid, grid, pictures, sampled
from sfm.processes.threads import thread_limit


def start(
    pyramid: Pyramid, source: Int[Tensor, " b"], target: Int[Tensor, " b"], centres: Float[Tensor, "gh gw 2"]
) -> Float[Tensor, "b p 2"]:
    """Where patches of the frames `source` lie in the frames `target`, read from a field of every pixel."""
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    pairs = zip(*(_bytes(pictures(pyramid, frame)) for frame in (source, target)), strict=True)
    empty = np.zeros((*pyramid.hw(0), 2), np.float32)
    with thread_limit(1):  # it searches in as many strips as there are threads, and finds other things in others
        field = np.stack([engine.calc(first, second, empty.copy()) for first, second in pairs])
    place = centres.reshape(1, -1, 2).expand(len(source), -1, -1)
    return sampled(torch.from_numpy(field).to(centres), grid(pyramid.hw(0), 1, pyramid.device), place)


def _bytes(grey: Float[Tensor, "b h w"]) -> np.ndarray:
    return (255 * grey).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
