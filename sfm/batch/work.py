"""The unit of work: one clip and its config give one estimate. Pure, so any engine may call it anywhere."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from sfm import pipeline
from sfm.backends import backends
from sfm.config import EstimateConfig
from sfm.processes.threads import set_threads
from sfm.runs.estimate import Estimate
from sfm.video.opening import largest_stream, open_video
from trajectory.errors import CinetrajError

SMALLEST_SIDE = 64
"""Pixels; a retry does not go below."""


def estimate_clip(clip: str, config: EstimateConfig, *, smaller: bool = False) -> Estimate:
    """The estimate of a clip; with `smaller` at half the working size, for a clip that has cost a worker its life."""
    if config.threads is not None:
        set_threads(config.threads)  # what OMP_NUM_THREADS does not reach
    if smaller:
        config = at_half_size(clip, config)
        note = f"a first attempt lost its worker; estimated at {config.video.long_side} px instead"
        found = pipeline.estimate(clip, config)
        return replace(found, notes=(*found.notes, note))
    return pipeline.estimate(clip, config)


def prepare(config: EstimateConfig) -> None:
    """Load the libraries that estimating needs."""
    name, _ = pipeline.resolve(config.backend)
    for module in backends()[name].modules if name in backends() else ():
        import_module(module)


def can_be_smaller(config: EstimateConfig) -> bool:
    """Whether another attempt can be a lighter one: another program has no setting of ours."""
    return pipeline.resolve(config.backend)[0] != "command"


def at_half_size(clip: str, config: EstimateConfig) -> EstimateConfig:
    """Half the size at which the clip would be worked on: half of the option, or of the clip where that is smaller."""
    sides = [side for side in (config.video.long_side, _long_side(clip)) if side is not None]
    half = max(SMALLEST_SIDE, min(sides) // 2) if sides else 320
    return replace(config, video=replace(config.video, long_side=half))


def _long_side(clip: str) -> int | None:
    """Longer side of a video by its header; None where there is none to read."""
    if not Path(clip).is_file():
        return None
    try:
        with open_video(clip) as container:
            stream = largest_stream(container, clip)
            return max(stream.width, stream.height) or None
    except CinetrajError:
        return None
