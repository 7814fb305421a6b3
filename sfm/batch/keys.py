"""The address of a result: the bytes of the clip, all options that decide the result, the versions that computed it."""

import glob
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sfm import pipeline
from sfm.backends.dense.prior_source import MAPS_SUFFIX, require_there
from sfm.config import PERSON, EstimateConfig
from sfm.masks import told
from sfm.runs.estimate import plain
from sfm.video.images import IMAGE_SUFFIXES, images_in, natural_key
from sfm.video.reader import told_name
from trajectory.errors import CinetrajError, not_there

UNDECIDING = frozenset({"threads"})
"""Options that say how a result is computed and not what it is; another number of jobs recomputes nothing."""
LATER = frozenset({"save", "mask", "mask_weights"})
"""Options that came later."""
BACKEND_UNDECIDING = frozenset({"timeout_s", "keep"})


def deciding(config: EstimateConfig) -> dict[str, Any]:
    """The options that decide a result, resolved, as JSON values.

    Files that `save` names are part of a result: a run without them is not kept for one that asks for them. Where
    an option that came later is not given, the key is that of batches from before there was one.
    """
    name, backend = pipeline.resolve(config.backend)
    options = {k: v for k, v in asdict(backend).items() if k not in BACKEND_UNDECIDING}
    whole = {k: v for k, v in asdict(config).items() if k not in UNDECIDING}
    whole = {k: v for k, v in whole.items() if v or k not in LATER}
    return plain({**whole, "backend": {"name": name, **options}})


def key_of(digest: str, options: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    """Address of the result of a clip with this digest."""
    text = json.dumps([digest, dict(options), dict(versions)], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def clip_digest(clip: str) -> str:
    """sha256 of a file's bytes; for a folder or glob of images, of their names and bytes. Raises CinetrajError."""
    path = Path(clip)
    try:
        if path.is_file():
            return _file_digest(path)
        images = images_in(path) if path.is_dir() else sorted((Path(p) for p in glob.glob(clip)), key=natural_key)
        if not images:
            raise not_there(clip)
        whole = hashlib.sha256()
        for image in images:
            whole.update(f"{image.name}\0{_file_digest(image)}\n".encode(errors="surrogateescape"))
        return whole.hexdigest()
    except OSError as error:
        raise CinetrajError(f"{clip}: cannot be read ({error.strerror}); check the file and its permissions") from error


def mask_digest(clip: str, mask: str | None, *, alone: bool) -> str:
    """That of the mask which a clip is given, "" where there is none or it is found in the clip itself.

    Args:
        clip: the clip.
        mask: `EstimateConfig.mask`.
        alone: whether it is the only one; of several each needs its own, or they share one image. Raises CinetrajError.
    """
    if mask is None or mask == PERSON:
        return ""
    own = told.mask_of(clip, mask)
    if own == mask and not alone and Path(mask).suffix.lower() not in IMAGE_SUFFIXES:
        what = f"holds no mask of {told_name(clip)}" if Path(mask).is_dir() else "is the mask of one clip"
        raise CinetrajError(
            f"{mask} {what}; for several give a folder with a mask under each clip's name "
            f"(such as {told_name(clip)}.mp4), one image for all, or {PERSON}"
        )
    return clip_digest(own)


def prior_digest(config: EstimateConfig, *, alone: bool) -> str:
    """That of a file of depths which a backend is given (`depth_prior`), "" where there is none.

    Args:
        config: of the estimate.
        alone: whether there is one clip: such a file has a map for each frame of one. Raises CinetrajError, also for
            a path that is not there.
    """
    given = getattr(pipeline.resolve(config.backend)[1], "depth_prior", None)
    if given is None:
        return ""
    require_there(given)
    if not given.endswith(MAPS_SUFFIX):
        return ""
    if not alone:
        raise CinetrajError(f"{given} has the depths of one clip; estimate each clip with its own, or give a network")
    return clip_digest(given)


def stamp(clip: str) -> list[int] | None:
    """Size and time of change of a file: while they stay, so does its digest. None where it is no file."""
    path = Path(clip)
    if not path.is_file():
        return None
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
