"""What a report draws of a pair: paths, errors and moves as JSON values, holes where there is no pose."""

import json

import made_runs
import numpy as np
import pytest
from paths import smooth

from compare.details import detail_json
from compare.scoring import score
from trajectory.description import describe
from trajectory.model import Trajectory


def with_a_gap(clip: Trajectory) -> Trajectory:
    valid, poses = np.array(clip.valid), np.array(clip.world_from_cam)
    valid[10:20], poses[10:20] = False, np.nan
    return clip.replace(world_from_cam=poses, valid=valid)


def test_points_without_a_pose_are_holes_in_path_and_errors() -> None:
    result = score({"a": smooth(1)}, {"a": with_a_gap(smooth(2))}, detail=True)
    row = result.clips["a"]
    assert row.detail is not None
    assert row.detail.aligned is not None
    found = json.loads(json.dumps(detail_json(row), allow_nan=False))
    known = np.isfinite(row.detail.aligned.generated).all((1, 2))
    assert [point is not None for point in found["generated"]["xyz"]] == known.tolist()
    assert 0 < known.sum() < len(known)
    assert found["generated"]["wxyz"][0] == pytest.approx([1, 0, 0, 0])
    assert len(found["at"]) == len(found["reference"]["xyz"]) == len(found["errors"]["RotErr"]["values"])
    assert found["errors"]["RotErr"]["unit"] == "deg"
    assert [set(moves) for moves in found["moves"]] == [{"sentence", "segments"}] * 2


def test_bars_are_of_moves_that_the_sentence_tells() -> None:
    """A little there and back is neither told of the whole nor clear."""
    path = made_runs.there_and_back(0.1)
    assert {each.primitive for each in describe(path).segments} == {"Move_Right", "Move_Left"}
    row = score({"a": path}, {"a": made_runs.there_and_back(0.4)}, detail=True).clips["a"]
    little, clear = detail_json(row)["moves"]
    assert little["segments"] == []
    assert [name for name, *_ in clear["segments"]] == ["Move_Right", "Move_Left"]


def test_nothing_is_kept_that_nobody_asked_for() -> None:
    assert score({"a": smooth(1)}, {"a": smooth(2)}).clips["a"].detail is None
