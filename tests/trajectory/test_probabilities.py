"""The probability of each primitive."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trajectory.components import CHANNELS, NAMES
from trajectory.probabilities import BY_CANDIDATES, MOVES, probabilities

STATES = st.tuples(*[st.sampled_from([0, 1, -1, None])] * 7, st.sampled_from([True, False, None]))


def answers(states):
    """Yes or no by primitive from a state of each component (1, -1, 0 for neither, None unknown) and of Static."""
    found = {"Static": states[7]}
    for state, pair in zip(states, CHANNELS, strict=False):
        for name, sign in zip(pair, (1, -1), strict=True):
            found[name] = None if state is None else state == sign
    return found


def told(**yes):
    return {**dict.fromkeys(NAMES, False), **yes}


@settings(max_examples=25, deadline=None)
@given(own=STATES, other=STATES, trust=st.floats(0, 1), weight=st.floats(0.01, 1))
def test_the_states_of_a_component_share_one(own, other, trust, weight):
    found = probabilities(answers(own), dict.fromkeys(NAMES, trust), [(weight, answers(other))])
    assert tuple(found) == NAMES
    for value in found.values():
        assert 0.0 <= value <= 1.0
    for pair in CHANNELS:
        assert sum(found[name] for name in pair) <= 1.0 + 1e-12
        assert all(found[name] + found["Static"] <= 1.0 + 1e-12 for name in pair)


def test_a_sure_answer_is_certain_and_an_empty_one_goes_by_how_often_cameras_move_so():
    sure = probabilities(told(Pan_Left=True), dict.fromkeys(NAMES, 1.0))
    assert {name for name, value in sure.items() if value == 1.0} == {"Pan_Left"}
    assert sum(sure.values()) == 1.0
    for empty in (dict.fromkeys(NAMES), told()):
        found = probabilities(empty, dict.fromkeys(NAMES, 0.0))
        assert found == pytest.approx(dict.fromkeys(NAMES, MOVES))


def test_what_is_left_goes_by_what_the_candidates_tell():
    trust = dict.fromkeys(NAMES, 0.6)
    alone = probabilities(told(Move_In=True), trust)
    assert (alone["Move_In"], alone["Move_Out"]) == pytest.approx((0.6 + 0.4 * MOVES, 0.4 * MOVES))
    out = (0.1, told(Move_Out=True))
    still = (0.3, told(Static=True))
    by, usual = BY_CANDIDATES, (1 - BY_CANDIDATES) * MOVES
    shared = probabilities(told(Move_In=True), trust, [out, still])
    assert (shared["Move_In"], shared["Move_Out"]) == pytest.approx((0.6 + 0.4 * usual, 0.4 * (by / 4 + usual)))
    # Candidates that tell the same state speak for it, whatever else of it they tell otherwise.
    same = [(0.5, told(Move_In=True)), (0.25, told(Move_Out=True))]
    agreed = probabilities(told(Move_In=True), dict.fromkeys(NAMES, 0.3), same)
    assert agreed["Move_In"] == pytest.approx(0.3 + 0.7 * (by * 2 / 3 + usual))
    assert agreed["Move_Out"] == pytest.approx(0.7 * (by / 3 + usual))


def test_an_answer_without_a_rival_stands_for_its_kind_where_its_amount_may_be_wrong():
    """How far a camera turned hangs on a focal length that nothing shows; that it turned so does not."""
    trust = dict.fromkeys(NAMES, 0.3)
    nobody_looked = probabilities(told(Pan_Left=True), trust)["Pan_Left"]
    no_rival = probabilities(told(Pan_Left=True), trust, [])["Pan_Left"]
    another_amount = probabilities(told(Pan_Left=True), trust, [(0.2, told(Pan_Left=True))])["Pan_Left"]
    another_kind = probabilities(told(Pan_Left=True), trust, [(0.2, told(Tilt_Up=True))])["Pan_Left"]
    assert another_kind < nobody_looked < another_amount == pytest.approx(no_rival)
    assert nobody_looked < 0.4
    assert no_rival > 0.75


def test_what_lies_near_its_threshold_may_lie_beyond():
    sure = dict.fromkeys(NAMES, 0.9)
    near = probabilities(told(Pan_Left=True), sure, crossing={"Pan_Left": 0.5, "Tilt_Up": 0.5, "Pan_Right": 0.5})
    far = probabilities(told(Pan_Left=True), sure)
    assert (near["Pan_Left"], near["Pan_Right"]) == pytest.approx((0.5 * far["Pan_Left"], far["Pan_Right"]))
    rests = 1.0 - far["Tilt_Up"] - far["Tilt_Down"]
    assert near["Tilt_Up"] == pytest.approx(far["Tilt_Up"] + 0.5 * rests)
    assert near["Tilt_Down"] == far["Tilt_Down"]


def test_a_camera_that_moves_is_not_static_too():
    """A zoom of 0.84 whose turn may be any stood beside a probability of 0.30 that nothing moves."""
    trust = {**dict.fromkeys(NAMES, 0.05), "Zoom_In": 0.9}
    found = probabilities(told(Zoom_In=True, Pan_Left=True), trust, crossing={"Static": 0.4})
    assert found["Zoom_In"] > 0.9
    assert found["Static"] == pytest.approx(1.0 - found["Zoom_In"])


def test_candidates_tell_what_the_trajectory_does_not():
    unknown = {**told(), **dict.fromkeys(("Move_In", "Move_Out", "Static"))}
    found = probabilities(unknown, dict.fromkeys(NAMES, 0.0), [(0.2, told(Move_In=True)), (0.1, told(Static=True))])
    assert found["Move_In"] == pytest.approx(0.2 + 0.7 * MOVES)  # what no candidate tells is as usual
    assert found["Move_Out"] == pytest.approx(0.7 * MOVES)
    assert found["Static"] == pytest.approx(0.1 + 0.7 * MOVES)


def test_a_component_that_rests_shares_the_risk_with_its_quantity():
    still = probabilities(told(Pan_Left=True), dict.fromkeys(NAMES, 0.512))
    assert still["Pan_Left"] == pytest.approx(0.512 + 0.488 * MOVES)  # what moves bears it
    assert still["Tilt_Up"] == still["Move_In"] == pytest.approx(0.2 * MOVES)  # 1 - 0.512 ** (1 / 3)
    assert still["Zoom_In"] == pytest.approx(0.488 * MOVES)
    assert still["Static"] == pytest.approx((1 - 0.512 ** (1 / 7)) * MOVES)


def test_opposite_names_are_told_alike() -> None:
    """What may cross its threshold either way does so as probably to one side as to the other, and a doubted answer
    has the same three states whichever name it has."""
    trust = dict.fromkeys(NAMES, 0.9)
    rests = probabilities(dict.fromkeys(NAMES, False), trust, crossing={"Pan_Right": 0.4, "Pan_Left": 0.4})
    assert rests["Pan_Right"] == rests["Pan_Left"] > 0.3
    found = []
    for told, other in (("Roll_Clockwise", "Roll_Counterclockwise"), ("Roll_Counterclockwise", "Roll_Clockwise")):
        answers = dict.fromkeys(NAMES, False) | {told: True}
        each = probabilities(answers, trust | {told: 0.4})
        found.append((each[told], each[other]))
    assert found[0] == found[1] == pytest.approx((0.4 + 0.6 * MOVES, 0.6 * MOVES))


def test_a_candidate_that_does_not_know_speaks_for_nothing():
    """One small candidate that travels the same way is not all that is possible, where a large one cannot tell."""
    unknown = {**told(), **dict.fromkeys(("Move_In", "Move_Out"))}
    both = [(0.05, told(Move_In=True)), (0.45, unknown)]
    trust = dict.fromkeys(NAMES, 0.4)
    doubted = probabilities(told(Move_In=True), trust, both)["Move_In"]
    alone = probabilities(told(Move_In=True), trust, both[:1])["Move_In"]
    assert doubted == pytest.approx(0.4 + 0.6 * (BY_CANDIDATES * (0.1 + 0.9 * MOVES) + (1 - BY_CANDIDATES) * MOVES))
    assert doubted < 0.55 < alone
