"""Frames that show nothing."""

import numpy as np

from sfm.masks.blank import find_blank, to_grey


def test_black_white_and_noise_are_blank_and_texture_is_not() -> None:
    rng = np.random.default_rng(0)
    rgb = np.zeros((4, 72, 128, 3), np.uint8)
    rgb[1] = 255
    rgb[2] = np.clip(128 + rng.normal(0, 3, (72, 128, 1)), 0, 255)
    rgb[3] = np.kron(rng.integers(0, 255, (9, 16, 3)), np.ones((8, 8, 1)))
    assert find_blank(to_grey(rgb), np.ones((72, 128), bool)).tolist() == [True, True, True, False]
