"""Display matrices: all eight ways to turn and mirror a picture, as they are read and as a cut keeps them."""

from pathlib import Path

import av
import numpy as np
import pytest
from clips import encode, pan

from sfm.video.orientation import turn_of
from sfm.video.reader import load
from sfm.video.trim import cut


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
def test_a_cut_is_turned_and_mirrored_as_its_film(tmp_path: Path, rotation_deg: int, *, flip: bool) -> None:
    rgb = pan(1, 6, hw=(96, 160))
    film, part = encode(tmp_path / "film.mp4", rgb, rotation_deg=rotation_deg, hflip=flip), tmp_path / "part.mp4"
    with av.open(str(film)) as container:
        turn = turn_of(next(container.decode(video=0)))
    assert (turn.rotation_deg, turn.flip) == (rotation_deg, flip)
    cut(film, part, start=1, stop=5)
    shown, kept = load(film).rgb[1:5], load(part).rgb
    assert kept.shape == shown.shape
    assert np.abs(kept.astype(int) - shown).mean() < 5.0
