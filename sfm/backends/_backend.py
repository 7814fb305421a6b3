"""What a backend offers; each public module or package of `sfm.backends` that is one defines it as BACKEND."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, final

from trajectory.errors import CinetrajError

if TYPE_CHECKING:
    from sfm.types import BackendResult, Frames


ROUNDED = 1e-6
"""Of a time, and in seconds: six digits after the point, or single precision, and no other clock."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Backend:
    """One way from the frames of a shot to a trajectory.

    Attributes:
        name: by which `--backend` asks for it.
        summary: one line for the help.
        config: class of its settings, a frozen dataclass whose fields all have defaults; its type chooses the backend.
        run: (frames, masks, config, *, device, seed, threads) -> BackendResult, `device` being "cpu" or "cuda". A shot
            that cannot be solved is a result with status "failed"; CinetrajError is raised for a bad config alone.
            What is heavy it imports itself: the module must be light at import.
        modules: those heavy ones; a batch's worker loads them first, so that imports count for no clip's time limit.
        any_threads: whether the answer is the same whatever the number of threads, so that a batch may change it.
    """

    name: str
    summary: str
    config: type[Any]
    run: "Callable[..., BackendResult]"
    modules: tuple[str, ...] = ()
    any_threads: bool = False


def later(module: str) -> "Callable[..., BackendResult]":
    """The function `run` of a module that is imported when it is called."""

    def run(*arguments: Any, **options: Any) -> "BackendResult":
        return import_module(module).run(*arguments, **options)

    return run


def of_these(frames: "Frames", found: Any, name: str) -> "BackendResult":
    """What the backend `name` returned, if it is a result for these frames. Raises CinetrajError otherwise.

    Times that are only rounded, as those of a text file are, become those of the frames.
    """
    import numpy as np

    from sfm.types import BackendResult

    if not isinstance(found, BackendResult):
        raise CinetrajError(f"backend {name!r} returned a {type(found).__name__}, expected a sfm.types.BackendResult")
    path = found.trajectory
    if path is None:
        return found
    if len(path) != len(frames) or not np.allclose(path.time_s, frames.time_s, rtol=ROUNDED, atol=ROUNDED):
        raise CinetrajError(
            f"backend {name!r} returned {len(path)} frames with times of their own for {len(frames)} frames; give "
            "each its row and time (sfm.backends.assemble), with valid False where it has no pose"
        )
    if path.intrinsics_px is not None and path.image_hw != frames.hw:
        raise CinetrajError(
            f"backend {name!r} returned intrinsics for an image_hw of {path.image_hw}, expected those of the working "
            f"size, {frames.hw} (height, width)"
        )
    return replace(found, trajectory=path.replace(time_s=frames.time_s))
