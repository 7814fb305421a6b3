"""All tracks in one frame: where their points fall, by how much these miss, and the derivatives of it.

The law of `sfm.geometry.projection.residuals` and `sfm.geometry.normal_equations.jacobians`.
"""

import numpy as np

from sfm.geometry import robust
from sfm.geometry.compiled.jit import compiled
from sfm.geometry.projection import BEYOND_INFINITY, FAR_PX, MIN_DEPTH

LEAST_W = BEYOND_INFINITY / (1.0 + BEYOND_INFINITY**2) ** 0.5
"""Fourth coordinate of a point of unit length at that inverse distance."""

geman_mcclure = compiled(robust.geman_mcclure)


@compiled
def projected(j, tracks, state, point, seen):
    """Fills `seen` (8 m) for frame j: q = R d (rows 0-2), 1/z, x/z, y/z, and the residuals u and v.

    Each loop fills one row, here and below: of a loop that fills several LLVM cannot prove that no row lies in
    another, and takes track by track.

    Args:
        j: number of the frame.
        tracks, state: `Tracks`, `State`.
        point: (4 m) homogeneous, of unit length.
        seen: 1/z is 0 where the point is behind the camera, and the residuals are `FAR_PX`.
    """
    turn, shift, inverse, w = state.rotation[j], state.translation[j], seen[3], point[3]
    for r in range(3):
        _combined(turn[r], point, seen[r])
    _inverse_depth(seen[2], w, shift[2], inverse)
    for r in range(2):
        focal_px = state.focal_px[j] if r else state.focal_px[j] / tracks.aspect
        _divided(seen[r], w, shift[r], inverse, seen[4 + r])
        _missed(focal_px, seen[4 + r], tracks.xy_px[j, r], inverse, seen[6 + r])


@compiled
def _combined(factor, rows, out):
    a, b, c, x, y, z = factor[0], factor[1], factor[2], rows[0], rows[1], rows[2]
    for i in range(len(out)):
        out[i] = a * x[i] + b * y[i] + c * z[i]


@compiled
def _inverse_depth(z, w, shift, out):
    for i in range(len(out)):
        depth = z[i] + w[i] * shift
        out[i] = 1.0 / depth if w[i] > LEAST_W and depth > MIN_DEPTH else 0.0


@compiled
def _divided(x, w, shift, inverse, out):
    for i in range(len(out)):
        out[i] = (x[i] + w[i] * shift) * inverse[i]


@compiled
def _missed(focal_px, place, measured_px, inverse, out):
    for i in range(len(out)):
        out[i] = focal_px * place[i] - measured_px[i] if inverse[i] > 0.0 else FAR_PX


@compiled
def add_costs(seen, weight, kernel_squared, cost):
    """Adds Geman-McClure's cost of each track in one frame to its `cost` (m), in square pixels."""
    u, v = seen[6], seen[7]
    for i in range(len(weight)):
        cost[i] += weight[i] * geman_mcclure(u[i] * u[i] + v[i] * v[i], kernel_squared[i])


@compiled
def camera_rows(j, tracks, law, state, seen, slope, rows):
    """Fills `rows` for frame j: derivatives of u and v by the parameters of its camera, weighted, in noise units.

    Args:
        j: number of the frame; the first is the gauge, its pose and zoom stay.
        tracks, law, state: `Tracks`, `Law`, `State`.
        seen: of `projected`.
        slope: (2 2 m), to be filled: of u by x in the camera, and that times x/z; of v by y, and that times y/z.
        rows: (9 2 m), zeros before: u hangs on no way down, v on none across. The last are the weighted residuals.
    """
    held, root, w, x, y = 0.0 if j == 0 else 1.0, np.empty(seen.shape[1]), state.point[3], slope[0], slope[1]
    turn, shift, zoom = held * law.moves[0], held * law.moves[1], held * law.moves[2]
    _root(seen, tracks.weight[j], law.kernel_squared, law.noise_px, root)
    for r in range(2):
        focal_px = state.focal_px[j] if r else state.focal_px[j] / tracks.aspect
        _product(focal_px, root, seen[3], slope[r, 0])
        _product(1.0, slope[r, 0], seen[4 + r], slope[r, 1])
        _product(shift, slope[r, 0], w, rows[3 + r, r])
        _product(-shift, slope[r, 1], w, rows[5, r])
        _product(zoom * focal_px, root, seen[4 + r], rows[6, r])
        _product(law.moves[3] * focal_px, root, seen[4 + r], rows[7, r])
        _product(1.0, root, seen[6 + r], rows[8, r])
    _product(-turn, x[1], seen[1], rows[0, 0])
    _products(-turn, y[0], seen[2], y[1], seen[1], rows[0, 1])
    _products(turn, x[0], seen[2], x[1], seen[0], rows[1, 0])
    _product(turn, y[1], seen[0], rows[1, 1])
    _product(-turn, x[0], seen[1], rows[2, 0])
    _product(turn, y[0], seen[0], rows[2, 1])


