"""Estimate the camera trajectory of clips.

Writes OUT/NAME/ for each clip: run.json, trajectory.npz (native), trajectory_tum.txt and plot.png; a clip of several
shots gets OUT/NAME/shot-000/ and so on. NAME is the file's stem or the folder's name.

Many clips (a folder, a glob, a list, --jobs) are a batch: OUT/manifest.jsonl logs it, each clip has a process of its
own, and the same command again computes only what is not there yet. `cinetraj status OUT` tells how far it is.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

from compare.cli import _report
from trajectory.errors import CinetrajError

if TYPE_CHECKING:
    from sfm.batch import Clip
    from sfm.config import EstimateConfig


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj estimate`."""

    clips: tyro.conf.Positional[tuple[str, ...]]
    """Video files, folders of images, folders of videos, globs in quotes, or lists: .csv or .jsonl with a column
    `video` (and `name`), .txt with one path a line."""
    out: Path
    """Folder for the runs."""
    name: str | None = None
    """Name of the run instead of the clip's own; for a single clip."""
    backend: Literal["auto", "colmap", "glomap", "colmap-sift", "command"] = "auto"
    """auto: tracks and a choice among motion models. colmap, glomap: pycolmap's mappers on our features.
    colmap-sift: stock pycolmap, the usual baseline. command: another program, see --command."""
    jobs: int | None = None
    """Clips at a time; the cores are shared out among them. 1 by default."""
    clip_time_limit: float = 1800.0
    """Seconds for one clip of a batch; beyond, it is tried once more at half the size, then recorded as failed."""
    clip_memory_limit: float | None = None
    """GiB for one clip of a batch; by default an equal share of 80 % of the memory."""
    retry_failed: bool = False
    """Estimate again what failed in an earlier call."""
    command: str | None = None
    """Another program's command: {video} and {out} are filled in, also {name}, {threads}, {seed}."""
    format: str = "auto"
    """Format of what the command writes to {out}, e.g. megasam."""
    output: str | None = None
    """File or glob below {out} to read, where the usual names of the format do not find it."""
    command_folder: Path | None = None
    """Working folder of the command."""
    command_env: tuple[str, ...] = ()
    """NAME=VALUE ... for the command."""
    keep_output: Path | None = None
    """Folder in which what the command writes is kept; by default it is removed once it is read."""
    frame_step: int | None = None
    """Every n-th frame of the clip is used by the command; its poses then get the times of these frames."""
    fps: float | None = None
    """Frames per second to use; all by default."""
    long_side: int = 640
    """Longer side in pixels at which the work is done."""
    focal: float | None = None
    """Focal length in pixels of the source, vertical (fy), if known."""
    fov: float | None = None
    """Horizontal field of view in degrees, if known, instead of --focal."""
    pixel_aspect: float | None = None
    """Width of a pixel over its height; what the file says, else 1."""
    split_shots: bool = True
    """Take the whole clip for one shot; by default it is cut at its shot boundaries."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to compute."""
    seed: int = 0
    """Seed of all random choices."""
    threads: int | None = None
    """CPU threads; all by default. Results are the same for the same number."""
    features: str | None = None
    """Features of the backends colmap and glomap, e.g. sift or aliked-n16."""
    matcher: str | None = None
    """Matcher of the backends colmap and glomap, e.g. smnn or adalam."""
    weights: Path | None = None
    """Local file with the weights of the features, instead of a download."""
    time_limit: float | None = None
    """Seconds after which pycolmap's mapper, or the command, is stopped and the clip counts as failed."""
    plot: bool = True
    """Leave plot.png away."""
    json: bool = False
    """Print {NAME: the content of run.json} instead of words."""


def run(args: Args) -> int:
    """Estimate every clip; one that fails does not stop the others."""
    records, bad = estimate_all(args, say=_nothing if args.json else print)
    if args.json:
        _report.print_json(records)
    if not records:
        return 2
    return 1 if bad or any(record["status"] == "failed" for record in records.values()) else 0


def estimate_all(args: Args, *, say: Callable[[str], None]) -> tuple[dict[str, Any], list[str]]:
    """The content of run.json by name, and the names of clips that could not be read.

    say: called with one line for each clip. A single clip that cannot be read raises CinetrajError.
    """
    clips, several = chosen_clips(args)
    config = config_of(args)
    if not several:
        clip = clips[0]
        record = estimate_one(clip.path, args.out / clip.name, config, plot=args.plot, quiet=args.json)
        say(sentence(args.out / clip.name, record))
        tell(clip.name, record)
        return {clip.name: record}, []
    from compare.cli import _batch
    from sfm.config import BatchConfig

    batch = BatchConfig(
        jobs=1 if args.jobs is None else args.jobs,
        time_limit_s=args.clip_time_limit,
        memory_limit_gib=args.clip_memory_limit,
        retry_failed=args.retry_failed,
        plot=args.plot,
    )
    return _batch.estimate_batch(clips, args.out, config, batch, say=say, tell=tell, sentence=sentence), []


