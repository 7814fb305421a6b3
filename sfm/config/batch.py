"""How many clips are run; nothing of it changes a result."""

from dataclasses import dataclass
from typing import Annotated, Literal, final

from sfm.ranges import Duration, Positive, Range, Ranged
from trajectory.errors import CinetrajError


@final
@dataclass(frozen=True, kw_only=True)
class BatchConfig(Ranged):
    """How a batch is run; nothing here changes a result.

    Attributes:
        jobs: clips at a time, each in a process of its own. The cores are shared out among them.
        time_limit_s: seconds for one clip, its process and all that this starts; beyond, it is tried once more at half
            the size, then recorded as failed; None: no limit.
        memory_limit_gib: GiB for one clip, its process and all that this starts; None: an equal share of 80 % of the
            memory.
        retry_failed: estimate again what failed in an earlier call.
        plot: draw plot.png for each clip.
        engine: local: processes of this machine; ray: those of a cluster.
        address: of the Ray cluster: auto for the one this machine belongs to, or HOST:PORT of its head.
        cpus_per_clip: CPUs that the cluster sets aside for a clip, which is its number of threads too.
        gpus_per_clip: GPUs for a clip; with 0.25 four clips share one. Give the device cuda besides.
        work: "module:function" (clip, config, *, smaller) -> Estimate.
    """

    engine: Literal["local", "ray"] = "local"
    address: str = "auto"
    cpus_per_clip: Annotated[float, Range(0, 1024, above=True)] = 1.0
    gpus_per_clip: Annotated[float, Range(0, 1024)] = 0.0
    jobs: Annotated[int, Range(1, 1024)] = 1
    time_limit_s: Duration | None = 1800.0
    memory_limit_gib: Positive | None = None
    retry_failed: bool = False
    plot: bool = True
    work: str = "sfm.batch.work:estimate_clip"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.engine == "ray" and self.jobs != 1:
            raise CinetrajError(f"jobs is {self.jobs}, expected none: the cluster decides that by cpus_per_clip")
        if self.engine == "local" and (self.address, self.cpus_per_clip, self.gpus_per_clip) != ("auto", 1.0, 0.0):
            raise CinetrajError("address, cpus_per_clip or gpus_per_clip is given, expected engine ray with them")
