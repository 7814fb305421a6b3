"""The tracker on pictures whose motion is known: a window that slides over a texture."""

import clips
import cv2
import numpy as np
import pytest

from sfm.config import TrackConfig
from sfm.tracking.track import Tracks, track
from sfm.types import Frames, Masks

HW = (150, 220)


def everything(frames: Frames) -> Masks:
    n = len(frames)
    return Masks(usable=np.ones(frames.hw, bool), blank=np.zeros(n, bool), duplicate_of=np.arange(n))


def sliding(offset_px: np.ndarray, *, noise: float = 1.0, seed: int = 1) -> Frames:
    """A window whose corner stands at these places (n, 2) of one texture."""
    image = clips.texture(seed, (420, 620))
    rgb = np.stack([clips.window(image, x, y, HW) for x, y in offset_px])
    return clips.as_frames(clips.noisy(rgb, noise, np.random.default_rng(seed)))


def straight(count: int, step: tuple[float, float]) -> np.ndarray:
    return np.array([60.0, 60.0]) + np.arange(count)[:, None] * np.array(step)


def run(frames: Frames, evidence: Masks | None = None, **settings: float) -> Tracks:
    return track(frames, evidence or everything(frames), TrackConfig(**settings))


def step_errors(tracks: Tracks, offset_px: np.ndarray) -> np.ndarray:
    """How far each track is from where its first position says that it must be, in pixels."""
    place = tracks.xy_px + offset_px  # coordinates of the texture: constant along a track
    first = np.argmax(tracks.seen, axis=1)
    return np.linalg.norm(place - place[np.arange(len(place)), first][:, None], axis=-1)


@pytest.mark.parametrize("step", [(0.15, 0.0), (3.0, 1.0), (-7.0, 2.0)])
def test_tracks_follow_the_motion_to_a_fraction_of_a_pixel(step):
    offset = straight(12, step)
    tracks = run(sliding(offset))
    assert tracks.xy_px.shape[1:] == (12, 2)
    assert len(tracks.xy_px) > 80
    error = step_errors(tracks, offset)
    assert np.nanmedian(error) < 0.08
    assert np.nanquantile(error, 0.95) < 0.4


def test_content_of_a_noisy_clip_is_followed_too():
    offset = straight(12, (2.0, 0.5))
    tracks = run(sliding(offset, noise=5.0))
    assert len(tracks.xy_px) > 60
    assert np.nanmedian(step_errors(tracks, offset)) < 0.3


def test_points_are_found_again_where_new_content_comes_in():
    offset = straight(20, (6.0, 0.0))
    tracks = run(sliding(offset))
    last = tracks.xy_px[tracks.seen[:, -1], -1]
    assert (last[:, 0] > 0.8 * HW[1]).sum() >= 8  # content that was outside of the first frames


def test_every_frame_is_covered_in_all_its_quarters():
    tracks = run(sliding(straight(15, (4.0, 2.0))))
    for i in range(15):
        xy = tracks.xy_px[tracks.seen[:, i], i]
        quarter = 2 * (xy[:, 1] > HW[0] / 2) + (xy[:, 0] > HW[1] / 2)
        assert np.bincount(quarter.astype(int), minlength=4).min() >= 8


def test_unusable_pixels_carry_no_tracks():
    frames = sliding(straight(10, (3.0, 0.0)))
    usable = np.ones(HW, bool)
    usable[:40] = False
    usable[100:130, 150:] = False
    plain = everything(frames)
    evidence = Masks(usable=usable, blank=plain.blank, duplicate_of=plain.duplicate_of)
    tracks = run(frames, evidence)
    column, row = np.rint(tracks.xy_px[tracks.seen]).astype(int).T
    assert len(row) > 200
    assert usable[row, column].all()


def test_blank_and_repeated_frames_carry_no_tracks_and_break_none():
    offset = straight(12, (2.0, 1.0))
    frames = sliding(offset)
    rgb = frames.rgb.copy()
    rgb[4] = 0
    rgb[7] = rgb[6]
    blank, repeats = np.zeros(12, bool), np.arange(12)
    blank[4], repeats[7] = True, 6
    evidence = Masks(usable=np.ones(HW, bool), blank=blank, duplicate_of=repeats)
    tracks = run(clips.as_frames(rgb), evidence)
    assert not tracks.seen[:, [4, 7]].any()
    assert (tracks.seen[:, 3] & tracks.seen[:, 5]).sum() > 40
    assert (tracks.seen[:, 6] & tracks.seen[:, 8]).sum() > 40
    assert np.nanmedian(step_errors(tracks, offset)) < 0.1
    assert len(tracks.survival) == 9  # steps between the ten frames that testify


def test_a_jump_that_defeats_klt_is_bridged_by_matches():
    offset = straight(12, (2.0, 0.0))
    offset[6:] += (70.0, 25.0)
    tracks = run(sliding(offset))
    assert tracks.relinked.tolist() == [6]
    across = tracks.seen[:, 5] & tracks.seen[:, 6]
    assert across.sum() >= 10
    step = tracks.xy_px[across, 6] - tracks.xy_px[across, 5]
    np.testing.assert_allclose(np.median(step, axis=0), (-72, -25), atol=0.5)
    assert (np.linalg.norm(step + (72, 25), axis=1) < 2).mean() > 0.9
    # Seen once before the jump, they would not tell the scale of what comes after it.
    assert (tracks.seen[across, :6].sum(1) >= 4).mean() > 0.8
    assert np.nanmedian(step_errors(tracks, offset)[across, :6]) < 0.1


