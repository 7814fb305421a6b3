"""Run folders as files: what `cinetraj estimate` left there, read without the estimator."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, final

import numpy as np
from jaxtyping import Bool, Float, Int

from trajectory.errors import CinetrajError, ReadError
from trajectory.files import named_place
from trajectory.run_names import DEPTH_FILE, RUN_FILE, RUN_FORMAT, RUN_VERSION, TRACKS_FILE, TRAJECTORY_FILE

if TYPE_CHECKING:
    from trajectory.description import Description
    from trajectory.io import Cloud
    from trajectory.model import Trajectory

_AGAIN = "estimate the clip again"
_SAVE = "estimate the clip again with --save"


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class RunShot:
    """One shot of a run.

    Attributes:
        name: of the run, with that of the shot after it where the clip has several.
        run: the folder of the run; folder: that of the shot, which is the same for a clip of one shot.
        record: run.json of the run; shot: the entry of its `shots`.
    """

    name: str
    run: Path
    folder: Path
    record: Mapping[str, Any]
    shot: Mapping[str, Any]

    @property
    def status(self) -> str:
        """ok, partial, unreliable or failed."""
        return str(self.shot["status"])

    @property
    def statistics(self) -> Mapping[str, Any]:
        """The evidence of the backend."""
        return cast("Mapping[str, Any]", self.shot.get("statistics") or {})

    @property
    def source(self) -> str:
        """The clip as it was given to the estimator."""
        return str(self.record.get("source") or "")

    @property
    def working_hw(self) -> tuple[int, int] | None:
        """The size at which tracks, depth and movement were measured."""
        video: Any = self.record.get("video") or {}
        told: Any = video.get("working_hw")
        return (int(told[0]), int(told[1])) if told else None

    def lost(self, error: CinetrajError) -> "RunShot":
        """The same as one that failed, since its files cannot be read."""
        return replace(self, shot={**self.shot, "status": "failed", "reason": str(error)})

    def trajectory(self) -> "Trajectory | None":
        """The camera path; None where the shot failed. Raises ReadError where its file is missing or damaged."""
        if self.status == "failed":
            return None
        from trajectory.io import read

        return read(self.folder / TRAJECTORY_FILE, format="native")

    def describe(self, trajectory: "Trajectory") -> "Description":
        """What the camera does, with what the other candidates of the run tell."""
        from trajectory.candidates import candidates_beside
        from trajectory.description import describe

        return describe(trajectory, candidates=candidates_beside(trajectory, self.folder))

    def clip_path(self) -> Path | None:
        """Where the clip lies now: at its recorded path, seen from here or from a folder above the run; else None.

        The run of a folder of images has its name, and is passed over.
        """
        if not self.source:
            return None
        below = [folder / self.source for folder in self.run.resolve().parents]
        return next((path for path in (Path(self.source), *below) if path.exists() and not is_run(path)), None)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class SavedDepth:
    """`depth.npz`: depth on a grid; row r and column c have their middle at (c, r) cell_px + (cell_px - 1) / 2.

    Attributes:
        depth: along the optical axis, in the unit of the positions; NaN where unknown.
        image_hw: the size of the picture that `cell_px` counts in.
    """

    depth: Float[np.ndarray, "n gh gw"]
    cell_px: int
    image_hw: tuple[int, int]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class SavedTracks:
    """`tracks.npz`: points that were followed.

    Attributes:
        xy_px: pixels of `image_hw`; NaN where a point is not seen.
        moving: whether a point moves against the camera.
    """

    xy_px: Float[np.ndarray, "m n 2"]
    moving: Bool[np.ndarray, " m"]
    image_hw: tuple[int, int]

    def longest(self, most: int) -> Int[np.ndarray, " k"]:
        """Rows of at most `most` tracks, those that are seen longest, in their order."""
        seen = np.isfinite(self.xy_px[:, :, 0]).sum(axis=1)
        return np.sort(np.argsort(-seen, kind="stable")[:most])


def runs_in(source: str | Path) -> list[Path]:
    """The runs in a folder, the folder itself if it is one.

    Raises:
        CinetrajError: it does not exist, or holds no run.
    """
    folder = Path(source)
    if not folder.exists():
        raise CinetrajError(f"{folder} does not exist, expected a run or a folder of runs")
    if is_run(folder):
        return [folder]
    children = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [path for path in children if not path.name.startswith(".") and is_run(path)]
    if not found:
        raise CinetrajError(
            f"{folder} holds no run, expected folders that `cinetraj estimate --out` wrote{below_it(folder)}"
        )
    return found


def below_it(folder: Path) -> str:
    """What to give instead of a folder whose folders hold runs, such as runs/ of runs/wan and runs/kling; else ""."""
    sets = [path for path in sorted(folder.glob("*/")) if any(map(is_run, path.glob("*/")))]
    return f"; give one of the folders of runs in it, as {sets[0]}" if sets else ""


def is_run(folder: Path) -> bool:
    """Whether a folder is a run, be it a damaged one: it holds a run.json of ours, or one that is no JSON."""
    try:
        return bool(json.loads((folder / RUN_FILE).read_bytes()).get("format") == RUN_FORMAT)
    except (OSError, AttributeError):
        return False
    except ValueError:
        return True


def shots_of(run: str | Path) -> list[RunShot]:
    """The shots of one run, a failed one among them. Raises ReadError where it is no run, or a damaged one."""
    folder = Path(run)
    file = folder / RUN_FILE
    try:
        record = cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))
        shots = cast("list[dict[str, Any]]", record["shots"])
        names = [str(shot["name"]) for shot in shots if shot["status"]]
        newer = int(record.get("version") or 0) > RUN_VERSION
    except OSError as error:
        raise ReadError(folder, f"holds no readable {RUN_FILE} ({error.strerror})", remedy=_AGAIN) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ReadError(file, f"is no run record ({type(error).__name__}: {error})", remedy=_AGAIN) from error
    if newer:
        raise ReadError(file, f"has version {record['version']}, expected {RUN_VERSION}", remedy="update cinetraj")
    own = named_place(folder).name
    return [
        RunShot(
            name=f"{own}/{name}" if name else own,
            run=folder,
            folder=folder / name,
            record=record,
            shot=shot,
        )
        for name, shot in zip(names, shots, strict=True)
    ]


def all_shots(source: str | Path) -> Iterator[RunShot]:
    """Every shot of every run of a folder; of a run that cannot be read one that failed, and why.

    Raises ReadError where the source itself is such a run.
    """
    folder = Path(source)
    for run in runs_in(folder):
        try:
            yield from shots_of(run)
        except ReadError as error:
            if run == folder:
                raise
            yield RunShot(name=run.name, run=run, folder=run, record={"name": run.name}, shot={"name": ""}).lost(error)


def paths_in(source: str | Path) -> "dict[str, Trajectory]":
    """The camera paths of a run or a folder of runs by name, without the shots that failed."""
    found = {shot.name: shot.trajectory() for shot in all_shots(source)}
    return {name: path for name, path in found.items() if path is not None}


def read_depth(folder: Path) -> SavedDepth | None:
    """The depth maps of a shot; None where none were saved."""
    held = _arrays(folder / DEPTH_FILE, ("depth", "cell_px", "image_hw"), f"{_SAVE} depth")
    if held is None:
        return None
    hw = held["image_hw"]
    return SavedDepth(depth=held["depth"], cell_px=int(held["cell_px"]), image_hw=(int(hw[0]), int(hw[1])))


def read_tracks(folder: Path) -> SavedTracks | None:
    """The tracks of a shot; None where none were saved."""
    held = _arrays(folder / TRACKS_FILE, ("xy_px", "moving", "image_hw"), f"{_SAVE} tracks")
    if held is None:
        return None
    hw = held["image_hw"]
    return SavedTracks(xy_px=held["xy_px"], moving=held["moving"], image_hw=(int(hw[0]), int(hw[1])))


def read_points(shot: RunShot, trajectory: "Trajectory") -> "Cloud | None":
    """The points of a shot, in its world; None where none were saved."""
    from trajectory.io._run_scene import run_scene

    return run_scene(shot.folder, trajectory).cloud


def _arrays(path: Path, names: tuple[str, ...], remedy: str) -> dict[str, np.ndarray] | None:
    if not path.is_file():
        return None
    import zipfile

    try:
        with np.load(path, allow_pickle=False) as held:
            return {name: np.array(held[name]) for name in names}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ReadError(path, f"cannot be read ({type(error).__name__}: {error})", remedy=remedy) from error
