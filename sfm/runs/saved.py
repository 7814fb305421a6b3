"""Depth maps, movement masks, points and other people's formats in a run folder: what `--save` asks for."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sfm.runs.estimate import ShotEstimate
from sfm.structure import Structure
from trajectory.files import write_whole
from trajectory.model import Trajectory
from trajectory.run_names import COLMAP_FOLDER, DEPTH_FILE, MASK_FILE, POINTS_FILE, TRACKS_FILE

DEPTH_FOLDER, DEPTH_SCALE = "depth", "depth.json"
ALTERNATIVES_FOLDER = "alternatives"
"""Other motions that may be the right one: 1.npz, 2.npz, ... as `evidence["candidates"]` of the trajectory says."""
MEGASAM_FILE = "megasam.npz"
SAVED_FILES = (DEPTH_FILE, MASK_FILE, POINTS_FILE, TRACKS_FILE, MEGASAM_FILE)
SAVED_FOLDERS = (DEPTH_FOLDER, COLMAP_FOLDER, ALTERNATIVES_FOLDER)
LEVELS_PER_UNIT = 1000.0
"""Of the PNGs: the median scene depth is 1, so that a level is a thousandth of it and 65.5 of them are reached."""
FARTHEST_LEVEL = 65535
AS_FILMED = "as filmed: the lens's distortion (k1, k2, p1, p2 of OpenCV) is in them"
OF_A_PINHOLE = "as filmed, by a pinhole: no distortion was told or found"
"""Depth is that of the filmed pixel in any case; whoever makes rays of pixels takes the lens's bend out of them."""
BLENDED = 1.2
"""Cells whose depths differ by more are two surfaces, between which nothing is interpolated."""
ASSUMED_FPS = 24.0
"""Of a mask whose frames have numbers and no times."""
MASK_CRF = 10
"""Quality at which blocks of one colour keep their edges."""


def alternative_file(number: int) -> Path:
    """Where the trajectory of an alternative (from 1) is kept, below the folder of its shot."""
    return Path(ALTERNATIVES_FOLDER) / f"{number}.npz"


def write_saved(shot: ShotEstimate, place: Path) -> None:
    """Write the files of `shot.save` into the folder of the shot."""
    if shot.trajectory is None:
        return
    for name in shot.save:
        WRITERS[name](shot, shot.structure, shot.trajectory, place)


def copied_files(home: Path) -> list[Path]:
    """Files in a shot's folder that `write_saved` made, and its alternatives, relative to it."""
    found = [Path(name) for name in SAVED_FILES if (home / name).is_file()]
    for folder in SAVED_FOLDERS:
        found += [path.relative_to(home) for path in sorted((home / folder).glob("*")) if path.is_file()]
    return found


def depth_at_pixels(structure: Structure, frame: int) -> Float[np.ndarray, "h w"]:
    """Depth of every pixel, interpolated on each surface and not across its edges; NaN where unknown."""
    assert structure.depth is not None
    grid = structure.depth[frame].astype(float)
    rows, columns = (
        _between(side, structure.cell_px, count) for side, count in zip(structure.image_hw, grid.shape, strict=True)
    )
    nearest = grid[rows[2]][:, columns[2]]
    total, weight = np.zeros(structure.image_hw), np.zeros(structure.image_hw)
    for row, by_row in ((rows[0], 1.0 - rows[1]), (np.minimum(rows[0] + 1, grid.shape[0] - 1), rows[1])):
        for column, by_column in (
            (columns[0], 1.0 - columns[1]),
            (np.minimum(columns[0] + 1, grid.shape[1] - 1), columns[1]),
        ):
            corner = grid[row][:, column]
            with np.errstate(invalid="ignore"):
                near = (corner < BLENDED * nearest) & (nearest < BLENDED * corner)
            share = by_row[:, None] * by_column * near
            total += share / np.where(near, corner, 1.0)  # inverse depth is what is linear on a plane
            weight += share
    with np.errstate(invalid="ignore", divide="ignore"):
        return weight / total


def moving_at_pixels(structure: Structure, frame: int) -> Bool[np.ndarray, "h w"]:
    """Movement of every pixel: that of its cell, or of the nearest one beyond the grid."""
    assert structure.moving is not None
    grid = structure.moving[frame]
    rows, columns = (
        _between(side, structure.cell_px, count)[2] for side, count in zip(structure.image_hw, grid.shape, strict=True)
    )
    return grid[rows][:, columns]


