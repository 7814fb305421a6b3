"""Many clips: nothing computed twice, nothing lost, every failure on record, whatever engine computes them."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, final

from sfm import pipeline
from sfm.batch import keys, store, work
from sfm.batch.engines.choose import engine_of, gpu_share_of, threads_at_the_end, threads_of
from sfm.batch.engines.port import LOST_NODES, Answer, Engine, Setup
from sfm.batch.inputs import Clip, require_clips
from sfm.batch.ownership import require_own
from sfm.batch.places import Place, PlaceError, place_of
from sfm.config import BatchConfig, EstimateConfig
from sfm.runs import build as records
from sfm.runs.folder import write_run
from sfm.runs.versions import installed_versions
from trajectory.errors import CinetrajError
from trajectory.files import printable

LIMIT_FAILURES = {"time limit": "time_s", "memory": "memory_gib"}


@final
@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a clip.

    how: computed now, kept from before, copied from an equal clip, or spared: the clip failed as it, its mask or prior
    cannot be read now, and its run from before was left as it is.

    Attributes:
        failure: "" where the estimator itself gave the verdict, else input, error, died, time limit, memory or node.
        seconds: from when a worker took it. retried: how many times its machine was lost.
        warned: what of the clip could not be read, where it was computed now.
    """

    name: str
    source: str
    status: str
    reason: str
    failure: str
    how: Literal["computed", "kept", "copied", "spared"]
    seconds: float = 0.0
    retried: int = 0
    warned: tuple[str, ...] = ()


@final
@dataclass(frozen=True, kw_only=True)
class _Task:
    clip: Clip
    attempt: int = 1
    digest: str = ""
    key: str = ""
    before: str = ""
    lost: int = 0


Tell = Callable[[Outcome], None]


def run_batch(
    clips: Iterable[Clip], out: str | Path, config: EstimateConfig, batch: BatchConfig, *, tell: Tell | None = None
) -> list[Outcome]:
    """Estimate every clip into `out/NAME`, in the order of the clips as far as jobs allow; resumes what was begun.

    Args:
        out: a folder, or an address that fsspec knows (`sfm.batch.places.place_of`).
        tell: called with each outcome as it comes. A clip that fails is an outcome and a run of status "failed". Raises
            CinetrajError where `out` cannot be used, two clips have one name, or no worker can be started;
            KeyboardInterrupt passes through after the workers are stopped, and the same call continues.
    """
    place, wanted = place_of(out), require_clips(clips)
    if place.address.startswith("memory://"):
        raise PlaceError(f"{place.address} is memory of one process, and others estimate the clips; give a folder")
    place.require_free(clip.name for clip in wanted)
    alone = len(wanted) == 1
    if wanted and config.mask is not None and not Path(config.mask).is_dir():  # it fits all clips or none
        keys.mask_digest(wanted[0].path, config.mask, alone=alone)
    if wanted:  # and so does this
        keys.prior_digest(config, alone=alone)
    return _Batch(wanted, place, config, batch, tell or _silent).run()


