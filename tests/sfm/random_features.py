"""Features of frames that were never filmed: random unit descriptors, for the tests of matching."""

import numpy as np

from sfm.features import Features

ONE = np.array([[0, 1]])
"""The only pair of two frames."""


def features(seed: int, count: int, *, near: Features | None = None, noise: float = 0.0, dim: int = 16) -> Features:
    """Random unit descriptors, the first ones near those of another frame."""
    generator = np.random.default_rng(seed)
    descriptors = generator.standard_normal((count, dim)).astype(np.float32)
    xy = (generator.random((count, 2)) * 300).astype(np.float32)
    if near is not None:
        same = min(count, len(near))
        descriptors[:same] = near.descriptors[:same] + noise * descriptors[:same]
        xy[:same] = near.xy_px[:same] + np.array([12, 5], np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    return Features(
        xy_px=xy,
        strength=np.ones(count, np.float32),
        descriptors=descriptors,
        scale_px=np.full(count, 4.0, np.float32),
        angle_deg=np.zeros(count, np.float32),
    )
