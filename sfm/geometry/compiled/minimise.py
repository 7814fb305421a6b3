"""Levenberg-Marquardt for one hypothesis after the other, on one core: the law of `sfm.geometry.bundle_adjustment`."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.linalg.blas import dsyrk, ssyrk
from scipy.linalg.lapack import dposv

from sfm.geometry.compiled.jit import compiled
from sfm.geometry.compiled.law import add_costs, projected
from sfm.geometry.compiled.system import eliminate, linearise, reduce, stepped
from sfm.geometry.compiled.values import Eliminated, Law, State, System, Tracks, parameters_of, state_of, tracks_of
from sfm.geometry.levenberg_marquardt import LevenbergMarquardt, Summary
from sfm.geometry.problem import FreeParameters, Observations, Parameters

FLOOR = 1e-6
"""Least damping of a point, as a share of the largest entry of its block."""


def minimise(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    kernel_px: Float[np.ndarray, "b ..."],
    noise_px: float,
    solver: LevenbergMarquardt,
    reach: float,
) -> tuple[Parameters, Summary]:
    """As `sfm.geometry.bundle_adjustment.minimise`; `reach` bounds the log focal length around its prior."""
    tracks = tracks_of(observations)
    kernels = kernel_px.reshape(len(kernel_px), -1) ** 2
    flags = np.stack([free.rotation, free.translation, free.zoom, free.focal], 1)
    found: list[_Search] = []
    for b, kernel_squared in enumerate(kernels):
        each = np.broadcast_to(kernel_squared, tracks.weight.shape[1]).copy()
        found.append(_search(tracks, _law(free, flags[b], each, noise_px, reach), state_of(parameters, b), solver))
    summary = Summary(
        converged=np.array([each.converged for each in found]),
        steps=max(each.steps for each in found),
        cost=np.array([each.cost for each in found]),
    )
    return parameters_of([each.state for each in found]), summary


class _Search(NamedTuple):
    """Where a search ended, its cost, how many steps it made, and whether it gained no more."""

    state: State
    cost: float
    steps: int
    converged: bool


def _law(
    free: FreeParameters, flags: Bool[np.ndarray, " 4"], kernel_squared: np.ndarray, noise_px: float, reach: float
) -> Law:
    """That of one hypothesis of a batch; `flags` say what it moves, in the order of `Law.moves`."""
    turns, shifts, zooms, _ = flags.tolist()
    return Law(
        moves=flags.astype(float),
        used=np.array([*range(3 * turns), *range(3, 3 + 3 * shifts), *range(6, 6 + zooms)], np.int64),
        kernel_squared=kernel_squared,
        noise_px=float(noise_px),
        prior=free.log_focal_prior,
        precision=free.log_focal_sigma**-2,
        reach=reach,
    )


def _search(tracks: Tracks, law: Law, state: State, solver: LevenbergMarquardt) -> _Search:
    """Steps until none gains."""
    most = np.array([solver.max_turn_rad, solver.max_log_zoom, solver.max_log_focal])
    system, out = _room(tracks, law)
    p = len(system.gradient)
    rows, matrix, right = out.mixed.reshape(p, -1), np.empty((p, p), order="F"), np.empty(p)
    damping, cost, moved = solver.damping, _cost(tracks, law, state), True
    for steps in range(1, solver.iterations + 1):
        if moved:
            linearise(tracks, law, state, system)
        eliminate(system, damping, FLOOR, out)
        reduce(system, out, damping, _products(rows, single=solver.single), matrix, right)
        _, delta, bad = dposv(matrix, right, overwrite_a=True)
        trial = stepped(law, state, out, np.zeros_like(right) if bad else delta, most)
        trial_cost = _cost(tracks, law, trial)
        moved = trial_cost < cost
        gain = (cost - trial_cost) / max(cost, 1e-12) if moved else 0.0
        if moved:
            state, cost = trial, trial_cost
        damping *= solver.shrink if moved else solver.grow
        damping = min(max(damping, solver.least_damping), solver.most_damping)
        if gain < solver.tolerance and (moved or damping > solver.stalled_damping):
            return _Search(state, cost, steps, True)
    return _Search(state, cost, solver.iterations, False)


def _products(rows: Float[np.ndarray, "p r"], *, single: bool) -> Float[np.ndarray, "p p"]:
    """The upper half of rows rowsᵀ, in Fortran's order: most of the work of a step."""
    if single:
        return ssyrk(1.0, rows.astype(np.float32).T, trans=True)
    return dsyrk(1.0, rows.T, trans=True)


def _room(tracks: Tracks, law: Law) -> tuple[System, Eliminated]:
    """Memory for the systems of a search."""
    n, m = tracks.weight.shape
    p, d = len(law.used) * n + 1, 3 if law.moves[1] else 2  # without a translation no depth is moved
    system = System(np.empty((p, p)), np.empty(p), np.empty((d, d, m)), np.empty((d, m)), np.empty((p, d, m)))
    return system, Eliminated(np.empty((d, d, m)), np.empty((p, d, m)), np.empty((d, m)))


@compiled
def _cost(tracks, law, state):
    """Robust cost in units of the noise, plus the prior on the focal length."""
    n, m = tracks.weight.shape
    seen, cost = np.empty((8, m)), np.zeros(m)
    for j in range(n):
        projected(j, tracks, state, state.point, seen)
        add_costs(seen, tracks.weight[j], law.kernel_squared, cost)
    return cost.sum() / law.noise_px**2 + law.precision * (state.log_focal - law.prior) ** 2
