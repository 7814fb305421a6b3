"""Starts by XFeat: weights are loaded whole or not at all; what is most alike is found between cells too."""

from pathlib import Path

import numpy as np
import pytest
import torch
from flow_pairs import CPU, LARGE, pair
from torch import Tensor, nn

from sfm.flow.pyramid import grid, pyramid
from sfm.flow.xfeat import CELL_PX, described, network, peak, start
from trajectory.errors import CinetrajError


def random_state() -> dict[str, Tensor]:
    from kornia.feature import XFeat

    torch.manual_seed(3)
    return XFeat().net.state_dict()


def test_a_local_file_is_loaded_to_the_last_value(tmp_path: Path):
    state = random_state()
    torch.save(state, tmp_path / "xfeat.pt")
    for weights in (tmp_path, tmp_path / "xfeat.pt"):
        net = network(weights, CPU)
        assert not net.training
        loaded = net.state_dict()
        assert loaded.keys() == state.keys()
        assert all(torch.equal(loaded[key], state[key]) for key in state)


def test_weights_of_another_network_are_refused_in_one_line(tmp_path: Path):
    state = random_state()
    del state["block1.0.layer.0.weight"]
    torch.save(state, tmp_path / "short.pt")
    torch.save(random_state() | {"extra": torch.zeros(1)}, tmp_path / "long.pt")
    for file, words in (("short.pt", "1 tensors are missing"), ("long.pt", "1 tensors are unknown")):
        with pytest.raises(CinetrajError, match=f"do not fit XFeat: {words}.*give the published file"):
            network(tmp_path / file, CPU)
    with pytest.raises(CinetrajError, match=r"does not hold xfeat\.pt"):
        network(tmp_path, CPU)


def test_untrained_weights_give_starts_that_hurt_nobody(tmp_path: Path):
    torch.save(random_state(), tmp_path / "xfeat.pt")
    seen = pyramid(torch.rand(3, 67, 91), 3)  # no multiple of a cell
    centres = grid(seen.hw(0), 8, CPU)
    found = start(network(tmp_path, CPU), seen, torch.tensor([0, 2]), torch.tensor([1, 0]), centres)
    assert found.shape == (2, centres.shape[0] * centres.shape[1], 2)
    place = centres.reshape(-1, 2) + found
    assert bool(((place > -CELL_PX) & (place < torch.tensor([91, 67]) + CELL_PX)).all())


def test_trained_weights_start_near_enough_over_a_quarter_of_the_width(shared: Path):
    seen = pair("rich", LARGE)
    found = start(network(shared / "weights", CPU), seen.pyramid, torch.tensor([0]), torch.tensor([1]), seen.centres)
    assert (seen.error_px(found) < CELL_PX).mean() > 0.7


class Drawn(nn.Module):
    """In place of the network: what a cell shows is its pixels under 64 random masks of mean 0."""

    def forward(self, image: Tensor) -> tuple[Tensor]:
        masks = torch.randn(64, 1, CELL_PX, CELL_PX, generator=torch.Generator().manual_seed(1))
        return (nn.functional.conv2d(image, masks - masks.mean((2, 3), keepdim=True), stride=CELL_PX),)


def test_a_shift_by_whole_cells_is_found_wherever_it_stays_in_the_frame():
    wide = torch.rand(96, 136, generator=torch.Generator().manual_seed(2))
    seen = pyramid(torch.stack([wide[8:72, 8:104], wide[24:88, 32:128]]), 2)
    centres = grid(seen.hw(0), CELL_PX, CPU)
    shift = torch.tensor([-24.0, -16.0])
    within = (centres.reshape(-1, 2) + shift > 0).all(1)
    found = start(Drawn(), seen, torch.tensor([0, 1]), torch.tensor([1, 0]), centres)
    assert float((found[0] - shift).abs()[within].max()) < CELL_PX / 4  # the parabola leans a little by chance
    assert float((found[0] - shift).norm(dim=1)[~within].min()) > CELL_PX  # nothing there is alike
    assert described(Drawn(), seen, torch.tensor([0, 1])).norm(dim=-1).sub(1).abs().max() < 1e-5


def test_the_peak_of_a_paraboloid_is_found_between_cells_and_stays_in_the_table():
    rng = np.random.default_rng(0)
    top = torch.from_numpy(rng.uniform([0, 0], [10, 6], (50, 2))).float()
    y, x = torch.meshgrid(torch.arange(7.0), torch.arange(11.0), indexing="ij")
    alike = -((x - top[:, 0, None, None]) ** 2) - 0.5 * (y - top[:, 1, None, None]) ** 2
    inner = ((top > 0.5) & (top < torch.tensor([9.5, 5.5]))).all(1)
    torch.testing.assert_close(peak(alike)[inner], top[inner], rtol=0, atol=1e-4)
    assert float((peak(alike) - top).abs().max()) <= 0.5 + 1e-4  # at the rim there is no neighbour to lean on
    assert bool(torch.isfinite(peak(torch.zeros(3, 4, 5))).all())
