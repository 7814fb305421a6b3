"""A clip from wherever it lies: a video file, a folder of images or a glob."""

import glob
import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from sfm.config import VideoConfig as VideoConfig
from sfm.types import Frames
from sfm.video import series
from sfm.video.animation import is_animation, load_animation
from sfm.video.container import load_container
from sfm.video.images import IMAGE_SUFFIXES, beside_images, images_in, load_images
from sfm.video.recognition import FILM, PICTURE, content_of
from sfm.video.sampling import VideoWarning as VideoWarning
from trajectory.errors import CinetrajError, is_address, not_there
from trajectory.files import named_place, require_named
from trajectory.media import VIDEO_SUFFIXES

DEFAULT_CONFIG = VideoConfig()
GENERIC = frozenset(
    {
        "clip",
        "clips",
        "color",
        "colour",
        "frame",
        "frames",
        "image",
        "image_2",
        "images",
        "img",
        "imgs",
        "input",
        "left",
        "movie",
        "output",
        "rgb",
        "right",
        "source",
        "video",
        "videos",
    }
)
"""Names under which data sets and programs keep every clip alike; they tell none from another."""


JPEG_STREAMS = frozenset({".mjpeg", ".mjpg"})
"""Films that begin as a picture does: one JPEG after the other."""


def load(source: str | Path, config: VideoConfig = DEFAULT_CONFIG) -> Frames:
    """Decode a clip once, at the working size, with the times that it carries.

    Args:
        source: a video file (mp4, mov, webm, mkv, gif, ...), an animated picture (WebP, PNG, AVIF, TIFF), a folder of
            images, one image, or a glob of images.

    Frames come upright, in sRGB, with alpha over black; variable frame rates stay as they are.
    A damaged file gives what can be decoded, a `VideoWarning` and a note in `Frames.notes`.
    Raises CinetrajError where nothing can be read.
    """
    require_path(source)
    path = Path(source)
    if path.is_dir():
        frames, lost = _load_folder(path, str(source), config)
    elif path.is_file():
        frames, lost = _load_file(path, config)
    elif path.exists():
        raise CinetrajError(f"{source}: neither a file nor a folder; give a video or a folder of images")
    elif glob.has_magic(str(source)) and not is_address(source):
        frames, lost = _load_glob(str(source), config)
    else:
        raise not_there(source)
    for text in lost:
        warnings.warn(f"{source}: {text}", VideoWarning, stacklevel=2)
    return frames


def require_path(source: Any) -> None:
    """Raises CinetrajError for what cannot name a clip, as an array of pictures."""
    require_named(source)
    if not isinstance(source, str | os.PathLike):
        raise CinetrajError(
            f"the video is of type {type(source).__name__}, expected a path or sfm.types.Frames; frames in memory go "
            "into sfm.types.Frames(rgb=..., time_s=..., index=..., source_hw=..., source=...)"
        )


def numbering(source: str) -> tuple[int, int] | None:
    """Number in the name of the first image of a folder or glob, and the step to the next; None where none counts.

    `Frames.index` counts these steps.
    """
    place = Path(source)
    if place.is_dir():
        images = images_in(place)
    elif glob.has_magic(source) and not place.exists():
        images = [path for path in map(Path, glob.glob(source, recursive=True)) if path.is_file()]
        images = [path for path in images if path.suffix.lower() in IMAGE_SUFFIXES]
    else:
        return None
    found = series.find(images, source) if len(images) > 1 else None
    return None if found is None or found.first is None else (found.first, found.step)


def is_film(source: str | Path) -> bool:
    """Whether the source is one video file, which can be read picture by picture; not so images and animations."""
    path = Path(source)
    if not path.is_file() or path.stat().st_size == 0:
        return False
    content, suffix = content_of(path), path.suffix.lower()
    if content == PICTURE:
        return suffix in JPEG_STREAMS
    return not is_animation(path) if content == FILM else suffix not in IMAGE_SUFFIXES


def own_name(path: str) -> str:
    """The name that a clip has by itself: a file's stem, a folder's name, the folder of a glob of images."""
    place = place_of(path)
    if place.is_dir() or place != Path(path):
        return named_place(place).name
    return place.stem if place.is_file() or place.suffix.lower() in VIDEO_SUFFIXES else place.name


def place_of(path: str) -> Path:
    """Where a clip lies: the file or folder itself, the folder of a glob of images.

    Brackets alone make a pattern of images only: a film that is elsewhere is called Title [dQw4w9WgXcQ].mp4.
    """
    place = Path(path)
    pattern = glob.has_magic(place.name) and (
        place.suffix.lower() in IMAGE_SUFFIXES or not {*"*?"}.isdisjoint(place.name)
    )
    return place.parent if pattern and not place.exists() else place


def told_name(path: str) -> str:
    """The name of a clip's run: its own, behind its folder's where its own says nothing: bear/video.mp4 is bear-video.

    A path without a folder has its own name alone.
    """
    return "-".join(told_names(path))


def told_names(path: str) -> list[str]:
    """The parts of `told_name`, from the outermost folder."""
    place, names = place_of(path), [own_name(path)]
    while names[0].casefold() in GENERIC and place.parent.name:
        place = place.parent
        names.insert(0, named_place(place).name if place.name == ".." else place.name)
    return names


def _load_file(path: Path, config: VideoConfig) -> tuple[Frames, tuple[str, ...]]:
    """A film or a picture by its content, which names often hide; where the content does not say, by its name."""
    if path.stat().st_size == 0:
        raise CinetrajError(f"{path}: the file is empty (0 bytes); give a video or a folder of images")
    if is_film(path):
        return load_container(path, config)
    if is_animation(path):
        return load_animation(path, config)
    return load_images(series.find([path], str(path)), str(path), config)


def _load_folder(folder: Path, source: str, config: VideoConfig) -> tuple[Frames, tuple[str, ...]]:
    images = images_in(folder)
    told, noted = beside_images(folder)
    if len(images) == 1 and is_animation(images[0]):
        frames, lost = load_animation(images[0], config)
    else:
        frames, lost = load_images(series.find(images, source), source, config)
    lost = (*lost, *([told] if told else []))
    more = [text for text in (told, noted) if text]
    return replace(frames, notes=(*frames.notes, *more)), lost


def _load_glob(pattern: str, config: VideoConfig) -> tuple[Frames, tuple[str, ...]]:
    found = [Path(name) for name in glob.glob(pattern, recursive=True)]
    files = [path for path in found if path.is_file()]
    images = [path for path in files if path.suffix.lower() in IMAGE_SUFFIXES]
    chosen = images or files
    if len(chosen) == 1:
        return _load_file(chosen[0], config)
    if images:
        return load_images(series.find(images, pattern), pattern, config)
    if files:
        raise CinetrajError(f"{pattern}: matches {len(files)} files and no image; give one video, or a glob of images")
    raise CinetrajError(f"{pattern}: matches no file; check the pattern")
