"""The sweep over directions of translation: the right one is among the candidates, whatever else moves."""

import numpy as np
import pytest
from projected import FOCAL_PX, Projected, project

from sfm.geometry.problem import measured
from sfm.geometry.projection import unit_rays
from sfm.motion.heading_search import Heading, headings


def found(tracks: Projected, turned: np.ndarray, *, zoom: bool = False) -> list[Heading]:
    """Headings between the first frame and the last one."""
    xy = measured(tracks.observations())
    both = np.isfinite(xy[:, [0, -1], 0]).all(1)
    a, b = (unit_rays(xy[both, i], FOCAL_PX, 1.0) for i in (0, -1))
    return headings(a, b, turned, FOCAL_PX, 1.0, zoom=zoom)


def off_deg(heading: Heading, truth: np.ndarray) -> float:
    """Angle between two directions of unknown sign."""
    return float(np.degrees(np.arccos(min(1.0, abs(float(heading.direction @ truth / np.linalg.norm(truth)))))))


@pytest.mark.parametrize(
    ("move", "way"),
    [
        ({"truck": 0.15}, (1.0, 0.0, 0.0)),
        ({"pedestal": 0.12}, (0.0, -1.0, 0.0)),
        ({"dolly": 0.25}, (0.0, 0.0, 1.0)),
        ({"truck": 0.1, "dolly": 0.1}, (1.0, 0.0, 1.0)),
    ],
)
@pytest.mark.parametrize("movers", [0.0, 0.4])
def test_the_way_of_the_camera_is_a_candidate(move, way, movers):
    tracks = project(move, seed=1, noise_px=0.1, movers=movers, rigid_mover=True)
    several = found(tracks, np.eye(3))
    off = [off_deg(heading, np.array(way)) for heading in several]
    assert min(off) < 10.0  # the grid is nine degrees wide
    if not movers:
        assert off[0] < 10.0


@pytest.mark.parametrize(("turn", "axis"), [("tilt_deg", 0), ("roll_deg", 2)])
def test_the_turn_that_is_missing_is_found(turn, axis):
    """A turn in the plane of the move trades with the direction's place in the grid; across it is exact."""
    first = found(project({"truck": 0.15, turn: 4.0}, seed=2, noise_px=0.1), np.eye(3))[0]
    assert np.degrees(first.turn_rad[axis]) == pytest.approx(4.0, abs=0.5)


def test_the_zoom_that_is_missing_is_found_only_where_it_is_asked_for():
    tracks = project({"truck": 0.15, "zoom": 1.2}, seed=3, noise_px=0.1)
    assert min(abs(h.log_zoom - np.log(1.2)) for h in found(tracks, np.eye(3), zoom=True)) < 0.03
    assert found(tracks, np.eye(3))[0].log_zoom == 0.0


def test_headings_are_apart_and_of_unit_length():
    several = found(project({"truck": 0.15}, seed=4, noise_px=0.1, movers=0.3), np.eye(3))
    assert len(several) == 3
    for i, one in enumerate(several):
        assert np.linalg.norm(one.direction) == pytest.approx(1.0)
        assert all(off_deg(one, other.direction) > 15.0 for other in several[:i])
