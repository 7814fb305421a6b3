"""Who made a trajectory, and the warning where two sides were not made alike."""

from paths import smooth

from compare.estimators import estimator, estimator_warnings, estimators
from compare.rows import ClipScores
from trajectory.model import Provenance


def row(name: str, reference: str, generated: str) -> ClipScores:
    return ClipScores(name=name, estimators=(reference, generated))


def test_a_trajectory_without_an_origin_says_nothing() -> None:
    assert estimator(smooth(1)) == ""
    assert estimator(smooth(1).replace(provenance=Provenance())) == ""


def test_versions_and_settings_tell_estimators_apart() -> None:
    made = [
        estimator(smooth(1).replace(provenance=Provenance(backend="auto", config=config, versions={"numpy": "2"})))
        for config in ({"seed": 0}, {"seed": 1}, {"seed": 0})
    ]
    assert made[0] == made[2] != made[1]
    assert made[0] == 'auto (numpy 2) {"seed": 0}'


def test_only_estimates_of_different_making_are_warned_of() -> None:
    alike = {
        "a": row("a", "auto () {}", "auto () {}"),
        "b": row("b", "rendered 1", "auto () {}"),
        "c": row("c", "", "x"),
    }
    assert estimator_warnings(alike) == ()
    assert estimators(alike) == {"reference": ["auto () {}", "rendered 1"], "generated": ["auto () {}", "x"]}
    mixed = alike | {name: row(name, "auto () {}", "colmap () {}") for name in "defg"}
    (warning,) = estimator_warnings(mixed)
    assert "differently in 4 pairs (d, e, f …)" in warning
