"""The engine of a cluster: Ray places units of work on nodes; what they are, and their limits, is as on one machine.

Ray's own retries are off: a job whose node was lost is an answer that says so. Who keeps the books hands it in again,
counts it, and tells the unit of work, which can then look whether its result is there already.
"""

import contextlib
import math
import socket
import time
from collections.abc import Mapping
from typing import Any, final

from sfm.batch.engines.local import MEMORY_SHARE
from sfm.batch.engines.port import Answer, Setup
from sfm.processes.import_path import empty_folder
from trajectory.errors import CinetrajError

AHEAD = 2
"""Jobs handed in for each that can run: a node has the next one at once, and the rest waits in the books."""
LOOK_S = 5.0
"""How often the size of the cluster is asked for: nodes come and go."""
POLL_S = 0.2
KNOCK_S = 5.0
"""How long the head of a cluster may take to answer a first call."""


@final
class RayEngine:
    """Jobs on the nodes of a cluster. A class because a connection is state."""

    def __init__(self, setup: Setup, *, address: str, cpus: float, gpus: float) -> None:
        self._mine = _connect(address)
        self._setup, self._cpus, self._gpus = setup, cpus, gpus
        self._slots, self._looked = 0, 0.0
        self._jobs: dict[Any, str] = {}
        import ray

        from sfm.batch.engines import seat

        self._ray: Any = ray
        self._do: Any = self._ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=0)(seat.do)
        nodes = _nodes(self._ray)
        if not self._look():
            self.stop()
            largest = ", ".join(f"{max((n.get(kind, 0.0) for n in nodes), default=0.0):g} {kind}s" for kind in _KINDS)
            raise CinetrajError(
                f"no node of the cluster has {cpus:g} CPUs and {gpus:g} GPUs for a clip, the most of a node are "
                f"{largest}; lower --cpus-per-clip or --gpus-per-clip"
            )
        shares = [MEMORY_SHARE * n["memory"] / n_jobs for n in nodes if (n_jobs := self._fit(n)) and n.get("memory")]
        self.memory_bytes = setup.memory_bytes or (int(min(shares)) if shares else None)

    @property
    def room(self) -> int:
        """How many more jobs it takes: the cluster's share of jobs, and as many again that wait there."""
        if time.monotonic() - self._looked > LOOK_S:
            self._look()
        return AHEAD * self._slots - len(self._jobs)

    def take(self, name: str, job: Mapping[str, Any]) -> None:
        """Hand a job in."""
        self._jobs[self._do.remote(self._setup, self.memory_bytes, dict(job))] = name

    def answers(self) -> list[tuple[str, Answer]]:
        """What has come since the last call, waiting a moment."""
        if not self._jobs:
            return []
        ready: list[Any] = self._ray.wait(list(self._jobs), num_returns=1, timeout=POLL_S)[0]
        if ready:  # and what else has come
            ready = self._ray.wait(list(self._jobs), num_returns=len(self._jobs), timeout=0)[0]
        return [(self._jobs.pop(ref), self._told(ref)) for ref in ready]

    def stop(self) -> None:
        """Call all jobs back, and leave the cluster."""
        for ref in self._jobs:
            with contextlib.suppress(self._ray.exceptions.RayError):
                self._ray.cancel(ref, force=True)
        self._jobs.clear()
        self._slots, self._looked = 0, math.inf  # it takes nothing more, and a cluster that is left is not asked
        if self._mine:
            self._ray.shutdown()

    def _told(self, ref: Any) -> Answer:
        errors = self._ray.exceptions
        try:
            values: dict[str, Any] = self._ray.get(ref)
        except errors.OutOfMemoryError as problem:
            return Answer(failure="memory", problem=f"stopped because its node had no memory left ({_line(problem)})")
        except (errors.RayTaskError, errors.RuntimeEnvSetupError, errors.TaskUnschedulableError) as problem:
            raise CinetrajError(
                f"a node cannot do the work ({str(problem).strip().splitlines()[-1][:200]}); "
                "install the same cinetraj on every node"
            ) from None
        except errors.RayError as problem:
            return Answer(failure="node", problem=f"its node was lost ({_line(problem)})")
        if "broken" in values:
            raise CinetrajError(values["broken"])
        return Answer(**values)

    def _look(self) -> int:
        self._looked = time.monotonic()
        self._slots = sum(self._fit(node) for node in _nodes(self._ray))
        return self._slots

    def _fit(self, node: Mapping[str, float]) -> int:
        """How many jobs a node has room for at once."""
        wanted = {"CPU": self._cpus, "GPU": self._gpus}
        return int(min(node.get(kind, 0.0) / amount + 1e-6 for kind, amount in wanted.items() if amount))


_KINDS = ("CPU", "GPU")


def _nodes(ray: Any) -> list[dict[str, float]]:
    """What the living nodes have."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def _connect(address: str) -> bool:
    """Join a cluster; whether this call did so. Raises CinetrajError."""
    try:
        import ray
    except ImportError:
        raise CinetrajError("--engine ray needs Ray, which is not installed; pip install 'cinetraj[ray]'") from None
    library: Any = ray
    if library.is_initialized():
        return False
    try:
        _knock(address)
        with empty_folder():  # Ray has its workers import from the current one first
            library.init(address=address, log_to_driver=False, logging_level="error")
    except Exception as problem:  # of half a dozen kinds, some of them private
        raise CinetrajError(
            f"no Ray cluster answers at {address!r} ({_line(problem)}); start one with `ray start --head`, "
            "or give its --address HOST:PORT"
        ) from None
    _quiet()
    return True


def _knock(address: str) -> None:
    """Raises OSError or ValueError where nothing listens at HOST:PORT: Ray would try for minutes, and say so in pages.

    What is no such address (auto, a provider's own) is left to Ray.
    """
    place = address.removeprefix("ray://")
    if place in ("auto", "local") or "://" in place:
        return
    host, _, port = place.partition("/")[0].rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError("expected auto or HOST:PORT")
    socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_S).close()


def _quiet() -> None:
    """No pages of a lost node's log on the output of the command, which may be JSON."""
    with contextlib.suppress(ImportError, AttributeError, KeyError):
        from ray._private import ray_logging

        logging: Any = ray_logging
        logging.global_worker_stdstream_dispatcher.remove_handler("ray_print_logs")


def _line(problem: Exception) -> str:
    words = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {words[:200]}"
