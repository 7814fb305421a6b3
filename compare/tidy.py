# pyright: basic
# (pandas and pyarrow have partial types)
"""Runs, descriptions and scores of whole folders as tidy tables: one row for one observation.

Rows are made without pandas; `table` and Parquet need the extra `tables`.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from compare import metrics
from compare.report import page, tables
from compare.run_files import RunShot, all_shots, runs_in
from compare.scored import is_scored, records_of
from compare.scoring import Result
from trajectory.certainty import QUANTITIES
from trajectory.errors import CinetrajError, ReadError
from trajectory.files import write_whole
from trajectory.model import Trajectory
from trajectory.moves import are_told
from trajectory.picture import in_parts

if TYPE_CHECKING:
    import pandas

Kind = Literal["runs", "frames", "descriptions", "segments", "scores", "errors", "leaderboard"]
"""What a row is. runs: a shot; frames: a frame; descriptions: a shot and primitive; segments: a segment; scores: one
model, protocol, clip and metric; errors: a point of comparison of these; leaderboard: a model, protocol and metric."""
KINDS: tuple[Kind, ...] = get_args(Kind)
OF_SCORES: tuple[Kind, ...] = ("scores", "errors", "leaderboard")
Row = dict[str, Any]
Runs = str | Path
Source = Runs | Result | Mapping[str, Any] | Sequence["Source"]
"""A run or a folder of runs, several of these by the name of their set; or results, saved ones, or their folder."""
NO_PANDAS = "tables need pandas, which is not installed; run: pip install 'cinetraj[tables]'"
NO_PARQUET = "Parquet needs pandas and pyarrow, which are not installed; run: pip install 'cinetraj[tables]'"


def table(source: Source, of: Kind | None = None) -> "pandas.DataFrame":
    """A tidy table of runs or of scores.

    Args:
        source: a run, a folder of runs, or a mapping from the name of a set (a backend, a model) to one, which adds the
            column `set`; or scores: a `Result`, a saved record, a folder of these, a sequence, or a mapping from models
            to them.
        of: one of `KINDS`; by default `runs` of runs and `scores` of scores.

    Raises:
        CinetrajError: pandas is not installed, or the source is neither.
    """
    try:
        import pandas
    except ImportError as error:
        raise CinetrajError(NO_PANDAS) from error
    found = pandas.DataFrame(rows(source, of))
    for name in found.columns:
        if found[name].dtype == object:  # a truth that may be unknown is no float
            found[name] = found[name].convert_dtypes()
    return found


def rows(source: Source, of: Kind | None = None) -> list[Row]:
    """The rows of `table` as dictionaries of JSON values; None is what is not known."""
    if of is not None and of not in KINDS:
        raise CinetrajError(f"of is {of!r}, expected one of {', '.join(KINDS)}")
    records = _records(source)
    kind = of or ("runs" if records is None else "scores")
    if kind in OF_SCORES and records is None and isinstance(source, str | Path) and not _holds_runs(Path(source)):
        page.load(source)  # says what is wrong with it
    if (kind in OF_SCORES) != (records is not None):
        given = "runs" if records is None else "scores"
        able = [name for name in KINDS if (name in OF_SCORES) != (records is None)]
        raise CinetrajError(f"there is no table of {kind} from {given}, expected one of {', '.join(able)}")
    if records is not None:
        return list(_OF_SCORES[kind](records))
    sets: Mapping[str, Any] = source if isinstance(source, Mapping) else {"": source}
    return [
        ({"set": name} if name else {}) | {"clip": shot.record.get("name"), "shot": shot.shot["name"]} | row
        for name, folder in sets.items()
        for shot in all_shots(folder)
        for row in _rows_of(shot, kind)
    ]


def _rows_of(shot: RunShot, kind: Kind) -> list[Row]:
    """Of one shot; one whose files are damaged is one that failed."""
    try:
        return list(_OF_RUNS[kind](shot))
    except ReadError as error:
        return list(_OF_RUNS[kind](shot.lost(error)))


def write(found: "Sequence[Mapping[str, Any]] | pandas.DataFrame", path: str | Path) -> Path:
    """Write rows or a table, whole or not at all; the suffix says how: .csv, .jsonl or .parquet.

    What names the rows of a table that was grouped or pivoted is written as columns before the others.
    """
    target, kind = Path(path), kind_of(path)
    table = _flat(found) if hasattr(found, "to_dict") else list(found)
    if kind == ".parquet":
        return write_whole(target, _parquet(table))
    plain = table if isinstance(table, list) else table.astype(object).where(table.notna(), None).to_dict("records")
    return write_whole(target, (tables.to_csv if kind == ".csv" else tables.to_jsonl)(plain))


def _flat(found: Any) -> "pandas.DataFrame":
    """The table or series with plain names of columns, and with columns for what names its rows: files have no index.

    Numbers of rows without a name, as they come from filtering, name nothing.
    """
    frame = found if hasattr(found, "columns") else found.to_frame("value" if found.name is None else found.name)
    index = frame.index
    naming = [
        level
        for level, name in enumerate(index.names)
        if (name is not None or index.get_level_values(level).dtype.kind not in "iu") and name not in frame.columns
    ]
    frame = frame.reset_index(level=naming) if naming else frame
    names = [" ".join(str(part) for part in c if part != "") if isinstance(c, tuple) else str(c) for c in frame.columns]
    return frame.set_axis(names, axis="columns")


def kind_of(path: str | Path) -> str:
    """The suffix of a table's file. Raises CinetrajError for one that no table has."""
    kind = Path(path).suffix.lower()
    if kind not in (".csv", ".jsonl", ".parquet"):
        raise CinetrajError(f"{path} ends in {kind or 'nothing'}, expected .csv, .jsonl or .parquet")
    return kind


