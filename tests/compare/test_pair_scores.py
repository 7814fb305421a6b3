"""One pair: standing still, missing poses, and the units of length."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from paths import elsewhere, path, smooth, strict

from compare import metrics
from compare.metrics import Metric, Score
from compare.protocols import Protocol
from compare.scoring import score
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory


def test_static_clips_are_not_blown_up_by_their_noise() -> None:
    random = np.random.default_rng(0)
    still = [path(1e-4 * random.normal(size=(49, 3)), np.zeros((49, 3))) for _ in range(2)]
    assert strict(*still)["TransErr"] == 0
    assert "does not translate" in strict(*still)["DirErr"]["undefined"]
    fixed = score(*still, protocol="cinetechbench-fixed").to_json()
    compat = score(*still, protocol="cami2v-rel").to_json()
    (a,), (b,) = fixed["clips"].values(), compat["clips"].values()
    assert a["TransErr"] == 0
    assert b["TransErr"] > 20  # the published normalisation reports the ratio of two noises


def test_a_camera_that_should_stand_still_and_moves_is_charged() -> None:
    still = path(np.zeros((40, 3)), np.zeros((40, 3)))
    clip = strict(still, smooth(1))
    assert clip["TransErr"] > 0.3
    assert strict(still, still)["TransErr"] == 0
    bounded = still.replace(scale="bounded", translation_bound=0.01)
    assert strict(bounded, bounded)["TransErr"] == 0


def test_frames_without_a_pose_are_charged_and_both_policies_are_shown() -> None:
    a = smooth(1, 101, duration=100.0)
    valid = np.ones(101, dtype=bool)
    valid[50:] = False
    result = score({"a": a}, {"a": a.replace(valid=valid)}).to_json()
    charged = result["summary"]["policies"]["worst"]["RotErr"]["value"]
    assert charged == pytest.approx(180 * 0.5, abs=3)
    assert result["summary"]["RotErr"] == charged
    # The last pose lasts as long as the others, as in a file that has no more frames; then there is nothing.
    kept = np.ones(50, dtype=bool)
    short = Trajectory(world_from_cam=a.world_from_cam[:50], time_s=a.time_s[:50], valid=kept)
    drop = [r["summary"]["policies"]["drop"] for r in (result, score({"a": a}, {"a": short}).to_json())]
    assert drop[0]["RotErr"]["value"] == drop[1]["RotErr"]["value"] < 0.01
    # The other way round the missing poses are the reference's: nothing is charged, the coverage says it.
    result = score({"a": a.replace(valid=valid)}, {"a": a})
    assert result.to_json()["summary"]["RotErr"] == pytest.approx(0, abs=1e-9)
    assert result.clips["a"].facts["scored"] == pytest.approx(0.5, abs=0.02)


def test_each_path_has_its_own_normalisation_when_relative_and_a_shared_one_when_absolute() -> None:
    # Half the way in the right direction: the shape is right, the length is not.
    u = np.linspace(0, 1, 40)[:, None]
    metric = {"scale": "metric"}
    full = path(u * [0, 0, 2.0], 0 * u * [1, 1, 1], **metric)
    half = path(u * [0, 0, 1.0], 0 * u * [1, 1, 1], **metric)
    relative, absolute = strict(full, half, scale="relative"), strict(full, half, scale="absolute")
    assert relative["TransErr"] == pytest.approx(0, abs=1e-12)
    assert absolute["TransErr"] == pytest.approx(0.25)  # the mean of half the way so far, over the reference's extent
    assert absolute["MotionRatio"] == relative["MotionRatio"] == pytest.approx(0.5)


def test_absolute_needs_a_common_unit_and_says_so() -> None:
    a, b = smooth(1), elsewhere(smooth(1), 3)
    assert "no common unit" in strict(a, b, scale="absolute")["TransErr"]["undefined"]
    deep = [t.replace(scene_depth=np.full(40, d)) for t, d in ((a, 2.0), (smooth(1), 2.0))]
    world = elsewhere(deep[1], 3)  # depth is scaled with the world
    clip = strict(deep[0], world, scale="absolute")
    assert clip["TransErr"] == pytest.approx(0, abs=1e-9)
    assert clip["MotionRatio"] == pytest.approx(1)
    still = path(np.zeros((40, 3)), np.zeros((40, 3)), scale="metric")
    moving = smooth(1, scale="metric")
    assert "is no unit" in strict(still, moving, scale="absolute")["TransErr"]["undefined"]
    assert strict(still, still, scale="absolute")["TransErr"] == 0


def scored_by(given: Any, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """The row of a clip under a metric of others that gives this."""
    theirs = Metric(name="Theirs", summary="theirs", unit="length", compute=lambda _: given)
    monkeypatch.setattr(metrics, "METRICS", MappingProxyType({**metrics.METRICS, "Theirs": theirs}))
    mine = Protocol(name="mine", metrics=("Theirs", "RotErr"))
    record = score({"a": smooth(1)}, {"a": smooth(2)}, protocol=mine).record()
    return json.loads(json.dumps(record, allow_nan=False))["clips"]["a"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.float64(1.5), 1.5),
        (float("nan"), {"undefined": "the metric came out as nan"}),
        (float("inf"), {"undefined": "the metric came out as inf"}),
        (None, {"undefined": "the metric gives no reason"}),
    ],
)
def test_a_metric_of_others_gives_a_number_or_has_a_reason(
    value: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores of all clips could not be saved for one that was NaN, in the words of JSON."""
    row = scored_by(Score(name="Theirs", value=value, unit="length"), monkeypatch)
    assert row["Theirs"] == told
    assert row["RotErr"] > 0


def test_a_metric_of_others_gives_a_score(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match="metric 'Theirs' gave a float, expected"):
        scored_by(1.0, monkeypatch)
    with pytest.raises((CinetrajError, TypeError)):
        Metric(name="Theirs", summary="", unit="length", better="up")  # pyright: ignore[reportArgumentType]
