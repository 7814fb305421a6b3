"""What the user tells to move by itself: a video, images or one image, white where it does, or all people."""

import glob
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import final

import cv2
import numpy as np
from jaxtyping import Bool, Int, UInt8

from sfm.config import PERSON, VideoConfig
from sfm.masks import person
from sfm.types import Frames
from sfm.video import reader
from sfm.video.images import IMAGE_SUFFIXES
from sfm.video.pixels import same_shape
from sfm.video.series import POSELESS
from trajectory.errors import CinetrajError
from trajectory.media import VIDEO_SUFFIXES

MID_GREY = 127
"""A pixel whose lightest channel is lighter moves: white does, and so do the colours of label maps."""
MARGIN_PX = 4
"""By so much what moves is widened: half of a patch, so that none that is looked at reaches over its edge."""
LATE = 1.5
"""A mask lasts until so many of its own steps after its last frame: one step is that frame's, half is rounding."""
TIE = 1e-4
"""Halfway between two frames of a mask, up to this share of a step, the earlier one counts, whatever rounding says."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """What moves by itself in each frame, with a margin; and in words how it was laid beside the clip."""

    moving: Bool[np.ndarray, "n h w"]
    notes: tuple[str, ...] = ()


def find(frames: Frames, mask: str, weights: Path | None = None) -> Told:
    """What `EstimateConfig.mask` tells of the frames of a clip.

    Args:
        frames: of the clip, all shots.
        mask: a video, a folder of images or of masks by the clips' names, one image, or "person".
        weights: of the network that finds people.

    Raises:
        CinetrajError: the mask cannot be read, is black throughout, or does not fit the clip.
    """
    if mask == PERSON:
        moving = person.find(frames.rgb, weights)
        notes = () if moving.any() else ("no person was found",)
        return Told(moving=widened(moving), notes=notes)
    place = mask_of(frames.source, mask)
    _require_another(frames, place)
    told = _read(place, frames)
    _require_aspect(frames, told)
    rows = rows_of(frames, told)
    moving = np.stack([_white(image, frames.hw) for image in told.rgb])
    if not moving.any():
        raise CinetrajError(
            f"{place}: no pixel is lighter than mid-grey, so nothing is told to move; "
            "make what moves white (255, not 1), or leave --mask out"
        )
    notes: tuple[str, ...] = ()
    if place != mask and len(told) == 1:
        _warn_of_many(place, len(frames))
    if len(told) not in (1, len(frames)) or (len(told) > 1 and (rows != np.arange(len(frames))).any()):
        by = "number" if "index" in (frames.time_source, told.time_source) else "time"
        notes = (f"the mask has {len(told)} frames, {len(frames)} of the clip are used: laid side by side by {by}",)
    return Told(moving=widened(moving)[rows], notes=notes)


def mask_of(clip: str, mask: str) -> str:
    """The mask of a clip: in a folder the one of that name (its run's or its own), if any, else the mask itself.

    Raises CinetrajError for a folder that holds neither that nor images alone, or two of that name.
    """
    folder = Path(mask)
    if not folder.is_dir():
        return mask
    names = (reader.told_name(clip), reader.own_name(clip))
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    images = [path for path in inside if path.suffix.lower() in IMAGE_SUFFIXES]
    films = [path for path in inside if path.suffix.lower() in VIDEO_SUFFIXES]
    named = [(path.stem, path) for path in (*images, *films)] + [(path.name, path) for path in inside if path.is_dir()]
    name = next((each for each in names if any(other == each for other, _ in named)), names[0])
    own = [path for other, path in named if other == name]
    if len(own) > 1:
        raise CinetrajError(f"{mask} holds {own[0].name} and {own[1].name}, both masks of {name}; keep one of them")
    if not own and (films or not images):  # beside films a picture is another clip's mask
        held = "but masks of other clips" if films else "and no images"
        raise CinetrajError(f"{mask} holds no mask of {name} {held}; add {folder / name}.mp4, or give the mask")
    return str(own[0]) if own else mask


def rows_of(frames: Frames, told: Frames) -> Int[np.ndarray, " n"]:
    """For each frame of a clip the frame of its mask: one for all, one for each, else by time, else by number.

    As many as are used of the clip, over as long a time, are one for each. Clocks start with the first frame of the
    clip's file and with that of the mask, whatever part of the clip is read; numbers are those of the images' names
    where both are such and have some in common.
    Raises CinetrajError where the mask does not reach to the end.
    """
    n, m = len(frames), len(told)
    whole = int(frames.index[-1]) == n - 1
    if m == 1:
        return np.zeros(n, np.int64)
    if m == n and (whole or _as_long(frames, told)):
        return np.arange(n)
    timed = "index" not in (frames.time_source, told.time_source)
    if timed:
        first_s = frames.first_s if frames.index[0] else frames.time_s[0]
        time_s, mask_s = frames.time_s - first_s, told.time_s - told.time_s[0]
        step_s = float(np.median(np.diff(mask_s)))
        if time_s[-1] <= mask_s[-1] + LATE * step_s:
            halfway_s = (mask_s[1:] + mask_s[:-1]) / 2 + TIE * step_s
            return np.searchsorted(halfway_s, time_s)
        lasts = f"ends at {mask_s[-1] + step_s:.2f} s, where the clip goes on to {time_s[-1]:.2f} s"
    elif m != n and (rows := _rows_by_name(frames, told)) is not None:
        return rows
    elif np.isin(frames.index, told.index).all():
        return np.searchsorted(told.index, frames.index)
    else:
        lasts = f"has {m} frames without a common clock, where the clip has {int(frames.index[-1]) + 1}"
    if m == n:
        return np.arange(n)
    raise CinetrajError(f"{told.source}: the mask is too short: it {lasts}; give a frame for each of the clip's")


def _as_long(frames: Frames, told: Frames) -> bool:
    """Whether a mask lasts as long as the frames that are used: it was made of these and not of the whole clip."""
    span_s, mask_s = (float(each.time_s[-1] - each.time_s[0]) for each in (frames, told))
    timed = "index" not in (frames.time_source, told.time_source)
    return timed and abs(span_s - mask_s) <= LATE * float(np.median(np.diff(told.time_s)))


def _rows_by_name(frames: Frames, told: Frames) -> Int[np.ndarray, " n"] | None:
    """Rows of the mask by the numbers in the names of both's images; None where these are not the same numbers.

    Raises CinetrajError where the mask has some of them and not all.
    """
    of_clip, of_mask = reader.numbering(frames.source), reader.numbering(told.source)
    if of_clip is None or of_mask is None:
        return None
    numbers, there = (first + step * each.index for (first, step), each in ((of_clip, frames), (of_mask, told)))
    missing = ~np.isin(numbers, there)
    if missing.all():
        return None
    if missing.any():
        raise CinetrajError(
            f"{told.source}: the mask is of the images {there[0]} to {there[-1]} and has none of {missing.sum()} of "
            f"the clip's, such as {numbers[missing][0]}; give a mask under the number of each"
        )
    return np.searchsorted(there, numbers)


def _read(place: str, frames: Frames) -> Frames:
    """The pictures of a mask; where some are missing nothing is told of those frames, and a warning says so."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", reader.VideoWarning)
        told = reader.load(place, VideoConfig(long_side=max(frames.hw)))
    for each in said:
        text = str(each.message).replace(POSELESS, "nothing is told to move in these")
        warnings.warn(text, each.category, stacklevel=4)
    return told


