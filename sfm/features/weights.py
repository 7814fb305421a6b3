"""Trained weights: from a local file or their hub, never half loaded, never code from a pickle."""

import hashlib
import socket
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trajectory.errors import CinetrajError

INERT = ("num_batches_tracked", "dkd.hw_grid", "confidence_thresholds")
"""Buffers that inference does not read, or that follow from the image size or from the number of layers: published
files may lack them."""
PATIENCE_S = 30.0
"""Without a word from a hub: where a firewall drops what is sent or a proxy never answers, torch waits for ever."""


def local_file(weights: Path | None, names: Sequence[str], option: str = "--weights") -> Path | None:
    """The file that `--weights` (or another option) means for a model published under one of `names`; None: the hub.

    A file stands for itself; in a folder the first of `names` that exists is taken. Raises CinetrajError where
    there is none: nothing else is substituted.
    """
    if weights is None:
        return None
    path = Path(weights)
    if path.is_file():
        return path
    wanted = " or ".join(names)
    if not path.is_dir():
        raise CinetrajError(f"weights {path} do not exist; give a file, or a folder that holds {wanted}")
    for name in names:
        if (path / name).is_file():
            return path / name
    raise CinetrajError(f"weights folder {path} does not hold {wanted}; add it, or leave {option} out to download it")


def downloaded(urls: Sequence[str], sha256: str, *, model_name: str, option: str = "--weights") -> Path:
    """A published file in torch's cache, from the first of `urls` that gives the one with this digest."""
    import torch

    target = _kept(urls[0])
    if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == sha256:
        return target
    problems: list[Exception] = []
    for url in urls:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with _patience():
                torch.hub.download_url_to_file(url, str(target), hash_prefix=sha256, progress=False)
            return target
        except Exception as problem:  # network, disk and digest alike: the next mirror may work
            problems.append(problem)
    raise _not_downloaded(model_name, urls, problems[-1], option)


def load(
    model: Any,
    file: Path | None,
    urls: Sequence[str],
    *,
    model_name: str,
    sha256_of_others: Mapping[str, str],
    own_key: Callable[[str], str | None] = lambda key: key,
):
    """`model` with the trained values of `file` (or of the hub), in evaluation mode, without gradients.

    Args:
        own_key: the model's name of a tensor from the file's; None where it belongs to another model of the same file.
        sha256_of_others: digest -> name of published files with the same shapes that belong to another model. Raises
            CinetrajError in one line where the file cannot be read, belongs to another model, or leaves a parameter
            without a trained value.
    """
    import torch

    if file is not None:
        state, source, remedy = _read(file, model_name), str(file), f"give the published file of {model_name}"
    else:
        state, file = _from_hub(urls, model_name)
        source, remedy = f"{file} (torch keeps it from a download)", _again(model_name)
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if sha256_of_others else ""
    other = sha256_of_others.get(digest)
    if other is not None:
        raise CinetrajError(f"weights {source} are those of {other}, not of {model_name}; {remedy}")
    for key in ("state_dict", "model", "extractor"):
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            state = state[key]
            break
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CinetrajError(f"weights {source} hold no table of tensors; {remedy}")
    state = {name: value for key, value in state.items() if (name := own_key(key)) is not None}
    expected = model.state_dict()
    missing = [key for key in expected if key not in state and not key.endswith(INERT)]
    strange = [key for key in state if key not in expected]
    reshaped = [key for key in expected if key in state and state[key].shape != expected[key].shape]
    problems = [
        f"{len(keys)} tensors {what} (first: {keys[0]})"
        for keys, what in ((missing, "are missing"), (strange, "are unknown"), (reshaped, "have another shape"))
        if keys
    ]
    if problems:
        raise CinetrajError(f"weights {source} do not fit {model_name}: {', '.join(problems)}; {remedy}")
    model.load_state_dict(state, strict=False)
    return model.eval().requires_grad_(False)


def _read(file: Path, model_name: str) -> Any:
    import torch

    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as problem:  # torch raises a dozen types for a file that is no checkpoint
        raise CinetrajError(
            f"weights {file} cannot be read as a PyTorch checkpoint of plain tensors"
            f" ({type(problem).__name__}); give the published file of {model_name}"
        ) from problem


def _from_hub(urls: Sequence[str], model_name: str) -> tuple[Any, Path]:
    """What the first of `urls` gives that can be read, and the file in which torch keeps it."""
    import torch

    problems: list[Exception] = []
    for url in urls:
        kept = _kept(url)
        earlier = kept.is_file()
        try:
            with _patience():
                state = torch.hub.load_state_dict_from_url(url, map_location="cpu", progress=False, weights_only=True)
        except Exception as problem:  # network, disk and archive errors alike: the next mirror may work
            if earlier:
                raise CinetrajError(
                    f"weights {kept} (torch keeps them from a download) cannot be read as a PyTorch checkpoint of plain"
                    f" tensors ({type(problem).__name__}); {_again(model_name)}"
                ) from problem
            kept.unlink(missing_ok=True)  # such as the page of a proxy: kept, it would stand for all mirrors
            problems.append(problem)
        else:
            return state, kept
    raise _not_downloaded(model_name, urls, problems[-1], "--weights")


def _kept(url: str) -> Path:
    """Where torch keeps a download."""
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]


def _again(model_name: str) -> str:
    return f"remove that file, so that it is downloaded anew, or give the published file of {model_name}"


@contextmanager
def _patience() -> Generator[None]:
    """In the block a connection that says nothing ends with an error; torch has no option for that."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _not_downloaded(model_name: str, urls: Sequence[str], problem: Exception, option: str) -> CinetrajError:
    said = f"{type(problem).__name__}: {problem}".splitlines()[0]
    return CinetrajError(
        f"weights of {model_name} could not be downloaded from {' or '.join(urls)} ({said});"
        f" download them elsewhere and give the folder that holds those of all parts with {option}, or their file where"
        " nothing else has weights"
    )
