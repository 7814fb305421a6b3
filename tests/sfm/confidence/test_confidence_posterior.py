"""The posterior: who wins before known paths, what rivals are, and what agreement means."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from weighed_paths import HW, answer, cameras, seen

from sfm.confidence.evidence import seen_by
from sfm.confidence.posterior import (
    COVERED,
    FAR_BELOW,
    RESTS,
    Judged,
    agreement,
    calibrated,
    facts_of,
    judge,
    most_probable,
    motion_of,
    of_film,
    shared_by,
    weigh,
)
from sfm.confidence.sightings import of_tracks
from sfm.confidence.weights import POSTERIOR, QUANTITIES
from sfm.geometry.problem import FocalPrior

PRIOR = FocalPrior(focal_px=544.0, sigma=0.35)
TRUCK, TURN = cameras((0.3, 0.0, 0.0)), cameras(pan_deg=6.0)


def judged(truth, paths: dict[str, object], *, chosen: str = "", noise_px: float = 0.2) -> Judged:
    answers = [answer(name, path, chosen=name == chosen) for name, path in paths.items()]
    return judge(answers, {"tracks": seen_by(seen(truth, noise_px=noise_px), answers)}, PRIOR)


@pytest.mark.parametrize(("truth", "right"), [(TRUCK, "full"), (TURN, "rotation")])
def test_the_path_that_explains_more_is_more_probable(truth, right):
    found = judged(truth, {"rotation": TURN, "full": TRUCK})
    assert found.answer.model.name == right
    assert found.probability.sum() == pytest.approx(1.0)
    assert found.probability[found.best] > 0.8


@pytest.mark.parametrize(("sure", "told_of"), [(0.9, "rotation"), (0.4, "full")])
def test_tracks_that_are_sure_of_their_choice_are_not_overruled_by_their_own_models(sure, told_of):
    """What they say then is told as it stands among the answers: as improbable."""
    answers = [answer("rotation", TURN, chosen=True, sure=sure), answer("full", TRUCK)]
    found = judge(answers, {"tracks": seen_by(seen(TRUCK, noise_px=0.2), answers)}, PRIOR)
    assert found.answer.model.name == told_of
    assert int(found.probability.argmax()) == 1
    if told_of == "rotation":
        assert found.quantity["all"] < 0.3


def test_flow_beside_tracks_is_overruled_by_its_own_models():
    answers = [answer("rotation", TURN), answer("rotation", TURN, "flow", chosen=True, sure=0.9)]
    answers += [answer("full", TRUCK, "flow")]
    found = judge(answers, {"tracks": seen_by(seen(TRUCK, noise_px=0.2), answers)}, PRIOR)
    assert found.answer.model.name == "full"


@pytest.mark.parametrize("sure", [0.9, 0.1])
def test_flow_alone_tells_what_it_chose_and_how_improbable_that_is(sure):
    answers = [answer("rotation", TURN, "flow", chosen=True, sure=sure), answer("full", TRUCK, "flow")]
    found = judge(answers, {"flow": seen_by(seen(TRUCK, noise_px=0.2), answers)}, PRIOR)
    assert found.answer.model.name == "rotation"
    assert found.quantity["all"] < 0.3


def test_tracks_that_are_sure_of_their_choice_are_overruled_by_flow():
    answers = [answer("rotation", TURN, chosen=True, sure=0.9), answer("full", TRUCK, "flow")]
    assert judge(answers, {"tracks": seen_by(seen(TRUCK, noise_px=0.2), answers)}, PRIOR).answer.source == "flow"


def test_answers_that_agree_share_their_probability():
    same = replace(TRUCK, translation=1.1 * TRUCK.translation)
    found = judged(TRUCK, {"rotation": TURN, "full": TRUCK, "full_zoom": same})
    assert found.follows.all(1).tolist() == [False, True, True]
    assert found.features["shared"]["all"] == pytest.approx(found.probability[1:].sum())


def test_what_covers_what_tells_the_way_that_residuals_do_not():
    """In and out explain the same picture where a zoom goes against the way."""
    paths = {"full": cameras((0, 0, -0.3)), "full_zoom": cameras((0, 0, 0.3), zoom=0.8), "rotation": TURN}
    answers = [answer(name, path) for name, path in paths.items()]
    how = {"tracks": seen_by(seen(cameras((0, 0, -0.3))), answers)}
    before, after = judge(answers, how, PRIOR), judge(answers, how, PRIOR, (1, 0.5))
    assert not before.turned
    odds = np.log(after.probability / before.probability)
    assert odds[1] - odds[0] == pytest.approx(2 * COVERED * 0.5)
    assert odds[1] - odds[2] == pytest.approx(COVERED * 0.5)
    assert judge(answers, how, PRIOR, (1, 5.0)).turned


def test_odds_of_a_turn_change_those_of_all_by_their_root():
    found = replace(judged(TRUCK, {"rotation": TURN, "full": TRUCK}), quantity=dict.fromkeys(QUANTITIES["tracks"], 0.8))
    less = found.with_odds(0.25).quantity
    assert less["rotation"] == pytest.approx(0.5)
    assert less["all"] == pytest.approx(2 / 3)
    assert less["translation"] == less["zoom"] == 0.8


def test_ground_that_is_infinitely_far_speaks_against_a_way():
    how = {"tracks": seen_by(seen(TRUCK), [answer("rotation", TURN), answer("full", TRUCK)])}
    doubtful = {"tracks": replace(how["tracks"], far_below=np.array([0.0, 0.5]))}
    answers = [answer("rotation", TURN), answer("full", TRUCK)]
    odds = [np.diff(np.log(judge(answers, each, PRIOR).probability))[0] for each in (how, doubtful)]
    assert odds[0] - odds[1] == pytest.approx(0.5 * FAR_BELOW)


def test_what_rests_in_the_picture_speaks_against_a_turn_of_which_tracks_were_sure():
    answers = [answer("static", cameras()), answer("rotation", TURN, chosen=True, sure=0.9)]
    how = {"tracks": seen_by(seen(TURN), answers)}
    sky = {"tracks": replace(how["tracks"], rests=np.array([0.0, 0.6]))}
    before, after = judge(answers, how, PRIOR), judge(answers, sky, PRIOR)
    odds = [np.diff(np.log(each.probability))[0] for each in (before, after)]
    assert odds[0] - odds[1] == pytest.approx(0.6 * RESTS)
    assert (before.answer.model.name, after.answer.model.name) == ("rotation", "static")


def test_a_camera_at_rest_is_not_followed_by_short_ways():
    """A way that short is nearly rest where rest is true; where it is true itself, rest is wrong."""
    short = motion_of(cameras((0.06, 0.0, 0.0)))
    rest = motion_of(cameras())
    assert np.linalg.norm(short.way[-1]) == pytest.approx(0.03)
    agree = np.array([[agreement(true, said) for said in (rest, short)] for true in (rest, short)])
    assert agree[..., 1].tolist() == [[True, True], [False, True]]
    probability = np.array([0.1, 0.9])
    best = most_probable(probability, agree)
    shared = shared_by(probability, agree, best)
    assert best == 1
    assert shared["translation"] == pytest.approx(1.0)
    probability = np.array([0.9, 0.1])
    best = most_probable(probability, agree)
    shared = shared_by(probability, agree, best)
    assert best == 0
    assert shared["translation"] == shared["all"] == pytest.approx(0.9)


def test_a_short_way_wins_over_a_camera_at_rest_that_explains_nothing():
    short = cameras((0.06, 0.0, 0.0))
    found = judged(short, {"static": cameras(), "full": short}, chosen="full")
    assert found.probability[1] > 0.9
    assert found.answer.model.name == "full"
    assert found.follows.all(1).tolist() == [True, True]


def test_rivals_are_other_motions_only_each_once():
    found = judged(TRUCK, {"static": cameras(), "rotation": TURN, "rotation_zoom": TURN, "full": TRUCK})
    assert found.answer.model.name == "full"
    assert len(found.rivals(0.0)) == 2
    assert found.best not in found.rivals(0.0)
    assert found.rivals(1.1) == []


def test_focal_lengths_of_all_answers_say_how_far_it_may_be_off():
    longer = replace(TRUCK, focal_px=1.5 * TRUCK.focal_px)
    alone = judged(TRUCK, {"full": TRUCK})
    both = judged(TRUCK, {"full": TRUCK, "full_zoom": longer})
    assert alone.focal_apart_log == 0.0
    share = both.probability[1 - both.best]
    assert both.focal_apart_log == pytest.approx(np.log(1.5) * share**0.5)


@pytest.mark.parametrize(("times", "off"), [(0.2, np.log(5.0)), (0.5, 0.0), (3.0, 0.0), (4.0, np.log(4.0))])
def test_a_focal_length_at_the_end_of_what_is_tried_may_be_as_far_off_as_it_was_found(times: float, off: float):
    far = replace(TURN, focal_px=np.full(len(TURN.focal_px), times * PRIOR.focal_px))
    assert judged(far, {"rotation": far}).focal_apart_log == pytest.approx(off)


def test_what_explains_little_is_less_probably_right():
    facts = {"noise": -1.5, "share": 0.9, "border": 0.9, "translates": 1.0, "axial": 0.0, "opposed": 0.0}
    for kind in QUANTITIES:
        sources = kind.split("+")
        known = facts | {f"{word} {source}": 1.0 for word in ("ok", "confidence") for source in sources}
        doubted = {name: 0.0 for name in known if name.split()[0] in ("ok", "confidence")}
        less = known | doubted | {"noise": 0.5, "share": 0.3, "border": 0.3}
        assert calibrated(kind, "all", 0.6, less) < calibrated(kind, "all", 0.95, known) - 0.2


def test_a_dolly_that_its_zoom_opposes_is_doubted():
    """No residual tells a dolly zoom from its mirror image."""
    facts = {"noise": -1.5, "share": 0.9, "border": 0.9, "translates": 1.0, "axial": 1.0, "opposed": 0.0}
    for kind in QUANTITIES:
        plain = calibrated(kind, "translation", 0.9, facts)
        assert calibrated(kind, "translation", 0.9, {**facts, "opposed": 1.0}) <= plain


@given(st.floats(-30, 30), st.floats(-0.5, 0.5), st.floats(0.7, 1.4))
def test_every_motion_agrees_with_itself(pan_deg, way, zoom):
    motion = motion_of(cameras((way, 0.0, 0.1), pan_deg=pan_deg, zoom=zoom))
    assert agreement(motion, motion).all()


def test_agreement_is_asked_for_each_quantity_by_itself():
    one = motion_of(cameras((0.3, 0.0, 0.0), pan_deg=10.0))
    assert agreement(one, motion_of(cameras((0.3, 0.0, 0.0), pan_deg=14.0))).tolist() == [False, True, True]
    assert agreement(one, motion_of(cameras((-0.3, 0.0, 0.0), pan_deg=10.0))).tolist() == [True, False, True]
    assert agreement(one, motion_of(cameras((0.3, 0.0, 0.0), pan_deg=10.0, zoom=1.2))).tolist() == [True, True, False]


def test_motion_does_not_depend_on_gauge_or_unit():
    path = cameras((0.3, 0.0, 0.2), pan_deg=10.0)
    turn = cameras(pan_deg=33.0).rotation[-1]
    centre = -np.einsum("nji,nj->ni", path.rotation, path.translation) @ turn.T * 3.0 + (1.0, 2.0, 3.0)
    rotation = path.rotation @ turn.T
    moved = replace(
        path, rotation=rotation, translation=-np.einsum("nij,nj->ni", rotation, centre), nearness=path.nearness / 3.0
    )
    for name in ("rotation", "way", "log_zoom"):
        np.testing.assert_allclose(getattr(motion_of(path), name), getattr(motion_of(moved), name), atol=1e-9)


@pytest.mark.parametrize("first", [0, 4, 7])
def test_a_path_to_and_fro_is_as_long_wherever_it_is_cut(first):
    """From the middle it goes half as far to either side, which alone would be no more than rest."""
    whole = cameras((0.06, 0.0, 0.0), pan_deg=20.0, zoom=1.4)
    order = [*range(first, 8), *range(7, -1, -1), *range(first)]

    def cut(path):
        parts = {name: getattr(path, name)[order] for name in ("rotation", "translation", "focal_px")}
        return motion_of(replace(path, **parts))

    assert agreement(cut(whole), cut(cameras((0.06, 0.0, 0.0), pan_deg=22.0, zoom=1.45))).all()
    assert agreement(cut(whole), cut(cameras(pan_deg=20.0, zoom=1.4))).tolist() == [True, False, True]


def test_a_dolly_zoom_that_comes_back_is_opposed():
    path = cameras((0.0, 0.0, 0.4), zoom=0.8)
    order = [3, 2, 1, 0, 1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3]
    back = replace(path, **{name: getattr(path, name)[order] for name in ("rotation", "translation", "focal_px")})
    answers = [answer("full_zoom", back)]
    facts = facts_of(0, answers, {"tracks": seen_by(seen(back), answers)}, PRIOR)
    assert facts["opposed"] == 1.0
    assert facts["axial"] == pytest.approx(1.0)


def test_a_zoom_is_opposed_along_the_axis_alone():
    """Beside a way across it, depths cannot take a zoom's place."""
    for across, opposed in ((0.05, 1.0), (0.4, 0.0)):
        path = cameras((across, 0.0, 0.1), zoom=0.8)
        answers = [answer("full_zoom", path)]
        assert facts_of(0, answers, {"tracks": seen_by(seen(path), answers)}, PRIOR)["opposed"] == opposed


