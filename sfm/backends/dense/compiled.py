"""Patches predicted, weighed and summed up slot by slot, without an array of the Jacobian of all of them in between.

The law of `linearise`, `normal.weighted` and `adjustment.place_costs`, compiled by numba: the adjuster runs on the CPU,
wherever the flow was found.
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.linearise import FOCAL_SOURCE, FOCAL_TARGET, UNDISTORTION
from sfm.geometry.compiled.jit import compiled
from sfm.geometry.compiled.law import geman_mcclure
from sfm.geometry.projection import LEAST_DEPTH
from sfm.geometry.so3 import POSE

ROWS = 14
"""What is known of the patches of one slot: see `predicted` and `weigh`."""


class Places(NamedTuple):
    """Some rows of a `FlowGraph`, all of one kind of floating point numbers."""

    source: Int[np.ndarray, " k"]
    target: Int[np.ndarray, "k m"]
    patch_px: Float[np.ndarray, "2 p"]
    place_px: Float[np.ndarray, "k m 2 p"]
    root: Float[np.ndarray, "k m 3 p"]
    weight: Float[np.ndarray, "k m p"]


class Cameras(NamedTuple):
    """Several states of `DenseParameters`, with the depths of the same rows."""

    rotation: Float[np.ndarray, "s n 3 3"]
    translation: Float[np.ndarray, "s n 3"]
    focal_px: Float[np.ndarray, "s n"]
    kappa: Float[np.ndarray, " s"]
    inverse_depth: Float[np.ndarray, "s k p"]


class Sums(NamedTuple):
    """As `sfm.backends.dense.normal.Sums`, with c local columns."""

    block: Float[np.ndarray, "s k m c c"]
    pull: Float[np.ndarray, "s k m c"]
    shared: Float[np.ndarray, "s k m c p"]
    own: Float[np.ndarray, "s k p"]
    own_pull: Float[np.ndarray, "s k p"]


def taken(
    parameters: DenseParameters, graph: FlowGraph, rows: slice, kernel: float | Float[Tensor, "*s"]
) -> tuple[Places, Cameras, Float[np.ndarray, " s"]]:
    """Some rows of a graph, states and their kernels on a CPU, as the loops take them."""
    states = math.prod(parameters.log_focal.shape)
    kernels = np.broadcast_to(np.asarray(kernel, np.float64).reshape(-1), states).copy()
    return _places(graph, rows), _cameras(parameters, rows, states), kernels


def _places(graph: FlowGraph, rows: slice) -> Places:
    known = (graph.place_px[rows], graph.root[rows], graph.weight[rows])
    every = (graph.source[rows], graph.target[rows], graph.patch_px, *known)
    return Places(*(x.contiguous().numpy() for x in every))


def _cameras(parameters: DenseParameters, rows: slice, states: int) -> Cameras:
    """Of a state that is not stacked as of the only one."""
    depth = parameters.inverse_depth[..., rows, :]
    return Cameras(
        parameters.rotation.reshape(states, -1, 3, 3).contiguous().numpy(),
        parameters.translation.reshape(states, -1, 3).contiguous().numpy(),
        parameters.focal_px.reshape(states, -1).contiguous().numpy(),
        parameters.undistortion.reshape(states).contiguous().numpy(),
        depth.reshape(states, *depth.shape[-2:]).contiguous().numpy(),
    )


def room(places: Places, states: int, columns: int) -> Sums:
    """Zeros to be filled by `sum_up`; what single precision cannot add up is in double."""
    (k, m, p), kind = places.weight.shape, places.weight.dtype
    block = np.zeros((states, k, m, columns, columns)), np.zeros((states, k, m, columns))
    return Sums(*block, *(np.zeros((states, *shape), kind) for shape in ((k, m, columns, p), (k, p), (k, p))))


@compiled
def sum_up(places, cameras, kernel, sums):
    """Fills `Sums`, residuals weighted for the kernel of Geman and McClure.

    Args:
        places, cameras: `Places`, `Cameras`.
        kernel: (s) standard deviations.
        sums: zeros; nine columns where the lens is fitted, else the six of the pose.
    """
    s, k, m, c, p = sums.shared.shape
    seen, columns = np.empty((ROWS, p), sums.own.dtype), np.empty((c, 2, p), sums.own.dtype)
    for state in range(s):
        for row in range(k):
            own, own_pull = sums.own[state, row], sums.own_pull[state, row]
            for slot in range(m):
                turn, shift = between(cameras, state, places.source[row], places.target[row, slot])
                predicted(places, cameras, (state, row, slot), turn, shift, seen)
                there = cameras.focal_px[state, places.target[row, slot]]
                weigh(places.root[row, slot], places.weight[row, slot], kernel[state], there, seen)
                pose_columns(cameras.inverse_depth[state, row], seen, columns)
                if c > POSE:
                    lens_columns(places, cameras, (state, row, slot), turn, seen, columns)
                add_products(columns, seen, sums.block[state, row, slot], sums.pull[state, row, slot])
                add_depths(columns, shift, seen, sums.shared[state, row, slot], own, own_pull)


@compiled
def sum_costs(places, cameras, kernel, costs, first, last):
    """Fills `costs` (s k) of the rows from `first` to before `last`: the robust cost of all places of each.

    What is behind its target costs as much as anything can.
    """
    _, m, p = places.weight.shape
    seen = np.empty((ROWS, p), places.weight.dtype)
    for state in range(len(costs)):
        wide = kernel[state] * kernel[state]
        for row in range(first, last):
            total = 0.0
            for slot in range(m):
                turn, shift = between(cameras, state, places.source[row], places.target[row, slot])
                predicted(places, cameras, (state, row, slot), turn, shift, seen)
                root, weight = places.root[row, slot], places.weight[row, slot]
                there = cameras.focal_px[state, places.target[row, slot]]
                for i in range(p):
                    x, y = whitened(root, there, seen, i)
                    squared = x * x + y * y
                    total += weight[i] * (geman_mcclure(squared, wide) if seen[8, i] > 0.0 else wide)
            costs[state, row] = total


@compiled
def between(cameras, state, source, target):
    """Rotation (3 3) and translation (3): target from source."""
    own, other = cameras.rotation[state, source], cameras.rotation[state, target]
    turn, shift = np.empty((3, 3)), np.empty(3)
    for a in range(3):
        for b in range(3):
            turn[a, b] = other[a, 0] * own[b, 0] + other[a, 1] * own[b, 1] + other[a, 2] * own[b, 2]
        shift[a] = cameras.translation[state, target, a]
        for b in range(3):
            shift[a] -= turn[a, b] * cameras.translation[state, source, b]
    return turn, shift


@compiled
def predicted(places, cameras, at, turn, shift, seen):
    """Fills rows 0 to 8 of `seen` (`ROWS` p) for one slot, `at` (state, row, slot), as `linearise.Predicted` has it.

    0, 1: ideal place (u, v); 2, 3: observed place (a, b); 4: one over the depth; 5: straightening; 6, 7: residual over
    the target's focal length; 8: 1 in front of the target, else 0.
    """
    state, row, slot = at
    patch, place = places.patch_px, places.place_px[row, slot]
    depth, kappa = cameras.inverse_depth[state, row], cameras.kappa[state]
    here = cameras.focal_px[state, places.source[row]]
    there = cameras.focal_px[state, places.target[row, slot]]
    for i in range(patch.shape[1]):
        x, y = patch[0, i] / here, patch[1, i] / here
        bent = 1.0 + kappa * (x * x + y * y)
        x, y, near = x * bent, y * bent, depth[i]
        px = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] + shift[0] * near
        py = turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] + shift[1] * near
        pz = turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] + shift[2] * near
        inverse = 1.0 / max(pz, LEAST_DEPTH)
        u, v, a, b = px * inverse, py * inverse, place[0, i] / there, place[1, i] / there
        bend = kappa * (a * a + b * b)
        straight = 1.0 + 2.0 * bend
        seen[0, i], seen[1, i], seen[2, i], seen[3, i], seen[4, i], seen[5, i] = u, v, a, b, inverse, straight
        seen[6, i], seen[7, i] = (a * (1.0 + bend) - u) / straight, (b * (1.0 + bend) - v) / straight
        seen[8, i] = 1.0 if pz > LEAST_DEPTH else 0.0


@compiled
def whitened(root, focal_px, seen, i):
    """The residual of patch i in standard deviations, from `seen` as `predicted` fills it."""
    rx, ry = focal_px * seen[6, i], focal_px * seen[7, i]
    return root[0, i] * rx + root[1, i] * ry, root[2, i] * ry


@compiled
def weigh(root, weight, kernel, focal_px, seen):
    """Fills rows 9 to 13 of `seen`: residuals in weighted standard deviations; the root that scales the columns.

    Args:
        root, weight: (3 p), (p) of the slot.
        kernel: of Geman and McClure, standard deviations.
        focal_px: of the target.
        seen: of `predicted`.
    """
    wide = kernel * kernel
    for i in range(len(weight)):
        x, y = whitened(root, focal_px, seen, i)
        factor = wide / (wide + x * x + y * y) * np.sqrt(weight[i] * seen[8, i])
        scale = factor * focal_px / seen[5, i]
        seen[9, i], seen[10, i] = factor * x, factor * y
        seen[11, i], seen[12, i], seen[13, i] = root[0, i] * scale, root[1, i] * scale, root[2, i] * scale


@compiled
def pose_columns(depth, seen, columns):
    """Fills the six columns (c 2 p) of the target's pose: derivatives of predicted minus seen, scaled."""
    for i in range(len(depth)):
        u, v, first, cross, second = seen[0, i], seen[1, i], seen[11, i], seen[12, i], seen[13, i]
        d = depth[i] * seen[4, i]
        columns[0, 0, i], columns[0, 1, i] = first * d, 0.0
        columns[1, 0, i], columns[1, 1, i] = cross * d, second * d
        columns[2, 0, i], columns[2, 1, i] = -d * (first * u + cross * v), -second * d * v
        columns[3, 0, i], columns[3, 1, i] = -first * u * v - cross * (1.0 + v * v), -second * (1.0 + v * v)
        columns[4, 0, i], columns[4, 1, i] = first * (1.0 + u * u) + cross * u * v, second * u * v
        columns[5, 0, i], columns[5, 1, i] = cross * u - first * v, second * u


