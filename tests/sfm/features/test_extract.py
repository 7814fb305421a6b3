"""Features: positions follow a known warp, masks hold, batches change nothing, weights are never half loaded."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import planes_scene as scene
import pytest

from sfm.config import FeatureConfig, MatchConfig
from sfm.features import Features
from sfm.features.extract import EDGE_PX, build, extract, kinds
from sfm.matching.match import match
from trajectory.errors import CinetrajError

ALIKED = ("aliked-n16", "aliked-n16rot", "aliked-n32", "aliked-t16")


@pytest.fixture(scope="module")
def rgb() -> np.ndarray:
    """A frame and its shift by whole pixels, 9 right and 5 down."""
    image = scene.render(scene.path(1))[0][0]
    return np.stack([image, np.roll(image, (5, 9), axis=(0, 1))])


def check(found: list[Features], most: int, *, unit: bool = True) -> None:
    for each in found:
        assert 20 < len(each) <= most
        assert each.xy_px.shape == (len(each), 2)
        assert (each.xy_px >= -0.5).all()
        assert (each.xy_px <= np.array(scene.HW[::-1]) - 0.5).all()
        assert (np.diff(each.strength) <= 0).all()
        if unit:
            assert np.allclose(np.linalg.norm(each.descriptors, axis=1), 1, atol=1e-4)


def shift_of(found: list[Features], method: str = "mnn") -> np.ndarray:
    rows = match(found, np.array([[0, 1]]), MatchConfig(method=method))[0]  # pyright: ignore[reportArgumentType]
    assert len(rows) > 30
    return np.median(found[1].xy_px[rows[:, 1]] - found[0].xy_px[rows[:, 0]], axis=0)


def test_sift_follows_a_shift(rgb: np.ndarray) -> None:
    found = extract(rgb, FeatureConfig(max_features=300))
    check(found, 300)
    assert np.abs(shift_of(found) - (9, 5)).max() < 0.05
    assert found[0].scale_px is not None
    assert found[0].angle_deg is not None


def test_sift_positions_have_no_bias() -> None:
    """A blob centred on a pixel is found on that pixel, not a quarter pixel beside it."""
    row, column = np.mgrid[:101, :121]
    blob = 20 + 200 * np.exp(-((column - 60) ** 2 + (row - 50) ** 2) / (2 * 4.0**2))
    found = extract(np.repeat(blob[None, ..., None], 3, axis=-1).astype(np.uint8), FeatureConfig())[0]
    assert np.abs(found.xy_px[0] - (60, 50)).max() < 0.05


def test_the_mask_holds_and_does_not_cost_features(rgb: np.ndarray) -> None:
    usable = np.zeros(scene.HW, bool)
    usable[:, 120:] = True
    masked = extract(rgb, FeatureConfig(max_features=150), usable=usable)
    for each in masked:
        assert each.xy_px[:, 0].min() >= 120 + EDGE_PX - 0.5
    assert len(masked[0]) == 150
    nothing = extract(rgb, FeatureConfig(), usable=np.zeros(scene.HW, bool))
    assert [len(each) for each in nothing] == [0, 0]


def test_frames_without_texture_have_no_features() -> None:
    blank = extract(np.full((2, *scene.HW, 3), 90, np.uint8), FeatureConfig())
    assert [len(each) for each in blank] == [0, 0]
    assert match(blank, np.array([[0, 1]]))[0].shape == (0, 2)


def test_batches_change_nothing_and_progress_is_told(rgb: np.ndarray) -> None:
    told: list[int] = []
    clip = np.concatenate([rgb, rgb[:1]])
    small = extract(clip, FeatureConfig(max_features=100, budget_mb=1), progress=told.append)
    large = extract(clip, FeatureConfig(max_features=100))
    assert told == [1, 2, 3]
    for a, b in zip(small, large, strict=True):
        assert np.array_equal(a.xy_px, b.xy_px)
        assert np.array_equal(a.descriptors, b.descriptors)


def test_sift_of_the_gpu_agrees_on_the_motion(rgb: np.ndarray) -> None:
    from sfm.features.sift import _on_device

    found = _on_device("cpu")(rgb, 200)
    check(found, 200)
    assert np.abs(shift_of(found) - (9, 5)).max() < 0.1


@pytest.mark.parametrize("name", [*ALIKED, "keynet-tfeat"])
def test_networks_with_trained_weights_follow_a_shift(name: str, rgb: np.ndarray, shared: Path) -> None:
    part = np.ascontiguousarray(rgb[:, :160, :192])
    found = extract(part, FeatureConfig(name=name, max_features=200, weights=shared / "weights"))
    check(found, 200)
    assert np.abs(shift_of(found) - (9, 5)).max() < 0.25


def test_networks_give_equal_bits_and_batches_agree(rgb: np.ndarray, shared: Path) -> None:
    part = np.ascontiguousarray(rgb[:, :128, :128])
    config = FeatureConfig(name="aliked-t16", max_features=100, weights=shared / "weights" / "aliked-t16.pth")
    once, again = extract(part, config), extract(part, config)
    single = extract(part[1:], config)
    assert all(np.array_equal(a.descriptors, b.descriptors) for a, b in zip(once, again, strict=True))
    assert np.allclose(once[1].xy_px[:50], single[0].xy_px[:50], atol=1e-2)


@pytest.mark.parametrize(
    ("name", "file", "words"),
    [
        ("aliked-n16", "aliked-t16.pth", "those of aliked-t16, not of aliked-n16"),
        ("aliked-n16", "aliked-n16rot.pth", "those of aliked-n16rot, not of aliked-n16"),
        ("aliked-n32", "AffNet.pth", "do not fit aliked-n32"),
        ("aliked-t16", "mkd-cart-64.pth", "hold no table of tensors"),
        ("aliked-t16", "meta.json", "cannot be read as a PyTorch checkpoint"),
        ("aliked-t16", "nowhere.pth", "do not exist"),
        ("keynet-tfeat", "AffNet.pth", "give the folder"),
        ("keynet-hardnet", "", "does not hold checkpoint_liberty_with_aug.pth"),
    ],
)
def test_weights_of_another_model_are_refused_in_one_line(name: str, file: str, words: str, shared: Path) -> None:
    with pytest.raises(CinetrajError) as caught:
        build(FeatureConfig(name=name, weights=shared / "weights" / file))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_parameter_is_refused_and_inert_buffers_are_not_missed(shared: Path, tmp_path: Path) -> None:
    import torch

    state = torch.load(shared / "weights" / "aliked-t16.pth", weights_only=True)
    assert "dkd.hw_grid" not in state
    torch.save(state | {"extra": torch.zeros(1)}, tmp_path / "extra.pth")
    del state["score_head.0.weight"]
    torch.save(state, tmp_path / "short.pth")
    for file, words in (("short.pth", "1 tensors are missing"), ("extra.pth", "1 tensors are unknown")):
        with pytest.raises(CinetrajError, match=words):
            build(FeatureConfig(name="aliked-t16", weights=tmp_path / file))


def test_a_checkpoint_that_runs_code_is_refused(tmp_path: Path) -> None:
    import pickle

    class Bad:
        def __reduce__(self):
            return (open, (str(tmp_path / "harm"), "w"))

    (tmp_path / "bad.pth").write_bytes(pickle.dumps({"state_dict": Bad()}, protocol=2))
    with pytest.raises(CinetrajError, match="cannot be read"):
        build(FeatureConfig(name="aliked-t16", weights=tmp_path / "bad.pth"))
    assert not (tmp_path / "harm").exists()


def test_the_published_digests_are_those_of_the_files(shared: Path) -> None:
    from sfm.features.aliked import SHA256

    for digest, name in SHA256.items():
        assert hashlib.sha256((shared / "weights" / f"{name}.pth").read_bytes()).hexdigest() == digest


def test_names_and_bad_configs() -> None:
    assert {"sift", *ALIKED, "keynet-hardnet", "keynet-tfeat"} <= set(kinds())
    with pytest.raises(CinetrajError, match="expected one of aliked-n16"):
        build(FeatureConfig(name="orb"))
    with pytest.raises(CinetrajError, match="max_features=0"):
        build(FeatureConfig(max_features=0))


def test_rotation_and_scale_are_read(rgb: np.ndarray) -> None:
    affine = cv2.getRotationMatrix2D((scene.HW[1] / 2, scene.HW[0] / 2), 30.0, 1.25)
    turned = cv2.warpAffine(rgb[0], affine, scene.HW[::-1])
    found = extract(np.stack([rgb[0], turned]), FeatureConfig(max_features=400))
    rows = match(found, np.array([[0, 1]]), MatchConfig(ratio=0.7))[0]
    assert len(rows) > 40
    first, second = found
    assert first.scale_px is not None
    assert second.scale_px is not None
    ratio = second.scale_px[rows[:, 1]] / first.scale_px[rows[:, 0]]
    assert np.median(ratio) == pytest.approx(1.25, rel=0.05)


def test_weights_for_untrained_features_are_refused_not_ignored(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="no effect on sift"):
        build(FeatureConfig(name="sift", weights=tmp_path))
