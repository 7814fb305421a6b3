"""Essential geometry of two frames."""

import numpy as np
from projected import FOCAL_PX, angle_deg, project

from sfm.geometry.two_view import two_view

LOG_FOCAL = float(np.log(FOCAL_PX))


def test_two_views_give_pose_and_points():
    tracks = project({"truck": 0.2, "dolly": 0.1, "pan_deg": 6.0}, seed=8, points=150, noise_px=0.1)
    found = two_view(tracks.observations(), LOG_FOCAL, 0, 7)
    assert found is not None
    rotation, translation, world = found
    assert angle_deg(rotation, tracks.rotation[7]) < 0.5
    true = tracks.translation[7] / np.linalg.norm(tracks.translation[7])
    assert np.degrees(np.arccos(np.clip(translation @ true, -1, 1))) < 3
    known = np.isfinite(world[:, 0])
    assert known.sum() > 40
    scale = np.linalg.norm(tracks.translation[7])
    depth = world[known, 2] / world[known, 3] * scale
    np.testing.assert_allclose(np.median(depth / tracks.world[known, 2]), 1, rtol=0.05)


def test_two_views_that_share_too_little_are_none():
    tracks = project({"pan_deg": 70.0}, seed=9, points=60)
    assert two_view(tracks.observations(), LOG_FOCAL, 0, 7) is None
