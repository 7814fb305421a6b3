"""The points of an estimate: in their places, seen where they were tracked, without those that have no place."""

from dataclasses import replace

import numpy as np
from projected import HW, project

from sfm.motion.points import points_of
from sfm.types import Frames


def frames(n: int) -> Frames:
    rgb = np.arange(n, dtype=np.uint8)[:, None, None, None].repeat(HW[0], 1).repeat(HW[1], 2).repeat(3, 3)
    return Frames(rgb=rgb, time_s=np.arange(n) / 25, index=np.arange(n), source_hw=HW, source="made")


def test_points_stand_where_they_are_and_those_without_a_place_are_left_out() -> None:
    made = project({"truck": 0.2}, points=40)
    parameters = made.parameters()
    point = parameters.point.copy()
    point[0, 0, 3] = 0.0  # at infinity
    point[0, 1] = -point[0, 1] * np.array([1.0, 1.0, 1.0, -1.0])  # behind the cameras
    agrees = np.arange(len(made.world)) != 2
    found = points_of(frames(8), made.observations(), replace(parameters, point=point), agrees)
    seen = np.isfinite(made.xy_px[3:, :, 0])
    some = seen.any(1)
    assert found.points is not None
    assert found.colour is not None
    assert found.tracks is not None
    np.testing.assert_allclose(found.points, made.world[3:][some], atol=1e-9)
    assert found.colour[:, 0].tolist() == seen[some].argmax(1).tolist()
    assert len(found.tracks.point) == seen.sum()
    np.testing.assert_allclose(
        found.tracks.xy_px, made.xy_px[3:][some][found.tracks.point, found.tracks.frame], atol=1e-3
    )
