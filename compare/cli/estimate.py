# ruff: noqa: RUF009 - `option` makes a dataclass's field
"""Estimate the camera trajectory of clips.

Writes OUT/NAME/ for each clip: run.json, trajectory.npz (native), trajectory_tum.txt and plot.png; a clip of several
shots gets OUT/NAME/shot-000/ and so on. NAME is the file's stem or the folder's name; one that says nothing (video,
clip, frames, images, rgb, ...) stands behind the folder's in which it is given: bear/video.mp4 is bear-video. Depth,
movement and points are beside them with --save.

Many clips (a folder, a glob, a list, --jobs) are a batch: OUT/manifest.jsonl logs it, each clip has a process of its
own, and the same command again computes only what is not there yet. `cinetraj status OUT` tells how far it is. With
--engine ray the machines of a Ray cluster compute it; clips and OUT lie where all of them find them.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from compare.cli import _report, _settings
from compare.cli._options import UNSET, Words, is_given, option, parsed_as
from trajectory.errors import CinetrajError
from trajectory.files import require_folder
from trajectory.run_names import PAGE_FILE

if TYPE_CHECKING:
    from sfm.batch import Clip
    from sfm.config import EstimateConfig

HELP_ALL = (
    "cinetraj estimate --help-all also shows the settings of every stage and backend, such as --shots.adaptive-ratio "
    "or --auto.keyframes; they are always accepted."
)


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj estimate`: its own, and which flag sets which field of a config.

    Type, default and help of the latter are written in `sfm.config`; `form` adds an option for every other field.
    """

    clips: Annotated[
        tyro.conf.Positional[Words],
        parsed_as(tuple[str, ...]),
        tyro.conf.arg(metavar="CLIP...", help_behavior_hint="(required)"),
    ]
    """Video files, folders of images, folders of videos, globs in quotes, or lists: .csv or .jsonl with a column
    `video` (and `name`), .txt with one path a line."""
    out: Annotated[str, tyro.conf.arg(metavar="PATH")]
    """Folder for the runs, or the address of a store, such as s3://BUCKET/runs."""
    name: Annotated[object, parsed_as(str | None)] = None
    """Name of the run instead of the clip's own; for a single clip."""
    backend: Any = option("backend")
    engine: Any = option("batch.engine")
    address: Any = option("batch.address")
    cpus_per_clip: Any = option("batch.cpus_per_clip")
    gpus_per_clip: Any = option("batch.gpus_per_clip")
    jobs: Any = option("batch.jobs", none_is_unset=True)
    clip_time_limit: Any = option("batch.time_limit_s")
    clip_memory_limit: Any = option("batch.memory_limit_gib")
    retry_failed: Any = option("batch.retry_failed")
    command: Any = option("backend:command.command", none_is_unset=True)
    format: Any = option("backend:command.format")
    output: Any = option("backend:command.output")
    command_folder: Any = option("backend:command.folder")
    command_env: Any = option("backend:command.environment")
    keep_output: Any = option("backend:command.keep")
    frame_step: Any = option("backend:command.frame_step")
    fps: Any = option("video.fps")
    long_side: Any = option("video.long_side")
    focal: Any = option("focal_px")
    fov: Any = option("fov_deg")
    pixel_aspect: Any = option("pixel_aspect")
    dense: Any = option("backend:auto.dense")
    distortion: Any = option("backend.distortion", none_is_unset=True)
    depth_prior: Any = option("backend:dense.depth_prior")
    mask: Any = option("mask")
    mask_weights: Any = option("mask_weights")
    split_shots: Any = option("split_shots")
    device: Any = option("device")
    seed: Any = option("seed")
    threads: Any = option("threads")
    features: Any = option("backend.features.name", none_is_unset=True)
    matcher: Any = option("backend.matching.method", none_is_unset=True)
    weights: Any = option("backend.features.weights", "backend.flow_weights", none_is_unset=True)
    time_limit: Any = option("backend.mapping.time_limit_s", "backend.timeout_s", none_is_unset=True)
    plot: Any = option("batch.plot")
    save: Any = option("save")
    html: bool = False
    """Also write OUT/NAME/index.html, a page to look at, for each clip, and for several OUT/index.html with all."""
    json: bool = False
    """Print {NAME: the content of run.json} instead of words."""


