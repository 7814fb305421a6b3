"""The choice of the model from residuals alone, on made-up residuals and on projected tracks."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from projected import FOCAL_PX, Projected, project

from sfm.config import SelectionConfig
from sfm.geometry.problem import FocalPrior, Parameters
from sfm.motion.candidates import fit_models
from sfm.motion.models import FittedModel
from sfm.motion.selection import Selection, improvement_in_a_part, measured_noise, opposed, select_model
from sfm.types import MOTION_MODELS

CONFIG = SelectionConfig()
MODEL_NAMES = tuple(model.name for model in MOTION_MODELS)


def state_of(inverse_depth: np.ndarray, frames: int = 6) -> Parameters:
    """A batch of one with points at these inverse depths."""
    m = len(inverse_depth)
    point = np.concatenate([np.tile((0.0, 0.0, 1.0), (m, 1)), inverse_depth[:, None]], 1)
    return Parameters(
        rotation=np.tile(np.eye(3), (1, frames, 1, 1)),
        translation=np.zeros((1, frames, 3)),
        zoom=np.zeros((1, frames)),
        log_focal=np.array([np.log(FOCAL_PX)]),
        point=point[None],
    )


def candidates(
    shares: dict[str, float], *, off_px: float = 4.0, tracks: int = 200, relief: float = 0.5
) -> list[FittedModel]:
    """Fitted models of which each explains the given share of the tracks, at 0.1 px, and misses the rest by `off_px`.

    A model explains what the one before explains, and more.
    """
    rng = np.random.default_rng(0)
    state = state_of(1 + relief * rng.uniform(-1.5, 1.5, tracks))
    out = []
    for model in MOTION_MODELS:
        fits = np.arange(tracks) < round(shares[model.name] * tracks)
        residual = np.where(fits[:, None], 0.1, off_px) * rng.uniform(0.9, 1.1, (tracks, 6))
        zoomed = np.linspace(0.0, 0.2 if model.translates and model.zooms else 0.0, 6)[None]
        out.append(
            FittedModel(
                model=model,
                parameters=replace(state, zoom=zoomed),
                cost=float((residual**2).sum()),
                residual_px=residual,
                start="made",
            )
        )
    return out


def shares(*values: float) -> dict[str, float]:
    return dict(zip(MODEL_NAMES, values, strict=True))


@pytest.mark.parametrize(
    ("explained", "model"),
    [
        ((1.0, 1.0, 1.0, 1.0, 1.0), "static"),
        ((0.0, 1.0, 1.0, 1.0, 1.0), "rotation"),
        ((0.0, 0.0, 1.0, 1.0, 1.0), "rotation_zoom"),
        ((0.0, 0.1, 0.1, 1.0, 1.0), "full"),
        ((0.0, 0.0, 0.1, 0.2, 1.0), "full_zoom"),
        ((0.95, 0.96, 0.97, 0.98, 0.99), "static"),
        ((0.02, 0.92, 0.95, 0.98, 1.0), "rotation"),
    ],
)
def test_the_simplest_sufficient_model_wins(explained, model):
    assert select_model(candidates(shares(*explained)), 1.0).model.name == model


def at_depths(made: list[FittedModel], inverse_depth: np.ndarray) -> list[FittedModel]:
    return [replace(r, parameters=state_of(inverse_depth)) for r in made]


def test_a_still_background_beats_a_rigid_subject_that_fills_more_of_the_frame():
    """A vehicle before a still street: full motion explains both, one at infinity and the other at one depth."""
    made = candidates(shares(0.42, 0.42, 0.42, 1.0, 1.0))
    near = np.random.default_rng(1).uniform(0.9, 1.1, 200)
    vehicle = at_depths(made, np.where(np.arange(200) < 84, 0.001, near))
    assert select_model(vehicle, 1.0).model.name == "static"


def test_near_things_at_many_depths_before_a_far_background_are_a_translation():
    """The same shares as a vehicle's, but a street at all depths: nothing that moves by itself looks like that."""
    made = candidates(shares(0.42, 0.42, 0.42, 1.0, 1.0))
    street = np.random.default_rng(1).uniform(0.2, 2.0, 200)
    assert select_model(at_depths(made, np.where(np.arange(200) < 84, 0.001, street)), 1.0).model.name == "full"


def finer(made: list[FittedModel], factor: float = 0.5) -> list[FittedModel]:
    """The same models where a translation shows in the background too: full models shrink every residual."""
    return [replace(r, residual_px=r.residual_px * factor) if r.model.translates else r for r in made]


