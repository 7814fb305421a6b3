"""The linear system of a step for one hypothesis, and what is left of it without the points.

Triggs et al. 2000, Bundle Adjustment, §6; the law of `sfm.geometry.normal_equations`.
"""

import numpy as np

from sfm.geometry.compiled.jit import compiled
from sfm.geometry.compiled.law import camera_rows, point_rows, projected, tangent_basis
from sfm.geometry.compiled.values import State

LEAST_DAMPING = 1e-9
NOTHING = 1e-12
"""A parameter whose diagonal entry is no more is held."""
ENDLESS = 1e300


@compiled
def linearise(tracks, law, state, system):
    """Fills a `System` with that of the robustly weighted residuals and of the prior on the focal length.

    Args:
        tracks, law, state: `Tracks`, `Law`, `State`.
        system: to be filled.
    """
    m, n = tracks.weight.shape
    c, d, point = len(law.used), system.block.shape[1], state.point
    seen, rows, bends, basis = np.empty((8, n)), np.empty((2, 8, n)), np.empty((2, d, n)), np.empty((4, 3))
    which = np.empty(c + 1, np.int64)
    which[:c] = law.used
    which[c] = 7
    blocks, pull = np.zeros((c + 1, c + 1, n)), np.zeros((c + 1, n))
    for i in range(m):
        projected(i, tracks, state, point[i], seen)
        camera_rows(i, tracks, law, state, point[i, 3], seen, rows)
        tangent_basis(point[i], basis)
        point_rows(state, basis, seen, bends)
        add_products(rows, which, seen, blocks, pull)
        for e in range(d):
            total = 0.0
            for j in range(n):
                total += bends[0, e, j] * seen[6, j] + bends[1, e, j] * seen[7, j]
            system.point_gradient[i, e] = total
            for f in range(e + 1):
                total = 0.0
                for j in range(n):
                    total += bends[0, e, j] * bends[0, f, j] + bends[1, e, j] * bends[1, f, j]
                system.block[i, e, f] = system.block[i, f, e] = total
            mixed = system.mixed[i, e]
            for a in range(c):
                u, v, at = rows[0, which[a]], rows[1, which[a]], a * n
                for j in range(n):
                    mixed[at + j] = u[j] * bends[0, e, j] + v[j] * bends[1, e, j]
            total = 0.0
            for j in range(n):
                total += rows[0, 7, j] * bends[0, e, j] + rows[1, 7, j] * bends[1, e, j]
            mixed[c * n] = total
    _assemble(blocks, pull, system.camera, system.gradient)
    system.camera[-1, -1] += law.precision
    system.gradient[-1] += law.precision * (state.log_focal - law.prior) * law.moves[3]


@compiled
def add_products(rows, which, seen, blocks, pull):
    """Adds what one track tells of the cameras to their blocks (c c n), lower halves, and gradients (c n).

    Args:
        rows, seen: of `camera_rows`.
        which: (c) rows that count.
    """
    n = pull.shape[1]
    for a in range(len(which)):
        u, v = rows[0, which[a]], rows[1, which[a]]
        for j in range(n):
            pull[a, j] += u[j] * seen[6, j] + v[j] * seen[7, j]
        for b in range(a + 1):
            u2, v2 = rows[0, which[b]], rows[1, which[b]]
            for j in range(n):
                blocks[a, b, j] += u[j] * u2[j] + v[j] * v2[j]


@compiled
def _assemble(blocks, pull, camera, gradient):
    """The blocks of each camera where they belong; those of the shared focal length summed."""
    c, n = pull.shape[0] - 1, pull.shape[1]
    last = c * n
    camera[:] = 0.0
    for a in range(c):
        for j in range(n):
            gradient[a * n + j] = pull[a, j]
            camera[last, a * n + j] = camera[a * n + j, last] = blocks[c, a, j]
            for b in range(a + 1):
                camera[a * n + j, b * n + j] = camera[b * n + j, a * n + j] = blocks[a, b, j]
    gradient[last] = pull[c].sum()
    camera[last, last] = blocks[c, c].sum()


@compiled
def eliminate(system, damping, floor, out):
    """Fills an `Eliminated`; the Schur complement is camera - Σ mixedᵀ mixed of it.

    Args:
        system: of `linearise`.
        damping: of Levenberg and Marquardt.
        floor: least share of the largest entry of a point's block.
        out: to be filled.
    """
    m, d, p = system.mixed.shape
    for i in range(m):
        block, root, largest = system.block[i], out.root[i], 0.0
        for e in range(d):
            largest = max(largest, block[e, e])
        for e in range(d):
            for f in range(e + 1):
                entry = block[e, f]
                if f == e:
                    entry += damping * block[e, e] + LEAST_DAMPING + floor * largest
                for k in range(f):
                    entry -= root[e, k] * root[f, k]
                root[e, f] = np.sqrt(entry) if f == e else entry / root[f, f]
            row, scale, right = out.mixed[i, e], 1.0 / root[e, e], system.point_gradient[i, e]
            row[:] = system.mixed[i, e]
            for k in range(e):
                factor, before = root[e, k], out.mixed[i, k]
                right -= factor * out.gradient[i, k]
                for a in range(p):
                    row[a] -= factor * before[a]
            for a in range(p):
                row[a] *= scale
            out.gradient[i, e] = right * scale