def run(args: Args) -> int:
    """Estimate every clip; one that fails does not stop the others."""
    from sfm.batch.places import folder_of

    folder = folder_of(args.out)
    if args.html and folder is None:  # before hours of work, not after
        raise CinetrajError(
            f"--html writes pages into folders, not into {args.out}; copy the runs, then cinetraj view --html"
        )
    records, bad = estimate_all(args, say=_nothing if args.json else print)
    if args.html and records and folder is not None:
        pages(folder, list(records), say=_nothing if args.json else print)
    if args.json:
        _report.print_json(records)
    if not records:
        return 2
    return 1 if bad or any(record["status"] == "failed" for record in records.values()) else 0


def estimate_all(
    args: Args, *, say: Callable[[str], None], named: "list[Clip] | None" = None
) -> tuple[dict[str, Any], list[str]]:
    """The content of run.json by name, and the names of clips that could not be read.

    Args:
        say: called with one line for each clip. A single clip that cannot be read raises CinetrajError.
        named: the clips with the names of their runs, where these are not to follow from `args.clips`.
    """
    from compare.cli import _batch, _pages
    from sfm.batch.places import folder_of
    from sfm.config import CommandConfig
    from sfm.external.imported import require_readable

    clips, several = chosen_clips(args) if named is None else (named, len(named) > 1 or is_given(args.jobs))
    config, batch = _settings.configs_of(args)
    if isinstance(config.backend, CommandConfig):  # before the program runs, not after
        require_readable(config.backend.format)
        if config.backend.keep is not None:
            require_folder(config.backend.keep)
    out = folder_of(args.out)
    had = [] if args.html or out is None else _pages.runs_with_page(out / clip.name for clip in clips)
    if not several and batch.engine == "local" and out is not None:
        clip = clips[0]
        folder = out / clip.name
        with _report.heard() as heard:  # the reader of a clip tells what is wrong with it at once
            record = estimate_one(clip.path, folder, config, plot=batch.plot, quiet=args.json)
        say(sentence(str(folder), record))
        untold = [note for note in record["notes"] if not any(text.endswith(f": {note}") for text in heard)]
        tell(clip.name, record, notes=untold)
        records, bad = {clip.name: record}, []
    else:
        records, bad = _batch.estimate_batch(clips, args.out, config, batch, say=say, tell=tell, sentence=sentence)
    if out is not None and (lost := _pages.lost(had, out)):
        say(lost)
    if out is not None and not args.html and (older := _pages.outdated(out, records)):
        say(older)
    return records, bad


def pages(out: Path, names: list[str], *, say: Callable[[str], None]) -> None:
    """Write the pages of runs, and of several, or where there is one, the page of their folder."""
    from compare.cli._pages import told, write_pages

    listed = len(names) > 1 or (out / PAGE_FILE).is_file()
    written = write_pages([out / name for name in names], out if listed else None, kept=True)
    if written:
        say(told(written))


def form(*, whole: bool, told: bool = True) -> type:
    """What the command line parses into `Args`; `whole`: with the settings of each stage and backend; `told`: help."""
    return _settings.form(Args, whole=whole, told=told)


def config_of(args: Args) -> "EstimateConfig":
    """The estimator's config for the options of the command line."""
    return _settings.configs_of(args)[0]


