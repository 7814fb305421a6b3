"""Matching on the device: laws of the matchers, blocks change nothing, and kornia's own matchers as the oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_features import ONE, features

import sfm.matching.match as under_test
from sfm.config import MatchConfig
from sfm.matching import Matcher, Setting
from sfm.matching.match import match, match_images, matchers
from trajectory.errors import CinetrajError

PLAIN = [name for name, each in matchers().items() if not each.trained]
"""Those that need no weights."""


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 99), n=st.integers(0, 100), m=st.integers(0, 100))
@pytest.mark.parametrize("method", PLAIN)
def test_rows_are_sorted_and_each_key_point_matches_once(method: str, seed: int, n: int, m: int) -> None:
    first = features(seed, n)
    second = features(seed + 1, m, near=first, noise=0.2)
    there, back = match([first, second], np.array([[0, 1], [1, 0]]), MatchConfig(method=method), Setting(seed=seed))
    for rows, (here, other) in ((there, (n, m)), (back, (m, n))):
        assert rows.dtype == np.int64
        assert rows.shape == (len(rows), 2)
        assert (np.diff(rows[:, 0]) > 0).all()
        assert len(set(rows[:, 1])) == len(rows)
        assert ((rows >= 0) & (rows < (here, other))).all()


@pytest.mark.parametrize("method", PLAIN)
def test_frames_without_features_match_nothing(method: str) -> None:
    empty, full = features(0, 0), features(1, 50)
    found = match([empty, full], np.array([[0, 1], [1, 0], [0, 0]]), MatchConfig(method=method))
    assert [(rows.shape, rows.dtype) for rows in found] == [((0, 2), np.int64)] * 3
    assert match([empty, full], np.zeros((0, 2), np.int64), MatchConfig(method=method)) == []


@pytest.mark.parametrize("method", PLAIN)
def test_the_truth_is_found(method: str) -> None:
    first = features(0, 200, dim=64)
    second = features(1, 260, near=first, noise=0.05, dim=64)
    rows = match([first, second], ONE, MatchConfig(method=method), Setting(hw=(300, 300)))[0]
    assert len(rows) > 180
    assert (rows[:, 0] == rows[:, 1]).mean() > 0.99


@pytest.mark.parametrize(("option", "value"), [("ratio", 0.0), ("ratio", 1.5), ("budget_mb", 0)])
def test_a_bad_config_is_refused(option: str, value: float) -> None:
    with pytest.raises(CinetrajError, match=f"{option} is {value}"):
        MatchConfig(**{option: value})  # pyright: ignore[reportArgumentType]


def test_an_unknown_matcher_is_refused() -> None:
    with pytest.raises(CinetrajError, match=f"matcher 'flann' is unknown; expected one of {', '.join(matchers())}"):
        match([], ONE, MatchConfig(method="flann"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "gave rows of 0 pairs, expected 1"),
        ([np.array([[0, 7]])], r"frames 0 and 1 have 5 and 4, and rows go from \[0, 7\]"),
        ([np.array([[0, -1]])], "names key points that are not there"),
        ([np.array([0, 1, 2])], "expected .m, 2. whole numbers"),
        ([np.array([[0.0, 1.0]])], "expected .m, 2. whole numbers"),
    ],
)
def test_a_matcher_of_others_names_key_points_that_are_there(
    rows: list[np.ndarray], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row of -1 was the last key point, and rows of too few pairs were those of other frames."""
    theirs = Matcher(name="theirs", summary="", match=lambda *_: rows)
    monkeypatch.setattr(under_test, "matchers", lambda: {"theirs": theirs})
    with pytest.raises(CinetrajError, match=message):
        match([features(0, 5), features(1, 4)], ONE, MatchConfig(method="theirs"))


def test_rows_of_a_matcher_of_others_may_be_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = Matcher(name="theirs", summary="", match=lambda *_: [[[0, 3], [4, 1]]])  # pyright: ignore
    monkeypatch.setattr(under_test, "matchers", lambda: {"theirs": theirs})
    (found,) = match([features(0, 5), features(1, 4)], ONE, MatchConfig(method="theirs"))
    np.testing.assert_array_equal(found, [[0, 3], [4, 1]])
    assert found.shape == (2, 2)


def test_features_and_pictures_are_not_taken_for_each_other() -> None:
    with pytest.raises(CinetrajError, match="looks at pictures"):
        match([], ONE, MatchConfig(method="loftr"))
    with pytest.raises(CinetrajError, match="looks at features"):
        match_images(np.zeros((2, 32, 32, 3), np.uint8), ONE, MatchConfig(method="smnn"))
    with pytest.raises(CinetrajError, match="one of the two"):
        Matcher(name="nothing", summary="")