def test_a_translation_must_show_in_the_background():
    """A crowd explained by depth leaves the background as it was; a little parallax shrinks what stood still too."""
    made = candidates(shares(0.6, 0.6, 0.6, 0.8, 0.8), off_px=6.0)
    crowd = at_depths(made, np.where(np.arange(200) < 120, 1.0, 30.0))
    assert select_model(crowd, 1.0).model.name == "static"
    seen = [replace(r, residual_px=r.residual_px * 3.0) if not r.model.translates else r for r in made]
    assert select_model(at_depths(seen, np.random.default_rng(1).uniform(0.4, 1.6, 200)), 1.0).model.name == "full"


def test_a_wall_is_flagged_as_ambiguous_and_needs_more_to_be_read_as_a_truck():
    """An improvement between the two thresholds is enough in a room and not before a wall."""
    made = candidates(shares(0.2, 0.45, 0.45, 0.7, 0.7), off_px=0.6)
    wall, room = (
        select_model(at_depths(finer(made, 0.8), np.random.default_rng(1).uniform(1 - r, 1 + r, 200)), 1.0)
        for r in (0.02, 0.5)
    )
    assert room.model.name == "full"
    assert room.evidence["ambiguous"] == []
    assert wall.model.name != "full"
    assert wall.evidence["ambiguous"] == ["rotation_or_translation_before_a_flat_scene"]


def test_a_noisy_clip_needs_more_to_be_read_as_a_translation():
    """Blurred tracks drift together, which a free depth shrinks as if it were parallax."""
    factor = {"static": 1.0, "rotation": 3.4, "rotation_zoom": 3.4, "full": 1.5, "full_zoom": 1.5}
    clean = [
        replace(r, residual_px=r.residual_px * factor[r.model.name])
        for r in candidates(shares(0.0, 1.0, 1.0, 1.0, 1.0))
    ]
    noisy = [replace(r, residual_px=r.residual_px * 4.0) for r in clean]
    told = [select_model(made, 1.0) for made in (clean, noisy)]
    assert [c.model.name for c in told] == ["full", "rotation"]
    step = [next(s for s in c.evidence["comparisons"] if s["richer"] == "full") for c in told]
    assert step[0]["improvement"] == pytest.approx(step[1]["improvement"], abs=0.02)


def test_full_motion_and_zoom_must_beat_the_turning_camera_by_itself():
    """Full motion follows a walker that fills half of the frame; with a zoom it explains the background as well, no
    better than the turning camera does."""

    def deep(made: dict[str, FittedModel], inverse_depth: np.ndarray) -> list[FittedModel]:
        point = state_of(inverse_depth).point
        return [replace(r, parameters=replace(r.parameters, point=point)) for r in made.values()]

    made = {r.model.name: r for r in candidates(shares(0.0, 0.0, 0.4, 0.6, 1.0))}
    walker = np.arange(200) >= 80
    follows = np.where(walker[:, None], 0.1, 4.0) * np.ones((200, 6))
    made["full"] = replace(made["full"], residual_px=follows)
    before = deep(made, np.where(walker, 30.0, 1.0))
    found = select_model(before, 1.0)
    assert found.model.name == "rotation_zoom"
    assert [s["richer"] for s in found.evidence["comparisons"]][-2:] == ["full_zoom", "full_zoom"]
    turning = {r.model.name: r for r in candidates(shares(0.0, 0.4, 0.41, 0.6, 1.0))} | {"full": made["full"]}
    assert (
        select_model(deep(turning, np.where(walker, 30.0, 1.0)), 1.0).model.name == "rotation"
    )  # no zoom for a hundredth
    made["rotation_zoom"] = replace(made["rotation_zoom"], residual_px=np.full((200, 6), 4.0))
    room = deep(made, np.random.default_rng(1).uniform(0.2, 2.0, 200))
    assert select_model(room, 1.0).model.name == "full_zoom"


def test_an_unusual_lens_asks_for_a_zoom_that_makes_it_usual_and_for_more_before_a_zoom_that_needs_it():
    """A turn under a long lens imitates a way with a zoom."""
    prior = FocalPrior(focal_px=FOCAL_PX, sigma=0.35)

    def through(made: list[FittedModel], name: str, times: float) -> list[FittedModel]:
        """With another lens under one of the models."""
        lens = np.array([np.log(times * FOCAL_PX)])
        return [
            replace(r, parameters=replace(r.parameters, log_focal=lens)) if r.model.name == name else r for r in made
        ]

    as_much, more = candidates(shares(0.0, 0.0, 0.1, 0.95, 0.95)), candidates(shares(0.0, 0.0, 0.1, 0.85, 0.95))
    as_much[4] = replace(as_much[4], residual_px=0.8 * as_much[4].residual_px)
    assert select_model(through(as_much, "full", 5.0), 1.0).model.name == "full"
    assert select_model(through(as_much, "full", 5.0), 1.0, prior=prior).model.name == "full_zoom"
    assert select_model(as_much, 1.0, prior=prior).model.name == "full"
    assert select_model(more, 1.0, prior=prior).model.name == "full_zoom"
    assert select_model(through(more, "full_zoom", 5.0), 1.0, prior=prior).model.name == "full"
    given = replace(prior, sigma=0.0)
    assert select_model(through(more, "full_zoom", 5.0), 1.0, prior=given).model.name == "full_zoom"


