"""Modules that libraries load on their way and our commands do not use: run once something of them is used."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import _bootstrap, import_module
from importlib.abc import Loader
from importlib.util import find_spec
from threading import get_ident
from types import ModuleType
from typing import Any, cast

from sfm.processes.loaders import Instead, load_by

NAMES = ("numpy.f2py", "numpy.testing", "scipy.sparse", "yaml", "docstring_parser")
"""SciPy takes all names of NumPy, its compiler of Fortran and its helpers for tests among them, and its trees sparse
matrices; numba looks for a file of settings that is hardly ever there; tyro reads descriptions for those who ask for
help. A tenth of a second together."""
PACKAGES = ("scipy.spatial", "scipy.linalg", "scenedetect")
"""Of these we use parts, which do not need the rest: rotations, not trees, hulls and special functions; LAPACK;
detectors, not readers of films and writers of pages."""
TAKEN = {
    "jaxtyping._import_hook": ("install_import_hook", "JaxtypingTransformer", "Typechecker"),
    "scipy.spatial.transform._rotation_spline": ("RotationSpline",),
    "scipy.spatial.transform._rigid_transform": ("RigidTransform",),
    "tqdm.auto": ("tqdm", "trange"),
}
"""Modules of which others take things by name that few of our commands use, if any. With the first comes the standard
library's way to stand in for objects in tests, with that and with the last all of asyncio."""

_IMPORTS: Any = _bootstrap
_RUNNING: dict[str, tuple[int]] = {}


@contextmanager
def _alone(name: str, *, waits: bool = True) -> Generator[bool]:
    """Whether a module may be run now, which no other thread does meanwhile; this waits for one that does.

    By a lock as Python has one for each import: it is not waited for where its holder waits for an import of this
    thread, nor do modules wait that have nothing to do with each other. Then, and while this thread runs it: False.

    Args:
        waits: else False while any thread runs it.
    """
    lock, own = _IMPORTS._get_module_lock(f"{name}, postponed"), (get_ident(),)
    try:
        while (at_it := _RUNNING.setdefault(name, own)) is not own:
            if not waits or at_it == own:
                yield False
                return
            try:
                lock.acquire()
            except _IMPORTS._DeadlockError:
                yield False
                return
            lock.release()  # it has run, or is not begun: who is at it says so first, and then takes the lock
        lock.acquire()
        try:
            yield True
        finally:
            lock.release()
    finally:
        if _RUNNING.get(name) is own:
            del _RUNNING[name]


def _asked(module: ModuleType, loader: Loader, name: str, ran: Callable[[str], Any]) -> Any:
    """What a module has under a name once it has run, which it does once.

    Args:
        ran: its `__getattr__` before that.
    """
    with _alone(module.__name__) as runs:
        if runs and vars(module).get("__getattr__") is ran:
            loader.exec_module(module)
            if vars(module).get("__getattr__") is ran:  # else it has one of its own
                del module.__getattr__
    if vars(module).get("__getattr__") is ran:  # it is at it, and not that far
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
    return getattr(module, name)


class _LazyModule(ModuleType):
    """Runs as anything is asked of it, also where its parts are: those begin behind it. As of `LazyLoader`, whose
    modules show other threads what there is of them halfway, or hold them up for ever, by the version of Python.

    While another thread runs it, its parts do not wait for its end, as Python's own do not: it may need them for that.
    """

    def __getattribute__(self, name: str) -> Any:
        own, this = super().__getattribute__, cast("Any", self)
        if name not in ("__spec__", "__dict__", "__class__"):  # Python itself looks for these
            spec = own("__spec__")
            with _alone(spec.name, waits=name != "__path__") as runs:
                if runs and type(self) is _LazyModule:
                    spec.loader.exec_module(self)
                    this.__class__ = ModuleType
        return own(name)


class _Later(Instead):
    """Of a module that runs as the first thing is asked of it."""

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self.loader
        module.__class__ = _LazyModule


class _Parts(Instead):
    """Of a package that runs as the first thing is asked of it that is no part."""

    def exec_module(self, module: ModuleType) -> None:
        def ran(name: str) -> Any:
            part = f"{module.__name__}.{name}"
            if name.startswith("__"):  # Python itself looks for these
                raise AttributeError(name)
            if find_spec(part) is not None:
                return import_module(part)
            if name.startswith("_"):  # a part that this build has not, and the parts that there are ask for
                raise AttributeError(name)
            return _asked(module, self.loader, name, ran)

        module.__getattr__ = ran


class _Taken(Instead):
    """Of a module that runs as something is asked of it that nothing stands in for, or of what stands in."""

    def exec_module(self, module: ModuleType) -> None:
        def ran(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return _asked(module, self.loader, name, ran)

        module.__getattr__ = ran
        for name in TAKEN[module.__name__]:
            setattr(module, name, _StandIn(partial(ran, name)))


class _StandIn:
    def __init__(self, ran: Callable[[], Any]) -> None:
        self._ran = ran

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._ran()(*given, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ran(), name)

    def __mro_entries__(self, _: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self._ran(),)  # a class of the hub's client is made of this one

    def __instancecheck__(self, one: Any) -> bool:
        return isinstance(one, self._ran())


def postpone(names: Sequence[str] = NAMES) -> None:
    """From now on these modules run as their first attribute is asked for, those of `PACKAGES` as
    anything is that is no part, and those of `TAKEN` as it is used, where they have not run. For a process of ours,
    such as a command: whoever imports our packages keeps Python's ways."""
    load_by(dict.fromkeys(names, _Later) | dict.fromkeys(PACKAGES, _Parts) | dict.fromkeys(TAKEN, _Taken))
