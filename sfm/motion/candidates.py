"""The ladder of motion models: each rung fitted to the same tracks."""

import math
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float

from sfm.geometry.problem import Observations, stack
from sfm.geometry.triangulation import completed
from sfm.motion.connectivity import linked_runs
from sfm.motion.incremental import register_incrementally
from sfm.motion.initialization import chain, parameters_from
from sfm.motion.models import WIDE, FittedModel, FocalPrior, fit, freedom, ranked, share_quantile, thinned, track_rms
from sfm.motion.translation_models import measured, search

MODEL_NAMES = ("static", "rotation", "rotation_zoom", "full", "full_zoom")
POOR_PX = 1.5
"""A full model that leaves more than this to the better 60 % of the content may have started in the wrong place."""
NO_ZOOM = 0.02
"""A log focal ratio that stays below this is a constant focal length."""
INCREMENTAL_FROM = 8
"""Fewer keyframes than this are all seen from the first one."""


def fit_models(
    scene: Observations,
    prior: FocalPrior,
    unit_px: float,
    *,
    noise_px: float = 0.3,
) -> list[FittedModel]:
    """Fits every model of the ladder to the keyframes.

    unit_px: length of one pixel of a 640-pixel frame in pixels of this one; kernels scale with it.
    """
    device = scene.xy_px.device
    n = scene.xy_px.shape[1]
    kernels = tuple(k * unit_px for k in WIDE)
    rungs = _turning(scene, prior, unit_px, noise_px)

    winner = search(scene, prior, unit_px, noise_px, turned=rungs)
    if n > INCREMENTAL_FROM and (
        share_quantile(winner.residual_px, 0.6) > POOR_PX * unit_px or broken(winner, unit_px)
    ):
        free = freedom(["full"], prior, device)
        start = register_incrementally(
            scene,
            free,
            lambda part: search(part, prior, unit_px, noise_px).state,
            kernels_px=kernels,
            noise_px=noise_px,
        )
        again = fit(scene, start, ["full"], ["register_incrementally"], prior, kernels[1:], noise_px)[0]
        winner = ranked([winner, again], unit_px, rungs)[0]
    zoomed = fit(
        scene,
        stack([winner.state, rungs[2].state]),
        ["full_zoom"] * 2,
        ["full", "rotation_zoom"],
        prior,
        kernels[1:],
        noise_px,
    )
    return [*rungs, winner, ranked(zoomed, unit_px, rungs)[0]]


def broken(rung: FittedModel, unit_px: float) -> bool:
    """Whether at some step few of the tracks that span it agree: then the sides do not fit together."""
    seen = ~np.isnan(rung.residual_px)
    good = max(0.15 * unit_px, share_quantile(rung.residual_px, 0.35))
    agrees = track_rms(rung.residual_px) < 3 * good
    fits = agrees[:, None] & (rung.residual_px < 6 * good)
    return len(linked_runs(fits, seen)) > 1


def _turning(scene: Observations, prior: FocalPrior, unit_px: float, noise_px: float) -> list[FittedModel]:
    """The models without translation: static, rotation, rotation and zoom.

    One start follows what most of the content does from step to step, and one each side of the frame, since a subject
    that fills half of it seldom fills its whole border; those meet no wide kernel, which would pull them to the rest.
    """
    n = scene.xy_px.shape[1]
    rows, thin = thinned(scene)
    xy = measured(thin)
    log_focal = math.log(prior.focal_px)
    still, flat = np.zeros((n, 3)), np.zeros(n)
    kernels = tuple(k * unit_px for k in WIDE)
    starts, models, labels = [], [], []
    for side, part in _sides(xy).items():
        turned, _ = chain(xy[part], prior.focal_px, scene.pixel_aspect, zoom=False)
        zoomed, log_zoom = chain(xy[part], prior.focal_px, scene.pixel_aspect, zoom=True)
        for model, rotation, zoom in (("rotation", turned, flat), ("rotation_zoom", zoomed, log_zoom)):
            starts.append(parameters_from(thin, rotation, still, zoom, log_focal, inverse_depth=0.0))
            models.append(model)
            labels.append(f"chain, {side}")
    starts.append(parameters_from(thin, np.tile(np.eye(3), (n, 1, 1)), still, flat, log_focal, inverse_depth=0.0))
    models.append("static")
    labels.append("identity")

    def fitted(which: list[int], kernels: tuple[float, ...]) -> list[FittedModel]:
        some = stack([starts[i] for i in which])
        names, starts_of = [models[i] for i in which], [labels[i] for i in which]
        return fit(thin, some, names, starts_of, prior, kernels, noise_px, drop_outliers=False)

    every = list(range(len(starts)))
    found = fitted([*every[:2], every[-1]], kernels) + fitted(every, kernels[1:])  # all of the content comes first
    best = [ranked([r for r in found if r.model == model], unit_px)[0] for model in MODEL_NAMES[:3]]
    best.append(best[1])  # no zoom is a start of one too
    names, states = [*MODEL_NAMES[:3], "rotation_zoom"], stack([r.state for r in best])
    free = freedom(names, prior, scene.xy_px.device)
    states = completed(scene, states, rows, free, torch.full_like(states.log_focal, kernels[2]))
    last = fit(scene, states, names, [r.start for r in best], prior, kernels[2:], noise_px)
    return [last[0], last[1], ranked(last[2:], unit_px)[0]]


def _sides(xy: Float[np.ndarray, "m n 2"]) -> dict[str, Bool[np.ndarray, " m"]]:
    """All tracks, and the outer third of them on each side, by their median positions."""
    place = np.nanmedian(xy, axis=1)
    low, high = np.quantile(place, [1 / 3, 2 / 3], axis=0)
    return {
        "all": np.ones(len(xy), bool),
        "left": place[:, 0] < low[0],
        "right": place[:, 0] > high[0],
        "top": place[:, 1] < low[1],
        "bottom": place[:, 1] > high[1],
    }


def refine_full_motion(
    scene: Observations, prior: FocalPrior, unit_px: float, rungs: list[FittedModel], *, noise_px: float = 0.3
) -> list[FittedModel]:
    """The same rungs with full motion and zoom searched for from all starts: dear, and worth it where full motion
    leaves much of the content open, or where the choice is in doubt.

    A zoom that turns out to be none may have found the better full motion.
    """
    full, zoomed = rungs[3:]
    zoomed = search(scene, prior, unit_px, noise_px, zoom=True, known=[zoomed], turned=rungs[:3])
    if float(np.ptp(zoomed.state.zoom.cpu().numpy())) < NO_ZOOM:
        straight = replace(zoomed.state, zoom=torch.zeros_like(zoomed.state.zoom))
        kernels = tuple(k * unit_px for k in WIDE[1:])
        again = fit(scene, straight, ["full"], [f"full_zoom: {zoomed.start}"], prior, kernels, noise_px)[0]
        full = ranked([full, again], unit_px, rungs[:3])[0]
    return [*rungs[:3], full, zoomed]
