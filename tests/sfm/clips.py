"""Small clips for the tests of reading, cutting and judging frames: textures, moves over them, encoding."""

import itertools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from sfm.shots.boundaries import split
from sfm.types import Frames


def texture(seed: int, hw: tuple[int, int] = (400, 600), cell_px: int = 8) -> np.ndarray:
    """Smooth random colours with corners of several sizes, (h, w, 3) uint8."""
    rng = np.random.default_rng(seed)
    total = np.zeros((*hw, 3))
    for scale in (1, 2, 5):
        size = (hw[0] // (cell_px * scale) + 2, hw[1] // (cell_px * scale) + 2)
        coarse = rng.uniform(-1, 1, (*size, 3))
        total += scale**0.5 * cv2.resize(coarse, (hw[1], hw[0]), interpolation=cv2.INTER_CUBIC)
    base = rng.uniform(70, 180, 3)
    return np.clip(base + 45 * total, 0, 255).astype(np.uint8)


def window(image: np.ndarray, x: float, y: float, hw: tuple[int, int]) -> np.ndarray:
    """The part of an image whose corner is at (x, y), with subpixel accuracy."""
    move = np.array([[1.0, 0.0, -x], [0.0, 1.0, -y]])
    return cv2.warpAffine(image, move, (hw[1], hw[0]), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def pan(
    seed: int, count: int, *, hw: tuple[int, int] = (120, 160), step_px: float = 2.0, noise: float = 1.0
) -> np.ndarray:
    """A window that moves right over a texture, with sensor noise; (n, h, w, 3)."""
    image = texture(seed, (hw[0] + 20, hw[1] + int(abs(step_px) * count) + 20))
    rng = np.random.default_rng(seed + 1)
    frames = np.stack([window(image, 5 + step_px * i, 5, hw) for i in range(count)])
    return noisy(frames, noise, rng)


def noisy(frames: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise of `sigma` grey levels."""
    if sigma == 0:
        return frames
    return np.clip(np.rint(frames + rng.normal(0, sigma, frames.shape)), 0, 255).astype(np.uint8)


def as_frames(rgb: np.ndarray, fps: float = 25.0) -> Frames:
    """Frames in memory, as `sfm.video.reader.load` would give them."""
    count, height, width = rgb.shape[:3]
    return Frames(
        rgb=np.ascontiguousarray(rgb),
        time_s=np.arange(count) / fps,
        index=np.arange(count),
        source_hw=(height, width),
        source="memory",
    )


def encode(
    path: Path,
    rgb: np.ndarray,
    *,
    fps: int = 25,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    pts: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    rotation_deg: float | None = None,
    hflip: bool = False,
    pixel_aspect: Fraction | None = None,
    crf: int = 18,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write frames with PyAV; `pts` are in units of `time_base` (default: frame numbers at `fps`)."""
    base = time_base or Fraction(1, fps)
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream: Any = container.add_stream(codec, rate=fps)
        stream.width, stream.height = rgb.shape[2], rgb.shape[1]
        stream.pix_fmt = pix_fmt
        stream.codec_context.thread_count = 1
        stream.time_base = stream.codec_context.time_base = base
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if codec in ("libx264", "libx265", "libvpx-vp9"):
            stream.options = {"crf": str(crf), **({"x265-params": "log-level=none"} if codec == "libx265" else {})}
        if options and codec != "gif":
            stream.options = {**stream.options, **options}
        if rotation_deg is not None or hflip:
            stream.set_display_rotation(rotation_deg or 0.0, hflip=hflip)
        for number, image in enumerate(rgb):
            frame = av.VideoFrame.from_ndarray(image, format="rgba" if image.shape[2] == 4 else "rgb24")
            frame.pts = number if pts is None else pts[number]
            frame.time_base = base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def shot_starts(rgb: np.ndarray, fps: float = 25.0) -> list[int]:
    """First frames of all shots but the first; the shots cover the clip in order, without gaps."""
    spans = split(as_frames(rgb, fps))
    assert spans[0][0] == 0
    assert spans[-1][1] == len(rgb)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(spans))
    return [start for start, _ in spans[1:]]


def blur_pan(seed: int, speed_px: np.ndarray, hw: tuple[int, int] = (120, 160)) -> np.ndarray:
    """A pan of given pixels a frame, each frame exposed over half of its motion."""
    place = np.concatenate([[0.0], np.cumsum(speed_px)])
    image = texture(seed, (hw[0] + 20, int(place[-1]) + hw[1] + 40))
    frames = []
    for x, speed in zip(place, speed_px, strict=False):
        exposure = np.linspace(0, 0.5 * speed, max(1, int(speed / 2)))
        frames.append(np.mean([window(image, 5 + x + s, 5, hw).astype(float) for s in exposure], 0))
    return noisy(np.rint(frames), 1.0, np.random.default_rng(seed))