def _parquet(found: Any) -> bytes:
    data = io.BytesIO()
    try:
        import pandas

        frame = found if isinstance(found, pandas.DataFrame) else pandas.DataFrame(list(found))
        frame.to_parquet(data, index=False, engine="pyarrow")
    except ImportError as error:
        raise CinetrajError(NO_PARQUET) from error
    return data.getvalue()


def _records(source: Any) -> list[Mapping[str, Any]] | None:
    """Saved scores that a source holds; None where it stands for runs."""
    if is_scored(source) or (isinstance(source, Mapping) and source and all(map(is_scored, source.values()))):
        return records_of(source)
    if isinstance(source, Mapping):
        for name, runs in source.items():
            if not isinstance(runs, str | Path):
                kind = type(runs).__name__
                raise CinetrajError(
                    f"set {name!r} is of type {kind}, expected a run or a folder of runs, or scores in all"
                )
        return None
    if isinstance(source, str | Path):
        path = Path(source)
        scored = path.suffix == ".json" or (path.is_dir() and any(path.glob("*.json")) and not _holds_runs(path))
        return list(page.load(path)[0]) if scored else None
    if not isinstance(source, Iterable):
        raise CinetrajError(f"there is no table of {type(source).__name__}, expected runs or scores")
    found = [_records(each) for each in source]
    if not found or any(each is None for each in found):
        raise CinetrajError(
            "several sources without names are of scores, and not all of these hold some; several folders of runs take "
            "names, as a mapping or, in a command, as SET=FOLDER"
        )
    return [record for each in found if each is not None for record in each]


def _holds_runs(path: Path) -> bool:
    try:
        return bool(runs_in(path))
    except CinetrajError:
        return False