def _between(side: int, cell_px: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each pixel of a side the cell before it, the share of the way to the one after it, and the nearest cell."""
    at = ((np.arange(side) - (cell_px - 1) / 2) / cell_px).clip(0, count - 1)
    first = np.floor(at).astype(int)
    return first, at - first, np.rint(at).astype(int)


def _write_depth(shot: ShotEstimate, structure: Structure | None, trajectory: Trajectory, place: Path) -> None:
    import cv2

    assert structure is not None
    assert structure.depth is not None
    told = structure.depth_sigma_log
    sigma_log = np.full_like(structure.depth, np.nan) if told is None else told
    np.savez_compressed(
        place / DEPTH_FILE,
        depth=structure.depth,
        sigma_log=sigma_log,
        cell_px=np.array(structure.cell_px),
        image_hw=np.array(structure.image_hw),
        time_s=trajectory.time_s,
    )
    folder = place / DEPTH_FOLDER
    folder.mkdir()
    for frame in range(len(structure.depth)):
        levels = np.rint(depth_at_pixels(structure, frame) * LEVELS_PER_UNIT).clip(1, FARTHEST_LEVEL)
        done, data = cv2.imencode(".png", np.nan_to_num(levels, nan=0.0).astype(np.uint16))
        assert done
        (folder / f"{frame:06d}.png").write_bytes(data.tobytes())
    bent = trajectory.distortion is not None and bool(np.any(trajectory.distortion != 0))
    said = {
        "unit_per_level": 1.0 / LEVELS_PER_UNIT,
        "unit": "metres" if trajectory.scale == "metric" else "unit of the positions: the median depth of the shot",
        "zero": "unknown",
        "farthest": f"{FARTHEST_LEVEL} stands for {FARTHEST_LEVEL / LEVELS_PER_UNIT} and all that is farther",
        "what": "distance along the optical axis, interpolated from a grid; depth.npz holds the grid itself",
        "cell_px": structure.cell_px,
        "image_hw": list(structure.image_hw),
        "pixels": AS_FILMED if bent else OF_A_PINHOLE,
        "distortion": trajectory.distortion.tolist() if bent and trajectory.distortion is not None else None,
        "first_frame": shot.start,
    }
    write_whole(folder / DEPTH_SCALE, json.dumps(said, indent=2) + "\n")


def _write_mask(shot: ShotEstimate, structure: Structure | None, trajectory: Trajectory, place: Path) -> None:
    from sfm.video.encode import encode

    assert structure is not None
    assert structure.moving is not None
    time_s, n = trajectory.time_s, len(trajectory)
    fps = (n - 1) / float(time_s[-1] - time_s[0]) if trajectory.time_source != "index" and n > 1 else ASSUMED_FPS
    white = np.stack([moving_at_pixels(structure, frame) for frame in range(n)]).astype(np.uint8) * 255
    encode(np.repeat(white[..., None], 3, axis=-1), place / MASK_FILE, fps=fps, crf=MASK_CRF)


def _write_points(shot: ShotEstimate, structure: Structure | None, trajectory: Trajectory, place: Path) -> None:
    assert structure is not None
    assert structure.points is not None
    assert structure.colour is not None
    write_whole(place / POINTS_FILE, ply_bytes(structure.points, structure.colour))


def ply_bytes(points: Float[np.ndarray, "m 3"], colour: UInt8[np.ndarray, "m 3"]) -> bytes:
    """A binary PLY file (little endian) with x, y, z as floats and red, green, blue as bytes."""
    names = [("x", "float"), ("y", "float"), ("z", "float"), ("red", "uchar"), ("green", "uchar"), ("blue", "uchar")]
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(points)}"]
    header += [*(f"property {kind} {name}" for name, kind in names), "end_header", ""]
    rows = np.empty(len(points), [(name, "<f4" if kind == "float" else "u1") for name, kind in names])
    for number, name in enumerate("xyz"):
        rows[name] = points[:, number]
    for number, name in enumerate(("red", "green", "blue")):
        rows[name] = colour[:, number]
    return "\n".join(header).encode() + rows.tobytes()


def _write_tracks(shot: ShotEstimate, structure: Structure | None, trajectory: Trajectory, place: Path) -> None:
    xy_px = shot.picture["tracks_px"]
    np.savez_compressed(
        place / TRACKS_FILE,
        xy_px=xy_px.astype(np.float32),
        moving=np.asarray(shot.picture.get("moving", np.zeros(len(xy_px))), dtype=bool),
        image_hw=np.array(shot.picture["rgb"].shape[:2]),
        time_s=trajectory.time_s,
    )


def _write_megasam(shot: ShotEstimate, structure: Structure | None, trajectory: Trajectory, place: Path) -> None:
    from trajectory.io.megasam import encode_scene

    assert structure is not None
    assert shot.images is not None
    depths = np.stack([depth_at_pixels(structure, frame) for frame in range(len(trajectory))]).astype(np.float32)
    write_whole(place / MEGASAM_FILE, encode_scene(trajectory, shot.images, depths))


def _write_colmap(shot: ShotEstimate, structure: Structure | None, trajectory: Trajectory, place: Path) -> None:
    from trajectory.files import write_atomically
    from trajectory.io import Cloud
    from trajectory.io.colmap import encode_model

    assert structure is not None
    assert structure.points is not None
    assert structure.colour is not None
    tracks, hw = structure.tracks, trajectory.image_hw or structure.image_hw
    to_source = np.array([hw[1] / structure.image_hw[1], hw[0] / structure.image_hw[0]])
    none = np.zeros(0, np.int64)
    cloud = Cloud(
        in_world=structure.points,
        colour=structure.colour,
        point=none if tracks is None else tracks.point,
        frame=none if tracks is None else tracks.frame,
        xy_px=np.zeros((0, 2)) if tracks is None else (tracks.xy_px + 0.5) * to_source,
    )
    write_atomically(encode_model(trajectory, place / COLMAP_FOLDER, cloud))


Writer = Callable[[ShotEstimate, Structure | None, Trajectory, Path], None]
WRITERS: Mapping[str, Writer] = {
    "depth": _write_depth,
    "mask": _write_mask,
    "points": _write_points,
    "tracks": _write_tracks,
    "megasam": _write_megasam,
    "colmap": _write_colmap,
}
"""By the names of `sfm.config.SAVABLE`."""
