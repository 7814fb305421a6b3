"""What a cluster calls on its nodes: one job in a worker process that is watched there as it is on one machine."""

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, final

from sfm.batch.engines.lane import Lane
from sfm.batch.engines.local import wait
from sfm.batch.engines.port import Setup
from trajectory.errors import CinetrajError


@final
class _Seat:
    """The lane of this process. It outlives a job, so that libraries are loaded once and not for every clip."""

    def __init__(self) -> None:
        self._lane: Lane | None = None
        self._for: tuple[bytes, str] | None = None

    def lane(self, setup: Setup, memory_bytes: int | None, devices: str) -> Lane:
        """The lane; a new one for another call, or where the scheduler has given this process other devices."""
        wanted = (repr((setup, memory_bytes)).encode(), devices)
        if self._lane is None or self._for != wanted:
            self.leave()
            self._lane, self._for = Lane(setup, memory_bytes=memory_bytes), wanted
        return self._lane

    def leave(self) -> None:
        """End the worker."""
        if self._lane is not None:
            self._lane.stop()
        self._lane = self._for = None


_SEAT = _Seat()


def do(setup: Setup, memory_bytes: int | None, job: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the `Answer` to a job; `broken` instead where this node can do none."""
    import ray

    context: Any = ray.get_runtime_context()
    node = f"{socket.gethostname()}:{context.get_node_id()[:8]}"
    try:
        lane = _SEAT.lane(setup, memory_bytes, os.environ.get("CUDA_VISIBLE_DEVICES", ""))
        lane.take(job)
        while (answer := lane.poll()) is None:
            wait([lane.descriptor])
    except CinetrajError as problem:
        return {"broken": f"{node}: {problem}"}
    except BaseException:  # a job that was called back
        _SEAT.leave()
        raise
    return {**asdict(answer), "node": node}
