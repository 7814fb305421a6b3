"""Take finished outputs of other programs as runs, missing clips and frames included."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from compare.cli import _batch, _report
from compare.cli._options import NOT_GIVEN
from trajectory.errors import CinetrajError
from trajectory.files import printable

if TYPE_CHECKING:
    from sfm.batch import Clip
    from sfm.runs.estimate import Estimate


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj import`."""

    results: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RESULTS")]
    """Folder with the outputs of another program, of many clips."""
    out: Path
    """Folder for the runs."""
    format: str = "auto"
    """Format of the outputs, e.g. megasam; cinetraj convert --help lists them."""
    expect: Path | None = None
    """The clips that there should be: a folder, or a list (.txt, .csv, .jsonl) of paths or names. Those without a
    result become failed runs; results of others are left out."""
    output: str | None = None
    """Where the result of a clip lies below RESULTS, e.g. '{name}/poses/*.txt'; '#cam01' at its end names one camera of
    several."""
    frame_step: int | None = None
    """Every n-th frame of the clip was used; its poses then get the times of these frames of the expected clip."""
    method: str | None = None
    """Name of the method in the runs; the format by default."""
    plot: Annotated[bool, tyro.conf.arg(help_behavior_hint=NOT_GIVEN)] = True
    """Leave plot.png away."""
    json: bool = False
    """Print {NAME: the content of run.json} instead of words."""


def run(args: Args) -> int:
    """Write a run for each clip."""
    from sfm.external import imported
    from sfm.runs import folder as runs

    imported.require_readable(args.format)
    imported.require_frame_step(args.frame_step)
    found = imported.results_in(args.results, args.format, args.output)
    wanted = _expected(args.expect, found)
    for name in wanted:
        runs.require_free(args.out / name)
    extra = sorted(set(found) - set(wanted))
    if extra:
        belong = "1 result belongs" if len(extra) == 1 else f"{len(extra)} results belong"
        said = f"{belong} to no expected clip, left out: {', '.join(extra[:5])}"
        lacking = set(wanted) - set(found)
        other = None if args.output else imported.pattern_for(args.results, {n: found[n] for n in extra}, lacking)
        if other is not None:
            said += f"; --output '{other[0]}' takes them for {', '.join([*other[1]][:5])}"
        _report.warn(said)
    records: dict[str, Any] = {}
    from compare.cli._progress import bar

    with bar("import", "clip", hidden=args.json) as progress:
        for name, clip in wanted.items():
            estimate = _estimate(args, name, clip, found.get(name, []))
            runs.write_run(estimate, args.out / name, plot=args.plot)
            records[name] = {"name": name, **estimate.to_json()}
            progress(len(records), len(wanted))
    failed = [record for record in records.values() if record["status"] == "failed"]
    if args.json:
        _report.print_json(records)
    else:
        print(f"{args.out}: {len(records) - len(failed)} of {len(records)} clips have a trajectory")
        print(
            "\n".join(
                _batch.reasons(_Line(**{k: r[k] for k in ("name", "source", "status", "reason")}) for r in failed)
            ),
            end="",
        )
        print("\n" if failed else "", end="")
        _tell_notes(records)
    return 1 if failed else 0


@dataclass(frozen=True, kw_only=True)
class _Line:
    name: str
    source: str
    status: str
    reason: str


def _expected(expect: Path | None, found: Mapping[str, Any]) -> "dict[str, Clip | None]":
    """Name to clip, of those that there should be; without a list those that there are."""
    if expect is None:
        return dict.fromkeys(found)
    from sfm.batch.inputs import LIST_SUFFIXES, clips_of, distinct, read_list

    if not expect.exists():
        raise CinetrajError(f"{expect} is not there; give a list of clips, or the folder that holds them")
    if expect.is_file() and expect.suffix.lower() in LIST_SUFFIXES:  # of clips that may be elsewhere by now
        clips, said = distinct(read_list(expect, there=False))
    else:
        clips, said = clips_of([str(expect)])
    for line in said:
        _report.warn(line)
    return {clip.name: clip for clip in clips}


def _estimate(args: Args, name: str, clip: "Clip | None", files: list[Path]) -> "Estimate":
    """What the result of one clip gives; what is wrong with it is the reason of its failure."""
    from sfm.external import imported
    from sfm.runs import build as records

    video = Path(clip.path) if clip is not None and Path(clip.path).exists() else None
    source = printable(str(video or (files[0] if files else name)))
    options = {"format": args.format, "frame_step": args.frame_step}
    known: dict[str, Any] = {"source": source, "backend": args.method or args.format, "config": options}
    if not files:
        return records.failed(f"no result in {printable(str(args.results))}", records.Origin(**known))
    if len(files) > 1:
        inside = ", ".join(str(f.relative_to(args.results)) for f in files[:3])
        return records.failed(
            f"{len(files)} results ({inside}); --output '{{name}}/...' says which", records.Origin(**known)
        )
    try:
        found = imported.read_on_clip(files[0], args.format, video, frame_step=args.frame_step)
    except CinetrajError as error:
        return records.failed(printable(" ".join(str(error).split())), records.Origin(**known))
    return records.of_trajectory(found.trajectory, records.Origin(notes=found.notes, **known))


def _tell_notes(records: Mapping[str, Any]) -> None:
    """Notes on the clips that have one, told once for all."""
    noted = [(name, record["notes"][0]) for name, record in records.items() if record["notes"]]
    if noted:
        name, note = noted[0]
        more = f" and {len(noted) - 1} others" if len(noted) > 1 else ""
        _report.warn(f"{name}{more}: {note}")
