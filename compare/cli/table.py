"""Write runs, descriptions or scores of whole folders as a tidy table: CSV, Parquet or JSON lines.

SOURCES are runs or folders of runs, or folders or files of scores that `cinetraj compare --out` wrote. Several folders
of runs take names, as auto=runs/auto dense=runs/dense, which become the column `set`.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from compare.counts import counted
from trajectory.errors import CinetrajError
from trajectory.files import named_place


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj table`."""

    sources: Annotated[
        tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="SOURCES...", help_behavior_hint="(required)")
    ]
    """Runs, folders of runs, or saved scores; SET=FOLDER names one of several folders of runs."""
    of: Literal["runs", "frames", "descriptions", "segments", "scores", "errors", "leaderboard"] | None = None
    """What a row is. Of runs: a shot (runs), a frame (frames), a primitive of a shot (descriptions), a segment. Of
    scores: a clip and metric (scores), a point of comparison (errors), a model and metric (leaderboard). By default
    runs or scores."""
    out: Path | None = None
    """Where to write it: .csv, .jsonl, or .parquet (extra `tables`); CSV is printed if this is not given."""


def run(args: Args) -> int:
    """Read the sources and write or print their rows."""
    from compare import tidy
    from compare.report.tables import to_csv

    if not args.sources:
        raise CinetrajError("no source given; usage: cinetraj table runs/ --out runs.csv")
    if args.out is not None:
        tidy.kind_of(args.out)  # before the work, not after
    rows = tidy.rows(source_of(args.sources), args.of)
    if args.out is None:
        print(to_csv(rows), end="")
        return 0
    tidy.write(rows, args.out)
    print(f"{counted(len(rows), 'row')}: {args.out}")
    return 0


def source_of(given: tuple[str, ...]) -> "str | dict[str, str] | list[str]":
    """One path, paths by the names of their sets, or several paths of scores."""
    if len(given) == 1 and (Path(given[0]).exists() or "=" not in given[0]):
        return given[0]
    named = [text.partition("=") for text in given if not Path(text).exists()]
    if not named:
        if all(map(_holds_runs, given)):
            raise CinetrajError(
                f"several folders of runs have no names; give each its own, as {' '.join(with_names(given))}"
            )
        return list(given)
    if len(named) < len(given) or not all(mark and name and path for name, mark, path in named):
        missing = next((name for name, mark, _ in named if not mark), given[0])
        raise CinetrajError(f"{missing} does not exist or has no name, expected SET=FOLDER for each of several folders")
    sets = {name: path for name, _, path in named}
    if len(sets) < len(given):
        raise CinetrajError("two sets have the same name; give each its own")
    return sets


def _holds_runs(path: str) -> bool:
    from compare.run_files import runs_in

    try:
        return bool(runs_in(path))
    except CinetrajError:
        return False


def with_names(given: Sequence[str]) -> list[str]:
    """Each source as SET=FOLDER, quoted: by the folders' names, or set1, ... where these are not all different."""
    names = [named_place(path).name for path in given]
    if len({*names, ""}) <= len(names) or any("=" in name for name in names):
        names = [f"set{number}" for number in range(1, len(given) + 1)]
    return [shlex.quote(f"{name}={path}") for name, path in zip(names, given, strict=True)]
