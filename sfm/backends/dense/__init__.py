"""The dense backend: flow on a grid, five motion models, depth and pose by dense bundle adjustment; no weights."""

from typing import TYPE_CHECKING

from sfm.backends._backend import Backend
from sfm.config import DenseConfig

if TYPE_CHECKING:
    from sfm.types import BackendResult, Frames, Masks


def run(
    frames: "Frames", masks: "Masks", config: DenseConfig, *, device: str = "cpu", seed: int = 0, threads: int = 1
) -> "BackendResult":
    """The camera's motion in one shot, by `sfm.backends.dense.weighed`.

    Of several threads each does pieces of its own (pairs of frames, starts, models), so that the answer does not depend
    on how many there are.

    Raises CinetrajError where the clip does not fit into the memory of the GPU, with the size that would.
    """
    from sfm.backends.assemble import assemble_result
    from sfm.backends.dense.weighed import solve
    from sfm.processes.threads import thread_limit

    with thread_limit(1):
        solved = solve(frames, masks, config, device=device, threads=threads)
    return assemble_result(frames, solved, backend="dense", seed=seed, ran_on={"flow": device, "adjustment": "cpu"})


BACKEND = Backend(
    name="dense",
    summary="dense flow, depth and motion models by dense bundle adjustment; no weights",
    config=DenseConfig,
    run=run,
    modules=("sfm.backends.dense.weighed", "sfm.backends.assemble"),
    any_threads=True,
)
