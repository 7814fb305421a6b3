"""Which engine runs the units of work of a call."""

from sfm.batch.engines.port import Engine, Setup
from sfm.config import BatchConfig
from sfm.processes import system


def engine_of(batch: BatchConfig, setup: Setup, *, most: int) -> Engine:
    """An engine for `most` jobs in all. Raises CinetrajError where it cannot be had."""
    if batch.engine == "ray":
        from sfm.batch.engines.ray import RayEngine

        return RayEngine(setup, address=batch.address, cpus=batch.cpus_per_clip, gpus=batch.gpus_per_clip)
    from sfm.batch.engines.local import LocalEngine

    return LocalEngine(setup, jobs=max(1, min(batch.jobs, most)))


def threads_of(asked: int | None, batch: BatchConfig) -> int:
    """Threads of one job: what was asked for, else an equal share of the cores, or what the cluster sets aside."""
    if asked:
        return asked
    return max(1, int(batch.cpus_per_clip) if batch.engine == "ray" else system.cores() // batch.jobs)


def threads_at_the_end(threads: int, batch: BatchConfig, behind: int) -> int:
    """Threads of a job after which only so many others begin: the cores of those that end before it have nothing else.

    Args:
        threads: of any other job.
        behind: jobs that begin later.
    """
    if batch.engine == "ray":
        return threads
    return max(threads, min(threads * batch.jobs, system.cores()) // (behind + 1))


def gpu_share_of(batch: BatchConfig, *, most: int) -> float:
    """The part of a GPU's memory that each of `most` jobs may take at most: those of one machine share its GPU."""
    if batch.engine == "ray":
        return min(batch.gpus_per_clip or 1.0, 1.0)
    return 1.0 / max(1, min(batch.jobs, most))
