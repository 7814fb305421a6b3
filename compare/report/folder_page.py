"""The page of a folder of runs: a card for each clip, with filters by status, by kind of camera and by primitive."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, final

from compare.evidence import WORDS
from compare.film import Films
from compare.report.assemble import assembled, asset, data_uri, embedded
from compare.run_files import RunShot, all_shots, runs_in
from trajectory.components import NAMES
from trajectory.description import Description
from trajectory.errors import CinetrajError, ReadError
from trajectory.files import named_place, write_whole
from trajectory.run_names import PAGE_FILE

Jpeg = Callable[[Any], bytes]
"""One frame (h w 3) to a JPEG file."""


@final
@dataclass(frozen=True, kw_only=True)
class Known:
    """What was found out of a shot for its own page, so that it is not described and decoded once more.

    Attributes:
        sentence: of its description, "" where it has no path.
        primitives: that are told of it.
        picture: a JPEG file of its middle, None where there is no film.
        gone: why there is none.
    """

    sentence: str
    primitives: tuple[str, ...]
    picture: bytes | None
    gone: str


def write(
    folder: str | Path,
    *,
    films: Films | None = None,
    jpeg: Jpeg | None = None,
    known: Mapping[Path, Known] = MappingProxyType({}),
) -> Path:
    """Write `index.html` into a folder of runs, whole or not at all.

    Args:
        films, jpeg: decode the shots and encode their thumbnails; without them the cards have none.
        known: what is known of shots already, by their folders.

    Raises:
        CinetrajError: the folder holds no run, or is one itself.
    """
    place = Path(folder)
    if runs_in(place) == [place]:
        raise CinetrajError(f"{place} is a run itself, expected a folder of runs")
    page = render(all_shots(place), films=films, jpeg=jpeg, title=named_place(place).name, known=known)
    return write_whole(place / PAGE_FILE, page)


def render(
    shots: Iterable[RunShot],
    *,
    films: Films | None = None,
    jpeg: Jpeg | None = None,
    title: str = "Runs",
    known: Mapping[Path, Known] = MappingProxyType({}),
) -> str:
    """The page as text; it links to the pages of the runs that have one."""
    cards = [_card(*_found(shot, films, jpeg, known)) for shot in shots]
    parts = {
        "STYLE": asset("report.css") + asset("run.css") + asset("folder.css"),
        "DATA": embedded({"title": title, "cards": cards, "primitives": list(NAMES), "models": WORDS}),
        "SCRIPT": asset("folder.js"),
    }
    return assembled("folder.html", parts)


def known_of(description: Description | None, picture: bytes | None, gone: str) -> Known:
    """What a card shows of a description, a picture, or why there is none."""
    told = () if description is None else description.decisions.items()
    return Known(
        sentence="" if description is None else description.sentence,
        primitives=tuple(name for name, decision in told if decision.yes),
        picture=picture,
        gone=gone,
    )


def _found(shot: RunShot, films: Films | None, jpeg: Jpeg | None, known: Mapping[Path, Known]) -> tuple[RunShot, Known]:
    """A shot, as one that failed where its files cannot be read, and what is known or found out of it."""
    if shot.folder in known:
        return shot, known[shot.folder]
    try:
        trajectory = shot.trajectory()
        description = None if trajectory is None else shot.describe(trajectory)
    except ReadError as error:
        shot, description = shot.lost(error), None
    picture, gone = None, ""
    if films is not None and jpeg is not None:
        try:
            film = films(shot)
            picture = jpeg(film.rgb[len(film.rgb) // 2])
        except (CinetrajError, OSError) as error:
            gone = str(error)
    return shot, known_of(description, picture, gone)


def _card(shot: RunShot, known: Known) -> dict[str, Any]:
    card: dict[str, Any] = {
        "name": shot.name,
        "shot": str(shot.shot["name"]),
        "link": f"{shot.run.name}/{PAGE_FILE}" if (shot.run / PAGE_FILE).is_file() else None,
        "status": shot.status,
        "reason": str(shot.shot.get("reason") or ""),
        "model": shot.shot.get("motion_model"),
        "confidence": shot.statistics.get("confidence"),
        "frames": shot.shot.get("frames"),
        "sentence": known.sentence,
        "primitives": list(known.primitives),
    }
    if known.gone:
        card["gone"] = known.gone
    if known.picture is not None:
        card["picture"] = data_uri(known.picture, "image/jpeg")
    return card
