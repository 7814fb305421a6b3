"""What `estimate` and `status` say of many clips: lines as they come, a bar with rate and end, a table at the end."""

import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compare.cli import _report
from compare.counts import counted

if TYPE_CHECKING:
    from sfm.batch import Clip, Outcome
    from sfm.config import BatchConfig, EstimateConfig

REASONS_SHOWN = 8
STATUSES = ("ok", "partial", "unreliable", "failed")


def estimate_batch(
    clips: list["Clip"],
    out: str,
    config: "EstimateConfig",
    batch: "BatchConfig",
    *,
    say: Callable[[str], None],
    tell: Callable[..., None],
    sentence: Callable[[str, dict[str, Any]], str],
) -> tuple[dict[str, Any], list[str]]:
    """Run the batch; the content of run.json by name, and the names of clips that could not be read but have a run.

    Ctrl-C passes through after the summary.
    """
    from tqdm import tqdm

    from sfm.batch import run_batch
    from sfm.batch.places import folder_of, place_of

    place = place_of(out)
    begin = time.monotonic()
    outcomes: list[Outcome] = []
    failed = 0
    spared: list[str] = []
    # On a terminal only; the rate is the mean of this call, over what was computed in it.
    bar = tqdm(total=len(clips), unit="clip", smoothing=0, disable=None, file=sys.stderr, dynamic_ncols=True)

    def hear(outcome: "Outcome") -> None:
        nonlocal failed
        outcomes.append(outcome)
        failed += outcome.status == "failed"
        if outcome.how == "computed":
            record = place.records([outcome.name])[outcome.name]
            with bar.external_write_mode(file=sys.stderr):
                say(sentence(place.where(outcome.name), record))
                tell(outcome.name, record, notes=outcome.warned)
        elif not bar.disable:
            bar.initial += 1
        if outcome.how == "spared":
            with bar.external_write_mode(file=sys.stderr):
                _report.error(f"{outcome.name} cannot be read, its run from before stays: {outcome.reason}")
                spared.append(outcome.name)
        bar.set_postfix_str(f"{failed} failed", refresh=False)
        bar.update()

    try:
        with bar:
            run_batch(clips, out, config, batch, tell=hear)
    except KeyboardInterrupt:
        say(summary(outcomes, len(clips), time.monotonic() - begin))
        say("The same command again goes on from here.")
        raise
    say(summary(outcomes, len(clips), time.monotonic() - begin))
    folder = folder_of(out)
    if batch.plot and folder is not None and (line := without_plot(outcomes, folder)):
        say(line)
    return place.records(clip.name for clip in clips), spared


def summary(outcomes: Iterable["Outcome"], total: int, seconds: float) -> str:
    """The table at the end: clips by status, failures by reason, what was not computed anew."""
    found = list(outcomes)
    counts = Counter(outcome.status for outcome in found)
    hows = Counter(outcome.how for outcome in found)
    new = hows["computed"]
    speed = f", {60 * new / seconds:.1f} clips a minute" if new and seconds else ""
    head = f"{len(found)} of {total} clips in {duration(seconds)}: {new} computed{speed}"
    head += f", {hows['kept']} kept from before" if hows["kept"] else ""
    again = sum(outcome.retried for outcome in found)
    head += f", {again} begun anew where a machine was lost" if again else ""
    head += f", {hows['spared']} whose run from before stays" if hows["spared"] else ""
    head += f", {hows['copied']} copied from equal clips" if hows["copied"] else ""
    rows = [[status, str(counts[status])] for status in STATUSES if counts[status]]
    if left := total - len(found):
        rows.append(["remaining", str(left)])
    lines = [head, *([_report.table(rows, right=(1,))] if rows else []), *reasons(found)]
    if kept := sum(outcome.how == "kept" and outcome.status == "failed" for outcome in found):
        lines.append(f"{counted(kept, 'failed run')} kept from before; --retry-failed estimates them again")
    return "\n".join(lines)


def without_plot(outcomes: Iterable["Outcome"], out: Path) -> str:
    """How many runs that were kept or copied have a path and no picture, as those of --no-plot, and what draws one."""
    from sfm.runs.folder import PLOT_FILE
    from trajectory.run_names import TRAJECTORY_FILE

    lacking = [
        outcome.name
        for outcome in outcomes
        if outcome.how != "computed"
        and any(
            not path.with_name(PLOT_FILE).exists()
            for pattern in (TRAJECTORY_FILE, f"shot-*/{TRAJECTORY_FILE}")
            for path in (out / outcome.name).glob(pattern)
        )
    ]
    if not lacking:
        return ""
    have = f"{counted(len(lacking), 'run')} from before {'has' if len(lacking) == 1 else 'have'} no {PLOT_FILE}"
    run = shlex.quote(str(out / lacking[0]))
    return f"{have}; cinetraj view {run} --figure FILE.png draws one"


def reasons(outcomes: Iterable[Any]) -> list[str]:
    """Failures by reason, the most frequent first; values have `status`, `reason`, `name` and `source`."""
    groups: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.status == "failed":
            groups.setdefault(outcome.reason.removeprefix(f"{outcome.source}: "), []).append(outcome.name)
    order = sorted(groups.items(), key=lambda item: -len(item[1]))
    lines = [f"  {len(names)} x {reason} ({_some(names)})" for reason, names in order[:REASONS_SHOWN]]
    if rest := order[REASONS_SHOWN:]:
        lines.append(f"  {sum(len(names) for _, names in rest)} for {len(rest)} other reasons")
    return lines


def duration(seconds: float) -> str:
    """12 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
