"""The dense backend: flow on a grid, five motion models, depth and pose by dense bundle adjustment; no weights."""

from typing import TYPE_CHECKING

from sfm.backends._backend import Backend
from sfm.config import DenseConfig

if TYPE_CHECKING:
    from sfm.types import BackendResult, Frames, Masks


def run(
    frames: "Frames", masks: "Masks", config: DenseConfig, *, device: str = "cpu", seed: int = 0, threads: int = 1
) -> "BackendResult":
    """The camera's motion in one shot, by `sfm.backends.dense.estimator`.

    Of several threads each does pieces of its own (pairs of frames, starts, models), so that the answer does not depend
    on how many there are.

    Raises CinetrajError where the clip does not fit into the memory of the GPU, with the size that would.
    """
    import torch

    from sfm.backends.assemble import assemble_result
    from sfm.backends.dense.estimator import solve
    from sfm.backends.dense.memory import available_bytes, does_not_fit
    from sfm.processes.threads import thread_limit
    from sfm.processes.workers import workers

    try:
        # Convolutions of 10 bits, which CUDA takes by default, are other pictures than those of the CPU.
        exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        with thread_limit(1), workers(threads if device == "cpu" else 1), exact:
            solved = solve(frames, masks, config, device=device)
    except torch.cuda.OutOfMemoryError:
        raise does_not_fit(frames, config, available_bytes(device)) from None
    return assemble_result(frames, solved, backend="dense", seed=seed)


BACKEND = Backend(
    name="dense",
    summary="dense flow, depth and motion models by dense bundle adjustment; no weights",
    config=DenseConfig,
    run=run,
    modules=("sfm.backends.dense.estimator", "sfm.backends.assemble"),
)
