"""The linear system of a step for one hypothesis, and what is left of it without the points.

Triggs et al. 2000, Bundle Adjustment, §6; the law of `sfm.geometry.normal_equations`.
"""

import numpy as np

from sfm.geometry.compiled.jit import compiled
from sfm.geometry.compiled.law import add, camera_rows, point_rows, projected, tangent_bases
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
    n, m = tracks.weight.shape
    c, d = len(law.used), len(system.block)
    seen, slope, rows = np.empty((8, m)), np.empty((2, 2, m)), np.zeros((9, 2, m))
    basis, bends = np.empty((3, 4, m)), np.empty((d, 2, m))
    which = np.empty(c + 1, np.int64)
    which[:c] = law.used
    which[c] = 7
    blocks, pull = np.empty((n, c + 1, c + 1)), np.empty((n, c + 1))
    tangent_bases(state.point, basis)
    system.block[:], system.point_gradient[:], system.mixed[c * n] = 0.0, 0.0, 0.0
    for j in range(n):
        projected(j, tracks, state, state.point, seen)
        camera_rows(j, tracks, law, state, seen, slope, rows)
        point_rows(j, state, basis, slope, bends)
        products(rows, which, blocks[j], pull[j])
        for e in range(d):
            _add_dots(bends[e], rows[8], system.point_gradient[e])
            for f in range(e + 1):
                _add_dots(bends[e], bends[f], system.block[e, f])
            for a in range(c):
                _dots(rows[which[a]], bends[e], system.mixed[a * n + j, e])
            _add_dots(rows[7], bends[e], system.mixed[c * n, e])
    _assemble(blocks, pull, system.camera, system.gradient)
    system.camera[-1, -1] += law.precision
    system.gradient[-1] += law.precision * (state.log_focal - law.prior) * law.moves[3]


@compiled
def products(rows, which, block, pull):
    """Fills what all tracks tell of the camera of one frame: its block (c c), and gradient (c).

    Args:
        rows: of `camera_rows`.
        which: (c) rows that count.
    """
    for a in range(len(which)):
        row = rows[which[a]]
        pull[a] = _sum(row, rows[8])
        for b in range(a + 1):
            block[a, b] = block[b, a] = _sum(row, rows[which[b]])


@compiled
def _sum(one, other):
    """Of the products of two rows (2 m)."""
    u, v, u2, v2 = one[0], one[1], other[0], other[1]
    total = 0.0
    for i in range(len(u)):
        total += u[i] * u2[i] + v[i] * v2[i]
    return total


@compiled
def _dots(one, other, out):
    """Fills the sums (m) of the products of two rows (2 m) for each track."""
    u, v, u2, v2 = one[0], one[1], other[0], other[1]
    for i in range(len(out)):
        out[i] = u[i] * u2[i] + v[i] * v2[i]


@compiled
def _add_dots(one, other, out):
    """Adds them."""
    u, v, u2, v2 = one[0], one[1], other[0], other[1]
    for i in range(len(out)):
        out[i] += u[i] * u2[i] + v[i] * v2[i]


@compiled
def _assemble(blocks, pull, camera, gradient):
    """The blocks of each camera where they belong; those of the shared focal length summed."""
    n, c = pull.shape[0], pull.shape[1] - 1
    last = c * n
    camera[:] = 0.0
    gradient[last] = 0.0
    for j in range(n):
        gradient[last] += pull[j, c]
        camera[last, last] += blocks[j, c, c]
        for a in range(c):
            gradient[a * n + j] = pull[j, a]
            camera[last, a * n + j] = camera[a * n + j, last] = blocks[j, c, a]
            for b in range(c):
                camera[a * n + j, b * n + j] = blocks[j, a, b]


