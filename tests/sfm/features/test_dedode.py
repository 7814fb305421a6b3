"""DeDoDe through the loading of its two published files, with random values: its weights are not at hand here."""

from pathlib import Path

import numpy as np
import pytest

from sfm.config import FeatureConfig
from sfm.features.dedode import CENTRE_PX
from sfm.features.extract import build, extract
from trajectory.errors import CinetrajError


def test_the_two_files_load_and_run(rgb: np.ndarray, tmp_path: Path) -> None:
    import torch
    from kornia.feature import DeDoDe

    torch.manual_seed(0)
    net = DeDoDe(detector_model="L", descriptor_model="B", amp_dtype=torch.float32).eval()
    torch.save(net.detector.state_dict(), tmp_path / "dedode_detector_L_v2.pth")
    torch.save(net.descriptor.state_dict(), tmp_path / "dedode_descriptor_B.pth")
    part = np.ascontiguousarray(rgb[:1, :56, :60])
    found = extract(part, FeatureConfig(name="dedode-b", max_features=40, weights=tmp_path))[0]
    with torch.inference_mode():
        xy_px, strength, _ = net(torch.from_numpy(part).permute(0, 3, 1, 2).float() / 255, n=40)
    np.testing.assert_allclose(found.xy_px, xy_px[0].numpy() - CENTRE_PX, atol=1e-4)
    np.testing.assert_allclose(found.strength, strength[0].numpy(), rtol=1e-4)
    np.testing.assert_allclose(found.xy_px, np.rint(found.xy_px), atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(found.descriptors, axis=1), 1, atol=1e-5)
    with pytest.raises(CinetrajError, match="give the folder that holds them"):
        build(FeatureConfig(name="dedode-b", weights=tmp_path / "dedode_detector_L_v2.pth"))
    (tmp_path / "dedode_descriptor_B.pth").unlink()
    with pytest.raises(CinetrajError, match="does not hold dedode_descriptor_B"):
        build(FeatureConfig(name="dedode-b", weights=tmp_path))
