"""The ways from frames to a trajectory, one contract for all: frames and evidence in, `BackendResult` out.

The type of the config chooses the backend. A backend is a module with a config class and `run`; its line below is
all that adding one takes.
"""

import importlib
import os
from typing import Any

from sfm.types import BackendResult, Frames, Masks
from trajectory.errors import CinetrajError

BACKENDS: dict[str, tuple[str, str]] = {
    "auto": ("sfm.backends.auto", "AutoConfig"),
    "colmap": ("sfm.backends.colmap.incremental", "ColmapConfig"),
    "glomap": ("sfm.backends.colmap.global_", "GlomapConfig"),
    "colmap-sift": ("sfm.backends.colmap.stock", "ColmapSiftConfig"),
    "command": ("sfm.external.command", "CommandConfig"),
}
"""Name -> module and config class; imported when asked for, since each pulls in other libraries."""


def config_type(name: str) -> type:
    """The config class of the backend `name`."""
    if name not in BACKENDS:
        raise CinetrajError(f"backend {name!r} is unknown, expected one of {', '.join(BACKENDS)}")
    module, config = BACKENDS[name]
    return getattr(importlib.import_module(module), config)


def resolve(wanted: Any) -> tuple[str, Any]:
    """Name and config of a backend, from its name (with its defaults) or its config."""
    if isinstance(wanted, str):
        return wanted, config_type(wanted)()
    for name, (module, config) in BACKENDS.items():
        if (type(wanted).__module__, type(wanted).__name__) == (module, config):
            return name, wanted
    known = ", ".join(config for _, config in BACKENDS.values())
    raise CinetrajError(f"backend config is a {type(wanted).__name__}, expected a name or one of {known}")


def run(
    frames: Frames,
    masks: Masks,
    config: Any = "auto",
    *,
    device: str = "auto",
    seed: int = 0,
    threads: int | None = None,
) -> BackendResult:
    """The trajectory of one shot by the backend that `config` names or configures.

    device: "auto", "cpu" or "cuda". threads: None takes what the machine has, at most 4; equal results on every run
    are promised for the same number of threads, and by pycolmap for one thread only.
    A clip that cannot be solved is a result with status "failed"; CinetrajError is raised for a bad config alone.
    """
    name, config = resolve(config)
    if not 0 <= seed < 2**31:
        raise CinetrajError(f"seed is {seed}, expected 0 to 2147483647")
    module = importlib.import_module(BACKENDS[name][0])
    chosen = threads if threads is not None else min(4, len(os.sched_getaffinity(0)))
    return module.run(frames, masks, config, device=pick_device(device), seed=seed, threads=max(1, chosen))


def pick_device(device: str) -> str:
    """ "cpu" or "cuda"; "auto" takes the GPU where torch sees one. Asking for an absent one is an error."""
    if device == "cpu":
        return device
    if device not in ("auto", "cuda"):
        raise CinetrajError(f"device is {device!r}, expected auto, cpu or cuda")
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise CinetrajError("device cuda was asked for, but torch sees no GPU here; use --device cpu or auto")
    return "cpu"
