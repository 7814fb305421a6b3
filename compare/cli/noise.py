"""Measure the estimator's own noise on clips of yours.

Each clip is estimated as it is, and again re-encoded, resized to 0.75, reversed in time and mirrored. The camera is the
same, so the median disagreement, after undoing the change, is the instrument's; reports draw it as a line.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import tyro

from compare.cli import _report, _settings
from compare.cli._progress import bar
from trajectory.errors import CinetrajError
from trajectory.files import require_folder

if TYPE_CHECKING:
    from compare.uncertainty import NoiseFloor
    from sfm.types import Frames
    from sfm.video.perturb import Kind
    from trajectory.model import Trajectory


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj noise`."""

    clips: Annotated[
        tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="CLIP...", help_behavior_hint="(required)")
    ]
    """Video files, folders of images or of videos, globs in quotes, or lists of clips."""
    protocol: str = "strict"
    """The protocol whose metrics are measured."""
    out: Path | None = None
    """Folder of scores: noise_floor.json is written there, for `cinetraj report`."""
    backend: str = "auto"
    """The estimator to measure."""
    long_side: int = 640
    """Longer side in pixels at which the work is done."""
    json: bool = False
    """Print JSON instead of words."""


def run(args: Args) -> int:
    """Estimate every clip and its twins, and print the medians."""
    from compare import protocols
    from compare.metrics import METRICS
    from sfm.batch.inputs import clips_of
    from sfm.config import EstimateConfig, VideoConfig
    from sfm.pipeline import estimate
    from sfm.video.reader import load

    if not args.clips:
        raise CinetrajError("no clip given; usage: cinetraj noise CLIP...")
    for name in protocols.get(args.protocol).metrics:  # refused before minutes of estimating
        if (metric := METRICS.get(name)) is None or (metric.compute is None and metric.combine is None):
            raise CinetrajError(
                f"the noise of {name} is not measured, which {args.protocol} computes by its own method; measure that "
                "of another protocol, as --protocol strict"
            )
    if args.out is not None:
        require_folder(args.out)
    clips, said = clips_of(args.clips)
    for line in said:
        _report.warn(line)
    config = EstimateConfig(backend=args.backend, split_shots=False)
    video = VideoConfig(long_side=args.long_side)

    def trajectory_of(frames: "Frames") -> "Trajectory":
        shot = estimate(frames, config).shots[0]
        if shot.trajectory is None:
            raise CinetrajError(f"estimation failed: {shot.reason}")
        return shot.trajectory

    with bar("noise", "estimate", hidden=args.json) as progress:
        floor, failed = measure(
            [lambda clip=clip.path: load(clip, video) for clip in clips], trajectory_of, args.protocol, progress
        )
    if args.out is not None:
        write(floor, args.out)
    if args.json:
        _report.print_json(floor.to_json())
    else:
        print(words(floor))
    for line in (*failed, *floor.failed):
        _report.error(line)
    return 1 if failed or floor.failed else 0


def form() -> type:
    """What the command line parses into `Args`."""
    return _settings.with_backends(Args)


def measure(
    clips: Sequence[Callable[[], "Frames"]],
    trajectory_of: Callable[["Frames"], "Trajectory"],
    protocol: str,
    progress: Callable[[int, int], None],
) -> tuple["NoiseFloor", list[str]]:
    """The noise floor over clips, and a line for each clip that cannot be read and each estimate that failed."""
    from compare.uncertainty import noise_floor
    from sfm.video.perturb import KINDS, twin

    failed: list[str] = []
    total = len(clips) * (1 + len(KINDS))

    def pairs() -> Iterator[tuple["Trajectory", "Trajectory", "Kind"]]:
        for number, load in enumerate(clips):
            done = number * (1 + len(KINDS))
            try:
                frames = load()
            except CinetrajError as error:  # the others may be minutes of work
                failed.append(str(error))
                continue
            try:
                original = trajectory_of(frames)
            except CinetrajError as error:
                failed.append(f"{frames.source}: {error}")
                continue
            progress(done + 1, total)
            for k, kind in enumerate(KINDS):
                try:
                    changed = trajectory_of(twin(frames, kind))
                except CinetrajError as error:
                    failed.append(f"{frames.source}, {kind}: {error}")
                    continue
                finally:
                    progress(done + 2 + k, total)
                yield original, changed, kind

    try:
        return noise_floor(pairs(), protocol=protocol), failed
    except CinetrajError as error:
        raise CinetrajError(f"no twin could be scored: {failed[0]}") if failed else error from error


def write(floor: "NoiseFloor", folder: Path) -> None:
    """Save the floor beside scores, in place of an earlier one of the same protocol."""
    import json

    from compare.report.page import NOISE_FILE
    from trajectory.files import write_whole

    file = folder / NOISE_FILE
    known: Any = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    floors: list[dict[str, Any]] = cast("list[dict[str, Any]]", known) if isinstance(known, list) else [known]
    others = [f for f in floors if f["protocol"] != floor.protocol]
    write_whole(file, json.dumps([*others, floor.to_json()], indent=1, allow_nan=False) + "\n")


def words(floor: "NoiseFloor") -> str:
    """A row per kind of twin, the median below."""
    metrics = list(floor.median)
    rows = [["twin", *metrics]]
    for kind, table in floor.by_kind.items():
        rows.append([kind, *[f"{table[m]:.4g}" if m in table else "undefined" for m in metrics]])
    rows.append(["median", *[f"{floor.median[m]:.4g}" for m in metrics]])
    head = f"disagreement of {floor.twins} twins with their clips under {floor.protocol}"
    return head + "\n\n" + _report.table(rows, right=tuple(range(1, len(rows[0]))))
