"""XFeat (Potje et al. 2024): key points of a network small enough for a CPU; its trained weights are required."""

import numpy as np

from sfm.config import FeatureConfig
from sfm.features._kind import Extractor, FeatureKind
from sfm.features._kornia import rgb_batch, unit
from sfm.features.types import Features
from sfm.features.weights import load, local_file

MULTIPLE_PX = 32
"""The network halves a picture five times; a picture is continued to such a size, never resized."""
NAMES = ("xfeat.pt",)
URLS = ("https://github.com/verlab/accelerated_features/raw/main/weights/xfeat.pt",)


def build(config: FeatureConfig, device: str) -> Extractor:
    """The network with its trained weights on `device`; the most reliable maxima of its heat map are the key points."""
    file = local_file(config.weights, NAMES)
    import torch.nn.functional as F
    from kornia.feature import XFeat

    model = XFeat(top_k=config.max_features)
    load(model.net, file, URLS, model_name="XFeat", sha256_of_others={})
    model = model.to(device).eval()

    def run(rgb: np.ndarray, count: int) -> list[Features]:
        height, width = rgb.shape[1:3]
        beyond = (0, -width % MULTIPLE_PX, 0, -height % MULTIPLE_PX)
        images = F.pad(rgb_batch(rgb, device), beyond, mode="replicate")
        return [_within(each, height, width) for each in model.detectAndCompute(images, top_k=count)]

    return run


def _within(found: dict, height: int, width: int) -> Features:
    """The key points of one frame that lie in the picture itself and not in its continuation."""
    xy_px = found["keypoints"].float().cpu().numpy()
    rows = np.flatnonzero((xy_px[:, 0] < width) & (xy_px[:, 1] < height))
    return Features(
        xy_px=xy_px[rows],
        strength=found["scores"].float().cpu().numpy()[rows],
        descriptors=unit(found["descriptors"].float().cpu().numpy()[rows]),
    )


FEATURE = FeatureKind(
    name="xfeat", summary="XFeat (Potje 2024), quick on a CPU; trained weights", bytes_per_pixel=400, build=build
)
