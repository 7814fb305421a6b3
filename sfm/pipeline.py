"""From a video to its trajectory: decode, cut into shots, find what may testify, run a backend, in source pixels."""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Bool

from sfm import backends
from sfm.config import PERSON, CommandConfig, EstimateConfig, VideoConfig
from sfm.external import command
from sfm.masks import told as told_to_move
from sfm.one_shot import estimate_shot, threads_of
from sfm.processes.stage_clock import Clock
from sfm.processes.workers import workers
from sfm.runs.estimate import Estimate as Estimate
from sfm.runs.estimate import ShotEstimate as ShotEstimate
from sfm.runs.estimate import plain
from sfm.runs.versions import installed_versions
from sfm.shots import boundaries, raised
from sfm.types import Frames
from sfm.video import reader
from sfm.video.container import film
from sfm.video.pixels import with_camera, working_scale
from sfm.windows.read import is_long
from trajectory.errors import CinetrajError
from trajectory.files import printable
from trajectory.model import Provenance

UNHELD = "the clip is too long to be held at once; cut it (--video.start-s, --video.stop-s)"
UNREAD = "the settings of video have no effect on frames in memory"
LEAST_PART = 8
"""Frames on either side of a jump within a scene from which on it cuts a shot."""
Progress = Callable[[str, float], None]
"""Called with the name of the stage that begins and the share of the work that is done, 0..1."""


def estimate(
    video: str | Path | Frames, config: EstimateConfig | None = None, *, progress: Progress | None = None
) -> Estimate:
    """The camera trajectory of a clip, one for each of its shots.

    Args:
        video: a video file, a folder of images, a glob, or frames from `sfm.video.load`.
        config: how; None for the defaults.
        progress: told of each stage.

    Returns:
        What cannot be estimated is a result with status "failed" and a reason.

    Raises:
        CinetrajError: the input cannot be read at all, or an option is wrong.
    """
    config = _checked(video, config)
    tell = progress or _silent
    backend, backend_config = resolve(config.backend)
    if isinstance(backend_config, CommandConfig):  # another program decodes and cuts by itself
        if isinstance(video, Frames):
            raise CinetrajError("the command backend takes whole clips; give the path of the clip")
        if config.mask is not None:
            raise CinetrajError("mask has no effect on another program; put its own option into the command")
        tell("running the command", 0.0)
        return _of_a_program(command.estimate(video, config, backend_config), config)
    with workers(threads_of(config)):
        if not isinstance(video, Frames) and is_long(video, config.video, config.windows):
            return _in_windows(Path(video), config, backend, backend_config, tell)
        return _held(video, config, backend, backend_config, tell)


def _checked(video: Any, config: Any) -> EstimateConfig:
    """The config or the defaults, if both arguments are what they may be."""
    if not isinstance(video, Frames):
        reader.require_path(video)
    if config is not None and not isinstance(config, EstimateConfig):
        raise CinetrajError(
            f"config is of type {type(config).__name__}, expected sfm.EstimateConfig; settings go into it by name, as "
            "in sfm.EstimateConfig(backend='auto', seed=1)"
        )
    return config or EstimateConfig()


def _held(
    video: str | Path | Frames, config: EstimateConfig, backend: str, backend_config: Any, tell: Progress
) -> Estimate:
    """That of a clip which is held in memory as a whole."""
    begin = time.perf_counter()
    unread = (UNREAD,) if isinstance(video, Frames) and config.video != VideoConfig() else ()
    frames, spans, seconds = _read_and_cut(video, config, tell)
    with Clock(seconds, "masks"):
        told = None if config.mask is None else told_to_move.find(frames, config.mask, config.mask_weights)
    origin = _origin(frames.source, config, backend, backend_config)
    shots: list[ShotEstimate] = []
    for number, (start, stop) in enumerate(spans):
        name = "estimating" if len(spans) == 1 else f"shot {number + 1} of {len(spans)}"
        tell(name, 0.1 + 0.9 * start / len(frames))
        moving = None if told is None else told.moving
        shots += _parted(frames, moving, (start, stop), backend_config, config, origin)
    seconds["total"] = time.perf_counter() - begin
    tell("done", 1.0)
    return Estimate(
        source=frames.source,
        backend=backend,
        shots=tuple(shots),
        config=origin.config,
        versions=origin.versions,
        seed=config.seed,
        seconds=MappingProxyType(seconds),
        video=MappingProxyType(_video(frames, frames)),
        notes=(*frames.notes, *(told.notes if told else ()), *unread),
    )


