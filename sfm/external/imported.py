"""Finished outputs of other programs: which file belongs to which clip, and its poses on the clip's time axis."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import translate
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float, Int

from sfm.config import VideoConfig
from sfm.runs.folder import is_run
from trajectory import io
from trajectory.errors import CinetrajError, expected_of
from trajectory.files import named_place
from trajectory.model import Provenance, TimeSource, Trajectory

USUAL: dict[str, tuple[str, ...]] = {
    "colmap": ("sparse/0/images.bin", "sparse/0/images.txt", "images.bin", "images.txt"),
    "cut3r": ("camera",),
    "da3": ("results.npz", "*.npz"),
    "da3-streaming": ("camera_poses.txt",),
    "droid": ("poses.npy",),
    "euroc": ("data.csv", "*.csv"),
    "lingbot-map": ("predictions.npz", "*.npz"),
    "mapanything": ("predictions.npz", "*.npz"),
    "megasam": ("*_sgd_cvd_hr.npz", "*_droid.npz", "*.npz"),
    "monst3r": ("pred_traj.txt", "*_traj.txt"),
    "native": ("trajectory.npz", "*.npz"),
    "nerfstudio": ("transforms.json", "*.json"),
    "pi3": ("predictions.npz", "*.npz"),
    "recammaster": ("camera_extrinsics.json", "*.json"),
    "spatialvid": ("poses.npy",),
    "vggt": ("predictions.npz", "*.npz"),
    "vggt-omega": ("predictions.npz", "*.npz"),
    "vipe": ("pose/*.npz",),
    "worldmirror": ("predictions.npz", "*.npz"),
}
"""Format to the names of what its program writes, the better first; others are known by their suffix."""
FOLDERS: dict[str, tuple[str, int]] = {
    "7scenes": ("*.pose.txt", 1),
    "lingbot-world": ("poses.npy", 1),
    "scannet": ("pose/*.txt", 2),
    "stray-scanner": ("odometry.csv", 1),
}
"""Formats whose result is a folder, to what lies in it, and how many levels above that it is."""
GENERIC = frozenset(
    {"camera", "cameras", "colmap", "output", "pose", "poses", "reconstruction", "results", "sparse", "0"}
    | {"pred_traj", "predictions", "transforms", "images", "trajectory", "trajectory_tum", "camera_extrinsics"}
    | {"camera_data", "pose_left", "camera_poses", "npz", "mini_npz", "exports", "cam_info", "split_0", "metadata"}
    | {"transforms_cleaning", "custom_camera_trajectory", "data", "mav0", "state_groundtruth_estimate0"}
)
"""Names that every clip's output has: the clip is named by a folder above."""
SUFFIXES = (".npz", ".npy", ".txt", ".json", ".csv", ".bin", ".chan", ".bag")
MODEL_PARTS = frozenset({"cameras", "images", "points3D", "frames", "rigs"})
"""Files of a COLMAP model."""
ENDINGS = ("_sgd_cvd_hr", "_droid", "_pred_traj", "_traj", "_predictions", "_poses", "_transforms_cleaning")


ON_FRAME = 0.25
"""A pose is that of a frame where its time is off by no more than this share of a step."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """A trajectory as read, perhaps set on its clip's time axis, and what is to be said of that."""

    trajectory: Trajectory
    notes: tuple[str, ...] = ()


def require_readable(format: str) -> None:
    """Raises CinetrajError for what is no format that can be read."""
    able = {name: each for name, each in io.FORMATS.items() if each.read is not None}
    if format != "auto" and format not in able:
        raise CinetrajError(f"format is {format!r}{expected_of(format, able, 'auto or ')}")


def require_frame_step(frame_step: int | None) -> None:
    """Raises CinetrajError for what is no number of frames from one pose to the next."""
    if frame_step is not None and frame_step < 1:
        raise CinetrajError(f"frame step is {frame_step}, expected 1 or more")


def results_in(folder: Path, format: str, pattern: str | None = None) -> dict[str, list[Path]]:
    """Name of the clip to the results of one format below a folder; several where the choice is not ours.

    Args:
        pattern: where a result lies, such as "{name}/out/*.npz"; by default the names that the format's program gives.
            "#cam01" at its end names one camera of several. Raises CinetrajError where there is none.
    """
    if not folder.is_dir():
        raise CinetrajError(f"{folder} is no folder; give the folder with the outputs")
    found: dict[str, list[Path]] = {}
    part = ""
    if pattern is not None:
        found = _by_pattern(folder, pattern)
        stem, mark, name = pattern.rpartition("#")
        if not found and mark:  # one camera of each file
            found, part = _by_pattern(folder, stem), mark + name
    else:
        for usual in _usual(format):
            here = _grouped((name_of(p.relative_to(folder), folder), p) for p in _below(folder, usual, format))
            found = {**here, **found}  # a better name has come first
    if not found:
        wanted = pattern or " or ".join(_usual(format))
        raise CinetrajError(
            f"{folder} holds no {wanted}; check --format, or give --output with the pattern of the files"
        )
    return {name: [_named(_model(path), part) for path in paths] for name, paths in sorted(found.items())}


