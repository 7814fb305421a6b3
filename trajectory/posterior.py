"""What is known of a camera's path: the candidate answers of an estimator and how probable each is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, final

from trajectory.candidates import PROBABILITY, REMEDY, candidates_beside
from trajectory.errors import CinetrajError, ReadError
from trajectory.io import read as read_trajectory
from trajectory.model import Trajectory
from trajectory.run_names import RUN_FILE

ROUNDING = 1e-3
"""Probabilities are printed with a few digits: their sum may be off one by this much."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """The answers that are possible, the most probable one first; each has its own spread (`pose_covariance`).

    Attributes:
        trajectories: of the same clip, each in its own gauge and unit.
        probability: of each; they sum to one.
        absent: how many others the file names that are not beside it.
    """

    trajectories: tuple[Trajectory, ...]
    probability: tuple[float, ...]
    absent: int = 0

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
    # What is not known is NaN, which is neither above nor below zero.
    return covariance is not None and bool((covariance > 0).any() or (covariance < 0).any())


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

    Raises:
        ReadError: as `candidates_beside`; an alternative is not of the same frames, or not there though the run is. A
            file that was copied or converted out of its run has come without them: `Posterior.absent`.
    """
    known = candidates_beside(best, path)
    folder = path if path.is_dir() else path.parent
    if known.missing and (folder / RUN_FILE).is_file():
        raise ReadError(folder / known.missing[0], f"is named by {path.name} and is not there", remedy=REMEDY)
    if not known.others:
        return replace(alone(best), absent=len(known.missing))
    found = [best]
    for _, other in known.others:
        placed = other if place is None else place(other)
        if len(placed) != len(best):
            why = f"has a candidate of {len(placed)} frames beside one of {len(best)}"
            raise ReadError(path, why, remedy=REMEDY)
        found.append(placed)
    total = known.own + sum(share for share, _ in known.others)
    shares = (known.own, *(share for share, _ in known.others))
    return Posterior(
        trajectories=tuple(found), probability=tuple(share / total for share in shares), absent=len(known.missing)
    )


def rigid_probability(evidence: Mapping[str, Any]) -> float | None:
    """How probable it is that anything rigid was filmed; None where the estimator does not say."""
    told = evidence.get(PROBABILITY)
    value = cast("Mapping[str, Any]", told).get("rigid") if isinstance(told, Mapping) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
