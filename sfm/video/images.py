"""Image folders and globs as clips."""

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from sfm.config import VideoConfig
from sfm.types import Frames
from sfm.video.recognition import no_clip
from sfm.video.sampling import (
    UNRATED,
    FrameBuffer,
    nearest_to_ticks,
    none_within,
    over_black,
    shrink,
    within,
    working_hw,
)
from sfm.video.series import BESIDE, Series
from sfm.video.series import natural_key as natural_key
from trajectory.errors import CinetrajError
from trajectory.media import VIDEO_SUFFIXES

ANIMATED = frozenset({"WEBP", "PNG", "AVIF", "TIFF"})
"""Formats of Pillow that may hold a film, or pages."""
_READ = "jpg jpeg jpe jfif png apng webp avif bmp tif tiff ppm pgm pnm jp2 tga"
_UNREAD = "heic heif hif jxl exr hdr dng cr2 cr3 nef arw raf orf rw2 pef srw psd svg ai eps"
IMAGE_SUFFIXES = frozenset(f".{kind}" for kind in _READ.split())
UNREAD_SUFFIXES = frozenset(f".{kind}" for kind in _UNREAD.split())
"""Pictures that nothing here reads: left out with a word to the user, not only to the record."""
BITS = (8, 10, 12, 14, 16)
"""Of grey levels that are stored in 16."""
DAMAGES = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    RuntimeError,
    TypeError,
    ArithmeticError,
    LookupError,
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow and its plugins raise on damaged files (each was met), and on those of absurd size."""
FULL_FRAME_DIAGONAL_MM = float(np.hypot(36.0, 24.0))
"""EXIF FocalLengthIn35mmFilm is defined by equal diagonal angle of view (CIPA DCG-001)."""
SAME_FOCAL = 0.01
"""Relative spread of EXIF focal lengths below which they count as one: they are stored in whole millimetres."""
_ORIENTATION, _EXIF_IFD, _FOCAL_35MM = 0x0112, 0x8769, 0xA405


def images_in(folder: Path) -> list[Path]:
    """Images of a folder in natural order, hidden files left out; an error that says what is there instead."""
    entries = _entries(folder)
    images = sorted((e for e in entries if e.suffix.lower() in IMAGE_SUFFIXES and e.is_file()), key=natural_key)
    if images:
        return images
    inside = [e.name for e in sorted(entries) if e.is_dir() and any(_is_image(child) for child in e.iterdir())]
    inside.sort(key=lambda name: BESIDE.search(name) is not None)
    if inside:
        raise CinetrajError(f"{folder}: no images in this folder, but in {inside[0]}; give {folder / inside[0]}")
    unread = [e for e in entries if e.suffix.lower() in UNREAD_SUFFIXES]
    if unread:
        kind = unread[0].suffix
        raise CinetrajError(f"{folder}: {len(unread)} {kind} pictures, which cannot be read; convert them to JPEG")
    missing = "no images" if any(e.suffix.lower() in VIDEO_SUFFIXES for e in entries) else "neither videos nor images"
    raise CinetrajError(
        f"{folder}: {missing} in this folder (entries: {len(entries)}); "
        f"give a video file or a folder with {', '.join(sorted(IMAGE_SUFFIXES))}"
    )


def beside_images(folder: Path) -> tuple[str, str]:
    """What else a folder of images holds: in words for the user (pictures and films), and for the record alone."""
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for entry in _entries(folder):
        suffix = entry.suffix.lower()
        if entry.is_dir():
            if any(_is_image(child) or child.suffix.lower() in VIDEO_SUFFIXES for child in entry.iterdir()):
                counts[True][f"folder {entry.name}"] += 1
        elif suffix not in IMAGE_SUFFIXES:
            counts[suffix in UNREAD_SUFFIXES | VIDEO_SUFFIXES][entry.suffix or "no suffix"] += 1
    told, noted = (
        ", ".join(kind if kind.startswith("folder ") else f"{count} files ({kind})" for kind, count in found.items())
        for found in (counts[True], counts[False])
    )
    return (f"left out: {told}" if told else "", f"beside the images: {noted}" if noted else "")


def load_images(series: Series, source: str, config: VideoConfig) -> tuple[Frames, tuple[str, ...]]:
    """Read images as the frames of one clip; their times are the numbers of their names unless a rate is given.

    A number without an image is a black frame, which has no pose. Also returns what was lost, in words, where images
    are damaged.
    """
    rate = config.assumed_fps if config.assumed_fps is not None else config.fps
    if rate is None and (config.start_s is not None or config.stop_s is not None):
        raise CinetrajError(f"{source}: the images {UNRATED}")
    source_hw, focals_mm = _survey(series.paths, source)
    hw = working_hw(source_hw, config.long_side)
    sampled = config.fps is not None and config.assumed_fps is not None
    there: dict[int, Path] = dict(zip(series.position, series.paths, strict=True))
    filled = range(series.position[-1] + 1) if series.filled and not sampled else series.position
    times = ((number, number / rate if rate else float(number), there.get(number)) for number in filled)
    wanted = list(nearest_to_ticks(within(times, config), config.fps if sampled else None))
    buffer = FrameBuffer(hw, len(wanted), source, timed=config.assumed_fps is not None)
    problems: list[str] = []
    deep_bits = deep_bits_of(_opened(path for _, _, path in wanted if path is not None))
    for number, time_s, path in wanted:
        try:
            rgb = np.zeros((*hw, 3), np.uint8) if path is None else shrink(read_image(path, deep_bits), hw)
        except DAMAGES as error:
            problems.append(f"{path.name if path else number}: {' '.join(str(error).split())}")
            continue
        buffer.add(number, time_s, rgb)
    if problems and len(problems) == len(there):
        raise CinetrajError(f"{source}: none of {len(problems)} images can be read ({problems[0]}); replace them")
    if not len(buffer):
        raise CinetrajError(f"{source}: {none_within(config)}")
    lost = series.lost + ((f"{len(problems)} damaged images left out ({problems[0]})",) if problems else ())
    notes = [*series.notes, *told_bits(deep_bits)]
    focal_px = _focal_px(focals_mm, hw, notes)
    rgb, time_s, index = buffer.arrays()
    frames = Frames(
        rgb=rgb,
        time_s=time_s,
        index=index,
        source_hw=source_hw,
        source=source,
        time_source="assumed" if rate else "index",
        focal_px=focal_px,
        notes=(*notes, *lost),
    )
    return frames, lost


def read_image(path: Path, deep_bits: int = 16) -> UInt8[np.ndarray, "h w 3"]:
    """One image as upright sRGB bytes; alpha over black, 16 bits to 8, of which `deep_bits` count."""
    with Image.open(path) as file:
        return rgb_of(file, deep_bits)


def rgb_of(picture: Any, deep_bits: int = 16) -> UInt8[np.ndarray, "h w 3"]:
    """A picture of Pillow as upright sRGB bytes; alpha over black, 16 bits to 8, of which `deep_bits` count."""
    image: Any = ImageOps.exif_transpose(picture)
    if _is_deep(image):
        grey = (np.asarray(image, np.uint16) >> (deep_bits - 8)).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.mode in ("I", "F"):
        raise ValueError(f"pixel type {image.mode} has no fixed range, expected 8 or 16 bits; convert the image")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return over_black(np.asarray(image.convert("RGBA")))
    return np.array(image.convert("RGB"))


def _is_deep(image: Any) -> bool:
    return image.mode.startswith("I;16")


def deep_bits_of(pictures: Iterable[Any]) -> int:
    """How many of the 16 bits of grey pictures count, for all alike: sensors of 10, 12 or 14 bits leave the upper ones.

    Only where the first one is such a picture are all looked at: one that is brighter tells more bits.
    """
    most = 0
    for number, image in enumerate(pictures):
        if _is_deep(image):
            most = max(most, int(np.asarray(image, np.uint16).max()))
        elif number == 0:
            return BITS[-1]
        if most >= 2 ** BITS[-2]:
            break
    return next(bits for bits in BITS if most < 2**bits) if most else BITS[-1]


def told_bits(deep_bits: int) -> tuple[str, ...]:
    """A note where not all 16 bits of grey pictures count."""
    if deep_bits == BITS[-1]:
        return ()
    return (f"16-bit grey images are read as {deep_bits} bits: no level is above {2**deep_bits - 1}",)


def _opened(paths: Iterable[Path]) -> Iterator[Any]:
    """The pictures that are not damaged."""
    for path in paths:
        with suppress(*DAMAGES), Image.open(path) as image:
            if _is_deep(image):
                image.load()
            yield image


def _entries(folder: Path) -> list[Path]:
    return [entry for entry in folder.iterdir() if not entry.name.startswith(".")]


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def _survey(paths: Sequence[Path], source: str) -> tuple[tuple[int, int], list[float]]:
    """Upright size shared by all images, and their 35 mm focal lengths, from the headers alone."""
    sizes: dict[tuple[int, int], Path] = {}
    focals_mm: list[float] = []
    problem = ""
    for path, size, focal_mm in _headers(paths):
        if isinstance(size, str):
            problem = problem or f"{path.name}: {size}"
            continue
        sizes.setdefault(size, path)
        focals_mm.append(focal_mm)
    if not sizes:
        raise CinetrajError(f"{source}: none of {len(paths)} images can be read ({problem}); replace them")
    if len(sizes) > 1:
        (a, first), (b, second) = list(sizes.items())[:2]
        raise CinetrajError(
            f"{source}: mixed image sizes, {first.name} is {a[1]}x{a[0]} and {second.name} is {b[1]}x{b[0]}; "
            "give images of one camera at one size"
        )
    return next(iter(sizes)), focals_mm


def _headers(paths: Sequence[Path]) -> Iterator[tuple[Path, tuple[int, int] | str, float]]:
    for path in paths:
        try:
            with Image.open(path) as image:
                count = getattr(image, "n_frames", 1) if image.format in ANIMATED - {"TIFF"} else 1
                exif = image.getexif()
                width, height = image.size
                if exif.get(_ORIENTATION, 1) in (5, 6, 7, 8):
                    width, height = height, width
                focal_mm = float(exif.get_ifd(_EXIF_IFD).get(_FOCAL_35MM) or 0.0)
        except DAMAGES as error:
            yield path, no_clip(path) or " ".join(str(error).split()) or "unreadable", 0.0
            continue
        if count > 1:
            raise CinetrajError(f"{path}: an animation of {count} frames among images; give each animation by itself")
        yield path, (height, width), focal_mm


def _focal_px(focals_mm: list[float], hw: tuple[int, int], notes: list[str]) -> float | None:
    known = np.array([focal for focal in focals_mm if focal > 0])
    if not len(known):
        return None
    if np.ptp(known) > SAME_FOCAL * known.mean() or len(known) < len(focals_mm):
        notes.append(f"EXIF focal lengths differ ({known.min():g}..{known.max():g} mm); not used")
        return None
    focal_px = float(np.median(known)) / FULL_FRAME_DIAGONAL_MM * float(np.hypot(*hw))
    notes.append(f"focal length {focal_px:.1f} px from EXIF ({np.median(known):g} mm in 35 mm film)")
    return focal_px
