"""Pictures of another size: the same path sees the same parts of them."""

import films
import numpy as np
import pytest

from trajectory.errors import CinetrajError
from trajectory.picture import PARTS_HW, doubt_of_size, in_parts, resized, with_view


@pytest.mark.parametrize("hw", [(720, 1280), (1080, 1080), (1, 1), (7, 3)])
def test_points_stay_at_their_parts_of_the_picture(hw: tuple[int, int]) -> None:
    before = films.film(off_middle=True).replace(focal_sigma_px=np.full(9, 2.0))
    after = resized(before, hw)
    one, other = (films.pixels(each, films.points()) for each in (before, after))
    np.testing.assert_allclose(other / hw[::-1], one / films.HW[::-1], rtol=1e-12)
    back = resized(after, films.HW)
    np.testing.assert_allclose(back.intrinsics_px, before.intrinsics_px, rtol=1e-12)
    assert back.focal_sigma_px is not None
    assert after.focal_sigma_px is not None
    assert after.focal_px is not None
    assert before.focal_px is not None
    np.testing.assert_allclose(back.focal_sigma_px, 2.0)
    np.testing.assert_allclose(after.focal_sigma_px / after.focal_px, 2.0 / before.focal_px)


def test_a_size_that_was_not_known_is_said_and_changes_no_number() -> None:
    before = films.film().replace(image_hw=None)
    after = resized(before, (720, 1280))
    assert after.image_hw == (720, 1280)
    np.testing.assert_array_equal(after.intrinsics_px, before.intrinsics_px)
    with pytest.raises(CinetrajError, match="0 x 720, expected a width"):
        resized(before, (720, 0))


def test_a_size_that_the_principal_point_speaks_against_is_doubted() -> None:
    height, width = films.HW
    unsized = films.film().replace(image_hw=None)
    said = doubt_of_size(unsized, (2 * height, 2 * width))
    assert f"middle of {width} x {height}; if they are for that, convert to native with --size {width} {height}" in said
    assert not doubt_of_size(unsized, films.HW)
    assert not doubt_of_size(unsized.replace(intrinsics_px=None), (2 * height, 2 * width))
    assert not doubt_of_size(films.film(), (2 * height, 2 * width))  # intrinsics follow


def test_parts_are_told_from_pixels() -> None:
    assert in_parts(resized(films.film(), PARTS_HW))
    assert not in_parts(films.film())
    assert not in_parts(resized(films.film(), PARTS_HW).replace(intrinsics_px=None))


def test_an_angle_of_view_is_that_of_the_edges_and_hides_no_lens() -> None:
    bare = films.film().replace(intrinsics_px=None)
    k = with_view(bare, 90.0).intrinsics_px
    assert k is not None
    edges = np.linalg.inv(k[0]) @ np.array([[0, 640], [180, 180], [1, 1.0]])
    np.testing.assert_allclose(edges, [[-1, 1], [0, 0], [1, 1]], atol=1e-12)
    assert k[0, 0, 0] == k[0, 1, 1]
    for path, fov_deg, said in (
        (films.film(), 90.0, "has intrinsics"),
        (bare.replace(image_hw=None), 90.0, "say --size"),
        (bare, 180.0, "between 0 and 180"),
    ):
        with pytest.raises(CinetrajError, match=said):
            with_view(path, fov_deg)


def test_a_picture_without_pixels_is_refused_at_the_door() -> None:
    with pytest.raises(CinetrajError, match=r"image_hw is \(0, 640\), expected a height and a width"):
        films.film().replace(image_hw=(0, 640))
