"""DISK through the loading of its published file, with random values: its weights are not at hand here."""

from pathlib import Path

import numpy as np
import pytest

from sfm.config import FeatureConfig
from sfm.features.extract import build, extract
from trajectory.errors import CinetrajError


def test_the_published_form_of_the_file_loads_and_runs(rgb: np.ndarray, tmp_path: Path) -> None:
    import torch
    from kornia.feature import DISK

    torch.manual_seed(0)
    net = DISK().eval()
    torch.save({"extractor": net.state_dict(), "version": 1}, tmp_path / "depth-save.pth")
    part = np.ascontiguousarray(rgb[:, :90, :110])
    found = extract(part, FeatureConfig(name="disk", max_features=60, weights=tmp_path))
    images = torch.from_numpy(part).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        expected = net(images, n=60, pad_if_not_divisible=True)
    for each, own in zip(found, expected, strict=True):
        order = np.argsort(-own.detection_scores.numpy(), kind="stable")
        assert 0 < len(each) <= 60
        np.testing.assert_array_equal(each.xy_px, own.keypoints.numpy()[order])
        np.testing.assert_allclose(each.descriptors, own.descriptors.numpy()[order], atol=1e-6)
    tiny = extract(part[:, :14, :16], FeatureConfig(name="disk", max_features=60, weights=tmp_path))
    assert all((each.xy_px <= (15, 13)).all() for each in tiny)


def test_another_file_is_refused(tmp_path: Path) -> None:
    import torch

    torch.save({"extractor": {"unet.weight": torch.zeros(1)}}, tmp_path / "depth-save.pth")
    with pytest.raises(CinetrajError, match="do not fit DISK"):
        build(FeatureConfig(name="disk", weights=tmp_path))