def _origin(source: str, config: EstimateConfig, backend: str, backend_config: Any) -> Provenance:
    """Who made it and how; threads only where the answer hangs on them, so that equal answers are equal files."""
    threads = None if backends.backends()[backend].any_threads else config.threads
    options = {**asdict(config), "threads": threads, "backend": {"name": backend, **asdict(backend_config)}}
    return Provenance(
        backend=backend,
        config=plain(options),
        versions=installed_versions(),
        seed=config.seed,
        source=printable(source),
    )


def _in_windows(path: Path, config: EstimateConfig, backend: str, backend_config: Any, tell: Progress) -> Estimate:
    """That of a clip which is too long to be held: shot by shot as it is read, a long shot in pieces."""
    from sfm.windows.shots import estimated  # long clips are rare, and whoever only hands clips on loads none of this

    most = config.windows.beyond
    read = f"{path} has more than {most} frames and is read in windows"
    remedy = "cut it (--video.start-s, --video.stop-s), or hold it whole (--windows.beyond 100000)"
    if config.mask not in (None, PERSON):
        raise CinetrajError(f"{read}, beside which a mask cannot be laid; {remedy}")
    if config.save:
        warnings.warn(f"{read}, which keep nothing of --save {','.join(config.save)}; {remedy}", stacklevel=3)
    begin, seconds = time.perf_counter(), {"decode": 0.0, "shots": 0.0}
    origin, bare = _origin(str(path), config, backend, backend_config), replace(config, save=())

    def estimate_piece(frames: Frames, span: tuple[int, int]) -> ShotEstimate:
        part = _with_given_camera(frames, config)
        moving = told_to_move.find(part, PERSON, config.mask_weights).moving if config.mask else None
        return estimate_shot(part, moving, span, backend_config, bare, origin)

    def split(frames: Frames) -> Sequence[tuple[int, int]]:
        with Clock(seconds, "shots"):
            return _cut(frames, config).spans

    with film(path, config.video) as reel:

        def told(done: int) -> None:
            rate = done / (time.perf_counter() - begin)
            tell(f"frame {done}, {rate:.1f} a second", min(0.99, done / max(reel.expected, 1)))

        tell("reading", 0.0)
        found = estimated(reel, split, estimate_piece, config.windows, told)
        lost = reel.lost()
    if found is None:
        raise CinetrajError(reel.nothing())
    for text in lost:
        warnings.warn(f"{path}: {text}", reader.VideoWarning, stacklevel=3)
    seconds["total"] = time.perf_counter() - begin
    spent = sum(sum(shot.seconds.values()) for shot in found.shots)
    seconds["decode"] = max(0.0, seconds["total"] - seconds["shots"] - spent)
    tell("done", 1.0)
    return Estimate(
        source=str(path),
        backend=backend,
        shots=tuple(shot.without(config.save, UNHELD) for shot in found.shots),
        config=origin.config,
        versions=origin.versions,
        seed=config.seed,
        seconds=MappingProxyType(seconds),
        video=MappingProxyType({**_video(found.first, found.last), "frames": found.shots[-1].stop}),
        notes=(*found.notes, f"read in windows of {config.windows.frames} frames: there are more than {most}"),
    )


