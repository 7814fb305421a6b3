"""Many clips: worker processes, nothing computed twice, nothing lost, every failure on record."""

import os
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, final

from sfm import pipeline
from sfm.batch import keys, manifest, store, work
from sfm.batch.engines.local import Answer, Lane
from sfm.batch.engines.worker import encode_setup
from sfm.batch.inputs import Clip
from sfm.config import BatchConfig, EstimateConfig
from sfm.processes import system
from sfm.runs import build as records
from sfm.runs import folder as runs
from sfm.runs.versions import installed_versions
from trajectory.errors import CinetrajError
from trajectory.files import printable

MEMORY_SHARE = 0.8
"""Of the machine's memory, for all jobs together, where no limit is given."""
LIMIT_FAILURES = {"time limit": "time_s", "memory": "memory_gib"}
POLL_S = 0.1


@final
@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a clip. how: computed now, kept from before, or copied from an equal clip.

    Attributes:
        failure: "" where the estimator itself gave the verdict, else input, error, died, time limit or memory.
    """

    name: str
    source: str
    status: str
    reason: str
    failure: str
    how: Literal["computed", "kept", "copied"]
    seconds: float = 0.0


@final
@dataclass(frozen=True, kw_only=True)
class _Task:
    clip: Clip
    attempt: int = 1
    digest: str = ""
    key: str = ""
    before: str = ""
    started: float = 0.0


Tell = Callable[[Outcome], None]


def run_batch(
    clips: Iterable[Clip], out: str | Path, config: EstimateConfig, batch: BatchConfig, *, tell: Tell | None = None
) -> list[Outcome]:
    """Estimate every clip into `out/NAME`, in the order of the clips as far as jobs allow; resumes what was begun.

    Args:
        tell: called with each outcome as it comes. A clip that fails is an outcome and a run of status "failed". Raises
            CinetrajError where `out` cannot be used, or no worker can be started; KeyboardInterrupt passes through
            after the workers are stopped, and the same call continues.
    """
    folder, wanted = Path(out), list(clips)
    for clip in wanted:
        runs.require_free(folder / clip.name)
    if wanted and config.mask is not None and not Path(config.mask).is_dir():  # it fits all clips or none
        keys.mask_digest(wanted[0].path, config.mask, alone=len(wanted) == 1)
    return _Batch(wanted, folder, config, batch, tell or _silent).run()


def threads_of(config: EstimateConfig, jobs: int) -> int:
    """Threads of one job: what was asked for, else an equal share of the cores."""
    return config.threads or max(1, system.cores() // jobs)


@final
class _Batch:
    """The books of one batch while it runs."""

    def __init__(self, clips: list[Clip], out: Path, config: EstimateConfig, batch: BatchConfig, tell: Tell) -> None:
        self.clips, self.out, self.batch, self.tell = clips, out, batch, tell
        self.names = frozenset(clip.name for clip in clips)
        self.threads = threads_of(config, batch.jobs)
        self.config = replace(config, threads=self.threads)
        self.options, self.versions = keys.deciding(config), installed_versions()
        self.memory_bytes = self._memory()
        self.limits = {"time_s": batch.time_limit_s, "memory_gib": round((self.memory_bytes or 0) / 2**30, 3)}
        self.outcomes: dict[str, Outcome] = {}
        self.waiting: dict[str, list[_Task]] = {}
        self.pending = deque(_Task(clip=clip) for clip in clips)

    def run(self) -> list[Outcome]:
        with manifest.open_manifest(self.out) as self.log:
            store.sweep(self.out, self.names)
            events, _ = manifest.read_events(self.out)
            self.digests = {e["source"]: (e["stamp"], e["sha256"]) for e in events if e["event"] == "start"}
            self.logged = {(e["name"], e["key"]) for e in events if e["event"] == "done"}
            self.known = store.stored_runs(self.out)
            self.holders = {run.key: run.name for run in self.known.values() if run.key}
            self.log.append("batch", names=[c.name for c in self.clips], jobs=self.batch.jobs, limits=self.limits)
            setup = encode_setup(self.batch.work, self.config, plot=self.batch.plot)
            lanes = [
                Lane(setup, threads=self.threads, time_limit_s=self.batch.time_limit_s, memory_bytes=self.memory_bytes)
                for _ in range(min(self.batch.jobs, len(self.clips)))
            ]
            try:
                self._work(lanes)
            except KeyboardInterrupt:
                self.log.append("interrupted")
                raise
            finally:
                for lane in lanes:
                    lane.stop()
                store.sweep(self.out, self.names)
            self.log.append("end")
        return [self.outcomes[clip.name] for clip in self.clips]

    def _work(self, lanes: list[Lane]) -> None:
        active: dict[Lane, _Task] = {}
        while self.pending or active:
            for lane in lanes:
                if lane.free and (task := self._next({t.key for t in active.values()})) is not None:
                    active[lane] = replace(task, started=time.monotonic())
                    self._begin(lane, task)
            _wait([lane.descriptor for lane in active])
            for lane, task in list(active.items()):
                if (answer := lane.poll()) is not None:
                    del active[lane]
                    self._finish(task, answer, lane.peak_bytes)

    def _next(self, at_work: set[str]) -> _Task | None:
        """The next clip that has to be computed; those that need not be are told."""
        while self.pending:
            task = self.pending.popleft()
            if not task.key:
                try:
                    digest = self._digest(task.clip.path)
                    alone = len(self.clips) == 1
                    mask = keys.mask_digest(task.clip.path, self.config.mask, alone=alone)
                    told = mask + keys.prior_digest(self.config, alone=alone)
                except CinetrajError as problem:
                    self._fail(task, "input", " ".join(str(problem).split()))
                    continue
                task = replace(task, digest=digest, key=keys.key_of(digest + told, self.options, self.versions))
            if task.key in at_work:
                self.waiting.setdefault(task.key, []).append(task)
            elif task.attempt > 1 or not self._settled(task):
                return task
        return None

    def _settled(self, task: _Task) -> bool:
        """Whether the result is there already, here or under another name."""
        name = task.clip.name
        own = self.known.get(name)
        if own is not None and own.key == task.key and not self._again(own):
            if (name, task.key) not in self.logged:  # killed after the run was written and before this line was
                self.log.append("done", name=name, key=task.key, status=own.status, reason=own.reason, adopted=True)
            self.log.append("kept", sync=False, name=name)
            self._tell(task, own.status, own.reason, own.failure, "kept")
            return True
        holder = self.known.get(self.holders.get(task.key, ""))
        if holder is None or holder.name == name or self._again(holder):
            return False
        store.copy_run(self.out / holder.name, self.out / name, printable(task.clip.path))
        self.known[name] = replace(holder, name=name)
        self._done(task, holder.status, holder.reason, copied=holder.name)
        self._tell(task, holder.status, holder.reason, holder.failure, "copied")
        return True

    def _again(self, run: store.Stored) -> bool:
        """Whether a stored failure is worth another attempt: it was asked for, or its limit is wider now."""
        if run.status != "failed" or run.name in self.outcomes:
            return False
        if self.batch.retry_failed:
            return True
        limit = LIMIT_FAILURES.get(run.failure)
        if limit is None:
            return False
        before, now = run.limits.get(limit), self.limits[limit]
        return before is not None and (now is None or now > before)

    def _begin(self, lane: Lane, task: _Task) -> None:
        clip = task.clip
        self.log.append(
            "start",
            name=clip.name,
            key=task.key,
            source=_stored_path(clip.path),
            stamp=keys.stamp(clip.path),
            sha256=task.digest,
            attempt=task.attempt,
        )
        lane.take(
            {
                "clip": clip.path,
                "folder": str(self.out / clip.name),
                "smaller": task.attempt > 1,
                "batch": self._about(task, ""),
            }
        )

    def _finish(self, task: _Task, answer: Answer, peak_bytes: int) -> None:
        if answer.failure in ("", "input"):
            if answer.failure:
                self._fail(task, answer.failure, answer.problem)
                return
            self.known[task.clip.name] = store.Stored(
                name=task.clip.name, key=task.key, status=answer.status, reason=answer.reason, failure="", limits={}
            )
            self.holders[task.key] = task.clip.name
            self._done(
                task, answer.status, answer.reason, peak_mib=round(peak_bytes / 2**20), seconds=self._seconds(task)
            )
            self._tell(task, answer.status, answer.reason, "", "computed")
            return
        store.sweep(self.out, frozenset({task.clip.name}))
        if task.attempt == 1 and work.can_be_smaller(self.config):
            self.log.append("lost", name=task.clip.name, key=task.key, failure=answer.failure, reason=answer.problem)
            self.pending.appendleft(replace(task, attempt=2, before=answer.problem))
            return
        same = answer.problem == task.before
        again = "the same again" if same else f"then {answer.problem}"
        problem = f"{task.before}; at half the size: {again}" if task.before else answer.problem
        self._fail(task, answer.failure, problem)

    def _fail(self, task: _Task, failure: str, problem: str) -> None:
        name = task.clip.name
        backend, _ = pipeline.resolve(self.config.backend)
        record = records.failed(
            printable(problem),
            records.Origin(
                source=printable(task.clip.path), backend=backend, config=self.options, seed=self.config.seed
            ),
        )
        runs.write_run(record, self.out / name, extra={"batch": self._about(task, failure)})
        run = store.Stored(
            name=name, key=task.key, status="failed", reason=problem, failure=failure, limits=self.limits
        )
        self.known[name] = run
        if task.key:
            self.holders[task.key] = name
        self._done(task, "failed", printable(problem), failure=failure)
        self._tell(task, "failed", problem, failure, "computed")

    def _done(self, task: _Task, status: str, reason: str, **more: Any) -> None:
        self.logged.add((task.clip.name, task.key))
        self.log.append("done", name=task.clip.name, key=task.key, status=status, reason=reason, **more)

    def _seconds(self, task: _Task) -> float:
        return round(time.monotonic() - task.started, 3) if task.started else 0.0

    def _tell(self, task: _Task, status: str, reason: str, failure: str, how: Any) -> None:
        outcome = Outcome(
            name=task.clip.name,
            source=task.clip.path,
            status=status,
            reason=reason,
            failure=failure,
            how=how,
            seconds=self._seconds(task),
        )
        self.outcomes[task.clip.name] = outcome
        self.pending.extendleft(reversed(self.waiting.pop(task.key, [])))
        self.tell(outcome)

    def _about(self, task: _Task, failure: str) -> Mapping[str, Any]:
        about = {"key": task.key, "clip_sha256": task.digest, "attempts": task.attempt, "failure": failure}
        return {**about, "limits": self.limits}

    def _digest(self, path: str) -> str:
        """Of the clip's bytes; those of a file that has not changed since it was last read are known."""
        stamp, digest = self.digests.get(_stored_path(path), (None, ""))
        if stamp is not None and stamp == keys.stamp(path):
            return digest
        return keys.clip_digest(path)

    def _memory(self) -> int | None:
        if self.batch.memory_limit_gib is not None:
            return int(self.batch.memory_limit_gib * 2**30)
        total = system.total_memory()
        return None if total is None else int(MEMORY_SHARE * total / self.batch.jobs)


def _stored_path(path: str) -> str:
    return printable(os.path.abspath(path))


def _wait(descriptors: list[int]) -> None:
    """Until an answer comes, at most a moment."""
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            if descriptor >= 0:
                selector.register(descriptor, selectors.EVENT_READ)
        if selector.get_map():
            selector.select(POLL_S)


def _silent(outcome: Outcome) -> None:
    """Nobody listens."""
