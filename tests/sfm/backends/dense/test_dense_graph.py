"""The values of the dense backend."""

import numpy as np
import pytest
import torch
from flow_scene import known_flow

from sfm.backends.dense.graph import root_of, still


def test_the_root_gives_back_the_information():
    rng = np.random.default_rng(0)
    half = torch.from_numpy(rng.normal(size=(50, 2, 2)))
    whole = half @ half.mT
    a, b, c = root_of(torch.stack([whole[:, 0, 0], whole[:, 0, 1], whole[:, 1, 1]], -1)).unbind(-1)
    upper = torch.stack([a, b, torch.zeros_like(a), c], -1).reshape(-1, 2, 2)
    torch.testing.assert_close(upper.mT @ upper, whole)


@pytest.mark.parametrize("entries", [[4.0, 0.0, 0.0], [0.0, 0.0, 4.0], [1.0, 2.0, 4.0], [0.0, 0.0, 0.0]])
def test_the_root_of_what_knows_one_direction_only(entries):
    a, b, c = root_of(torch.tensor(entries, dtype=torch.float64)).tolist()
    assert a * a == pytest.approx(entries[0], abs=1e-9)
    assert a * b == pytest.approx(entries[1], abs=1e-6)
    assert b * b + c * c == pytest.approx(entries[2], abs=1e-9)


def test_some_patches_of_a_graph():
    graph = known_flow({"truck": 0.1}, patches=20).graph
    chosen = torch.tensor([3, 17, 4])
    few = graph.patches(chosen)
    assert torch.equal(few.patch_px, graph.patch_px[:, chosen])
    assert torch.equal(few.place_px, graph.place_px[:, :, :, chosen])
    assert torch.equal(few.root, graph.root[:, :, :, chosen])
    assert torch.equal(few.weight, graph.weight[:, :, chosen])
    assert torch.equal(few.target, graph.target)


def test_still_cameras_have_their_focal_length():
    cameras = still(3, 3, 7, 250.0, torch.device("cpu"))
    torch.testing.assert_close(cameras.focal_px, torch.full((3,), 250.0, dtype=torch.float64))
    assert cameras.inverse_depth.shape == (3, 7)
    assert torch.equal(cameras.rotation, torch.eye(3, dtype=torch.float64).expand(3, 3, 3))
