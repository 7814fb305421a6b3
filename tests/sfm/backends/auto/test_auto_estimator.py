"""What the choice between tracks and flow says of the answer that it takes."""

from dataclasses import replace

import numpy as np
from test_auto_posterior import TRUCK, TURN, judged

from sfm.backends.auto.estimator import SURE, doubting_jumps, verdict
from sfm.types import FramePoses, Solved

N = 12


def truck(jump_depths: float) -> Solved:
    """A camera that moves evenly to the side, and jumps in the middle."""
    along = np.arange(N) * 0.04 + jump_depths * (np.arange(N) >= 6)
    poses = FramePoses(
        rotation=np.tile(np.eye(3), (N, 1, 1)),
        translation=np.stack([-along, np.zeros(N), np.zeros(N)], 1),
        focal_px=np.full(N, 500.0),
        depth=np.ones(N),
        valid=np.ones(N, bool),
        reason=("",) * N,
    )
    return Solved(status="ok", reason="", poses=poses, motion_model="full")


def test_a_path_that_jumps_is_doubted_and_the_reason_says_where():
    sure = judged(TRUCK, {"rotation": TURN, "full": TRUCK}, chosen="full")
    sure = replace(sure, quantity={name: 0.95 for name in sure.quantity})
    assert verdict(*doubting_jumps(truck(0.0), sure))[0] == "ok"
    solved, doubted = doubting_jumps(truck(1.4), sure)
    assert doubted.quantity["translation"] < SURE < doubted.quantity["rotation"]
    status, reason = verdict(solved, doubted)
    assert status == "unreliable"
    assert "jumps by 1.44 scene depths before frame 6" in reason
