"""A clip longer than its windows, from the file to its path."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from clips import as_frames, pan

import sfm
from sfm.config import AutoConfig, EstimateConfig, VideoConfig, WindowConfig
from sfm.video.container import film
from sfm.video.encode import encode
from sfm.windows.shots import estimated
from trajectory.errors import CinetrajError

WINDOWS = WindowConfig(beyond=64, frames=64, overlap=16)


@pytest.mark.slow
def test_a_long_shot_between_short_ones(tmp_path: Path) -> None:
    encode(np.concatenate([pan(1, 14, step_px=3.0), pan(2, 100, step_px=1.5)]), tmp_path / "clip.mp4", fps=30.0)
    told: list[str] = []
    config = EstimateConfig(windows=WINDOWS, threads=1, save=("points",), backend=AutoConfig(dense=False), fov_deg=50.0)
    found = sfm.estimate(tmp_path / "clip.mp4", config, progress=lambda name, _: told.append(name))
    assert [(shot.start, shot.stop) for shot in found.shots] == [(0, 14), (14, 114)]
    assert [shot.motion_model for shot in found.shots] == ["full", "full"], (
        "a shift of the picture is a truck before a wall"
    )
    shot = found.shots[1]
    assert shot.trajectory is not None
    assert len(shot.statistics["seams"]) == 2
    assert shot.trajectory.valid.all()
    way = shot.trajectory.positions
    even = np.linspace(0, 1, 100)[:, None] * way[-1]
    assert np.abs(way - even).max() < 0.03 * np.linalg.norm(way[-1])
    steps = np.linalg.norm(np.diff(way, axis=0), axis=1)
    assert np.abs(steps / np.median(steps) - 1).max() < 0.5  # no jump where pieces meet
    assert any(name.startswith("frame 114, ") for name in told)
    assert "too long to be held" in shot.unsaved["points"]
    assert found.video["frames"] == 114
    assert any("read in windows of 64 frames" in note for note in found.notes)
    assert set(found.to_json()["seconds"]) >= {"decode", "shots", "tracks", "total"}
    with pytest.raises(CinetrajError, match=r"a mask cannot be laid; cut it .* or hold it whole"):
        sfm.estimate(tmp_path / "clip.mp4", EstimateConfig(windows=WINDOWS, mask=str(tmp_path / "clip.mp4")))


def test_what_a_clip_in_windows_cannot_keep_is_told_before_the_work_and_what_it_lacks_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode(np.zeros((130, 32, 32, 3), np.uint8), tmp_path / "clip.mkv", fps=30.0)
    whole = (tmp_path / "clip.mkv").read_bytes()
    (tmp_path / "clip.mkv").write_bytes(whole[: 6 * len(whole) // 10])
    at: list[str] = []
    monkeypatch.setattr(warnings, "warn", lambda text, *_, **__: at.append(text))
    config = EstimateConfig(windows=WINDOWS, threads=1, save=("depth", "mask"))
    sfm.estimate(tmp_path / "clip.mkv", config, progress=lambda name, _: at.append(name))
    begun = at.index("reading")
    assert "windows, which keep nothing of --save depth,mask; cut it (" in " ".join(at[:begun])
    assert any("clip.mkv: the file is cut short" in each for each in at[begun:])


def test_a_clip_without_a_frame_is_nothing(tmp_path: Path) -> None:
    frames = as_frames(np.zeros((3, 32, 32, 3), np.uint8))
    encode(frames.rgb, tmp_path / "clip.mp4", fps=30.0)

    def never(*_: object) -> None:
        raise AssertionError

    with film(tmp_path / "clip.mp4", VideoConfig(start_s=50.0)) as reel:
        assert estimated(reel, lambda _: (), never, WINDOWS, never) is None  # pyright: ignore[reportArgumentType]
