"""The picture of a run."""

from pathlib import Path

import numpy as np
from made_shots import shot


def test_the_picture_shows_tracks_by_their_verdict(tmp_path: Path) -> None:
    from dataclasses import replace

    from matplotlib.figure import Figure

    from sfm.runs.figure import draw_frame

    tracks = np.full((3, 5, 2), np.nan)
    tracks[:2] = np.arange(20.0).reshape(2, 5, 2)
    picture = {
        "frame": np.array(2),
        "rgb": np.zeros((20, 30, 3), np.uint8),
        "tracks_px": tracks,
        "moving": np.array([False, True, True]),
    }
    axes = Figure().add_subplot()
    draw_frame(axes, replace(shot(), picture=picture))
    assert "frame 2: 1 tracks with the camera's motion (green), 1 against it (red)" in axes.get_title()
    assert len(axes.images) == 1
