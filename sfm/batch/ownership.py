"""Whose run it is: that of another clip is never replaced, though the names are the same."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from sfm.batch import keys
from sfm.batch.inputs import Clip
from sfm.batch.places import Place
from trajectory.errors import CinetrajError
from trajectory.files import printable


def require_own(place: Place, clips: Iterable[Clip], records: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises CinetrajError where a run of another clip has the name of one of these: it would be lost.

    Args:
        records: content of run.json of runs in that place, by name.
    """
    for clip in clips:
        if clip.name in records and is_of_another(records[clip.name], clip.path):
            raise CinetrajError(
                f"{place.where(clip.name)} is the run of another clip, {records[clip.name]['source']}; have the runs "
                "written to another folder, or remove that one, or give this one another name (--name; of several, a "
                "list with a column `name`)"
            )


def is_of_another(record: Mapping[str, Any], clip: str) -> bool:
    """Whether a run was made of another clip: of another path, and of other bytes.

    A run that knows no digest, as one of a single clip, is another's where its clip is still there.

    Args:
        record: content of its run.json.
        clip: path of this one.
    """
    source, batch = record.get("source"), record.get("batch")
    if not isinstance(source, str) or not source or source in (printable(clip), printable(os.path.abspath(clip))):
        return False
    told: Any = cast("Mapping[str, Any]", batch).get("clip_sha256") if isinstance(batch, Mapping) else None
    if not told:
        return os.path.exists(source) and not (os.path.exists(clip) and Path(source).samefile(clip))
    try:
        return bool(told != keys.clip_digest(clip))
    except CinetrajError:  # it cannot be read, and would leave a failure in the place of the other one's run
        return True
