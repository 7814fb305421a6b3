"""SIFT (Lowe 2004) with RootSIFT descriptors, by OpenCV in as many threads as it may use, whatever the device.

kornia's, on an H100, takes eight times as long as OpenCV on one thread of a CPU (264 and 33 ms a frame of 640x360).
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sfm.config import FeatureConfig
from sfm.features._kind import Extractor, FeatureKind
from sfm.features.types import Features
from trajectory.errors import CinetrajError

CONTRAST = 0.01
"""A quarter of OpenCV's default, half of COLMAP's (0.02): frames of video are soft, and only the strongest are kept."""


def build(config: FeatureConfig, device: str) -> Extractor:
    """OpenCV's, which needs no weights and no device."""
    if config.weights is not None:
        raise CinetrajError(f"weights {config.weights} have no effect on sift, which is not trained; leave them out")
    return on_cpu


def on_cpu(rgb: np.ndarray, count: int) -> list[Features]:
    """RootSIFT (Arandjelovic and Zisserman 2012) of rgb or gray frames; the number of threads changes nothing."""
    import cv2

    workers = min(len(rgb), cv2.getNumThreads())
    if workers < 2:
        return [_of_frame(image, count) for image in rgb]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(_of_frame, rgb, [count] * len(rgb)))


def _of_frame(image: np.ndarray, count: int) -> Features:
    import cv2

    sift = cv2.SIFT.create(  # the precise upscale removes a bias of a quarter pixel
        nfeatures=count, contrastThreshold=CONTRAST, enable_precise_upscale=True
    )
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    points, raw = sift.detectAndCompute(gray, None)
    if raw is None or not len(points):
        raw = np.zeros((0, 128), np.float32)
    table = np.array([(*p.pt, p.response, p.size, p.angle) for p in points], np.float32).reshape(-1, 5)
    return Features(
        xy_px=table[:, :2],
        strength=table[:, 2],
        descriptors=np.sqrt(raw / np.maximum(raw.sum(1, keepdims=True), 1e-7), dtype=np.float32),
        scale_px=table[:, 3] / 2,
        angle_deg=table[:, 4],
    )


FEATURE = FeatureKind(
    name="sift", summary="SIFT (Lowe 2004) with RootSIFT descriptors", bytes_per_pixel=600, build=build
)
