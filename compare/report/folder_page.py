"""The page of a folder of runs: a card for each clip, with filters by status, by kind of camera and by primitive."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from compare.evidence import WORDS
from compare.film import Films
from compare.report.assemble import assembled, asset, data_uri, embedded
from compare.run_files import RunShot, all_shots, runs_in
from trajectory.components import NAMES
from trajectory.errors import CinetrajError, ReadError
from trajectory.files import named_place, write_whole
from trajectory.run_names import PAGE_FILE

Jpeg = Callable[[Any], bytes]
"""One frame (h w 3) to a JPEG file."""


def write(folder: str | Path, *, films: Films | None = None, jpeg: Jpeg | None = None) -> Path:
    """Write `index.html` into a folder of runs, whole or not at all.

    Args:
        films, jpeg: decode the shots and encode their thumbnails; without them the cards have none.

    Raises:
        CinetrajError: the folder holds no run, or is one itself.
    """
    place = Path(folder)
    if runs_in(place) == [place]:
        raise CinetrajError(f"{place} is a run itself, expected a folder of runs")
    page = render(all_shots(place), films=films, jpeg=jpeg, title=named_place(place).name)
    return write_whole(place / PAGE_FILE, page)


def render(
    shots: Iterable[RunShot], *, films: Films | None = None, jpeg: Jpeg | None = None, title: str = "Runs"
) -> str:
    """The page as text; it links to the pages of the runs that have one."""
    cards = [_card(shot, films, jpeg) for shot in shots]
    parts = {
        "STYLE": asset("report.css") + asset("run.css") + asset("folder.css"),
        "DATA": embedded({"title": title, "cards": cards, "primitives": list(NAMES), "models": WORDS}),
        "SCRIPT": asset("folder.js"),
    }
    return assembled("folder.html", parts)


def _card(shot: RunShot, films: Films | None, jpeg: Jpeg | None) -> dict[str, Any]:
    try:
        trajectory = shot.trajectory()
        told = None if trajectory is None else shot.describe(trajectory)
    except ReadError as error:
        shot, told = shot.lost(error), None
    card: dict[str, Any] = {
        "name": shot.name,
        "shot": str(shot.shot["name"]),
        "link": f"{shot.run.name}/{PAGE_FILE}" if (shot.run / PAGE_FILE).is_file() else None,
        "status": shot.status,
        "reason": str(shot.shot.get("reason") or ""),
        "model": shot.shot.get("motion_model"),
        "confidence": shot.statistics.get("confidence"),
        "frames": shot.shot.get("frames"),
        "sentence": "",
        "primitives": [],
    }
    if told is not None:
        card["sentence"] = told.sentence
        card["primitives"] = [name for name, decision in told.decisions.items() if decision.yes]
    if films is not None and jpeg is not None:
        try:
            film = films(shot)
        except (CinetrajError, OSError) as error:
            card["gone"] = str(error)
        else:
            card["picture"] = data_uri(jpeg(film.rgb[len(film.rgb) // 2]), "image/jpeg")
    return card
