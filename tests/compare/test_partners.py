"""Frames that meet nothing are told wherever frame meets frame."""

import numpy as np
import pytest
from paths import smooth

from compare.scoring import score


@pytest.mark.parametrize(
    ("protocol", "time", "remedy"),
    [
        ("cami2v-rel", None, "; if both show the whole move, use --time progress"),
        ("cami2v-rel", "truncate", "; if both show the whole move, use --time progress"),
        ("cinetechbench-compat", None, "; if both show the whole move, use --time downsample"),
        ("monst3r-ate-rpe", None, ""),
        ("ate-rpe", "index", ""),
        ("mind-rpe", None, ""),
    ],
)
def test_the_end_of_the_longer_clip_is_told_to_meet_nothing(protocol: str, time: str | None, remedy: str) -> None:
    """By rows it was left out without a word."""
    (row,) = score(smooth(1, 50), smooth(2, 40), protocol=protocol, time=time).clips.values()
    assert (
        "lengths differ: the reference has 50 frames and the generated clip 40; frame i is compared with frame i, so "
        f"that only the first 40 of the 50 frames of the reference (80%) have a partner{remedy}"
    ) in row.notes
    (row,) = score(smooth(1, 40), smooth(2, 40), protocol=protocol, time=time).clips.values()
    assert not any("have a partner" in note for note in row.notes)


def test_other_frames_that_are_left_out_are_told() -> None:
    (row,) = score(smooth(1, 220), smooth(2, 210), protocol="mind-rpe").clips.values()
    assert row.notes == ("only the first 200 frames are compared, of 210, as MIND does",)
    (row,) = score(smooth(1, 49, fps=24), smooth(2, 51, fps=25), protocol="ate-rpe").clips.values()
    (note,) = row.notes
    assert note.endswith(
        "of 49 of the reference and 51 of the generated clip: the others have none within 10 ms in the other clip"
    )
    whole = smooth(1)
    holes = whole.replace(valid=~np.isin(np.arange(len(whole)), (3, 4, len(whole) - 1)))
    (row,) = score(whole, holes, protocol="cinetechbench-compat").clips.values()
    assert (
        "the generated clip has 2 frames without a pose, and no rows for them: what comes after is moved up"
        in row.notes
    )
