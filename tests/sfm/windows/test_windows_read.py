"""Clips in windows: every frame comes, shots are whole as far as they fit, and the pieces of a longer one overlap."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sfm.config import VideoConfig, WindowConfig
from sfm.types import Frames
from sfm.video.container import film
from sfm.video.encode import encode
from sfm.windows.read import is_long, pieces
from trajectory.errors import CinetrajError

WINDOWS = WindowConfig(beyond=40, frames=40, overlap=8)


def clip(place: Path, cuts: Sequence[int], count: int) -> Path:
    """A clip whose grey says which shot a frame is of."""
    shot = np.searchsorted(np.array(cuts), np.arange(count), side="right")
    rgb = np.broadcast_to((40 + 30 * shot).astype(np.uint8)[:, None, None, None], (count, 32, 48, 3))
    encode(np.ascontiguousarray(rgb), place, fps=24.0)
    return place


def by_grey(frames: Frames) -> tuple[tuple[int, int], ...]:
    grey = frames.rgb.mean((1, 2, 3))
    ends = [0, *(np.flatnonzero(np.abs(np.diff(grey)) > 15) + 1).tolist(), len(frames)]
    return tuple(itertools.pairwise(ends))


def read(place: Path) -> list[tuple[int, int, bool]]:
    found = []
    with film(place, VideoConfig()) as reel:
        for piece in pieces(reel, by_grey, WINDOWS):
            index = piece.frames.index
            assert index.tolist() == list(range(piece.start, piece.start + len(index)))
            assert np.ptp(piece.frames.rgb.mean((1, 2, 3))) < 15, "of one shot"
            np.testing.assert_allclose(piece.frames.time_s, index / 24, atol=1e-6)
            found.append((piece.start, piece.start + len(index), piece.continues))
    return found


@pytest.mark.parametrize(
    ("cuts", "count"),
    [((), 90), ((), 41), ((10, 25), 60), ((35,), 90), ((38, 41), 100), ((60,), 140), ((5, 100), 130), ((79,), 81)],
)
def test_shots_come_in_order_and_whole(cuts: tuple[int, ...], count: int, tmp_path: Path) -> None:
    found = read(clip(tmp_path / "clip.mp4", cuts, count))
    shots: list[list[tuple[int, int]]] = []
    for start, stop, continues in found:
        if continues:
            assert shots[-1][-1][1] - start == WINDOWS.overlap
            shots[-1].append((start, stop))
        else:
            shots.append([(start, stop)])
    assert [(pieces[0][0], pieces[-1][1]) for pieces in shots] == list(
        zip([0, *cuts], [*cuts, count], strict=True)
    )  # fmt: skip
    for pieces_of_one in shots:
        if pieces_of_one[-1][1] - pieces_of_one[0][0] <= WINDOWS.frames - WINDOWS.overlap:
            assert len(pieces_of_one) == 1


def test_a_cut_that_only_the_later_window_sees_near_its_beginning_is_not_believed(tmp_path: Path) -> None:
    def one_early_cut(frames: Frames) -> tuple[tuple[int, int], ...]:
        return ((0, len(frames)),) if frames.index[0] == 0 else ((0, 8), (8, len(frames)))

    with film(clip(tmp_path / "clip.mp4", (), 90), VideoConfig()) as reel:
        found = [(piece.start, piece.continues) for piece in pieces(reel, one_early_cut, WINDOWS)]
    assert found == [(0, False), (24, True), (48, True), (72, True)]


def test_what_is_long(tmp_path: Path) -> None:
    place = clip(tmp_path / "clip.mp4", (), 50)
    assert is_long(place, VideoConfig(), WINDOWS)
    assert not is_long(place, VideoConfig(), WindowConfig())
    assert not is_long(place, VideoConfig(fps=12.0), WINDOWS)
    assert not is_long(place, VideoConfig(stop_s=1.0), WINDOWS)
    assert not is_long(place, VideoConfig(start_s=1.0), WINDOWS)
    assert is_long(place, VideoConfig(start_s=0.1), WINDOWS)
    assert not is_long(place, VideoConfig(start_s=50.0), WINDOWS)
    assert is_long(clip(tmp_path / "clip.mkv", (), 50), VideoConfig(), WINDOWS)  # no count of frames in its header
    assert not is_long(tmp_path, VideoConfig(), WINDOWS)
    assert not is_long(tmp_path / "nowhere.mp4", VideoConfig(), WINDOWS)


def test_windows_that_cannot_work_are_refused() -> None:
    with pytest.raises(CinetrajError, match="overlap=20"):
        WindowConfig(frames=60, overlap=20)