@compiled
def lens_columns(places, cameras, at, turn, seen, columns):
    """Fills the three columns of the lens, as `linearise` has them; `at` is (state, row, slot)."""
    state, row, _ = at
    patch, kappa = places.patch_px, cameras.kappa[state]
    here = cameras.focal_px[state, places.source[row]]
    for i in range(patch.shape[1]):
        u, v, a, b, scale = seen[0, i], seen[1, i], seen[2, i], seen[3, i], seen[4, i]
        first, cross, second = seen[11, i], seen[12, i], seen[13, i]
        x, y = patch[0, i] / here, patch[1, i] / here
        squared = x * x + y * y
        z = turn[2, 0] * x + turn[2, 1] * y
        across = scale * (turn[0, 0] * x + turn[0, 1] * y - u * z)
        down = scale * (turn[1, 0] * x + turn[1, 1] * y - v * z)
        bent, seen_squared = 1.0 + 3.0 * kappa * squared, a * a + b * b
        bend, off_a, off_b = 2.0 * kappa * seen_squared, a - 2.0 * seen[6, i], b - 2.0 * seen[7, i]
        fx, fy = -bent * across, -bent * down
        columns[FOCAL_SOURCE, 0, i], columns[FOCAL_SOURCE, 1, i] = first * fx + cross * fy, second * fy
        fx, fy = u + bend * off_a, v + bend * off_b
        columns[FOCAL_TARGET, 0, i], columns[FOCAL_TARGET, 1, i] = first * fx + cross * fy, second * fy
        fx, fy = squared * across - seen_squared * off_a, squared * down - seen_squared * off_b
        columns[UNDISTORTION, 0, i], columns[UNDISTORTION, 1, i] = first * fx + cross * fy, second * fy


