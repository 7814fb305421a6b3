"""Levenberg-Marquardt for one hypothesis after the other, on one core: the law of `sfm.geometry.bundle_adjustment`."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from scipy.linalg.lapack import dposv

from sfm.geometry.compiled._jit import compiled
from sfm.geometry.compiled.law import projected, robust_sum
from sfm.geometry.compiled.system import eliminate, linearise, moved_cameras, moved_points
from sfm.geometry.compiled.values import Eliminated, Law, State, System, Tracks, parameters_of, state_of, tracks_of
from sfm.geometry.levenberg_marquardt import LevenbergMarquardt, Summary
from sfm.geometry.problem import FreeParameters, Observations, Parameters

FLOOR = 1e-6
"""Least damping of a point, as a share of the largest entry of its block."""


def minimise(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    kernel_px: torch.Tensor,
    noise_px: float,
    solver: LevenbergMarquardt,
    reach: float,
) -> tuple[Parameters, Summary]:
    """As `sfm.geometry.bundle_adjustment.minimise`; `reach` bounds the log focal length around its prior."""
    tracks = tracks_of(observations)
    kernels = kernel_px.numpy().reshape(len(kernel_px), -1) ** 2
    focal = _Focal(prior=free.log_focal_prior, precision=free.log_focal_sigma**-2, reach=reach)
    found: list[_Search] = []
    for b, kernel_squared in enumerate(kernels):
        each = np.broadcast_to(kernel_squared, len(tracks.weight)).copy()
        found.append(_search(tracks, _law(free, b, each, noise_px), focal, state_of(parameters, b), solver))
    summary = Summary(
        converged=torch.tensor([each.converged for each in found]),
        steps=max(each.steps for each in found),
        cost=torch.tensor([each.cost for each in found], dtype=parameters.zoom.dtype),
    )
    return parameters_of([each.state for each in found]), summary


@final
@dataclass(frozen=True, kw_only=True)
class _Focal:
    """The prior of the log focal length, one over its variance, and how far from it the focal length may go."""

    prior: float
    precision: float
    reach: float


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Search:
    """Where a search ended, its cost, how many steps it made, and whether it gained no more."""

    state: State
    cost: float
    steps: int
    converged: bool


def _law(free: FreeParameters, b: int, kernel_squared: np.ndarray, noise_px: float) -> Law:
    """That of one hypothesis of a batch."""
    turns, shifts, zooms, focal = (bool(f[b]) for f in (free.rotation, free.translation, free.zoom, free.focal))
    used = [*range(3 * turns), *range(3, 3 + 3 * shifts), *range(6, 6 + zooms)]
    moves = np.array([turns, shifts, zooms, focal], float)
    return Law(moves, np.array(used, np.int64), kernel_squared, float(noise_px))


def _search(tracks: Tracks, law: Law, focal: _Focal, state: State, solver: LevenbergMarquardt) -> _Search:
    """Steps until none gains."""
    damping, cost, system = solver.damping, _cost(tracks, law, focal, state), None
    for steps in range(1, solver.iterations + 1):
        if system is None:
            system = _system(tracks, law, focal, state)
        trial = _step(law, focal, system, state, damping, solver)
        trial_cost = _cost(tracks, law, focal, trial)
        better = trial_cost < cost
        gain = (cost - trial_cost) / max(cost, 1e-12) if better else 0.0
        if better:
            state, cost, system = trial, trial_cost, None
        damping *= solver.shrink if better else solver.grow
        damping = min(max(damping, solver.least_damping), solver.most_damping)
        if gain < solver.tolerance and (better or damping > solver.stalled_damping):
            return _Search(state=state, cost=cost, steps=steps, converged=True)
    return _Search(state=state, cost=cost, steps=solver.iterations, converged=False)


def _cost(tracks: Tracks, law: Law, focal: _Focal, state: State) -> float:
    """Robust cost in units of the noise, plus the prior on the focal length."""
    cost = _robust_cost(tracks, law, state.cameras, state.point)
    return cost / law.noise_px**2 + focal.precision * (state.log_focal - focal.prior) ** 2


@compiled
def _robust_cost(tracks, law, cameras, point):
    """Geman-McClure's cost of all tracks, in square pixels."""
    seen, total = np.empty((8, tracks.weight.shape[1])), 0.0
    for i in range(len(point)):
        projected(i, tracks, cameras, point[i], seen)
        total += robust_sum(seen, tracks.weight[i], law.kernel_squared[i])
    return total


def _system(tracks: Tracks, law: Law, focal: _Focal, state: State) -> System:
    """The system at a state, with the prior on the focal length."""
    m, n = tracks.weight.shape
    p, d = len(law.used) * n + 1, 3 if law.moves[1] else 2  # without a translation no depth is moved
    system = System(np.empty((p, p)), np.empty(p), np.empty((m, d, d)), np.empty((m, d)), np.empty((m, d, p)))
    linearise(tracks, law, state.cameras, state.point, system)
    system.camera[-1, -1] += focal.precision
    system.gradient[-1] += focal.precision * (state.log_focal - focal.prior) * law.moves[3]
    return system


def _step(law: Law, focal: _Focal, system: System, state: State, damping: float, solver: LevenbergMarquardt) -> State:
    """The state after a damped step; cameras stay where the system has no solution."""
    m, d, p = system.mixed.shape
    out = Eliminated(np.empty((m, d, d)), np.empty((m, d, p)), np.empty((m, d)))
    eliminate(system, damping, FLOOR, out)
    rows = out.mixed.reshape(m * d, p)
    matrix, diagonal = system.camera - rows.T @ rows, system.camera.diagonal()
    still = diagonal <= 1e-12
    matrix[np.diag_indices(p)] += damping * diagonal + 1e-9 * diagonal.max() + still
    _, delta, bad = dposv(matrix, rows.T @ out.gradient.reshape(-1) - system.gradient)
    delta = np.where(np.isfinite(delta) & ~still, delta, 0.0) if bad == 0 else np.zeros(p)
    turned, moved, point = np.empty_like(state.rotation), np.empty((4, len(state.zoom))), np.empty_like(state.point)
    moved_cameras(state.cameras, law.used, delta, solver.max_turn_rad, solver.max_log_zoom, turned, moved)
    moved_points(state.point, out.root, out.gradient + (rows @ delta).reshape(m, d), point)
    log_focal = state.log_focal + float(np.clip(delta[-1], -solver.max_log_focal, solver.max_log_focal))
    return State(
        rotation=turned,
        translation=moved[:3],
        zoom=state.zoom + moved[3],
        log_focal=float(np.clip(log_focal, focal.prior - focal.reach, focal.prior + focal.reach)),
        point=point,
    )
