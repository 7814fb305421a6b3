"""The candidate models: all five motion models, fitted to the same tracks."""

from dataclasses import replace

import numpy as np

from sfm.geometry.problem import Problem
from sfm.geometry.robust import good_residual, share_quantile, trimmed_track_rms
from sfm.motion.bad_frames import mended
from sfm.motion.connectivity import linked_runs
from sfm.motion.consensus import AGREES, ranked
from sfm.motion.incremental import register_incrementally
from sfm.motion.models import FittedModel, Start, fit
from sfm.motion.rotation_models import fit_rotation_models
from sfm.motion.translation_models import search
from sfm.types import FULL, FULL_ZOOM

POOR_PX = 1.5
"""A full model that leaves more than this to the better 60 % of the content may have started in the wrong place."""
NO_ZOOM = 0.02
"""A log focal ratio that stays below this is a constant focal length."""
INCREMENTAL_FROM = 8
"""Fewer keyframes than this are all seen from the first one."""


def fit_models(problem: Problem) -> list[FittedModel]:
    """Fits every motion model to the keyframes, in the order of `MOTION_MODELS`."""
    turned = fit_rotation_models(problem)
    full = search(problem, turned=turned)
    if problem.observations.xy_px.shape[1] > INCREMENTAL_FROM and (
        share_quantile(full.residual_px, 0.6) > POOR_PX * problem.unit_px or broken(full, problem.unit_px)
    ):
        start = Start(parameters=register_incrementally(problem), model=FULL, origin="incremental")
        again = fit(problem, [start], problem.kernels_px[1:])[0]
        full = ranked([full, mended(problem, again, turned)], problem.unit_px, turned, problem.prior)[0]
    starts = [full.restart("full", model=FULL_ZOOM), turned[2].restart("rotation_zoom", model=FULL_ZOOM)]
    zoomed = fit(problem, starts, problem.kernels_px[1:])
    return [*turned, full, ranked(zoomed, problem.unit_px, turned, problem.prior)[0]]


def broken(fitted: FittedModel, unit_px: float) -> bool:
    """Whether at some step few of the tracks that span it agree: then the sides do not fit together."""
    seen = ~np.isnan(fitted.residual_px)
    good = good_residual(fitted.residual_px, unit_px)
    agrees = trimmed_track_rms(fitted.residual_px) < AGREES * good
    fits = agrees[:, None] & (fitted.residual_px < 2 * AGREES * good)
    return len(linked_runs(fits, seen)) > 1


def refine_full_motion(problem: Problem, candidates: list[FittedModel], *, thorough: bool = True) -> list[FittedModel]:
    """The same models with full motion and zoom searched for from all starts: dear, and worth it where full motion
    leaves much of the content unexplained, or where the selection is in doubt.

    A zoom that turns out to be none may have found the better full motion. `thorough`: see `search`.
    """
    turned, (full, zoomed) = candidates[:3], candidates[3:]
    zoomed = search(problem, model=FULL_ZOOM, known=zoomed, turned=turned, thorough=thorough)
    zoom = zoomed.parameters.zoom
    if np.ptp(zoom) < NO_ZOOM:
        straight = replace(zoomed.parameters, zoom=np.zeros_like(zoom))
        start = Start(parameters=straight, model=FULL, origin=f"full_zoom: {zoomed.start}")
        again = fit(problem, [start], problem.kernels_px[1:])[0]
        full = ranked([full, again], problem.unit_px, turned, problem.prior)[0]
    return [*turned, full, zoomed]
