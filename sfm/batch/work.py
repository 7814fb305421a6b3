"""The unit of work: one clip and its config give one estimate and its run. Any engine may call it anywhere."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, final

from sfm import pipeline
from sfm.backends import backends
from sfm.batch.places import place_of
from sfm.config import EstimateConfig
from sfm.processes.gpu import limit_memory
from sfm.processes.threads import set_threads
from sfm.runs.estimate import Estimate
from sfm.runs.versions import installed_versions
from sfm.video.opening import largest_stream, open_video
from sfm.video.sampling import VideoWarning
from trajectory.errors import CinetrajError
from trajectory.files import printable

SMALLEST_SIDE = 64
"""Pixels; a retry does not go below."""


@final
@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is the same for all clips of a batch.

    Attributes:
        estimate: "module:function" (clip, config, *, smaller) -> Estimate.
        out: where the runs go, as `place_of` takes it.
        versions: of the libraries where the batch was begun; results of others would be another result.
        gpu_share: of a GPU's memory, for each worker.
    """

    estimate: str
    config: EstimateConfig
    out: str
    plot: bool
    versions: Mapping[str, str]
    gpu_share: float = 1.0


def estimate_run(job: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    """Estimate a clip and write its run: status and reason of what became of it, and what its reader warned of.

    Args:
        job: clip, name, smaller, batch (a key of run.json); `threads` where it has others than the rest; `again` where
            it was begun before and its machine was lost.
        setting: of the batch.
    """
    from sfm.runs.folder import write_run

    place, name = place_of(setting.out), job["name"]
    if job.get("again"):  # the machine may have been lost after the run was whole
        there = place.stored_one(name)
        if there is not None and there.key == job["batch"]["key"] and there.status != "failed":
            return {"status": there.status, "reason": there.reason, "found": True}
    config = replace(setting.config, threads=job.get("threads", setting.config.threads))
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", VideoWarning)
        estimate = _function(setting.estimate)(job["clip"], config, smaller=job["smaller"])
    place.put(name, lambda folder: write_run(estimate, folder, plot=setting.plot, extra={"batch": job["batch"]}))
    told = [str(each.message) for each in heard if issubclass(each.category, VideoWarning)]
    warned = [printable(text.removeprefix(f"{job['clip']}: ")) for text in dict.fromkeys(told)]
    return {"status": estimate.status, "reason": estimate.reason, "warned": warned}


def prepare(setting: Setting) -> None:
    """Load the libraries that estimating needs. Raises CinetrajError where they are not those of the batch."""
    mine, theirs = installed_versions(), dict(setting.versions)
    if wrong := [name for name in sorted({*mine, *theirs}) if mine.get(name) != theirs.get(name)]:
        said = ", ".join(f"{name} {mine.get(name, 'missing')}, not {theirs.get(name, 'missing')}" for name in wrong[:4])
        raise CinetrajError(f"this machine has other versions than the one of the batch: {said}; install the same")
    import_module("sfm.runs.folder")
    import_module("trajectory.io")
    if setting.config.device != "cpu":
        limit_memory(setting.gpu_share)
    own = import_module(setting.estimate.partition(":")[0])
    if hasattr(own, "load"):
        own.load(setting.config)


def _function(name: str) -> Callable[..., Estimate]:
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


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


def load(config: EstimateConfig) -> None:
    """Load the libraries of the backend."""
    name, _ = pipeline.resolve(config.backend)
    for module in backends()[name].modules if name in backends() else ():
        import_module(module)


def any_threads(config: EstimateConfig) -> bool:
    """Whether the answer is the same whatever the number of threads."""
    name, _ = pipeline.resolve(config.backend)
    return name in backends() and backends()[name].any_threads


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
