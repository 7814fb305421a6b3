"""Reading and writing trajectories. Each public module here is one format: adding one is adding a file.

Other distributions add theirs as entry points of the group `cinetraj.formats`, each of which is a `Format`.

trajectory = read("pred_traj.txt", format="monst3r")
write(trajectory, "out.txt", format="tum")
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from trajectory.errors import CinetrajError, FormatAmbiguousError, ReadError, expected_of
from trajectory.files import require_named, write_atomically
from trajectory.io._format import Format, Match, Probe
from trajectory.io._probe import ALL, choose, look, split_part
from trajectory.io._scene import NOTHING, Cloud, Scene
from trajectory.model import Provenance, Trajectory, require_trajectory
from trajectory.registry import registry

__all__ = [
    "ALL",
    "FORMATS",
    "NOTHING",
    "Cloud",
    "Format",
    "FormatAmbiguousError",
    "Match",
    "Probe",
    "ReadError",
    "Scene",
    "cameras",
    "detect",
    "losses",
    "notes",
    "read",
    "read_every",
    "scene",
    "split_part",
    "write",
    "write_every",
]


FORMATS: dict[str, Format]
"""All formats by name; looked for on first use, so that an extension may import this package."""
BY_BLENDER = {"fbx": "FBX (.fbx)", "abc": "Alembic (.abc)", "alembic": "Alembic (.abc)"}
"""Formats of other programs that nothing but such a program writes rightly, by its entry in Blender's menu."""


@cache
def _formats() -> dict[str, Format]:
    return registry(__name__, "FORMAT", Format, group="cinetraj.formats")


def __getattr__(name: str) -> object:
    if name != "FORMATS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _formats()


def detect(path: str | Path) -> tuple[str, str]:
    """Name of the format that a file or folder is in, and the evidence for it.

    Errors: FormatAmbiguousError where the evidence does not decide; ReadError where no format fits.
    """
    try:
        found, evidence = choose(look(Path(path)), _formats())
    except OSError as error:
        raise ReadError(path, f"cannot be read ({error.strerror})", remedy="check the path and permissions") from error
    return found.name, evidence


def cameras(path: str | Path, *, format: str = "auto") -> tuple[str, ...]:
    """Names of the cameras in a file that holds several, to be read as FILE#NAME; nothing where it holds one."""
    path = split_part(Path(path))[0]
    try:
        found = format_named(format) if format != "auto" else choose(look(path), _formats())[0]
        named = () if found.cameras is None else found.cameras(path)
    except OSError as error:
        raise ReadError(path, f"cannot be read ({error})", remedy="check the path and permissions") from error
    return named if len(named) > 1 else ()


def notes(trajectory: Trajectory) -> tuple[str, ...]:
    """What a reader must know of how the file was read: rows left out, units found, what there was no place for."""
    origin = trajectory.provenance
    config: Mapping[str, Any] = origin.config if origin is not None else {}
    given: Any = config.get("notes")
    said = cast("list[object]", given) if isinstance(given, list) else []
    lens = [f"the lens is {config['lens']}: it is not kept"] if config.get("lens") else []
    return tuple(map(str, [*said, *lens]))


def read(path: str | Path, *, format: str = "auto") -> Trajectory:
    """Read a trajectory, converted to camera-to-world in OpenCV axes.

    Args:
        path: a file, a folder of a run, or what the format names; FILE#NAME for one camera of several.
        format: one of FORMATS, or "auto", which recognises what is unambiguous and refuses to guess.
            `provenance.config` of the result says how the file was understood.

    Errors: ReadError names file, line and remedy; FormatAmbiguousError gives the evidence for each format.
    """
    require_named(path)
    path = Path(path)
    try:
        if format != "auto":
            return _read(format_named(format), path)
        found, evidence = choose(look(path), _formats())
        return _recognised(found, evidence, _read(found, path))
    except OSError as error:
        raise ReadError(path, f"cannot be read ({error.strerror})", remedy="check the path and permissions") from error


def read_every(path: str | Path, *, format: str = "auto") -> dict[str, Trajectory]:
    """All cameras of a file that may hold several, by name; of any other file its one trajectory, under "".

    Args:
        path: as in `read`, without the name of a camera; a `#*` at its end is allowed. format: as in `read`.

    Errors: as `read`.
    """
    path = split_part(Path(path))[0]
    try:
        found, evidence = (format_named(format), "") if format != "auto" else choose(look(path), _formats())
        if found.read_every is not None:
            given = dict(found.read_every(path))
        else:
            names = () if found.cameras is None else found.cameras(path)
            several = names if len(names) > 1 else ("",)
            given = {name: _read(found, Path(f"{path}#{name}") if name else path) for name in several}
    except OSError as error:
        raise ReadError(path, f"cannot be read ({error})", remedy="check the path and permissions") from error
    return {name: _recognised(found, evidence, one) if evidence else one for name, one in given.items()}


def scene(path: str | Path, *, format: str = "auto") -> Scene:
    """What a file, or the run that it lies in, says besides the poses: points of the scene, and the film.

    Errors: as `read`.
    """
    path = Path(path)
    found = format_named(format) if format != "auto" else choose(look(path), _formats())[0]
    try:
        return NOTHING if found.scene is None else found.scene(path)
    except OSError as error:
        raise ReadError(path, f"cannot be read ({error})", remedy="check the path and permissions") from error


