"""A frame and its shift by whole pixels, and what features of the two must keep to."""

import numpy as np
import planes_scene as scene

from sfm.config import MatchConfig
from sfm.features import Features
from sfm.matching.match import match

SHIFT_PX = (9, 5)
"""To the right, and down."""


def shifted_pair() -> np.ndarray:
    """The frame, then the one that is shifted."""
    image = scene.render(scene.path(1))[0][0]
    return np.stack([image, np.roll(image, SHIFT_PX[::-1], axis=(0, 1))])


def check(found: list[Features], most: int) -> None:
    """Inside of the frame, the strongest first, unit descriptors."""
    for each in found:
        assert 20 < len(each) <= most
        assert each.xy_px.shape == (len(each), 2)
        assert (each.xy_px >= -0.5).all()
        assert (each.xy_px <= np.array(scene.HW[::-1]) - 0.5).all()
        assert (np.diff(each.strength) <= 0).all()
        assert np.allclose(np.linalg.norm(each.descriptors, axis=1), 1, atol=1e-4)


def shift_of(found: list[Features]) -> np.ndarray:
    """The median way of the matches of two frames."""
    rows = match(found, np.array([[0, 1]]), MatchConfig(method="mnn"))[0]
    assert len(rows) > 30
    return np.median(found[1].xy_px[rows[:, 1]] - found[0].xy_px[rows[:, 0]], axis=0)