def test_a_wall_that_no_turn_explains_is_a_truck_but_flagged():
    found = select_model(finer(candidates(shares(0.2, 0.45, 0.45, 0.95, 0.95), relief=0.02)), 1.0)
    assert found.model.name == "full"
    assert found.evidence["ambiguous"] == ["rotation_or_translation_before_a_flat_scene"]


def test_where_nothing_rigid_was_filmed_no_translation_is_believed():
    """Full motion explains all of a melting clip, but to two pixels; in a tiny frame they may be the tracker's."""
    melting = [
        replace(r, residual_px=r.residual_px * 20.0) for r in candidates(shares(0.0, 0.3, 0.3, 1.0, 1.0), off_px=1.0)
    ]
    found = select_model(melting, 1.0)
    assert found.noise_px > 1.5
    assert found.model.name == "rotation"
    assert not found.evidence["rigid"]
    tiny = [replace(r, residual_px=r.residual_px * 0.2) for r in melting]
    assert select_model(tiny, 0.2).evidence["rigid"]


def test_confidence_grows_with_the_gap_and_with_what_is_explained():
    gap = [select_model(candidates(shares(0.0, 0.0, 0.0, s, s)), 1.0).confidence for s in (0.55, 0.7, 0.8, 0.9, 1.0)]
    assert (np.diff(gap) >= -1e-9).all()
    assert gap[-1] > 0.9
    small = select_model(candidates(shares(0.3, 0.31, 0.32, 0.33, 0.34)), 1.0)
    large = select_model(candidates(shares(0.9, 0.91, 0.92, 0.93, 0.94)), 1.0)
    assert small.confidence < large.confidence


def test_confidence_vanishes_where_two_model_are_equally_good():
    """Half of what is left over is the price of a richer model: there the verdict turns."""
    low, edge, high = (
        select_model(candidates(shares(s0, s1, s1, s1, s1)), 1.0) for s0, s1 in ((0.3, 0.35), (0.3, 0.6), (0.3, 1.0))
    )
    assert (low.model.name, high.model.name) == ("static", "rotation")
    assert edge.confidence < 0.1
    assert edge.confidence < min(low.confidence, high.confidence)


def test_tracks_vote_with_the_time_that_they_last():
    """Many short tracks over one lively area weigh no more than the few long ones that it could have had."""
    made = candidates(shares(0.25, 1.0, 1.0, 1.0, 1.0), tracks=400)
    assert select_model(made, 1.0).model.name == "rotation"
    brief = []
    for fitted in made:
        residual = np.repeat(fitted.residual_px, 16, axis=1)
        residual[100:, 3:] = np.nan  # the three quarters that disagree are seen for 3 of 96 frames
        brief.append(replace(fitted, residual_px=residual))
    assert select_model(brief, 1.0).model.name == "static"


@pytest.mark.parametrize("unit", [0.5, 2.0])
def test_the_unit_scales_pixels_and_nothing_else(unit):
    made = candidates(shares(0.1, 0.2, 0.3, 0.95, 0.95))
    scaled = [replace(r, residual_px=r.residual_px * unit) for r in made]
    one, two = select_model(made, 1.0), select_model(scaled, unit)
    assert one.model.name == two.model.name
    assert two.confidence == pytest.approx(one.confidence)
    assert two.noise_px == pytest.approx(one.noise_px * unit)
    np.testing.assert_array_equal(one.agrees, two.agrees)


def test_noise_is_the_weighted_median_between_floor_and_cap():
    weight = np.ones(100)
    assert measured_noise(np.full(100, 0.01), weight, CONFIG) == CONFIG.noise_floor_px
    assert measured_noise(np.full(100, 50.0), weight, CONFIG) == CONFIG.noise_cap_px
    rms = np.r_[np.full(60, 0.5), np.full(40, 2.0)]
    assert measured_noise(rms, weight, CONFIG) == 0.5
    assert measured_noise(rms, np.where(rms > 1, 10.0, 1.0), CONFIG) == CONFIG.noise_cap_px


def test_what_no_model_explains_does_not_set_the_noise():
    rms = np.r_[np.full(45, 0.4), np.full(55, 30.0)]
    assert measured_noise(rms, np.ones(100), CONFIG) == 0.4


