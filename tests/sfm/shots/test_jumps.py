"""Cuts and no cuts by physics: jumps inside a rendered scene; flashes, melting and bars in one take."""

from functools import cache

import clips
import numpy as np
import pytest

from sfm.shots import boundaries as shots
from sfm.shots.judged import Suspect, one_through_change
from sfm.synthetic import ClipSpec, render

HW = (108, 192)


def starts(rgb: np.ndarray, fps: float = 25.0) -> list[int]:
    return [start for start, _ in shots.split(clips.as_frames(rgb, fps))[1:]]


@cache
def take(*, melt: float = 0.0) -> np.ndarray:
    """One take of a room, from a camera that travels and turns; or that only turns while all melts."""
    spec = ClipSpec(
        seed=300,
        scene="room",
        move={"pan_deg": 20.0} if melt else {"truck": 0.3, "pan_deg": -4.0},
        frames=16,
        image_hw=HW,
        focal_px=165.0,
        easing="linear",
        melt=melt,
        melt_wave_px=38.0,
        melt_frames=3.0,
    )
    return render(spec).rgb


def stills(*views: np.ndarray, length: int = 10) -> np.ndarray:
    """Each picture held, with sensor noise."""
    held = np.concatenate([np.repeat(view[None], length, 0) for view in views])
    return clips.noisy(held, 1.5, np.random.default_rng(0))


# Jumps


@pytest.mark.parametrize(("first", "second"), [(0, 15), (15, 0)])
def test_a_jump_between_two_views_of_one_scene_is_a_cut(first: int, second: int) -> None:
    assert starts(stills(take()[first], take()[second])) == [10]


@pytest.mark.parametrize("repeats", [2, 5])
def test_frames_that_are_shown_several_times_are_no_jumps(repeats: int) -> None:
    rgb = np.repeat(clips.pan(2, 8, step_px=9.0, noise=0.0), repeats, 0)
    assert starts(clips.noisy(rgb, 1.0, np.random.default_rng(0))) == []


# What is none


@pytest.mark.parametrize("fps", [8.0, 25.0])
@pytest.mark.parametrize("length", [1, 3])
def test_a_white_flash_that_dies_away_is_no_cut(length: int, fps: float) -> None:
    rgb = take()
    white = np.zeros(16)
    white[6 : 6 + length] = 1.0
    white[6 + length : 10 + length] = (0.8, 0.55, 0.3, 0.1)
    lit = rgb + (255.0 - rgb) * white[:, None, None, None]
    assert starts(np.rint(lit).astype(np.uint8), fps) == []


def test_a_short_clip_that_melts_is_one_shot() -> None:
    assert starts(take(melt=4.0), 8.0) == []


def test_a_stretch_without_tracks_is_no_cut_though_the_layout_holds_in_between() -> None:
    """Seen in a generated clip of 16 frames: tracks lost at 1, 2 and 4, 5, 6, the colours alike at 3."""

    def suspect(frame: int, by: str = "", kind: str = "change") -> Suspect:
        return Suspect(frame=frame, kind=kind, cut=not by, why="", by=by)

    def cuts(*suspects: Suspect) -> list[int]:
        return [suspect.frame for suspect in one_through_change(list(suspects)) if suspect.cut]

    assert cuts(suspect(1), suspect(2), suspect(3, "layout"), suspect(4), suspect(5), suspect(6)) == []
    assert cuts(suspect(3, "tracks"), suspect(4), suspect(5), suspect(6)) == []
    assert cuts(suspect(1), suspect(2), suspect(3, "tracks"), suspect(4)) == [1, 2, 4]
    assert cuts(suspect(1), suspect(2, kind="cut"), suspect(3)) == [1, 2, 3]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("barred", [slice(0, 1), slice(9, 16)])
def test_bars_that_come_or_go_are_no_cut(axis: int, barred: slice) -> None:
    rgb = take().copy()
    bar = HW[axis] // 7
    view = np.moveaxis(rgb[barred], axis + 1, 1)
    view[:, :bar] = view[:, -bar:] = 0
    assert starts(rgb) == []
