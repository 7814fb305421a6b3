"""Independent pieces of work through an engine, for what is quick enough to be done anew: no books, no runs."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sfm.batch.engines.choose import engine_of
from sfm.batch.engines.port import LOST_NODES, Answer, Setup
from sfm.config import BatchConfig
from trajectory.errors import CinetrajError


def spread(
    unit: str,
    setting: Any,
    jobs: Sequence[Mapping[str, Any]],
    batch: BatchConfig,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[Mapping[str, Any]]:
    """What the unit of work makes of each job, in their order.

    Args:
        unit, setting: as in `sfm.batch.engines.port.Setup`.
        jobs: JSON values.
        batch: engine, jobs and limits.
        progress: called with (done, all) after each job.

    Raises:
        CinetrajError: the first job that cannot be done, with what the engine says of it.
    """
    if not jobs:
        return []
    setup = Setup(unit=unit, setting=setting, time_limit_s=batch.time_limit_s)
    engine = engine_of(batch, setup, most=len(jobs))
    pending, lost = deque(range(len(jobs))), Counter[int]()
    found: dict[int, Answer] = {}
    try:
        while len(found) < len(jobs):
            while engine.room > 0 and pending:
                number = pending.popleft()
                engine.take(str(number), jobs[number])
            for name, answer in engine.answers():
                number = int(name)
                if answer.failure == "node" and lost[number] < LOST_NODES:
                    lost[number] += 1
                    pending.appendleft(number)
                    continue
                if answer.failure:
                    raise CinetrajError(answer.problem)
                found[number] = answer
                if progress is not None:
                    progress(len(found), len(jobs))
    finally:
        engine.stop()
    return [found[number].values for number in range(len(jobs))]