def pattern_for(
    folder: Path, found: Mapping[str, Sequence[Path]], missing: Iterable[str]
) -> tuple[str, dict[str, list[Path]]] | None:
    """A pattern that takes results of other names for clips without one: gen_720p_a/pred_traj.txt for a.

    Args:
        found: what `results_in` gave without a pattern.
        missing: names of clips that are not in it.

    Returns:
        The pattern and what it finds, where that gives a clip its result; None where no name is part of another.
    """
    lacking = sorted(missing, key=len, reverse=True)  # of a and extra, the longer is meant in gen_extra
    for name, paths in found.items():
        own = next((each for each in lacking if re.search(rf"(?<![^\W_]){re.escape(each)}(?![^\W_])", name)), None)
        place = paths[0].relative_to(folder).as_posix()
        if own is None or name not in place:
            continue
        before, _, after = name.partition(own)
        pattern = place.replace(name, f"{before}{{name}}{after}")
        taken = {each: of for each, of in _by_pattern(folder, pattern).items() if each in lacking}
        if taken:
            return pattern, taken
    return None


def one_result(folder: Path, format: str, pattern: str | None = None) -> Path:
    """The one result below a folder that belongs to a single clip. Raises CinetrajError for none or several."""
    if pattern is not None:
        paths = sorted(Path("/").glob(pattern[1:]) if pattern.startswith("/") else folder.glob(pattern))
        paths = [_model(path) for path in paths]
    else:
        paths = next((found for usual in _usual(format) if (found := _below(folder, usual, format))), list[Path]())
        paths = list(dict.fromkeys(_model(path) for path in paths))
    if not paths:
        wanted = pattern or " or ".join(_usual(format))
        raise CinetrajError(f"there is no {wanted} in {folder}; check --format and --output")
    if len(paths) > 1:
        raise CinetrajError(f"there are {len(paths)} results, {paths[0]} and {paths[1]} among them; --output names one")
    return paths[0]


def name_of(path: Path, root: Path) -> str:
    """The clip that a result below `root` belongs to, by its file's name or the nearest folder that says more."""
    for part in reversed(path.parts):
        stem = part
        if part == path.name and path.suffix in SUFFIXES:
            stem = path.stem
        if stem in GENERIC:
            continue
        for ending in ENDINGS:
            stem = stem.removesuffix(ending)
        return stem
    return named_place(root).name


def read_on_clip(
    file: Path, format: str, clip: Path | None, *, frame_step: int | None = None, label: str | None = None
) -> Found:
    """Read a result; where its clip is at hand, on the clip's time axis with every frame of the clip.

    Args:
        frame_step: every n-th frame of the clip was used, whatever clock the file has. Without it frame numbers are
            taken for those of the clip only where there is one for each of its frames, and times where each is that of
            a frame; otherwise they stay what they are, with a note.
        label: the name of the file in the provenance, instead of its path. Raises CinetrajError.
    """
    trajectory = io.read(file, format=format)
    origin = trajectory.provenance
    if label is not None and origin is not None:
        named = Provenance(config=origin.config, versions=origin.versions, source=label, evidence=origin.evidence)
        trajectory = trajectory.replace(provenance=named)
    said = io.notes(trajectory)
    if clip is None:
        return Found(trajectory=trajectory, notes=said)
    if frame_step is not None and trajectory.time_source != "index":
        trajectory = trajectory.replace(time_s=np.arange(len(trajectory), dtype=np.float64), time_source="index")
        said = (*said, "its own times are left aside: the frame step says which frames they are")
    from sfm.video import reader as video

    try:
        frames = video.load(clip, VideoConfig(long_side=16))
    except CinetrajError as error:
        if frame_step is not None:  # the user relies on the clip's times
            raise
        return Found(
            trajectory=trajectory,
            notes=(*said, f"times are those of the file, for the clip is not readable: {error}"),
        )
    if trajectory.time_source == "index":
        laid = on_frames(trajectory, frames.time_s, frames.time_source, frame_step=frame_step)
    else:
        laid = by_clock(trajectory, frames.time_s, frames.time_source)
    return replace(laid, notes=(*said, *laid.notes))


def by_clock(trajectory: Trajectory, time_s: Float[np.ndarray, " m"], source: TimeSource) -> Found:
    """Poses by their time, at the clip's frames where each is that of a frame: by the clip's clock, or from its start.

    Frames without a pose are there, not valid.
    """
    count, total = len(trajectory), len(time_s)
    step = float(np.median(np.diff(time_s))) if total > 1 else 0.0
    for zero in (0.0, float(trajectory.time_s[0] - time_s[0])):
        stamps = trajectory.time_s - zero
        index = np.abs(time_s[None] - stamps[:, None]).argmin(1)
        near = np.abs(time_s[index] - stamps) <= ON_FRAME * step
        if source != "index" and near.all() and (np.diff(index) > 0).all():
            return Found(trajectory=_laid(trajectory, index, time_s, source))
    poses = "1 pose" if count == 1 else f"{count} poses"
    note = f"{poses} with times of their own for a clip of {total} frames: they are not those of its frames"
    return Found(trajectory=trajectory, notes=(f"{note}, so that none is told to be missing",))


