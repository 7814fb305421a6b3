"""Where a cut is suspected: what mixes two shots, and peaks of change that are none."""

from typing import Any

import clips
import numpy as np
import pytest

from sfm.shots import boundaries as shots
from sfm.shots import suspicions


@pytest.mark.parametrize("share", [0.15, 0.5, 0.8])
def test_a_frame_that_mixes_both_shots_hides_no_cut(share: float) -> None:
    """A change of the frame rate mixes neighbours, those on both sides of a cut too."""
    left, right = clips.pan(1, 15, step_px=2.0), clips.pan(2, 15, step_px=-1.0)
    mixed = np.rint((1 - share) * left[-1:].astype(float) + share * right[:1]).astype(np.uint8)
    (cut,) = clips.shot_starts(np.concatenate([left, mixed, right]))
    assert cut in (15, 16)


def test_a_peak_of_change_that_is_no_cut_hides_no_dissolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the first blended frame of a shot that rests is."""
    rests, second = np.repeat(clips.pan(0, 1), 40, 0), clips.pan(1, 40, step_px=0.5)
    share = (np.arange(1, 9) / 9)[:, None, None, None]
    blend = np.rint((1 - share) * rests[:8] + share * second[:8]).astype(np.uint8)
    plain = suspicions.suspected

    def with_a_peak(*given: Any) -> Any:
        peaks, large = plain(*given)
        peaks[40] = True
        return peaks, large

    monkeypatch.setattr(suspicions, "suspected", with_a_peak)
    found = clips.shot_starts(np.concatenate([rests, blend, second[8:]]))
    assert len(found) == 1
    assert abs(found[0] - 44) <= 3


def test_where_tracks_break_off_a_blend_of_two_that_move_is_a_cut() -> None:
    """By itself it is explained too badly; what moves without a break there is none, and neither is what is linked."""
    first, second = clips.pan(0, 42, step_px=4.0), clips.pan(1, 42, step_px=-4.0)
    share = (np.arange(1, 13) / 13)[:, None, None, None]
    blend = np.rint((1 - share) * first[30:] + share * second[:12]).astype(np.uint8)
    whole = clips.as_frames(np.concatenate([first[:30], blend, second[12:]]))
    (found,) = shots.at_breaks(whole, [(28, 44)])
    assert abs(found - 36) <= 4
    assert shots.at_breaks(whole, [(2, 14)]) == []
    assert shots.at_breaks(clips.as_frames(clips.pan(0, 72, step_px=4.0)), [(28, 44)]) == []


@pytest.mark.parametrize("step", [1, -1])
def test_a_fade_of_one_frame_into_a_blank_one_is_no_blend_of_two_shots(step: int) -> None:
    rgb = clips.pan(0, 16, step_px=12.0)
    rgb[14], rgb[15] = rgb[14] * 0.25, 0
    assert clips.shot_starts(rgb[::step]) == []