@compiled
def add_products(columns, seen, block, pull):
    """Adds the products of the columns to `block` (c c), and those with the residuals to `pull` (c)."""
    c, _, p = columns.shape
    for a in range(c):
        ax, ay = columns[a, 0], columns[a, 1]
        total = 0.0
        for i in range(p):
            total += ax[i] * seen[9, i] + ay[i] * seen[10, i]
        pull[a] += total
        for b in range(a + 1):
            bx, by = columns[b, 0], columns[b, 1]
            total = 0.0
            for i in range(p):
                total += ax[i] * bx[i] + ay[i] * by[i]
            block[a, b] += total
            if b < a:
                block[b, a] += total


@compiled
def add_depths(columns, shift, seen, shared, own, own_pull):
    """Fills `shared` (c p) for a slot, and adds what it tells of the depths to `own` and `own_pull` (p)."""
    c, _, p = columns.shape
    by_depth = np.empty((2, p), seen.dtype)
    for i in range(p):
        x, y = seen[4, i] * (shift[0] - seen[0, i] * shift[2]), seen[4, i] * (shift[1] - seen[1, i] * shift[2])
        one, two = seen[11, i] * x + seen[12, i] * y, seen[13, i] * y
        by_depth[0, i], by_depth[1, i] = one, two
        own[i] += one * one + two * two
        own_pull[i] += one * seen[9, i] + two * seen[10, i]
    for a in range(c):
        for i in range(p):
            shared[a, i] = columns[a, 0, i] * by_depth[0, i] + columns[a, 1, i] * by_depth[1, i]
