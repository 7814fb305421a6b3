"""Blur by depth: the lens's formula, nothing where all is sharp, brightness kept, the rack, the near over the far."""

import cv2
import numpy as np
import pytest

from sfm.synthetic import ClipSpec, render
from sfm.synthetic.defocus import circle_px, defocused
from trajectory.errors import CinetrajError


def _detail(image: np.ndarray) -> float:
    return float(cv2.Laplacian(image[..., 1], cv2.CV_32F).std())


def _noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (60, 80, 3)).astype(np.uint8)


def test_the_circle_of_a_thin_lens():
    depth = np.array([[0.5, 1.0, 2.0, np.inf]])
    assert circle_px(1 / depth, 1.0, 6.0) == pytest.approx(np.array([[6.0, 0.0, -3.0, -6.0]]))
    assert circle_px(1 / depth, 2.0, 6.0) == pytest.approx(np.array([[9.0, 3.0, 0.0, -3.0]]))


def test_what_is_sharp_stays_as_it_is():
    image = _noise()
    assert (defocused(image, np.zeros((60, 80))) == image).all()


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_an_even_blur_is_the_disc_of_its_diameter(sign):
    dot = np.zeros((41, 41, 3), np.uint8)
    dot[20, 20] = 255
    found = defocused(dot, np.full((41, 41), sign * 8.0))[..., 0] > 0
    y, x = np.mgrid[-20:21, -20:21]
    assert found[np.hypot(x, y) < 3.5].all()
    assert not found[np.hypot(x, y) > 5.0].any()


def test_a_slope_of_blur_changes_no_brightness():
    slope = np.tile(np.linspace(-7, 9, 80), (60, 1))
    found = defocused(np.full((60, 80, 3), 137, np.uint8), slope)
    assert (np.abs(found.astype(int) - 137) <= 1).all()
    noisy = defocused(_noise(), slope)
    columns = noisy.astype(float).std((0, 2))
    assert columns[36] > 4 * columns[2]
    assert columns[36] > 4 * columns[-2]


def test_outlines_belong_to_the_near_side():
    """White before black: a sharp figure stays hard before a soft wall, a soft one spreads over a sharp wall."""
    image, near = np.zeros((40, 80, 3), np.uint8), np.zeros((40, 80))
    image[:, 40:], near[:, 40:] = 255, 1.0
    hard = defocused(image, -9.0 * (1 - near))[20, :, 0]
    assert hard[39] == 0
    assert hard[40] == 255
    soft = defocused(image, 9.0 * near)[20, :, 0].astype(int)
    assert 20 < soft[37] < soft[39] < 128 < soft[40] < soft[42] < 250
    assert np.abs(np.diff(soft)).max() < 60, "no hard line inside of the soft one"


def test_the_focus_racks_from_near_to_far():
    spec = ClipSpec(seed=3, scene="planar", frames=3, image_hw=(90, 160), focal_px=140.0, defocus=6.0, focus=(0.5, 1.0))
    clip = render(spec)
    detail = [_detail(frame) for frame in clip.rgb]
    assert detail[0] < detail[1] < detail[2]
    assert detail[0] < 0.5 * detail[2]
    assert ClipSpec.from_dict(spec.to_dict()) == spec
    assert spec.to_dict()["focus"] == [0.5, 1.0]


@pytest.mark.parametrize("values", [{"defocus": -1.0}, {"focus": (0.0, 1.0)}])
def test_what_is_no_lens_is_refused(values):
    with pytest.raises(CinetrajError, match="lens"):
        ClipSpec(**values)
