"""The log of a batch in an object store, where nothing can be appended to: parts that are written anew as they fill.

Who is at work says so every few seconds in an object of its own; when that falls silent, the next batch may take over.
Events of the last moment may be lost with a kill: the runs are the truth, and the next call logs what it finds.
"""

import json
import socket
import threading
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, final

from sfm.batch.manifest import line_of
from sfm.batch.reach import reached
from trajectory.errors import CinetrajError

BEAT_FILE = "running.json"
BEAT_S = 5.0
SILENT_S = 20.0
"""After so long a silence nobody is at work any more."""
LINES = 2000
"""Of a part of the log: some 600 KB."""


@final
class ObjectLog:
    """An open log; only `open_log` makes one. A class because the lines that are not sent yet are state."""

    def __init__(self, fs: Any, folder: str, address: str) -> None:
        self._fs, self._folder, self._address = fs, folder, address
        self._token = uuid.uuid4().hex[:8]
        self._start, self._part = int(1000 * time.time()), 0
        self._lines: list[bytes] = []
        self._unsent = False
        self._guard = threading.Lock()
        self._problem: CinetrajError | None = None

    def append(self, event: str, *, sync: bool = True, **values: Any) -> None:
        """Add an event; it is sent within moments."""
        if self._problem is not None:
            raise self._problem
        with self._guard:
            self._lines.append(line_of(event, values))
            self._unsent = True
        if len(self._lines) >= LINES:
            self.send()
            with self._guard:
                self._part += 1
                self._lines.clear()

    def send(self) -> None:
        """Write the part that has changed."""
        with self._guard:
            if not self._unsent:
                return
            name = f"{self._folder}/{self._start:015d}-{self._token}-{self._part:06d}.jsonl"
            with reached(self._address):  # guarded: an older state must not arrive after a newer one
                self._fs.pipe_file(name, b"".join(self._lines))
            self._unsent = False

    def beat(self, *, first: bool = False) -> None:
        """Say that this batch is at work; the first to say so has the log.

        Raises CinetrajError for the second, and for one that was silent for so long that another has taken over.
        """
        said = {"token": self._token, "host": socket.gethostname(), "time": time.time()}
        path, data = f"{self._folder}/{BEAT_FILE}", json.dumps(said).encode()
        with reached(self._address):
            if not first:
                if not self.is_ours():
                    raise _taken_over(self._address, beat_of(self._fs, self._folder))
                self._fs.pipe_file(path, data)
                return
            try:
                self._fs.pipe_file(path, data, mode="create")
            except FileExistsError:
                raise _in_use(self._address, beat_of(self._fs, self._folder)) from None

    def is_ours(self) -> bool:
        """Whether the last that was said to be at work is this batch."""
        beat = beat_of(self._fs, self._folder)
        return beat is not None and beat["token"] == self._token

    def keep(self, stop: threading.Event) -> None:
        """Send and beat until told to stop; a problem is raised by the next `append`."""
        while not stop.wait(BEAT_S):
            try:
                self.send()
                self.beat()
            except CinetrajError as problem:
                self._problem = problem


@contextmanager
def open_log(fs: Any, folder: str, address: str) -> Generator[ObjectLog]:
    """The log in a folder of a store, for this process alone. Raises CinetrajError where another batch has it."""
    with reached(address):
        _wait_for_silence(fs, folder, address)
    log, stop = ObjectLog(fs, folder, address), threading.Event()
    log.beat(first=True)
    keeper = threading.Thread(target=log.keep, args=(stop,), daemon=True)
    keeper.start()
    try:
        yield log
    finally:
        stop.set()
        keeper.join()
        log.send()
        with reached(address):
            if log.is_ours():
                fs.rm_file(f"{folder}/{BEAT_FILE}")


def beat_of(fs: Any, folder: str) -> dict[str, Any] | None:
    """What the batch at work has said last."""
    try:
        return json.loads(fs.cat_file(f"{folder}/{BEAT_FILE}"))
    except FileNotFoundError:
        return None


def is_fresh(beat: dict[str, Any] | None) -> bool:
    """Whether it was said lately, by the clocks of both machines."""
    return beat is not None and time.time() - float(beat["time"]) < SILENT_S


def _wait_for_silence(fs: Any, folder: str, address: str) -> None:
    """Until a batch that has said it is at work says so again, or has been silent for too long: no clocks compared."""
    first, until = beat_of(fs, folder), time.monotonic() + SILENT_S
    while first is not None and time.monotonic() < until:
        time.sleep(BEAT_S / 5)
        now = beat_of(fs, folder)
        if now is not None and now != first:
            raise _in_use(address, now)
        if now is None:
            return
    if first is not None:
        fs.rm_file(f"{folder}/{BEAT_FILE}")


def _in_use(address: str, beat: dict[str, Any] | None) -> CinetrajError:
    host = "another machine" if beat is None else beat["host"]
    return CinetrajError(f"{address} is in use by another batch on {host}; wait for it, or choose another folder")


def _taken_over(address: str, beat: dict[str, Any] | None) -> CinetrajError:
    host = "" if beat is None else f" on {beat['host']}"
    return CinetrajError(
        f"{address} was taken over by another batch{host} while this one was silent; the same command goes on after it"
    )
