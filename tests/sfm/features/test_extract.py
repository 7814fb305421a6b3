"""Features: positions follow a known warp, masks hold, batches change nothing, weights are never half loaded."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import planes_scene as scene
import pytest
from shifted import SHIFT_PX, check, shift_of

import sfm.features.extract as under_test
from sfm.config import FeatureConfig
from sfm.features.extract import EDGE_PX, build, extract, kind_of, kinds
from sfm.matching.match import match
from trajectory.errors import CinetrajError

ALIKED = ("aliked-n16", "aliked-n16rot", "aliked-n32", "aliked-t16")


def test_the_mask_holds_and_does_not_cost_features(rgb: np.ndarray) -> None:
    usable = np.zeros(scene.HW, bool)
    usable[:, 120:] = True
    masked = extract(rgb, FeatureConfig(max_features=150), usable=usable)
    for each in masked:
        assert each.xy_px[:, 0].min() >= 120 + EDGE_PX - 0.5
    assert len(masked[0]) == 150
    nothing = extract(rgb, FeatureConfig(), usable=np.zeros(scene.HW, bool))
    assert [len(each) for each in nothing] == [0, 0]


def test_each_frame_may_have_a_mask_of_its_own_in_any_batch(rgb: np.ndarray) -> None:
    clip = np.concatenate([rgb, rgb[:1]])
    usable = np.ones((3, *scene.HW), bool)
    usable[0, :, :120] = usable[2, :, 120:] = False
    for budget_mb in (1, 2048):
        first, second, third = extract(clip, FeatureConfig(max_features=100, budget_mb=budget_mb), usable=usable)
        assert first.xy_px[:, 0].min() >= 120 + EDGE_PX - 0.5
        assert third.xy_px[:, 0].max() <= 119 - EDGE_PX + 0.5
        assert second.xy_px[:, 0].min() < 60 < 180 < second.xy_px[:, 0].max()
        assert len(second) == 100
        assert min(len(first), len(third)) > 40


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


@pytest.mark.parametrize("name", [*ALIKED, "keynet-tfeat", "xfeat"])
def test_networks_with_trained_weights_follow_a_shift(name: str, rgb: np.ndarray, shared: Path) -> None:
    part = np.ascontiguousarray(rgb[:, :160, :192])
    found = extract(part, FeatureConfig(name=name, max_features=200, weights=shared / "weights"))
    check(found, 200)
    assert np.abs(shift_of(found) - SHIFT_PX).max() < 0.25


@pytest.mark.parametrize("hw", [(16, 16), (8, 90)])
@pytest.mark.parametrize("name", ["sift", "aliked-t16", "keynet-tfeat", "xfeat"])
def test_pictures_smaller_than_a_network_takes_have_their_key_points_inside(
    name: str, hw: tuple[int, int], rgb: np.ndarray, shared: Path
) -> None:
    part = np.ascontiguousarray(rgb[:, : hw[0], : hw[1]])
    weights = None if name == "sift" else shared / "weights"
    for each in extract(part, FeatureConfig(name=name, max_features=50, weights=weights)):
        assert (np.abs(each.xy_px / (hw[1] - 1, hw[0] - 1) - 0.5) < 0.6).all()
        assert np.isfinite(each.descriptors).all()


def test_networks_give_equal_bits_and_batches_agree(rgb: np.ndarray, shared: Path) -> None:
    part = np.ascontiguousarray(rgb[:, :128, :128])
    config = FeatureConfig(name="aliked-t16", max_features=100, weights=shared / "weights" / "aliked-t16.pth")
    once, again = extract(part, config), extract(part, config)
    single = extract(part[1:], config)
    assert all(np.array_equal(a.descriptors, b.descriptors) for a, b in zip(once, again, strict=True))
    assert np.allclose(once[1].xy_px[:50], single[0].xy_px[:50], atol=1e-2)


def test_names_and_bad_configs() -> None:
    assert {"sift", *ALIKED, "keynet-hardnet", "keynet-tfeat", "xfeat", "disk", "dedode-b"} <= set(kinds())
    with pytest.raises(CinetrajError, match="expected auto or one of aliked-n16"):
        build(FeatureConfig(name="orb"))
    with pytest.raises(CinetrajError, match="max_features is 0"):
        FeatureConfig(max_features=0)


def test_each_frame_has_its_own_features_or_none_has(rgb: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a kind that leaves a frame out, the next frame's key points were taken for it."""
    sift = kinds()["sift"]
    forgetful = replace(
        sift, build=lambda config, device: lambda some, count: sift.build(config, device)(some, count)[1:]
    )
    monkeypatch.setattr(under_test, "kinds", lambda: {"sift": forgetful})
    with pytest.raises(CinetrajError, match=f"gave {len(rgb) - 1} results for {len(rgb)} frames"):
        extract(rgb, FeatureConfig(name="sift"))


def test_auto_takes_what_suits_the_device(rgb: np.ndarray) -> None:
    config = FeatureConfig(max_features=50)
    assert (kind_of(config, "cpu"), kind_of(config, "cuda")) == ("sift", "aliked-n16")
    assert kind_of(FeatureConfig(name="disk"), "cuda") == "disk"
    named = extract(rgb, FeatureConfig(name="sift", max_features=50))
    assert all(np.array_equal(a.xy_px, b.xy_px) for a, b in zip(extract(rgb, config), named, strict=True))


def test_batches_take_a_part_of_what_a_gpu_has_free(monkeypatch: pytest.MonkeyPatch) -> None:
    for free_gib, expected in ((4, 1024), (400, 16384), (0, 1)):
        monkeypatch.setattr(under_test, "available_bytes", lambda _, free=free_gib: free * 2**30)
        assert under_test._budget_mb("cuda") == expected
    assert under_test._budget_mb("cpu") == 2048
