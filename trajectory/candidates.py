"""Other answers that an estimator held for possible: the trajectories beside the one that it told."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast, final

from trajectory.components import evidence_of
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """Candidates beside a trajectory.

    Attributes:
        own: probability of the trajectory itself.
        others: probability and trajectory of each other one.
        missing: files that the trajectory names and that are not there.
    """

    own: float = 1.0
    others: tuple[tuple[float, Trajectory], ...] = ()
    missing: tuple[str, ...] = ()


def candidates_beside(trajectory: Trajectory, home: str | Path) -> Candidates:
    """The candidates that `evidence["candidates"]` names, from the folder of the trajectory's file.

    Raises:
        CinetrajError: an entry without a probability, or with a file outside the folder.
        ReadError: a file that is no native trajectory.
    """
    from trajectory.io import read

    path = Path(home)
    folder = path if path.is_dir() else path.parent
    own, others, missing = 1.0, list[tuple[float, Trajectory]](), list[str]()
    for number, entry in enumerate(_entries(trajectory)):
        probability, name = entry.get("probability"), entry.get("file")
        if isinstance(probability, bool) or not isinstance(probability, int | float) or not 0.0 <= probability <= 1.0:
            raise CinetrajError(
                f"evidence['candidates'][{number}] has probability {probability!r}, expected a number within 0..1"
            )
        if name is None:
            own = float(probability)
            continue
        place = PurePosixPath(str(name))
        if place.is_absolute() or ".." in place.parts:
            raise CinetrajError(f"evidence['candidates'][{number}] names {str(name)!r}, expected a file below its run")
        if (folder / place).is_file():
            others.append((float(probability), read(folder / place, format="native")))
        else:
            missing.append(str(place))
    return Candidates(own=own, others=tuple(others), missing=tuple(missing))


def _entries(trajectory: Trajectory) -> list[Mapping[str, Any]]:
    found = evidence_of(trajectory).get("candidates")
    if found is None:
        return []
    entries = cast("list[Any]", found) if isinstance(found, list | tuple) else [None]
    if not all(isinstance(each, Mapping) for each in entries):
        raise CinetrajError("evidence['candidates'] is no list of objects, expected backend, probability and file")
    return [cast("Mapping[str, Any]", each) for each in entries]
