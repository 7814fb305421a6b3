"""SIFT (Lowe 2004) with RootSIFT descriptors: OpenCV's on a CPU, kornia's, batched, on a GPU."""

from typing import Any

import numpy as np

from sfm.config import FeatureConfig
from sfm.features._kind import Extractor, FeatureKind
from sfm.features.types import Features
from trajectory.errors import CinetrajError

CONTRAST = 0.01
"""A quarter of OpenCV's default, half of COLMAP's (0.02): frames of video are soft, and only the strongest are kept."""


def build(config: FeatureConfig, device: str) -> Extractor:
    """OpenCV on a CPU, where kornia's SIFT takes about fourteen times as long; kornia elsewhere."""
    if config.weights is not None:
        raise CinetrajError(f"weights {config.weights} have no effect on sift, which is not trained; leave them out")
    return on_cpu if device == "cpu" else on_device(device)


def on_cpu(rgb: np.ndarray, count: int) -> list[Features]:
    """RootSIFT (Arandjelovic and Zisserman 2012) of rgb or gray frames by OpenCV."""
    import cv2

    sift = cv2.SIFT.create(  # the precise upscale removes a bias of a quarter pixel
        nfeatures=count, contrastThreshold=CONTRAST, enable_precise_upscale=True
    )
    result = []
    for image in rgb:
        gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
        points, raw = sift.detectAndCompute(gray, None)
        if raw is None or not len(points):
            raw = np.zeros((0, 128), np.float32)
        table = np.array([(*p.pt, p.response, p.size, p.angle) for p in points], np.float32).reshape(-1, 5)
        rooted = np.sqrt(raw / np.maximum(raw.sum(1, keepdims=True), 1e-7), dtype=np.float32)
        result.append(
            Features(
                xy_px=table[:, :2],
                strength=table[:, 2],
                descriptors=rooted,
                scale_px=table[:, 3] / 2,
                angle_deg=table[:, 4],
            )
        )
    return result


def on_device(device: str) -> Extractor:
    """The same by kornia, a batch of frames at a time."""
    import torch
    from kornia.feature import SIFTFeatureScaleSpace

    from sfm.features._kornia import from_lafs, gray_batch

    models: dict[int, Any] = {}

    def run(rgb: np.ndarray, count: int) -> list[Features]:
        if count not in models:
            model = SIFTFeatureScaleSpace(count, rootsift=True, device=device, descriptor_backend="pyramid")
            models[count] = model.to(device).eval()
        with torch.inference_mode():
            lafs, strength, descriptors = models[count](gray_batch(rgb, device))
        return [from_lafs(*each, size=1 / 6) for each in zip(lafs, strength, descriptors, strict=True)]

    return run


FEATURE = FeatureKind(
    name="sift", summary="SIFT (Lowe 2004) with RootSIFT descriptors", bytes_per_pixel=600, build=build
)
