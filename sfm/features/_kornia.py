"""What the kinds of features that come from kornia share: image batches in, local affine frames out."""

from typing import Any

import numpy as np

from sfm.features.types import Features


def rgb_batch(rgb: np.ndarray, device: str) -> Any:
    """Tensor b 3 h w in [0, 1]."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(rgb)).to(device).permute(0, 3, 1, 2).float() / 255


def gray_batch(rgb: np.ndarray, device: str) -> Any:
    """Tensor b 1 h w in [0, 1], weighted as in ITU-R BT.601."""
    import torch

    weights = torch.tensor([0.299, 0.587, 0.114], device=device).view(1, 3, 1, 1)
    return (rgb_batch(rgb, device) * weights).sum(1, keepdim=True)


def unit(descriptors: np.ndarray) -> np.ndarray:
    """Rows of unit length."""
    return descriptors / np.maximum(np.linalg.norm(descriptors, axis=1, keepdims=True), 1e-12)


def from_lafs(lafs: Any, strength: Any, descriptors: Any) -> Features:
    """Features of one frame from kornia's tensors; the empty slots that pad a batch are dropped."""
    from kornia.feature import get_laf_center, get_laf_orientation, get_laf_scale, laf_is_filled

    filled = laf_is_filled(lafs[None])[0]
    lafs, strength, descriptors = lafs[filled][None], strength.reshape(-1)[filled], descriptors[filled]

    def array(tensor: Any) -> np.ndarray:
        return tensor.float().cpu().numpy()

    return Features(
        xy_px=array(get_laf_center(lafs)[0]),
        strength=array(strength),
        descriptors=unit(array(descriptors)),
        scale_px=array(get_laf_scale(lafs).reshape(-1)),
        angle_deg=array(get_laf_orientation(lafs).reshape(-1)),
    )
