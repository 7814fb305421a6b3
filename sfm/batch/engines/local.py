"""The engine of one machine: worker processes side by side."""

import selectors
from collections.abc import Mapping
from typing import Any, final

from sfm.batch.engines.lane import Lane
from sfm.batch.engines.port import Answer, Setup
from sfm.processes import system

MEMORY_SHARE = 0.8
"""Of the machine's memory, for all jobs together, where no limit is given."""
POLL_S = 0.1


@final
class LocalEngine:
    """Jobs in so many lanes. A class because processes are state."""

    def __init__(self, setup: Setup, *, jobs: int) -> None:
        self.memory_bytes = setup.memory_bytes or _share(jobs)
        self._lanes = [Lane(setup, memory_bytes=self.memory_bytes) for _ in range(jobs)]
        self._names: dict[Lane, str] = {}

    @property
    def room(self) -> int:
        """How many lanes are free."""
        return len(self._lanes) - len(self._names)

    def take(self, name: str, job: Mapping[str, Any]) -> None:
        """Start on a job in a free lane."""
        lane = next(lane for lane in self._lanes if lane.free)
        self._names[lane] = name
        lane.take(job)

    def answers(self) -> list[tuple[str, Answer]]:
        """What the workers said since the last call, waiting a moment for it."""
        wait([lane.descriptor for lane in self._names])
        found: list[tuple[str, Answer]] = []
        for lane in list(self._names):
            if (answer := lane.poll()) is not None:
                found.append((self._names.pop(lane), answer))
        return found

    def stop(self) -> None:
        """Kill the workers."""
        for lane in self._lanes:
            lane.stop()


def wait(descriptors: list[int]) -> None:
    """Until an answer comes, at most a moment."""
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            if descriptor >= 0:
                selector.register(descriptor, selectors.EVENT_READ)
        if selector.get_map():
            selector.select(POLL_S)


def _share(jobs: int) -> int | None:
    total = system.total_memory()
    return None if total is None else int(MEMORY_SHARE * total / jobs)
