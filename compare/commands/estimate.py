"""Estimate the camera trajectory of clips.

Writes OUT/NAME/ for each clip: run.json, trajectory.npz (native), trajectory_tum.txt and plot.png; a clip of several
shots gets OUT/NAME/shot-000/ and so on. NAME is the file's stem or the folder's name.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

from compare.commands import _inputs, _report
from trajectory.errors import CinetrajError

if TYPE_CHECKING:
    from sfm.pipeline import EstimateConfig


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj estimate`."""

    clips: tyro.conf.Positional[tuple[str, ...]]
    """Video files, folders of images, folders of videos, or globs in quotes."""
    out: Path
    """Folder for the runs."""
    name: str | None = None
    """Name of the run instead of the clip's own; for a single clip."""
    backend: Literal["auto", "colmap", "glomap", "colmap-sift"] = "auto"
    """auto: tracks and a choice among motion models. colmap, glomap: pycolmap's mappers on our features.
    colmap-sift: stock pycolmap, the usual baseline."""
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
    """Seconds after which pycolmap's mapper is stopped and the clip counts as failed."""
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
    clips = named_clips(args.clips, args.name)
    config = config_of(args)
    records: dict[str, Any] = {}
    bad: list[str] = []
    for name, clip in clips.items():
        try:
            records[name] = estimate_one(clip, args.out / name, config, plot=args.plot, quiet=args.json)
        except CinetrajError as error:
            if len(clips) == 1:
                raise
            bad.append(name)
            _report.error(str(error))
            continue
        say(sentence(args.out / name, records[name]))
        tell(name, records[name])
    return records, bad


def config_of(args: Args) -> "EstimateConfig":
    """The estimator's config for the options of the command line."""
    from sfm.decode import VideoConfig
    from sfm.pipeline import EstimateConfig

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


def named_clips(given: tuple[str, ...], name: str | None) -> dict[str, str]:
    """Run name to clip. Raises CinetrajError where two clips would get the same name."""
    if not given:
        raise CinetrajError("no clip given; usage: cinetraj estimate CLIP... --out FOLDER")
    clips = [clip for text in given for clip in _clips_of(text)]
    if name is not None:
        if len(clips) != 1:
            raise CinetrajError(f"--name {name} names one run, but {len(clips)} clips are given; leave it out")
        if Path(name).name != name or name in (".", ".."):
            raise CinetrajError(f"--name is {name!r}, expected a plain folder name")
        return {name: clips[0]}
    named: dict[str, str] = {}
    for clip in clips:
        own = _name_of(clip)
        if own in named:
            raise CinetrajError(f"{named[own]} and {clip} would both become the run {own!r}; rename one, or use --name")
        named[own] = clip
    return named


def estimate_one(clip: str, folder: Path, config: "EstimateConfig", *, plot: bool, quiet: bool) -> dict[str, Any]:
    """Estimate one clip and write its run; returns the content of run.json."""
    from sfm import pipeline, runs

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


def _clips_of(text: str) -> list[str]:
    """A folder of videos stands for its videos; anything else for itself."""
    folder = Path(text)
    if not folder.is_dir():
        return [text]
    videos = sorted(str(p) for p in folder.iterdir() if p.is_file() and _inputs.is_video(p))
    return videos or [text]


def _nothing(line: str) -> None:
    """Nobody listens."""


def _name_of(clip: str) -> str:
    path = Path(clip)
    if "*" in path.name or "?" in path.name or "[" in path.name:  # a glob of images is named by its folder
        path = path.parent
        return path.resolve().name
    return path.resolve().name if path.is_dir() else path.stem