@compiled
def _root(seen, weight, kernel_squared, noise_px, out):
    inverse, u, v = seen[3], seen[6], seen[7]
    for i in range(len(out)):
        share = kernel_squared[i] / (kernel_squared[i] + u[i] * u[i] + v[i] * v[i])
        out[i] = np.sqrt(weight[i]) * share / noise_px if inverse[i] > 0.0 else 0.0


@compiled
def _product(factor, x, y, out):
    for i in range(len(out)):
        out[i] = factor * x[i] * y[i]


@compiled
def _products(factor, x, y, z, w, out):
    for i in range(len(out)):
        out[i] = factor * (x[i] * y[i] + z[i] * w[i])


@compiled
def point_rows(j, state, basis, slope, rows):
    """Fills `rows` (d 2 m) for frame j: derivatives of u and v by each point, along its `basis` (3 4 m).

    Args:
        slope: of `camera_rows`.
    """
    turn, shift, along = state.rotation[j], state.translation[j], np.empty(rows.shape[2])
    for e in range(len(rows)):
        _combined(turn[2], basis[e], along)
        add(shift[2], basis[e, 3], along)
        for r in range(2):
            _point_row(turn[r], shift[r], basis[e], slope[r], along, rows[e, r])


@compiled
def add(factor, x, out):
    """Adds a multiple of one row (m) to another."""
    for i in range(len(out)):
        out[i] += factor * x[i]


@compiled
def _point_row(factor, shift, basis, slope, along, out):
    a, b, c, x, y, z, w = factor[0], factor[1], factor[2], basis[0], basis[1], basis[2], basis[3]
    near, far = slope[0], slope[1]
    for i in range(len(out)):
        out[i] = near[i] * (a * x[i] + b * y[i] + c * z[i] + shift * w[i]) - far[i] * along[i]


@compiled
def tangent_bases(point, basis):
    """Fills `basis` (3 4 m) of points (4 m): two directions across each, the third along its inverse depth.

    As `sfm.geometry.normal_equations.tangent_bases`.
    """
    for i in range(point.shape[1]):
        length = max(np.sqrt(point[0, i] * point[0, i] + point[1, i] * point[1, i] + point[2, i] * point[2, i]), 1e-12)
        x, y, z = point[0, i] / length, point[1, i] / length, point[2, i] / length
        ax, ay, az = abs(x), abs(y), abs(z)
        if ax <= ay and ax <= az:
            e1x, e1y, e1z = 0.0, z, -y
        elif ay <= az:
            e1x, e1y, e1z = -z, 0.0, x
        else:
            e1x, e1y, e1z = y, -x, 0.0
        norm = np.sqrt(e1x * e1x + e1y * e1y + e1z * e1z)
        e1x, e1y, e1z = e1x / norm, e1y / norm, e1z / norm
        basis[0, 0, i], basis[0, 1, i], basis[0, 2, i], basis[0, 3, i] = e1x, e1y, e1z, 0.0
        basis[1, 0, i], basis[1, 1, i] = y * e1z - z * e1y, z * e1x - x * e1z
        basis[1, 2, i], basis[1, 3, i] = x * e1y - y * e1x, 0.0
        basis[2, 0, i], basis[2, 1, i], basis[2, 2, i] = -point[3, i] * x, -point[3, i] * y, -point[3, i] * z
        basis[2, 3, i] = length
