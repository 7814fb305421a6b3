"""A model fitted to tracks."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from projected import FOCAL_PX, Projected, angle_deg, project

from sfm.geometry.problem import FocalPrior, observations_of
from sfm.motion.candidates import fit_models, refine_full_motion
from sfm.motion.models import FittedModel, Start, fit
from sfm.motion.selection import Selection, select_model
from sfm.types import FULL

MOVES: dict[str, tuple[dict[str, float], str]] = {
    "static": ({}, "static"),
    "pan": ({"pan_deg": 12.0}, "rotation"),
    "tilt": ({"tilt_deg": -8.0}, "rotation"),
    "roll": ({"roll_deg": 10.0}, "rotation"),
    "zoom": ({"zoom": 1.3}, "rotation_zoom"),
    "pan with zoom": ({"pan_deg": 6.0, "zoom": 0.8}, "rotation_zoom"),
    "truck": ({"truck": 0.15}, "full"),
    "dolly": ({"dolly": 0.2}, "full"),
    "orbit": ({"orbit_deg": 12.0}, "full"),
    "truck with zoom": ({"truck": 0.15, "zoom": 1.25}, "full_zoom"),
}


GIVEN = FocalPrior(focal_px=FOCAL_PX, sigma=0.0)


UNKNOWN = FocalPrior(focal_px=0.85 * 640, sigma=0.35)


@cache
def fitted(name: str, movers: float, *, known: bool = True) -> tuple[Projected, list[FittedModel], Selection]:
    tracks = project(MOVES[name][0], seed=2, noise_px=0.1, movers=movers)
    prior = GIVEN if known else UNKNOWN
    found = fit_models(tracks.problem(prior))
    if select_model(found, 1.0).model.translates:
        found = refine_full_motion(tracks.problem(prior), found)
    return tracks, found, select_model(found, 1.0)


def rotation_of(fitted: FittedModel) -> np.ndarray:
    return fitted.parameters.rotation[0].numpy()


def test_model_hold_the_parameters_that_they_do_not_have():
    _, found, _ = fitted("truck with zoom", 0.3)
    by_name = {r.model.name: r.parameters for r in found}
    eye = torch.eye(3, dtype=torch.float64)
    assert torch.equal(by_name["static"].rotation[0], eye.expand(8, 3, 3))
    for model in ("static", "rotation", "rotation_zoom"):
        assert float(by_name[model].translation.abs().max()) == 0.0
    for model in ("static", "rotation", "full"):
        assert float(by_name[model].zoom.abs().max()) == 0.0
    for state in by_name.values():
        assert torch.equal(state.rotation[0, 0], eye)
        assert float(state.log_focal.exp()) == pytest.approx(FOCAL_PX)


def test_tracks_that_slip_away_slowly_are_let_go():
    """A third of the content drifts by three pixels in all, which a kernel of 2.5 takes for noise in most frames."""
    tracks = project({"truck": 0.15}, seed=6, noise_px=0.05)
    drift = np.where(np.arange(len(tracks.xy_px)) % 3 == 0, 3.0, 0.0)[:, None] * np.linspace(0, 1, 8)
    xy = tracks.xy_px + np.stack([0.3 * drift, drift], -1)
    observations = observations_of(xy, (360, 640), 1.0, torch.device("cpu"))
    problem = replace(tracks.problem(GIVEN), observations=observations)
    start = Start(parameters=tracks.parameters(), model=FULL, origin="truth")
    off = {
        rough: angle_deg(rotation_of(fit(problem, [start], (6.0, 2.5), rough=rough)[0]), tracks.rotation).max()
        for rough in (True, False)
    }
    assert off[False] < 0.02
    assert off[False] < 0.5 * off[True]
