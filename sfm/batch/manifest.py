"""The log of a batch: one JSON object a line, appended and synced, readable after a kill at any instant.

The runs themselves are the truth of what is done; the manifest says what was asked for, started, finished and why not.
"""

import errno
import fcntl
import json
import os
import time
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast, final, runtime_checkable

from trajectory.errors import CinetrajError

MANIFEST_FILE = "manifest.jsonl"
LOCK_WAIT_S = 3.0
"""A batch that was just killed may take a moment to let go."""
NO_LOCKS = frozenset((errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP))
"""What a file system says that has none: Lustre mounted without `flock`, NFS without its lock service."""


@runtime_checkable
class Log(Protocol):
    """Where the events of a batch go."""

    def append(self, event: str, *, sync: bool = True, **values: Any) -> None:
        """Add an event; one that may be lost has `sync=False`."""
        ...


@final
@dataclass(frozen=True, kw_only=True)
class Manifest:
    """An open manifest; only `open_manifest` makes one."""

    descriptor: int
    path: Path

    def append(self, event: str, *, sync: bool = True, **values: Any) -> None:
        """Add a line; it is on the disk when this returns, but for those that may be lost (`sync=False`)."""
        data = line_of(event, values)
        try:
            while data:
                data = data[os.write(self.descriptor, data) :]
            if sync:
                os.fsync(self.descriptor)
        except OSError as error:
            raise CinetrajError(
                f"{self.path} cannot be written ({error.strerror}); "
                "put that right, then give the same command: it goes on"
            ) from error


@contextmanager
def open_manifest(folder: Path) -> Generator[Manifest, None, None]:
    """The manifest of a folder of runs, for this process alone. Raises CinetrajError where another batch has it."""
    path = folder / MANIFEST_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise CinetrajError(f"{path} cannot be written ({error.strerror}); choose another folder") from error
    try:
        _lock(descriptor, path)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            os.write(descriptor, b"\n")  # a line that was torn by a kill stays alone on its line
        yield Manifest(descriptor=descriptor, path=path)
    finally:
        os.close(descriptor)


def read_events(folder: Path) -> tuple[list[dict[str, Any]], int]:
    """All whole lines, in order, and how many were torn."""
    path = folder / MANIFEST_FILE
    return parse(path.read_bytes()) if path.is_file() else ([], 0)


def line_of(event: str, values: Mapping[str, Any]) -> bytes:
    """The line of an event that happens now."""
    text = json.dumps({"event": event, "time": round(time.time(), 3), **values}, allow_nan=False)
    return text.encode() + b"\n"


def parse(data: bytes) -> tuple[list[dict[str, Any]], int]:
    """All whole lines, in order, and how many were torn."""
    events: list[dict[str, Any]] = []
    torn = 0
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        try:
            value: Any = json.loads(line)
        except ValueError:  # includes bytes that are no UTF-8
            torn += 1
            continue
        event = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        if isinstance(event.get("event"), str):
            events.append(event)
        else:
            torn += 1
    return events, torn


def is_running(folder: Path) -> bool:
    """Whether a batch is at work on this folder now."""
    path = folder / MANIFEST_FILE
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
    return False


def _lock(descriptor: int, path: Path) -> None:
    until = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise CinetrajError(
                    f"{path} is in use by another batch; wait for it, or choose another folder"
                ) from None
            time.sleep(0.1)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            warnings.warn(
                f"{path} cannot be locked ({error.strerror}): see to it yourself that no second batch is at work here",
                stacklevel=2,
            )
            return
