"""Runs of a batch on disk: what is there and whole, copies under other names, remains of a kill."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, final

from sfm.runs.folder import PLOT_FILE, RUN_FILE, TRAJECTORY_FILE, TUM_FILE, find_runs, replaced_folder, take_others
from sfm.runs.saved import ALTERNATIVES_FOLDER, copied_files

_REMAINS = re.compile(r"\.(?P<name>.+)\.(?P<kind>new|old)-[0-9a-f]{8}", re.DOTALL)


@final
@dataclass(frozen=True, kw_only=True)
class Stored:
    """A whole run of a batch.

    Attributes:
        failure, limits: how it failed, where the estimator did not say so itself.
        origin: of what clip, see `origin_of`.
    """

    name: str
    key: str
    status: str
    reason: str
    failure: str
    limits: Mapping[str, Any]
    origin: tuple[str, str] = ("", "")


def stored_runs(out: Path) -> dict[str, Stored]:
    """The whole runs in a folder that a batch wrote, by name."""
    found: dict[str, Stored] = {}
    for path in find_runs(out) if out.is_dir() else []:
        if path != out and (run := stored(path)) is not None:
            found[path.name] = run
    return found


def stored(path: Path) -> Stored | None:
    """A run that a batch wrote and that is whole, else None."""
    try:
        record = json.loads((path / RUN_FILE).read_bytes())
        shots = [path / shot["name"] / TRAJECTORY_FILE for shot in record["shots"] if shot["status"] != "failed"]
        if any(file.stat().st_size == 0 for file in shots):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # no run, or not whole: it will be computed
    return stored_of(path.name, record)


def stored_of(name: str, record: Any) -> Stored | None:
    """The run of a run.json, None where that is not of a batch."""
    try:
        batch = record["batch"]
        return Stored(
            name=name,
            key=batch["key"] or "",
            status=record["status"],
            reason=record["reason"],
            failure=batch["failure"],
            limits=batch["limits"],
            origin=origin_of(record),
        )
    except (KeyError, TypeError, AttributeError):
        return None


def origin_of(record: Mapping[str, Any]) -> tuple[str, str]:
    """Path and SHA-256 of the clip of a run.json, "" where it does not say; a run of a single clip has no digest."""
    batch: Any = record.get("batch")
    digest = cast("Mapping[str, Any]", batch).get("clip_sha256") if isinstance(batch, Mapping) else None
    return str(record.get("source") or ""), str(digest or "")


def reason_for(reason: str, source: str, clip: str) -> str:
    """A reason that begins with the path of the clip of which it was said, with that of another or of another spelling.

    Args:
        reason: of a run.
        source: the clip of that run, "" where it does not say.
        clip: the other one.
    """
    begin = f"{source}: "
    return f"{clip}: {reason.removeprefix(begin)}" if source and reason.startswith(begin) else reason


def copy_run(source: Path, target: Path, clip: str) -> None:
    """The run of an equal clip under another name, with the name and the path of this clip."""
    from trajectory import io

    with replaced_folder(target) as temporary:
        shots = json.loads((source / RUN_FILE).read_bytes())["shots"]
        for home in dict.fromkeys([source, *(source / shot["name"] for shot in shots)]):
            record_file = home / RUN_FILE
            place = temporary / home.relative_to(source)
            place.mkdir(exist_ok=True)
            record = json.loads(record_file.read_bytes())
            name = record["name"].replace(source.name, target.name, 1)
            for said in (record, *record["shots"]):
                said["reason"] = reason_for(said["reason"], record["source"], clip)
            text = json.dumps({**record, "name": name, "source": clip}, indent=2, allow_nan=False, ensure_ascii=False)
            (place / RUN_FILE).write_text(text + "\n", encoding="utf-8")
            if not (home / TRAJECTORY_FILE).is_file():
                continue
            own = [file for file in copied_files(home) if file.parent == Path(ALTERNATIVES_FOLDER)]
            for file in (Path(TRAJECTORY_FILE), *own):
                (place / file).parent.mkdir(exist_ok=True)
                trajectory = io.read(home / file, format="native")
                if (origin := trajectory.provenance) is not None:
                    trajectory = trajectory.replace(provenance=replace(origin, source=clip))
                io.write(trajectory, place / file, format="native")
            for file in (Path(TUM_FILE), Path(PLOT_FILE), *copied_files(home)):
                if file not in own and (home / file).is_file():
                    (place / file).parent.mkdir(exist_ok=True)
                    shutil.copyfile(home / file, place / file)


def sweep(out: Path, names: frozenset[str]) -> None:
    """Clear up after a kill: half-written runs go, and a run that was just being replaced comes back."""
    if not out.is_dir():
        return
    for path in sorted(out.iterdir()):
        match = _REMAINS.fullmatch(path.name)
        if match is None or match["name"] not in names or not path.is_dir():
            continue
        if match["kind"] == "old" and not (out / match["name"]).exists():
            os.rename(path, out / match["name"])
        else:
            if match["kind"] == "old":
                take_others(path, out / match["name"])
            shutil.rmtree(path)
