"""Videos that `cinetraj compare` is given in the place of paths: estimated first, a folder of runs for each source."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectory.errors import CinetrajError

if TYPE_CHECKING:
    from compare.cli.compare import Args
    from sfm.batch import Clip


def name_of(path: Path) -> str:
    from trajectory.files import named_place
    from trajectory.io import split_part

    file, part = split_part(path)
    name = named_place(file).name if file.is_dir() else file.stem
    return f"{name}#{part}" if part and part != "*" else name


def with_runs(path: Path, options: "Args", made: dict[Path, Path]) -> Path:
    """The path itself, or, for a video or a folder of videos, the folder of the runs that are made of it.

    Args:
        made: source of each folder that this call has made so far. Sources of the same name get folders of their own.
    """
    from compare.cli import estimate
    from compare.pairing import named_in
    from sfm.batch.inputs import Clip
    from sfm.video.reader import own_name

    clips = _videos(path)
    if options.pairs is not None and path.is_dir():  # those that no pair names cost no minutes
        asked = named_in(options.pairs)
        clips = [clip for clip in clips if not asked.isdisjoint((own_name(str(clip)), clip.name))]
    if not clips:
        return path
    runs, source, folder = options.runs, path.resolve(), path.is_dir()

    def named_in_folder(name: str) -> list[Clip]:
        return _named(clips) if folder else [Clip(path=str(path), name=name)]

    name, number = name_of(path), 1
    while made.get(runs / name, source) != source or _of_others(runs / name if folder else runs, named_in_folder(name)):
        number += 1
        name = f"{name_of(path)}-{number}"
    target = runs / name
    if target in made:
        return target
    named = named_in_folder(name)
    chosen: dict[str, Any] = {} if options.split_shots else {"split_shots": False}
    if folder and path is not options.reference and len(options.generated) > 1:
        chosen["jobs"] = 1  # a batch: a model whose only video cannot be read is a row, and does not end the others
    args = estimate.Args(clips=tuple(map(str, clips)), out=str(target if folder else runs), **chosen)
    records, _ = estimate.estimate_all(args, say=lambda line: print(line, file=sys.stderr), named=named)
    if not records:
        raise CinetrajError(f"none of the {len(clips)} videos of {path} can be read")
    made[target] = source
    return target


def _of_others(folder: Path, clips: "list[Clip]") -> bool:
    """Whether runs of other clips have the names of any of these, as of another call."""
    from sfm.batch.ownership import is_of_another
    from sfm.batch.places import place_of
    from sfm.batch.store import origin_of

    there = place_of(folder).records(clip.name for clip in clips)
    return any(is_of_another(origin_of(there[clip.name]), clip.path) for clip in clips if clip.name in there)


def _named(videos: list[Path]) -> "list[Clip]":
    """Videos of a folder with the names of their runs: clips are paired by their own names, wherever they lie."""
    from sfm.batch.inputs import Clip, distinct
    from sfm.video.reader import own_name

    return distinct([Clip(path=str(video), name=own_name(str(video))) for video in videos])[0]


def require_partners(args: "Args") -> None:
    """Raises CinetrajError where no clip of any model has a partner, before videos are estimated for minutes."""
    from compare.pairing import match

    def source(path: Path) -> "Path | dict[str, Path]":
        """What the clips of the runs will be called."""
        videos = _videos(path) if path.is_dir() else []
        return {clip.name: Path(clip.path) for clip in _named(videos)} if videos else path

    if not any(map(_videos, (args.reference, *args.generated))):
        return
    refused: list[CinetrajError] = []
    for path in args.generated:
        try:
            match(source(args.reference), source(path), pairs=args.pairs, resolution=args.resolution)
        except CinetrajError as error:
            refused.append(error)
    if len(refused) == len(args.generated):
        raise refused[0]


def _videos(path: Path) -> list[Path]:
    """The video, or those of a folder; none of a run, whose own (its movement mask, its depths) are no clips."""
    from trajectory.media import is_video

    if (path / "run.json").is_file():
        return []
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.is_file() and is_video(p))
    return [path] if is_video(path) else []
