"""The default backend: tracks, dense flow where these are not sure, one choice over both, calibrated probabilities."""

from typing import TYPE_CHECKING

from sfm.backends._backend import Backend
from sfm.config import AutoConfig

if TYPE_CHECKING:
    from sfm.types import BackendResult, Frames, Masks


def run(
    frames: "Frames", masks: "Masks", config: AutoConfig, *, device: str = "cpu", seed: int = 0, threads: int = 1
) -> "BackendResult":
    """The camera's motion in one shot, by `sfm.backends.auto.estimator`.

    The tracks take one thread whatever `threads` says: their arrays are so small that a second one costs more than it
    saves (and far more on a busy machine). Several clips at once are what fills a machine. Torch is loaded where dense
    flow is asked: a clip that its tracks answer never waits for it.
    """
    from sfm.backends.assemble import assemble_result
    from sfm.backends.auto.estimator import solve
    from sfm.processes.threads import thread_limit

    with thread_limit(1, torch=False):
        solved = solve(frames, masks, config, device=device, threads=threads)
    flowed = any(step.startswith("dense_") for step in solved.seconds)
    ran_on = {"tracks": "cpu", "motion_models": "cpu", **({"flow": device, "adjustment": "cpu"} if flowed else {})}
    return assemble_result(frames, solved, backend="auto", seed=seed, ran_on=ran_on)


BACKEND = Backend(
    name="auto",
    summary="tracks, and dense flow where these are not sure: one choice over both",
    config=AutoConfig,
    run=run,
    modules=("sfm.backends.auto.estimator", "sfm.backends.assemble"),
    any_threads=True,
)
