"""The page of a run: its film with what was seen in it, path, curves, segments, and the evidence in words."""

import html
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from compare.evidence import MODELS, WORDS, model_words, reasons
from compare.film import Encode, Film, Films, scaled_tracks, spaced, stacked
from compare.report.assemble import assembled, asset, data_uri, embedded, numbers
from compare.run_files import RunShot, read_depth, read_points, read_tracks, shots_of
from trajectory.caption import DATED_S
from trajectory.components import CHANNELS
from trajectory.description import Description
from trajectory.errors import CinetrajError
from trajectory.files import write_whole
from trajectory.frames import in_first_camera
from trajectory.kinematics import INDEX_FPS, seconds
from trajectory.model import Trajectory
from trajectory.moves import travels, with_holds
from trajectory.picture import in_parts
from trajectory.run_names import PAGE_FILE

MOST_ROWS = 1500
"""Frames of a shot whose poses are drawn."""
MOST_TRACKS = 120
MOST_POINTS = 4000
ASSUMED_FPS = 24.0
"""Of a film whose frames have numbers and no times."""
NO_FILM = "no film: the page was made without one"


Seen = Callable[[RunShot, Description | None, Film | None, str], None]
"""Hears what was found out of a shot: its description and film, and why there is no film."""


def write(
    run: str | Path,
    *,
    films: Films | None = None,
    encode: Encode | None = None,
    listed: bool = False,
    seen: Seen | None = None,
) -> Path:
    """Write `index.html` into the folder of a run, whole or not at all.

    Args:
        films, encode: decode the shots and encode what the page plays; without them the page has no film.
        listed: link to the page of the folder above, which will be there; else where it is.
        seen: called with each shot.
    """
    folder = Path(run)
    above = listed or (folder.resolve().parent / PAGE_FILE).is_file()
    page = render(shots_of(folder), films=films, encode=encode, listed=above, seen=seen)
    return write_whole(folder / PAGE_FILE, page)


def render(
    shots: list[RunShot],
    *,
    films: Films | None = None,
    encode: Encode | None = None,
    listed: bool = False,
    seen: Seen | None = None,
) -> str:
    """The page of a run's shots as text."""
    record: Mapping[str, Any] = shots[0].record if shots else {}
    name = str(record.get("name") or "run")
    payload: dict[str, Any] = {
        "name": name,
        "status": record.get("status"),
        "reason": record.get("reason"),
        "facts": _facts(record),
        "folder": listed,
        "used": record.get("frames") if _taken(record.get("video") or {}) else None,
        "shots": [_shot(shot, films, encode, seen) for shot in shots],
    }
    parts = {
        "TITLE": html.escape(name, quote=False),
        "STYLE": asset("report.css") + asset("run.css"),
        "DATA": embedded(payload),
        "SCRIPT": asset("run.js"),
    }
    return assembled("run.html", parts)


