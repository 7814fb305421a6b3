"""Intervals, paired comparison and the instrument's noise."""

from itertools import product

import numpy as np
import pytest
from estimates import estimate, other
from paths import smooth

from compare.scoring import score
from compare.uncertainty import EXACT_CLIPS, noise_floor, paired, paired_values, sign_flip_probability
from trajectory.errors import CinetrajError
from trajectory.frames import mirrored, time_reversed
from trajectory.model import Trajectory


def jittered(t: Trajectory, size: float, seed: int = 0) -> Trajectory:
    poses = np.array(t.world_from_cam)
    poses[:, :3, 3] += size * np.random.default_rng(seed).normal(size=(len(t), 3))
    return t.replace(world_from_cam=poses)


def test_the_same_model_is_not_better_than_itself() -> None:
    references = {str(i): smooth(i) for i in range(6)}
    a = score(references, {str(i): smooth(i + 50) for i in range(6)}, model="a")
    found = paired(a, a, "RotErr")
    assert found.difference == 0
    assert found.probability == 1
    assert found.verdict == "cannot tell: the interval of the difference includes 0"


def test_a_clearly_better_model_is_called_so_on_the_clips_that_both_have() -> None:
    references = {str(i): smooth(i) for i in range(8)}
    near = {str(i): jittered(smooth(i), 0.01, i) for i in range(8)}
    far = {str(i): smooth(i + 50) for i in range(7)}
    good, bad = score(references, near, model="near"), score(references, far, model="far")
    found = paired(good, bad, "TransErr", policy="drop")
    assert found.clips == 7
    assert found.first_better == 7
    assert found.verdict == "near is better"
    assert found.difference < 0
    assert found.probability < 0.05
    assert paired(bad, good, "TransErr", policy="drop").verdict == "near is better"
    assert paired(good, bad, "TransErr").clips == 8  # the missing clip is charged
    assert paired(good, bad, "TransErr", noise=100.0).verdict == "cannot tell: below the instrument's noise"


def test_models_under_different_protocols_are_not_compared() -> None:
    a = score({"x": smooth(1)}, {"x": smooth(2)})
    b = score({"x": smooth(1)}, {"x": smooth(2)}, time="progress")
    with pytest.raises(CinetrajError, match="one protocol"):
        paired(a, b, "RotErr")


def test_noise_is_measured_by_the_method_of_the_protocol() -> None:
    """That of CineTechBench's script is another one than ours, and so is its unit."""
    clip, shaken = smooth(1), smooth(2)
    for protocol in ("cinetechbench-compat", "strict"):
        floor = noise_floor([(clip, shaken, "resized")], protocol=protocol).median
        (row,) = score({"x": clip}, {"x": shaken}, protocol=protocol).clips.values()
        for metric in ("RotErr", "TransErr", "CamMC"):
            assert floor[metric] == pytest.approx(row.dropped[metric].value), (protocol, metric)
    exact = [(clip, time_reversed(clip), "reversed"), (clip, mirrored(clip), "mirrored")]
    assert noise_floor(exact, protocol="cinetechbench-compat").median["TransErr"] == pytest.approx(0, abs=1e-6)
    lost = clip.replace(valid=np.zeros(len(clip), bool))
    with pytest.raises(CinetrajError, match="no frame has a pose"):
        noise_floor([(clip, lost, "resized")], protocol="cinetechbench-compat")


def test_a_noiseless_instrument_has_no_floor_and_a_shaken_one_has_its_own() -> None:
    clip = smooth(1)
    exact = [(clip, clip, "reencoded"), (clip, time_reversed(clip), "reversed"), (clip, mirrored(clip), "mirrored")]
    floor = noise_floor(exact)
    assert floor.twins == 3
    assert floor.median["TransErr"] == pytest.approx(0, abs=1e-9)
    assert set(floor.by_kind) == {"reencoded", "reversed", "mirrored"}
    for kind, medians in floor.by_kind.items():
        assert medians["TransErr"] == pytest.approx(0, abs=1e-9), kind
        assert medians["RotErr"] == pytest.approx(0, abs=1e-9), kind
    # A twin that was not undone would be another motion altogether.
    assert noise_floor([(clip, mirrored(clip), "reencoded")]).median["RotErr"] > 1
    small, large = (
        noise_floor([(clip, jittered(clip, size, i), "resized") for i in range(5)]).median["TransErr"]
        for size in (0.001, 0.01)
    )
    assert large == pytest.approx(10 * small, rel=0.2)


def test_twins_that_failed_are_told() -> None:
    clip = smooth(1)
    lost = clip.replace(valid=np.zeros(len(clip), dtype=bool))
    floor = noise_floor([(clip, clip, "resized"), (clip, lost, "reversed")])
    assert len(floor.failed) == 1
    assert "reversed" in floor.failed[0]
    with pytest.raises(CinetrajError, match="no twin"):
        noise_floor([(clip, lost, "reversed")])


