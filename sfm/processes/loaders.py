"""Modules of libraries that are loaded in another way than their own, in a process of ours."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

Loading = Callable[[Loader], Loader]
"""From a module's own loader to the one that takes its place."""


class Instead(Loader):
    """In the place of a module's own loader, which makes the module; what is run when is for `exec_module`."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)


class _There(Loader):
    """Of a part that its package has loaded meanwhile, as it was asked where its parts are: there is one of it."""

    def __init__(self, module: ModuleType) -> None:
        self.module, self.spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec


class _Finder:
    def __init__(self, loading: Mapping[str, Loading]) -> None:
        self.loading = dict(loading)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As `importlib.abc.MetaPathFinder`; None for all other modules."""
        if target is None and fullname in sys.modules and fullname.rpartition(".")[0] in self.loading:
            return ModuleSpec(fullname, _There(sys.modules[fullname]))
        if fullname not in self.loading:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = self.loading[fullname](spec.loader)
        return spec


def load_by(loading: Mapping[str, Loading]) -> None:
    """From now on these modules are loaded so, where they have not been. Asked for again, it changes nothing."""
    if not any(isinstance(finder, _Finder) and finder.loading.keys() >= loading.keys() for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(loading))
