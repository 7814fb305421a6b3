"""Stretches of blends."""

import clips
import numpy as np

from sfm.config import DissolveConfig
from sfm.shots.dissolves import find_dissolves
from sfm.shots.thumbs import thumbs_of


def test_a_dissolve_is_a_blend_and_a_move_is_none() -> None:
    a, b = clips.texture(0, (60, 80)), clips.texture(1, (60, 80))
    share = np.clip((np.arange(30) - 9) / 11, 0, 1)[:, None, None, None]
    blend = np.rint((1 - share) * a + share * b).astype(np.uint8)
    ((start, stop),) = find_dissolves(thumbs_of(blend, 32), DissolveConfig())
    assert start <= 12
    assert stop >= 17
    assert find_dissolves(thumbs_of(clips.pan(0, 30, step_px=8), 32), DissolveConfig()) == []