def _run_rows(shot: RunShot) -> Iterator[Row]:
    trajectory = shot.trajectory()
    told, video = shot.statistics, shot.record.get("video") or {}
    clocked = _counts_seconds(video, trajectory)
    row: Row = {
        "status": shot.status,
        "reason": shot.shot.get("reason", ""),
        "backend": shot.record.get("backend"),
        "motion_model": shot.shot.get("motion_model"),
        "frames": shot.shot.get("frames"),
        "registered": shot.shot.get("registered"),
        "start": shot.shot.get("start"),
        "stop": shot.shot.get("stop"),
        "start_s": shot.shot.get("start_s") if clocked else None,
        "end_s": shot.shot.get("end_s") if clocked else None,
        "confidence": told.get("confidence"),
    }
    for what in (*QUANTITIES, "rigid"):
        row[f"probability_{what}"] = (told.get("probability") or {}).get(what)
    for what in QUANTITIES:
        row[f"sure_{what}"] = (told.get("sure") or {}).get(what)
    row |= {key: told.get(key) for key in ("noise_px", "share_explained", "translation_bound")}
    row["other_answers"] = max(0, len(told.get("candidates") or ()) - 1)
    row |= dict.fromkeys(("scale", "focal_px", "zoom", "path_length", "turned_deg", "sentence"))
    if trajectory is not None:
        row |= _of_path(trajectory) | {"sentence": shot.describe(trajectory).sentence}
    row |= {"seconds": (shot.record.get("seconds") or {}).get("total"), "source": shot.source}
    yield row | {"time_source": video.get("time_source"), "folder": str(shot.folder)}


def _counts_seconds(video: Mapping[str, Any], trajectory: Trajectory | None) -> bool:
    """Whether times are seconds: images without a rate have frame numbers in their place, which are no seconds."""
    return (video.get("time_source") or (trajectory and trajectory.time_source)) != "index"


def _of_path(trajectory: Trajectory) -> Row:
    points, focal = trajectory.positions[trajectory.valid], trajectory.focal_px
    pixels = not in_parts(trajectory)
    known = focal[trajectory.valid] if focal is not None else np.zeros(0)
    turned = None
    if len(points):
        from trajectory.curves import rotation_deg

        turned = float(np.linalg.norm(rotation_deg(trajectory)[trajectory.valid][-1]))
    return {
        "scale": trajectory.scale,
        "focal_px": float(np.median(known)) if len(known) and pixels else None,
        "zoom": float(known[-1] / known[0]) if len(known) else None,
        "path_length": float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum()),
        "turned_deg": turned,
    }


def _frame_rows(shot: RunShot) -> Iterator[Row]:
    from trajectory.curves import pose_sigma, rotation_deg
    from trajectory.resample import quat_wxyz_from_rotation

    trajectory = shot.trajectory()
    if trajectory is None:
        return
    n = len(trajectory)
    quat = np.full((n, 4), np.nan)
    quat[trajectory.valid] = quat_wxyz_from_rotation(np.array(trajectory.rotations[trajectory.valid]))
    sigma = pose_sigma(trajectory)
    columns: dict[str, np.ndarray | None] = {
        **dict(zip(("x", "y", "z"), trajectory.positions.T, strict=True)),
        **dict(zip(("qw", "qx", "qy", "qz"), quat.T, strict=True)),
        **dict(zip(("tilt_deg", "pan_deg", "roll_deg"), rotation_deg(trajectory).T, strict=True)),
        **dict(zip(("sigma_x", "sigma_y", "sigma_z"), sigma[:, :3].T, strict=True)),
        **dict(zip(("sigma_tilt_deg", "sigma_pan_deg", "sigma_roll_deg"), np.degrees(sigma[:, 3:]).T, strict=True)),
        "focal_px": None if in_parts(trajectory) else trajectory.focal_px,
        "focal_sigma_px": trajectory.focal_sigma_px,
        "scene_depth": trajectory.scene_depth,
    }
    for i in range(n):
        row: Row = {"frame": int(shot.shot.get("start", 0)) + i}
        row["time_s"] = None if trajectory.time_source == "index" else float(trajectory.time_s[i])
        row["valid"] = bool(trajectory.valid[i])
        yield row | {name: None if values is None else _number(values[i]) for name, values in columns.items()}


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _description_rows(shot: RunShot) -> Iterator[Row]:
    trajectory = shot.trajectory()
    if trajectory is None:
        return
    told = shot.describe(trajectory)
    for name, score in told.scores.items():
        decision = told.decisions[name]
        yield {
            "primitive": name,
            "score": score,
            "yes": decision.yes,
            "margin": decision.margin,
            "reliability": decision.reliability,
            "probability": decision.probability,
            "flagged": told.flagged.get(name, ""),
            "status": shot.status,
        }


