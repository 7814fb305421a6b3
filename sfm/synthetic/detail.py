"""Cuts a rectangle that runs away from the camera into parts that each need one size of its texture.

Plain floats instead of arrays: a part has four to eight corners, where numpy's overhead is all of the cost.
"""

from math import hypot, log2, sqrt
from typing import NamedTuple

import numpy as np

LARGEST_RATIO = 2.6
"""How much the texture's scale may vary inside of a part before it is cut."""
SMALLEST_PX2 = 500.0
"""Parts whose window on the screen is smaller are not cut any more."""
DEEPEST = 6

Rect = tuple[float, float, float, float]
Point = tuple[float, float]


class Part(NamedTuple):
    """rect: (a0, a1, b0, b1) of the rectangle; px: corners of what is seen of it; level: of the rip-map, (x, y)."""

    rect: Rect
    px: list[Point]
    level: tuple[int, int]


def cut(
    px_from_ab: np.ndarray,
    texel_from_px: np.ndarray,
    texels_hw: tuple[int, int],
    image_hw: tuple[int, int],
    near: float,
) -> list[Part]:
    """The parts that the camera sees; together they cover what is seen of the rectangle, without overlap."""
    result: list[Part] = []
    rows = tuple(tuple(float(v) for v in row) for row in px_from_ab)
    rates = tuple(tuple(float(v) for v in row) for row in texel_from_px)
    _cut(_Seen(rows, rates, texels_hw, image_hw, near), (0.0, 1.0, 0.0, 1.0), 0, result)
    return result


class _Seen(NamedTuple):
    """How a camera sees a rectangle: both homographies by rows, sizes of texture and image, the nearest depth."""

    rows: tuple[tuple[float, ...], ...]
    rates: tuple[tuple[float, ...], ...]
    texels_hw: tuple[int, int]
    image_hw: tuple[int, int]
    near: float


def _cut(seen: _Seen, rect: Rect, deep: int, out: list[Part]) -> None:
    rows, rates, texels_hw, image_hw, near = seen
    polygon = clip(rect, rows, image_hw, near)
    if not polygon:
        return
    px: list[Point] = []
    for a, b in polygon:
        x, y, w = (row[0] * a + row[1] * b + row[2] for row in rows)
        px.append((x / w, y / w))
    u, v = [], []
    (g00, g01, g02), (g10, g11, g12), (g20, g21, g22) = rates
    for x, y in px:
        w = g20 * x + g21 * y + g22
        s, t = (g00 * x + g01 * y + g02) / w, (g10 * x + g11 * y + g12) / w
        u.append(hypot(g00 - s * g20, g01 - s * g21) / abs(w))
        v.append(hypot(g10 - t * g20, g11 - t * g21) / abs(w))
    texels_h, texels_w = texels_hw
    spread = max(_ratio(u, texels_w), _ratio(v, texels_h))
    xs, ys = [p[0] for p in px], [p[1] for p in px]
    window = (max(xs) - min(xs)) * (max(ys) - min(ys))
    if spread > LARGEST_RATIO and deep < DEEPEST and window > SMALLEST_PX2:
        for half in _halves(rect, polygon, rows[2], near):
            _cut(seen, half, deep + 1, out)
        return
    out.append(Part(rect, px, (_level(u, texels_w), _level(v, texels_h))))


def _halves(rect: Rect, polygon: list[Point], depth: tuple[float, ...], near: float) -> tuple[Rect, Rect]:
    """Cut across the axis along which the depth changes more, at the geometric mean of the depth at its ends."""
    low = [min(p[k] for p in polygon) for k in (0, 1)]
    high = [max(p[k] for p in polygon) for k in (0, 1)]
    axis = int(abs(depth[1]) * (high[1] - low[1]) > abs(depth[0]) * (high[0] - low[0]))
    other = depth[1 - axis] * (low[1 - axis] + high[1 - axis]) / 2 + depth[2]
    start, stop = (max(depth[axis] * end + other, near) for end in (low[axis], high[axis]))
    share = (sqrt(start * stop) - start) / (stop - start) if abs(stop - start) > 1e-9 else 0.5
    at = low[axis] + min(max(share, 0.1), 0.9) * (high[axis] - low[axis])
    a0, a1, b0, b1 = rect
    return ((a0, at, b0, b1), (at, a1, b0, b1)) if axis == 0 else ((a0, a1, b0, at), (a0, a1, at, b1))


def _ratio(rate: list[float], texels: int) -> float:
    """Spread of a scale, ignoring what is finer than the image or coarser than its smallest copy."""
    return min(max(*rate, 0.7), texels) / min(max(min(rate), 0.7), texels)


def _level(rate: list[float], texels: int) -> int:
    mean = sqrt(max(rate) * min(rate))
    return int(min(max(round(log2(max(mean, 1e-6)) + 0.1), 0), log2(texels)))


def clip(rect: Rect, rows, image_hw: tuple[int, int], near: float) -> list[Point]:
    """What the camera sees of a part of the rectangle, in its coordinates (Sutherland and Hodgman)."""
    a0, a1, b0, b1 = rect
    polygon: list[Point] = [(a0, b0), (a1, b0), (a1, b1), (a0, b1)]
    h, w = image_hw
    x, y, z = rows
    planes = (
        (z[0], z[1], z[2] - near),
        x,
        (w * z[0] - x[0], w * z[1] - x[1], w * z[2] - x[2]),
        y,
        (h * z[0] - y[0], h * z[1] - y[1], h * z[2] - y[2]),
    )
    for p0, p1, p2 in planes:
        side = [p0 * a + p1 * b + p2 for a, b in polygon]
        if min(side) >= 0:
            continue
        if max(side) < 0:
            return []
        kept: list[Point] = []
        for i, (a, b) in enumerate(polygon):
            k = (i + 1) % len(polygon)
            if side[i] >= 0:
                kept.append((a, b))
            if (side[i] >= 0) != (side[k] >= 0):
                share = side[i] / (side[i] - side[k])
                kept.append((a + share * (polygon[k][0] - a), b + share * (polygon[k][1] - b)))
        polygon = kept
    return polygon
