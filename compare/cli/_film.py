"""Frames of a run's clip, decoded as the estimator did."""

import shlex
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from compare.cli import _report
from compare.film import Film, Films, spaced
from compare.run_files import RunShot
from trajectory.errors import CinetrajError
from trajectory.run_names import MASK_FILE

if TYPE_CHECKING:
    from sfm.types import Frames


def films(*, long_side: int, most: int, clip: Path | None = None, alone: bool = True) -> Films:
    """A decoder of films: each clip is decoded once for all its shots.

    Args:
        long_side: of the frames, in pixels. most: frames of a shot, evenly picked.
        clip: where the clip lies now, where it is not where the run says.
        alone: whether they are of one run, whose clip --video can name.
    """
    held: dict[Path, Frames] = {}

    def film(shot: RunShot) -> Film:
        start, stop = int(shot.shot.get("start", 0)), int(shot.shot.get("stop", 0))
        if start >= stop:
            raise CinetrajError("there is no film: nothing of the clip was estimated")
        if shot.run not in held:
            held.clear()  # one clip at a time fills the memory
            held[shot.run] = _decoded(shot, long_side, clip, _remedy(shot, alone))
        rgb = held[shot.run].rgb[start:stop]
        rows = spaced(len(rgb), most)
        return Film(rgb=rgb[rows], rows=rows, moving=_mask(shot, len(rgb), rows, rgb.shape[1:3]))

    return film


def telling(decode: Films, say: Callable[[RunShot, str], None]) -> Films:
    """The same decoder, which also says why a shot has no film."""

    def film(shot: RunShot) -> Film:
        try:
            return decode(shot)
        except CinetrajError as error:
            say(shot, str(error))
            raise

    return film


def _remedy(shot: RunShot, alone: bool) -> str:
    """How the clip of a run can be told."""
    if alone:
        return "say where the clip is with --video"
    by_itself = f"cinetraj view {shlex.quote(str(shot.run))} --html --video CLIP shows it in the page of that run"
    return f"{by_itself}; cinetraj import ... --expect CLIPS tells the clips of all" if _imported(shot) else by_itself


def _imported(shot: RunShot) -> bool:
    """Whether a run was made of a result alone, which knows nothing of pictures."""
    return "source_hw" not in (shot.record.get("video") or {})


def _decoded(shot: RunShot, long_side: int, clip: Path | None, remedy: str) -> "Frames":
    from sfm.config import VideoConfig
    from sfm.shots.raised import without_blends
    from sfm.video.pixels import same_shape
    from sfm.video.reader import load

    path = clip or shot.clip_path()
    if path is None:
        raise CinetrajError(f"the clip is gone: {shot.source or 'the run names none'}; {remedy}")
    if clip is None:
        _require_same(path, shot, remedy)
    made_by: Any = shot.record.get("config") or {}
    recorded: dict[str, Any] = made_by.get("video") or {}
    known = {field.name for field in fields(VideoConfig)} - {"long_side"}
    config = VideoConfig(**{key: value for key, value in recorded.items() if key in known}, long_side=long_side)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they were told when it was estimated
        try:
            frames = load(path, config)
        except CinetrajError as error:
            if clip is not None:
                raise
            what = str(error).partition("; ")[0]  # its remedy is for who gave that path: an imported run names a result
            raise CinetrajError(f"{what}; {remedy}") from error
    video: Any = shot.record.get("video") or {}
    expected = int(video.get("frames") or len(frames))
    if len(frames) != expected and len(film := without_blends(frames)) == expected:  # as the estimator did
        frames = film
    if len(frames) != expected and _imported(shot):
        tried = clip is None  # the run was laid on this clip, as far as its times are those of frames
        how = "--frame-step says which frames it has" if tried else "--expect CLIPS lays it on the frames of its clip"
        raise CinetrajError(
            f"{path} has {len(frames)} frames, and the result that was imported {expected}: it is another clip's, or "
            f"leaves frames out; cinetraj import ... {how}"
        )
    if len(frames) != expected:
        raise CinetrajError(f"{path} has {len(frames)} frames, the estimate was made from {expected}: another clip")
    height, width = video.get("source_hw") or frames.source_hw
    squeezed = float(video.get("pixel_aspect") or 1.0) / frames.pixel_aspect
    size = "{1}x{0}".format(*frames.source_hw)
    if not same_shape(frames.source_hw, (height, width), (1.0, squeezed)):
        raise CinetrajError(f"{path} is {size}, the estimate was made from {width}x{height}: another clip")
    if clip is not None and tuple(frames.source_hw) != (height, width):
        _report.warn(f"{path} is {size}, the estimate was made from {width}x{height}; check that it is the same clip")
    return frames


def _require_same(path: Path, shot: RunShot, remedy: str) -> None:
    """Raises CinetrajError where another file lies by now where the clip of a run was, if the run knows its digest."""
    from sfm.batch.keys import clip_digest
    from sfm.batch.store import origin_of

    digest = origin_of(shot.record)[1]
    if digest and clip_digest(str(path)) != digest:
        raise CinetrajError(f"{path} is not the file that the estimate was made from: it was changed since; {remedy}")


def _mask(shot: RunShot, count: int, rows: np.ndarray, hw: tuple[int, ...]) -> np.ndarray | None:
    """What moves in some frames, at the size of the film; None where no mask was saved for these frames."""
    import cv2

    from sfm.config import VideoConfig
    from sfm.video.reader import load

    path = shot.folder / MASK_FILE
    if not path.is_file():
        return None
    white = load(path, VideoConfig(long_side=None)).rgb[..., 0]
    if len(white) != count:
        return None
    size = (int(hw[1]), int(hw[0]))
    return np.stack([cv2.resize(white[i], size, interpolation=cv2.INTER_NEAREST) > 127 for i in rows])


def encoder(crf: int = 26) -> Callable[[np.ndarray, float], bytes]:
    """Frames to an MP4 file, small rather than exact."""

    def encode(rgb: np.ndarray, fps: float) -> bytes:
        from sfm.video.encode import encode as write

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "film.mp4"
            write(np.ascontiguousarray(rgb), path, fps=fps, crf=crf, keyframes=10)
            return path.read_bytes()

    return encode
