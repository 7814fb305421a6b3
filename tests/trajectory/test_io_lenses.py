"""What a file says of its lens is kept, or named as lost."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trajectory.errors import ReadError
from trajectory.io import FORMATS, losses, notes, read, write
from trajectory.model import Trajectory


def transforms(path: Path, frame: dict[str, Any] | None = None, **document: Any) -> Trajectory:
    frames = [
        {"file_path": f"./train/r_{i}", "transform_matrix": np.eye(4).tolist(), **(frame or {})} for i in range(3)
    ]
    (path / "transforms.json").write_text(json.dumps({**document, "frames": frames}))
    return read(path / "transforms.json")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(focal=st.floats(50, 5000), w=st.integers(16, 4096), h=st.integers(16, 4096), per_frame=st.booleans())
def test_an_angle_of_view_is_a_focal_length(tmp_path: Path, focal: float, w: int, h: int, per_frame: bool):
    angle = {"camera_angle_x": 2 * np.arctan(0.5 * w / focal)}
    k = transforms(tmp_path, angle if per_frame else None, w=w, h=h, **({} if per_frame else angle)).intrinsics_px
    assert k is not None
    np.testing.assert_allclose(k[:, [0, 1, 0, 1], [0, 1, 2, 2]], [[focal, focal, w / 2, h / 2]] * 3, rtol=1e-9)


def test_both_angles_and_given_focal_lengths(tmp_path: Path):
    k = transforms(tmp_path, w=800, h=600, camera_angle_x=1.0, camera_angle_y=0.6).intrinsics_px
    assert k is not None
    np.testing.assert_allclose(k[0, [0, 1], [0, 1]], [400 / np.tan(0.5), 300 / np.tan(0.3)])
    disagree = transforms(tmp_path, w=800, h=600, camera_angle_x=1.0, fl_x=500)
    assert disagree.intrinsics_px is not None
    assert disagree.intrinsics_px[0, 0, 0] == 500
    assert any("disagree: fl_x is used" in note for note in notes(disagree))
    middle = transforms(tmp_path, w=800, h=600, fl_x=500)
    assert middle.intrinsics_px is not None
    assert middle.intrinsics_px[0, :2, 2].tolist() == [400, 300]


@pytest.mark.parametrize(
    "given_",
    [
        {"camera_angle_x": 0.69},
        {"fl_x": 500.0},
        {"cx": 3.0, "cy": 3.0, "camera_angle_x": 1.0},
        {"fov_deg": 55.0},
        {"focal_length": 3.0},
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, given_: dict[str, float]):
    trajectory = transforms(tmp_path, **given_)
    assert trajectory.intrinsics_px is None
    assert any("not used" in note for note in notes(trajectory))


@pytest.mark.parametrize("angle", [0, -1, 3.2, 39.6])
def test_an_angle_in_degrees_is_refused(tmp_path: Path, angle: float):
    with pytest.raises(ReadError, match="expected radians"):
        transforms(tmp_path, w=8, h=8, camera_angle_x=angle)


@pytest.mark.parametrize("model", ["OPENCV_FISHEYE", "EQUIRECTANGULAR", "THIN_PRISM_FISHEYE"])
def test_a_lens_that_is_no_pinhole_is_named_and_named_as_lost(tmp_path: Path, model: str):
    fields = {"w": 640, "h": 480, "fl_x": 300, "cx": 320, "cy": 240, "k1": 0.1, "camera_model": model}
    trajectory = transforms(tmp_path, **fields)
    assert trajectory.distortion is None
    assert any(model in note for note in notes(trajectory))
    for name in ("colmap", "nerfstudio", "re10k"):
        assert any(model in loss for loss in losses(trajectory, name)), name
    write(trajectory, tmp_path / "t.npz", format="native")
    assert any(model in loss for loss in losses(read(tmp_path / "t.npz"), "colmap"))


def test_all_coefficients_of_opencv_come_back(tmp_path: Path):
    for count in (1, 4, 5, 8):
        values = {
            name: 0.01 * (i + 1) for i, name in enumerate(("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")[:count])
        }
        trajectory = transforms(tmp_path, w=640, h=480, fl_x=300, **values)
        assert trajectory.distortion is not None
        for name in ("nerfstudio", "colmap"):
            write(trajectory, tmp_path / name / FORMATS[name].target, format=name)
            again = read(tmp_path / name / FORMATS[name].target)
            assert again.distortion is not None
            shortest = min(len(again.distortion), len(trajectory.distortion))
            np.testing.assert_array_equal(again.distortion[:shortest], trajectory.distortion[:shortest])
            assert not any(again.distortion[shortest:])


def test_lenses_that_change_are_named(tmp_path: Path):
    frames = [
        {"file_path": f"{i}.png", "transform_matrix": np.eye(4).tolist(), "k1": 0.1 * i, "fl_x": 9} for i in range(3)
    ]
    (tmp_path / "t.json").write_text(json.dumps({"w": 8, "h": 8, "frames": frames}))
    assert any("3 lenses in one path" in note for note in notes(read(tmp_path / "t.json")))
    (tmp_path / "cameras.txt").write_text("1 OPENCV 8 8 9 9 4 4 0.1 0 0 0\n2 OPENCV 8 8 9 9 4 4 0.2 0 0 0\n")
    (tmp_path / "images.txt").write_text("1 1 0 0 0 0 0 0 1 0.png\n\n2 1 0 0 0 0 0 0 2 1.png\n\n")
    assert any("from image to image" in note for note in notes(read(tmp_path / "images.txt")))
