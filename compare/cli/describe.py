"""Describe what a camera does: the primitives with scores, and a sentence.

TARGET is a run, a folder of runs, a trajectory file of any format, or a clip (which is estimated first).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from compare.cli import _described_words, _inputs, _once, _options, _report, _spread
from trajectory.errors import CinetrajError

if TYPE_CHECKING:
    from trajectory.describe_config import DescribeConfig
    from trajectory.description import Description
    from trajectory.model import Trajectory
    from trajectory.tags import TagSet

MOST_DRAWN = 4
"""Paths in one picture."""


@dataclass(frozen=True, kw_only=True)
class Args(_spread.Spread):
    """Options of `cinetraj describe`."""

    target: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="TARGET")]
    """Run, folder of runs, trajectory file, or clip."""
    format: str = "auto"
    """Format of a trajectory file; see `cinetraj convert --help`."""
    rule: Literal["apparent", "authors"] = "apparent"
    """apparent: how far each primitive moves the picture, in image diagonals. authors: CameraBench's own scoring."""
    extent: Literal["endpoint", "path"] = "endpoint"
    """Rule apparent: the last frame against the first, or summed along the way."""
    fps: float | None = None
    """Frames per second of a trajectory that only counts frames."""
    pitch: float | None = None
    """Degrees by which the first frame looks up; by default what `cinetraj estimate` saw of upright lines, if any. Adds
    motion against the ground."""
    roll: float = 0.0
    """Degrees by which the first frame is rolled clockwise, with --pitch."""
    unknown: Literal["number", "nan"] = "number"
    """Scores that the path does not tell: the best estimate, marked by "?", or none."""
    actions: bool = False
    """Also tell the keys that the path amounts to: W A S D and looks, as world models are steered by them."""
    per: Literal["second", "latent"] | None = None
    """Interval of --actions; a latent is four frames. By default a second, or a latent where the file counts frames."""
    commanded: Path | None = None
    """What the camera was told to do (turns, action.json, action.npy, a path), to compare with the keys of --actions: a
    file, a folder with one of each path's name, or a pose string such as "w-3, right-2"."""
    caption: Literal["short", "medium", "long"] | None = None
    """Print a caption of this length instead of the table: a few words, one sentence, or each move with its time."""
    prompt: bool = False
    """Print a prompt for video generators instead of the table: words of the trade, and only what is sure."""
    tags: str | None = None
    """Print tags of published data sets instead of the table, one or more of et,datadop,spatialvid with commas between:
    what E.T., DataDoP and SpatialVID call the moves that are told, by steps between frames."""
    plot: Path | None = None
    """Also draw the trajectory into this file (.png, .svg or .pdf); of several the first four, over each other."""
    json: bool = False
    """Print JSON: one object, for several camera paths one under each name."""


def run(args: Args) -> int:
    """Describe one camera path or many; those without a trajectory are named with the reason."""
    from trajectory.description import COUNTED

    _refuse_what_is_not_heard(args)
    if args.plot is not None:
        _refuse_place(args.plot)  # before minutes of work, not after
    described: list[tuple[_inputs.Loaded, Description]] = []
    if args.is_spread:
        found = _elsewhere(args)
    else:
        found = _described(_inputs.load(args.target, args.format, estimate_clip=estimated), args, described)
    results: dict[str, Any] = {}
    failed, total = 0, 0
    warned: dict[str, list[str]] = {}
    refused: dict[str, list[str]] = {}
    for name, doubt, result in found:
        total += 1
        if args.json:
            results[name] = result
        failed += "failed" in result or "failed" in result.get("actions", {})
        doubts = warned.setdefault(name, [doubt] if doubt else [])
        if not args.json and "failed" in result:
            refused[name] = [result["failed"]]
            continue
        if args.prompt and "failed" not in result and result["captions"]["prompt"] is None:
            doubts.append(f"no prompt, since {_why_no_prompt(doubt)}")
        in_words = args.caption is not None or args.prompt or args.tags is not None
        if in_words and any(note.startswith(COUNTED) for note in result.get("notes", ())):
            doubts.append(f"{COUNTED}; --fps tells the rate")
        if not args.json:
            for line in chosen(name, result, args) if in_words else [_described_words.words(name, result)]:
                print(line)
    _once.tell(_report.warn, warned, of=total)
    _once.tell(_report.error, refused, of=total)
    if args.plot is not None:
        draw(described, args.plot, index_fps=config_of(args).assumed_fps)
    if args.json:
        _report.print_json(next(iter(results.values())) if len(results) == 1 else results)
    return 1 if failed else 0


