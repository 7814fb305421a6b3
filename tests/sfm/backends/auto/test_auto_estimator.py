"""The default estimator, on a clip of its own."""

import numpy as np
import pytest
from projected import angle_deg

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


@pytest.mark.slow  # 9 s
def test_a_lens_that_is_given_is_that_of_the_answer():
    """Tracks explain a way before a lens that bends by another way of a pinhole, and are sure of it."""
    move = {"truck": 0.2, "pan_deg": -4.0, "dolly": 0.1}
    clip = render(ClipSpec(seed=41, move=move, frames=24, focal_px=290.0, image_hw=(180, 320), noise=1.0, radial=-0.12))
    frames = Frames(
        rgb=np.asarray(clip.rgb),
        time_s=np.arange(24) / 24,
        index=np.arange(24),
        source_hw=(180, 320),
        source="clip.mp4",
        focal_px=290.0,
    )
    solved = solve(frames, find(frames, MaskConfig(), None), AutoConfig(distortion=-0.12))
    assert (solved.status, solved.motion_model) == ("ok", "full")
    assert solved.poses is not None
    assert solved.poses.radial == -0.12
    turned = solved.poses.rotation @ solved.poses.rotation[0].T
    true = clip.trajectory.rotations.transpose(0, 2, 1)
    assert angle_deg(turned, true).max() < 0.1
