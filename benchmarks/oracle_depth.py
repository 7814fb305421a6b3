"""The renderer's own depth, made wrong as a network would: what a depth prior buys is measured with it."""

from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter

from sfm.synthetic import ClipSpec, stage
from sfm.synthetic.inverse_depth import inverse_depth, surfaces_of

HW = (45, 80)
SMOOTH = 6.0
"""Cells over which the errors are alike."""
FAR = 1e3


def write_oracle(spec: ClipSpec, path: Path, *, error: float = 0.15) -> None:
    """Depth of every frame with smooth errors of `error` (relative, standard deviation), scaled at random in each.

    What moves by itself is left out: the file holds the depth of the scene behind it.
    """
    known = stage(spec)
    rng = np.random.default_rng(spec.seed)
    y, x = np.mgrid[: HW[0], : HW[1]] + 0.5
    xy = np.column_stack([x.ravel() * spec.image_hw[1] / HW[1], y.ravel() * spec.image_hw[0] / HW[0]])
    maps: list[Float[np.ndarray, "h w"]] = []
    for camera in known.cameras(np.arange(spec.frames, dtype=float)):
        near = inverse_depth(surfaces_of(known.scene), camera, xy).reshape(HW)
        wrong = gaussian_filter(rng.normal(size=HW), SMOOTH, mode="nearest")
        depth = 1.0 / np.maximum(near, 1.0 / FAR) * np.exp(error * wrong / wrong.std())
        maps.append(depth * np.exp(rng.normal(0.0, 0.3)))
    np.savez_compressed(path, depth=np.array(maps, np.float32))
