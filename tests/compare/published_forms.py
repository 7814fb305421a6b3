"""The published scores of 2025-26 in loops over single numbers, from their formulas; no code of ours.

Arrays of camera-to-world matrices go in, dictionaries of numbers come out.
"""

import math

import numpy as np


def inverse(m: np.ndarray) -> np.ndarray:
    out = np.eye(4)
    for i in range(3):
        for j in range(3):
            out[i, j] = m[j, i]
        out[i, 3] = -sum(m[k, i] * m[k, 3] for k in range(3))
    return out


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.zeros((len(a), len(b[0])))
    for i in range(len(a)):
        for j in range(len(b[0])):
            for k in range(len(b)):
                out[i, j] += a[i, k] * b[k, j]
    return out


def length(v) -> float:
    return math.sqrt(sum(float(x) ** 2 for x in v))


def degrees_between(a: np.ndarray, b: np.ndarray) -> float:
    """Of two rotations, by the quaternion's two halves: arccos of a trace near 3 has no digits left."""
    r = product(a[:3, :3].T, b[:3, :3])
    skew = length((r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]))
    return math.degrees(math.atan2(skew, r[0, 0] + r[1, 1] + r[2, 2] - 1))


def relative_mean(reference: np.ndarray, generated: np.ndarray, chunk: int = 0, degrees: bool = False) -> dict:
    """Form 2: each chunk from its first frame, each track over its own largest norm; mean angle, mean distance."""
    n = min(len(reference), len(generated))
    angles, distances = [], []
    for start in range(0, n, chunk or n):
        tracks = []
        for path in (reference, generated):
            relative = [product(inverse(path[start]), path[i]) for i in range(start, min(start + (chunk or n), n))]
            largest = max(length(m[:3, 3]) for m in relative)
            tracks.append((relative, largest))
        for a, b in zip(tracks[0][0], tracks[1][0], strict=True):
            angles.append(degrees_between(a, b))
            distances.append(length(a[:3, 3] / tracks[0][1] - b[:3, 3] / tracks[1][1]))
    mean = sum(angles) / len(angles)
    return {"RotErr": mean if degrees else math.radians(mean), "TransErr": sum(distances) / len(distances)}


def auc(reference: np.ndarray, generated: np.ndarray) -> dict:
    """Form 4: w2c relative to the first camera, G = P_i⁻¹ P_j of all pairs, sign-free direction, larger of the two."""
    aligned = [[product(inverse(m), path[0]) for m in path] for path in (reference, generated)]
    rotation, direction = [], []
    for i in range(len(reference)):
        for j in range(i + 1, len(reference)):
            g, h = (product(inverse(path[i]), path[j]) for path in aligned)
            rotation.append(degrees_between(g, h))
            u, v = g[:3, 3], h[:3, 3]
            if length(u) == 0 or length(v) == 0:
                direction.append(90.0)
                continue
            cosine = min(1.0, abs(float(u @ v)) / length(u) / length(v))
            direction.append(math.degrees(math.acos(cosine)))
    found = {}
    for limit in (3, 5, 15, 30):
        errors = [max(r, t) for r, t in zip(rotation, direction, strict=True)]
        shares = [sum(e < edge for e in errors) / len(errors) for edge in range(1, limit + 1)]
        found[f"AUC@{limit}"] = sum(shares) / limit
        found[f"Racc@{limit}"] = sum(r < limit for r in rotation) / len(rotation)
        found[f"Tacc@{limit}"] = sum(t < limit for t in direction) / len(direction)
    return found


def mind_steps(reference: np.ndarray, generated: np.ndarray) -> tuple[list[float], list[float]]:
    """Form 3, MIND: Umeyama on the positions, then the error of each step."""
    n = min(len(reference), len(generated), 200)
    x, y = generated[:n, :3, 3], reference[:n, :3, 3]
    mx, my = sum(x) / n, sum(y) / n
    sigma, variance = np.zeros((3, 3)), 0.0
    for a, b in zip(x, y, strict=True):
        sigma += np.outer(b - my, a - mx) / n
        variance += length(a - mx) ** 2 / n
    u, d, vt = np.linalg.svd(sigma)
    s = np.eye(3)
    if np.linalg.det(u) * np.linalg.det(vt) < 0:
        s[2, 2] = -1
    r = product(product(u, s), vt)
    scale = sum(d[i] * s[i, i] for i in range(3)) / (variance + 1e-12)
    laid = []
    for m in generated[:n]:
        out = np.eye(4)
        out[:3, :3] = product(r, m[:3, :3])
        out[:3, 3] = scale * (r @ m[:3, 3]) + my - scale * (r @ mx)
        laid.append(out)
    te, re = [], []
    for i in range(n - 1):
        step = product(inverse(reference[i]), reference[i + 1])
        e = product(inverse(step), product(inverse(laid[i]), laid[i + 1]))
        angle = degrees_between(np.eye(4), e)
        if angle <= 179:
            te.append(length(e[:3, 3]))
            re.append(angle)
    return te, re


def median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def mind(reference: np.ndarray, generated: np.ndarray) -> dict:
    te, re = mind_steps(reference, generated)
    return {
        "RPE_t_mean": sum(te) / len(te),
        "RPE_t_median": median(te),
        "RPE_r_mean": sum(re) / len(re),
        "RPE_r_median": median(re),
    }


def worldplay_label(before: np.ndarray, after: np.ndarray, move: float, turn_deg: float) -> int:
    """Form 7: the number of a step, 9 times that of its translation plus that of its rotation."""
    d = product(inverse(before), after)
    t = d[:3, 3]
    bits = [0, 0, 0, 0]
    if length(t) > move:
        to_z = math.degrees(math.acos(max(-1, min(1, t[2] / length(t)))))
        to_x = math.degrees(math.acos(max(-1, min(1, t[0] / length(t)))))
        bits = [to_z < 60, to_z > 120, to_x < 60, to_x > 120]
    pitch = math.degrees(math.atan2(d[2, 1], d[2, 2]))
    yaw = math.degrees(math.atan2(-d[2, 0], math.hypot(d[0, 0], d[1, 0])))
    looks = [yaw > turn_deg, yaw < -turn_deg, pitch > turn_deg, pitch < -turn_deg]
    order = [
        (0, 0, 0, 0),
        (1, 0, 0, 0),
        (0, 1, 0, 0),
        (0, 0, 1, 0),
        (0, 0, 0, 1),
        (1, 0, 1, 0),
        (1, 0, 0, 1),
        (0, 1, 1, 0),
        (0, 1, 0, 1),
    ]
    return 9 * order.index(tuple(map(int, bits))) + order.index(tuple(map(int, looks)))


def worldplay(commanded: list[int], generated: np.ndarray, thresholds: tuple[float, ...]) -> dict:
    """The best of the thresholds by the share of equal numbers; the finer score is of that threshold."""
    best = None
    for move in thresholds:
        found = [worldplay_label(generated[i], generated[i + 1], move, 0.2) for i in range(len(generated) - 1)]
        equal = sum(a == b for a, b in zip(commanded, found, strict=True)) / len(found)
        moves = sum(a // 9 == b // 9 for a, b in zip(commanded, found, strict=True)) / len(found)
        looks = sum(a % 9 == b % 9 for a, b in zip(commanded, found, strict=True)) / len(found)
        if best is None or equal > best["ActionAcc"]:
            best = {"ActionAcc": equal, "FineActionAcc": (moves + looks) / 2}
    assert best is not None
    return best
