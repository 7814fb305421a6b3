"""Cameras of the sparse estimator as a start."""

import numpy as np
import pytest
import torch
from clips import as_frames
from flow_scene import clip
from projected import angle_deg, path_error

from sfm.backends.dense.graph import DenseParameters
from sfm.backends.dense.tracked import tracked_start
from sfm.masks import find as masks

KEY = np.array([0, 5, 10, 15])


def start(name: str) -> DenseParameters | None:
    frames = as_frames(clip(name).rgb)
    return tracked_start(frames, masks.find(frames), KEY, 7, torch.device("cpu"))


@pytest.mark.slow
def test_a_truck_begins_with_the_path_of_its_tracks():
    found, truth = start("truck"), clip("truck").trajectory
    assert found is not None
    centre = -np.einsum("nji,nj->ni", found.rotation.numpy(), found.translation.numpy())
    assert (centre[0] == 0).all()
    assert path_error(centre, truth.positions[KEY]) < 0.05
    assert angle_deg(found.rotation.numpy().transpose(0, 2, 1), truth.rotations[KEY]).max() < 0.2
    depth = np.median(truth.scene_depth[KEY])
    assert np.linalg.norm(centre[-1]) == pytest.approx(np.linalg.norm(truth.positions[KEY[-1]]) / depth, rel=0.3)
    assert found.inverse_depth.shape == (4, 7)


def test_where_nothing_is_found_there_is_no_start():
    frames = as_frames(np.zeros((16, 64, 96, 3), np.uint8))
    assert tracked_start(frames, masks.find(frames), KEY, 7, torch.device("cpu")) is None
