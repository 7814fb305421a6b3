"""LoFTR: the loading of its published file with random values, and the key points that pairs share."""

from pathlib import Path

import numpy as np
import pytest
from random_features import ONE

from sfm.config import MatchConfig
from sfm.matching import Setting
from sfm.matching.loftr import shared_points
from sfm.matching.match import match_images
from trajectory.errors import CinetrajError


def test_positions_on_one_pixel_are_one_key_point() -> None:
    pairs = np.array([[0, 1], [0, 2], [1, 2]])
    first = np.array([[8.0, 8.0], [16.0, 8.0]])
    found = [
        (first, np.array([[10.2, 8.1], [18.0, 8.0]])),
        (first[:1], np.array([[12.0, 8.0]])),
        (np.array([[9.8, 7.9], [40.0, 40.0]]), np.array([[12.4, 8.2], [41.0, 40.0]])),
    ]
    points, rows = shared_points(found, pairs, 4)
    assert [len(each) for each in points] == [2, 3, 2, 0]
    np.testing.assert_allclose(points[1].xy_px[rows[0][0, 1]], (10.0, 8.0), atol=1e-6)  # the mean of two
    assert rows[0][0, 1] == rows[2][0, 0]
    assert rows[1][0, 1] == rows[2][0, 1]
    assert rows[0][0, 0] == rows[1][0, 0]


def test_the_more_confident_of_two_matches_stays() -> None:
    here = np.array([[8.0, 8.0], [16.0, 8.0], [8.2, 8.0]])
    there = np.array([[9.0, 8.0], [9.1, 8.0], [30.0, 8.0]])
    points, rows = shared_points([(here, there)], ONE, 2)
    assert len(rows[0]) == 1
    np.testing.assert_allclose(points[0].xy_px[rows[0][0, 0]], (8.1, 8.0), atol=1e-6)


def test_the_published_form_of_the_file_loads_and_runs(tmp_path: Path) -> None:
    import torch
    from kornia.feature import LoFTR

    torch.manual_seed(0)
    net = LoFTR(None)
    state = {f"matcher.{key}": value for key, value in net.state_dict().items()}
    torch.save({"state_dict": state}, tmp_path / "loftr_outdoor.ckpt")
    rgb = np.random.default_rng(0).integers(0, 255, (2, 64, 80, 3), np.uint8)
    config = MatchConfig(method="loftr")
    points, rows = match_images(rgb, ONE, config, setting=Setting(weights=tmp_path))
    assert len(points) == 2
    assert rows[0].shape == (len(rows[0]), 2)
    nothing = np.zeros((64, 80), bool)
    assert len(match_images(rgb, ONE, config, usable=nothing, setting=Setting(weights=tmp_path))[1][0]) == 0
    state.popitem()
    torch.save({"state_dict": state}, tmp_path / "loftr_outdoor.ckpt")
    with pytest.raises(CinetrajError, match="do not fit LoFTR"):
        match_images(rgb, ONE, config, setting=Setting(weights=tmp_path))
