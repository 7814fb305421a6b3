"""Other answers that an estimator held for possible: the trajectories beside the one that it told."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast, final

from trajectory.errors import ReadError
from trajectory.model import Trajectory, evidence_of

CANDIDATES = "candidates"
"""Key of `Provenance.evidence`: the answers that are possible, each with `probability` and `file`."""
PROBABILITY = "probability"
"""Key of a candidate: how probable it is; of `Provenance.evidence`: of each quantity that what is told is right."""
REMEDY = "estimate the clip again"


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """Candidates beside a trajectory.

    Attributes:
        own: probability of the trajectory itself.
        others: probability and trajectory of each other one that is possible.
        missing: files that the trajectory names and that are not there.
    """

    own: float = 1.0
    others: tuple[tuple[float, Trajectory], ...] = ()
    missing: tuple[str, ...] = ()


def candidates_beside(trajectory: Trajectory, home: str | Path) -> Candidates:
    """The candidates that `evidence["candidates"]` names, from the folder of the trajectory's file.

    Args:
        trajectory: what was read from `home`.
        home: its file, or the folder of its run.

    Raises:
        ReadError: what is listed is no list of candidates, names a file outside the folder, or one that is no native
            trajectory.
    """
    from trajectory.io import read

    path = Path(home)
    folder = path if path.is_dir() else path.parent
    own, others, missing = 1.0, list[tuple[float, Trajectory]](), list[str]()
    for probability, file in _listed(trajectory, path):
        if file is None:
            own = probability
        elif not (folder / file).is_file():
            missing.append(str(file))
        elif probability > 0:
            others.append((probability, read(folder / file, format="native")))
    return Candidates(own=own, others=tuple(others), missing=tuple(missing))


def rivals_share(trajectory: Trajectory) -> float:
    """Probability of all answers that a trajectory lists beside itself, at hand or not. Raises ReadError."""
    return sum((share for share, file in _listed(trajectory, Path(CANDIDATES)) if file is not None), 0.0)


def _listed(trajectory: Trajectory, path: Path) -> list[tuple[float, PurePosixPath | None]]:
    """Probability and file of each candidate; the first one, which has no file, is the trajectory itself."""
    entries = evidence_of(trajectory).get(CANDIDATES)
    if entries is None:
        return []
    if not isinstance(entries, list | tuple):
        raise ReadError(path, f"{CANDIDATES} is a {type(entries).__name__}, expected a list", remedy=REMEDY)
    found: list[tuple[float, PurePosixPath | None]] = []
    for number, entry in enumerate(cast("list[Any]", entries)):
        if not isinstance(entry, Mapping):
            raise ReadError(path, f"candidate {number} is {entry!r}, expected an object", remedy=REMEDY)
        given = cast("Mapping[str, Any]", entry)
        share, file = given.get(PROBABILITY), given.get("file")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0.0 <= share <= 1.0:
            raise ReadError(
                path, f"candidate {number} has the probability {share!r}, expected a number within 0..1", remedy=REMEDY
            )
        if (file is None) != (number == 0) or not isinstance(file, str | None):
            raise ReadError(
                path,
                f"candidate {number} has the file {file!r}, expected none for the first one and a name for the others",
                remedy=REMEDY,
            )
        place = None if file is None else PurePosixPath(file)
        if place is not None and (place.is_absolute() or ".." in place.parts):
            raise ReadError(
                path, f"candidate {number} has the file {file!r}, expected one below its run", remedy=REMEDY
            )
        found.append((float(share), place))
    if sum(share for share, _ in found) <= 0:
        raise ReadError(path, "no candidate has a probability above 0", remedy=REMEDY)
    return found
