"""What a batch asks of an engine: run units of work somewhere, under limits, and say what became of each."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, final, runtime_checkable

LOST_NODES = 3
"""So many are bad luck for one job; with another, the job itself may be what kills them."""
Failure = Literal["", "input", "error", "died", "time limit", "memory", "node", "store"]


@final
@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a job.

    Attributes:
        failure: "" where the unit of work was done; node: its machine was lost while it ran; store: the result could
            not be written. Neither of these two is the fault of the job.
        values: what the unit of work gave.
        seconds: from when a worker took it; peak_bytes: of its processes, as far as they were looked at.
        node: where it ran, "" on this machine.
    """

    failure: Failure = ""
    problem: str = ""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seconds: float = 0.0
    peak_bytes: int = 0
    node: str = ""


@final
@dataclass(frozen=True, kw_only=True)
class Setup:
    """What is the same for all jobs of a call.

    Attributes:
        unit: "module:function" (job, setting) -> values; job and values are JSON. Raises CinetrajError for bad input.
            Where the module has `prepare(setting)`, it is called before the first job and counts for no limit.
        setting: second argument of the unit of work, any value that can be pickled.
        threads: for each job.
        time_limit_s: for each job.
        memory_bytes: for each job; None: an equal share of the machine.
        folder: in which workers work, where their machine has it: paths in jobs may be relative to that of the caller.
    """

    unit: str
    setting: Any
    threads: int = 1
    time_limit_s: float | None = None
    memory_bytes: int | None = None
    folder: str = field(default_factory=os.getcwd)


@runtime_checkable
class Engine(Protocol):
    """Where units of work run. Only the process that made it uses it."""

    @property
    def memory_bytes(self) -> int | None:
        """The limit that holds for each job; None: none."""
        ...

    @property
    def room(self) -> int:
        """How many more jobs it takes now."""
        ...

    def take(self, name: str, job: Mapping[str, Any]) -> None:
        """Start on a job; no two that are at work have the same name."""
        ...

    def answers(self) -> list[tuple[str, Answer]]:
        """What has come since the last call; waits for it, at most a moment."""
        ...

    def stop(self) -> None:
        """End all work at once; the engine is of no more use."""
        ...
