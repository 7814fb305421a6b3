"""Where the runs of a batch lie: a folder, or below an address of an object store. One port for both."""

import errno
import json
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol, final, runtime_checkable

from sfm.batch import manifest, store
from sfm.runs import folder as runs
from trajectory.errors import CinetrajError

NO_FAULT_OF_THE_CLIP = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.EACCES, errno.ENOTCONN, errno.EHOSTDOWN)
)


class PlaceError(CinetrajError):
    """Results cannot be written or read: the batch ends, and goes on from there once they can."""


@runtime_checkable
class Place(Protocol):
    """Runs by name, and the log of the batch. Every change is whole or has not happened."""

    @property
    def address(self) -> str:
        """What `place_of` makes this of, on any machine."""
        ...

    def where(self, name: str) -> str:
        """The run, in words."""
        ...

    def exists(self) -> bool:
        """Whether something is there at all."""
        ...

    def require_free(self, names: Iterable[str]) -> None:
        """Raises CinetrajError where a run cannot be written."""
        ...

    def log(self) -> AbstractContextManager[manifest.Log]:
        """The log, for this process alone. Raises CinetrajError where another batch has it."""
        ...

    def events(self) -> tuple[list[dict[str, Any]], int]:
        """What was logged, in order, and how many lines a kill has torn."""
        ...

    def running(self) -> bool:
        """Whether a batch is at work here now."""
        ...

    def names(self) -> list[str]:
        """Of all runs."""
        ...

    def records(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The content of run.json of those runs that are there."""
        ...

    def stored(self) -> dict[str, store.Stored]:
        """The whole runs of batches, by name."""
        ...

    def stored_one(self, name: str) -> store.Stored | None:
        """That of a name, None where it is not there or not whole."""
        ...

    def sweep(self, names: frozenset[str]) -> None:
        """Clear up after a kill."""
        ...

    def copy(self, source: str, target: str, clip: str) -> None:
        """The run of an equal clip under another name."""
        ...

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        """A run, which `write` writes into a folder. Raises PlaceError where that has no room or cannot be reached."""
        ...


def place_of(address: str | Path) -> Place:
    """The place of an address: a path, or PROTOCOL://... of any store that fsspec knows (s3, gs, ...)."""
    folder = folder_of(address)
    if folder is None:
        from sfm.batch.objects import ObjectPlace

        return ObjectPlace(str(address))
    return FolderPlace(folder)


def folder_of(address: str | Path) -> Path | None:
    """The folder that an address names: a path, file://... or local://... (fsspec's names of it); None of a store."""
    text = str(address).removeprefix("file://").removeprefix("local://")
    return None if "://" in text else Path(text)


@final
class FolderPlace:
    """Runs in a folder, on this machine or shared: a run is renamed into its place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.address = str(folder.absolute())

    def where(self, name: str) -> str:
        """The run's folder."""
        return str(self._folder / name)

    def exists(self) -> bool:
        """Whether it is a folder."""
        return self._folder.is_dir()

    def require_free(self, names: Iterable[str]) -> None:
        """Raises CinetrajError where something else is in the way."""
        for name in names:
            runs.require_free(self._folder / name)

    def log(self) -> AbstractContextManager[manifest.Manifest]:
        """The manifest."""
        return manifest.open_manifest(self._folder)

    def events(self) -> tuple[list[dict[str, Any]], int]:
        """The lines of the manifest."""
        return manifest.read_events(self._folder)

    def running(self) -> bool:
        """Whether a batch holds the manifest."""
        return manifest.is_running(self._folder)

    def names(self) -> list[str]:
        """Of the runs in the folder."""
        return sorted(path.name for path in runs.find_runs(self._folder) if path != self._folder)

    def records(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Those that can be read: another may be removed by hand, or being replaced."""
        found: dict[str, dict[str, Any]] = {}
        for name in names:
            try:
                found[name] = json.loads((self._folder / name / runs.RUN_FILE).read_bytes())
            except (OSError, ValueError):
                continue
        return found

    def stored(self) -> dict[str, store.Stored]:
        """The whole runs of batches."""
        return store.stored_runs(self._folder)

    def stored_one(self, name: str) -> store.Stored | None:
        """The run of a name."""
        return store.stored(self._folder / name)

    def sweep(self, names: frozenset[str]) -> None:
        """Half-written runs go, and one that was being replaced comes back."""
        store.sweep(self._folder, names)

    def copy(self, source: str, target: str, clip: str) -> None:
        """A copy with the name and path of the other clip."""
        with told(self._folder):
            store.copy_run(self._folder / source, self._folder / target, clip)

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        """Written where it belongs: `write` renames."""
        with told(self._folder):
            write(self._folder / name)


@contextmanager
def told(place: str | Path) -> Generator[None]:
    """What is wrong with a place in one line, with what to do; also where a writer has words of its own for it."""
    try:
        yield
    except (OSError, CinetrajError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(cause, OSError) or cause.errno not in NO_FAULT_OF_THE_CLIP:
            raise
        raise PlaceError(
            f"{place} cannot be written ({cause.strerror}); put that right, then give the same command: it goes on"
        ) from error
