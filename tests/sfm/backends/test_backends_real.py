"""Real clips with measured truth: every backend finds the path, and does not pass a still camera off as a move."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sfm import backends
from sfm.config import ColmapConfig, ColmapSiftConfig, FeatureConfig, GlomapConfig
from sfm.types import Frames, Masks

pytestmark = pytest.mark.slow


def load(folder: Path, step: int, long_side: int) -> tuple[Frames, Masks, np.ndarray]:
    """Every step-th frame, small, with the nominal focal length, and its true camera-to-world rows in TUM order."""
    files = sorted((folder / "frames").iterdir())[::step]
    images = [cv2.cvtColor(np.asarray(cv2.imread(str(file))), cv2.COLOR_BGR2RGB) for file in files]
    height, width = images[0].shape[:2]
    scale = long_side / max(height, width)
    size = (round(width * scale), round(height * scale))
    rgb = np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images])
    focal = json.loads((folder / "meta.json").read_text())["K"][1] * size[1] / height
    n = len(rgb)
    frames = Frames(
        rgb=rgb,
        time_s=np.arange(n) / 10,
        index=np.arange(n) * step,
        source_hw=(height, width),
        source=folder.name,
        focal_px=focal,
    )
    evidence = Masks(usable=np.ones(rgb.shape[1:3], bool), blank=np.zeros(n, bool), duplicate_of=np.arange(n))
    return frames, evidence, np.loadtxt(folder / "gt_tum.txt")[::step]


def errors(positions: np.ndarray, rotations: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Position RMS after Sim(3) as a share of path length; median rotation error after aligning the first frame."""
    wanted = truth[:, 1:4]
    length = np.linalg.norm(np.diff(wanted, axis=0), axis=1).sum()
    a, b = positions - positions.mean(0), wanted - wanted.mean(0)
    turn, _ = Rotation.align_vectors(b, a)
    turned = turn.apply(a)
    turned *= (turned * b).sum() / (turned**2).sum()
    rms = np.sqrt(((turned - b) ** 2).sum(1).mean())
    found, expected = Rotation.from_matrix(rotations.copy()), Rotation.from_quat(truth[:, 4:8])
    angle = ((found[0].inv() * found).inv() * (expected[0].inv() * expected)).magnitude()
    return float(rms / length), float(np.degrees(np.median(angle)))


@pytest.mark.parametrize(
    ("clip", "step", "long_side", "position_limit", "config"),
    [
        ("kitti06_straight", 2, 640, 0.005, ColmapConfig()),
        ("kitti06_straight", 2, 640, 0.005, GlomapConfig()),
        ("7scenes_truck_right", 5, 480, 0.03, ColmapConfig()),
        ("7scenes_truck_right", 5, 480, 0.03, ColmapSiftConfig()),
    ],
)
def test_measured_paths(
    clip: str, step: int, long_side: int, position_limit: float, config: object, shared: Path
) -> None:
    frames, evidence, truth = load(shared / "data" / clip, step, long_side)
    result = backends.run(frames, evidence, config, device="cpu", threads=1)
    assert (result.status, result.reason) == ("ok", "")
    assert result.trajectory is not None
    position, angle_deg = errors(result.trajectory.positions, result.trajectory.rotations, truth)
    assert position < position_limit
    assert angle_deg < 1.5


def test_learned_features_carry_a_real_clip(shared: Path) -> None:
    frames, evidence, truth = load(shared / "data" / "7scenes_truck_right", 8, 320)
    features = FeatureConfig(name="aliked-t16", max_features=600, weights=shared / "weights")
    config = replace(GlomapConfig(), features=features)
    result = backends.run(frames, evidence, config, device="cpu", threads=1)
    assert result.status == "ok"
    assert result.trajectory is not None
    position, _ = errors(result.trajectory.positions, result.trajectory.rotations, truth)
    assert position < 0.04