@final
class _Batch:
    """The books of one batch while it runs."""

    def __init__(self, clips: list[Clip], out: Place, config: EstimateConfig, batch: BatchConfig, tell: Tell) -> None:
        self.clips, self.out, self.batch, self.tell = clips, out, batch, tell
        self.names = frozenset(clip.name for clip in clips)
        self.config = replace(config, threads=threads_of(config.threads, batch))
        self.more_threads = config.threads is None and work.any_threads(config)
        self.options, self.versions = keys.deciding(config), installed_versions()
        self.limits: dict[str, float | None] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.waiting: dict[str, list[_Task]] = {}
        self.active: dict[str, _Task] = {}
        self.pending = deque(_Task(clip=clip) for clip in clips)

    def run(self) -> list[Outcome]:
        # A cluster answers before a line is written.
        engine = engine_of(self.batch, self._setup(), most=len(self.clips))
        try:
            return self._run(engine)
        finally:
            engine.stop()

    def _run(self, engine: Engine) -> list[Outcome]:
        self.limits = {
            "time_s": self.batch.time_limit_s,
            "memory_gib": round((engine.memory_bytes or 0) / 2**30, 3),
        }
        with self.out.log() as self.log:
            self.out.sweep(self.names)
            events, _ = self.out.events()
            seen = [event for event in events if "sha256" in event]  # of clips that were begun, or copied
            self.digests = {e["source"]: (e["stamp"], e["sha256"]) for e in seen}
            self.logged = {(e["name"], e["key"]) for e in events if e["event"] == "done"}
            self.known = self.out.stored()
            begun = {(e["name"], e["sha256"]): e["source"] for e in seen}
            require_own(self.out, self.clips, self.known, self.names.intersection(self.out.names()), begun)
            self.holders = {run.key: run.name for run in self.known.values() if run.key}
            try:
                self.log.append("batch", names=[c.name for c in self.clips], jobs=self.batch.jobs, limits=self.limits)
                self._work(engine)
            except KeyboardInterrupt:
                self.log.append("interrupted")
                raise
            finally:
                engine.stop()  # while the log is still ours
                self.out.sweep(self.names)
            self.log.append("end")
        return [self.outcomes[clip.name] for clip in self.clips]

    def _setup(self) -> Setup:
        limit = self.batch.memory_limit_gib
        return Setup(
            unit="sfm.batch.work:estimate_run",
            setting=work.Setting(
                estimate=self.batch.work,
                config=self.config,
                out=self.out.address,
                plot=self.batch.plot,
                versions=self.versions,
                gpu_share=gpu_share_of(self.batch, most=len(self.clips)),
            ),
            threads=self.config.threads or 1,
            time_limit_s=self.batch.time_limit_s,
            memory_bytes=None if limit is None else int(limit * 2**30),
        )

    def _work(self, engine: Engine) -> None:
        while self.pending or self.active:
            while engine.room > 0 and (task := self._next()) is not None:
                self.active[task.clip.name] = task
                self._begin(engine, task)
            for name, answer in engine.answers():
                self._finish(self.active.pop(name), answer)

    def _next(self) -> _Task | None:
        """The next clip that has to be computed; those that need not be are told."""
        at_work = {task.key for task in self.active.values()}
        while self.pending:
            task = self.pending.popleft()
            if not task.key:
                try:
                    digest = self._digest(task.clip.path)
                    alone = len(self.clips) == 1
                    mask = keys.mask_digest(task.clip.path, self.config.mask, alone=alone)
                    told = mask + keys.prior_digest(self.config, alone=alone)
                except CinetrajError as problem:
                    self._unread(task, " ".join(str(problem).split()))
                    continue
                task = replace(task, digest=digest, key=keys.key_of(digest + told, self.options, self.versions))
            if task.key in at_work:
                self.waiting.setdefault(task.key, []).append(task)
            elif task.attempt > 1 or task.lost or not self._settled(task):
                return task
        return None

    def _unread(self, task: _Task, problem: str) -> None:
        """A clip that cannot be read fails, but costs no run from before: its disk may be back tomorrow."""
        name = task.clip.name
        if self.out.records([name]).get(name, {}).get("status", "failed") == "failed":
            self._fail(task, "input", problem)
            return
        self.log.append("kept", name=name, failure="input", reason=printable(problem))
        self._tell(task, "failed", problem, "input", "spared")

    def _settled(self, task: _Task) -> bool:
        """Whether the result is there already, here or under another name."""
        name = task.clip.name
        own = self.known.get(name)
        path = printable(task.clip.path)
        if own is not None and own.key == task.key and not self._again(own):
            if (name, task.key) not in self.logged:  # killed after the run was written and before this line was
                self.log.append("done", name=name, key=task.key, status=own.status, reason=own.reason, adopted=True)
            self.log.append("kept", sync=False, name=name)
            reason = store.reason_for(own.reason, own.origin[0], path)
            self._tell(task, own.status, reason, own.failure, "kept")
            return True
        holder = self.known.get(self.holders.get(task.key, ""))
        if holder is None or holder.name == name or self._again(holder):
            return False
        self.out.copy(holder.name, name, path)
        reason = store.reason_for(holder.reason, holder.origin[0], path)
        self.known[name] = replace(holder, name=name, reason=reason, origin=(path, task.digest))
        self._done(task, holder.status, reason, copied=holder.name, **_seen(task))
        self._tell(task, holder.status, reason, holder.failure, "copied")
        return True

    def _again(self, run: store.Stored) -> bool:
        """Whether a stored failure is worth another attempt: it was asked for, its limit is wider now, or not its."""
        if run.status != "failed" or run.name in self.outcomes:
            return False
        if self.batch.retry_failed or run.failure == "node":
            return True
        limit = LIMIT_FAILURES.get(run.failure)
        if limit is None:
            return False
        before, now = run.limits.get(limit), self.limits[limit]
        return before is not None and (now is None or now > before)

    def _begin(self, engine: Engine, task: _Task) -> None:
        clip = task.clip
        self.log.append(
            "start",
            name=clip.name,
            key=task.key,
            attempt=task.attempt,
            **_seen(task),
        )
        job: dict[str, Any] = {
            "clip": clip.path,
            "name": clip.name,
            "smaller": task.attempt > 1,
            "batch": self._about(task, ""),
        }
        if self.more_threads:
            job["threads"] = threads_at_the_end(self.config.threads or 1, self.batch, len(self.pending))
        engine.take(clip.name, {**job, "again": True} if task.lost else job)

    def _finish(self, task: _Task, answer: Answer) -> None:
        name = task.clip.name
        if answer.failure == "store":
            raise PlaceError(answer.problem)
        if not answer.failure:
            status, reason = answer.values["status"], answer.values["reason"]
            self._keep(task, status, reason, "", {})
            self.holders[task.key] = name
            more: dict[str, Any] = {"node": answer.node} if answer.node else {}
            more |= {"adopted": True} if answer.values.get("found") else {}
            peak = round(answer.peak_bytes / 2**20)
            self._done(task, status, reason, peak_mib=peak, seconds=answer.seconds, **more)
            self._tell(task, status, reason, "", "computed", answer)
            return
        if answer.failure != "input":
            self.out.sweep(frozenset({name}))
        if answer.failure == "node" and task.lost < LOST_NODES:
            self.log.append("lost", name=name, key=task.key, failure="node", reason=answer.problem)
            self.pending.appendleft(replace(task, lost=task.lost + 1))
            return
        if answer.failure not in ("input", "node") and task.attempt == 1 and work.can_be_smaller(self.config):
            self.log.append("lost", name=name, key=task.key, failure=answer.failure, reason=answer.problem)
            self.pending.appendleft(replace(task, attempt=2, before=answer.problem))
            return
        same = answer.problem == task.before
        again = "the same again" if same else f"then {answer.problem}"
        problem = f"{task.before}; at half the size: {again}" if task.before else answer.problem
        self._fail(task, answer.failure, answer.problem if answer.failure == "input" else problem, answer)

    def _fail(self, task: _Task, failure: str, problem: str, answer: Answer | None = None) -> None:
        name = task.clip.name
        backend, _ = pipeline.resolve(self.config.backend)
        record = records.failed(
            printable(problem),
            records.Origin(
                source=printable(task.clip.path), backend=backend, config=self.options, seed=self.config.seed
            ),
        )
        self.out.put(name, lambda folder: write_run(record, folder, extra={"batch": self._about(task, failure)}))
        self._keep(task, "failed", printable(problem), failure, self.limits)
        if task.key:
            self.holders[task.key] = name
        self._done(task, "failed", printable(problem), failure=failure)
        self._tell(task, "failed", problem, failure, "computed", answer)

    def _keep(self, task: _Task, status: str, reason: str, failure: str, limits: Mapping[str, Any]) -> None:
        """Know the run that a clip has now."""
        self.known[task.clip.name] = store.Stored(
            name=task.clip.name,
            key=task.key,
            status=status,
            reason=reason,
            failure=failure,
            limits=limits,
            origin=(printable(task.clip.path), task.digest),
        )

    def _done(self, task: _Task, status: str, reason: str, **more: Any) -> None:
        self.logged.add((task.clip.name, task.key))
        self.log.append("done", name=task.clip.name, key=task.key, status=status, reason=reason, **more)

    def _tell(
        self, task: _Task, status: str, reason: str, failure: str, how: Any, answer: Answer | None = None
    ) -> None:
        outcome = Outcome(
            name=task.clip.name,
            source=task.clip.path,
            status=status,
            reason=reason,
            failure=failure,
            how=how,
            seconds=0.0 if answer is None else answer.seconds,
            retried=task.lost,
            warned=() if answer is None else tuple(answer.values.get("warned", ())),
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


def _seen(task: _Task) -> dict[str, Any]:
    """What the log keeps of a clip, by which it is known again."""
    path = task.clip.path
    return {"source": _stored_path(path), "stamp": keys.stamp(path), "sha256": task.digest}


def _stored_path(path: str) -> str:
    return printable(os.path.abspath(path))


def _silent(outcome: Outcome) -> None:
    """Nobody listens."""
