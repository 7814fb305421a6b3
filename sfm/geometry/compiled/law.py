"""One track in all frames: where its point falls, by how much that misses, and the derivatives of it.

The law of `sfm.geometry.projection.residuals` and `sfm.geometry.normal_equations.jacobians`.
"""

import numpy as np

from sfm.geometry import robust
from sfm.geometry.compiled.jit import compiled
from sfm.geometry.projection import BEYOND_INFINITY, FAR_PX, MIN_DEPTH

geman_mcclure = compiled(robust.geman_mcclure)


@compiled
def projected(i, tracks, state, point, seen):
    """Fills `seen` (8 n) for track i: q = R d (rows 0-2), 1/z, x/z, y/z, and the residuals u and v.

    Args:
        i: number of the track.
        tracks, state: `Tracks`, `State`.
        point: (4) homogeneous.
        seen: 1/z is 0 where the point is behind the camera, and the residuals are `FAR_PX`.
    """
    xy_px, aspect = tracks.xy_px[i], tracks.aspect
    rotation, translation, focal_px = state.rotation, state.translation, state.focal_px
    x, y, z, w = point[0], point[1], point[2], point[3]
    real = w > BEYOND_INFINITY * np.sqrt(x * x + y * y + z * z)
    for j in range(len(focal_px)):
        qx = rotation[0, 0, j] * x + rotation[0, 1, j] * y + rotation[0, 2, j] * z
        qy = rotation[1, 0, j] * x + rotation[1, 1, j] * y + rotation[1, 2, j] * z
        qz = rotation[2, 0, j] * x + rotation[2, 1, j] * y + rotation[2, 2, j] * z
        depth = qz + w * translation[2, j]
        front = real and depth > MIN_DEPTH
        inverse = 1.0 / depth if front else 0.0
        px = (qx + w * translation[0, j]) * inverse
        py = (qy + w * translation[1, j]) * inverse
        seen[0, j], seen[1, j], seen[2, j], seen[3, j], seen[4, j], seen[5, j] = qx, qy, qz, inverse, px, py
        seen[6, j] = focal_px[j] / aspect * px - xy_px[0, j] if front else FAR_PX
        seen[7, j] = focal_px[j] * py - xy_px[1, j] if front else FAR_PX


@compiled
def robust_sum(seen, weight, kernel_squared):
    """Geman-McClure's cost of one track over its frames, in square pixels."""
    total = 0.0
    for j in range(len(weight)):
        squared = seen[6, j] * seen[6, j] + seen[7, j] * seen[7, j]
        total += weight[j] * geman_mcclure(squared, kernel_squared)
    return total


@compiled
def camera_rows(i, tracks, law, state, w, seen, rows):
    """Fills `rows` for track i: derivatives of u and v by the parameters of each camera, weighted, in noise units.

    Args:
        i: number of the track.
        tracks, law, state: `Tracks`, `Law`, `State`.
        w: fourth coordinate of the point.
        seen: of `projected`; gets ∂u/∂x and ∂v/∂y in its rows 0 and 1, and the weighted residuals in 6 and 7.
        rows: (2 8 n); the first camera is the gauge, its pose and zoom stay.
    """
    weight, aspect, focal_px = tracks.weight[i], tracks.aspect, state.focal_px
    kernel_squared, noise_px = law.kernel_squared[i], law.noise_px
    turns, shifts, zooms, focal = law.moves[0], law.moves[1], law.moves[2], law.moves[3]
    for j in range(len(weight)):
        qx, qy, qz, inverse, px, py = seen[0, j], seen[1, j], seen[2, j], seen[3, j], seen[4, j], seen[5, j]
        ru, rv = seen[6, j], seen[7, j]
        root = np.sqrt(weight[j]) * (kernel_squared / (kernel_squared + ru * ru + rv * rv)) / noise_px
        root = root if inverse > 0.0 else 0.0
        fu, fv = root * focal_px[j] / aspect, root * focal_px[j]
        au, av = fu * inverse, fv * inverse
        bu, bv = au * px, av * py
        held = 0.0 if j == 0 else 1.0
        turn, shift, scale = held * turns, held * shifts, held * zooms
        rows[0, 0, j], rows[1, 0, j] = -bu * qy * turn, -(av * qz + bv * qy) * turn
        rows[0, 1, j], rows[1, 1, j] = (au * qz + bu * qx) * turn, bv * qx * turn
        rows[0, 2, j], rows[1, 2, j] = -au * qy * turn, av * qx * turn
        rows[0, 3, j], rows[1, 3, j] = au * w * shift, 0.0
        rows[0, 4, j], rows[1, 4, j] = 0.0, av * w * shift
        rows[0, 5, j], rows[1, 5, j] = -bu * w * shift, -bv * w * shift
        rows[0, 6, j], rows[1, 6, j] = fu * px * scale, fv * py * scale
        rows[0, 7, j], rows[1, 7, j] = fu * px * focal, fv * py * focal
        seen[0, j], seen[1, j] = au, av
        seen[6, j], seen[7, j] = ru * root, rv * root


@compiled
def point_rows(state, basis, seen, rows):
    """Fills `rows` (2 d n) for one track: derivatives of u and v by its point, along `basis` (4 3).

    Args:
        seen: as `camera_rows` leaves it.
    """
    rotation, translation = state.rotation, state.translation
    for e in range(rows.shape[1]):
        bx, by, bz, bw = basis[0, e], basis[1, e], basis[2, e], basis[3, e]
        for j in range(translation.shape[1]):
            x = rotation[0, 0, j] * bx + rotation[0, 1, j] * by + rotation[0, 2, j] * bz + bw * translation[0, j]
            y = rotation[1, 0, j] * bx + rotation[1, 1, j] * by + rotation[1, 2, j] * bz + bw * translation[1, j]
            z = rotation[2, 0, j] * bx + rotation[2, 1, j] * by + rotation[2, 2, j] * bz + bw * translation[2, j]
            rows[0, e, j] = seen[0, j] * (x - seen[4, j] * z)
            rows[1, e, j] = seen[1, j] * (y - seen[5, j] * z)


@compiled
def tangent_basis(point, basis):
    """Fills `basis` (4 3) of a point: two directions across it, the third along the inverse depth.

    As `sfm.geometry.normal_equations.tangent_bases`.
    """
    length = max(np.sqrt(point[0] * point[0] + point[1] * point[1] + point[2] * point[2]), 1e-12)
    x, y, z = point[0] / length, point[1] / length, point[2] / length
    ax, ay, az = abs(x), abs(y), abs(z)
    if ax <= ay and ax <= az:
        e1x, e1y, e1z = 0.0, z, -y
    elif ay <= az:
        e1x, e1y, e1z = -z, 0.0, x
    else:
        e1x, e1y, e1z = y, -x, 0.0
    norm = np.sqrt(e1x * e1x + e1y * e1y + e1z * e1z)
    e1x, e1y, e1z = e1x / norm, e1y / norm, e1z / norm
    basis[0, 0], basis[1, 0], basis[2, 0], basis[3, 0] = e1x, e1y, e1z, 0.0
    basis[0, 1], basis[1, 1], basis[2, 1] = y * e1z - z * e1y, z * e1x - x * e1z, x * e1y - y * e1x
    basis[3, 1] = 0.0
    basis[0, 2], basis[1, 2], basis[2, 2], basis[3, 2] = -point[3] * x, -point[3] * y, -point[3] * z, length
