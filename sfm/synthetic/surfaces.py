"""Textured rectangles and the solids they make."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from jaxtyping import Float

from sfm.synthetic.textures import Texture


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """A rectangle in the world: origin + a*u + b*v for a, b in 0..1; `part` is the piece of the texture on it.

    Attributes:
        part: (s0, t0, s1, t1) as shares of the texture; u runs along its rows.
    """

    origin: Float[np.ndarray, " 3"]
    u: Float[np.ndarray, " 3"]
    v: Float[np.ndarray, " 3"]
    texture: Texture
    part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    @cached_property
    def corners(self) -> Float[np.ndarray, "4 3"]:
        o, u, v = self.origin, self.u, self.v
        return np.stack([o, o + u, o + u + v, o + v])


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Solid:
    """Something with an outline: the faces of a box (seen from outside), or one sheet seen from both sides.

    Solids are drawn over each other in the order that their bounding boxes allow.
    """

    surfaces: tuple[Surface, ...]
    closed: bool = True
    moving: bool = False

    @cached_property
    def bounds(self) -> Float[np.ndarray, "2 3"]:
        corners = np.concatenate([surface.corners for surface in self.surfaces])
        return np.stack([corners.min(0), corners.max(0)])


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """What does not move: a shell of surfaces behind everything (it may not hide any of itself), and solids before it.

    Attributes:
        reference_depth: unit of translations in a move.
    """

    shell: tuple[Surface, ...]
    solids: tuple[Solid, ...]
    reference_depth: float


def box(
    centre: np.ndarray, size: np.ndarray, yaw_rad: float, textures: tuple[Texture, ...], rng: np.random.Generator
) -> Solid:
    """A box standing upright; y points down, so its top is at centre y - size y / 2. The underside is left out."""
    c, s = np.cos(yaw_rad), np.sin(yaw_rad)
    x, y, z = np.array([c, 0, -s]) * size[0], np.array([0, 1.0, 0]) * size[1], np.array([s, 0, c]) * size[2]
    low = centre - (x + y + z) / 2
    # Each face is listed so that u x v points into the box: what faces the camera then has (u x v) . (o - c) > 0.
    faces = (
        (low, x, y),
        (low + x + z, -x, y),
        (low + z, -z, y),
        (low + x, z, y),
        (low + z, x, -z),
    )
    return Solid(
        surfaces=tuple(
            Surface(origin=o, u=u, v=v, texture=textures[k % len(textures)], part=crop(u, v, rng))
            for k, (o, u, v) in enumerate(faces)
        )
    )


def crop(u: np.ndarray, v: np.ndarray, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """A part of a square texture with the shape of the rectangle, so that nothing looks stretched."""
    w, h = float(np.linalg.norm(u)), float(np.linalg.norm(v))
    s, t = w / max(w, h), h / max(w, h)
    s0, t0 = rng.uniform(0, 1 - s + 1e-9), rng.uniform(0, 1 - t + 1e-9)
    return (s0, t0, s0 + s, t0 + t)


def sheet(
    foot: np.ndarray, width: float, height: float, right: np.ndarray, texture: Texture, *, moving: bool = False
) -> Solid:
    """An upright sheet, standing with the middle of its lower edge on `foot`, running along `right`."""
    u, v = right * width, np.array([0.0, height, 0.0])
    return Solid(surfaces=(Surface(origin=foot - u / 2 - v, u=u, v=v, texture=texture),), closed=False, moving=moving)


def grid(
    origin: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
    patch: float,
    textures: tuple[Texture, ...],
    rng: np.random.Generator,
) -> tuple[Surface, ...]:
    """A large rectangle as patches of about `patch` metres, textures drawn at random and turned."""
    columns, rows = (max(1, round(float(np.linalg.norm(side)) / patch)) for side in (u, v))
    du, dv = u / columns, v / rows
    result: list[Surface] = []
    for row in range(rows):
        for column in range(columns):
            s0, t0, s1, t1 = crop(du, dv, rng)
            if rng.random() < 0.5:
                s0, s1 = s1, s0
            texture = textures[int(rng.integers(len(textures)))]
            result.append(
                Surface(origin=origin + column * du + row * dv, u=du, v=dv, texture=texture, part=(s0, t0, s1, t1))
            )
    return tuple(result)
