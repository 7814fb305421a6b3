"""Convert a trajectory from any format to any other.

SOURCE is a trajectory file, a model folder or a run; DESTINATION is written whole or not at all. FILE#* is every
camera of a file and becomes a folder of files. A format that holds several cameras takes them, or a folder of
trajectories, into one file.
"""

from dataclasses import dataclass
from pathlib import Path

import tyro

from compare.cli import _inputs, _report
from trajectory.errors import CinetrajError


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj convert`."""

    source: tyro.conf.Positional[Path]
    """What to read."""
    destination: tyro.conf.Positional[Path]
    """What to write."""
    to: str
    """Format to write, one of those named above."""
    format: str = "auto"
    """Format to read, where it cannot be recognised."""
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

    target = io.FORMATS.get(args.to)
    several = io.split_part(args.source)[1] == io.ALL
    found = _inputs.load(args.source, args.format)
    if len(found) > 1 and (several or (target is not None and target.encode_every is not None)):
        return _several(args, found)
    one = _inputs.sole(args.source, found)
    trajectory = one.trajectory
    assert trajectory is not None
    scene = io.scene(one.path, format=args.format)
    io.write(trajectory, args.destination, format=args.to, scene=scene)
    left_out, notes = io.losses(trajectory, args.to, scene), io.notes(trajectory)
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


def _several(args: Args, found: list[_inputs.Loaded]) -> int:
    """Into one file where the format holds several cameras, else into one file each in a folder."""
    from trajectory import io

    cameras = {each.name.rpartition("#")[2]: each.trajectory for each in found if each.trajectory is not None}
    failed = next((each for each in found if each.trajectory is None), None)
    if failed is not None:
        raise CinetrajError(f"{failed.path} has no trajectory: {failed.failed}")
    target = io.FORMATS.get(args.to)
    if target is not None and target.encode_every is not None:
        io.write_every(cameras, args.destination, format=args.to)
        places = [args.destination]
    else:
        suffix = Path(target.target).suffix if target is not None else ""
        places = [args.destination / (name.strip("/").replace("/", "_") + suffix) for name in cameras]
        for place, trajectory in zip(places, cameras.values(), strict=True):
            io.write(trajectory, place, format=args.to)
    left_out = sorted({loss for trajectory in cameras.values() for loss in io.losses(trajectory, args.to)})
    if args.json:
        names = [str(place) for place in places]
        _report.print_json({"path": names, "format": args.to, "cameras": list(cameras), "left_out": left_out})
    else:
        print(f"{args.destination}: {args.to}, {len(cameras)} trajectories")
        if left_out:
            print(f"left out, for which {args.to} has no place: {', '.join(left_out)}")
    return 0
