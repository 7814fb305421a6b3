"""DeDoDe (Edstedt et al. 2024): a detector and a descriptor trained apart; the trained weights of both are required."""

from pathlib import Path

import numpy as np

from sfm.config import FeatureConfig
from sfm.features._kind import Extractor, FeatureKind
from sfm.features._kornia import rgb_batch, unit
from sfm.features.types import Features
from sfm.features.weights import load, local_file
from trajectory.errors import CinetrajError

DETECTOR = ("dedode_detector_L_v2.pth",)
DESCRIPTOR = ("dedode_descriptor_B.pth",)
DETECTOR_URLS = (
    "https://huggingface.co/kornia/dedode/resolve/main/dedode_detector_L_v2.pth",
    "https://github.com/Parskatt/DeDoDe/releases/download/v2/dedode_detector_L_v2.pth",
)
DESCRIPTOR_URLS = (
    "https://huggingface.co/kornia/dedode/resolve/main/dedode_descriptor_B.pth",
    "https://github.com/Parskatt/DeDoDe/releases/download/dedode_pretrained_models/dedode_descriptor_B.pth",
)
CENTRE_PX = 0.5
"""The network puts the centre of the first pixel there, we at 0."""
LEAST_PX = 32
"""A side of the smallest picture: the networks halve it four times, and end with an error at nothing."""


def build(config: FeatureConfig, device: str) -> Extractor:
    """Detector L (version 2) and descriptor B with their trained weights on `device`, in single precision."""
    folder = config.weights
    if folder is not None and Path(folder).is_file():
        raise CinetrajError(
            f"{config.name} needs two networks, but weights {folder} is one file; give the folder that holds them"
        )
    files = local_file(folder, DETECTOR), local_file(folder, DESCRIPTOR)
    import torch
    from kornia.feature import DeDoDe

    model = DeDoDe(detector_model="L", descriptor_model="B", amp_dtype=torch.float32)
    load(model.detector, files[0], DETECTOR_URLS, model_name="DeDoDe's detector", sha256_of_others={})
    load(model.descriptor, files[1], DESCRIPTOR_URLS, model_name="DeDoDe's descriptor", sha256_of_others={})
    model = model.to(device).eval()

    def run(rgb: np.ndarray, count: int) -> list[Features]:
        with torch.inference_mode():
            found = model(rgb_batch(rgb, device), n=count)
        positions, strengths, descriptors = (each.float().cpu().numpy() for each in found)
        return [
            Features(xy_px=xy - np.float32(CENTRE_PX), strength=strength, descriptors=unit(described))
            for xy, strength, described in zip(positions, strengths, descriptors, strict=True)
        ]

    return run


FEATURE = FeatureKind(
    name="dedode-b",
    summary="DeDoDe (Edstedt 2024), detector L and descriptor B; trained weights",
    bytes_per_pixel=6000,
    build=build,
    least_px=LEAST_PX,
)