def test_a_verdict_that_cannot_tell_says_why() -> None:
    def said(*differences: float) -> str:
        a = {str(i): 5.0 + value for i, value in enumerate(differences)}
        return paired_values(a, dict.fromkeys(a, 5.0), "RotErr").verdict

    assert said(1.0) == "cannot tell: one clip decides nothing"
    assert said(1.0, 2.0) == "cannot tell: 2 clips in common, too few to decide (at least 6)"
    assert said(-1, 2, -3, 3, -2, 1) == "cannot tell: the interval of the difference includes 0"
    assert said(1, 2, 3, 2, 1, 2) == "second is better"
    assert "chance alone makes such a difference (p 0." in said(1, 1, 1, 1, -0.4, 0.3)


@pytest.mark.parametrize(
    ("differences", "probability"),
    [
        ((1.0,), 1.0),
        ((1.0, 2.0), 0.5),
        ((1.0, 2.0, 3.0), 0.25),
        ((1.0, 1.0, -1.0), 1.0),
        ((0.3, -0.1, -0.2), 1.0),  # nothing but rounding is left of the mean
        ((0.1,) * EXACT_CLIPS, 2 / 2**EXACT_CLIPS),
    ],
)
def test_of_few_clips_all_sign_flips_are_counted(differences: tuple[float, ...], probability: float) -> None:
    assert sign_flip_probability(np.array(differences)) == probability


def test_of_many_clips_sign_flips_are_drawn() -> None:
    difference = np.random.default_rng(4).normal(0.2, 1.0, EXACT_CLIPS + 1)
    drawn = np.random.default_rng(0).choice([-1.0, 1.0], (2000, EXACT_CLIPS + 1))
    every = np.array(list(product([-1.0, 1.0], repeat=EXACT_CLIPS + 1)))
    larger = [np.abs(signs @ difference) >= abs(difference.sum()) - 1e-12 for signs in (drawn, every)]
    found = sign_flip_probability(difference)
    assert found == (1 + larger[0].sum()) / 2001
    assert found == pytest.approx(larger[1].mean(), abs=0.04)
    assert 0.01 < found < 0.99


def test_ratios_are_judged_by_how_far_each_clip_is_from_one() -> None:
    """The mean of 0 and 2 is 1, and neither clip is right."""
    names = [str(i) for i in range(8)]
    wild = {name: 0.1 if i % 2 else 1.9 for i, name in enumerate(names)}
    near = {name: 0.8 if i % 2 else 0.7 for i, name in enumerate(names)}
    found = paired_values(wild, near, "MotionRatio", names=("wild", "near"))
    assert found.verdict == "near is better"
    assert found.difference == pytest.approx((np.log(10) + np.log(1.9) + np.log(0.8) + np.log(0.7)) / 2)
    half, twice = dict.fromkeys(names, 0.5), dict.fromkeys(names, 2.0)
    assert paired_values(half, twice, "MotionRatio").verdict.startswith("cannot tell")


def estimated(size: float, clips: int, seed: int) -> dict[str, Trajectory]:
    """The generations of a model that misses its references by about `size`, as an estimator sees them."""
    random = np.random.default_rng(seed)
    return {str(i): estimate(other(smooth(i), size, random), 0.03, random) for i in range(clips)}


def verdict(a: float, b: float, clips: int, metric: str = "RotErr") -> str:
    seen = np.random.default_rng(99)
    references = {str(i): estimate(smooth(i), 0.03, seen) for i in range(clips)}
    first = score(references, estimated(a, clips, 1), model="first")
    second = score(references, estimated(b, clips, 2), model="second")
    assert all(clip.scores[metric].interval is not None for clip in first.clips.values())
    return paired(first, second, metric).verdict


@pytest.mark.parametrize("metric", ["RotErr", "TransErr", "CamMC"])
def test_models_of_known_order_are_ranked_rightly_under_an_estimators_noise(metric: str) -> None:
    assert verdict(0.05, 0.3, 20, metric) == "first is better"
    assert verdict(0.8, 0.3, 20, metric) == "second is better"


def test_where_nothing_decides_it_cannot_tell() -> None:
    assert verdict(0.3, 0.3, 20).startswith("cannot tell")
    assert verdict(0.01, 0.012, 20).startswith("cannot tell")  # both are within the noise
    assert verdict(0.05, 0.8, 2).startswith("cannot tell")  # two clips decide nothing
    assert verdict(0.05, 0.8, 1).startswith("cannot tell")


def test_models_of_equal_skill_are_seldom_told_apart() -> None:
    random = np.random.default_rng(0)
    told = 0
    for _ in range(100):
        a, b = ({str(i): float(v) for i, v in enumerate(random.gamma(2, 1, 20))} for _ in range(2))
        told += not paired_values(a, b, "RotErr").verdict.startswith("cannot tell")
    assert told <= 10
