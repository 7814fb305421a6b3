"""Every primitive has a number, and a flag where it is no more than the best estimate."""

import json

import numpy as np
import pytest
from motions import SIGN, build, primitive

from trajectory.best_estimates import NOT_KNOWN, UNRELIABLE
from trajectory.candidates import Candidates
from trajectory.components import NAMES
from trajectory.description import DescribeConfig, describe
from trajectory.model import Provenance
from trajectory.probabilities import MOVES as USUAL

MOVES = tuple(name for name in NAMES if name.startswith("Move"))
RULES = ("apparent", "authors")


def turned(**evidence):
    """A pan of which nothing bounds the translation."""
    return build(turn_deg=(0, 20, 0)).replace(
        scale="bounded", translation_bound=np.inf, provenance=Provenance(evidence=evidence)
    )


@pytest.mark.parametrize("rule", RULES)
def test_an_unknown_translation_is_no_displacement_flagged(rule):
    found = describe(turned(), DescribeConfig(rule=rule))
    assert all(isinstance(value, float) for value in found.scores.values())
    assert {found.scores[name] for name in MOVES} == {0.0}
    assert {found.flagged[name] for name in MOVES} == {NOT_KNOWN}
    assert "Pan_Right" not in found.flagged
    assert {found.decisions[name].yes for name in MOVES} == {None}
    assert {found.decisions[name].margin for name in MOVES} == {-1.0}
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize("rule", RULES)
def test_nan_leaves_them_out_and_flags_them_all_the_same(rule):
    number = describe(turned(), DescribeConfig(rule=rule))
    left = describe(turned(), DescribeConfig(rule=rule, unknown="nan"))
    assert {left.scores[name] for name in MOVES} == {None}
    assert {left.decisions[name].margin for name in MOVES} == {None}
    assert left.flagged == number.flagged
    known = [name for name in NAMES if name not in left.flagged]
    assert {n: left.scores[n] for n in known} == {n: number.scores[n] for n in known}


@pytest.mark.parametrize("rule", RULES)
def test_an_unknown_static_ranks_below_what_is_known_to_be_fixed_and_above_what_moves(rule):
    config = DescribeConfig(rule=rule)
    unknown = describe(build().replace(scale="bounded", translation_bound=np.inf), config)
    assert unknown.flagged["Static"] == NOT_KNOWN
    fixed = describe(build(turn_deg=(0, 0.1, 0)), config)
    moving = describe(build(turn_deg=(0, 5, 0)), config)
    assert moving.scores["Static"] < unknown.scores["Static"] < fixed.scores["Static"]


def test_candidates_give_the_posterior_mean():
    other = primitive("Move_In", 0.5)
    own_score = describe(other).scores["Move_In"]
    both = Candidates(own=0.6, others=((0.3, other), (0.1, primitive("Move_Out", 0.5))))
    found = describe(turned(), candidates=both)
    assert found.scores["Move_In"] == pytest.approx((0.3 - 0.1) * own_score)
    assert found.scores["Pan_Right"] == describe(turned()).scores["Pan_Right"]
    assert found.decisions["Move_In"].yes is None
    assert found.decisions["Move_In"].probability == pytest.approx(0.3 + 0.6 * USUAL)
    assert found.decisions["Move_Out"].probability == pytest.approx(0.1 + 0.6 * USUAL)


@pytest.mark.parametrize("name", MOVES)
def test_the_mean_ranks_what_a_candidate_saw_above_what_none_did(name):
    seen = Candidates(own=0.7, others=((0.3, primitive(name, 0.5)),))
    assert describe(turned(), candidates=seen).scores[name] > describe(turned()).scores[name]


def test_what_is_sure_keeps_its_own_score_and_what_is_not_is_flagged():
    t = build(turn_deg=(0, 20, 0), move=(0, 0, 0.5))
    evidence = {"probability": {"rotation": 0.97, "translation": 0.41, "zoom": 0.9}}
    doubtful = t.replace(provenance=Provenance(evidence=evidence))
    other = Candidates(own=0.5, others=((0.5, build(turn_deg=(0, 40, 0))),))
    found = describe(doubtful, candidates=other)
    assert found.scores["Pan_Right"] == describe(t).scores["Pan_Right"]
    assert found.scores["Move_In"] == pytest.approx(0.5 * describe(t).scores["Move_In"])
    assert found.decisions["Move_In"].yes is True
    assert found.flagged == {name: "translation not sure" for name in (*MOVES, "Static")}


def test_an_unreliable_clip_is_flagged_whole():
    t = primitive("Pan_Left", 30.0)
    found = describe(t.replace(provenance=Provenance(evidence={"status": "unreliable"})))
    assert found.flagged == dict.fromkeys(NAMES, UNRELIABLE)
    assert found.scores == describe(t).scores
    limp = {"status": "unreliable", "probability": {"rotation": 0.9, "translation": 0.9, "zoom": 0.9, "rigid": 0.2}}
    assert set(describe(t.replace(provenance=Provenance(evidence=limp))).flagged) == set(NAMES)


def test_known_paths_are_not_flagged():
    for name in SIGN:
        assert describe(primitive(name, 0.5)).flagged == {}
