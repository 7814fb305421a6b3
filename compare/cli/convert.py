"""Convert a trajectory from any format to any other.

SOURCE is a trajectory file, a model folder or a run; DESTINATION is written whole or not at all. FILE#* is every
camera of a file; it, a run of several shots and a folder of runs or trajectories become a folder of files. A format
that holds several cameras takes them into one file.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from compare.cli import _inputs, _report
from compare.counts import counted
from trajectory.errors import CinetrajError, perhaps

if TYPE_CHECKING:
    from trajectory.io import Scene
    from trajectory.model import Trajectory


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj convert`."""

    source: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="SOURCE")]
    """What to read."""
    destination: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="DESTINATION")]
    """What to write."""
    to: str
    """Format to write, one of those named above."""
    format: str = "auto"
    """Format to read, where it cannot be recognised."""
    resample: int | None = None
    """Write N frames, evenly over the whole path, or from its start with --fps."""
    fps: float | None = None
    """Write frames at this rate, from the start of the path."""
    normalise: Literal["extent", "depth"] | None = None
    """Unit to count in: the largest distance from the first camera, or the median depth of the scene."""
    size: tuple[int, int] | None = None
    """Width and height of the picture that intrinsics are written for; needed where a file tells parts of a picture."""
    fov: float | None = None
    """Horizontal angle of view in degrees, where a file tells no lens; with --size."""
    json: bool = False
    """Print what was done as JSON."""


def description() -> str:
    """What `--help` says above the options: the formats are those that are installed."""
    from trajectory.io import FORMATS

    able = ", ".join(name for name, entry in FORMATS.items() if entry.encode is not None and entry.read is not None)
    read_only = ", ".join(name for name, entry in FORMATS.items() if entry.encode is None)
    written_only = ", ".join(name for name, entry in FORMATS.items() if entry.read is None)
    return f"{__doc__}\nFormats: {able}; read only: {read_only or 'none'}; written only: {written_only or 'none'}."


def run(args: Args) -> int:
    """Read, write, and say what the target format cannot hold."""
    from trajectory import io

    if args.to not in {*io.FORMATS, *io.BY_BLENDER}:
        able = [name for name, entry in io.FORMATS.items() if entry.encode is not None]
        raise CinetrajError(
            f"--to is {args.to!r}{_nearest(args.to, able)}; expected a format that is written: "
            "cinetraj convert --help lists them, docs/formats.md tells what each holds"
        )
    target = io.FORMATS.get(args.to)
    if target is not None and target.encode is None:
        raise CinetrajError(f"{args.to} is read only; cinetraj convert --help lists the formats that are written")
    every, into_folder = io.split_part(args.source)[1] == io.ALL, not args.destination.suffix
    found = _inputs.load(args.source, args.format)
    many = len(found) > 1 and (every or into_folder or (target is not None and target.encode_every is not None))
    if many or (into_folder and (every or _is_below(args.source, found))):  # a folder of one stays a folder
        return _several(args, found)
    _inputs.require_some(args.source, found)
    if len(found) > 1:
        raise CinetrajError(
            f"{args.source} holds {len(found)} trajectories ({found[0].name}, ...), and {args.destination} is one "
            f"file of {args.to}; give one of them, or a folder to write to"
        )
    one = _inputs.sole(args.source, found)
    trajectory, scene, notes = _prepared(args, one)
    if one.doubt:
        _report.warn(f"{one.name}: {one.doubt}")
    io.write(trajectory, args.destination, format=args.to, scene=scene)
    left_out = io.losses(trajectory, args.to, scene)
    frames, valid = len(trajectory), int(trajectory.valid.sum())
    if args.json:
        done = {"path": str(args.destination), "format": args.to, "frames": frames, "valid": valid}
        _report.print_json({**done, "left_out": left_out, "notes": notes})
    else:
        print(f"{args.destination}: {args.to}, {valid} of {frames} frames have a pose")
        if left_out:
            print(f"left out, for which {args.to} has no place: {', '.join(left_out)}")
        print("".join(f"note: {note}\n" for note in notes), end="")
    return 0


def _is_below(folder: Path, found: list[_inputs.Loaded]) -> bool:
    """Whether what was found lies in the folder, and is not the folder itself or a shot of its run."""
    from sfm.runs.folder import is_run

    return folder.is_dir() and not is_run(folder) and all(each.path != folder for each in found)


def _nearest(given: str, able: list[str]) -> str:
    """The format that is most like what was given, or else those of which it is a part, or that are a part of it."""
    word = given.lower()
    parts = [name for name in able if word and (word in name or name in word)]
    return perhaps(given, able) or (f", perhaps {' or '.join(map(repr, parts[:3]))} is meant" if parts else "")


