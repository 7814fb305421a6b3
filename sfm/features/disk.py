"""DISK (Tyszkiewicz et al. 2020): key points and descriptors of a U-Net; its trained weights are required."""

import numpy as np

from sfm.config import FeatureConfig
from sfm.features._kind import Extractor, FeatureKind
from sfm.features._kornia import rgb_batch, unit
from sfm.features.types import Features
from sfm.features.weights import load, local_file

NAMES = ("depth-save.pth",)
URLS = (
    "https://huggingface.co/kornia/disk/resolve/main/depth-save.pth",
    "https://raw.githubusercontent.com/cvlab-epfl/disk/master/depth-save.pth",
)
LEAST_PX = 32
"""A side of the smallest picture: the network halves it four times, and ends with an error at a single cell."""


def build(config: FeatureConfig, device: str) -> Extractor:
    """The network with its trained weights on `device`; the strongest maxima of its heat map are the key points."""
    file = local_file(config.weights, NAMES)
    import torch
    from kornia.feature import DISK

    model = load(DISK(), file, URLS, model_name="DISK", sha256_of_others={}).to(device)

    def run(rgb: np.ndarray, count: int) -> list[Features]:
        with torch.inference_mode():
            found = model(rgb_batch(rgb, device), n=count, pad_if_not_divisible=True)
        return [
            Features(
                xy_px=each.keypoints.float().cpu().numpy(),
                strength=each.detection_scores.float().cpu().numpy(),
                descriptors=unit(each.descriptors.float().cpu().numpy()),
            )
            for each in found
        ]

    return run


FEATURE = FeatureKind(
    name="disk",
    summary="DISK (Tyszkiewicz 2020); trained weights",
    bytes_per_pixel=3000,
    build=build,
    least_px=LEAST_PX,
)