def _facts(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a reader may ask of the making of the run."""
    video: Any = record.get("video") or {}
    size, working = video.get("source_hw"), video.get("working_hw")
    made_by: Any = record.get("versions") or {}
    versions = ", ".join(f"{name} {value}" for name, value in made_by.items())
    of_all, on_all = (" of the whole clip", " on the whole clip") if _in_shots(record) else ("", "")
    told = {
        "clip": record.get("source"),
        "frames" + of_all: f"{record.get('registered')} of {record.get('frames')} with a pose{_taken(video)}",
        "seconds" + of_all: _span(video, video),
        "size": f"{size[1]} x {size[0]}, worked at {working[1]} x {working[0]}" if size and working else None,
        "backend": record.get("backend"),
        "time spent" + on_all: f"{record['seconds']['total']:.1f} s" if record.get("seconds") else None,
        "seed": record.get("seed"),
        "versions": versions,
        "notes" + on_all: "; ".join(record.get("notes") or ()),
    }
    return [(name, str(value)) for name, value in told.items() if value not in (None, "")]


def _facts_of_shot(shot: RunShot) -> list[tuple[str, str]]:
    """What the shot is of the clip, where it is not all of it, and what was noted about it."""
    notes = "; ".join(shot.shot.get("notes") or ())
    told = [("notes on the shot", notes)] if notes else []
    if not _in_shots(shot.record):
        return told
    video: Any = shot.record.get("video") or {}
    start, count, posed = (int(shot.shot.get(key) or 0) for key in ("start", "frames", "registered"))
    of = f"the {shot.record.get('frames')} that were used" if _taken(video) else "the clip"
    span = f"frames {start} to {start + count - 1} of {of}, {posed} of {count} with a pose"
    seconds_of_shot = _span(shot.shot, video)
    timed = [("seconds of this shot", seconds_of_shot)] if seconds_of_shot else []
    return [("this shot", span), *timed, *told]


def _in_shots(record: Mapping[str, Any]) -> bool:
    return len(record.get("shots") or ()) > 1


def _taken(video: Mapping[str, Any]) -> str:
    """From which frames of the clip those were taken that were used, "" where they are all from the first on: frames
    are numbered among those that were used."""
    first, last, used = (video.get(key) for key in ("first_index", "last_index", "frames"))
    if first is None or last is None or used is None or (first == 0 and last + 1 == used):
        return ""
    return f", taken from frames {first} to {last} of the clip"


def _span(entry: Mapping[str, Any], video: Mapping[str, Any]) -> str | None:
    """From the first frame to the last, where the clip has a clock."""
    start_s, end_s = entry.get("start_s"), entry.get("end_s")
    if start_s is None or end_s is None or video.get("time_source") in (None, "index"):
        return None
    by = ", by a frame rate that was told or assumed" if video.get("time_source") == "assumed" else ""
    return f"{end_s - start_s:.2f}, from {start_s:.2f} to {end_s:.2f}{by}"


def _shot(shot: RunShot, films: Films | None, encode: Encode | None, seen: Seen | None) -> dict[str, Any]:
    """Everything that the page shows of one shot, as JSON values."""
    told: dict[str, Any] = {
        "name": str(shot.shot["name"]),
        "status": shot.status,
        "reason": str(shot.shot.get("reason") or ""),
        "model": shot.shot.get("motion_model"),
        "model_words": model_words(shot),
        "confidence": shot.statistics.get("confidence"),
        "probability": dict(shot.statistics.get("probability") or {}),
        "reasons": [[each.question, each.answer] for each in reasons(shot)],
        "shares": _shares(shot),
        "files": sorted(path.name for path in shot.folder.iterdir() if path.is_file() and path.name != PAGE_FILE),
        "facts": _facts_of_shot(shot),
        "start": int(shot.shot.get("start") or 0),
        "start_s": float(shot.shot.get("start_s") or 0.0),
    }
    trajectory = shot.trajectory()
    film, gone = _film(shot, films, encode)
    if film is not None and encode is not None:
        told["film"] = _played(shot, film, encode, trajectory)
    told["gone"] = gone
    description = None if trajectory is None else shot.describe(trajectory)
    if seen is not None:
        seen(shot, description, film, gone)
    if trajectory is not None and description is not None:
        told |= {"sentence": description.sentence, "notes": list(description.notes)}
        told["model_words"] = model_words(shot, description)
        told["reasons"] = [[each.question, each.answer] for each in reasons(shot, description)]
        travelling = travels(description.decisions, description.segments, description.translation_unit)
        told["path"] = _path(trajectory) | {"travels": travelling, "frame": _frame(description)}
        told["segments"] = _segments(description, _zero_s(trajectory))
        told["points"] = _points(shot, trajectory)
    return told


def _film(shot: RunShot, films: Films | None, encode: Encode | None) -> tuple[Film | None, str]:
    """The frames of a shot, or why there are none."""
    if films is None or encode is None:
        return None, NO_FILM
    try:
        return films(shot), ""
    except (CinetrajError, OSError) as error:
        return None, str(error)


def _played(shot: RunShot, film: Film, encode: Encode, trajectory: Trajectory | None) -> dict[str, Any]:
    step = int(film.rows[1] - film.rows[0]) if len(film.rows) > 1 else 1
    fps = ASSUMED_FPS / step
    if trajectory is not None and trajectory.time_source == "seconds" and len(film.rows) > 1:
        time_s = trajectory.time_s[film.rows]
        fps = (len(time_s) - 1) / float(time_s[-1] - time_s[0])
    depth = read_depth(shot.folder)
    rgb, tiles = stacked(film, depth)
    video: Any = shot.record.get("video") or {}
    found: dict[str, Any] = {
        "src": data_uri(encode(rgb, fps), "video/mp4"),
        "fps": fps,
        "rows": film.rows.tolist(),
        "hw": [rgb.shape[1] // len(tiles), rgb.shape[2]],
        "tiles": list(tiles),
        "tall": 1.0 / float(video.get("pixel_aspect") or 1.0),
    }
    tracks = read_tracks(shot.folder)
    if tracks is not None and len(tracks.xy_px):
        chosen = tracks.longest(MOST_TRACKS)
        places = scaled_tracks(tracks.xy_px[chosen][:, film.rows], tracks.image_hw, film.hw)
        found["tracks"] = {"moving": tracks.moving[chosen].tolist(), "xy": numbers(places.astype(float), 1)}
    return found


def _shares(shot: RunShot) -> list[tuple[str, str, float]]:
    told: Any = shot.statistics.get("share") or {}
    return [(model, WORDS[model], float(told[model])) for model in MODELS if told.get(model) is not None]


def _path(trajectory: Trajectory) -> dict[str, Any]:
    """Poses in the axes of the first camera (the worlds of files have other axes), turns and focal length of the
    frames that are drawn, with one standard deviation."""
    from trajectory.curves import moved_from_first, pose_sigma, rotation_deg
    from trajectory.resample import quat_wxyz_from_rotation

    rows = spaced(len(trajectory), MOST_ROWS)
    index = np.flatnonzero(trajectory.valid)
    quat = np.full((len(trajectory), 4), np.nan)
    if len(index):
        quat[index] = quat_wxyz_from_rotation(trajectory.rotations[index[0]].T @ trajectory.rotations[index])
    sigma, moved = pose_sigma(trajectory), moved_from_first(trajectory)[rows]
    focal, spread = trajectory.focal_px, trajectory.focal_sigma_px
    known = np.zeros(0) if trajectory.scene_depth is None else trajectory.scene_depth[index]
    depth = float(np.nanmedian(known)) if np.isfinite(known).any() else None
    half = [0.5, 0.3]
    if trajectory.intrinsics_px is not None and trajectory.image_hw is not None and len(index):
        k = trajectory.intrinsics_px[index[0]]
        half = [trajectory.image_hw[1] / 2 / float(k[0, 0]), trajectory.image_hw[0] / 2 / float(k[1, 1])]
    return {
        "rows": rows.tolist(),
        "time": numbers(seconds(trajectory, trajectory.time_s[rows]) - _zero_s(trajectory)),
        "index_fps": INDEX_FPS if trajectory.time_source == "index" else None,
        "assumed": trajectory.time_source == "assumed",
        "xyz": numbers(moved),
        "wxyz": numbers(quat[rows]),
        "half": half,
        "moved": numbers(moved),
        "moved_sigma": numbers(sigma[rows, :3]),
        "turned": numbers(rotation_deg(trajectory)[rows], 4),
        "turned_sigma": numbers(np.degrees(sigma[rows, 3:]), 4),
        "focal": None if focal is None else numbers(np.where(trajectory.valid, focal, np.nan)[rows], 3),
        "focal_sigma": None if spread is None else numbers(spread[rows], 3),
        "in_parts": in_parts(trajectory),
        "scale": trajectory.scale,
        "depth": depth,
        "bound": trajectory.translation_bound if np.isfinite(trajectory.translation_bound or np.nan) else None,
    }


def _zero_s(trajectory: Trajectory) -> float:
    """From when the page counts seconds: clocks that tell the date, from the first frame."""
    first_s = float(trajectory.time_s[0])
    return first_s if trajectory.time_source != "index" and first_s > DATED_S else 0.0


def _segments(description: Description, zero_s: float) -> list[dict[str, Any]]:
    """A line for each move that is decided or clear for a while, and one for holds, with how far it can be trusted.

    Opposites are below each other. Spans while it lasts; `whole` where the clip as a whole is told as it.
    """
    found: list[dict[str, Any]] = []
    shown = with_holds(description.decisions, description.segments, description.translation_unit)
    for name in (*(name for pair in CHANNELS for name in pair), "Static"):
        spans = [s for s in shown if s.primitive == name]
        decision = description.decisions[name]
        if spans or decision.yes:
            told = {
                "name": name.replace("_", " "),
                "reliability": round(decision.trust, 3),
                "whole": bool(decision.yes),
                "unsure": name in description.doubted,
                "spans": [[round(s.start_s - zero_s, 4), round(s.end_s - zero_s, 4)] for s in spans],
            }
            found.append(told)
    return found


def _frame(description: Description) -> str:
    return "camera" if description.turned is None else description.turned.frame


def _points(shot: RunShot, trajectory: Trajectory) -> dict[str, Any] | None:
    cloud = read_points(shot, trajectory)
    if cloud is None:
        return None
    rows = spaced(len(cloud.in_world), MOST_POINTS)
    return {"xyz": numbers(in_first_camera(cloud.in_world[rows], trajectory), 3), "rgb": cloud.colour[rows].tolist()}
