"""What lies around a picture, once for the cuts and for the masks of a shot."""

import clips
import numpy as np
from test_fills import filled, film
from test_rims import framed, moving

from sfm.masks import find as evidence
from sfm.masks.blank import to_grey
from sfm.masks.surround import find_surround

HW = (180, 320)


def noted(rgb: np.ndarray) -> str:
    around = find_surround(to_grey(rgb))
    judged = evidence.find(clips.as_frames(rgb))
    assert (around.note,) == judged.notes[:1] if around.note else not judged.notes
    assert not judged.usable[around.mask].any()
    return around.note


def test_each_kind_has_its_note() -> None:
    plain = clips.pan(0, 12, hw=HW, step_px=4)
    assert noted(plain) == ""
    barred = plain.copy()
    barred[:, :20] = barred[:, -20:] = 0
    assert noted(barred) == "bars masked: top 20 px, bottom 20 px"
    assert noted(filled(film(0, 12))).startswith("blurred copies beside the picture masked: left ")
    assert noted(framed(moving(), (20, 20, 30, 30))) == (
        "a frame that rests around the picture masked: top 20 px, bottom 20 px, left 30 px, right 30 px"
    )
