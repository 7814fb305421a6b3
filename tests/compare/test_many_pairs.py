"""Many pairs at once: each scores as it does alone, and neither calls nor memory grow as pairs do."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np
import pytest
from paths import smooth
from varied import varied

import compare.laid as laid
import compare.metrics.rotation as rotation
import compare.score_match as score_match
import trajectory as package
from compare import protocols
from compare.metrics import METRICS, Comparison
from compare.pair_scores import scores_of
from compare.posterior_scores import score_posteriors, score_posteriors_each
from compare.rows import PairScores, Score
from compare.scoring import score
from compare.sources import Clip
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

STRICT = protocols.get("strict")
KINDS = {
    "strict": STRICT,
    "progress": protocols.get("cinetechbench-fixed"),
    "index": replace(protocols.get("cami2v-abs"), draws=20),
    "downsample": replace(STRICT, time="downsample", metrics=("RotErr", "WorldScore")),
    "l21": protocols.get("worldscore"),
    "least squares": replace(STRICT, scale="least_squares"),
    "path length": replace(STRICT, scale="path_length", aggregation="rmse", angle="rad"),
    "gauge": protocols.get("gauge-ate"),
}
ROUNDING = 1e-12
ROUGHNESS = 1e-9
"""Smoothness is of third differences, which make the rounding of an even path a million times as large."""


def same(a: Score, b: Score) -> None:
    near = {"rel": ROUNDING, "abs": ROUGHNESS if a.name == "Smoothness" else ROUNDING}
    assert (a.name, a.unit, a.better, a.undefined, a.worst) == (b.name, b.unit, b.better, b.undefined, b.worst)
    assert a.value == (b.value if b.value is None else pytest.approx(b.value, **near))
    assert a.coverage == pytest.approx(b.coverage, rel=ROUNDING)
    assert (a.interval is None) == (b.interval is None)
    if a.interval is not None and b.interval is not None:
        np.testing.assert_allclose(a.interval, b.interval, rtol=1e-6, atol=1e-9)  # single precision
    assert (a.per_frame is None) == (b.per_frame is None)
    if a.per_frame is not None and b.per_frame is not None:
        np.testing.assert_allclose(a.per_frame, b.per_frame, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize(("kind", "spread"), [*((kind, False) for kind in KINDS), ("strict", True), ("index", True)])
def test_each_pair_scores_as_it_does_alone(kind: str, spread: bool) -> None:
    protocol = KINDS[kind]
    pairs = varied(16, spread=spread)
    refused = 0
    for pair, found in zip(pairs, score_posteriors_each(pairs, protocol), strict=True):
        if isinstance(found, CinetrajError):
            with pytest.raises(type(found), match=re.escape(str(found))):
                score_posteriors(pair.reference, pair.generated, protocol)
            refused += 1
            continue
        single = score_posteriors(pair.reference, pair.generated, protocol)
        assert (found.notes, found.facts) == (single.notes, single.facts)
        for mine, its in ((found.dropped, single.dropped), (found.charged, single.charged)):
            assert list(mine) == list(its)
            for name in mine:
                same(mine[name], its[name])
    assert refused < len(pairs) / 2


def test_the_pairs_are_of_many_kinds() -> None:
    found = [s for s in score_posteriors_each(varied(40, spread=False), STRICT) if isinstance(s, PairScores)]
    scores = [score for pair in found for score in pair.dropped.values()]
    assert len({pair.facts["samples"] for pair in found}) > 1  # so that there are groups
    assert len({score.undefined for score in scores}) > 6
    assert any(pair.charged["RotErr"] is not pair.dropped["RotErr"] for pair in found)
    assert any(pair.facts["undetermined"] > 0 for pair in found)


def test_a_pair_that_a_metric_refuses_does_not_take_the_others_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = smooth(1), smooth(2)

    def compute(both: Comparison) -> Score:
        if both.reference_trajectory is b:
            raise CinetrajError("not this one")
        return Score(name="Picky", value=1.0, unit="one")

    picky = replace(METRICS["Primitives"], name="Picky", compute=compute)
    monkeypatch.setattr("compare.pair_scores.metric_of", lambda name: picky)
    protocol = replace(STRICT, metrics=("Picky",), draws=0)
    groups, failed = laid.lay_out_together([laid.Two(reference=t, generated=a) for t in (a, b, a)], protocol)
    assert not failed
    first, second, third = scores_of(groups[0])
    assert isinstance(first, PairScores)
    assert isinstance(third, PairScores)
    assert str(second) == "not this one"


class Counted:
    """A function, and how often it was called."""

    def __init__(self, function: Any) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.calls += 1
        return self.function(*args, **options)


@pytest.mark.parametrize("frames_at_once", [400, 1600])
def test_calls_grow_with_chunks_and_not_with_pairs(monkeypatch: pytest.MonkeyPatch, frames_at_once: int) -> None:
    meet, angles = Counted(laid.meet), Counted(rotation.angles_between)
    monkeypatch.setattr(laid, "meet", meet)
    monkeypatch.setattr(rotation, "angles_between", angles)
    monkeypatch.setattr(score_match, "FRAMES_AT_ONCE", frames_at_once)
    sides = [{str(i): smooth(i + k, 40) for i in range(40)} for k in (0, 100)]
    result = score(*sides)
    chunks = 40 * 80 // frames_at_once
    assert result.coverage["ok"] == 40
    assert meet.calls == chunks  # equal clocks meet once
    assert angles.calls == chunks


def test_no_more_is_held_than_a_chunk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for i in range(12):
        for side in ("a", "b"):
            (tmp_path / side).mkdir(exist_ok=True)
            package.write(smooth(i, 20), tmp_path / side / f"clip-{i}.npz", format="native")
    held: WeakSet[Trajectory] = WeakSet()
    most = 0
    load = Clip.load

    def counted(clip: Clip, *args: str) -> Trajectory:
        nonlocal most
        found = load(clip, *args)
        held.add(found)
        most = max(most, len(held))
        return found

    monkeypatch.setattr(Clip, "load", counted)
    monkeypatch.setattr(score_match, "FRAMES_AT_ONCE", 3 * 40)
    told: list[int] = []
    result = score(tmp_path / "a", tmp_path / "b", progress=lambda done, _: told.append(done))
    assert told == list(range(1, 13))
    assert result.coverage["ok"] == 12
    assert 6 <= most <= 7  # three pairs, and the last one that is read beside the first of the next chunk
