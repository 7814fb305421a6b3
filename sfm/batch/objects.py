"""Runs in an object store, through fsspec: there is no rename, so a run is whole when its run.json is there, the last.

What a killed upload leaves behind has no run.json: it is no run, and the next one overwrites it.
"""

import json
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, final

from sfm.batch import store
from sfm.batch.manifest import MANIFEST_FILE, parse
from sfm.batch.object_log import ObjectLog, beat_of, is_fresh, open_log
from sfm.batch.places import told
from sfm.batch.reach import file_system, reached
from sfm.processes.scratch import scratch
from sfm.runs.folder import RUN_FILE


@final
class ObjectPlace:
    """Runs below an address such as s3://bucket/runs. A class because a connection is state."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._fs, self._root = file_system(self.address)

    def where(self, name: str) -> str:
        """The address of a run."""
        return f"{self.address}/{name}"

    def exists(self) -> bool:
        """Whether anything lies there."""
        return bool(self._listed(self._root))

    def require_free(self, names: Iterable[str]) -> None:
        """Raises PlaceError where the store cannot be reached; what lies there besides runs is never touched."""
        self._listed(self._root)

    def log(self) -> AbstractContextManager[ObjectLog]:
        """The log: objects below the name that the manifest of a folder has."""
        return open_log(self._fs, f"{self._root}/{MANIFEST_FILE}", self.address)

    def events(self) -> tuple[list[dict[str, Any]], int]:
        """What was logged; parts of the log sort by time."""
        parts = sorted(p for p in self._listed(f"{self._root}/{MANIFEST_FILE}") if p.endswith(".jsonl"))
        found = self._contents(parts)
        return parse(b"\n".join(found[part] for part in parts if part in found))

    def running(self) -> bool:
        """Whether a batch has told lately that it is at work."""
        with reached(self.address):
            return is_fresh(beat_of(self._fs, f"{self._root}/{MANIFEST_FILE}"))

    def names(self) -> list[str]:
        """Of all runs."""
        return sorted(self.records(self._children()))

    def records(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Those that are there and can be read."""
        files = {f"{self._root}/{name}/{RUN_FILE}": name for name in names}
        found: dict[str, dict[str, Any]] = {}
        texts = self._contents(list(files))
        for file, name in files.items():  # in the order of the names
            try:
                found[name] = json.loads(texts[file])
            except (KeyError, ValueError):
                continue
        return found

    def stored(self) -> dict[str, store.Stored]:
        """The whole runs of batches."""
        each = self.records(self._children()).items()
        return {name: run for name, record in each if (run := store.stored_of(name, record)) is not None}

    def stored_one(self, name: str) -> store.Stored | None:
        """The run of a name."""
        record = self.records([name]).get(name)
        return None if record is None else store.stored_of(name, record)

    def sweep(self, names: frozenset[str]) -> None:
        """Nothing to do: see above."""

    def copy(self, source: str, target: str, clip: str) -> None:
        """A copy with the name and path of the other clip."""
        with self.fetched(source) as folder:
            self.put(target, lambda new: store.copy_run(folder, new, clip))

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        """Written into a temporary folder of this machine, then sent."""
        with scratch() as home:
            folder = home / name
            with told(home):
                write(folder)
            with reached(self.address):
                self._send(folder, f"{self._root}/{name}")

    @contextmanager
    def fetched(self, name: str) -> Generator[Path]:
        """A run in a temporary folder."""
        with scratch() as here:
            home = f"{self._root}/{name}"
            with reached(self.address):
                for file in self._fs.find(home):
                    local = here / name / str(file).removeprefix(home).lstrip("/")
                    local.parent.mkdir(parents=True, exist_ok=True)
                    local.write_bytes(self._fs.cat_file(file))
            yield here / name

    def _send(self, folder: Path, home: str) -> None:
        """A run that is there is none any more before the first object changes, and the new one with the last."""
        before = {str(path) for path in self._fs.find(home)}
        replaces = f"{home}/{RUN_FILE}" in before
        if replaces:
            self._fs.rm_file(f"{home}/{RUN_FILE}")
        files = {f"{home}/{p.relative_to(folder).as_posix()}": p for p in folder.rglob("*") if p.is_file()}
        last = files.pop(f"{home}/{RUN_FILE}")
        for path, file in files.items():
            self._fs.put_file(str(file), path)
        for path in sorted(before - set(files) - {f"{home}/{RUN_FILE}"}) if replaces else ():
            self._fs.rm_file(path)  # of the run that this one replaces
        self._fs.pipe_file(f"{home}/{RUN_FILE}", last.read_bytes())

    def _children(self) -> list[str]:
        names = [path.rpartition("/")[2] for path in self._listed(self._root)]
        return sorted(name for name in names if name and name != MANIFEST_FILE)

    def _listed(self, path: str) -> list[str]:
        with reached(self.address):
            try:
                return [str(each).rstrip("/") for each in self._fs.ls(path, detail=False)]
            except FileNotFoundError:
                return []

    def _contents(self, paths: list[str]) -> dict[str, bytes]:
        """Of those that are there; any other error is one."""
        if not paths:
            return {}
        with reached(self.address):
            # Not `cat`: it takes names for patterns, and a clip called "film [1080p]" matches itself in none.
            got: list[Any] = self._fs.cat_ranges(paths, None, None, on_error="return")
            for problem in got:
                if isinstance(problem, Exception) and not isinstance(problem, FileNotFoundError):
                    raise problem
        return {path: data for path, data in zip(paths, got, strict=True) if isinstance(data, bytes)}
