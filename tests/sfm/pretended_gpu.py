"""A GPU that is none: tensors that say they are on another device and compute on the CPU, as strict as real ones.

What mixes devices, or looks into a tensor without fetching it first, fails as it would on a GPU. The device is called
"meta": of all that torch knows in a build for CPUs it is the only other one that can be asked for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch.utils import _pytree
from torch.utils._python_dispatch import TorchDispatchMode

GPU = torch.device("meta")
MIX = ("copy_", "index", "index_put_", "_index_put_impl_")
"""Operations that take tensors of both devices."""


class Pretended(torch.Tensor):
    """A tensor on the pretended GPU; `held` is where it truly is."""

    __module__ = "torch"  # by which arrays are told apart
    held: torch.Tensor

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> "Pretended":
        made = torch.Tensor._make_wrapper_subclass(
            cls, held.shape, strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype, device=GPU
        )
        made.held = held
        return made

    def new_tensor(self, data: Any, **kwargs: Any) -> torch.Tensor:
        return torch.tensor(data, **{"dtype": self.dtype, "device": self.device, **kwargs})

    def tolist(self) -> Any:
        return self.held.tolist()

    def __repr__(self) -> str:
        return f"Pretended({self.held!r})"

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(function, args, kwargs or {})


def _computed(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """What an operation gives, on the device where its tensors, or its own argument, put it."""
    every = [each for each in _pytree.tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)]
    there = [each for each in every if isinstance(each, Pretended)]
    name = function.overloadpacket.__name__
    if any(each.device == GPU and not isinstance(each, Pretended) for each in every):
        raise RuntimeError(f"{name}: a list that is an index is copied to the GPU at every call; make it a tensor")
    strange = [each for each in every if not isinstance(each, Pretended) and each.ndim]
    if there and strange and name not in MIX:
        raise RuntimeError(f"{name}: tensors on the GPU and on cpu ({[tuple(each.shape) for each in strange]})")
    asked = [each for each in _pytree.tree_leaves((args, kwargs)) if isinstance(each, torch.device)]
    goes = asked[0].type == GPU.type if asked else bool(there)
    args, kwargs = _pytree.tree_map_only(torch.device, lambda _: torch.device("cpu"), (args, kwargs))
    args, kwargs = _pytree.tree_map_only(Pretended, lambda each: each.held, (args, kwargs))
    found = function(*args, **kwargs)
    if asked and not goes:
        return found.clone() if name == "to" else found
    own = {id(each.held): each for each in there}  # what is written in place stays what it was

    def there_again(each: torch.Tensor) -> torch.Tensor:
        return own[id(each)] if id(each) in own else Pretended(each) if goes else each

    return _pytree.tree_map_only(torch.Tensor, there_again, found)


class _Mode(TorchDispatchMode):
    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(function, args, kwargs or {})


@contextmanager
def pretended_gpu() -> Iterator[None]:
    """Inside of the block `GPU` is one."""
    with (
        patch.object(torch, "tensor", _first_on_the_cpu(torch.tensor)),
        patch.object(torch, "as_tensor", _first_on_the_cpu(torch.as_tensor)),
        _Mode(),
    ):
        yield


def _first_on_the_cpu(make: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """What makes tensors of lists does so beneath all modes."""

    def made(data: Any, *, device: Any = None, **kwargs: Any) -> torch.Tensor:
        found = data if isinstance(data, Pretended) and not kwargs else make(data, **kwargs)
        return found if device is None else found.to(device)

    return made
