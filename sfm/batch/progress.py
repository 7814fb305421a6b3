"""How far a batch has come, from the runs and the manifest, without disturbing it."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import final

from sfm.batch.places import place_of


@final
@dataclass(frozen=True, kw_only=True)
class Done:
    """A clip that has its run."""

    name: str
    source: str
    status: str
    reason: str


@final
@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a folder of runs has come.

    Attributes:
        clips: of the last batch, or all runs where there was none. others: runs that lie there besides, of earlier
            batches or by hand. per_minute: clips computed in that batch, None
            before the first. eta_s: only while it runs. torn: lines of the manifest that a kill has cut.
    """

    clips: int
    done: tuple[Done, ...]
    remaining: tuple[str, ...]
    others: tuple[str, ...]
    at_work: tuple[str, ...]
    running: bool
    per_minute: float | None
    eta_s: float | None
    torn: int

    @property
    def failed(self) -> tuple[Done, ...]:
        """Those without a trajectory."""
        return tuple(done for done in self.done if done.status == "failed")


def progress_of(runs: str | Path) -> Progress:
    """How far the last batch has come whose runs lie in a folder, or below an address of a store."""
    place = place_of(runs)
    events, torn = place.events()
    running = place.running()
    start = max((k for k, event in enumerate(events) if event["event"] == "batch"), default=None)
    recent = [] if start is None else events[start:]
    there = place.names()
    if start is None:
        names = there
        finished = set(names)
    else:  # what lies there from a batch with other options is not done
        names = list(events[start]["names"])
        finished = {event["name"] for event in recent if event["event"] in ("done", "kept")}
    at_work: set[str] = {e["name"] for e in recent if e["event"] == "start"} - finished if running else set()
    records = place.records(name for name in names if name in finished)
    done = [
        Done(name=name, source=record["source"], status=record["status"], reason=record["reason"])
        for name, record in records.items()
    ]
    have = {each.name for each in done}
    remaining = tuple(name for name in names if name not in have)
    computed = [e for e in recent if e["event"] == "done" and not e.get("adopted") and not e.get("copied")]
    per_minute = eta_s = None
    if computed:
        until = time.time() if running else computed[-1]["time"]
        elapsed = max(until - recent[0]["time"], 1e-3)
        per_minute = 60 * len(computed) / elapsed
        eta_s = len(remaining) / per_minute * 60 if running else None
    return Progress(
        clips=len(names),
        done=tuple(done),
        remaining=remaining,
        others=tuple(sorted(set(there) - set(names))),
        at_work=tuple(sorted(at_work)),
        running=running,
        per_minute=per_minute,
        eta_s=eta_s,
        torn=torn,
    )