def _warn_of_many(place: str, frames: int) -> None:
    """Says which image of a folder was taken for a clip of its name, where the folder holds as many as the clip."""
    one = Path(place)
    if one.is_file() and sum(each.suffix.lower() in IMAGE_SUFFIXES for each in one.parent.iterdir()) == frames > 1:
        every = glob.escape(str(one.parent))
        warnings.warn(
            f"{place}, which has the name of the clip, is its mask throughout; if the {frames} images beside it are a "
            f"mask frame by frame, give '{every}/*{one.suffix}'",
            reader.VideoWarning,
            stacklevel=4,
        )


def _require_another(frames: Frames, place: str) -> None:
    """Raises CinetrajError for the clip itself as its mask."""
    clip, mask = Path(frames.source), Path(place)
    if clip.exists() and mask.exists() and clip.samefile(mask):
        raise CinetrajError(
            f"{place}: the mask is the clip itself; give a film or images that are white where it moves"
        )


def _require_aspect(frames: Frames, told: Frames) -> None:
    """Raises CinetrajError for a mask of another shape; pixels that are not square may be stretched in it or not."""
    height, width = frames.source_hw
    if not same_shape(told.source_hw, frames.source_hw, (1.0, frames.pixel_aspect)):
        raise CinetrajError(
            f"{told.source}: the mask is {told.source_hw[1]}x{told.source_hw[0]}, the clip {width}x{height}; "
            "make the mask of the whole upright picture, at any size of that shape"
        )


def _white(image: UInt8[np.ndarray, "a b 3"], hw: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    lightest = image.max(-1)
    if lightest.shape != hw:
        lightest = cv2.resize(lightest, (hw[1], hw[0]), interpolation=cv2.INTER_LINEAR)
    return lightest > MID_GREY


def widened(moving: Bool[np.ndarray, "n h w"]) -> Bool[np.ndarray, "n h w"]:
    """With the margin (`MARGIN_PX`) about it."""
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * MARGIN_PX + 1, 2 * MARGIN_PX + 1))
    return np.stack([cv2.dilate(one.astype(np.uint8), around).astype(bool) for one in moving])
