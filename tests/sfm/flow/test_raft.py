"""Starts by RAFT: what goes into torchvision's network and what is read from it; the network itself where it is."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from flow_pairs import CPU
from torch import Tensor, nn

from sfm.flow.choice import flow_by
from sfm.flow.pyramid import grid, pyramid
from sfm.flow.raft import FILE, network, start
from trajectory.errors import CinetrajError


class Fake(nn.Module):
    """In place of torchvision's: the flow grows with the place, and it insists on what RAFT was trained on."""

    def __init__(self) -> None:
        super().__init__()
        self.growth = nn.Parameter(torch.zeros(2))

    def forward(self, first: Tensor, second: Tensor) -> list[Tensor]:
        height, width = first.shape[2:]
        assert first.shape == second.shape
        assert first.shape[1] == 3
        assert height % 8 == width % 8 == 0
        assert min(height, width) >= 128
        assert first.min() < -0.9
        assert first.max() > 0.9
        y, x = torch.meshgrid(torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
        grown = torch.stack([self.growth[0] * x, self.growth[1] * y])
        return [torch.zeros_like(grown)[None], grown[None].expand(len(first), -1, -1, -1)]


@pytest.fixture
def torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    """A torchvision that has nothing but RAFT."""
    made: Any = ModuleType("torchvision.models.optical_flow")
    made.raft_large = lambda weights, progress: Fake()
    for name in ("torchvision", "torchvision.models"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "torchvision.models.optical_flow", made)


def test_the_last_of_its_fields_is_read_at_the_patches(torchvision: None, tmp_path: Path):
    torch.save({"growth": torch.tensor([0.1, -0.05])}, tmp_path / FILE)
    seen = pyramid(torch.rand(3, 67, 141), 3)
    centres = grid(seen.hw(0), 16, CPU)
    found = start(network(tmp_path, CPU), seen, torch.tensor([0, 2]), torch.tensor([1, 0]), centres)
    expected = centres.reshape(1, -1, 2) * torch.tensor([0.1, -0.05])
    torch.testing.assert_close(found, expected.expand(2, -1, -1), rtol=0, atol=1e-4)


def test_weights_of_another_network_are_refused(torchvision: None, tmp_path: Path):
    torch.save({"shrinking": torch.zeros(2)}, tmp_path / FILE)
    with pytest.raises(CinetrajError, match=r"do not fit RAFT.*give the published file"):
        network(tmp_path, CPU)


def test_without_torchvision_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    torch.save({}, tmp_path / FILE)
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(CinetrajError, match=r"needs torchvision.*install the version that fits your torch, or choose"):
        flow_by("raft", tmp_path, CPU)


@pytest.mark.slow
def test_torchvisions_own_network_runs_on_its_own_weights(tmp_path: Path):
    optical_flow = pytest.importorskip("torchvision.models.optical_flow", reason="torchvision is not installed")
    torch.manual_seed(0)
    torch.save(optical_flow.raft_large(weights=None, progress=False).state_dict(), tmp_path / FILE)
    seen = pyramid(torch.rand(2, 100, 140), 5)
    centres = grid(seen.hw(0), 16, CPU)
    with torch.inference_mode():
        moved, left = flow_by("raft", tmp_path, CPU)(seen, torch.tensor([0]), torch.tensor([1]), centres)
    assert moved.shape == (1, 48, 2)
    assert bool(torch.isfinite(moved).all() & torch.isfinite(left).all())
