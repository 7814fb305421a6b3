"""Procedural textures: seeded noise and shapes at many scales, with prefiltered levels for both axes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

import cv2
import numpy as np
from jaxtyping import UInt8


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Texture:
    """An image with sides that are powers of two, RGB or RGBA, and its filtered copies (a rip-map).

    `level(i, j)` is halved i times in x and j times in y, made when first asked for. Texel centres
    stay exact: texel k of a level covers texels k*2^i .. (k+1)*2^i - 1 of the image.
    """

    image: UInt8[np.ndarray, "h w c"]
    _levels: dict[tuple[int, int], np.ndarray] = field(default_factory=dict)

    def level(self, i: int, j: int) -> UInt8[np.ndarray, "h w c"]:
        found = self._levels.get((i, j))
        if found is None:
            if i == 0 and j == 0:
                found = self.image
            elif i >= j:
                found = _halve(self.level(i - 1, j), axis=1)
            else:
                found = _halve(self.level(i, j - 1), axis=0)
            self._levels[i, j] = found
        return found


def _halve(image: np.ndarray, *, axis: int) -> np.ndarray:
    """Half the size along one axis; a slight blur first keeps what would alias out."""
    kernel, one = np.array([0.16, 0.68, 0.16]), np.array([1.0])
    x, y = (kernel, one) if axis == 1 else (one, kernel)
    smooth = cv2.sepFilter2D(image, -1, x, y, borderType=cv2.BORDER_REPLICATE)
    h, w = image.shape[:2]
    size = (w // 2, h) if axis == 1 else (w, h // 2)
    return cv2.resize(smooth, size, interpolation=cv2.INTER_AREA)


def octaves(rng: np.random.Generator, size: int, *, first: int = 4, fall: float = 0.62) -> np.ndarray:
    """Value noise of all scales from `first` cells to 2 texels, about 0..1, float32."""
    total = np.zeros((size, size), np.float32)
    cells, amplitude = first, 1.0
    while cells <= size // 2:
        grid = rng.standard_normal((cells, cells), np.float32)
        total += amplitude * cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
        cells, amplitude = cells * 2, amplitude * fall
    total -= total.mean()
    return np.clip(0.5 + 0.22 * total / max(float(total.std()), 1e-6), 0, 1)


def _palette(rng: np.random.Generator, count: int, *, low: int = 20, high: int = 235) -> np.ndarray:
    """Colours around one tone: their brightness differs more than their hue."""
    middle, half = (low + high) / 2, (high - low) / 2
    grey, tint = middle + rng.uniform(-0.3, 0.3) * half, rng.normal(0, 22, 3)
    spread = np.resize([1.0, -0.9, 0.3, -0.4], (count, 1)) * rng.choice([-1, 1])
    tones = grey + 0.45 * half * spread + rng.normal(0, 0.25 * half, (count, 1)) + tint + rng.normal(0, 18, (count, 3))
    return np.clip(tones, low, high).astype(np.float32)


def _coloured(rng: np.random.Generator, value: np.ndarray) -> np.ndarray:
    """Noise to a picture by a ramp of three colours."""
    ramp = cv2.resize(_palette(rng, 3)[None], (256, 1), interpolation=cv2.INTER_LINEAR)[0]
    return ramp.clip(0, 255).astype(np.uint8)[(value * 255).astype(np.uint8)]


def _shade(image: np.ndarray, value: np.ndarray, depth: float) -> np.ndarray:
    gain = (1 - depth) + 2 * depth * value
    return np.clip(image * gain[..., None], 0, 255).astype(np.uint8)


def noise(rng: np.random.Generator, size: int) -> np.ndarray:
    return _coloured(rng, octaves(rng, size, first=int(rng.choice([4, 8, 16])), fall=float(rng.uniform(0.75, 0.95))))


def shapes(rng: np.random.Generator, size: int) -> np.ndarray:
    """Rectangles, discs, lines and scribbles of many sizes over noise."""
    image = np.ascontiguousarray(noise(rng, size))
    colours = _palette(rng, 24, low=5, high=250)
    for scale in (0.3, 0.12, 0.05, 0.022, 0.012):
        for _ in range(int(min(5 / scale, 260))):
            x, y = rng.integers(0, size, 2)
            a, b = np.maximum(rng.uniform(0.3, 1.2, 2) * scale * size, 2).astype(int)
            colour = tuple(float(c) for c in colours[rng.integers(24)])
            shape = rng.integers(4)
            if shape == 0:
                cv2.rectangle(image, (int(x), int(y)), (int(x + a), int(y + b)), colour, -1, cv2.LINE_AA)
            elif shape == 1:
                angle = float(rng.uniform(0, 180))
                cv2.ellipse(image, (int(x), int(y)), (int(a // 2 + 1), int(b // 2 + 1)), angle, 0, 360, colour, -1, 16)
            elif shape == 2:
                cv2.line(
                    image, (int(x), int(y)), (int(x + a), int(y + b)), colour, int(rng.integers(1, 5)), cv2.LINE_AA
                )
            else:
                points = np.array([x, y]) + rng.uniform(-0.7, 0.7, (5, 2)) * [a, b]
                cv2.fillPoly(image, [points.astype(np.int32)], colour, cv2.LINE_AA)
    return _shade(image, octaves(rng, size, first=32, fall=0.9), 0.18)


def bricks(rng: np.random.Generator, size: int) -> np.ndarray:
    """Rows of bricks, each with a tone of its own."""
    rows = int(rng.choice([16, 24, 32]))
    h = size // rows
    w = int(h * rng.uniform(2.0, 3.0))
    brick, mortar = _palette(rng, 1)[0], float(rng.uniform(60, 200))
    image = np.full((size, size, 3), mortar, np.uint8)
    for row in range(rows + 1):
        for x in range(-(row % 2) * w // 2, size, w):
            tone = np.clip(brick * rng.uniform(0.65, 1.3), 0, 255)
            cv2.rectangle(image, (x + 2, row * h + 2), (x + w - 2, row * h + h - 2), tone.tolist(), -1)
    return _shade(image, octaves(rng, size, first=16, fall=0.9), 0.25)


def windows(rng: np.random.Generator, size: int, *, variation: float = 1.0) -> np.ndarray:
    """A facade: a grid of windows with frames, sills and blinds."""
    image = _shade(
        np.full((size, size, 3), _palette(rng, 1)[0], np.float32), octaves(rng, size, first=8, fall=0.8), 0.2
    )
    columns, rows = int(rng.integers(4, 8)), int(rng.integers(4, 8))
    cw, ch = size / columns, size / rows
    frame, glass = _palette(rng, 1, low=120)[0], _palette(rng, 1, low=10, high=90)[0]
    width, height = rng.uniform(0.4, 0.65), rng.uniform(0.5, 0.7)
    for row in range(rows):
        for column in range(columns):
            x0, y0 = int((column + (1 - width) / 2) * cw), int((row + (1 - height) / 2) * ch)
            x1, y1 = int(x0 + width * cw), int(y0 + height * ch)
            tone = np.clip(glass * (1 + variation * rng.uniform(-0.6, 1.5)), 0, 255).tolist()
            cv2.rectangle(image, (x0 - 5, y0 - 5), (x1 + 5, y1 + 5), frame.tolist(), -1)
            cv2.rectangle(image, (x0, y0), (x1, y1), tone, -1)
            cv2.line(image, ((x0 + x1) // 2, y0), ((x0 + x1) // 2, y1), frame.tolist(), 4)
            if rng.random() < 0.5 * variation:
                drop = int(y0 + (y1 - y0) * rng.uniform(0.2, 0.9))
                cv2.rectangle(image, (x0, y0), (x1, drop), _palette(rng, 1)[0].tolist(), -1)
            cv2.rectangle(image, (x0 - 8, y1 + 4), (x1 + 8, y1 + 12), (frame * 0.7).tolist(), -1)
    return _shade(image, octaves(rng, size, first=64, fall=0.9), 0.06 + 0.08 * variation)


def tiles(rng: np.random.Generator, size: int) -> np.ndarray:
    """Floor tiles or a checkerboard: the same cell again and again, hardly worn."""
    count = int(rng.choice([8, 12, 16]))
    a, b = _palette(rng, 2)
    cell = size / count
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    odd = (np.floor(x / cell) + np.floor(y / cell)) % 2
    image = np.where(odd[..., None] > 0, a, b)
    gap = ((x % cell) < 4) | ((y % cell) < 4)
    image[gap] *= 0.5
    return _shade(image, octaves(rng, size, first=32, fall=0.9), 0.15)


def plaster(rng: np.random.Generator, size: int) -> np.ndarray:
    """Low texture: a nearly even wall with faint stains and a few marks."""
    tone = rng.uniform(110, 220, 3)
    image = _shade(np.full((size, size, 3), tone, np.float32), octaves(rng, size, first=4, fall=0.75), 0.07)
    for _ in range(14):
        x, y = (int(v) for v in rng.integers(0, size, 2))
        cv2.circle(image, (x, y), int(rng.integers(3, 14)), (tone * rng.uniform(0.6, 0.9)).tolist(), -1, cv2.LINE_AA)
    return image


def gravel(rng: np.random.Generator, size: int) -> np.ndarray:
    """Ground: fine speckle over slow patches."""
    fine, slow = octaves(rng, size, first=32, fall=0.95), octaves(rng, size, first=4, fall=0.8)
    return _coloured(rng, np.clip(0.55 * fine + 0.45 * slow, 0, 1))


def wood(rng: np.random.Generator, size: int) -> np.ndarray:
    """Boards with grain along x."""
    grain = cv2.resize(
        octaves(rng, size, first=32, fall=0.9)[: size // 16], (size, size), interpolation=cv2.INTER_CUBIC
    )
    image = _coloured(rng, np.clip(grain, 0, 1)).astype(np.float32)
    for start in range(0, size, size // 8):
        image[start : start + size // 8] *= rng.uniform(0.75, 1.2)
        image[start : start + 3] *= 0.4
        joint = int(rng.integers(0, size - 4))
        image[start : start + size // 8, joint : joint + 3] *= 0.4
    return np.clip(image, 0, 255).astype(np.uint8)


def sky(rng: np.random.Generator, size: int) -> np.ndarray:
    """Clouds above, ridges of hills below (the horizon is the lower edge)."""
    half = size // 2
    y = np.linspace(0, 1, half, dtype=np.float32)[:, None, None]
    blue, haze = np.array([90, 130, 200], np.float32), np.array([200, 210, 225], np.float32)
    cloud = 0.8 * np.clip(octaves(rng, half, first=4, fall=0.6) * 2.2 - 0.8, 0, 1)[..., None]
    above = ((1 - y) * blue + y * haze) * (1 - cloud) + 245 * cloud
    # Clouds are soft, so half the size will do; the hills are sharp, and their surface may repeat.
    image = cv2.resize(above, (size, size), interpolation=cv2.INTER_LINEAR)
    surface = np.tile(octaves(rng, half, first=32, fall=0.9), (2, 2))[..., None]
    line = octaves(rng, 256, first=4, fall=0.45)
    rows = np.arange(size)[:, None]
    for k, height in enumerate((0.24, 0.15, 0.08)):
        ridge = cv2.resize(line[80 * k : 80 * k + 1], (size, 1), interpolation=cv2.INTER_CUBIC)[0]
        top = size * (1 - height * (0.5 + 0.7 * ridge))
        first = int(top.min())
        tone = np.array([70, 95, 80], np.float32) * np.float32(rng.uniform(0.6, 1.4) * (1.1 - 0.2 * k))
        below = (rows[first:] > top)[..., None]
        image[first:] = np.where(below, tone * (0.5 + surface[first:]), image[first:])
    return np.clip(image, 0, 255).astype(np.uint8)


Family = Callable[[np.random.Generator, int], np.ndarray]
WALLS: dict[str, tuple[Family, ...]] = {
    "rich": (shapes, noise, bricks, windows, wood, shapes),
    "low": (plaster, plaster, noise, shapes),
    "repetitive": (lambda rng, size: windows(rng, size, variation=0.0), tiles, bricks),
}
GROUNDS: dict[str, tuple[Family, ...]] = {
    "rich": (gravel, tiles, wood, shapes),
    "low": (plaster, gravel),
    "repetitive": (tiles, tiles, wood),
}
OUTDOORS: dict[str, tuple[Family, ...]] = {
    "rich": (gravel, noise, gravel, bricks),
    "low": (plaster, gravel),
    "repetitive": (tiles, bricks),
}


def make(family: Family, seed: int, number: int, *, size: int = 1024) -> Texture:
    """One texture of a family; `number` tells textures of the same clip apart."""
    image = family(np.random.default_rng([seed, 11, number]), size)
    return Texture(image=np.ascontiguousarray(cv2.GaussianBlur(image, (0, 0), 0.6)))
