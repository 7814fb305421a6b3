"""WBench's NavScore in loops over single numbers, from its description; no code of ours.

A turn is (first row, end, key), with keys W S A D left right up down, or W and a look with a plus between.
"""

import itertools
import math

import numpy as np
from published_forms import degrees_between, inverse, length, product

WAYS = {"W": (0, 0, 1), "S": (0, 0, -1), "A": (-1, 0, 0), "D": (1, 0, 0)}
FAMILY = {"W": 2, "S": 2, "A": 0, "D": 0, "left": "yaw", "right": "yaw", "up": "pitch", "down": "pitch"}


def axis_turn(key: str, degrees: float) -> np.ndarray:
    """Of a look: about y (right is positive) or about x (up is positive), y pointing down."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    if key in ("left", "right"):
        s = s if key == "right" else -s
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    s = s if key == "up" else -s
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def pose(rotation: np.ndarray, place) -> np.ndarray:
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = rotation, place
    return out


def path_length(poses) -> float:
    return sum(length(b[:3, 3] - a[:3, 3]) for a, b in itertools.pairwise(poses))


def turned(poses) -> float:
    return sum(degrees_between(a, b) for a, b in itertools.pairwise(poses))


def straight(poses, key: str, heading: np.ndarray) -> list[np.ndarray]:
    goes = length(poses[-1][:3, 3] - poses[0][:3, 3])
    goes = goes if goes > 0.1 else 1.0
    ahead = heading @ np.array(WAYS[key], float)
    return [pose(heading, poses[0][:3, 3] + i / (len(poses) - 1) * goes * ahead) for i in range(len(poses))]


def turning(poses, action: str, third: bool) -> list[np.ndarray]:
    keys = action.split("+")
    look = keys[-1]
    own = turned(poses)
    degrees, depth = 30.0, 1.0
    if own >= 5:
        chord = length(poses[-1][:3, 3] - poses[0][:3, 3])
        degrees, depth = max(own, 30.0), chord / (2 * math.sin(math.radians(own) / 2))
        depth = max(depth, 1.0) if third else depth
    steps = len(poses) - 1
    move = 2.0 * np.array(WAYS[keys[0]], float) if len(keys) > 1 else np.zeros(3)
    shape = []
    place = np.zeros(3)
    for i in range(steps + 1):
        rotation = axis_turn(look, degrees * i / steps)
        if third:
            subject = np.array([0, 0, depth]) + i / steps * move
            shape.append(pose(rotation, subject + rotation @ np.array([0, 0, -depth])))
        else:
            if i:
                place = place + rotation @ (move / steps)
            shape.append(pose(rotation, place))
    reach = sum(length(m[:3, 3] - shape[0][:3, 3]) for m in shape) / len(shape)
    own_reach = sum(length(m[:3, 3] - poses[0][:3, 3]) for m in poses) / len(poses)
    scale = 1.0 if own < 3 or own_reach < 0.1 else (own_reach + 1e-12) / (reach + 1e-12)
    start = poses[0][:3, :3]
    return [pose(product(start, m[:3, :3]), scale * (start @ m[:3, 3]) + poses[0][:3, 3]) for m in shape]


def by_arc(poses) -> list[np.ndarray]:
    arc = [0.0]
    for a, b in itertools.pairwise(poses):
        arc.append(arc[-1] + length(b[:3, 3] - a[:3, 3]))
    if arc[-1] < 1e-8:
        return [poses[int(i * (len(poses) - 1) / 19)] for i in range(20)]
    out = []
    for i in range(20):
        at = arc[-1] * i / 19
        k = 0
        while k < len(arc) - 2 and arc[k + 1] < at:
            k += 1
        share = (at - arc[k]) / (arc[k + 1] - arc[k])
        a, b = poses[k], poses[k + 1]
        out.append(pose(part_way(a[:3, :3], b[:3, :3], share), (1 - share) * a[:3, 3] + share * b[:3, 3]))
    return out


def part_way(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """The rotation at a share of the way from a to b, by Rodrigues' formula."""
    r = product(a.T, b)
    axis = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    if length(axis) < 1e-14:
        return a
    angle = math.radians(degrees_between(np.eye(3), r)) * share
    k = axis / length(axis)
    cross = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    return product(a, np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * product(cross, cross))


def navscore(path: np.ndarray, turns: list[tuple[int, int, str]], third: bool = False) -> dict:
    heading, place = path[turns[0][0]][:3, :3], path[turns[0][0]][:3, 3]
    far, off = [], []
    for first, end, action in turns:
        poses = list(path[first:end])
        expected = straight(poses, action, heading) if action in WAYS else turning(poses, action, third)
        shift = place - expected[0][:3, 3]
        expected = [pose(m[:3, :3], m[:3, 3] + shift) for m in expected]
        place = expected[-1][:3, 3]
        heading = heading if action in WAYS else expected[-1][:3, :3]
        for a, b in zip(by_arc(expected), by_arc(poses), strict=True):
            far.append(length(a[:3, 3] - b[:3, 3]))
            off.append(degrees_between(a, b))
    whole = path[turns[0][0] : turns[-1][1]]
    nate_t = min(sum(far) / len(far) / max(path_length(whole), 0.5), 1.0)
    nate_r = min(sum(off) / len(off) / max(turned(whole), 10.0), 1.0)
    pairs = []
    for i in range(len(turns)):
        for j in range(i + 1, len(turns)):
            one = {FAMILY[k]: k for k in turns[i][2].split("+")}
            two = {FAMILY[k]: k for k in turns[j][2].split("+")}
            if set(one) == set(two):
                axes = {{"yaw": 0, "pitch": 1}.get(f, f) for f in one if one[f] != two[f]}
                pairs.append(between(path[turns[i][0] : turns[i][1]], path[turns[j][0] : turns[j][1]], axes))
    accuracy = 1 - (nate_t + nate_r) / 2
    found = {"nATE_t": nate_t, "nATE_r": nate_r, "NavAccuracy": accuracy}
    if pairs:
        found["cnATE_t"] = sum(p[0] for p in pairs) / len(pairs)
        found["cnATE_r"] = sum(p[1] for p in pairs) / len(pairs)
        found["NavConsistency"] = 1 - (found["cnATE_t"] + found["cnATE_r"]) / 2
        found["NavScore"] = (accuracy + found["NavConsistency"]) / 2
    return found


def between(first: np.ndarray, second: np.ndarray, axes: set) -> tuple[float, float]:
    a = [product(inverse(first[0]), m) for m in first]
    b = [product(inverse(second[0]), m) for m in second]
    flip = np.diag([-1.0 if axis in axes else 1.0 for axis in range(3)])
    b = [pose(product(product(flip, m[:3, :3]), flip), flip @ m[:3, 3]) for m in b]
    n = min(len(a), len(b))
    a, b = ([x[int(i * (len(x) - 1) / (n - 1))] for i in range(n)] for x in (a, b))
    far = sum(length(p[:3, 3] - q[:3, 3]) for p, q in zip(a, b, strict=True)) / n
    off = sum(degrees_between(p, q) for p, q in zip(a, b, strict=True)) / n
    return (
        min(far / max((path_length(a) + path_length(b)) / 2, 0.5), 1.0),
        min(off / max((turned(a) + turned(b)) / 2, 10.0), 1.0),
    )
