"""Convert a trajectory from any format to any other.

SOURCE is a trajectory file, a model folder or a run; DESTINATION is written whole or not at all.
"""

from dataclasses import dataclass
from pathlib import Path

import tyro

from compare.cli import _inputs, _report


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

    able = ", ".join(name for name, entry in FORMATS.items() if entry.encode is not None)
    read_only = ", ".join(name for name, entry in FORMATS.items() if entry.encode is None)
    return f"{__doc__}\nFormats: {able}; read only: {read_only or 'none'}."


def run(args: Args) -> int:
    """Read, write, and say what the target format cannot hold."""
    from trajectory import io

    trajectory = _inputs.one(args.source, args.format).trajectory
    assert trajectory is not None
    io.write(trajectory, args.destination, format=args.to)
    left_out, notes = io.losses(trajectory, args.to), io.notes(trajectory)
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
