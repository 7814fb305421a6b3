"""Frames that join one by one."""

from projected import FOCAL_PX, angle_deg, path_error, positions_of, project

from sfm.geometry.problem import FocalPrior
from sfm.motion.incremental import register_incrementally, window_of

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
