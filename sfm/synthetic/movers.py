"""Things that move by themselves: walking figures with swinging limbs, and vehicles."""

from dataclasses import dataclass
from functools import lru_cache
from typing import final

import cv2
import numpy as np
from jaxtyping import Float

from sfm.synthetic import textures as tex
from sfm.synthetic.spec import ClipSpec, MoverSpec
from sfm.synthetic.surfaces import Solid, sheet
from sfm.synthetic.textures import Texture

_PHASES = 24
_DIFFERENT = 6
"""Figures of a crowd that look different; making one takes as long as drawing ten frames."""
_STEP_HZ = 1.1
_SIZE_M = {"walker": (0.875, 1.75), "vehicle": (3.6, 1.8)}


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Mover:
    """One figure: a sheet of one size along `right`, its pictures over a step, and where its foot is at each time.

    Attributes:
        feet: at the times that were asked for (n, 3), in the world.
    """

    feet: Float[np.ndarray, "n 3"]
    right: Float[np.ndarray, " 3"]
    width: float
    height: float
    pictures: tuple[Texture, ...]
    phase: float

    def solid(self, number: int, time_s: float) -> Solid:
        """The figure at one of its times."""
        step = int((time_s * _STEP_HZ + self.phase) * len(self.pictures)) % len(self.pictures)
        return sheet(self.feet[number], self.width, self.height, self.right, self.pictures[step], moving=True)


def make_movers(
    spec: ClipSpec,
    *,
    frame_time: Float[np.ndarray, " n"],
    world_from_cam: Float[np.ndarray, "n 4 4"],
    first_from_world: Float[np.ndarray, "4 4"],
) -> tuple[Mover, ...]:
    """All figures of a clip, placed by the share of the frame that they are to cover at the start."""
    result: list[Mover] = []
    for group, mover in enumerate(spec.movers):
        for number in range(mover.count):
            rng = np.random.default_rng([spec.seed, 13, group, number])
            result.append(_one(spec, mover, rng, number, frame_time, world_from_cam, first_from_world))
    return tuple(result)


def _one(spec, mover: MoverSpec, rng, number: int, frame_time, world_from_cam, first_from_world) -> Mover:
    h, w = spec.image_hw
    wide, tall = _SIZE_M[mover.kind]
    look = number % _DIFFERENT
    walks = mover.kind == "walker"
    pictures = _walker(spec.seed, look, mover.articulate) if walks else _vehicle(spec.seed, look)
    area = mover.area * (1.0 if mover.count == 1 else rng.uniform(0.6, 1.4))
    height_px = _height_px(area, np.mean([p.image[..., 3] > 127 for p in pictures], axis=0), (h, w))
    distance, farthest = spec.focal_px * tall / height_px, (4.5 if spec.scene in ("room", "planar") else 25.0)
    if distance > farthest:
        distance, tall, wide = farthest, tall * farthest / distance, wide * farthest / distance
    if spec.scene == "far":
        distance, tall, wide = distance * 4, tall * 4, wide * 4
    frame_m = w / spec.focal_px * distance
    u = frame_time / max(spec.frames - 1, 1)
    direction = float(rng.choice([-1.0, 1.0]))
    start = rng.uniform(-0.35, 0.35) if mover.count > 1 else -direction * mover.speed * rng.uniform(0.35, 0.65)
    x, z = np.full(len(u), start * frame_m), np.full(len(u), distance)
    if mover.motion == "cross":
        x = x + direction * mover.speed * frame_m * u
    elif mover.motion == "sway":
        offset = rng.uniform(-0.25, 0.25) * max(1 - 1.8 * area, 0.1) if mover.count == 1 else start
        x = frame_m * (offset + mover.speed * 0.5 * np.sin(2 * np.pi * (0.5 * frame_time / spec.fps + rng.random())))
    elif mover.motion == "approach":
        x, z = x * 0.4, distance * (1 - 0.35 * mover.speed * u)
    below = tall * _below(height_px, h) if spec.scene != "far" else 0.5 * tall
    here = np.stack([x, np.full(len(u), below), z], axis=1)
    if mover.motion == "tracked":
        here[:, 0] = frame_m * (rng.uniform(-0.06, 0.06) + 0.02 * np.sin(2 * np.pi * frame_time / spec.fps))
        feet = _ahead_of(world_from_cam, here)
    else:
        feet = here @ _level(first_from_world).T
    right = _level(first_from_world)[:, 0] * direction
    phase = float(rng.random())
    return Mover(feet=feet, right=right, width=wide, height=tall, pictures=pictures, phase=phase)


def _below(height_px: float, frame_px: int) -> float:
    """Share of a figure that is below the middle of the frame.

    One that fits in stands on the ground, seen from eye height; a large one is seen with its chest in the middle.
    """
    return 0.857 - 0.227 * float(np.clip((height_px / frame_px - 0.8) / 1.2, 0, 1))


def _height_px(area: float, filled: np.ndarray, image_hw: tuple[int, int]) -> float:
    """Height of the sheet in pixels at which what is seen of the figure covers `area` of the frame (by bisection).

    Args:
        filled: how often each texel of the sheet is opaque.
    """
    h, w = image_hw
    covered = np.concatenate([[0], np.cumsum(filled.sum(1))])
    low, high = 2.0, 8.0 * h
    for _ in range(30):
        middle = (low + high) / 2
        scale, centre = middle / len(filled), 1 - _below(middle, h)
        first, last = (int(np.clip(centre * len(filled) + end * h / scale, 0, len(filled))) for end in (-0.5, 0.5))
        seen = float(covered[last] - covered[first]) * scale**2
        low, high = (middle, high) if seen < area * h * w else (low, middle)
    return high


