"""The camera in pixels of the source on the outside, of the working size on the inside."""

from dataclasses import replace

import numpy as np
import pytest

from sfm.types import Frames
from sfm.video.pixels import in_source_pixels, same_shape, with_camera
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

HW = (60, 80)
SOURCE_HW = (240, 320)


def frames(*, focal_px: float | None = None) -> Frames:
    return Frames(
        rgb=np.zeros((2, *HW, 3), np.uint8),
        time_s=np.arange(2) / 10,
        index=np.arange(2),
        source_hw=SOURCE_HW,
        source="clip.mp4",
        focal_px=focal_px,
    )


def path() -> Trajectory:
    return Trajectory(
        world_from_cam=np.tile(np.eye(4), (2, 1, 1)),
        time_s=np.arange(2) / 10,
        valid=np.ones(2, bool),
        image_hw=HW,
        intrinsics_px=np.tile(np.array([[50.0, 0, 39.5], [0, 52.0, 29.5], [0, 0, 1]]), (2, 1, 1)),
    )


def test_rescaling_keeps_every_ray() -> None:
    before, after = path(), in_source_pixels(path(), SOURCE_HW)
    assert before.intrinsics_px is not None
    assert after.intrinsics_px is not None
    rays = np.array([[0.1, -0.2, 1.0], [0.0, 0.3, 1.0]])
    px = rays @ before.intrinsics_px[0].T
    # Pixel centres are integers inside and half-integers outside.
    np.testing.assert_allclose(rays @ after.intrinsics_px[0].T, (px + np.array([0.5, 0.5, 0])) * (4, 4, 1))


def test_a_path_without_intrinsics_gets_the_size_alone() -> None:
    bare = path().replace(intrinsics_px=None)
    found = in_source_pixels(bare, SOURCE_HW)
    assert found.intrinsics_px is None
    assert found.image_hw == SOURCE_HW


def test_a_field_of_view_is_horizontal() -> None:
    # 90 degrees over 320 square pixels: fx = 160 px of the source, 40 at the working size.
    wide = with_camera(frames(), focal_px=None, fov_deg=90.0, pixel_aspect=None)
    assert wide.focal_px == pytest.approx(40.0)
    # Pixels twice as wide as high: fy = fx times the pixel's aspect.
    squeezed = with_camera(frames(), focal_px=None, fov_deg=90.0, pixel_aspect=2.0)
    assert squeezed.focal_px == pytest.approx(80.0)


def test_a_focal_length_that_is_given_comes_back_where_the_working_size_is_rounded() -> None:
    rounded = replace(frames(), source_hw=(256, 384), rgb=np.zeros((2, 133, 200, 3), np.uint8))
    working = with_camera(rounded, focal_px=332.55, fov_deg=None, pixel_aspect=None)
    assert working.focal_px is not None
    intrinsics_px = np.tile(np.diag([working.focal_px, working.focal_px, 1.0]), (2, 1, 1))
    found = in_source_pixels(path().replace(image_hw=(133, 200), intrinsics_px=intrinsics_px), (256, 384))
    assert found.focal_px == pytest.approx(332.55)


def test_what_the_file_says_stays_where_nothing_is_given() -> None:
    assert with_camera(frames(focal_px=77.0), focal_px=None, fov_deg=None, pixel_aspect=None).focal_px == 77.0


@pytest.mark.parametrize(
    ("focal_px", "fov_deg", "said"),
    [
        (1.0, None, r"a focal length of 1 pixels .* sees 179 degrees; expected 0.2 to 170: --focal"),
        (1e9, None, r"a focal length of 1e\+09 pixels .* sees 1\.8\de-05 degrees; expected 0.2 to 170: --focal"),
        (None, 179.9, r"a view of 179.9 degrees .* sees 180 degrees; expected 0.2 to 170: --focal"),
        (None, 0.01, r"a view of 0.01 degrees .* sees 0.01 degrees; expected 0.2 to 170: --focal"),
    ],
)
def test_no_lens_sees_half_of_all_or_next_to_nothing(focal_px: float | None, fov_deg: float | None, said: str) -> None:
    with pytest.raises(CinetrajError, match=said):
        with_camera(frames(), focal_px=focal_px, fov_deg=fov_deg, pixel_aspect=None)
    rounded = replace(frames(), source_hw=(241, 323))
    assert with_camera(rounded, focal_px=None, fov_deg=0.2, pixel_aspect=None).focal_px is not None


def test_sizes_of_one_picture_have_one_shape() -> None:
    assert same_shape((360, 640), (1080, 1920))
    assert same_shape((512, 912), (1080, 1920))  # rounded to sixteenths
    assert not same_shape((480, 640), (1080, 1920))
    assert same_shape((1080, 1440), (1080, 1920), (1.0, 0.75))