def config_of(args: Args) -> "EstimateConfig":
    """The estimator's config for the options of the command line."""
    from sfm.config import EstimateConfig, VideoConfig

    return EstimateConfig(
        backend=backend_config(args),
        video=VideoConfig(fps=args.fps, long_side=args.long_side),
        split_shots=args.split_shots,
        focal_px=args.focal,
        fov_deg=args.fov,
        pixel_aspect=args.pixel_aspect,
        device=args.device,
        seed=args.seed,
        threads=args.threads,
    )


def backend_config(args: Args) -> Any:
    """The config of the backend; an option that it does not have is refused, not ignored."""
    from sfm import backends

    if args.backend == "command":
        return _command_config(args)
    given_for_command = ("command", "output", "command_folder", "command_env", "keep_output", "frame_step")
    if idle := next((option for option in given_for_command if getattr(args, option)), None):
        option = "--" + idle.replace("_", "-")
        raise CinetrajError(f"{option} has no effect on {args.backend}; it is for --backend command")
    config = backends.config_type(args.backend)()
    given = {
        "features": {"name": args.features, "weights": args.weights},
        "matching": {"method": args.matcher},
        "mapping": {"time_limit_s": args.time_limit},
    }
    options = {"name": "--features", "weights": "--weights", "method": "--matcher", "time_limit_s": "--time-limit"}
    for part, values in given.items():
        changes = {key: value for key, value in values.items() if value is not None}
        if not changes:
            continue
        if not hasattr(config, part):
            able = "colmap and glomap" + (" and colmap-sift" if part == "mapping" else "")
            raise CinetrajError(f"{options[next(iter(changes))]} has no effect on {args.backend}; it is for {able}")
        config = replace(config, **{part: replace(getattr(config, part), **changes)})
    return config


def _command_config(args: Args) -> Any:
    from sfm.config import CommandConfig

    idle = {"--features": args.features, "--weights": args.weights, "--matcher": args.matcher, "--fps": args.fps}
    idle |= {"--focal": args.focal, "--fov": args.fov, "--pixel-aspect": args.pixel_aspect}
    if given := next((option for option, value in idle.items() if value is not None), None):
        raise CinetrajError(f"{given} has no effect on another program; put its own option into --command")
    config = CommandConfig(
        command=args.command or "",
        format=args.format,
        output=args.output,
        folder=args.command_folder,
        environment=args.command_env,
        keep=args.keep_output,
        frame_step=args.frame_step,
    )
    return config if args.time_limit is None else replace(config, timeout_s=args.time_limit)


def chosen_clips(args: Args) -> "tuple[list[Clip], bool]":
    """The clips with the names of their runs, and whether they are a batch: it is for one clip with --jobs, too."""
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
        if Path(args.name).name != args.name or args.name in (".", ".."):
            raise CinetrajError(f"--name is {args.name!r}, expected a plain folder name")
        clips = [replace(clips[0], name=args.name)]
    return clips, args.jobs is not None or not itself


def estimate_one(clip: str, folder: Path, config: "EstimateConfig", *, plot: bool, quiet: bool) -> dict[str, Any]:
    """Estimate one clip and write its run; returns the content of run.json."""
    from sfm import pipeline
    from sfm.runs import folder as runs

    runs.require_free(folder)  # before minutes of work, not after
    with _report.stages(folder.name, quiet=quiet) as progress:
        estimate = pipeline.estimate(clip, config, progress=progress)
        runs.write_run(estimate, folder, plot=plot)
    return {"name": folder.name, **estimate.to_json()}


def sentence(folder: Path, record: dict[str, Any]) -> str:
    """One line of what became of a clip."""
    shots = len(record["shots"])
    model = (record["motion_model"] or ("several motion models" if shots > 1 else "no motion model")).replace("_", "+")
    cut = f", {shots} shots" if shots > 1 else ""
    return (
        f"{folder}: {record['status']}, {model}, {record['registered']} of {record['frames']} frames{cut}, "
        f"{record['seconds']['total']:.1f} s"
    )


def tell(name: str, record: dict[str, Any]) -> None:
    """What the user must know beyond the line: doubts as a warning, failure as an error."""
    if record["status"] == "failed":
        _report.error(f"{name} could not be estimated: {record['reason']}")
    elif record["status"] != "ok":
        _report.warn(f"{name} is {record['status']}: {record['reason']}")


def _nothing(line: str) -> None:
    """Nobody listens."""