def _segment_rows(shot: RunShot) -> Iterator[Row]:
    trajectory = shot.trajectory()
    if trajectory is None:
        return
    told = shot.describe(trajectory)
    shown = are_told(told.decisions, told.segments, told.translation_unit)
    for segment, named in zip(told.segments, shown, strict=True):
        yield {
            "primitive": segment.primitive,
            "start_s": segment.start_s,
            "end_s": segment.end_s,
            "strength": segment.strength,
            "margin": segment.margin,
            "told": named,
            "reliability": told.decisions[segment.primitive].reliability,
        }


def _score_rows(records: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for record in records:
        stamp, units = record["protocol"], record.get("units", {})
        for clip, value in record["clips"].items():
            told = record.get("rows", {}).get(clip, {})
            for metric in stamp["metrics"]:
                given = value.get(metric)
                undefined = given["undefined"] if isinstance(given, Mapping) else ""
                interval = told.get("intervals", {}).get(metric) or {}
                yield {
                    **_of_record(record),
                    "clip": clip,
                    "metric": metric,
                    "value": None if isinstance(given, Mapping) else given,
                    "low": interval.get("low"),
                    "high": interval.get("high"),
                    "unit": units.get(metric, ""),
                    "better": metrics.better_of(metric),
                    "failed": "failed" in value,
                    "fault": told.get("fault", ""),
                    "reason": value.get("failed", undefined),
                    "notes": "; ".join(told.get("notes", [])),
                }


def _error_rows(records: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    if records and not any(record.get("details") for record in records):
        raise CinetrajError(
            "these scores keep no errors over time: their protocol gives one number a clip, "
            "or they were made without detail=True; take another protocol, or `cinetraj compare --out`"
        )
    for record in records:
        for clip, detail in record.get("details", {}).items():
            for metric, errors in detail["errors"].items():
                values = errors["values"]
                at = detail.get("at") or []
                points = at if len(at) == len(values) else [float(i) for i in range(len(values))]
                for point, value in zip(points, values, strict=True):
                    row: Row = {**_of_record(record), "clip": clip, "metric": metric, "unit": errors["unit"]}
                    yield row | {"axis": detail.get("axis", "frames"), "at": point, "error": value}


def _leader_rows(records: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for record, row in zip(records, tables.leaderboard(records), strict=True):
        for metric in record["protocol"]["metrics"]:
            yield {
                **_of_record(record),
                "metric": metric,
                "value": row[metric],
                "low": row[f"{metric}_low"],
                "high": row[f"{metric}_high"],
                "clips": row[f"{metric}_clips"],
                "drop": row[f"{metric}_drop"],
                "worst": row[f"{metric}_worst"],
                "unit": record.get("units", {}).get(metric, ""),
                "better": metrics.better_of(metric),
                "ok": row["ok"],
                "all": row["all"],
            }


def _of_record(record: Mapping[str, Any]) -> Row:
    stamp = record["protocol"]
    return {"model": record["model"], "protocol": stamp["name"], "hash": stamp["hash"][:12]}


_OF_RUNS: Mapping[str, Callable[[RunShot], Iterator[Row]]] = {
    "runs": _run_rows,
    "frames": _frame_rows,
    "descriptions": _description_rows,
    "segments": _segment_rows,
}
_OF_SCORES: Mapping[str, Callable[[Sequence[Mapping[str, Any]]], Iterator[Row]]] = {
    "scores": _score_rows,
    "errors": _error_rows,
    "leaderboard": _leader_rows,
}
