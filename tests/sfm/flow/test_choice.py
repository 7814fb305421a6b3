"""The flows that a setting may name, against the exact flow of rendered pairs."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from flow_pairs import CPU, LARGE, SMALL, Pair, pair

from sfm.config import DenseConfig
from sfm.flow.choice import flow_by
from sfm.flow.coarse_to_fine import flow
from sfm.flow.lucas_kanade import variance
from sfm.flow.patches import patches
from trajectory.errors import CinetrajError

ONE = torch.tensor([0]), torch.tensor([1])
WITHOUT_WEIGHTS = ("lk", "dis")


def errors(name: str, weights: Path | None, seen: Pair) -> np.ndarray:
    moved, left = flow_by(name, weights, CPU)(seen.pyramid, *ONE, seen.centres)
    template = patches(seen.pyramid, 0, ONE[0], seen.centres.reshape(-1, 2))
    torch.testing.assert_close(left, variance(seen.pyramid, template, ONE[1], moved))  # it means what it means for lk
    return seen.error_px(moved)


def check(error: np.ndarray, picture: str) -> None:
    """Within half a pixel where the picture is rich; elsewhere noise and swim are in it."""
    assert np.median(error) < {"rich": 0.2, "starved": 0.35, "melting": 0.6}[picture]
    assert (error < 0.5).mean() > {"rich": 0.85, "starved": 0.6, "melting": 0.6}[picture]
    assert (error < 2).mean() > 0.9


@pytest.mark.parametrize("picture", ["rich", "starved", "melting"])
@pytest.mark.parametrize("name", WITHOUT_WEIGHTS)
def test_small_motion_is_found_by_all(name: str, picture: str):
    check(errors(name, None, pair(picture, SMALL)), picture)


@pytest.mark.parametrize("picture", ["rich", "starved", "melting"])
def test_small_motion_is_found_with_trained_weights(picture: str, shared: Path):
    check(errors("xfeat", shared / "weights", pair(picture, SMALL)), picture)


@pytest.mark.parametrize("picture", ["rich", "starved", "melting"])
def test_large_motion_is_found_by_descriptors_alone(picture: str, shared: Path):
    """A quarter of the width: too far for what only looks nearby."""
    seen = pair(picture, LARGE)
    error = errors("xfeat", shared / "weights", seen)
    assert np.nanmin(np.linalg.norm(seen.moved, axis=1)) > 40
    assert (error < 2).mean() > 0.75
    assert (errors("lk", None, seen) < 2).mean() < 0.2


def test_the_default_is_lucas_kanade_itself():
    assert flow_by(DenseConfig().flow, None, CPU) is flow


def test_pairs_in_one_batch_are_as_alone(shared: Path):
    seen = pair("rich", SMALL)
    for name, weights in (("dis", None), ("xfeat", shared / "weights")):
        found = flow_by(name, weights, CPU)
        both, _ = found(seen.pyramid, torch.tensor([0, 1]), torch.tensor([1, 0]), seen.centres)
        alone, _ = found(seen.pyramid, torch.tensor([1]), torch.tensor([0]), seen.centres)
        torch.testing.assert_close(both[1:], alone, rtol=0, atol=1e-2)


def test_a_name_that_is_none_is_refused():
    code = "from sfm.config import DenseConfig; DenseConfig(flow='farneback')"  # without the types of the tests
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr
    assert "CinetrajError: flow is 'farneback', expected one of lk, dis, xfeat, raft" in said


def test_weights_for_what_has_none_are_refused(tmp_path: Path):
    with pytest.raises(CinetrajError, match="no effect on the flow dis; leave them out, or choose xfeat or raft"):
        DenseConfig(flow="dis", flow_weights=tmp_path)
