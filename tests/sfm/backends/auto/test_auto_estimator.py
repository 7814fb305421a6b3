"""What the choice between tracks and flow says of the answer that it takes."""

from dataclasses import replace

import numpy as np
import pytest
from test_auto_posterior import TRUCK, TURN, judged

from sfm.backends.auto.estimator import OPPOSED, SURE, doubted, solve, verdict
from sfm.backends.auto.posterior import motion_of
from sfm.backends.auto.sightings import cameras_at
from sfm.config import AutoConfig, MaskConfig
from sfm.masks.find import find
from sfm.synthetic import ClipSpec, render
from sfm.types import FramePoses, Frames, Solved

N = 12

EVERY = np.arange(N) / 25.0


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
    assert verdict(*doubted(truck(0.0), sure, EVERY))[0] == "ok"
    solved, less = doubted(truck(1.4), sure, EVERY)
    assert less.quantity["translation"] < SURE < less.quantity["rotation"]
    status, reason = verdict(solved, less)
    assert status == "unreliable"
    assert "jumps by 1.44 scene depths before frame 6" in reason


def test_a_way_before_ground_that_rests_is_doubted_and_one_against_its_zoom():
    sure = judged(TRUCK, {"rotation": TURN, "full": TRUCK}, chosen="full")
    sure = replace(sure, quantity={name: 0.95 for name in sure.quantity})
    resting = replace(sure.seen["tracks"], far_below=np.array([0.0, 0.4]))
    solved, less = doubted(truck(0.0), replace(sure, seen={"tracks": resting}), EVERY)
    assert less.quantity["translation"] < SURE < less.quantity["zoom"]
    assert "--mask" in verdict(solved, less)[1]
    solved, less = doubted(truck(0.0), replace(sure, turned=True), EVERY)
    assert less.quantity["zoom"] == less.quantity["translation"] == pytest.approx(OPPOSED * 0.95)
    assert less.quantity["rotation"] == pytest.approx(0.95)
    assert "zooms against its way" in solved.reason


@pytest.mark.slow  # 3 s, and as much again where the adjuster is compiled first
def test_a_truck_to_and_fro_that_begins_amid_its_way_is_no_turn():
    """A piece of a long shot: nowhere is it more than .023 scene depths from where it begins."""
    clip = render(ClipSpec(seed=1310000, move={"truck": 0.08}, frames=9, focal_px=156.0, image_hw=(90, 160)))
    rows = np.abs((np.arange(4, 21) + 8) % 16 - 8)
    frames = Frames(
        rgb=np.asarray(clip.rgb)[rows],
        time_s=np.arange(len(rows)) / 24,
        index=np.arange(len(rows)),
        source_hw=(90, 160),
        source="clip.mp4",
    )
    solved = solve(frames, find(frames, MaskConfig(), None), AutoConfig())
    assert (solved.status, solved.motion_model) == ("ok", "full")
    assert solved.statistics["probability"]["translation"] > SURE
    assert solved.poses is not None
    way = motion_of(cameras_at(solved.poses, np.arange(len(rows)))).way
    true = clip.trajectory.world_from_cam[rows, 0, 3]
    assert np.corrcoef(way[:, 0], true)[0, 1] > 0.99