def test_slow_clips_are_not_relinked():
    tracks = run(sliding(straight(8, (1.0, 0.0))))
    assert len(tracks.relinked) == 0
    assert tracks.survival.min() > 0.6


def test_a_cut_leaves_no_tracks_across():
    one, two = sliding(straight(6, (1.0, 0.0)), seed=1).rgb, sliding(straight(6, (1.0, 0.0)), seed=2).rgb
    tracks = run(clips.as_frames(np.concatenate([one, two])))
    across = (tracks.seen[:, 5] & tracks.seen[:, 6]).sum()
    assert across < 0.1 * tracks.seen[:, 5].sum()


def test_what_a_subject_covers_for_some_frames_is_found_again_behind_it():
    offset = straight(24, (2.0, 0.0))
    rgb = sliding(offset).rgb.copy()
    coat = sliding(straight(5, (-9.0, 3.0)), seed=7).rgb
    rgb[10:15] = coat
    tracks = run(clips.as_frames(rgb))
    across = tracks.seen[:, :10].any(1) & tracks.seen[:, 15:].any(1)
    assert across.sum() >= 20
    error = step_errors(tracks, offset)[across][:, [*range(10), *range(15, 24)]]
    assert np.nanmedian(error) < 0.5
    assert (tracks.seen[across, :10].sum(1) >= 4).mean() > 0.8
    nothing_like_it = rgb.copy()
    nothing_like_it[15:] = sliding(offset[15:], seed=8).rgb
    other = run(clips.as_frames(nothing_like_it)).seen
    assert (other[:, :10].any(1) & other[:, 15:].any(1)).sum() < 12


@pytest.mark.parametrize("least", [2, 6])
def test_short_tracks_are_left_out(least):
    tracks = run(sliding(straight(12, (6.0, 0.0))), min_length=least)
    assert tracks.seen.sum(1).min() >= least


def test_two_frames_have_tracks_of_two():
    frames = sliding(straight(2, (3.0, 1.0)))
    assert len(run(frames).xy_px) > 40
    again = clips.as_frames(frames.rgb[[0, 0, 1, 1]])
    repeats = Masks(usable=np.ones(HW, bool), blank=np.zeros(4, bool), duplicate_of=np.array([0, 0, 2, 2]))
    assert len(run(again, repeats).xy_px) > 40


def test_tracks_have_no_holes_but_where_frames_do_not_testify():
    tracks = run(sliding(straight(12, (4.0, 1.0))))
    for row in tracks.seen:
        at = np.flatnonzero(row)
        assert at[-1] - at[0] + 1 == len(at)


def test_no_texture_gives_no_tracks():
    flat = np.full((6, *HW, 3), 128, np.uint8)
    assert track(clips.as_frames(flat), everything(clips.as_frames(flat))).xy_px.shape == (0, 6, 2)


def test_equal_frames_give_equal_tracks():
    frames = sliding(straight(8, (3.0, 0.0)))
    np.testing.assert_array_equal(run(frames).xy_px, run(frames).xy_px)


def test_the_mirror_image_moves_the_other_way():
    frames = sliding(straight(8, (3.0, 0.0)))
    flipped = clips.as_frames(np.ascontiguousarray(frames.rgb[:, :, ::-1]))
    motion = [np.nanmedian(np.diff(run(f).xy_px, axis=1), axis=(0, 1)) for f in (frames, flipped)]
    np.testing.assert_allclose(motion[0], (-3, 0), atol=0.05)
    np.testing.assert_allclose(motion[1], (3, 0), atol=0.05)


def test_a_turning_picture_is_followed():
    image = clips.texture(4, (420, 620))
    middle = (HW[1] / 2, HW[0] / 2)
    rgb = []
    for k in range(12):
        turn = cv2.getRotationMatrix2D((310, 210), 1.0 * k, 1.0)
        turn[:, 2] -= (310 - middle[0], 210 - middle[1])
        rgb.append(cv2.warpAffine(image, turn, (HW[1], HW[0])))
    tracks = run(clips.as_frames(np.stack(rgb)))
    both = tracks.seen[:, 0] & tracks.seen[:, 11]
    assert both.sum() > 40
    a, b = tracks.xy_px[both, 0] - middle, tracks.xy_px[both, 11] - middle
    angle = np.degrees(np.arctan2(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], (a * b).sum(1)))
    assert np.median(angle) == pytest.approx(-11, abs=0.1)


def test_content_of_a_flickering_clip_is_followed_too():
    offset = straight(12, (2.0, 0.5))
    gain = 1 + 0.05 * np.random.default_rng(3).standard_normal(12)
    rgb = np.rint((20 + 0.7 * sliding(offset, noise=0.0).rgb) * gain[:, None, None, None]).clip(0, 255)
    tracks = run(clips.as_frames(rgb.astype(np.uint8)))
    assert len(tracks.xy_px) > 60
    assert np.nanmedian(step_errors(tracks, offset)) < 0.4
