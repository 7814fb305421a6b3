"""Whose run it is: that of another clip is never replaced, though the names are the same."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from sfm.batch import keys
from sfm.batch.inputs import Clip
from sfm.batch.places import Place
from sfm.batch.store import Stored, origin_of
from trajectory.errors import CinetrajError
from trajectory.files import printable


def require_own(
    place: Place,
    clips: Iterable[Clip],
    known: Mapping[str, Stored],
    there: Iterable[str],
    begun: Mapping[tuple[str, str], str] = MappingProxyType({}),
) -> None:
    """Raises CinetrajError where a run of another clip has the name of one of these: it would be lost.

    Args:
        known: runs in that place that have been read.
        there: names of these clips under which there may be others.
        begun: name and digest of a clip -> its whole path, as far as the log tells: a run may know a relative one,
            which is that of another clip in another folder.
    """
    wanted = {clip.name: clip for clip in clips}
    origins = {name: known[name].origin for name in wanted if name in known}
    others = place.records(sorted(set(there) - known.keys()))
    origins |= {name: origin_of(record) for name, record in others.items()}
    for name, origin in origins.items():
        origin = (begun.get((name, origin[1]), origin[0]), origin[1])
        if is_of_another(origin, wanted[name].path):
            raise CinetrajError(
                f"{place.where(name)} is the run of another clip, {origin[0]}; have the runs written to another "
                "folder, or remove that one, or give this one another name (--name; of several, a list with a column "
                "`name`)"
            )


def is_of_another(origin: tuple[str, str], clip: str) -> bool:
    """Whether a run was made of another clip: of another path, and of other bytes.

    A run that knows no digest, as one of a single clip, is another's where its clip is still there.

    Args:
        origin: of the run, as `origin_of` has it.
        clip: path of this one.
    """
    source, digest = origin
    if not source or os.path.abspath(source) == printable(os.path.abspath(clip)):  # however it is spelt
        return False
    if not digest:
        return os.path.exists(source) and not (os.path.exists(clip) and Path(source).samefile(clip))
    try:
        return digest != keys.clip_digest(clip)
    except CinetrajError:  # it cannot be read, and would leave a failure in the place of the other one's run
        return True
