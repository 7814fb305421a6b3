"""Each frame's pose from points that are held: the law of `sfm.geometry.resectioning`."""

import numpy as np
from jaxtyping import Bool

from sfm.geometry.compiled.jit import compiled
from sfm.geometry.compiled.law import add_costs, camera_rows, projected
from sfm.geometry.compiled.system import NOTHING, moved_cameras, products
from sfm.geometry.compiled.values import Law, State, Tracks, parameters_of, state_of, tracks_of
from sfm.geometry.levenberg_marquardt import LevenbergMarquardt, Summary
from sfm.geometry.normal_equations import CAMERA
from sfm.geometry.problem import FreeParameters, Observations, Parameters

_ALL = np.arange(CAMERA)


def resect(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    kernel_px: float,
    solver: LevenbergMarquardt,
) -> tuple[Parameters, Summary]:
    """As `sfm.geometry.resectioning.resect`."""
    tracks = tracks_of(observations)
    flags = np.stack([free.rotation, free.translation, free.zoom, np.zeros_like(free.zoom)], 1).astype(float)
    kernels = np.full(tracks.weight.shape[1], kernel_px**2)
    states: list[State] = []
    better, cost = np.zeros(parameters.zoom.shape, bool), np.empty(parameters.zoom.shape)
    for b, moves in enumerate(flags):
        law = Law(moves, _ALL, kernels, 1.0)
        state, better[b], cost[b] = _resected(tracks, law, state_of(parameters, b), solver)
        states.append(state)
    return parameters_of(states), Summary(converged=~better, steps=solver.iterations, cost=cost)


def _resected(
    tracks: Tracks, law: Law, state: State, solver: LevenbergMarquardt
) -> tuple[State, np.ndarray, np.ndarray]:
    """The cameras of one hypothesis, for which of them the last step gained, and their costs."""
    n = len(state.zoom)
    cost, damping, better = np.empty(n), np.full(n, solver.damping), np.zeros(n, bool)
    frame_costs(tracks, law, state, cost)
    most = np.array([solver.max_turn_rad, solver.max_log_zoom])
    for _ in range(solver.iterations):
        trial, trial_cost = stepped_frames(tracks, law, state, damping, most)
        better = trial_cost < cost
        state = kept_frames(better, trial, state)
        cost = np.where(better, trial_cost, cost)
        damping = solver.damped(damping, better)
    return state, better, cost


@compiled
def stepped_frames(tracks, law, state, damping, most):
    """The cameras after a damped step of every frame, and what each then costs (n), in square pixels.

    Args:
        tracks, law, state: `Tracks`, `Law`, `State`.
        damping: (n) of Levenberg and Marquardt.
        most: (2) a step turns a camera about each axis, and changes its log zoom, by no more.
    """
    n, c = len(tracks.weight), len(law.used)
    blocks, pull, step, cost = np.empty((n, c, c)), np.empty((n, c)), np.zeros(c * n + 1), np.empty(n)
    frame_systems(tracks, law, state, blocks, pull)
    for j in range(n):
        for a in range(c):
            entry = blocks[j, a, a]
            blocks[j, a, a] += 1e-9 + damping[j] * entry + (1.0 if entry <= NOTHING else 0.0)
        delta = solved(blocks[j], pull[j])
        for a in range(c):
            step[a * n + j] = min(max(-delta[a], -most[0]), most[0]) if law.used[a] < 3 else -delta[a]
    rotation, translation, zoom = moved_cameras(state, law.used, step, np.inf, most[1])
    trial = State(rotation, translation, zoom, state.log_focal, np.exp(state.log_focal + zoom), state.point)
    frame_costs(tracks, law, trial, cost)
    return trial, cost


@compiled
def solved(matrix, right):
    """x of matrix x = right by Cholesky; NaN where the matrix (c c), which is overwritten, is not positive definite."""
    c = len(right)
    x = np.empty(c)
    for a in range(c):
        for b in range(a + 1):
            total = matrix[a, b]
            for k in range(b):
                total -= matrix[a, k] * matrix[b, k]
            matrix[a, b] = np.sqrt(total) if a == b else total / matrix[b, b]
        total = right[a]
        for k in range(a):
            total -= matrix[a, k] * x[k]
        x[a] = total / matrix[a, a]
    for a in range(c - 1, -1, -1):
        total = x[a]
        for k in range(a + 1, c):
            total -= matrix[k, a] * x[k]
        x[a] = total / matrix[a, a]
    return x


def kept_frames(better: Bool[np.ndarray, " n"], trial: State, state: State) -> State:
    """The cameras of `trial` where they are better (n), else those of `state`."""
    each = better.reshape(-1, 1, 1)
    return State(
        np.where(each, trial.rotation, state.rotation),
        np.where(each[:, 0], trial.translation, state.translation),
        np.where(better, trial.zoom, state.zoom),
        state.log_focal,
        np.where(better, trial.focal_px, state.focal_px),
        state.point,
    )


@compiled
def frame_systems(tracks, law, state, blocks, pull):
    """Fills the system of each frame, `blocks` (n 7 7) and `pull` (n 7); the rest as in `linearise`."""
    n, m = tracks.weight.shape
    seen, slope, rows = np.empty((8, m)), np.empty((2, 2, m)), np.zeros((9, 2, m))
    for j in range(n):
        projected(j, tracks, state, state.point, seen)
        camera_rows(j, tracks, law, state, seen, slope, rows)
        products(rows, law.used, blocks[j], pull[j])


@compiled
def frame_costs(tracks, law, state, cost):
    """Fills the robust cost (n) of each frame, in square pixels."""
    n, m = tracks.weight.shape
    seen, each = np.empty((8, m)), np.empty(m)
    for j in range(n):
        projected(j, tracks, state, state.point, seen)
        each[:] = 0.0
        add_costs(seen, tracks.weight[j], law.kernel_squared, each)
        cost[j] = each.sum()
