"""What cannot be saved says why."""

from dataclasses import replace

import numpy as np
import pytest
from made_structure import structure, trajectory

from sfm.config import SAVABLE, EstimateConfig
from sfm.runs.savable import obstacle
from sfm.runs.saved import WRITERS
from trajectory.errors import CinetrajError


@pytest.mark.parametrize("name", SAVABLE)
def test_a_whole_estimate_gives_everything_and_a_path_alone_nothing(name: str) -> None:
    assert obstacle(name, structure(), trajectory(), tracked=True) == ""
    told = obstacle(name, None, trajectory())
    assert told.startswith(("the backend has no", "the answer rests on dense flow"))
    assert told.endswith("; give --backend dense") == (name in ("depth", "megasam", "mask"))
    assert obstacle(name, structure(), None) == "the shot has no trajectory"


def test_a_camera_that_does_not_travel_has_a_mask_only() -> None:
    still = trajectory().replace(world_from_cam=np.tile(np.eye(4), (5, 1, 1)), scale="bounded", translation_bound=0.1)
    unknown = np.full((5, 5, 7), np.nan, np.float32)
    flat = replace(structure(), depth=unknown, depth_sigma_log=unknown, points=None, colour=None, tracks=None)
    assert obstacle("mask", flat, still) == ""
    for name in ("depth", "points", "megasam", "colmap"):
        assert obstacle(name, flat, still).startswith("the camera does not translate")


def test_megasams_file_holds_one_focal_length_and_a_pose_for_every_frame() -> None:
    k = trajectory().intrinsics_px
    assert k is not None
    zoomed = k * np.array([1.0, 1, 1, 1, 1.2])[:, None, None]
    zoomed[:, 2, 2] = 1.0
    assert "zooms" in obstacle("megasam", structure(), trajectory().replace(intrinsics_px=zoomed))
    gap = np.arange(5) != 2
    assert obstacle("megasam", structure(), trajectory().replace(valid=gap)).startswith("1 of 5 frames")
    assert obstacle("colmap", structure(), trajectory().replace(valid=gap)) == ""


def test_names_are_checked_at_the_door() -> None:
    assert EstimateConfig(save=("mask,depth", "depth")).save == ("depth", "mask")
    with pytest.raises(
        CinetrajError, match="save names 'dept', expected some of depth, mask, points, tracks, megasam, colmap"
    ):
        EstimateConfig(save=("dept",))
    assert set(WRITERS) == set(SAVABLE)


def test_megasams_file_has_no_place_for_a_lens_that_bends() -> None:
    bent = trajectory().replace(distortion=np.array([-0.1, 0.0, 0.0, 0.0]))
    assert obstacle("megasam", structure(), bent).startswith("the lens bends")
    assert "--save depth,colmap" in obstacle("megasam", structure(), bent)  # both of which tell the coefficient
    assert obstacle("depth", structure(), bent) == obstacle("colmap", structure(), bent) == ""
    assert obstacle("megasam", structure(), trajectory().replace(distortion=np.zeros(4))) == ""
