"""Dolly zooms on known flow: both signs explain it, votes of what covers what decide, silence is flagged."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from flow_scene import FOCAL_PX, KnownFlow, known_flow

from sfm.backends.dense.adjustment import residual_px
from sfm.backends.dense.dolly_zoom import has_twin, likeness, with_the_sign
from sfm.backends.dense.models import DenseFit, Lens, fit_models
from sfm.backends.dense.occlusion import Covered
from sfm.config import DenseConfig
from sfm.geometry.problem import FocalPrior
from sfm.motion.selection import Selection, select_model
from sfm.types import FULL_ZOOM

UNIT_PX = 0.5
LENS = Lens(focal=FocalPrior(focal_px=FOCAL_PX, sigma=0.0))
CONFIG = DenseConfig().selection
MOVES = {
    "in": {"dolly_zoom": 0.25},
    "dolly": {"dolly": 0.2},
    "truck": {"truck": 0.3, "pan_deg": 3.0},
}
FOR, AGAINST, SILENT = (Covered(nearer=a, farther=b) for a, b in ((90.0, 5.0), (5.0, 90.0), (2.0, 2.0)))


@cache
def known(name: str) -> KnownFlow:
    return known_flow(
        MOVES[name], patches=100, cameras=4, noise_px=0.1, outliers=0.03, depth=(0.6, 12.0), dtype=torch.float32
    )


@cache
def selected(name: str) -> tuple[list[DenseFit], Selection[DenseFit]]:
    fits = fit_models(known(name).graph, LENS)
    return fits, select_model(fits, UNIT_PX, CONFIG)


def after(name: str, votes: Covered) -> Selection[DenseFit]:
    fits, selection = selected(name)
    return with_the_sign(selection, fits, votes, known(name).graph, LENS, UNIT_PX, CONFIG)


def right_way_round(name: str, selection: Selection[DenseFit]) -> bool:
    fit = selection.fitted
    true = replace(fit, parameters=replace(fit.parameters, inverse_depth=known(name).parameters.inverse_depth))
    return likeness(fit, true) > 0


@pytest.mark.parametrize(("a", "b"), [(1.0, 0.3), (2.0, -0.1), (-1.0, 2.5)])
def test_other_depths_zooms_and_ways_along_the_axis_are_the_same_flow(a, b):
    """The law that `along_the_axis` names: exact, not to first order."""
    made = known_flow({"dolly": 0.2, "zoom": 0.8}, depth=(0.6, 4.0))
    way = -made.parameters.translation[:, 2]
    other = replace(
        made.parameters,
        translation=made.parameters.translation / (a + b * way)[:, None],
        zoom=made.parameters.zoom + torch.log(a / (a + b * way)),
        inverse_depth=made.parameters.inverse_depth,
    )
    # A row's depths are those of its own camera: w / (1 - c w) of the first one's, and so for the twin.
    first = made.parameters.inverse_depth / (1 + way[:, None] * made.parameters.inverse_depth)
    twin = a * first + b
    own = twin / (1 + other.translation[:, 2:] * twin)
    assert float(np.nanmax(residual_px(replace(other, inverse_depth=own), made.graph))) < 1e-9


def test_a_dolly_zoom_is_found_and_flagged():
    _, selection = selected("in")
    assert selection.model.name == "full_zoom"
    assert "dolly_zoom" in selection.ambiguous
    assert selection.share > 0.85


def test_votes_ask_for_the_sign_only_and_not_whether_the_camera_travels():
    """Its twin alone might not pay for a zoom on top of full motion; that it travels was found before."""
    name = "in"
    fits, selection = selected(name)
    dear = replace(CONFIG, improvement_both=9.0)
    turned = with_the_sign(selection, fits, AGAINST, known(name).graph, LENS, UNIT_PX, dear)
    assert turned.model.name == "full_zoom"
    assert turned.evidence["occlusion"]["turned_inside_out"]


def test_votes_settle_the_sign():
    name = "in"
    right = right_way_round(name, selected(name)[1])
    kept, turned = after(name, FOR), after(name, AGAINST)
    assert kept.fitted is selected(name)[1].fitted
    assert right_way_round(name, kept) == right
    assert turned.model.name == "full_zoom"
    assert right_way_round(name, turned) != right
    assert "dolly_zoom" in turned.ambiguous
    assert [s.evidence["occlusion"]["turned_inside_out"] for s in (kept, turned)] == [False, True]
    good = kept if right else turned
    assert good.fitted.forward()[-1] > 0
    # How much it zooms is as free as the sign: what is farthest is put nearly at infinity, so that it is a little less.
    assert 0.6 < good.fitted.log_zoom[-1] / float(known(name).parameters.zoom[-1]) < 1.1


def test_silence_flags_a_dolly_zoom_and_changes_nothing_else():
    found = after("in", SILENT)
    assert found.fitted is selected("in")[1].fitted
    assert "dolly_zoom" in found.ambiguous


@pytest.mark.slow
def test_a_dolly_stays_a_dolly():
    fits, selection = selected("dolly")
    assert selection.model.name == "full"
    assert selection.ambiguous == ()
    assert after("dolly", FOR).fitted is fits[3]
    assert after("dolly", FOR).ambiguous == ()


@pytest.mark.slow
def test_a_truck_has_no_such_twin_whatever_the_votes():
    found = after("truck", AGAINST)
    assert found.fitted is selected("truck")[1].fitted
    assert found.model.name == "full"
    assert found.ambiguous == ()


def test_few_votes_count_little():
    assert Covered(nearer=0.0, farther=0.0).balance == 0
    assert 0 < Covered(nearer=2.0, farther=0.0).balance < 0.25
    assert Covered(nearer=200.0, farther=10.0).balance > 0.8
    assert Covered(nearer=10.0, farther=200.0).balance == -Covered(nearer=200.0, farther=10.0).balance


def test_what_goes_across_the_axis_has_no_twin_and_what_zooms_has_one():
    """A path 70 degrees off the axis and more cannot be a dolly either way round."""
    fit = selected("in")[0][3]
    assert not fit.model.zooms

    def along(degrees: float) -> DenseFit:
        way = torch.linspace(0.0, 1.0, 4, dtype=torch.float64)[:, None]
        heading = torch.tensor([np.sin(np.radians(degrees)), 0.0, np.cos(np.radians(degrees))])
        still = torch.eye(3, dtype=torch.float64).expand(4, 3, 3)
        return replace(fit, parameters=replace(fit.parameters, rotation=still, translation=-way * heading))

    assert [has_twin(along(degrees)) for degrees in (0.0, 60.0, 75.0, 90.0, 120.0, 180.0)] == [
        *(True, True, False, False, True, True)
    ]
    assert has_twin(replace(along(90.0), model=FULL_ZOOM))