def _refuse_what_is_not_heard(args: Args) -> None:
    """Raises CinetrajError for options that the others leave nothing to do, and for commands that are nowhere."""
    from compare.commanded import require_commands

    if args.roll and args.pitch is None:
        raise CinetrajError("--roll goes with --pitch; give both")
    if args.actions and not args.json and (args.caption is not None or args.prompt or args.tags is not None):
        raise CinetrajError("--actions go with the table or with --json; leave --caption, --prompt and --tags out")
    if args.commanded is not None:
        require_commands(args.commanded)


def _why_no_prompt(doubt: str) -> str:
    return "the estimate is unreliable as a whole" if doubt else "nothing of the motion is sure"


def _refuse_place(plot: Path) -> None:
    from trajectory.figure_files import kind_of
    from trajectory.files import require_folder

    kind_of(plot)
    require_folder(plot.parent)


def describe_runs(job: Mapping[str, Any], args: Args) -> dict[str, Any]:
    """The unit of work: what is told of some runs or files, and of which."""
    told: list[Any] = []
    for path in job["paths"]:
        try:
            told += [(path, *each) for each in _described(_inputs.load(path, args.format), args, [])]
        except CinetrajError as error:
            told.append((path, _inputs.entry_name(Path(path)), "", {"failed": str(error)}))
    return {"told": told}


def _elsewhere(args: Args) -> "list[tuple[str, str, dict[str, Any]]]":
    """The same by an engine, for a folder of runs or of files."""
    from compare.cli._progress import bar
    from sfm.batch.spread import spread
    from sfm.runs.folder import find_runs

    if args.plot is not None:
        raise CinetrajError("--plot draws the paths of one process; leave --jobs and --engine out")
    if not args.target.is_dir():
        raise CinetrajError(f"{args.target} is no folder; --jobs and --engine are for a folder of runs or trajectories")
    target = args.target.absolute()
    paths = find_runs(target) or [path for path in sorted(target.iterdir()) if not path.name.startswith(".")]
    jobs = [{"paths": [str(path) for path in chunk]} for chunk in _spread.chunks(paths)]
    with bar(str(args.target), "chunk", hidden=args.json) as progress:
        said = spread("compare.cli.describe:describe_runs", args, jobs, _spread.batch_of(args), progress=progress)
    every = [each for told in said for each in told["told"]]
    names = _inputs.apart([(name, Path(path), "failed" in result) for path, name, _, result in every])
    return [(name, doubt, result) for name, (_, _, doubt, result) in zip(names, every, strict=True)]


def _described(
    found: list[_inputs.Loaded], args: Args, described: "list[tuple[_inputs.Loaded, Description]]"
) -> "Iterator[tuple[str, str, dict[str, Any]]]":
    """Name, doubt and description of each, or why there is none; what was described joins `described`."""
    from trajectory import describe
    from trajectory.candidates import candidates_beside

    config = config_of(args)
    sets = sets_of(args)
    for each in found:
        if each.trajectory is None:
            yield each.name, "", {"failed": each.failed}
            continue
        path, others = each.trajectory, each.others or candidates_beside(each.trajectory, each.path)
        unheard = args.fps is not None and path.time_source != "index"
        if args.fps is not None and not unheard:
            path = at_rate(path, args.fps)
            others = replace(others, others=tuple((share, at_rate(other, args.fps)) for share, other in others.others))
        description = describe(path, config, candidates=others)
        if args.plot is not None:
            described.append((replace(each, trajectory=path), description))
        result = description.to_json()
        if unheard:
            result["notes"] = [*result["notes"], "--fps has no effect: the path has times of its own"]
        if args.actions or args.commanded is not None:
            result["actions"] = keys_of(each.name, path, args, config.assumed_fps)
        if sets:
            result["tags"] = tags_of(description, path, sets, config.assumed_fps)
        yield each.name, each.doubt, result


def at_rate(path: "Trajectory", fps: float) -> "Trajectory":
    """A path that counts frames, in seconds by a rate that was told."""
    return path.replace(time_s=path.time_s / fps, time_source="assumed") if path.time_source == "index" else path


def sets_of(args: Args) -> "tuple[TagSet, ...]":
    """The sets of --tags."""
    from trajectory.comma_names import names_in
    from trajectory.errors import CinetrajError
    from trajectory.tags import SETS

    wanted = [] if args.tags is None else names_in(args.tags)
    strange = [name for name in wanted if name not in SETS]
    if strange:
        raise CinetrajError(f"--tags has {strange[0]!r}, expected {','.join(SETS)} or some of them")
    return tuple(name for name in SETS if name in wanted)


