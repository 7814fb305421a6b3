"""How the inner loops are compiled, and where the machine code is kept."""

import hashlib
import inspect
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, NullCache
from numba.core.environment import Environment
from numba.core.runtime.nrt import rtsys

Function = TypeVar("Function", bound=Callable[..., Any])

_ROOT = Path(__file__).parents[2]
REORDER = {"reassoc", "contract", "nsz", "arcp"}
"""Sums may be taken in another order, so that they fill vector registers. Then x - x is 0 whatever x is, so that
np.isfinite cannot be asked; comparisons can."""
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": REORDER, "forceinline": True}
"""Inlined: else a process that has made a callee's code calls that, and one that finds the caller's on disk calls the
copy in there, where sums are taken in another order: two processes would differ in the last bits."""


def compiled(function: Function) -> Function:
    """The function as machine code, made at the first call and kept beside its module for later processes."""
    plain = inspect.unwrap(function)  # without the type checks that tests put around every function
    dispatcher: Any = numba.njit(**OPTIONS)(plain)
    with suppress(RuntimeError):  # there is no folder that could keep them: each process compiles anew
        dispatcher._cache = _Cache(plain)  # what `cache=True` does, with another name for the files
    return dispatcher


def kept_in() -> Path | None:
    """The folder that keeps machine code of these loops; None where each process compiles anew."""
    dispatcher: Any = compiled(_probe)
    return None if isinstance(dispatcher._cache, NullCache) else Path(dispatcher._cache.cache_path)


def _probe() -> int:
    return 0


class _Files(CompileResultCacheImpl):
    def __init__(self, function: Callable[..., Any]) -> None:
        self._sources = sources(Path(function.__code__.co_filename))
        super().__init__(function)

    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        """numba looks at the file of a function alone; its code holds that of the functions it calls as well."""
        return f"{super().get_filename_base(fullname, abiflags)}-{self._sources}"

    def reduce(self, data: Any) -> Any:
        """What is kept, without the environments that hold nothing: numba writes one for each of its own functions
        that a loop has taken in, and to read it again imports the module of each."""
        return tuple(
            tuple(each for each in part if each.consts) if _are_environments(part) else part
            for part in super().reduce(data)
        )


class _Cache(FunctionCache):
    _impl_class = _Files

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What is kept of a loop, without numba's tables of what it can compile: these take longer to load than all
        machine code here, and only a loop that has to be compiled asks for them (numba does that by itself)."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def _are_environments(part: Any) -> bool:
    return isinstance(part, tuple) and bool(part) and all(isinstance(each, Environment) for each in part)


def sources(path: Path) -> str:
    """Digest of what the machine code of a module can be made from: its own room, and that of the adjuster."""
    return _digest(_ROOT / path.relative_to(_ROOT).parts[0])


@cache
def _digest(room: Path) -> str:
    files = sorted({*room.rglob("*.py"), *Path(__file__).parents[1].rglob("*.py")})
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
