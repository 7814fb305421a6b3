"""What dense flow says, in the words of the choice."""

from dataclasses import replace

import clips
import numpy as np
import torch
from flow_scene import clip, known_flow

from sfm.backends.dense import answers
from sfm.backends.dense.answers import of_flow
from sfm.confidence.sightings import Cameras, residuals
from sfm.config import DenseConfig
from sfm.masks import find as masks


def test_patches_of_a_flow_are_explained_by_the_cameras_that_made_it():
    known = known_flow({"truck": 0.12})
    belongs = torch.ones(known.graph.weight.shape[0], known.graph.weight.shape[2])
    sightings = of_flow(known.graph, belongs, (180, 320))
    state = known.parameters
    path = Cameras(
        rotation=state.rotation.numpy(),
        translation=state.translation.numpy(),
        focal_px=state.focal_px.numpy(),
        translates=True,
        nearness=float(state.inverse_depth.median()),
    )
    assert np.median(residuals(sightings, path)[0]) < 0.05
    assert np.median(residuals(sightings, replace(path, translates=False))[0]) > 0.5


def test_flow_computes_on_one_thread_whatever_torch_had_before(monkeypatch):
    """The tracks before it do not limit torch, which they do without."""
    frames = clips.as_frames(clip("pan").rgb)
    found: list[int] = []

    def nothing(*_: object, **__: object) -> str:
        found.append(torch.get_num_threads())
        return "nothing moves"

    monkeypatch.setattr(answers, "fit_flow", nothing)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert answers.asked(frames, masks.find(frames), DenseConfig(), {}, device="cpu", threads=2) == "nothing moves"
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert found == [1]
