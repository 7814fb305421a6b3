# pyright: basic
# (plotly has no types)
"""One self-contained page over saved scores: no network, no server, light and dark."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from html import escape
from itertools import combinations
from pathlib import Path
from typing import Any, cast

from compare import metrics
from compare.best import best_of, mean_badness
from compare.common import clips_of, common_mean
from compare.counts import first_three
from compare.notes import merged
from compare.report.assemble import assembled, asset, data_uri, embedded, packed
from compare.report.stamps import called, noise_measurable, noise_of
from compare.report.thinned import thinned
from compare.rows import FAULTS
from compare.scored import Scores, records_of
from compare.sources import TRAJECTORY_SUFFIXES
from compare.uncertainty import FEWEST_CLIPS, paired_values
from trajectory.errors import CinetrajError, ReadError
from trajectory.files import write_whole
from trajectory.run_names import RUN_FILE

NOISE_FILE = "noise_floor.json"
"""Name of the saved `NoiseFloor` (or a list of them) beside the scores."""

Thumbnails = Callable[[str], Sequence[bytes]]
"""From a source (a video's path, a run folder) to the JPEG files of a few of its frames; empty where there are none."""


def load(scores: str | Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The saved scores of a folder (or one file) and the noise floors beside them.

    Raises:
        ReadError: a file is no saved score.
        CinetrajError: the path does not exist or holds no scores.
    """
    path = Path(scores)
    if not path.exists():
        raise CinetrajError(f"{path} does not exist, expected a folder of scores from `cinetraj compare --out`")
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    found: list[dict[str, Any]] = []
    floors: list[dict[str, Any]] = []
    for file in files:
        try:
            value: Any = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ReadError(file, f"is no JSON ({error})", remedy="remove it or score again") from error
        if file.name == NOISE_FILE:
            floors += cast("list[Any]", value) if isinstance(value, list) else [value]
        elif isinstance(value, dict) and {"model", "protocol", "clips", "summary", "coverage"} <= set(
            cast("dict[str, Any]", value)
        ):
            found.append(cast("dict[str, Any]", value))
        else:
            raise ReadError(file, "holds no saved scores", remedy="give the folder that `cinetraj compare --out` wrote")
    if not found and not floors:
        below = sorted({file.parent for file in path.glob("*/*.json") if not (file.parent / RUN_FILE).exists()})
        which = f"; give the folders in it, as {' '.join(map(str, below[:2]))}" if below else ""
        raise CinetrajError(f"{path} holds no scores, expected *.json from `cinetraj compare --out`{which}")
    return found, floors


def write(
    scores: str | Path | Scores,
    html: str | Path,
    *,
    title: str = "Camera scores",
    noise: Sequence[Mapping[str, Any]] = (),
    thumbnails: Thumbnails | None = None,
) -> Path:
    """Write the report of scores (a folder of saved ones, a file, results, or records) to `html`, whole or not at all.

    Args:
        noise: noise floors as JSON values, besides those in the folder. thumbnails: frames for the filmstrips.

    Raises:
        CinetrajError: there are no scores, or plotly is not installed.
    """
    records: Sequence[Mapping[str, Any]]
    if isinstance(scores, str | Path):
        records, floors = load(scores)
    else:
        records, floors = records_of(scores), []
    page = render(records, title=title, noise=[*floors, *noise], thumbnails=thumbnails)
    return write_whole(html, page)


def render(
    records: Sequence[Mapping[str, Any]],
    *,
    title: str = "Camera scores",
    noise: Sequence[Mapping[str, Any]] = (),
    thumbnails: Thumbnails | None = None,
) -> str:
    """The page as text."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise CinetrajError(
            "the report needs plotly, which is not installed; run: pip install 'cinetraj[report]'"
        ) from error
    if not records:
        raise CinetrajError("there are no scores, expected at least one record")
    parts = {
        "TITLE": escape(title, quote=False),
        "STYLE": asset("report.css"),
        "DATA": embedded(_payload(records, title, noise, thumbnails)),
        "PLOTLY": packed(get_plotlyjs()),
        "SCRIPT": asset("report.js"),
    }
    return assembled("report.html", parts)


def _payload(
    records: Sequence[Mapping[str, Any]],
    title: str,
    noise: Sequence[Mapping[str, Any]],
    thumbnails: Thumbnails | None,
) -> dict[str, Any]:
    details: dict[str, Any] = {}
    boards: dict[str, dict[str, Any]] = {}
    # Our own protocol first: its paths are the ones that others borrow.
    for record in sorted(records, key=lambda r: r["protocol"]["name"] != "strict"):
        stamp = record["protocol"]
        key = f"{stamp['name']} {stamp['hash']}"
        if key not in boards:
            boards[key] = empty_board(called(stamp), record)
        _add(boards[key], record, details)
    for board in boards.values():
        floor = noise_of(board["stamp"], noise)
        _on_common_clips(board)
        _mark_best(board, floor)
        board["paired"] = _paired(board, floor)
    _borrow(boards, details)
    details = thinned(details)
    sources = {source for detail in details.values() for source in detail["sources"] if source}
    strips: dict[str, list[str]] = {}
    if thumbnails is not None:
        for source in sorted(sources):
            if Path(source).suffix.lower() in TRAJECTORY_SUFFIXES:
                continue  # a trajectory file has no frames to show
            images = thumbnails(source)
            strips[source] = [data_uri(image, "image/jpeg") for image in images]
    for board in boards.values():
        for model in board["models"]:
            del model["values"]
    measured = {board["protocol"]: noise_of(board["stamp"], noise) for board in boards.values()}
    return {
        "title": title,
        "fewest_clips": FEWEST_CLIPS,
        "noise": {name: floor for name, floor in measured.items() if floor},
        "boards": list(boards.values()),
        "details": details,
        "strips": strips,
    }


def empty_board(name: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """What a page shows of a protocol, before any model is added."""
    stamp = record["protocol"]
    units = record.get("units", {})
    return {
        "protocol": name,
        "stamp": stamp,
        "failures": stamp["failures"],
        "measurable": noise_measurable(stamp),
        "metrics": [
            {
                "name": metric,
                "better": metrics.better_of(metric),
                "words": metrics.METRICS[metric].summary if metric in metrics.METRICS else metric,
                "unit": units.get(metric, ""),
            }
            for metric in stamp["metrics"]
        ],
        "models": [],
        "clips": [],
        "notes": [],
    }


def _notes(record: Mapping[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
    """The notes of the protocol itself; and those of clips, each kind once with the clips that it is about."""
    by_clip = {name: told.get("notes", []) for name, told in record.get("rows", {}).items()}
    made: dict[str, list[str]] = {}
    for name, texts in by_clip.items():
        for text in texts:
            made.setdefault(text, []).append(name)
    same = {f"{text} ({first_three(names)})" for text, names in made.items()}
    own = [note for note in record["protocol"].get("notes", []) if note not in same]
    return own, [{"text": text, "clips": first_three(names)} for text, names in merged(by_clip)]


def _add(board: dict[str, Any], record: Mapping[str, Any], details: dict[str, Any]) -> None:
    for metric in board["metrics"]:
        metric["unit"] = metric["unit"] or record.get("units", {}).get(metric["name"], "")
    model = record["model"]
    taken = {entry["model"] for entry in board["models"]}
    if model in taken:
        model = f"{model} ({sum(name.split(' (')[0] == model for name in taken) + 1})"
    own, of_clips = _notes(record)
    board["notes"] = [*dict.fromkeys([*board["notes"], *own])]
    board["models"].append(
        {
            "model": model,
            "notes": of_clips,
            "ok": record["coverage"]["ok"],
            "all": record["coverage"]["all"],
            "warnings": record["protocol"]["warnings"],
            "faults": {fault: len(record["summary"].get("faults", {}).get(fault, [])) for fault in FAULTS},
            "policies": record["summary"]["policies"],
            "clips": {policy: clips_of(record, policy) for policy in ("drop", "worst")},
            "values": record.get("values", {}),
        }
    )
    for name, clip in record["clips"].items():
        told = record.get("rows", {}).get(name, {})
        row: dict[str, Any] = {"model": model, "clip": name, "values": {}, "undefined": {}, "detail": None}
        row["compared"], row["speed_ratio"] = told.get("compared"), told.get("speed_ratio")
        row["intervals"] = {m: [each["low"], each["high"]] for m, each in told.get("intervals", {}).items()}
        if "failed" in clip:
            row["failed"], row["fault"] = clip["failed"], told.get("fault") or "model"
        else:
            for metric, value in clip.items():
                if isinstance(value, dict):
                    row["undefined"][metric] = value["undefined"]
                else:
                    row["values"][metric] = value
        if name in record.get("details", {}):
            row["detail"] = f"{board['protocol']}|{model}|{name}"
            details[row["detail"]] = record["details"][name]
        board["clips"].append(row)


def _on_common_clips(board: Mapping[str, Any]) -> None:
    """The means of a board's models, over the clips that all of them have."""
    models = board["models"]
    for model in [m for m in models if m["values"]]:
        model["policies"] = {
            policy: {m["name"]: common_mean(model, models, m["name"], policy) for m in board["metrics"]}
            for policy in ("drop", "worst")
        }


def _mark_best(board: Mapping[str, Any], floor: Mapping[str, float]) -> None:
    """By each metric: how bad the model is, and whether it is told to be better than every other one."""
    models = board["models"]
    for policy in ("drop", "worst"):
        for metric in [m["name"] for m in board["metrics"]]:
            best = best_of(models, metric, policy, noise=floor.get(metric))
            for i, model in enumerate(models):
                entry = {**model["policies"][policy][metric], "badness": mean_badness(model, models, metric, policy)}
                model["policies"] = {**model["policies"], policy: {**model["policies"][policy], metric: entry}}
                entry["best"] = i == best


def _borrow(boards: Mapping[str, Mapping[str, Any]], details: dict[str, Any]) -> None:
    """Clips whose protocol keeps no paths show those of another protocol, without its errors, and say so."""
    drawn: dict[tuple[str, str], tuple[str, str]] = {}
    for board in boards.values():
        for row in board["clips"]:
            if row["detail"] is not None:
                drawn.setdefault((row["model"], row["clip"]), (board["protocol"], row["detail"]))
    for board in boards.values():
        for row in board["clips"]:
            if row["detail"] is None and "failed" not in row and (row["model"], row["clip"]) in drawn:
                protocol, key = drawn[row["model"], row["clip"]]
                row["detail"] = f"{board['protocol']}|{row['model']}|{row['clip']}"
                note = f"paths as compared under {protocol}"
                details[row["detail"]] = {**details[key], "errors": {}, "facts": {}, "notes": [note]}


def _paired(board: Mapping[str, Any], floor: Mapping[str, float]) -> list[dict[str, Any]]:
    """Every two models on the clips that both have, for the first three metrics."""
    rows: list[dict[str, Any]] = []
    policy = board["failures"]
    for first, second in combinations(board["models"], 2):
        for metric in [m["name"] for m in board["metrics"][:3]]:
            a, b = (m["values"].get(policy, {}).get(metric, {}) for m in (first, second))
            if not set(a) & set(b):
                continue
            names = (first["model"], second["model"])
            found = asdict(paired_values(a, b, metric, names=names, noise=floor.get(metric)))
            rows.append({"first": names[0], "second": names[1], **found})
    return rows
