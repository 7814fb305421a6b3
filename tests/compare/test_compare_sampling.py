"""Paths where they meet: frames are copied exactly, what lies between is interpolated, many pairs as each alone."""

import numpy as np
from paths import smooth

from compare import protocols
from compare.association import meet
from compare.sampling import sampled
from trajectory.resample import at_times

STRICT = protocols.get("strict")
A, B = smooth(1, 100), smooth(2, 100)
SLOW = smooth(3, 37, duration=float(A.time_s[-1]), scene_depth=np.linspace(2, 3, 37))


def test_equal_clocks_meet_on_frames_which_are_copied() -> None:
    pairs, a, b = sampled([meet(A, B, STRICT)], [A], [B])
    np.testing.assert_array_equal(a[0], A.world_from_cam)
    np.testing.assert_array_equal(b[0], B.world_from_cam)
    assert np.shares_memory(pairs[0].reference, a)


def test_between_frames_a_path_is_as_it_is_at_those_times() -> None:
    (pair,), _, _ = sampled([meet(A, SLOW, STRICT)], [A], [SLOW])
    wanted = at_times(SLOW, pair.generated_time_s)
    np.testing.assert_allclose(pair.generated, wanted.world_from_cam, atol=1e-12)
    assert pair.generated_depth is not None
    np.testing.assert_allclose(pair.generated_depth, wanted.scene_depth)


def test_many_pairs_are_sampled_as_each_alone() -> None:
    valid = np.arange(100) % 9 != 4
    holed = B.replace(valid=valid)
    sides = [(A, B), (A, SLOW), (B, holed), (SLOW, A)]
    meetings = [meet(a, b, STRICT) for a, b in sides]
    pairs, _, _ = sampled(meetings, [a for a, _ in sides], [b for _, b in sides])
    for pair, meeting, (a, b) in zip(pairs, meetings, sides, strict=True):
        (alone,), _, _ = sampled([meeting], [a], [b])
        np.testing.assert_allclose(pair.reference, alone.reference, rtol=1e-14)
        np.testing.assert_allclose(pair.generated, alone.generated, rtol=1e-14)
    assert np.isnan(pairs[2].generated[~pairs[2].scored]).all()
