"""The default estimator, on a clip of its own."""

import numpy as np
import pytest

from sfm.backends.auto.estimator import solve
from sfm.confidence.posterior import SURE, motion_of
from sfm.confidence.sightings import cameras_at
from sfm.config import AutoConfig, MaskConfig
from sfm.masks.find import find
from sfm.synthetic import ClipSpec, render
from sfm.types import Frames


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
