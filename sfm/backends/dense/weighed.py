"""What the dense backend tells: what its flow pays for, and the calibrated probability that it is right."""

from dataclasses import replace

import numpy as np

from sfm.backends.dense.adjustment import at_its_bound
from sfm.backends.dense.answers import asked
from sfm.confidence.evidence import ByFlow
from sfm.confidence.posterior import Judged, weigh
from sfm.confidence.verdict import told
from sfm.config import DenseConfig
from sfm.geometry.problem import FocalPrior
from sfm.motion.estimator import focal_prior, timed
from sfm.types import Frames, Masks, Solved

TURNS_DEG = 1.5
"""An axis that stays within this angle does not turn."""


def solve(frames: Frames, masks: Masks, config: DenseConfig, *, device: str = "cpu", threads: int = 1) -> Solved:
    """The camera's motion in one shot, the depth of every patch, what moves, and how probable it is.

    Args:
        frames, masks: of the shot.
        config: settings.
        device, threads: where it runs; the answer does not depend on how many threads there are.

    Returns:
        Status "ok" where rotation and translation are both sure, "partial" where frames have no pose besides,
        "unreliable" where either is not, "failed" where nothing can be followed.

    Raises:
        CinetrajError: the clip does not fit into the memory of the GPU.
    """
    seconds: dict[str, float] = {}
    by_flow = asked(frames, masks, config, seconds, device=device, threads=threads)
    if isinstance(by_flow, str):
        return Solved(status="failed", reason=by_flow, seconds=seconds)
    prior = focal_prior(frames)
    with timed(seconds, "choice"):
        judged = weighed(by_flow, prior)
    solved = hanging(by_flow.structured(seconds), prior)
    return replace(told(solved, judged, frames.time_s, by_flow.keyframes), seconds=seconds)


def weighed(by_flow: ByFlow, prior: FocalPrior) -> Judged:
    """Its five models, by what the flow saw.

    Args:
        by_flow: what the flow says.
        prior: what was known of the focal length.
    """
    return weigh(by_flow.answers, {"flow": by_flow.sightings}, prior, by_flow.solved)


def hanging(solved: Solved, lens: FocalPrior) -> Solved:
    """The same, and why it is no good where it hangs on a focal length beyond which none was looked at.

    The true one may lie there, and mostly the motion is another one. Zooms and rolls hang on no focal length.
    """
    poses = solved.poses
    if poses is None or not at_its_bound(float(np.log(poses.focal_px[0])), lens):
        return solved
    axis = poses.rotation[poses.valid][:, 2]
    if not poses.translates and (axis @ axis.T).min() > np.cos(np.radians(TURNS_DEG)):
        return solved
    length = "short" if poses.focal_px[0] < lens.focal_px else "long"
    why = f"no focal length so {length} is usual, and how far it turned or went hangs on it; tell it with --focal"
    return replace(solved, status="unreliable", reason=why)
