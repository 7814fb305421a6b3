"""How far a batch of clips has come: done, failed and why, remaining, rate, end."""

from dataclasses import dataclass
from typing import Annotated, Any

import tyro

from compare.cli import _batch, _report
from compare.counts import counted
from trajectory.errors import CinetrajError


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj status`."""

    runs: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="RUNS")]
    """Folder that `cinetraj estimate --out` or `cinetraj import --out` writes to, or the address of a store."""
    json: bool = False
    """Print JSON."""


def run(args: Args) -> int:
    """Tell how far a folder of runs has come."""
    from sfm.batch.places import place_of
    from sfm.batch.progress import progress_of

    if not place_of(args.runs).exists():
        raise CinetrajError(f"{args.runs} is no folder; give the folder that `cinetraj estimate --out` writes to")
    found = progress_of(args.runs)
    if not found.clips:
        raise CinetrajError(f"{args.runs} holds neither runs nor a manifest; check the path")
    if args.json:
        _report.print_json(_json(found))
        return 0
    state = "running" if found.running else "not running"
    of = " of the last batch" if found.others else ""
    done = f"{len(found.done)} of {found.clips} clips{of} done, {len(found.failed)} of them failed"
    print(f"{args.runs}: {done}; {state}")
    counts = [[status, str(sum(r.status == status for r in found.done))] for status in _batch.STATUSES]
    rows = [row for row in counts if row[1] != "0"]
    if found.remaining:
        rows.append(["remaining", str(len(found.remaining))])
    print(_report.table(rows, right=(1,)) if rows else "nothing done yet")
    if found.others:
        print(f"besides: {counted(len(found.others), 'run')} of other calls; cinetraj table lists all")
    print("\n".join(_batch.reasons(found.failed)), end="\n" if found.failed else "")
    if found.at_work:
        print(f"at work: {', '.join(found.at_work)}")
    if found.per_minute is not None:
        print(f"rate: {found.per_minute:.1f} clips a minute")
    if found.eta_s is not None:
        print(f"remaining: about {_batch.duration(found.eta_s)}")
    if found.torn:
        were = "was" if found.torn == 1 else "were"
        print(f"{counted(found.torn, 'line')} of the manifest {were} torn by a kill; the runs are the truth")
    return 0


def _json(found: Any) -> dict[str, Any]:
    return {
        "clips": found.clips,
        "done": len(found.done),
        "statuses": {s: sum(r.status == s for r in found.done) for s in _batch.STATUSES},
        "failed": {r.name: r.reason for r in found.failed},
        "remaining": list(found.remaining),
        "others": list(found.others),
        "at_work": list(found.at_work),
        "running": found.running,
        "clips_per_minute": found.per_minute,
        "eta_s": found.eta_s,
        "torn_lines": found.torn,
    }
