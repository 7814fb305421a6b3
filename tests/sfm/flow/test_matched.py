"""Frames that the flow loses are found again by matched features, and frames of something else are not."""

import cv2
import numpy as np
import pytest
import torch

from sfm.flow.coarse_to_fine import flow
from sfm.flow.matched import LOST, coming_back, flow_by_matches
from sfm.flow.pyramid import Pyramid, grid, pyramid_of

HW = (180, 320)
SHIFT = (140, 20)


def texture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    spots = rng.integers(0, 255, (300, 600)).astype(np.float32)
    mixed = sum(cv2.GaussianBlur(spots, (0, 0), s) * s for s in (1.0, 2.0, 4.0))
    return cv2.normalize(mixed, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)  # type: ignore[call-overload]


def seen(picture: np.ndarray, x: int = 0, y: int = 0) -> np.ndarray:
    return np.repeat(picture[y : y + HW[0], x : x + HW[1], None], 3, 2)


def far_apart() -> Pyramid:
    """Two pictures that share little more than a half, and a third one of something else."""
    one = texture(0)
    frames = np.stack([seen(one), seen(one, *SHIFT), seen(texture(1))])
    return pyramid_of(frames, np.arange(3), 5, torch.device("cpu"))


@pytest.fixture(scope="module")
def far() -> Pyramid:
    return far_apart()


def centres(pyramid: Pyramid) -> torch.Tensor:
    return grid(pyramid.hw(0), 8, torch.device("cpu"))


def test_what_the_flow_loses_is_found_by_matches(far: Pyramid) -> None:
    at = centres(far)
    usable = torch.ones(at.shape[0] * at.shape[1], dtype=torch.bool)
    by_flow, _ = flow(far, torch.tensor([0, 1]), torch.tensor([1, 0]), at)
    assert coming_back(by_flow[0], by_flow[1], at, HW) < LOST
    found = flow_by_matches(far, (0, 1), at, usable)
    assert found is not None
    moved, _ = found
    shared = at.reshape(-1, 2)[:, 0] > SHIFT[0] + 20
    shared &= at.reshape(-1, 2)[:, 1] > SHIFT[1] + 12
    off = (moved[0] + torch.tensor([float(SHIFT[0]), float(SHIFT[1])])).norm(dim=-1)
    assert float((off[shared] < 0.5).float().mean()) > 0.9
    assert coming_back(moved[0], moved[1], at, HW) > 0.4


def test_something_else_is_not_found(far: Pyramid) -> None:
    at = centres(far)
    usable = torch.ones(at.shape[0] * at.shape[1], dtype=torch.bool)
    assert flow_by_matches(far, (0, 2), at, usable) is None


def test_features_testify_only_where_patches_may(far: Pyramid) -> None:
    at = centres(far)
    usable = (at[..., 0] < SHIFT[0] - 20).flatten()
    assert flow_by_matches(far, (0, 1), at, usable) is None


def test_a_flow_that_leads_back_everywhere_is_whole() -> None:
    at = grid(HW, 8, torch.device("cpu"))
    count = at.shape[0] * at.shape[1]
    forth = torch.full((count, 2), 3.0)
    assert coming_back(forth, -forth, at, HW) > 0.85  # all but what leaves the picture
    assert coming_back(forth, forth, at, HW) == 0.0
