"""Stretches of blends."""

import itertools

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


def test_pictures_that_change_as_much_on_both_sides_dissolve_nowhere() -> None:
    """As where quick motion is seen through the blends of a raised rate."""
    pictures = np.stack([clips.texture(seed, (60, 80)) for seed in range(7)]).astype(float)
    share = (np.arange(4) / 4)[:, None, None, None]
    film = np.concatenate([(1 - share) * a + share * b for a, b in itertools.pairwise(pictures)])
    thumbs = thumbs_of(np.rint(film).astype(np.uint8), 32)
    assert find_dissolves(thumbs, DissolveConfig()) == []
    assert find_dissolves(thumbs, DissolveConfig(beside=100.0)) != []
    assert len(find_dissolves(thumbs[[*[0] * 8, *range(4), *[4] * 8]], DissolveConfig())) == 1
