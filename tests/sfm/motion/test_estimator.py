"""The estimator's own judgements: what is hopeful, which frames have a pose, and the verdict."""

from dataclasses import replace

import numpy as np
import pytest
from test_selection import candidates, shares

from sfm.config import SelectionConfig
from sfm.geometry.problem import observations_of
from sfm.motion.estimator import bound_of, focal_prior, frame_verdicts, precheck, verdict
from sfm.motion.selection import select_model
from sfm.tracking.types import Tracks
from sfm.types import FramePoses, Frames, Masks

N = 6


def clip(focal_px: float | None = None) -> Frames:
    rgb = np.zeros((N, 36, 64, 3), np.uint8)
    times = {"time_s": np.arange(N, dtype=float), "index": np.arange(N)}
    return Frames(rgb=rgb, **times, source_hw=(36, 64), source="made", focal_px=focal_px)


def masks(blank: tuple[int, ...] = (), duplicate_of: dict[int, int] | None = None) -> Masks:
    repeats = np.arange(N)
    for frame, original in (duplicate_of or {}).items():
        repeats[frame] = original
    return Masks(usable=np.ones((36, 64), bool), blank=np.isin(np.arange(N), blank), duplicate_of=repeats)


def tracks(count: int) -> Tracks:
    return Tracks(xy_px=np.zeros((count, N, 2)), relinked=np.zeros(0, np.int64), survival=np.zeros(0))


@pytest.mark.parametrize(
    ("blank", "count", "why"),
    [
        (tuple(range(N)), 100, "every frame is blank"),
        ((0, 1, 2, 3, 4), 100, "fewer than two frames"),
        ((0, 1, 2, 3), 0, "only 0 points"),
        ((0, 1, 2, 3), 20, ""),
        ((), 19, "only 19 points"),
        ((), 20, ""),
    ],
)
def test_what_cannot_be_estimated_is_told_before_the_work(blank: tuple[int, ...], count: int, why: str) -> None:
    said = precheck(clip(), masks(blank), tracks(count))
    assert said.startswith(why) if why else said == ""


def test_a_given_focal_length_is_no_guess() -> None:
    assert focal_prior(clip(70.0)).given
    assert focal_prior(clip()).focal_px == pytest.approx(0.85 * 64)
    assert not focal_prior(clip()).given


@pytest.mark.parametrize(("pixel_aspect", "longest"), [(64 / 45, 64 * 64 / 45), (45 / 64, 45.0), (0.5, 36.0)])
def test_the_usual_focal_length_sees_as_much_through_pixels_that_are_not_square(
    pixel_aspect: float, longest: float
) -> None:
    found = focal_prior(replace(clip(), pixel_aspect=pixel_aspect))
    assert found.focal_px == pytest.approx(0.85 * longest)


def test_a_frame_has_a_pose_where_points_agree_and_link_it() -> None:
    support = np.array([20, 3, 20, 20, 20, 20])
    linked = np.array([True, True, True, False, True, True])
    valid, reason = frame_verdicts(masks((2,), {5: 1}), support, linked, np.array([0, 3, 4]))
    assert valid.tolist() == [True, False, False, False, True, True]
    assert "3 points agree" in reason[1]
    assert reason[2] == "blank"
    assert "link it" in reason[3]
    valid, reason = frame_verdicts(masks(), np.full(N, 20), np.ones(N, bool), np.array([1, 4]))
    assert valid.tolist() == [False, True, True, True, True, False]
    assert "outside" in reason[0]


def poses(valid: list[bool]) -> FramePoses:
    eye = np.tile(np.eye(3), (N, 1, 1))
    return FramePoses(
        rotation=eye,
        translation=np.zeros((N, 3)),
        focal_px=np.full(N, 50.0),
        depth=np.ones(N),
        valid=np.array(valid),
        reason=tuple("" if v else "blank" for v in valid),
    )


def test_the_verdict_tells_the_weakest_link() -> None:
    config = SelectionConfig()
    sure = select_model(candidates(shares(0.0, 1.0, 1.0, 1.0, 1.0)), 1.0)
    assert verdict(poses([True] * N), sure, config) == ("ok", "")
    status, why = verdict(poses([True] * 4 + [False] * 2), sure, config)
    assert (status, why) == ("partial", "2 of 6 frames have no pose: blank")
    assert verdict(poses([True] + [False] * 5), sure, config)[0] == "failed"
    little = select_model(candidates(shares(0.05, 0.3, 0.3, 0.3, 0.3)), 1.0)
    assert verdict(poses([True] * N), little, config)[0] == "unreliable"


@pytest.mark.parametrize("zooms", [False, True])
def test_what_a_frame_does_not_see_bounds_no_way(zooms: bool) -> None:
    xy = np.random.default_rng(0).uniform((0, 0), (64, 36), (60, N, 2))
    xy[40:, 1:] = np.nan  # a wide pan: these are seen in the first frame alone, and others not there
    xy[:30, 0] = np.nan
    all_of, those = (observations_of(each, (36, 64), 1.0) for each in (xy, xy[:40]))
    found, alone = (bound_of(each, 50.0, np.ones(len(each.weight), bool), 0.2, zooms=zooms) for each in (all_of, those))
    assert found == alone
    assert 0.0 < found < 1.0
    assert bound_of(all_of, 50.0, np.arange(60) < 9, 0.2, zooms=zooms) == float("inf")
