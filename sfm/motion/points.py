"""The points that the default estimator's path rests on, with their colours and tracks."""

import numpy as np
from jaxtyping import Bool

from sfm.geometry.problem import Observations, Parameters
from sfm.structure import PointTracks, Structure, colours_at
from sfm.types import Frames

LEAST_NEARNESS = 1e-3
"""Inverse distance in units of the median one, below which a point has a direction and no place."""


def points_of(
    frames: Frames, observations: Observations, parameters: Parameters, agrees: Bool[np.ndarray, " m"]
) -> Structure:
    """The points of the tracks that agree with the motion, in front of every camera that sees them.

    Args:
        frames: of the shot.
        observations: the adjusted tracks in all frames.
        parameters: a batch of one.
        agrees: tracks that move as the camera says.
    """
    rotation, translation, homogeneous = parameters.rotation[0], parameters.translation[0], parameters.point[0]
    nearness = homogeneous[:, 3] / np.linalg.norm(homogeneous[:, :3], axis=1)
    seen = observations.weight > 0
    known = agrees & seen.any(1)
    typical = np.median(nearness[known]) if known.any() else 0.0
    known &= nearness > max(LEAST_NEARNESS * typical, 1e-9)
    world = homogeneous[:, :3] / np.where(known, homogeneous[:, 3], 1.0)[:, None]
    depth = np.einsum("nj,mj->mn", rotation[:, 2], world) + translation[:, 2]
    known &= ((depth > 0) | ~seen).all(1)
    height, width = frames.hw
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    xy_px = observations.xy_px[known] + centre
    point, frame = np.nonzero(seen[known])
    first = seen[known].argmax(1)
    return Structure(
        image_hw=frames.hw,
        points=world[known],
        colour=colours_at(frames.rgb, first, xy_px[np.arange(len(first)), first]),
        tracks=PointTracks(point=point, frame=frame, xy_px=xy_px[point, frame].astype(np.float32)),
    )
