"""Pages of runs with their films: for `cinetraj view --html` and `cinetraj estimate --html`."""

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from compare.counts import counted, first_three
from trajectory.errors import CinetrajError
from trajectory.run_names import PAGE_FILE, RUN_FILE

if TYPE_CHECKING:
    import numpy as np

    from compare.film import Film
    from compare.run_files import RunShot
    from trajectory.description import Description

FILM_SIDE, MOST_FRAMES = 480, 240
"""Of the film of a page: some hundred kilobytes a clip."""
THUMBNAIL_SIDE = 320


def told(written: list[Path]) -> str:
    """How many pages were written, and the one to begin with."""
    return f"{counted(len(written), 'page')}: {written[-1]}"


def runs_with_page(runs: Iterable[Path]) -> list[Path]:
    """Those of the runs that have a page."""
    return [run for run in runs if (run / PAGE_FILE).is_file()]


def lost(had: list[Path], folder: Path) -> str:
    """What became of the pages of runs that had one before, "" where they are all there."""
    gone = [run for run in had if not (run / PAGE_FILE).is_file()]
    if not gone:
        return ""
    run = gone[0] if len(gone) == 1 else folder
    what = f"the page of {run} is" if len(gone) == 1 else f"{len(gone)} pages of {folder} are"
    it = "it" if len(gone) == 1 else "them"
    return f"{what} gone with what was there before; cinetraj view {shlex.quote(str(run))} --html writes {it} anew"


def outdated(folder: Path, names: Iterable[str]) -> str:
    """What to say of a folder's page that is older than runs of these names in it, "" where there is none."""
    page = folder / PAGE_FILE
    if not page.is_file():
        return ""
    records = [record for name in names if (record := folder / name / RUN_FILE).is_file()]
    newer = [record.parent.name for record in records if record.stat().st_mtime > page.stat().st_mtime]
    if not newer:
        return ""
    return f"{page} is older than {first_three(newer)}; cinetraj view {shlex.quote(str(folder))} --html writes it anew"


def write_pages(
    runs: Iterable[Path], folder: Path | None = None, *, clip: Path | None = None, kept: bool = False
) -> list[Path]:
    """Write the page of each run, and that of the folder they are in; what was written.

    A run that cannot be read is a warning, and so is a page without its film.

    Args:
        folder: whose page lists all the runs in it; None writes none.
        clip: where the clip of a single run lies now.
        kept: leave pages that are younger than their run as they are.
    """
    from compare.cli import _film, _report
    from compare.cli._progress import bar
    from compare.film import jpeg
    from compare.report import folder_page, run_page

    written: list[Path] = []
    gone: dict[str, str] = {}

    def note(shot: "RunShot", why: str) -> None:
        if shot.status != "failed":  # its page says that there is nothing to see
            gone.setdefault(str(shot.run), why)

    known: dict[Path, folder_page.Known] = {}

    def seen(shot: "RunShot", description: "Description | None", film: "Film | None", why: str) -> None:
        picture = None if film is None else jpeg(thumbnail(film))
        known[shot.folder] = folder_page.known_of(description, picture, why)

    alone = folder is None
    films = _film.telling(_film.films(long_side=FILM_SIDE, most=MOST_FRAMES, clip=clip, alone=alone), note)
    every = list(runs)
    with bar("pages", "page", hidden=len(every) == 1) as progress:
        for done, run in enumerate(every):
            progress(done, len(every))
            page, record = run / PAGE_FILE, run / RUN_FILE
            if kept and page.is_file() and record.is_file() and page.stat().st_mtime >= record.stat().st_mtime:
                continue
            try:
                made = run_page.write(run, films=films, encode=_film.encoder(), listed=not alone, seen=seen)
                written.append(made)
            except CinetrajError as error:
                _report.warn(f"{run} has no page: {error}")
        progress(len(every), len(every))
    if gone:
        first, why = next(iter(gone.items()))
        several = f"{len(gone)} pages show no film, the first being {first}"
        _report.warn(f"{several if len(gone) > 1 else f'the page of {first} shows no film'}: {why}")
    if folder is not None:
        thumbnails = _film.films(long_side=THUMBNAIL_SIDE, most=3)
        written.append(folder_page.write(folder, films=thumbnails, jpeg=jpeg, known=known))
    return written


def thumbnail(film: "Film") -> "np.ndarray":
    """The middle frame of a film, as small as a card."""
    import numpy as np
    from PIL import Image

    frame = film.rgb[len(film.rgb) // 2]
    small = Image.fromarray(np.ascontiguousarray(frame))
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))  # never larger than it is
    return np.asarray(small)
