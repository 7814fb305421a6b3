"""What commands share in talking to people and machines."""

import json
import sys
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

STREAM = Path("-")
"""What stands for the output stream where a file may be named."""


def warn(text: str) -> None:
    """One line on the error stream."""
    print("cinetraj: warning: " + " ".join(text.split()), file=sys.stderr)


def error(text: str) -> None:
    """One line on the error stream, for one clip of several; the command goes on."""
    print("cinetraj: error: " + " ".join(text.split()), file=sys.stderr)


@contextmanager
def heard() -> Generator[list[str]]:
    """The texts of the warnings that are shown meanwhile, so that they are not told again."""
    texts: list[str] = []
    with warnings.catch_warnings():
        show = warnings.showwarning

        def show_and_keep(message: Warning | str, *rest: Any, **named: Any) -> None:
            texts.append(str(message))
            show(message, *rest, **named)

        warnings.showwarning = show_and_keep
        yield texts


def print_json(value: Any) -> None:
    """One JSON document on the output stream; what is not finite would be a mistake of ours and raises."""
    print(json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False))


def put(target: Path, text: str) -> Path | None:
    """Write a text whole or not at all; for "-" print it, and there is no path to tell of."""
    from trajectory.files import write_whole

    if target == STREAM:
        print(text, end="")
        return None
    return write_whole(target, text)


def table(rows: list[list[str]], *, right: tuple[int, ...] = ()) -> str:
    """Rows of text in columns; those in `right` are aligned to the right."""
    columns = range(len(rows[0]))
    widths = [max(len(row[k]) for row in rows) for k in columns]
    cells = [[row[k].rjust(widths[k]) if k in right else row[k].ljust(widths[k]) for k in columns] for row in rows]
    return "\n".join("  ".join(row).rstrip() for row in cells)


def _untold(stage: str, share: float) -> None:
    """Nobody looks."""


@contextmanager
def stages(name: str, *, quiet: bool) -> Generator[Callable[[str, float], None]]:
    """A progress bar whose text is the stage at work; yields a function of (stage, share of the work)."""
    if quiet or not sys.stderr.isatty():
        yield _untold
        return
    from tqdm import tqdm

    with tqdm(
        total=100, desc=name, bar_format="{desc}: {percentage:3.0f}%|{bar:24}| {elapsed} {postfix}", leave=False
    ) as bar:

        def tell(stage: str, share: float) -> None:
            bar.set_postfix_str(stage, refresh=False)
            bar.update(100 * share - bar.n)

        yield tell