def _recognised(found: Format, evidence: str, trajectory: Trajectory) -> Trajectory:
    """The trajectory with a note of why its format was believed."""
    origin = trajectory.provenance
    if found.name == "native" or origin is None:
        return trajectory
    marked = Provenance(
        backend=origin.backend,
        config={**origin.config, "recognised_by": evidence},
        versions=origin.versions,
        seed=origin.seed,
        source=origin.source,
        evidence=origin.evidence,
    )
    return trajectory.replace(provenance=marked)


def _read(found: Format, path: Path) -> Trajectory:
    if found.read is None:
        raise CinetrajError(f"{path}: {found.name} is written only; read the file that it was made from")
    file, part = split_part(path)
    if part == ALL:
        remedy = f"name one, as {file.name}#NAME, or give it where several clips are taken"
        raise ReadError(file, f"#{ALL} stands for all its cameras, expected one", remedy=remedy)
    if part and found.cameras is None:
        raise ReadError(file, f"a {found.name} file has no camera {part!r}", remedy=f"give {file.name} alone")
    try:
        given = found.read(path)
    except ReadError:
        raise
    except CinetrajError as error:  # of a reader that makes the path by hand: its values are no camera's
        remedy = "repair the file, or name the format that it is in with --format"
        raise ReadError(path, f"read as {found.name}: {error}", remedy=remedy) from error
    return require_trajectory(given, f"what the reader of {found.name} gives")


def write(trajectory: Trajectory, path: str | Path, *, format: str, scene: Scene = NOTHING) -> None:
    """Write a trajectory; the files appear whole or not at all.

    Args:
        scene: points and film, for the formats that hold them.

    Errors: CinetrajError where the format cannot hold the trajectory without telling something untrue (missing
    frames without a place for them, intrinsics that it needs and that are not known), or the disk refuses.
    What it merely leaves out is listed by `losses`.
    """
    require_trajectory(trajectory)
    target = format_named(format, "")
    if target.encode is None:
        able = ", ".join(name for name, entry in _formats().items() if entry.encode is not None)
        raise CinetrajError(f"{format} is read only; write one of {able}")
    if target.encode_scene is not None:
        write_atomically(target.encode_scene(trajectory, scene, Path(path)))
    else:
        write_atomically(target.encode(trajectory, Path(path)))


def write_every(trajectories: Mapping[str, Trajectory], path: str | Path, *, format: str) -> None:
    """Write several cameras into one file of a format that holds several.

    Errors: CinetrajError where the format holds one camera, and as `write`.
    """
    target = format_named(format, "")
    if target.encode_every is None:
        able = ", ".join(name for name, entry in _formats().items() if entry.encode_every is not None)
        raise CinetrajError(f"{format} holds one camera and these are {len(trajectories)}; write one of {able}")
    write_atomically(target.encode_every(trajectories, Path(path)))


def losses(trajectory: Trajectory, format: str, scene: Scene = NOTHING) -> tuple[str, ...]:
    """What of this trajectory and scene a format leaves out, in words."""
    target = format_named(format, "")
    keeps = target.keeps
    cloud = scene.cloud if target.encode_scene is None else None
    said = [f"the points of the scene ({len(cloud.in_world)})"] if cloud is not None else []
    if "everything" in keeps:
        return tuple(said)
    if "time" not in keeps and trajectory.time_source != "index":
        said.append("times (frame numbers remain)")
    if "time" not in keeps and trajectory.time_source == "index":
        said += _numbers_lost(trajectory, kept="gaps" in keeps)
    stride = target.stride
    if stride > 1 and len(trajectory) > 1:
        said.append(f"the poses between every {stride}th frame")
    missing = int((~trajectory.valid).sum())
    if missing and "gaps" not in keeps:
        said.append(f"{missing} frames without a pose")
    k = trajectory.intrinsics_px
    if k is not None and "intrinsics" not in keeps:
        said.append("intrinsics but for the focal length" if "zoom" in keeps else "intrinsics")
    if trajectory.image_hw is not None and "image_hw" not in keeps:
        said.append("image size")
    read_as = "metric" if target.metric else "arbitrary"
    if trajectory.scale != read_as and "scale" not in keeps:
        unknown = "that the unit of length is not known (the file counts metres)"
        said.append(unknown if trajectory.scale == "arbitrary" else f"that the scale is {trajectory.scale}")
    rest = ("scene_depth", "focal_sigma_px", "pose_covariance")
    said += [name for name in rest if getattr(trajectory, name) is not None]
    if trajectory.distortion is not None and "distortion" not in keeps:
        said.append("distortion")
    lens = trajectory.provenance.config.get("lens") if trajectory.provenance is not None else None
    if lens and "intrinsics" in keeps:
        said.append(f"the lens {lens} (a pinhole is written)")
    return (*said, *target.lacks(trajectory))


def _numbers_lost(trajectory: Trajectory, *, kept: bool) -> list[str]:
    """What is lost of frame numbers: of files with gaps, which number frames, fractions; of others all but 0, 1, ..."""
    numbers = trajectory.time_s
    if kept:
        return [] if (numbers == np.rint(numbers)).all() else ["fractions of frame numbers"]
    return [] if (numbers == np.arange(len(numbers))).all() else ["frame numbers (they are 0, 1, 2, ... there)"]


def format_named(name: str, also: str = "auto or ") -> Format:
    """The format of that name; `also` is what else may be said where it is asked for."""
    known = _formats()
    if name in BY_BLENDER and name not in known:
        raise CinetrajError(
            f"{name} is written by Blender: convert to blender, run the script there, "
            f"select the camera and choose File > Export > {BY_BLENDER[name]}"
        )
    if name not in known:
        raise CinetrajError(f"format is {name!r}{expected_of(name, known, also)}")
    return known[name]
