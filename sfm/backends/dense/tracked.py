"""A start for full motion from the sparse estimator: its cameras, where it found travel and believes it."""

import numpy as np
import torch
from jaxtyping import Int

from sfm.backends.dense.graph import DenseParameters
from sfm.config import AutoConfig
from sfm.motion.estimator import solve
from sfm.types import Frames, Masks


def tracked_start(
    frames: Frames, masks: Masks, key: Int[np.ndarray, " k"], patches: int, device: torch.device
) -> DenseParameters | None:
    """Cameras of keyframes as the tracks of points have them, depths in their unit; None where that is not sound.

    Sound is a full motion with status "ok" and a pose for each keyframe.

    Args:
        frames, masks: of the shot.
        key: numbers of the keyframes in the shot.
        patches: of each keyframe; all get the median depth.
        device: of the result.
    """
    solved = solve(frames, masks, AutoConfig())
    poses = solved.poses
    if solved.status != "ok" or poses is None or not poses.translates or not poses.valid[key].all():
        return None
    first = np.eye(4)
    first[:3, :3], first[:3, 3] = poses.rotation[key[0]], poses.translation[key[0]]
    rotation = poses.rotation[key] @ first[:3, :3].T
    unit = float(np.nanmedian(poses.depth[key]))
    translation = (poses.translation[key] - rotation @ first[:3, 3]) / unit
    log_focal = np.log(poses.focal_px[key])
    wide = {"dtype": torch.float64, "device": device}
    return DenseParameters(
        rotation=torch.tensor(rotation, **wide),
        translation=torch.tensor(translation, **wide),
        inverse_depth=torch.ones(len(key), patches, device=device),
        log_focal=torch.tensor(log_focal[0], **wide),
        zoom=torch.zeros(len(key), **wide),
        undistortion=torch.zeros((), **wide),
    )
