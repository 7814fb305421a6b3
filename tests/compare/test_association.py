"""Which pose meets which: the clock decides, and frame rates do not matter."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import smooth, strict

from compare import protocols
from compare.pair_scores import score_poses
from compare.scoring import score
from trajectory.errors import TimeSourceError
from trajectory.resample import at_times

seeds = st.integers(0, 2**32 - 1)


def _close(clip: dict) -> dict:
    kept = {}
    for name, value in clip.items():
        kept[name] = (
            pytest.approx(value, rel=1e-6, abs=1e-9) if isinstance(value, float) and name != "Smoothness" else value
        )
    return kept | {"Smoothness": pytest.approx(clip["Smoothness"], abs=1.5)}


def _shared_clock() -> protocols.Protocol:
    return replace(protocols.get("strict"), name="mine", clock="shared")


@given(seeds, st.sampled_from([8.0, 12.0, 48.0]))
@settings(max_examples=25, deadline=None)
def test_frame_rates_do_not_matter(seed: int, fps: float) -> None:
    # The same motion, shot at 24 and at another rate over the same two seconds, whose frames lie on the 24 fps path.
    a, b = smooth(seed, 49, duration=2.0), smooth(seed + 1, 49, duration=2.0)
    if fps > 24:
        times = np.linspace(0, 2, 2 * 48 + 1)
        fine_a, fine_b = at_times(a, times), at_times(b, times)
        assert strict(fine_a, b) == _close(strict(a, b))
        assert strict(b, fine_a) == _close(strict(b, a))
        assert strict(fine_a, fine_b)["RotErr"] == pytest.approx(strict(a, b)["RotErr"], rel=1e-9)
    coarse = at_times(a, np.linspace(0, 2, int(2 * fps) + 1))
    swapped = (strict(coarse, a), strict(a, coarse))
    for name in ("RotErr", "TransErr", "CamMC"):
        assert swapped[0][name] == pytest.approx(swapped[1][name], rel=1e-6, abs=1e-6)


def test_the_clock_decides_and_not_the_number_of_frames() -> None:
    a = smooth(3, 49, duration=2.0)
    slow = smooth(3, 49, duration=4.0)  # the same path at half the speed
    clip = strict(a, slow)
    assert clip["RotErr"] > 1
    assert strict(a, slow, time="progress")["RotErr"] == pytest.approx(0, abs=1e-9)
    found = score_poses(a, slow, protocols.get("strict"))
    facts = found.facts
    assert "100% of the reference's and 50% of the generated clip's duration" in found.notes[-1]
    assert not any("duration" in note for note in score_poses(a, a, protocols.get("strict")).notes)
    assert facts["overlap"] == pytest.approx(1.0)
    assert facts["overlap_generated"] == pytest.approx(0.5)


def test_a_clock_that_starts_elsewhere_is_the_same_clock() -> None:
    a = smooth(3)
    assert strict(a, a.replace(time_s=a.time_s + 1e9))["RotErr"] == pytest.approx(0, abs=1e-3)


def test_clocks_of_different_kinds_are_refused_with_the_remedy() -> None:
    a, b = smooth(1), smooth(1).replace(time_s=np.arange(40.0), time_source="index")
    with pytest.raises(TimeSourceError, match=r"--time index or --time progress"):
        score(a, b)
    for time in ("index", "progress", "truncate", "downsample"):
        assert strict(a, b, time=time)["RotErr"] == pytest.approx(0, abs=1e-9)
    mixed = score({"x": a, "y": a}, {"x": b, "y": a}).to_json()
    assert "--time index" in mixed["clips"]["x"]["failed"]
    assert mixed["summary"]["RotErr"] == pytest.approx(0, abs=1e-9)


def test_an_assumed_rate_is_a_clock_with_a_note() -> None:
    a, b = smooth(1), smooth(1).replace(time_source="assumed")
    result = score({"x": a}, {"x": b})
    assert result.clips["x"].scores["RotErr"].value == pytest.approx(0, abs=1e-9)
    assert (
        "the file of the generated clip carries no times: its frame rate was told or is assumed"
        in result.clips["x"].notes
    )
    both = ("neither clip's file carries times: frame rates were told or are assumed",)
    assert score({"x": b}, {"x": b}).clips["x"].notes == both
    assert not score({"x": b}, {"x": b}, protocol="ate-rpe").clips["x"].notes


def test_no_time_in_common_is_a_failed_row() -> None:
    a = smooth(1)
    late = a.replace(time_s=a.time_s + 1e6)
    result = score({"x": a}, {"x": late}, protocol=_shared_clock()).to_json()
    assert "share no time" in result["clips"]["x"]["failed"]
