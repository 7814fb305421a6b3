"""The default backend: tracks, five motion models, geometric model selection, and every frame's pose."""

from typing import TYPE_CHECKING

from sfm.backends._backend import Backend
from sfm.config import AutoConfig

if TYPE_CHECKING:
    from sfm.types import BackendResult, Frames, Masks


def run(
    frames: "Frames", masks: "Masks", config: AutoConfig, *, device: str = "cpu", seed: int = 0, threads: int = 1
) -> "BackendResult":
    """The camera's motion in one shot, by `sfm.motion.estimator`.

    One thread whatever `threads` says: the arrays are so small that a second one costs more than it saves (and far
    more on a busy machine). Several clips at once are what fills a machine.
    """
    from sfm.backends.assemble import assemble_result
    from sfm.motion.estimator import solve

    solved = solve(frames, masks, config, device=device)
    return assemble_result(frames, solved, backend="auto", seed=seed)


BACKEND = Backend(
    name="auto",
    summary="tracks and a choice among motion models",
    config=AutoConfig,
    run=run,
    modules=("sfm.motion.estimator", "sfm.backends.assemble"),
)
