"""Which frames are keyframes, and which are compared."""

from itertools import pairwise

import clips
import numpy as np
import pytest
import torch

from sfm.backends.dense.keyframes import around, clock_of, frame_motion_px, keyframes, left_out_after, neighbours
from sfm.flow.pyramid import grey_of, pyramid

WIDTH, SHARE = 320, 0.05
CPU = torch.device("cpu")


def motions() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    made = {
        "still": np.zeros(60),
        "slow": np.full(60, 0.5),
        "fast": np.full(60, 14.0),
        "faster than the limit": np.full(40, 40.0),
        "random": rng.exponential(4.0, 80),
        "a jump": np.where(np.arange(50) == 25, 150.0, 0.3),
        "a fast end of a slow clip": np.where(np.arange(20) >= 10, 90.0, 7.0),
        "stops and goes": np.where(np.arange(90) // 15 % 2 == 1, 9.0, 0.0),
    }
    for motion in made.values():
        motion[0] = 0.0
    return made


@pytest.mark.parametrize("name", list(motions()))
@pytest.mark.parametrize("fewest", [2, 6, 12])
def test_laws(name, fewest):
    motion = motions()[name]
    found = keyframes(motion, WIDTH, fewest=fewest, share=SHARE)
    assert found[0] == 0
    assert found[-1] == len(motion) - 1
    assert (np.diff(found) > 0).all()
    path = np.cumsum(motion)
    # Steps end at whole frames, so that the limit may be passed by the motion of one.
    steps = np.diff(path[found])
    longest = np.array([motion[a + 1 : b + 1].max() for a, b in pairwise(found)])
    assert (steps <= SHARE * WIDTH + longest + 1e-9).all()
    assert (np.diff(found) <= np.ceil((len(motion) - 1) / (fewest - 1)) + 1).all()


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_of_few_frames_every_one_is_a_keyframe(count):
    assert keyframes(np.arange(count) * 3.0, WIDTH, fewest=12, share=SHARE).tolist() == list(range(count))


@pytest.mark.parametrize("count", [13, 24, 60, 61])
def test_a_still_clip_is_spread_evenly(count):
    found = keyframes(np.zeros(count), WIDTH, fewest=12, share=SHARE)
    assert len(found) == 12
    assert np.ptp(np.diff(found)) <= 1


def test_a_clip_that_moves_more_has_more():
    counts = [len(keyframes(np.full(60, px), WIDTH, fewest=6, share=SHARE)) for px in (0.0, 1.0, 4.0, 8.0, 16.0, 50.0)]
    assert counts == sorted(counts)
    assert counts[0] == 6
    assert counts[-1] == 60


def test_where_it_moves_faster_they_are_closer():
    motion = np.where(np.arange(60) < 30, 1.0, 6.0)
    found = keyframes(motion, WIDTH, fewest=12, share=SHARE)
    assert (found >= 30).sum() > 1.5 * (found < 30).sum()


def test_motion_is_the_median_displacement_from_the_frame_before():
    texture = clips.texture(1)
    steps = np.array([0.0, 4.0, 10.0, 0.0, 24.0, 1.0])
    rgb = np.stack([clips.window(texture, 20 + x, 20 + 0.5 * x, (144, 256)) for x in np.cumsum(steps)])
    found = frame_motion_px(pyramid(grey_of(rgb, CPU), 5))
    assert found[0] == 0
    np.testing.assert_allclose(found, steps * np.hypot(1, 0.5), atol=0.4)


def test_motion_of_two_small_frames():
    rgb = clips.pan(2, 2, hw=(40, 56), step_px=3.0)
    assert frame_motion_px(pyramid(grey_of(rgb, CPU), 5))[1] == pytest.approx(3.0, abs=1.0)


@pytest.mark.parametrize(("count", "reach"), [(2, 1), (2, 3), (6, 2), (9, 3)])
def test_neighbours_are_mutual_and_idle_ones_are_one_self(count, reach):
    target = neighbours(count, reach, CPU)
    there = target != torch.arange(count)[:, None]
    assert target.shape == (count, 2 * reach)
    for own in range(count):
        real = target[own][there[own]].tolist()
        assert sorted(real) == [j for j in range(count) if 0 < abs(j - own) <= reach]
        assert [abs(j - own) for j in real] == sorted(abs(j - own) for j in real)
        for slot in range(2 * reach):
            if there[own, slot]:
                assert int(target[target[own, slot], slot ^ 1]) == own  # the opposite slot leads back


def test_frames_lie_between_the_keyframes_around_them():
    before, after = around(np.array([0, 3, 4]), np.arange(6))
    assert before.tolist() == [0, 0, 0, 1, 2, 1]
    assert after.tolist() == [0, 1, 1, 1, 2, 2]
    assert [each.tolist() for each in around(np.array([0]), np.array([0, 1]))] == [[0, 0], [0, 0]]


def test_a_mover_that_was_told_does_not_count_for_the_motion_of_the_picture():
    ground, mover = clips.texture(1), clips.texture(2)
    rgb = np.stack([clips.window(ground, 20 + 3.0 * i, 20, (256, 384)) for i in range(3)])
    rgb[:, :, 100:] = mover[:256, :284]  # rides with the camera
    moving = torch.zeros(3, 256, 384, dtype=torch.bool)
    moving[:, :, 100:] = True
    seen = pyramid(grey_of(rgb, CPU), 5)
    assert frame_motion_px(seen)[1:].max() < 1.0
    np.testing.assert_allclose(frame_motion_px(seen, moving)[1:], 3.0, atol=1.0)
    assert (frame_motion_px(seen, torch.ones_like(moving)) == 0).all()


def test_rounding_in_32_bits_moves_no_keyframe():
    rng = np.random.default_rng(5)
    motion = np.round(rng.uniform(0.5, 9.0, 90), 1)
    chosen = keyframes(motion, 640, fewest=15, share=0.1)
    for _ in range(20):
        noisy = motion * (1 + 1e-6 * rng.standard_normal(90))
        assert keyframes(noisy, 640, fewest=15, share=0.1).tolist() == chosen.tolist()


def test_frames_were_left_out_where_an_interval_is_longer_than_usual():
    numbers = np.array([0, 1, 2, 5, 6, 7, 8, 26, 27])
    assert left_out_after(np.array([0, 2, 4, 6, 8]), numbers / 25.0) == (1, 3)
    assert left_out_after(np.array([0, 3, 8]), numbers / 25.0) == (0, 1)
    assert left_out_after(np.array([0, 4, 8]), np.arange(9) / 25.0) == ()
    assert left_out_after(np.array([0]), np.zeros(1)) == ()


def test_blank_and_lost_frames_take_their_time_and_repeats_take_none():
    kept = np.array([0, 1, 5, 6, 8, 9])
    repeats = np.array([0, 1, 2, 3, 4, 5, 6, 6, 8, 9])  # 2 to 4 are blank, 7 shows 6 again
    time_s = np.arange(10) / 24.0
    np.testing.assert_array_equal(clock_of(kept, repeats, time_s), [0, 1, 5, 6, 7, 8])
    time_s[9] += 2 / 24.0  # two frames were dropped
    np.testing.assert_array_equal(clock_of(kept, repeats, time_s), [0, 1, 5, 6, 7, 10])
    np.testing.assert_array_equal(clock_of(np.array([0]), np.array([0]), np.array([3.0])), [0])
