"""Lay the scores of several estimators beside each other: which conclusions hold under all of them.

Each JUDGE=SCORES names an estimator and the folder that `cinetraj compare --out` wrote with its trajectories; a
noise_floor.json of `cinetraj noise --out` in it is that judge's own noise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from compare.cli import _report
from trajectory.errors import CinetrajError

FEWEST_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj panel`."""

    judges: Annotated[
        tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="JUDGE=SCORES...", help_behavior_hint="(required)")
    ]
    """JUDGE=SCORES for each estimator, as auto=scores/auto dense=scores/dense."""
    protocol: str = "strict"
    """Whose scores are looked at, where the folders hold several: a name, or six digits or more of a hash."""
    markdown: Path | None = None
    """Where to write the tables; they are printed if this is not given."""
    json: bool = False
    """Print JSON instead of tables."""


def run(args: Args) -> int:
    """Read the scores of each judge and print them side by side."""
    from compare.panel import panel, to_markdown
    from compare.report.page import load
    from compare.report.stamps import noise_of

    if not args.judges:
        raise CinetrajError("no judges given; usage: cinetraj panel auto=scores/auto dense=scores/dense")
    if args.json and args.markdown == _report.STREAM:
        raise CinetrajError("--json prints, and so does --markdown -; name a file for the tables")
    records: dict[str, list[dict[str, Any]]] = {}
    noise: dict[str, dict[str, float]] = {}
    for given in args.judges:
        name, mark, folder = given.partition("=")
        if not mark or not name or not folder:
            raise CinetrajError(f"{given!r} names no judge; write NAME=FOLDER, as dense=scores/dense")
        if name in records:
            raise CinetrajError(f"judge {name} comes twice; give each a name of its own")
        found, floors = load(folder)
        records[name] = [record for record in found if _is(record["protocol"], args.protocol)]
        if not records[name]:
            known = ", ".join(sorted({"{name} ({hash:.6})".format_map(record["protocol"]) for record in found}))
            raise CinetrajError(f"{folder} holds no scores under {args.protocol}, only {known}; choose with --protocol")
        if measured := noise_of(records[name][0]["protocol"], floors):
            noise[name] = measured
    made = panel(records, noise=noise)
    if args.markdown is not None and (written := _report.put(args.markdown, to_markdown(made))):
        print(written)
    if args.json:
        _report.print_json(made.to_json())
    elif args.markdown is None:
        print(to_markdown(made), end="")
    return 0


def _is(stamp: Mapping[str, Any], asked: str) -> bool:
    return asked == stamp["name"] or (len(asked) >= FEWEST_DIGITS and stamp["hash"].startswith(asked))
