"""Three kinds of scene (room, street, landscape) and two hard ones (far: hardly any parallax; planar: one wall)."""

from dataclasses import dataclass
from typing import final

import cv2
import numpy as np
from jaxtyping import Float

from sfm.synthetic import textures as tex
from sfm.synthetic.surfaces import Scene, Solid, Surface, box, grid, sheet
from sfm.synthetic.textures import Texture

CAMERA_HEIGHT = 1.5
"""Metres of the first camera above the ground; the origin of the world is at the first camera."""

REFERENCE_DEPTH = {"room": 4.0, "street": 10.0, "landscape": 12.0, "far": 6.0, "planar": 5.0}


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class KeepOut:
    """Places that no solid may take: where the camera and the movers go."""

    points: Float[np.ndarray, "n 3"]
    radius: float

    def hits(self, solid: Solid) -> bool:
        low, high = solid.bounds
        gap = np.maximum(np.maximum(low - self.points, self.points - high), 0)
        return bool((np.linalg.norm(gap[:, [0, 2]], axis=1) < self.radius).any())


def build(kind: str, *, style: str, seed: int, keep_out: tuple[KeepOut, ...]) -> Scene:
    """The scene of a clip; the same arguments give the same scene."""
    rng = np.random.default_rng([seed, 5])
    walls = _library(rng, tex.WALLS[style], seed, 6, first=0)
    inside = kind in ("room", "planar")
    grounds = _library(rng, (tex.GROUNDS if inside else tex.OUTDOORS)[style], seed, 2, first=20)
    if kind == "room":
        return _room(rng, walls, grounds, seed, keep_out)
    if kind == "street":
        return _street(rng, walls, grounds, seed, keep_out)
    if kind == "planar":
        return _planar(rng, walls, seed)
    return _landscape(rng, walls, grounds, seed, keep_out, scale=40.0 if kind == "far" else 1.0)


def _library(
    rng: np.random.Generator, families: tuple[tex.Family, ...], seed: int, count: int, *, first: int
) -> tuple[Texture, ...]:
    start = int(rng.integers(len(families)))
    return tuple(tex.make(families[(start + k) % len(families)], seed, first + k) for k in range(count))


def _place(solids: list[Solid], candidate: Solid, keep_out: tuple[KeepOut, ...]) -> None:
    """Take the candidate unless it is in the way or its bounding box cuts into another one."""
    if any(keep.hits(candidate) for keep in keep_out):
        return
    low, high = candidate.bounds
    for other in solids:
        other_low, other_high = other.bounds
        if (low < other_high + 0.02).all() and (high > other_low - 0.02).all():
            return
    solids.append(candidate)


def _room(rng, walls, grounds, seed, keep_out) -> Scene:
    width, depth, height = rng.uniform(7, 10), rng.uniform(9, 13), rng.uniform(3.0, 4.0)
    x0, z0 = -width * rng.uniform(0.4, 0.6), -depth * 0.3
    floor, ceiling = CAMERA_HEIGHT, CAMERA_HEIGHT - height
    x, y, z = np.array([width, 0, 0]), np.array([0, height, 0]), np.array([0, 0, depth])
    low = np.array([x0, ceiling, z0])
    shell = (
        grid(low + z, x, y, 3.5, walls[:3], rng)
        + grid(low, z, y, 3.5, walls[1:4], rng)
        + grid(low + x, z, y, 3.5, walls[2:5], rng)
        + grid(low, x, y, 3.5, walls[:2], rng)
        + grid(low + y, x, z, 4.0, grounds, rng)
        + grid(low, x, z, 4.0, walls[4:6], rng)
    )
    solids: list[Solid] = []
    for _ in range(70):
        size = np.array([rng.uniform(0.3, 1.6), rng.uniform(0.4, 2.2), rng.uniform(0.3, 1.2)])
        yaw = float(rng.choice([0.0, rng.uniform(-0.6, 0.6)]))
        reach = float(np.hypot(size[0], size[2])) / 2 + 0.05
        at = rng.uniform([x0 + reach, 0, z0 + reach], [x0 + width - reach, 0, z0 + depth - reach])
        at[1] = floor - size[1] / 2
        _place(solids, box(at, size, yaw, tuple(rng.permutation(np.array(walls, object))[:3]), rng), keep_out)
        if len(solids) >= 16:
            break
    for _ in range(6):  # lamps and shelves off the floor
        size = rng.uniform(0.2, 0.6, 3)
        at = rng.uniform([x0 + 0.6, ceiling + 0.4, 1.5], [x0 + width - 0.6, ceiling + 1.0, z0 + depth - 0.6])
        _place(solids, box(at, size, 0.0, walls[:2], rng), keep_out)
    return Scene(shell=shell, solids=tuple(solids), reference_depth=REFERENCE_DEPTH["room"])


