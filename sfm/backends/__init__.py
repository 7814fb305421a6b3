"""The ways from frames to a trajectory, one contract for all: frames and masks in, `BackendResult` out.

The type of the config chooses the backend. A backend is a file of this folder, or of another distribution, with a
`Backend` value; no other code has to know of it, but for the list of `cinetraj noise`.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from sfm.backends._backend import Backend as Backend
from sfm.backends._backend import of_these
from trajectory.errors import CinetrajError, expected_of
from trajectory.registry import registry

if TYPE_CHECKING:
    from sfm.types import BackendResult, Frames, Masks


@cache
def backends() -> dict[str, Backend]:
    """All backends by name, those of other distributions (`cinetraj.backends`) included."""
    return registry("sfm.backends", "BACKEND", Backend, group="cinetraj.backends", besides=("assemble",))


def config_type(name: str) -> type:
    """The config class of the backend `name`."""
    if name not in backends():
        raise CinetrajError(f"backend {name!r} is unknown{expected_of(name, backends())}")
    return backends()[name].config


def resolve(wanted: Any) -> tuple[str, Any]:
    """Name and config of a backend, from its name (with its defaults) or its config."""
    if isinstance(wanted, str):
        return wanted, config_type(wanted)()
    for name, backend in backends().items():
        if type(wanted) is backend.config:
            return name, wanted
    known = ", ".join(backend.config.__name__ for backend in backends().values())
    raise CinetrajError(f"backend config is a {type(wanted).__name__}, expected a name or one of {known}")


def run(
    frames: "Frames",
    masks: "Masks",
    config: Any = "auto",
    *,
    device: str = "auto",
    seed: int = 0,
    threads: int | None = None,
) -> "BackendResult":
    """The trajectory of one shot by the backend that `config` names or configures.

    Args:
        frames: of one shot, at the working size.
        masks: what of them may testify.
        config: a backend's name or config.
        device: "auto", "cpu" or "cuda".
        seed: 0 to 2**31 - 1.
        threads: None takes what the machine has, at most 4; equal results on every run are promised for the same
            number of threads, and by pycolmap for one thread only.

    Returns:
        A clip that cannot be solved is a result with status "failed".

    Raises:
        CinetrajError: the config, the seed or the device is wrong, the masks are of other frames, or the backend breaks
            its contract.
    """
    name, config = resolve(config)
    if (len(masks.blank), *masks.usable.shape) != (len(frames), *frames.hw):
        of = f"{len(masks.blank)} frames of {masks.usable.shape[1]}x{masks.usable.shape[0]}"
        clip = f"{len(frames)} frames of {frames.hw[1]}x{frames.hw[0]}"
        raise CinetrajError(f"masks are of {of}, expected {clip} as the clip has; sfm.masks.find.find makes them")
    if not 0 <= seed < 2**31:
        raise CinetrajError(f"seed is {seed}, expected 0 to 2147483647")
    threads = threads_of(threads)
    found = backends()[name].run(frames, masks, config, device=pick_device(device), seed=seed, threads=threads)
    return of_these(frames, found, name)


def threads_of(asked: int | None) -> int:
    """So many threads, at least one; None takes what the machine has, at most 4."""
    from sfm.processes.system import cores

    return max(1, min(4, cores()) if asked is None else asked)


def pick_device(device: str) -> str:
    """ "cpu" or "cuda"; "auto" takes the GPU where torch sees one. Asking for an absent one is an error.

    Torch, which takes a second to load, is asked only where there may be one.
    """
    if device == "cpu":
        return device
    if device not in ("auto", "cuda"):
        raise CinetrajError(f"device is {device!r}, expected auto, cpu or cuda")
    from sfm.processes.gpu import may_be_there

    if device == "auto" and not may_be_there():
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise CinetrajError("device cuda was asked for, but torch sees no GPU here; use --device cpu or auto")
    return "cpu"