def chosen_clips(args: Args) -> "tuple[list[Clip], bool]":
    """The clips with the names of their runs, and whether they are a batch, as one clip with a limit or --jobs is."""
    from sfm.batch import clips_of

    if not args.clips:
        raise CinetrajError("no clip given; usage: cinetraj estimate CLIP... --out FOLDER")
    clips, said = clips_of(args.clips)
    for line in said:
        _report.warn(line)
    itself = len(clips) == 1 and os.path.abspath(clips[0].path) == os.path.abspath(args.clips[0])
    if args.name is not None:
        if len(clips) != 1:
            raise CinetrajError(f"--name {args.name} names one run, but {len(clips)} clips are given; leave it out")
        name = str(args.name)
        if not name or Path(name).name != name or name == "..":
            raise CinetrajError(f"--name is {name!r}, expected a plain folder name")
        clips = [replace(clips[0], name=name)]
    limited = args.clip_time_limit is not UNSET or args.clip_memory_limit is not UNSET or args.retry_failed is True
    return clips, limited or is_given(args.jobs) or not itself


def estimate_one(clip: str, folder: Path, config: "EstimateConfig", *, plot: bool, quiet: bool) -> dict[str, Any]:
    """Estimate one clip and write its run; returns the content of run.json."""
    from sfm import pipeline
    from sfm.batch.inputs import Clip
    from sfm.batch.ownership import require_own
    from sfm.batch.places import place_of
    from sfm.processes.allocation import keep_freed_memory
    from sfm.runs import folder as runs

    keep_freed_memory()
    runs.require_free(folder)  # before minutes of work, not after
    place = place_of(folder.parent)
    require_own(place, [Clip(path=clip, name=folder.name)], {}, [folder.name])
    with _report.stages(folder.name, quiet=quiet) as progress:
        estimate = pipeline.estimate(clip, config, progress=progress)
        place.put(folder.name, lambda target: runs.write_run(estimate, target, plot=plot))
    return {"name": folder.name, **estimate.to_json()}


def sentence(run: str, record: dict[str, Any]) -> str:
    """One line of what became of a clip."""
    shots = len(record["shots"])
    several = len({shot["motion_model"] for shot in record["shots"]}) > 1
    model = record["motion_model"] or ("several motion models" if several else "no motion model")
    cut = f", {shots} shots" if shots > 1 else ""
    return (
        f"{run}: {record['status']}, {model.replace('_', '+')}, "
        f"{record['registered']} of {record['frames']} frames{cut}, "
        f"{record['seconds']['total']:.1f} s{_prior_of(record)}"
    )


def _prior_of(record: dict[str, Any]) -> str:
    """Whose depths were used, and their licence: it may forbid what the user wants to do."""
    said: list[dict[str, str] | None] = [shot["statistics"].get("depth_prior") for shot in record["shots"]]
    told = next((each for each in said if each is not None), None)
    if told is None:
        return ""
    return f"; depths told by {told['source']}" + (f" (licence: {told['licence']})" if "licence" in told else "")


def tell(name: str, record: dict[str, Any], *, notes: Sequence[str] = ()) -> None:
    """What the user must know beyond the line: doubts and missing files as a warning, failure as an error.

    Args:
        notes: what was noted about the clip's file and is not told yet; of a batch, where it may be many lines, what
            could not be read, and run.json has the rest.
    """
    if record["status"] == "failed":
        _report.error(f"{name} could not be estimated: {record['reason']}")
    elif record["status"] != "ok":
        _report.warn(f"{name} is {record['status']}: {record['reason']}")
    for note in notes:
        _report.warn(f"{name}: {note}")
    missing: dict[str, list[str]] = {}
    for shot in record["shots"]:
        for file, why in shot.get("unsaved", {}).items() if shot["status"] != "failed" else ():
            missing.setdefault(f"{file} was not saved: {why}", []).append(shot["name"])
    if missing:
        said = [text + (f" ({', '.join(shots)})" if shots != [""] else "") for text, shots in missing.items()]
        _report.warn(f"{name}: {'; '.join(said)}")


def _nothing(line: str) -> None:
    """Nobody listens."""
