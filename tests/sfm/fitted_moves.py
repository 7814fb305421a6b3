"""Moves and the models fitted to them, for all tests of the motion models."""

from functools import cache

import numpy as np
from projected import FOCAL_PX, Projected, project

from sfm.geometry.problem import FocalPrior
from sfm.motion.candidates import fit_models, refine_full_motion
from sfm.motion.models import FittedModel
from sfm.motion.selection import Selection, select_model

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
    return fitted.parameters.rotation[0]


def zoom_of(fitted: FittedModel) -> np.ndarray:
    return np.exp(fitted.parameters.zoom[0])