def _outdoors(rng, grounds, seed, *, ground_y: float, scale: float) -> tuple[Surface, ...]:
    """Ground in rings of ever larger patches, and a skyline at the end of it."""
    shell: list[Surface] = []
    for half, inner, patch in ((20.0, 0.0, 10.0), (60.0, 20.0, 40.0), (180.0, 60.0, 120.0), (540.0, 180.0, 360.0)):
        for x in np.arange(-half, half, patch) * scale:
            for z in np.arange(-half, half, patch) * scale:
                side = patch * scale
                if max(abs(x + side / 2), abs(z + side / 2)) < inner * scale:
                    continue
                corner = np.array([x, ground_y, z])
                shell += grid(corner, np.array([side, 0, 0]), np.array([0, 0, side]), side, grounds, rng)
    far = 540.0 * scale
    sky = tex.make(tex.sky, seed, 40, size=2048)
    top = np.array([0, ground_y - far, 0])
    down = np.array([0, far, 0.0])
    corners = [np.array(c, float) * far for c in ((-1, 0, 1), (1, 0, 1), (1, 0, -1), (-1, 0, -1))]
    for k in range(4):
        a, b = corners[k], corners[(k + 1) % 4]
        for half in range(2):
            start = a + (b - a) * half / 2
            mirrored = (1.0, 0.0, 0.0, 1.0) if (k + half) % 2 else (0.0, 0.0, 1.0, 1.0)
            shell.append(Surface(origin=top + start, u=(b - a) / 2, v=down, texture=sky, part=mirrored))
    shell.append(
        Surface(origin=top + corners[3], u=corners[2] - corners[3], v=corners[0] - corners[3], texture=sky,
                part=(0.0, 0.0, 1.0, 0.3))
    )  # fmt: skip
    return tuple(shell)


def _street(rng, walls, grounds, seed, keep_out) -> Scene:
    facades = tuple(tex.make(tex.windows, seed, 60 + k) for k in range(3)) + walls[:3]
    shell = _outdoors(rng, grounds, seed, ground_y=CAMERA_HEIGHT, scale=1.0)
    solids: list[Solid] = []
    half_width = rng.uniform(5.0, 9.0)
    for side in (-1, 1):
        z = -45.0
        while z < 130:
            width, height, deep = rng.uniform(7, 14), rng.uniform(5, 17), rng.uniform(6, 12)
            setback = rng.uniform(0, 2.5)
            at = np.array([side * (half_width + setback + deep / 2), CAMERA_HEIGHT - height / 2, z + width / 2])
            pick = tuple(facades[int(k)] for k in rng.integers(0, len(facades), 3))
            solids.append(box(at, np.array([deep, height, width]), 0.0, pick, rng))
            z += width + (rng.uniform(1.0, 4.0) if rng.random() < 0.25 else 0.05)
    end = np.array([2.2 * half_width, rng.uniform(9, 20), 10.0])
    solids.append(box(np.array([0, CAMERA_HEIGHT - end[1] / 2, 138.0]), end, 0.0, facades[:3], rng))
    solids.append(box(np.array([0, CAMERA_HEIGHT - end[1] / 2, -53.0]), end, 0.0, facades[:3], rng))
    for _ in range(60):
        size = np.array([rng.uniform(0.3, 2.0), rng.uniform(0.8, 2.4), rng.uniform(0.3, 4.0)])
        at = np.array([rng.uniform(-1, 1) * (half_width - 1.5), CAMERA_HEIGHT - size[1] / 2, rng.uniform(3, 60)])
        _place(solids, box(at, size, 0.0, tuple(walls[int(k)] for k in rng.integers(0, 6, 2)), rng), keep_out)
        if len(solids) > 46:
            break
    trees = _trees(rng, seed)
    for _ in range(10):
        x = float(rng.choice([-1, 1])) * (half_width - rng.uniform(0.4, 1.2))
        foot = np.array([x, CAMERA_HEIGHT, rng.uniform(5, 60)])
        height = rng.uniform(2.5, 5.0)
        _place(solids, sheet(foot, 0.6 * height, height, np.array([1.0, 0, 0]), trees[int(rng.integers(2))]), keep_out)
    return Scene(shell=shell, solids=tuple(solids), reference_depth=REFERENCE_DEPTH["street"])


