"""Whether two frames show one scene."""

import clips
import numpy as np
import pytest

from sfm.shots.similarity import best_shift, contrast_picture, layout_correlation


def test_the_best_shift_is_the_shift() -> None:
    image = clips.texture(0)[..., 0].astype(float)
    for dx, dy in ((0, 0), (30, -7), (-55, 20)):
        a, b = image[100:160, 150:250], image[100 + dy : 160 + dy, 150 + dx : 250 + dx]
        correlation, moved = best_shift(a - a.mean(), b - b.mean(), 0.2)
        assert correlation == pytest.approx(1, abs=1e-6)
        assert moved == pytest.approx(np.hypot(dx, dy) / 100)


def test_the_contrast_picture_forgets_exposure() -> None:
    image = clips.texture(0, (120, 160))
    dark = contrast_picture((0.4 * image + 10).astype(np.uint8), 160)
    difference = np.abs(dark.astype(int) - contrast_picture(image, 160))
    assert difference.mean() < 12
    assert layout_correlation(image[::10, ::10].astype(float), 0.4 * image[::10, ::10] + 10.0) == pytest.approx(1)
