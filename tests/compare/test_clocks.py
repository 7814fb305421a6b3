"""The warning where equally many frames meet by clocks that are not the same."""

import numpy as np
import pytest
from paths import smooth

from compare.scoring import score
from trajectory.model import Trajectory


def at_rate(path: Trajectory, factor: float, start_s: float = 0.0) -> Trajectory:
    return path.replace(time_s=start_s + factor * (path.time_s - path.time_s[0]))


def test_frames_that_correspond_and_clocks_that_do_not_are_warned_of() -> None:
    path = smooth(1)
    result = score({"a": at_rate(path, 2.25, 100.0), "b": path}, {"a": path, "b": path})
    (warning,) = result.warnings
    assert "1 pair has" in warning
    assert "(a); if the frames correspond, use --time index" in warning
    assert result.clips["a"].scores["RotErr"].value > 1
    healed = score({"a": at_rate(path, 2.25, 100.0)}, {"a": path}, time="index")
    assert healed.warnings == ()
    assert healed.clips["a"].scores["RotErr"].value == pytest.approx(0, abs=1e-6)


def test_the_share_is_that_of_the_table_and_of_the_note() -> None:
    path = smooth(1)
    result = score({"a": at_rate(path, 2.25)}, {"a": path})
    told = f"{result.to_json()['rows']['a']['compared']:.0%}"
    assert f"only {told} of the reference is compared" in result.warnings[0]
    assert f"by the clock, {told} of the reference's" in result.clips["a"].notes[-1]


def test_the_side_of_which_more_is_left_out_is_named() -> None:
    path = smooth(1)
    (warning,) = score({"a": path, "b": path}, {"a": at_rate(path, 2), "b": at_rate(path, 4)}).warnings
    assert "2 pairs have" in warning
    assert "only 25% of the generated clip is compared (a, b)" in warning


@pytest.mark.parametrize("factor", [1.001, 1.02])
def test_a_rate_that_was_rounded_is_no_other_clock(factor: float) -> None:
    path = smooth(1)
    assert score(at_rate(path, factor), path).warnings == ()


def test_the_rate_of_another_system_of_television_is_one() -> None:
    path = smooth(1, 200, duration=8.0)
    assert len(score(at_rate(path, 25 / 24), path).warnings) == 1


@pytest.mark.parametrize(("n", "m", "longer"), [(16, 60, "generated clip"), (60, 16, "reference")])
def test_frames_that_have_no_partner_by_number_are_told(n: int, m: int, longer: str) -> None:
    note = (
        f"lengths differ: the reference has {n} frames and the generated clip {m}; frame i is compared with frame i, "
        f"so that only the first 16 of the 60 frames of the {longer} (27%) have a partner; "
        "if both show the whole move, use --time progress"
    )
    a, b = smooth(1, n), smooth(1, m)
    assert note in score(a, b, time="index").clips["trajectory"].notes
    mended = score(a, b, time="progress").clips["trajectory"]
    assert not any("lengths" in note for note in mended.notes)
    assert (mended.scores["RotErr"].value or 0) < 0.1
    assert not any("lengths" in note for note in score(a, a, time="index").clips["trajectory"].notes)


def test_rows_that_a_file_leaves_out_are_told_where_row_meets_row() -> None:
    a = smooth(1, 40)
    kept = np.r_[0:10, 15:40]
    b = a.replace(world_from_cam=a.world_from_cam[kept], time_s=a.time_s[kept], valid=a.valid[kept])
    (note,) = [each for each in score(a, b, protocol="cameractrl").clips["trajectory"].notes if "leaves frames" in each]
    assert "the generated clip leaves frames out before row 10" in note
    for pair in ((b, b), (a, a), (a, a.replace(valid=np.isin(np.arange(40), kept)))):
        assert not any(
            "leaves frames" in each for each in score(*pair, protocol="cameractrl").clips["trajectory"].notes
        )


def test_frame_numbers_that_begin_later_are_not_called_the_first() -> None:
    a = smooth(1, 60).replace(time_s=np.arange(60.0), time_source="index")
    b = smooth(1, 20).replace(time_s=3 * np.arange(20.0), time_source="index")
    (note,) = [note for note in score(a, b, protocol="cami2v-rel").clips["trajectory"].notes if "lengths" in note]
    assert "only 20 of the 60 frames of the reference (33%)" in note


def test_a_clip_that_lacks_frames_is_short_and_nothing_else() -> None:
    path = smooth(1)
    half = Trajectory(world_from_cam=path.world_from_cam[:20], time_s=path.time_s[:20], valid=np.ones(20, bool))
    assert score(path, half).warnings == ()