def on_frames(
    trajectory: Trajectory, time_s: Float[np.ndarray, " m"], source: TimeSource, *, frame_step: int | None = None
) -> Found:
    """Poses by frame number, at the times of a clip's frames; frames without a pose are there, not valid."""
    count, total = len(trajectory), len(time_s)
    index = np.rint(trajectory.time_s).astype(np.int64)
    notes: list[str] = []
    if frame_step is None:
        if count != total or index[-1] - index[0] != total - 1 or index[0] not in (0, 1):
            poses = f"1 pose (frame {index[0]})" if count == 1 else f"{count} poses (frames {index[0]} to {index[-1]})"
            note = f"{poses} for a clip of {total} frames"
            if count > total:
                note += ", which is more than it has: is it this clip's result? Times are the file's numbers"
            else:
                note += ": times are the file's numbers; the frame step says which frames they are"
            return Found(trajectory=trajectory, notes=(note,))
        if index[0] == 1:
            notes.append("frames are numbered from 1")
        index = index - index[0]
    else:
        require_frame_step(frame_step)
        index = index * frame_step
    if index[-1] >= total:
        raise CinetrajError(f"the result has a pose for frame {index[-1]}, but the clip has {total} frames")
    return Found(trajectory=_laid(trajectory, index, time_s, source), notes=tuple(notes))


def _laid(
    trajectory: Trajectory, index: Int[np.ndarray, " n"], time_s: Float[np.ndarray, " m"], source: TimeSource
) -> Trajectory:
    """The poses at these frames of a clip; the others have none."""
    total = len(time_s)
    poses = np.full((total, 4, 4), np.nan)
    poses[index] = trajectory.world_from_cam
    valid = np.zeros(total, bool)
    valid[index] = trajectory.valid
    reason = np.full(total, "no pose in the result", dtype=object)
    reason[index] = trajectory.reason or ["" if ok else "no pose" for ok in trajectory.valid]
    fields = {}
    for name in ("intrinsics_px", "scene_depth", "focal_sigma_px", "pose_covariance"):
        values = getattr(trajectory, name)
        if values is not None:
            fields[name] = np.full((total, *values.shape[1:]), np.nan)
            fields[name][index] = values
    return trajectory.replace(
        world_from_cam=poses, time_s=time_s, valid=valid, reason=tuple(reason), time_source=source, **fields
    )


def _usual(format: str) -> tuple[str, ...]:
    if format in USUAL:
        return USUAL[format]
    if format == "auto":
        return tuple(
            dict.fromkeys(name for names in USUAL.values() for name in names if "*" not in name or "_" in name)
        )
    require_readable(format)
    if format in FOLDERS:
        return (FOLDERS[format][0],)
    target = Path(io.FORMATS[format].target)
    return (target.name, f"*{target.suffix}")


def _below(folder: Path, usual: str, format: str) -> list[Path]:
    """The results of one usual name, each once: files, or the folders that hold such."""
    paths = sorted(folder.rglob(usual))
    if "*" in usual:  # a guess by the suffix
        paths = [path for path in paths if not _of_another(path, folder)]
    up = FOLDERS[format][1] if format in FOLDERS else 0
    return list(dict.fromkeys(path.parents[up - 1] for path in paths)) if up else paths


def _of_another(path: Path, folder: Path) -> bool:
    """Whether a file below `folder` is a part of something else: of a run of ours, or of a COLMAP model."""
    if any(is_run(place) for place in path.parents[: len(path.relative_to(folder).parts) - 1]):
        return True
    return path.stem in MODEL_PARTS and all(any(path.parent.glob(f"{part}.*")) for part in ("cameras", "images"))


def _grouped(pairs: Iterable[tuple[str, Path]]) -> dict[str, list[Path]]:
    groups: dict[str, list[Path]] = {}
    for name, path in pairs:
        groups.setdefault(name, []).append(path)
    return groups


def _by_pattern(folder: Path, pattern: str) -> dict[str, list[Path]]:
    if "{name}" not in pattern:
        return _grouped((name_of(p.relative_to(folder), folder), p) for p in sorted(folder.glob(pattern)))
    # fnmatch's expression for the pattern, with a group where the name stands, once; later ones must agree
    mark = "\0"
    expression = translate(pattern.replace("{name}", mark)).replace(re.escape(mark), mark).replace(".*", "[^/]*")
    first, *rest = expression.split(mark)
    compiled = re.compile(first + "(?P<name>[^/]+)" + "(?P=name)".join(["", *rest])[len("(?P=name)") :])
    found: list[tuple[str, Path]] = []
    for path in sorted(folder.glob(pattern.replace("{name}", "*"))):
        if match := compiled.match(path.relative_to(folder).as_posix()):
            found.append((match["name"], path))
    return _grouped(found)


def _named(path: Path, part: str) -> Path:
    return path.with_name(path.name + part) if part else path


def _model(path: Path) -> Path:
    """A COLMAP model is its folder."""
    return path.parent if path.name in ("images.bin", "images.txt") else path
