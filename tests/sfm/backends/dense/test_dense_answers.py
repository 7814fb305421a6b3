"""What dense flow says, in the words of the choice."""

from dataclasses import replace

import clips
import numpy as np
import pytest
import torch
from flow_scene import clip, known_flow
from weighed_paths import cameras

from sfm.backends.dense import answers
from sfm.backends.dense.answers import as_told, of_flow
from sfm.backends.dense.distortion import corner_radius, distortion_of
from sfm.backends.dense.models import Lens
from sfm.confidence.sightings import Cameras, residuals
from sfm.config import DenseConfig
from sfm.geometry.problem import FocalPrior
from sfm.masks import find as masks
from sfm.types import FramePoses


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


@pytest.mark.parametrize(("radial", "kappa"), [(True, 0.08), (False, 0.08), (True, 0.0)])
def test_what_was_turned_inside_out_keeps_the_lens_that_it_was_told_with(radial: bool, kappa: float) -> None:
    """A zoom through a lens that bends was judged as a pinhole's, off by pixels near the corners."""
    path, frames = cameras((0.0, 0.0, 0.4), zoom=1.3), clips.as_frames(np.zeros((8, 360, 640, 3), np.uint8))
    radius = corner_radius(frames.hw, 1.0, path.focal_px[0])
    poses = FramePoses(
        rotation=path.rotation,
        translation=path.translation,
        focal_px=path.focal_px,
        depth=np.full(8, 2.0),
        valid=np.ones(8, bool),
        reason=("",) * 8,
        radial=distortion_of(kappa, radius),
    )
    lens = Lens(focal=FocalPrior(focal_px=550.0, sigma=0.35), undistortion=0.0 if radial else kappa, radial=radial)
    told = as_told(poses, np.arange(8), frames, lens)
    assert told.undistortion == pytest.approx(kappa, abs=0.003)
    np.testing.assert_array_equal(told.focal_px, path.focal_px)
