"""Commands over many runs: the options that say where the work is done, and the units of work that are done there.

A unit of work is a function of this package by name, so that a worker process, here or on a node, can import it.
"""

import base64
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from compare.cli import _options

if TYPE_CHECKING:
    from compare.asked import Asked
    from compare.rows import ClipScores
    from sfm.config import BatchConfig
    from trajectory.errors import TimeSourceError

CHUNK = 32
"""Runs of one piece of work: handing one over costs some milliseconds, reading and describing a run some ten."""
Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Options of a command over many runs."""

    jobs: int = 1
    """Runs at a time, each in a process of its own."""
    engine: Literal["local", "ray"] = "local"
    """ray: on the machines of a Ray cluster, which all see the runs under the same path."""
    address: str = "auto"
    """Of the Ray cluster: auto for the one this machine belongs to, or HOST:PORT of its head."""

    @property
    def is_spread(self) -> bool:
        """Whether the work is for other processes."""
        return self.jobs != 1 or self.engine != "local"


def batch_of(options: Spread) -> "BatchConfig":
    """The config of the engine. Raises CinetrajError for options that do not fit each other."""
    from sfm.config import BatchConfig

    given = {"engine": options.engine, "jobs": options.jobs, "address": options.address}
    return _options.made(BatchConfig, given, lambda name: f"--{name.replace('_', '-')}")


def chunks(items: Iterable[Item], size: int | None = None) -> Iterator[list[Item]]:
    """So many at a time, by default `CHUNK`."""
    rest = iter(items)
    while held := list(islice(rest, size or CHUNK)):
        yield held


def scorer(
    options: Spread, progress: Callable[[int, int], None]
) -> "Callable[[Iterable[Asked]], Iterator[ClipScores | TimeSourceError]]":
    """`compare.score_match.score_matches`, done by an engine."""

    def scored(each: "Iterable[Asked]") -> "Iterator[ClipScores | TimeSourceError]":
        from sfm.batch.spread import spread

        jobs = [{"asked": _packed(chunk)} for chunk in chunks(each)]
        unit = "compare.cli._spread:score_chunk"
        for told in spread(unit, None, jobs, batch_of(options), progress=progress):
            yield from _unpacked(told["rows"])

    return scored


def score_chunk(job: Mapping[str, Any], setting: None) -> dict[str, Any]:
    """The unit of work of `compare`: rows of some pairs."""
    from compare.score_match import score_matches

    return {"rows": _packed(list(score_matches(_unpacked(job["asked"]))))}


def _packed(values: Sequence[Any]) -> str:
    return base64.b64encode(pickle.dumps(values)).decode()


def _unpacked(text: str) -> Any:
    return pickle.loads(base64.b64decode(text))  # written by the process at the other end of this call
