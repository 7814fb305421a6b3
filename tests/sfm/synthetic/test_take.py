"""What the sensor sees: with a rolling shutter each row as the camera of its own time does, to a tenth of a pixel."""

import numpy as np
import pytest

from sfm.synthetic import ClipSpec, render, stage
from sfm.synthetic.raster import Camera, draw
from sfm.synthetic.take import band_time, moved_px, row_time
from trajectory.errors import CinetrajError

SIZE = {"image_hw": (180, 320), "focal_px": 275.0}


def test_a_point_moves_as_computed_by_hand():
    source = Camera(np.eye(4), 100.0, (100, 200))
    beside = np.eye(4)
    beside[0, 3] = -0.5  # half a metre to the right, content to the left
    points, depth = np.array([[100.0, 50.0], [130.0, 60.0]]), np.array([1 / 2.0, 1 / 4.0])
    assert moved_px(points, depth, source, Camera(beside, 100.0, (100, 200))) == pytest.approx(
        np.array([[75.0, 50.0], [117.5, 60.0]])
    )
    assert moved_px(points, depth, source, Camera(np.eye(4), 200.0, (100, 200))) == pytest.approx(
        np.array([[100.0, 50.0], [160.0, 70.0]])
    )


def test_rows_are_read_from_the_top():
    spec = ClipSpec(image_hw=(20, 32), rolling_shutter=0.8)
    assert row_time(spec)[[0, -1]] == pytest.approx([-0.38, 0.38])
    assert np.median(row_time(spec)) == pytest.approx(0)
    assert band_time(spec, 2) == pytest.approx([-0.2, 0.2])
    with pytest.raises(CinetrajError, match="rolling_shutter"):
        ClipSpec(rolling_shutter=1.5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scene", "move"), [("planar", {"pan_deg": 8.0, "roll_deg": 4.0}), ("room", {"truck": 0.12, "pedestal": 0.05})]
)
def test_each_row_sees_its_own_camera(scene, move):
    """Rows against the same rows of whole pictures, drawn at the row's own time: no shift of a tenth of a pixel."""
    spec = ClipSpec(seed=3, scene=scene, move=move, frames=3, easing="linear", rolling_shutter=0.9, **SIZE)
    set_up, rolled = stage(spec), render(spec).rgb[1].astype(float).mean(-1)
    shifts: list[np.ndarray] = []
    for row in (3, 40, 71, 90, 128, 176):
        camera = set_up.cameras(1 + row_time(spec)[[row]])[0]
        own = draw(set_up.scene, (), camera)[0].astype(float).mean(-1)
        down, across = np.gradient(own)
        slopes = np.column_stack([across[row], down[row]])[4:-4]
        difference = (own[row] - rolled[row])[4:-4]
        # Where a pixel differs by more than a shift can do, an edge is filtered in another way.
        plain = np.abs(difference) < 30
        shifts.append(np.linalg.lstsq(slopes[plain], difference[plain])[0])
        assert np.median(np.abs(difference)) < 4
    assert np.linalg.norm(shifts, axis=1).max() < 0.1
    even = draw(set_up.scene, (), set_up.cameras(np.ones(1))[0])[0].astype(float).mean(-1)
    assert np.abs(even[176] - rolled[176]).mean() > 10, "and the effect shows"


def test_a_still_camera_shows_no_rolling_shutter():
    spec = ClipSpec(seed=3, scene="planar", frames=1, **SIZE)
    rolled = ClipSpec.from_dict({**spec.to_dict(), "rolling_shutter": 0.9})
    assert np.abs(render(spec).rgb.astype(int) - render(rolled).rgb).max() <= 2