def _read_and_cut(
    video: str | Path | Frames, config: EstimateConfig, tell: Progress
) -> tuple[Frames, Sequence[tuple[int, int]], dict[str, float]]:
    """The frames with the camera that the user gave, their shots, and the seconds that this took."""
    seconds: dict[str, float] = {}
    tell("reading", 0.0)
    with Clock(seconds, "decode"):
        frames = video if isinstance(video, Frames) else reader.load(video, config.video)
    frames = _with_given_camera(frames, config)
    if len(frames) < 2:
        least = f"{len(frames)} frame; a trajectory needs at least 2"
        chosen = config.video.fps, config.video.start_s, config.video.stop_s
        if chosen == (None, None, None):
            raise CinetrajError(f"{frames.source}: the clip has {least}")
        raise CinetrajError(
            f"{frames.source}: --fps, --video.start-s and --video.stop-s leave {least}: raise the rate, or take more"
        )
    tell("cutting into shots", 0.05)
    with Clock(seconds, "shots"):
        frames = raised.without_blends(frames)
        found = _cut(frames, config, blends=False)
    return replace(frames, notes=(*frames.notes, *found.notes)), found.spans, seconds


def _with_given_camera(frames: Frames, config: EstimateConfig) -> Frames:
    """The frames with what the user tells of the camera."""
    return with_camera(frames, focal_px=config.focal_px, fov_deg=config.fov_deg, pixel_aspect=config.pixel_aspect)


def _cut(frames: Frames, config: EstimateConfig, *, blends: bool = True) -> boundaries.Shots:
    """The shots, one if they are not to be split."""
    if config.split_shots:
        return boundaries.find(frames, config.shots, blends=blends)
    return boundaries.Shots(spans=((0, len(frames)),), suspects=(), notes=())


def _parted(
    frames: Frames,
    moving: Bool[np.ndarray, "n h w"] | None,
    span: tuple[int, int],
    backend_config: Any,
    config: EstimateConfig,
    origin: Provenance,
) -> list[ShotEstimate]:
    """The shots of a span: one, or where the view jumps within a scene, so that all are linked, those between."""

    def estimated(start: int, stop: int) -> ShotEstimate:
        told = None if moving is None else moving[start:stop]
        return estimate_shot(frames.part(start, stop), told, (start, stop), backend_config, config, origin)

    shot = estimated(*span)
    edges = [span[0]]
    for cut in _cuts_within(frames.part(*span), shot, config) if config.split_shots else ():
        if span[0] + cut - edges[-1] >= LEAST_PART <= span[1] - span[0] - cut:
            edges.append(span[0] + cut)
    if len(edges) == 1:
        return [shot]
    parts = [estimated(start, stop) for start, stop in pairwise([*edges, span[1]])]
    note = "begins at a cut that the estimate showed: what is seen turns, grows or breaks off before frame {}"
    return [parts[0], *(replace(part, notes=(*part.notes, note.format(part.start))) for part in parts[1:])]


def _cuts_within(part: Frames, shot: ShotEstimate, config: EstimateConfig) -> list[int]:
    """Cuts that the estimate of a shot shows: jumps within one scene, and gradual ones that no track crosses."""
    jumps: list[int] = list(shot.statistics.get("jump_cuts", ()))
    broken = [(int(first), int(last)) for first, last in shot.statistics.get("track_breaks", ())]
    gradual = boundaries.at_breaks(part, broken, config.shots) if broken else []
    return sorted({*jumps, *gradual})


def _of_a_program(found: Estimate, config: EstimateConfig) -> Estimate:
    """The estimate of another program, which gives a trajectory and nothing else."""
    why = "another program gives its trajectory alone"
    return replace(found, shots=tuple(shot.without(config.save, why) for shot in found.shots))


def _video(frames: Frames, last: Frames) -> dict[str, Any]:
    """What was read, from its first frames and its last ones."""
    return {
        "frames": len(frames),
        "first_index": int(frames.index[0]),
        "last_index": int(last.index[-1]),
        "start_s": float(frames.time_s[0]),
        "end_s": float(last.time_s[-1]),
        "time_source": frames.time_source,
        "source_hw": list(frames.source_hw),
        "working_hw": list(frames.hw),
        "pixel_aspect": frames.pixel_aspect,
        "known_focal_px": None if frames.focal_px is None else frames.focal_px / working_scale(frames),
    }


def resolve(wanted: Any) -> tuple[str, Any]:
    """Name and config of a backend or of another program ("command"), from either."""
    if isinstance(wanted, CommandConfig):
        return "command", wanted
    if wanted == "command":
        return "command", CommandConfig()
    return backends.resolve(wanted)


def _silent(stage: str, share: float) -> None:
    """No progress is shown."""
