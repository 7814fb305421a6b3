"""The picture of a run."""

from pathlib import Path

import numpy as np

from sfm.runs.estimate import ShotEstimate
from trajectory.model import Trajectory


def trajectory(n: int = 5) -> Trajectory:
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, 0, 3] = np.arange(n)
    valid = np.ones(n, bool)
    valid[1] = False
    return Trajectory(world_from_cam=poses, time_s=np.arange(n) / 10, valid=valid)


def shot(start: int = 0, *, status: str = "ok") -> ShotEstimate:
    found = None if status == "failed" else trajectory()
    return ShotEstimate(
        start=start,
        stop=start + 5,
        start_s=start / 10,
        end_s=start / 10 + 0.4,
        status=status,  # type: ignore[arg-type]
        reason="" if status == "ok" else "no texture",
        motion_model=None if found is None else "full",
        trajectory=found,
        registered=0 if found is None else 4,
        statistics={"tracks": 12},
        seconds={"motion_models": 0.5},
        notes=(),
        picture={"frame": np.array(2), "rgb": np.zeros((20, 30, 3), np.uint8)},
    )


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
