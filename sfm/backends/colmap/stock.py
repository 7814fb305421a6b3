"""Stock COLMAP end to end: its SIFT, its sequential matcher, its incremental mapper, with its own defaults.

The baseline that papers run. It sees every frame whole, with bars, logos and repeated frames; what the user tells to
move it is told too, in the way that COLMAP has for this: a mask beside each image.
"""

from pathlib import Path

import cv2
import numpy as np

from sfm.backends.colmap.own_features import settings
from sfm.backends.colmap.result import Before, result_of
from sfm.config import ColmapSiftConfig
from sfm.processes import isolated
from sfm.types import BackendResult, Frames, Masks


def run(
    frames: Frames,
    masks: Masks,
    config: ColmapSiftConfig,
    *,
    device: str = "cpu",
    seed: int = 0,
    threads: int = 1,
) -> BackendResult:
    """The camera of one shot. Scale is arbitrary: the median scene depth is 1; the first valid frame is the world.

    pycolmap's CPU build is used, so `device` changes nothing. Frames with pixels that are not square are resampled
    to square ones: COLMAP's default camera knows no others.
    """
    values = settings(frames, config.mapping, mapper="incremental", seed=seed, threads=threads)
    values |= {
        "overlap": config.overlap,
        "single_camera": config.single_camera,
        "n_frames": len(frames),
        "masked": masks.moving is not None,
        "smallest_model": None,
        "retries": 0,
    }
    reply = isolated.call(
        "sfm.backends.colmap.worker:map_images",
        values,
        {},
        time_limit_s=config.mapping.time_limit_s,
        threads=threads,
        prepare=lambda folder: _write(folder, frames, masks),
    )
    kept = np.arange(len(frames))
    return result_of(frames, masks, kept, reply, backend="colmap-sift", seed=seed, before=Before())


def _write(folder: Path, frames: Frames, masks: Masks) -> None:
    """The images, and the masks where something was told: COLMAP takes no key points where they are black."""
    (folder / "images").mkdir()
    for number, rgb in enumerate(frames.rgb):
        _write_png(folder / "images" / f"{number:06d}.png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), frames.pixel_aspect)
    if masks.moving is None:
        return
    (folder / "masks").mkdir()
    for number, moving in enumerate(masks.moving):
        _write_png(folder / "masks" / f"{number:06d}.png.png", np.where(moving, 0, 255), frames.pixel_aspect)


def _write_png(path: Path, image: np.ndarray, pixel_aspect: float) -> None:
    image = image.astype(np.uint8)
    if pixel_aspect != 1.0:
        size = (round(image.shape[1] * pixel_aspect), image.shape[0])
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if not cv2.imwrite(str(path), image, [cv2.IMWRITE_PNG_COMPRESSION, 1]):
        raise OSError(f"could not write {path}: is the temporary disk full?")