def test_the_losers_and_their_evidence_stay():
    found = select_model(candidates(shares(0.0, 0.1, 0.2, 0.9, 0.92)), 1.0)
    assert all(
        step["improvement"] is not None for step in found.evidence["comparisons"] if step["richer"].startswith("full")
    )
    for key in ("share", "median_rms_px", "cost", "start"):
        assert set(found.evidence[key]) == set(MODEL_NAMES)
    assert [s["richer"] for s in found.evidence["comparisons"]] == list(MODEL_NAMES[1:])
    assert all((s["margin"] >= 0) == (s["richer"] in {"full", "rotation"}) for s in found.evidence["comparisons"][2:3])


def chosen(tracks: Projected) -> Selection:
    return select_model(fit_models(tracks.problem(FocalPrior(focal_px=FOCAL_PX, sigma=0.0))), 1.0)


@pytest.mark.parametrize(("move", "model"), [({"dolly": 0.03}, "full"), ({"zoom": 1.06}, "rotation_zoom")])
def test_a_slow_push_in_is_told_from_a_slow_zoom(move, model):
    """Both scale the image by a few per cent; only the push-in leaves its zoom something that depends on depth."""
    found = chosen(project(move, seed=3, noise_px=0.1))
    assert found.model.name == model
    assert found.ambiguous == ()
    case = next(s for s in found.evidence["comparisons"] if s["richer"] == "full")
    assert case["simpler"] == "rotation_zoom"
    if model == "full":
        assert case["improvement"] > 1.5 * CONFIG.improvement
        assert case["relief"] > 4 * CONFIG.flat
    else:
        assert case["improvement"] < 0.1 * CONFIG.improvement_flat
        assert case["relief"] < CONFIG.flat


@cache
def vehicle(share: float) -> tuple[Projected, Selection]:
    tracks = project({}, seed=3, noise_px=0.1, movers=share, rigid_mover=True)
    return tracks, chosen(tracks)


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_a_vehicle_that_crosses_a_static_shot_stays_a_vehicle(share):
    tracks, found = vehicle(share)
    assert found.model.name == "static"
    assert found.agrees[~tracks.moving].mean() > 0.95
    assert found.agrees[tracks.moving].mean() < 0.1


def test_a_pan_past_a_vehicle_stays_a_pan():
    found = chosen(project({"pan_deg": 8.0}, seed=4, noise_px=0.1, movers=0.4, rigid_mover=True))
    assert found.model.name == "rotation"


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (0, 3, 5, 4, 2, 0), (3, 5, 1, 0, 2, 3), (5, 3, 0, 2, 4, 5)])
def test_a_dolly_against_its_zoom_is_flagged_wherever_it_ends(order):
    """To and fro it ends where it began, and the last camera says nothing."""
    fitted = candidates(dict.fromkeys(MODEL_NAMES, 1.0))[-1]
    zoom = np.linspace(0.0, 0.2, 6)[list(order)]
    way = np.zeros((1, 6, 3))
    for along, expected in ((zoom, True), (-zoom, False), (0.1 * zoom, False)):
        way[0, :, 2] = along - along[0]  # camera from world: a camera that goes back has a positive one
        state = replace(fitted.parameters, zoom=(zoom - zoom[0])[None], translation=way.copy())
        assert opposed(replace(fitted, parameters=state), CONFIG) == expected


def test_travel_in_a_quarter_of_the_clip_pays_where_each_track_tells_of_a_moment_alone(monkeypatch):
    """Patches of a pan know nothing of the truck that follows it; tracks that last would have seen it."""
    shares = {"static": 0.0, "rotation": 0.8, "rotation_zoom": 0.8, "full": 1.0, "full_zoom": 1.0}
    fits = candidates(shares)
    assert select_model(fits, 1.0, CONFIG).model.name == "rotation"
    late, anywhere = np.arange(200) * 8 // 200, np.arange(200) % 8
    for moment, told in ((late, "full"), (anywhere, "rotation")):
        monkeypatch.setattr(FittedModel, "moment", lambda _, moment=moment: moment)
        assert select_model(fits, 1.0, CONFIG).model.name == told


def test_the_best_quarter_is_no_less_than_the_whole_and_as_much_where_all_shrink_alike():
    rng = np.random.default_rng(0)
    moment, weight = np.repeat(np.arange(12), 10), rng.uniform(0.5, 1.0, 120)
    assert improvement_in_a_part(moment, 0.4 * weight, weight) == pytest.approx(0.4)
    shrunk = weight * np.where(moment >= 9, 1.5, 0.0)
    assert improvement_in_a_part(moment, shrunk, weight) == pytest.approx(1.5)
    few = np.where(moment == 11, 1e-3, weight)
    assert improvement_in_a_part(moment, few * (moment == 11), few) < 0.01
    assert improvement_in_a_part(None, shrunk, weight) == 0.0
