"""What pycolmap's mappers are given, and what is done where native code dies: another seed, told in the record."""

from typing import Any

import numpy as np
import planes_scene as scene
import pytest

from sfm.backends.colmap import own_features
from sfm.config import MapConfig
from sfm.features.types import Features
from sfm.processes.isolated import Reply

FRAMES = 3


def matched(each: int) -> own_features.Matched:
    points = Features(
        xy_px=np.zeros((9, 2), np.float32), strength=np.ones(9, np.float32), descriptors=np.ones((9, 4), np.float32)
    )
    return own_features.Matched(
        frame=np.arange(FRAMES),
        features=[points] * FRAMES,
        pairs=np.array([[0, 1], [1, 2]]),
        matches=[np.zeros((each, 2), np.int64), np.zeros((2, 2), np.int64)],
        counts={"features": "sift"},
        seconds={"features": 1.0},
    )


def mapped(found: own_features.Matched, monkeypatch: pytest.MonkeyPatch, deaths: int) -> tuple[Any, list[int], Any]:
    seeds: list[int] = []
    given: list[Any] = []

    def call(function: str, values: Any, arrays: Any, **limits: Any) -> Reply:
        seeds.append(values["seed"])
        given.append(arrays)
        if len(seeds) <= deaths:
            return Reply(outcome="died", problem="the worker process died (SIGSEGV)", seconds=2.0)
        return Reply(outcome="error", problem="enough for this test", seconds=1.0)

    monkeypatch.setattr(own_features.isolated, "call", call)
    frames, masks = scene.clip(np.zeros((FRAMES, *scene.HW, 3), np.uint8), focal_px=None)
    result = own_features.mapped(frames, masks, found, MapConfig(min_matches=5), backend="glomap", seed=7, threads=1)
    return result, seeds, given


def test_another_seed_is_tried_where_the_mapper_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    result, seeds, _ = mapped(matched(5), monkeypatch, deaths=1)
    assert seeds == [7, 8]
    assert result.reason == "pycolmap: enough for this test"
    assert result.statistics["deaths"] == 1
    assert result.seconds["died"] == 2.0


def test_who_always_dies_is_a_failure_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    result, seeds, _ = mapped(matched(5), monkeypatch, deaths=99)
    assert seeds == [7, 8, 9]
    assert result.status == "failed"
    assert "SIGSEGV" in result.reason


def test_pairs_with_too_few_matches_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    _, seeds, given = mapped(matched(5), monkeypatch, deaths=0)
    assert seeds == [7]
    assert given[0]["pairs"].tolist() == [[0, 1]]
    assert given[0]["match_count"].tolist() == [5]
    result, seeds, _ = mapped(matched(4), monkeypatch, deaths=0)
    assert seeds == []
    assert result.reason == "no two frames share 5 matches (sift)"
    assert result.seconds == {"features": 1.0}