def _landscape(rng, walls, grounds, seed, keep_out, *, scale: float) -> Scene:
    """Boxes and trees strewn over a plain; scaled up 40 times and seen from a height it is the far scene."""
    ground_y = CAMERA_HEIGHT if scale == 1.0 else scale * 5.0
    shell = _outdoors(rng, grounds, seed, ground_y=ground_y, scale=scale)
    trees = _trees(rng, seed)
    solids: list[Solid] = []
    nearest = 3.5 if scale == 1.0 else 6.0
    for number in range(160):
        distance, angle = nearest + 60 * rng.random() ** 2, rng.uniform(-np.pi, np.pi)
        at = np.array([np.sin(angle) * distance, 0, np.cos(angle) * distance]) * scale
        at[1] = ground_y
        if number % 3:
            size = np.array([rng.uniform(0.4, 3.0), rng.uniform(0.5, 3.5), rng.uniform(0.4, 3.0)]) * scale
            at[1] -= size[1] / 2
            pick = tuple(walls[int(k)] for k in rng.integers(0, 6, 3))
            candidate = box(at, size, float(rng.uniform(-0.7, 0.7)), pick, rng)
        else:
            height = rng.uniform(2.0, 6.0) * scale
            right = np.array([np.cos(angle), 0, -np.sin(angle)])
            candidate = sheet(at, 0.6 * height, height, right, trees[int(rng.integers(2))])
        _place(solids, candidate, keep_out)
        if len(solids) >= 48:
            break
    kind = "landscape" if scale == 1.0 else "far"
    return Scene(shell=shell, solids=tuple(solids), reference_depth=REFERENCE_DEPTH[kind])


def _planar(rng, walls, seed) -> Scene:
    """Nothing but one wall straight ahead, so wide that the camera does not see its end."""
    depth = REFERENCE_DEPTH["planar"]
    size = 6.4 * depth
    low = np.array([-size / 2, -size / 2, depth])
    shell = grid(low, np.array([size, 0, 0]), np.array([0, size, 0]), 4.0, walls, rng)
    return Scene(shell=shell, solids=(), reference_depth=depth)


def _trees(rng: np.random.Generator, seed: int) -> tuple[Texture, ...]:
    """Two trees with a ragged outline on a transparent ground."""
    result: list[Texture] = []
    for k in range(2):
        colour = tex.make(tex.gravel, seed, 80 + k, size=512).image
        green = np.clip(colour * np.array([0.55, 0.9, 0.45]), 0, 255).astype(np.uint8)
        alpha = np.zeros((512, 512), np.uint8)
        cv2.rectangle(alpha, (236, 260), (276, 511), 255, -1)
        for _ in range(70):
            x, y = 256 + rng.normal(0, 85), 175 + rng.normal(0, 70)
            cv2.circle(alpha, (int(x), int(y)), int(rng.uniform(16, 48)), 255, -1, cv2.LINE_AA)
        alpha[:, :4] = alpha[:, -4:] = alpha[:4] = 0
        result.append(Texture(image=np.dstack([green, cv2.GaussianBlur(alpha, (0, 0), 1.0)])))
    return tuple(result)
