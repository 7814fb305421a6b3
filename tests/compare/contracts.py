"""What every metric and every format keeps to, ours or another distribution's."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from paths import elsewhere, smooth

from compare.laid import lay_out
from compare.metrics import Comparison, Metric, Score, stacked
from compare.pair_scores import score_poses
from compare.protocols import Protocol
from trajectory.errors import CinetrajError
from trajectory.io import FORMATS, Format, losses, read, write
from trajectory.model import Provenance, Trajectory

FRAMES = 40
ORBITS = ("viewcrafter", "trajectorycrafter")


def _zooming(by: float) -> np.ndarray:
    k = np.tile(np.array([[500.0, 0, 320], [0, 500, 180], [0, 0, 1]]), (FRAMES, 1, 1))
    k[:, [0, 1], [0, 1]] *= np.linspace(1, by, FRAMES)[:, None]
    return k


def _clip(seed: int, zoom: float) -> Trajectory:
    depth = np.full(FRAMES, 4.0)
    held = Provenance(evidence={"gravity": {"pitch_deg": 10.0 * seed, "roll_deg": 3.0 * seed}})
    return smooth(seed, FRAMES, scene_depth=depth, intrinsics_px=_zooming(zoom), image_hw=(360, 640), provenance=held)


def _with_gaps(clip: Trajectory) -> Trajectory:
    valid = np.array(clip.valid)
    valid[5:12] = False
    poses = np.array(clip.world_from_cam)
    poses[~valid] = np.nan
    return clip.replace(world_from_cam=poses, valid=valid)


def _badness(score: Score) -> float:
    assert score.value is not None, score.undefined
    if score.better == "one":
        return abs(np.log(max(score.value, 1e-12)))
    return {"lower": score.value, "higher": 1 - score.value, "zero": abs(score.value)}[score.better]


def check_metric(metric: Metric) -> None:
    """Raise AssertionError where a metric breaks a law of all metrics."""
    assert metric.name
    assert metric.summary
    assert metric.unit
    assert (metric.combine is None) == (not metric.parts)
    assert metric.compute is None or metric.combine is None
    if metric.compute is None and metric.combine is None:
        return  # another method than "poses" computes it
    one, other = _clip(1, 1.0), _clip(2, 1.3)
    for angle in ("rad", "deg"):
        protocol = Protocol(name="contract", angle=angle, metrics=(metric.name,))
        equal, unlike, moved, short = (
            score_poses(one, clip, protocol) for clip in (one, other, elsewhere(other, 3), _with_gaps(other))
        )
        if metric.compute is not None and metric.over_pairs is not None:
            _check_together(
                metric, [lay_out(one, clip, protocol).comparison for clip in (one, other, _with_gaps(other))]
            )
        score = unlike.dropped[metric.name]
        assert (score.name, score.better) == (metric.name, metric.better)
        if score.worst is not None:
            assert score.worst == pytest.approx(metric.worst_in(angle)), "a clip and a point are charged alike"
        assert score.per_frame is None or score.per_frame.shape == (protocol.samples,)
        ideal = _badness(equal.dropped[metric.name])
        assert ideal == pytest.approx(0, abs=1e-6), "two equal clips have no error"
        assert _badness(score) > ideal, "two unlike clips have one"
        again = moved.dropped[metric.name].value
        assert again == pytest.approx(score.value, rel=1e-6), "the choice of the world and of its unit does not matter"
        dropped, charged = short.dropped[metric.name], short.charged[metric.name]
        assert (dropped.value is None) == bool(dropped.undefined), "what has no value says why"
        if dropped.value is not None:
            assert np.isfinite(dropped.value)
            assert _badness(charged) >= _badness(dropped), "missing poses never help"


def _check_together(metric: Metric, pairs: list[Comparison]) -> None:
    """What is computed of many pairs at once is what is computed of each."""
    assert metric.compute is not None
    assert metric.over_pairs is not None
    for found, pair in zip(metric.over_pairs(stacked(pairs)), pairs, strict=True):
        single = metric.compute(pair)
        assert found is None or (found.undefined, found.coverage) == (single.undefined, single.coverage)
        if found is not None and single.value is not None:
            assert found.value == pytest.approx(single.value, rel=1e-9, abs=1e-9)


def check_format(entry: Format, folder: Path) -> None:
    """Raise AssertionError where a format breaks a law of all formats."""
    assert FORMATS[entry.name] is entry
    assert entry.summary
    assert entry.target
    if entry.encode is None or entry.read is None:
        return
    if entry.stride > 1 or entry.name in ORBITS:  # of part of a path nothing can be asked
        return
    path = folder / entry.target.replace("NAME", "clip")
    before = smooth(1, 6, intrinsics_px=_zooming(1.0)[:6], image_hw=(360, 640))
    write(before, path, format=entry.name)
    after, lost = read(path, format=entry.name), losses(before, entry.name)
    np.testing.assert_allclose(after.world_from_cam, before.world_from_cam, rtol=0, atol=1e-9)
    if not any("times" in loss for loss in lost):
        np.testing.assert_allclose(after.time_s, before.time_s, rtol=0, atol=1e-6)
    if "image size" not in lost:
        assert after.image_hw == before.image_hw
        if not any("intrinsics" in loss for loss in lost):
            np.testing.assert_allclose(after.intrinsics_px, before.intrinsics_px, rtol=1e-9)
    with suppress(CinetrajError):  # where the evidence does not decide, nothing is guessed
        guessed = read(path)
        np.testing.assert_allclose(guessed.world_from_cam, before.world_from_cam, rtol=0, atol=1e-9)