def _level(first_from_world: np.ndarray) -> np.ndarray:
    """Upright axes that head where the first camera looks."""
    ahead = first_from_world[2, :3] * [1, 0, 1]
    ahead = ahead / np.linalg.norm(ahead)
    return np.stack([[ahead[2], 0, -ahead[0]], [0, 1.0, 0], ahead], axis=1)


def _ahead_of(world_from_cam: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Feet that go with the camera: the same place before it in the plane, whatever it does."""
    feet = np.empty_like(here)
    for i, pose in enumerate(world_from_cam):
        feet[i] = _level(np.linalg.inv(pose)) @ (here[i] * [1, 0, 1]) + pose[:3, 3]
        feet[i, 1] = here[i, 1] + pose[1, 3]
    return feet


@lru_cache(maxsize=2 * _DIFFERENT)
def _walker(seed: int, number: int, articulate: float) -> tuple[Texture, ...]:
    """A figure at the phases of a step: torso and head rigid, arms and legs swinging, `articulate` times as far."""
    rng = np.random.default_rng([seed, 29, number])
    cloth = tex.make(tex.shapes, seed, 100 + 2 * number, size=512).image
    limbs = tex.make(tex.noise, seed, 101 + 2 * number, size=256).image
    skin = np.array([200, 160, 130]) * rng.uniform(0.5, 1.1)
    pictures: list[Texture] = []
    for phase in range(_PHASES):
        swing = articulate * np.sin(2 * np.pi * phase / _PHASES)
        picture = np.zeros((512, 256, 4), np.uint8)
        picture[..., :3] = cloth[:, :256]
        _limb(picture, limbs, (150, 120), 150, 32, -16 * swing)
        _limb(picture, limbs, (140, 275), 222, 44, 24 * swing)
        _limb(picture, limbs, (116, 275), 222, 44, -24 * swing)
        torso = np.array([[84, 105], [172, 105], [164, 290], [92, 290]])
        mask = np.zeros((512, 256), np.uint8)
        cv2.fillConvexPoly(mask, torso, 255, cv2.LINE_AA)
        _stamp(picture, cloth[:, 128:384], mask)
        head = np.zeros((512, 256), np.uint8)
        cv2.ellipse(head, (128, 62), (31, 40), 0, 0, 360, 255, -1, cv2.LINE_AA)
        face = np.clip(limbs[:256, :256].astype(np.float32) * 0.3 + skin * 0.7, 0, 255).astype(np.uint8)
        _stamp(picture, np.tile(face, (2, 1, 1)), head)
        cv2.ellipse(picture, (128, 44), (32, 24), 0, 180, 360, (40, 30, 25, 255), -1, cv2.LINE_AA)
        _limb(picture, limbs, (104, 120), 150, 32, 16 * swing)
        pictures.append(Texture(image=picture))
    return tuple(pictures)


def _limb(picture: np.ndarray, pattern: np.ndarray, joint: tuple[int, int], length: int, thick: int, angle_deg: float):
    """A textured strip hanging from a joint, turned about it."""
    turn = cv2.getRotationMatrix2D((thick / 2, 0.0), angle_deg, 1.0)
    turn[:, 2] += np.array(joint) - [thick / 2, 0.0]
    size = (picture.shape[1], picture.shape[0])
    strip = np.ascontiguousarray(pattern[:length, :thick])
    colour = cv2.warpAffine(strip, turn, size, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(np.full(strip.shape[:2], 255, np.uint8), turn, size)
    _stamp(picture, colour, mask)


def _stamp(picture: np.ndarray, colour: np.ndarray, mask: np.ndarray) -> None:
    weight = mask.astype(np.float32) / 255
    picture[..., :3] = cv2.blendLinear(np.ascontiguousarray(picture[..., :3]), colour, 1 - weight, weight)
    picture[..., 3] = np.maximum(picture[..., 3], mask)


@lru_cache(maxsize=2 * _DIFFERENT)
def _vehicle(seed: int, number: int) -> tuple[Texture, ...]:
    """A van seen from the side: painted body, windows, wheels."""
    rng = np.random.default_rng([seed, 31, number])
    body = tex.make(tex.shapes, seed, 120 + number, size=512).image[:256]
    picture = np.zeros((256, 512, 4), np.uint8)
    picture[..., :3] = body
    alpha = np.zeros((256, 512), np.uint8)
    outline = np.array([[10, 225], [10, 40], [40, 12], [400, 12], [470, 110], [503, 130], [503, 225]])
    cv2.fillPoly(alpha, [outline], 255, cv2.LINE_AA)
    glass = tuple(float(v) for v in rng.uniform(10, 80, 3))
    for x in (50, 165, 280):
        cv2.rectangle(picture, (x, 38), (x + 92, 100), (*glass, 0.0), -1)
    for x in (110, 400):
        cv2.circle(picture, (x, 215), 36, (25, 25, 28, 0), -1, cv2.LINE_AA)
        cv2.circle(picture, (x, 215), 16, (170, 170, 175, 0), -1, cv2.LINE_AA)
        cv2.circle(alpha, (x, 215), 36, 255, -1, cv2.LINE_AA)
    picture[..., 3] = alpha
    return (Texture(image=picture),)
