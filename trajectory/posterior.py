"""What is known of a camera's path: the candidate answers of an estimator and how probable each is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, final

import numpy as np

from trajectory.errors import CinetrajError, ReadError
from trajectory.io import read as read_trajectory
from trajectory.model import Trajectory

CANDIDATES = "candidates"
"""Key of `Provenance.evidence`: the answers that are possible, each with `probability` and `file`."""
PROBABILITY = "probability"
"""Key of `Provenance.evidence`: how probable it is that what is told of each quantity is right."""
ROUNDING = 1e-3
"""Probabilities are printed with a few digits: their sum may be off one by this much."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """The answers that are possible, the most probable one first; each has its own spread (`pose_covariance`).

    Attributes:
        trajectories: of the same clip, each in its own gauge and unit.
        probability: of each; they sum to one.
    """

    trajectories: tuple[Trajectory, ...]
    probability: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.trajectories or len(self.trajectories) != len(self.probability):
            raise CinetrajError(
                f"a posterior of {len(self.trajectories)} trajectories has {len(self.probability)} probabilities, "
                "expected one for each of at least one"
            )
        if min(self.probability) < 0 or abs(sum(self.probability) - 1) > ROUNDING:
            raise CinetrajError(f"the probabilities {self.probability} are no shares of one; normalise them")

    @property
    def best(self) -> Trajectory:
        """The most probable answer."""
        return self.trajectories[0]

    @property
    def spreads(self) -> bool:
        """Whether anything is said of how far the answer may be off."""
        return len(self.trajectories) > 1 or has_spread(self.best)


def has_spread(trajectory: Trajectory) -> bool:
    """Whether the trajectory says how far any of its poses may be off."""
    covariance = trajectory.pose_covariance
    return covariance is not None and bool((np.abs(np.nan_to_num(covariance)) > 0).any())


def alone(trajectory: Trajectory) -> Posterior:
    """The posterior of a path of which no alternative is known."""
    return Posterior(trajectories=(trajectory,), probability=(1.0,))


def read_posterior(path: str | Path, format: str = "auto") -> Posterior:
    """A trajectory file and the alternatives that it names beside itself.

    Raises:
        ReadError: the file or an alternative cannot be read, or they are not of the same frames.
    """
    return with_alternatives(read_trajectory(path, format=format), Path(path))


def with_alternatives(
    best: Trajectory, path: Path, *, place: Callable[[Trajectory], Trajectory] | None = None
) -> Posterior:
    """A trajectory that was read from `path`, with the alternatives that its evidence names.

    Args:
        best: the trajectory.
        path: its file, or the folder of its run.
        place: what was done to it since, which is done to the alternatives too.
    """
    listed = _listed(best, path)
    if len(listed) < 2:
        return alone(best)
    folder = path if path.is_dir() else path.parent
    total = sum(share for share, _ in listed)
    found = [best]
    for _, file in listed[1:]:
        other = read_trajectory(folder / file, format="native")
        other = other if place is None else place(other)
        if len(other) != len(best):
            raise ReadError(
                folder / file, f"has {len(other)} frames and {path.name} has {len(best)}", remedy="estimate again"
            )
        found.append(other)
    return Posterior(trajectories=tuple(found), probability=tuple(share / total for share, _ in listed))


def _listed(best: Trajectory, path: Path) -> list[tuple[float, str]]:
    """Probability and file of each candidate that is possible; the first one is the trajectory itself."""
    made = best.provenance
    entries: Any = None if made is None else made.evidence.get(CANDIDATES)
    if entries is None:
        return []
    remedy = "estimate the clip again"
    if not isinstance(entries, list | tuple):
        raise ReadError(path, f"{CANDIDATES} is a {type(entries).__name__}, expected a list", remedy=remedy)
    found: list[tuple[float, str]] = []
    for number, entry in enumerate(cast("list[Any]", entries)):
        given: Mapping[str, Any] = cast("Mapping[str, Any]", entry) if isinstance(entry, Mapping) else {}
        share: Any = given.get(PROBABILITY)
        file: Any = given.get("file")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ReadError(path, f"candidate {number} has the probability {share!r}", remedy=remedy)
        if (file is None) != (number == 0) or not isinstance(file, str | None):
            raise ReadError(path, f"candidate {number} has the file {file!r}", remedy=remedy)
        if share > 0 or number == 0:
            found.append((float(share), file or ""))
    if sum(share for share, _ in found) <= 0:
        raise ReadError(path, "no candidate has a probability above 0", remedy=remedy)
    return found


def rigid_probability(evidence: Mapping[str, Any]) -> float | None:
    """How probable it is that anything rigid was filmed; None where the estimator does not say."""
    told = evidence.get(PROBABILITY)
    value = cast("Mapping[str, Any]", told).get("rigid") if isinstance(told, Mapping) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
