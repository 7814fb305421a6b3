"""Small files of public bug reports: each is read as its README says, or refused with a remedy."""

from pathlib import Path

import numpy as np
import pytest

from trajectory import describe
from trajectory.errors import ReadError
from trajectory.io import cameras, losses, notes, read
from trajectory.model import Trajectory


def case(shared: Path, number: str, name: str) -> Path:
    found = sorted((shared / "cases").glob(f"{number}-*"))
    if not found:
        pytest.skip(f"no case {number} at {shared / 'cases'}")
    return found[0] / name


def turned(trajectory: Trajectory) -> tuple[float, float, float]:
    """Pan to the right in degrees, and the way to the right and ahead, from the first pose to the last."""
    first, last = trajectory.world_from_cam[trajectory.valid][[0, -1]]
    relative = np.linalg.inv(first) @ last
    pan = float(np.degrees(np.arctan2(relative[0, 2], relative[2, 2])))
    return pan, float(relative[0, 3]), float(relative[2, 3])


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("01", "poses.csv"),
        ("02", "CameraTrajectory.txt"),
        ("05", "predictions.npz"),
        ("06", "model#cam1"),
        ("06", "model#cam2"),
        ("07", "model"),
        ("20", "transforms.json"),
        ("21", "model"),
        ("23", "utf16.txt"),
        ("26", "dup.txt"),
    ],
)
def test_a_pan_right_of_thirty_degrees_is_read_as_one(shared: Path, number: str, name: str):
    trajectory = read(case(shared, number, name))
    assert len(trajectory) == 30
    assert trajectory.valid.all()
    np.testing.assert_allclose(turned(trajectory), (30, 1, 0.5), atol=1e-4)
    if number in ("01", "02"):
        assert trajectory.time_s[-1] - trajectory.time_s[0] == pytest.approx(1.45, abs=1e-5)
        assert trajectory.time_s[0] == pytest.approx(1403636579.76, abs=0.01)


def test_camera_control_presets_are_counted(shared: Path):
    trajectory = read(case(shared, "04", "Pan_Left.txt"))
    assert (len(trajectory), trajectory.time_source) == (20, "index")
    assert turned(trajectory)[1] == pytest.approx(-0.95)


def test_a_rig_is_named_and_never_one_path(shared: Path):
    model = case(shared, "06", "model")
    assert cameras(model) == ("cam1", "cam2")
    with pytest.raises(ReadError, match="holds 2 cameras"):
        read(model)
    file = case(shared, "19", "camera_extrinsics.json")
    for name, way in (("cam01", (0, 0.7)), ("cam02", (0.7, 0))):
        np.testing.assert_allclose(turned(read(f"{file}#{name}"))[1:], way, atol=1e-9)


def test_a_clock_of_no_camera_is_questioned_and_needs_no_memory(shared: Path):
    with pytest.raises(ReadError, match=r"typical step is 3\.3e-11 s"):
        read(case(shared, "03", "tiny.txt"))


def test_an_angle_of_view_and_a_fisheye_are_kept_or_named(shared: Path):
    focal = read(case(shared, "20", "transforms.json")).focal_px
    assert focal is not None
    np.testing.assert_allclose(focal, 1111.1, atol=0.05)
    assert any("OPENCV_FISHEYE" in loss for loss in losses(read(case(shared, "21", "model")), "colmap"))


@pytest.mark.parametrize("name", ["poses.npy", "poses_4x4.txt", "with_covariance.txt"])
def test_unrecognised_layouts_are_read_or_described(shared: Path, name: str):
    path = case(shared, "22", name)
    try:
        trajectory = read(path)
    except ReadError as error:
        said = str(error)
    else:
        assert len(trajectory) in (12, 30)
        return
    assert "4, 4" in said or "4x4" in said
    assert "cami2v|colmap" not in said


def test_an_equal_row_is_a_note(shared: Path):
    trajectory = read(case(shared, "26", "dup.txt"))
    assert notes(trajectory) == ("line 12: equal to the row above, read once",)
    assert notes(trajectory)[0] in describe(trajectory).notes
