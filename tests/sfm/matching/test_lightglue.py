"""LightGlue and LighterGlue: real weights follow a known shift, others are refused."""

from pathlib import Path

import numpy as np
import planes_scene as scene
import pytest
from random_features import ONE, features
from shifted import SHIFT_PX, shifted_pair

from sfm.config import FeatureConfig, MatchConfig
from sfm.features.extract import extract
from sfm.matching import Setting
from sfm.matching.lightglue import LIGHTGLUE, own_key
from sfm.matching.match import match
from trajectory.errors import CinetrajError


def test_lighterglue_follows_a_shift(shared: Path) -> None:
    weights = shared / "weights"
    found = extract(shifted_pair(), FeatureConfig(name="xfeat", max_features=300, weights=weights))
    told: list[int] = []
    setting = Setting(hw=scene.HW, features="xfeat", weights=weights, progress=told.append)
    pairs = np.array([[0, 1], [1, 0]])
    rows, back = match(found, pairs, MatchConfig(method="lighterglue"), setting)
    assert told == [1, 2]
    assert len(rows) > 60
    assert len(set(rows[:, 1])) == len(rows)
    assert (np.diff(rows[:, 0]) > 0).all()
    moved = found[1].xy_px[rows[:, 1]] - found[0].xy_px[rows[:, 0]]
    assert np.abs(np.median(moved, axis=0) - SHIFT_PX).max() < 0.5
    assert (np.abs(moved - SHIFT_PX).max(1) < 2).mean() > 0.8  # XFeat's points are whole pixels
    assert len(back) == pytest.approx(len(rows), rel=0.1)
    nothing = match([features(0, 0, dim=64), found[0]], ONE, MatchConfig(method="lighterglue"), setting)
    assert nothing[0].shape == (0, 2)


def test_the_published_form_of_lightglue_loads_and_runs(tmp_path: Path) -> None:
    import torch
    from kornia.feature import LightGlue

    torch.manual_seed(0)
    net = LightGlue(None, input_dim=128)  # pyright: ignore[reportArgumentType]
    published = {}
    for key, value in net.state_dict().items():
        part = key.split(".")
        old = f"{part[2]}.{part[1]}.{'.'.join(part[3:])}" if part[0] == "transformers" else key
        assert own_key(old) == key
        published[old] = value
    torch.save(published, tmp_path / "disk_lightglue.pth")
    first = features(0, 40, dim=128)
    setting = Setting(hw=(300, 300), features="disk", weights=tmp_path)
    rows = match([first, first], ONE, MatchConfig(method="lightglue"), setting)[0]
    assert rows.shape == (len(rows), 2)
    with pytest.raises(CinetrajError, match="does not hold aliked_lightglue"):
        match(
            [first], ONE, MatchConfig(method="lightglue"), Setting(hw=(9, 9), features="aliked-n16", weights=tmp_path)
        )
    del published["posenc.Wr.weight"]
    torch.save(published, tmp_path / "disk_lightglue.pth")
    with pytest.raises(CinetrajError, match="1 tensors are missing"):
        match([first, first], ONE, MatchConfig(method="lightglue"), setting)


def test_features_that_it_was_not_trained_for_are_refused() -> None:
    first = features(0, 9)
    kinds = " or ".join(f"--features {kind}" for kind in LIGHTGLUE)
    with pytest.raises(CinetrajError, match=f"lightglue is not trained for features sift; choose {kinds}"):
        match([first, first], ONE, MatchConfig(method="lightglue"), Setting(hw=(9, 9), features="sift"))
    with pytest.raises(CinetrajError, match="needs the size of the frames"):
        match([first, first], ONE, MatchConfig(method="lightglue"), Setting(features="disk"))