def test_a_focal_length_that_was_given_is_not_unusual():
    long = replace(TRUCK, focal_px=4.0 * TRUCK.focal_px)
    answers = [answer("full", long)]
    how = {"tracks": seen_by(seen(long), answers)}
    assert facts_of(0, answers, how, PRIOR)["unusual focal"] == pytest.approx(1.0)
    assert facts_of(0, answers, how, replace(PRIOR, focal_px=500.0, sigma=0.0))["unusual focal"] == 0.0


def test_every_kind_of_evidence_has_weights_of_every_quantity():
    assert set(POSTERIOR) == set(QUANTITIES) == {"tracks", "flow", "tracks+flow"}
    for weights in QUANTITIES.values():
        assert set(weights) == {"rotation", "translation", "zoom", "all"}
        assert all(each["shared"] > 0 for each in weights.values())


def test_tracks_that_are_over_between_the_keyframes_of_the_flow_say_nothing():
    once = np.full((8, 8, 2), np.nan)
    once[np.arange(8), np.arange(8)] = 100.0
    answers = [answer("rotation", TURN), answer("full", TRUCK, "flow", chosen=True)]
    sightings = {"tracks": of_tracks(once, HW, 1.0), "flow": seen(TRUCK, noise_px=0.2)}
    found = weigh(answers, sightings, PRIOR, None)
    assert set(found.seen) == {"flow"}
    assert found.answer.model.name == "full"


def test_film_that_explains_half_says_nearly_as_much_as_film_that_explains_more():
    """Of film less is explained, right or wrong; what explains next to nothing, and what is rendered, are as before."""
    said = [of_film(share) for share in (0.0, 0.1, 0.2, 0.4, 0.6, 0.75, 0.9, 1.0)]
    assert said == sorted(said)
    assert [said[i] for i in (0, 5, 6, 7)] == pytest.approx([0.0, 0.75, 0.9, 1.0])
    assert said[4] - said[3] == pytest.approx(0.1)
