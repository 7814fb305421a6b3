"""The dense backend with its flow on a GPU: one that is pretended, but as strict as a real one about what is where."""

from functools import cache

import clips
import numpy as np
import pytest
import torch
from flow_scene import clip
from pretended_gpu import GPU, pretended_gpu

from sfm.backends.dense.answers import asked
from sfm.confidence.evidence import ByFlow
from sfm.config import DenseConfig, MatchConfig
from sfm.features.types import Features
from sfm.masks import find as masks
from sfm.matching import Setting
from sfm.matching.match import match


@cache
def answer(name: str, device: str) -> ByFlow:
    frames = clips.as_frames(clip(name).rgb)
    found = asked(frames, masks.find(frames), DenseConfig(), {}, device=device, threads=1)
    assert isinstance(found, ByFlow)
    return found


@pytest.mark.parametrize("name", ["truck", "zoom"])
def test_a_gpu_gives_the_same_answer(name: str) -> None:
    on_cpu = answer(name, "cpu").structured({})
    with pretended_gpu():
        on_gpu = answer(name, str(GPU)).structured({})
    assert on_gpu.motion_model == on_cpu.motion_model
    assert on_gpu.status == on_cpu.status
    ours, theirs = on_gpu.poses, on_cpu.poses
    assert ours is not None
    assert theirs is not None
    np.testing.assert_allclose(ours.rotation, theirs.rotation, atol=1e-3)
    np.testing.assert_allclose(ours.focal_px, theirs.focal_px, rtol=1e-3)
    path = np.ptp(theirs.translation, axis=0).max()
    np.testing.assert_allclose(ours.translation, theirs.translation, atol=1e-3 * path + 1e-9)
    assert on_gpu.structure is not None
    assert on_cpu.structure is not None
    assert (on_gpu.structure.moving == on_cpu.structure.moving).mean() > 0.999


def test_neighbours_are_the_same_on_a_gpu() -> None:
    rng = np.random.default_rng(4)
    described = rng.normal(size=(2, 300, 16)).astype(np.float32)
    described[1, :200] = described[0, 100:] + 0.1 * described[1, :200]
    described /= np.linalg.norm(described, axis=-1, keepdims=True)
    nowhere = np.zeros((300, 2), np.float32)
    frames = [Features(xy_px=nowhere, strength=nowhere[:, 0], descriptors=each) for each in described]
    pair = np.array([[0, 1]])
    (on_cpu,) = match(frames, pair, MatchConfig(), Setting(device="cpu"))
    with pretended_gpu():
        (on_gpu,) = match(frames, pair, MatchConfig(), Setting(device=str(GPU)))
    assert len(on_cpu) > 150
    np.testing.assert_array_equal(on_gpu, on_cpu)


def test_the_pretended_gpu_is_as_strict_as_a_real_one() -> None:
    with pretended_gpu():
        there, here = torch.arange(4.0, device=GPU), torch.arange(4.0)
        assert there.device == GPU
        assert (2.0 * there).sum().item() == 12.0
        np.testing.assert_array_equal((there + there.to(GPU)).cpu().numpy(), 2.0 * here.numpy())
        with pytest.raises(RuntimeError, match="on the GPU and on cpu"):
            there + here
        with pytest.raises(RuntimeError, match="not supported"):
            there.numpy()
        with pytest.raises(RuntimeError, match="make it a tensor"):
            there[[0, 2]]