def _prepared(args: Args, one: _inputs.Loaded) -> "tuple[Trajectory, Scene, list[str]]":
    """The path at the frames and in the unit that were asked for, what goes with it, and what a reader must know."""
    from trajectory import io
    from trajectory.frames import in_unit
    from trajectory.picture import IN_PARTS, doubt_of_size, in_parts, resized, with_view
    from trajectory.resample import evenly

    assert one.trajectory is not None
    trajectory, scene = one.trajectory, io.scene(one.path, format=args.format)
    notes = list(io.notes(trajectory))
    if args.size is not None:
        width, height = args.size
        scene = scene.resized(trajectory.image_hw, (height, width))
        given, trajectory = trajectory, resized(trajectory, (height, width))
        doubt = doubt_of_size(given, (height, width))
        notes += [doubt] if doubt else []
    elif in_parts(trajectory):
        notes.append(IN_PARTS.format(""))
    if args.fov is not None:
        trajectory = with_view(trajectory, args.fov)
    if args.resample is not None or args.fps is not None:
        kept = trajectory
        trajectory = evenly(kept, count=args.resample, fps=args.fps)
        if args.to in io.FORMATS and io.FORMATS[args.to].encode_scene is not None and not scene.timeless:
            notes.append("the film and the tracks of points belong to other frames: left out")
        scene = scene.resampled()
        if kept.pose_covariance is not None:
            notes.append("how sure each pose is, is not known between frames: pose_covariance is left out")
    target = io.FORMATS.get(args.to)
    if trajectory.time_source == "index" and target is not None and target.assumed_fps is not None:
        notes.append(
            f"frames have numbers and no times: {args.to} will play {target.assumed_fps:g} a second, an assumption; "
            "cinetraj estimate --fps tells a clip's own rate"
        )
    if args.normalise is not None:
        trajectory, length = in_unit(trajectory, args.normalise)
        scene = scene.scaled(1 / length)
        notes.append(f"one unit of what is written is {length:.6g} of what was read")
    return trajectory, scene, notes


def _several(args: Args, found: list[_inputs.Loaded]) -> int:
    """Into one file where the format holds several cameras, else into one file each in a folder.

    What has no trajectory, or none that the format can hold, is named and left out.
    """
    from compare.notes import grouped, merged
    from trajectory import io

    every = io.split_part(args.source)[1] == io.ALL  # then a name is that of the file, "#" and that of the camera
    known = {
        each.name.rpartition("#")[2] if every else each.name: each for each in found if each.trajectory is not None
    }
    failed = [each for each in found if each.trajectory is None]
    if not known:
        raise CinetrajError(f"{failed[0].path} has no trajectory: {failed[0].failed}")
    cameras = {name: _prepared(args, each) for name, each in known.items()}
    target = io.FORMATS.get(args.to)
    if target is not None and target.encode_every is not None:
        io.write_every({name: each for name, (each, _, _) in cameras.items()}, args.destination, format=args.to)
        places = [args.destination]
    else:
        files = _files(args, cameras)
        refused = _written(args, cameras, files)
        failed += [replace(known.pop(name), failed=why) for name, why in refused.items()]
        cameras = {name: cameras[name] for name in known}
        places = [files[name] for name in known]
    _tell_doubts(known, failed)
    losses = {name: io.losses(path, args.to, scene) for name, (path, scene, _) in cameras.items()}
    left_out = sorted(loss for loss, _ in merged(losses))  # each once, with the range of its numbers
    notes = {name: said for name, (_, _, said) in cameras.items()}
    if args.json:
        names = [str(place) for place in places]
        done = {"path": names, "format": args.to, "cameras": list(cameras)}
        told = sorted(f"{name}: {note}" for name, said in notes.items() for note in said)
        _report.print_json({**done, "left_out": left_out, "notes": told})
    else:
        print(f"{args.destination}: {args.to}, {counted(len(cameras), 'trajectory')}")
        if left_out:
            print(f"left out, for which {args.to} has no place: {', '.join(left_out)}")
        print("".join(f"note: {line}\n" for line in grouped(notes)), end="")
    return 1 if failed else 0


def _files(args: Args, names: Iterable[str]) -> dict[str, Path]:
    """The file of each camera, where the format says that it lies. Raises where two would be one."""
    from trajectory import io

    usual = io.FORMATS[args.to].target if args.to in io.FORMATS else ""
    pattern = usual if "NAME" in usual else f"NAME{Path(usual).suffix}"
    files: dict[str, Path] = {}
    by_file: dict[Path, str] = {}
    for name in names:
        files[name] = args.destination / pattern.replace("NAME", name.strip("/").replace("/", "_"))
        other = by_file.setdefault(files[name], name)
        if other != name:
            raise CinetrajError(f"{other} and {name} would both be {files[name]}; convert one of them by itself")
    return files


def _written(
    args: Args, cameras: "dict[str, tuple[Trajectory, Scene, list[str]]]", files: dict[str, Path]
) -> dict[str, str]:
    """Write a file for each camera; those that the format cannot hold, with the reason. Raises where it holds none."""
    from trajectory import io

    refused: dict[str, str] = {}
    for name, (trajectory, scene, _) in cameras.items():
        try:
            io.write(trajectory, files[name], format=args.to, scene=scene)
        except CinetrajError as error:
            refused[name] = str(error)
    if len(refused) == len(cameras):
        name, why = next(iter(refused.items()))
        raise CinetrajError(f"{name}: {why}")
    return refused


def _tell_doubts(known: dict[str, _inputs.Loaded], failed: list[_inputs.Loaded]) -> None:
    """What is not vouched for in one line, what was left out in a line for each reason."""
    from compare.counts import first_three
    from compare.notes import grouped

    doubted = {name: each for name, each in known.items() if each.doubt}
    if len(doubted) == 1:
        _report.warn(next(f"{name}: {each.doubt}" for name, each in doubted.items()))
    elif doubted:
        _report.warn(f"{len(doubted)} of {len(known)} estimates are unreliable: {first_three(doubted)}")
    for line in grouped({each.name: [each.failed] for each in failed}, of=len(known) + len(failed)):
        _report.error(f"left out: {line}")
