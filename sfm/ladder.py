"""The ladder of motion models: each rung fitted to the same tracks."""

import math
from dataclasses import replace

import numpy as np
import torch

from sfm.full_motion import measured, search
from sfm.growth import grown
from sfm.hypotheses import Scene, State, stack
from sfm.rungs import WIDE, FocalPrior, Rung, fit, freedom, ranked, share_quantile
from sfm.starts import chain, state_from

RUNGS = ("static", "rotation", "rotation_zoom", "full", "full_zoom")
POOR_PX = 1.5
"""A full model that leaves more than this to the better 60 % of the content may have started in the wrong place."""
NO_ZOOM = 0.02
"""A log focal ratio that stays below this is a constant focal length."""
GROW_FROM = 8
"""Fewer keyframes than this are all seen from the first one."""


def climb(
    scene: Scene,
    prior: FocalPrior,
    unit_px: float,
    *,
    noise_px: float = 0.3,
) -> list[Rung]:
    """Fits every model of the ladder to the keyframes.

    unit_px: length of one pixel of a 640-pixel frame in pixels of this one; kernels scale with it.
    """
    device = scene.xy_px.device
    n = scene.xy_px.shape[1]
    kernels = tuple(k * unit_px for k in WIDE)
    log_focal = math.log(prior.focal_px)
    xy = measured(scene)
    still, flat = np.zeros((n, 3)), np.zeros(n)
    identity = np.tile(np.eye(3), (n, 1, 1))
    turned, _ = chain(xy, prior.focal_px, scene.pixel_aspect, zoom=False)
    turned_zoomed, log_zoom = chain(xy, prior.focal_px, scene.pixel_aspect, zoom=True)

    def begin(rotation: np.ndarray, translation: np.ndarray, zoom: np.ndarray, depth: float) -> State:
        return state_from(scene, rotation, translation, zoom, log_focal, inverse_depth=depth)

    names = ["static", "rotation", "rotation_zoom", "rotation_zoom"]
    starts = [
        begin(identity, still, flat, 0.0),
        begin(turned, still, flat, 0.0),
        begin(turned_zoomed, still, log_zoom, 0.0),
        begin(turned, still, flat, 0.0),
    ]
    simple = fit(
        scene, stack(starts), names, ["identity", "chain", "chain with zoom", "chain"], prior, kernels, noise_px
    )
    rungs = [simple[0], simple[1], ranked(simple[2:], unit_px)[0]]

    winner = search(scene, prior, unit_px, noise_px)
    if n > GROW_FROM and share_quantile(winner.residual_px, 0.6) > POOR_PX * unit_px:
        free = freedom(["full"], prior, device)
        start = grown(
            scene,
            free,
            lambda part: search(part, prior, unit_px, noise_px).state,
            kernels_px=kernels,
            noise_px=noise_px,
        )
        again = fit(scene, start, ["full"], ["grown"], prior, kernels[1:], noise_px)[0]
        winner = ranked([winner, again], unit_px)[0]
    zoomed = fit(
        scene,
        stack([winner.state, rungs[2].state]),
        ["full_zoom"] * 2,
        ["full", "rotation_zoom"],
        prior,
        kernels[1:],
        noise_px,
    )
    return [*rungs, winner, ranked(zoomed, unit_px)[0]]


def climb_further(
    scene: Scene, prior: FocalPrior, unit_px: float, rungs: list[Rung], *, noise_px: float = 0.3
) -> list[Rung]:
    """The same rungs with full motion and zoom searched for from all starts: dear, and worth it where full motion has
    won and leaves much of the content open.

    A zoom that turns out to be none may have found the better full motion.
    """
    full, zoomed = rungs[3:]
    zoomed = search(scene, prior, unit_px, noise_px, zoom=True, known=[zoomed])
    if float(np.ptp(zoomed.state.zoom.cpu().numpy())) < NO_ZOOM:
        straight = replace(zoomed.state, zoom=torch.zeros_like(zoomed.state.zoom))
        kernels = tuple(k * unit_px for k in WIDE[1:])
        again = fit(scene, straight, ["full"], [f"full_zoom: {zoomed.start}"], prior, kernels, noise_px)[0]
        full = ranked([full, again], unit_px)[0]
    return [*rungs[:3], full, zoomed]
