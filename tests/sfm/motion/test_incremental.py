"""Frames that join one by one."""

from dataclasses import replace

import numpy as np
from projected import FOCAL_PX, angle_deg, path_error, positions_of, project

from sfm.geometry.arrays import unit
from sfm.geometry.problem import FocalPrior, rescaled
from sfm.geometry.projection import residuals
from sfm.motion.incremental import register_frame, register_incrementally, window_of
from sfm.types import FULL

GIVEN = FocalPrior(focal_px=FOCAL_PX, sigma=0.0)


def test_a_window_ends_where_the_first_view_is_left() -> None:
    tracks = project({"pan_deg": 80.0}, frames=20, points=300)
    observations = tracks.observations()
    count = window_of(observations, least=2, most=20)
    seen = observations.weight > 0
    share = seen[seen[:, 0]].mean(0)
    assert float(share[count - 1]) >= 0.4
    assert count == 20 or float(share[count]) < 0.4


def test_a_path_that_leaves_its_first_view_is_registered_to_its_end() -> None:
    tracks = project({"truck": 0.8, "pan_deg": 10.0}, frames=14, points=300, noise_px=0.1, seed=3)
    found = register_incrementally(tracks.problem(GIVEN))
    assert found.rotation.shape[1] == 14
    assert angle_deg(found.rotation[0], tracks.rotation).max() < 1.0
    assert path_error(positions_of(found), tracks.centre) < 0.05


def test_a_frame_that_joins_leaves_what_the_others_see_where_it_was() -> None:
    """Whatever the unit: this path is three times as long as one whose median inverse distance is one."""
    tracks = project({"truck": 1.0}, frames=8, points=200)
    observations, true = tracks.observations(), rescaled(tracks.parameters())
    point = unit(true.point * np.array([3.0, 3.0, 3.0, 1.0]))
    known = replace(true, translation=3.0 * true.translation, point=point).of_frames(list(range(7)))
    joined = register_frame(observations, known, tracks.problem(GIVEN).free([FULL]), 7, 6.0)
    off, _ = residuals(observations, joined)
    twice = (observations.weight[:, :7] > 0).sum(1) >= 2
    assert np.abs(off[0][twice][observations.weight[twice] > 0]).max() < 0.1