def tags_of(
    description: "Description", path: "Trajectory", sets: "tuple[TagSet, ...]", index_fps: float
) -> dict[str, Any]:
    """Tags of a path by set, as JSON."""
    from trajectory.tags import tags

    return {name: each.to_json() for name, each in tags(description, path, sets, index_fps=index_fps).items()}


def chosen(name: str, result: dict[str, Any], args: Args) -> list[str]:
    """The lines that --caption, --prompt and --tags ask for; a prompt only where there is one."""
    said = result["captions"]
    lines = [said[args.caption]] if args.caption is not None else []
    if args.prompt and said["prompt"] is not None:
        lines.append(said["prompt"])
    lines += [line for each, told in result.get("tags", {}).items() for line in _tag_lines(each, told["spans"])]
    return [f"{name}: {line}" for line in lines]


def _tag_lines(name: "TagSet", spans: list[dict[str, Any]]) -> list[str]:
    """As "E.T. 0-29 (0.00 to 1.20 s): trucking_left (18)"."""
    from trajectory.tags import TITLE

    lines: list[str] = []
    for span in spans:
        number = "" if span["index"] is None else f" ({span['index']})"
        said = (" + " if name == "datadop" else ", ").join(span["words"]) + number if span["words"] else span["unknown"]
        doubt = "" if span["sure"] or not span["words"] else "; not sure"
        unnamed = ", ".join(span["unnamed"]).replace("_", " ")
        times = f"{span['start_s']:.2f} to {span['end_s']:.2f} s"
        lines.append(
            f"{TITLE[name]} {span['start']}-{span['stop']} ({times}): {said}{doubt}"
            + (f"; without a word: {unnamed}" if unnamed else "")
        )
    return lines


def keys_of(name: str, path: "Trajectory", args: Args, index_fps: float) -> dict[str, Any]:
    """The keys that a path amounts to, beside the commanded ones where they are given; or why there are none."""
    from compare.commanded import commands_of
    from trajectory.pressed import PressedConfig, pressed

    try:
        commands = None if args.commanded is None else commands_of(name, args.commanded)
        return pressed(path, PressedConfig(per=args.per, assumed_fps=index_fps), commands=commands).to_json()
    except CinetrajError as error:
        return {"failed": str(error)}


def draw(described: "list[tuple[_inputs.Loaded, Description]]", path: Path, *, index_fps: float) -> None:
    """The first four paths over each other; a single one with its segments and its sentence."""
    from trajectory.plot import save_overview

    shown = described[:MOST_DRAWN]
    paths = [each.trajectory for each, _ in shown if each.trajectory is not None]
    if not paths:
        raise CinetrajError(f"{path} cannot be drawn: no camera path was described")
    alone = len(shown) == 1
    names = [] if alone else [each.name for each, _ in shown]
    save_overview(paths, path, labels=names, description=shown[0][1] if alone else None, index_fps=index_fps)
    if len(described) > len(shown):
        _report.warn(f"{path} shows the first {len(shown)} of {len(described)} paths: {', '.join(names)}")


def config_of(args: Args) -> "DescribeConfig":
    """The config for the options of the command line."""
    from trajectory.describe_config import DescribeConfig

    given = {"rule": args.rule, "extent": args.extent, "unknown": args.unknown}
    given |= {"pitch_deg": args.pitch, "roll_deg": args.roll, **({} if args.fps is None else {"assumed_fps": args.fps})}
    flags = {"pitch_deg": "--pitch", "roll_deg": "--roll", "assumed_fps": "--fps"}
    return _options.made(DescribeConfig, given, lambda name: flags.get(name, f"--{name}"))


def estimated(path: Path) -> list[_inputs.Loaded]:
    """A clip's camera paths, estimated with the defaults and not kept."""
    from sfm import pipeline

    own = _inputs.run_name(path)
    with _report.stages(own, quiet=False) as progress:
        estimate = pipeline.estimate(path, progress=progress)
    return [
        _inputs.Loaded(
            name=f"{own}/{name}" if name else own,
            path=path,
            trajectory=shot.trajectory,
            failed="" if shot.trajectory is not None else shot.reason,
            status=shot.status,
            reason=shot.reason,
            others=shot.candidates,
        )
        for shot, name in zip(estimate.shots, estimate.shot_names(), strict=True)
    ]