@compiled
def reduce(system, out, damping, products, right):
    """Turns Σ mixedᵀ mixed (p p) into the damped Schur complement, and fills its right side (p)."""
    m, d, p = out.mixed.shape
    largest = 0.0
    for a in range(p):
        right[a] = -system.gradient[a]
        largest = max(largest, system.camera[a, a])
    for i in range(m):
        for e in range(d):
            for a in range(p):
                right[a] += out.mixed[i, e, a] * out.gradient[i, e]
    for a in range(p):
        for b in range(p):
            products[a, b] = system.camera[a, b] - products[a, b]
        entry = system.camera[a, a]
        products[a, a] += damping * entry + 1e-9 * largest + (1.0 if entry <= NOTHING else 0.0)


@compiled
def stepped(law, state, out, delta, most):
    """The state after a step of its cameras (p), and the step of its points that belongs to it.

    Args:
        law, state: `Law`, `State`.
        out: of `eliminate`.
        delta: of the cameras' used parameters and the shared focal length.
        most: (3) a step turns a camera, and changes its log zoom and the log focal length, by no more.
    """
    for a in range(len(delta)):
        if not abs(delta[a]) < ENDLESS:  # where sums may be reordered, isfinite cannot tell
            delta[a] = 0.0
    turned, shifted, zoom = moved_cameras(state, law.used, delta, most[0], most[1])
    log_focal = state.log_focal + min(max(delta[-1], -most[2]), most[2])
    log_focal = min(max(log_focal, law.prior - law.reach), law.prior + law.reach)
    point = _moved_points(state.point, out, delta)
    return State(turned, shifted, zoom, log_focal, np.exp(log_focal + zoom), point)


@compiled
def moved_cameras(state, used, delta, most_turn_rad, most_zoom):
    """Rotations, translations and zooms after a step, exp(ω) R by Rodrigues.

    Args:
        state: `State`.
        used: (c) which of the 7 parameters of a camera `delta` (c n + 1) holds.
        most_turn_rad, most_zoom: no step turns a camera, or changes its log zoom, by more.
    """
    rotation, translation = state.rotation, state.translation
    n = translation.shape[1]
    step, zoom = np.zeros((7, n)), np.empty(n)
    for a in range(len(used)):
        step[used[a]] = delta[a * n : (a + 1) * n]
    turn = np.empty((3, 3))
    turned, shifted = np.empty_like(rotation), np.empty_like(translation)
    for j in range(n):
        x, y, z = step[0, j], step[1, j], step[2, j]
        angle = np.sqrt(x * x + y * y + z * z)
        if angle > most_turn_rad:
            short = most_turn_rad / angle
            x, y, z, angle = x * short, y * short, z * short, most_turn_rad
        small = angle < 1e-4
        s = 1.0 - angle * angle / 6 if small else np.sin(angle) / angle
        t = 0.5 - angle * angle / 24 if small else (1.0 - np.cos(angle)) / (angle * angle)
        turn[0, 0], turn[0, 1], turn[0, 2] = 1 - t * (y * y + z * z), t * x * y - s * z, t * x * z + s * y
        turn[1, 0], turn[1, 1], turn[1, 2] = t * x * y + s * z, 1 - t * (x * x + z * z), t * y * z - s * x
        turn[2, 0], turn[2, 1], turn[2, 2] = t * x * z - s * y, t * y * z + s * x, 1 - t * (x * x + y * y)
        for r in range(3):
            shifted[r, j] = translation[r, j] + step[3 + r, j]
            for k in range(3):
                turned[r, k, j] = (
                    turn[r, 0] * rotation[0, k, j] + turn[r, 1] * rotation[1, k, j] + turn[r, 2] * rotation[2, k, j]
                )
        zoom[j] = state.zoom[j] + min(max(step[6, j], -most_zoom), most_zoom)
    return turned, shifted, zoom


@compiled
def _moved_points(point, out, delta):
    """Points (m 4) after their step -L⁻ᵀ (L⁻¹ gradient + L⁻¹ mixed δ) along their tangents, of unit length again."""
    m, d, p = out.mixed.shape
    basis, step, moved = np.empty((4, 3)), np.empty(3), np.empty_like(point)
    for i in range(m):
        for e in range(d):
            total = out.gradient[i, e]
            for a in range(p):
                total += out.mixed[i, e, a] * delta[a]
            step[e] = -total
        for e in range(d - 1, -1, -1):
            for k in range(e + 1, d):
                step[e] -= out.root[i, k, e] * step[k]
            step[e] /= out.root[i, e, e]
        tangent_basis(point[i], basis)
        squared = 0.0
        for k in range(4):
            total = point[i, k]
            for e in range(d):
                total += basis[k, e] * step[e]
            moved[i, k] = total
            squared += total * total
        for k in range(4):
            moved[i, k] /= np.sqrt(squared)
    return moved