@compiled
def eliminate(system, damping, floor, out):
    """Fills an `Eliminated`; the Schur complement is camera - Σ mixedᵀ mixed of it.

    Args:
        system: of `linearise`.
        damping: of Levenberg and Marquardt.
        floor: least share of the largest entry of a point's block.
        out: to be filled.
    """
    p, d, m = system.mixed.shape
    largest, scale = np.zeros(m), np.empty((d, m))
    for e in range(d):
        diagonal = system.block[e, e]
        for i in range(m):
            largest[i] = max(largest[i], diagonal[i])
    for e in range(d):
        for f in range(e + 1):
            entry = out.root[e, f]
            _copy(system.block[e, f], entry)
            for k in range(f):
                _take(out.root[e, k], out.root[f, k], entry)
            if f < e:
                _scale(scale[f], entry)
        _square_root(system.block[e, e], damping, floor, largest, out.root[e, e])
        for i in range(m):
            scale[e, i] = 1.0 / out.root[e, e, i]
    _forward(system.point_gradient, out.root, scale, out.gradient)
    for a in range(p):
        _forward(system.mixed[a], out.root, scale, out.mixed[a])


@compiled
def _forward(right, root, scale, out):
    """Fills `out` (d m) with L⁻¹ right of each point; `scale` is one over the diagonal of L (d d m)."""
    for e in range(len(right)):
        _copy(right[e], out[e])
        for k in range(e):
            _take(root[e, k], out[k], out[e])
        _scale(scale[e], out[e])


@compiled
def _square_root(diagonal, damping, floor, largest, entry):
    for i in range(len(entry)):
        entry[i] = np.sqrt(entry[i] + damping * diagonal[i] + LEAST_DAMPING + floor * largest[i])


@compiled
def _copy(x, out):
    for i in range(len(out)):  # a slice would be compiled for all ways to lay one array over another
        out[i] = x[i]


@compiled
def _take(x, y, out):
    for i in range(len(out)):
        out[i] -= x[i] * y[i]


@compiled
def _scale(factor, out):
    for i in range(len(out)):
        out[i] *= factor[i]


@compiled
def reduce(system, out, damping, products, matrix, right):
    """Fills the upper half of the damped Schur complement (p p), and its right side (p).

    Args:
        system, out, damping: of `eliminate`.
        products: (p p) Σ mixedᵀ mixed, its upper half.
        matrix, right: to be filled.
    """
    p, d, m = out.mixed.shape
    largest = 0.0
    for a in range(p):
        largest = max(largest, system.camera[a, a])
    for a in range(p):
        total = -system.gradient[a]
        for e in range(d):
            row, gradient = out.mixed[a, e], out.gradient[e]
            for i in range(m):
                total += row[i] * gradient[i]
        right[a] = total
        for b in range(a + 1):
            matrix[b, a] = system.camera[a, b] - products[b, a]
        entry = system.camera[a, a]
        matrix[a, a] += damping * entry + 1e-9 * largest + (1.0 if entry <= NOTHING else 0.0)


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
    n = len(translation)
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
            shifted[j, r] = translation[j, r] + step[3 + r, j]
            for k in range(3):
                turned[j, r, k] = (
                    turn[r, 0] * rotation[j, 0, k] + turn[r, 1] * rotation[j, 1, k] + turn[r, 2] * rotation[j, 2, k]
                )
        zoom[j] = state.zoom[j] + min(max(step[6, j], -most_zoom), most_zoom)
    return turned, shifted, zoom


@compiled
def _moved_points(point, out, delta):
    """Points (4 m) after their step -L⁻ᵀ (L⁻¹ gradient + L⁻¹ mixed δ) along their tangents, of unit length again."""
    p, d, m = out.mixed.shape
    basis, step, moved, length = np.empty((3, 4, m)), np.empty((d, m)), np.empty_like(point), np.zeros(m)
    for e in range(d):
        _copy(out.gradient[e], step[e])
        for a in range(p):
            add(delta[a], out.mixed[a, e], step[e])
    for e in range(d - 1, -1, -1):
        for k in range(e + 1, d):
            _take(out.root[k, e], step[k], step[e])
        for i in range(m):
            step[e, i] /= out.root[e, e, i]
    tangent_bases(point, basis)
    for k in range(4):
        row = moved[k]
        _copy(point[k], row)
        for e in range(d):
            _take(basis[e, k], step[e], row)
        for i in range(m):
            length[i] += row[i] * row[i]
    for k in range(4):
        for i in range(m):
            moved[k, i] /= np.sqrt(length[i])
    return moved
