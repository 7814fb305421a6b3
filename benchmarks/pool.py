"""Runs tasks in worker processes that may crash or hang without taking the run with them."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, final

WORKER = Path(__file__).with_name("worker.py")
START_S = 120.0
"""Added to the limit of the first clip of a worker: imports and, on the first run, rendering."""


def run(
    tasks: list[dict[str, Any]], *, jobs: int, cache: Path, tell: Callable[[dict[str, Any]], None]
) -> list[dict[str, Any]]:
    """One row for each task, in the order of the tasks.

    A task that kills its process, or takes longer than its own `limit_s` (rendering included), gets a row with
    status "crashed" or "timeout"; the rest goes on in a new process.
    """
    rows: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        lanes = [_Lane(tasks[k::jobs], Path(folder) / str(k), cache) for k in range(min(jobs, len(tasks)))]
        try:
            while any(not lane.done for lane in lanes):
                for lane in lanes:
                    for row in lane.poll():
                        rows[row["key"]] = row
                        tell(row)
                time.sleep(0.1)
        finally:
            for lane in lanes:
                lane.stop()
    return [rows[task["key"]] for task in tasks]


@final
class _Lane:
    """One worker at a time, and the tasks that it still has to do."""

    def __init__(self, tasks: list[dict[str, Any]], folder: Path, cache: Path) -> None:
        folder.mkdir()
        self._tasks, self._folder, self._cache = list(tasks), folder, cache
        self._rows, self._read, self._process = folder / "rows.jsonl", 0, None
        self._rows.touch()

    @property
    def done(self) -> bool:
        return not self._tasks

    def poll(self) -> list[dict[str, Any]]:
        """Rows that have come since the last call; starts and replaces the worker as needed."""
        if self.done:
            return []
        if self._process is None:
            self._start()
            return []
        exited = self._process.poll()
        found = self._new_rows()
        if found:
            del self._tasks[: len(found)]
        if self.done:
            self.stop()
        elif found:
            self._deadline = time.monotonic() + self._tasks[0]["limit_s"]
        elif exited is not None:
            found.append(self._give_up("crashed", f"worker ended with code {exited}: {self._last_words()}"))
        elif time.monotonic() > self._deadline:
            self.stop()
            found.append(self._give_up("timeout", f"not done within {self._tasks[0]['limit_s']:.0f} s"))
        return found

    def _start(self) -> None:
        job = self._folder / "tasks.json"
        job.write_text(json.dumps(self._tasks))
        threads = str(self._tasks[0]["threads"])
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        environment = {**os.environ, **dict.fromkeys(names, threads)}
        command = [sys.executable, str(WORKER), str(job), str(self._rows), str(self._cache)]
        with (self._folder / "log.txt").open("w") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self._deadline = time.monotonic() + self._tasks[0]["limit_s"] + START_S

    def _new_rows(self) -> list[dict[str, Any]]:
        with self._rows.open() as stream:
            stream.seek(self._read)
            text = stream.read()
        complete = text[: text.rfind("\n") + 1]
        self._read += len(complete.encode())
        return [json.loads(line) for line in complete.splitlines()]

    def _give_up(self, status: str, reason: str) -> dict[str, Any]:
        task = self._tasks.pop(0)
        self._process = None
        entry = task["entry"]
        named = {"key": task["key"], "id": entry["id"], "kind": entry["kind"], "variant": task["variant"]}
        return {**named, "status": status, "reason": reason}

    def _last_words(self) -> str:
        lines = (self._folder / "log.txt").read_text(errors="replace").strip().splitlines()
        return lines[-1][-300:] if lines else "(silent)"

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._process = None
