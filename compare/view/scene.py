# pyright: basic
# (rerun's classes have partial types)
"""What is seen: frames with tracks, movement and depth, and the cameras and points in space, as entities of rerun."""

import io
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt16

from compare.film import Film, enlarged, jpeg, scaled_tracks
from compare.run_files import RunShot, SavedDepth, SavedTracks, read_depth, read_points, read_tracks
from compare.view.library import rerun, rgb_of
from trajectory.colors import AGAINST, ALONG, PALETTE
from trajectory.frames import anchor_to_first, in_first_camera
from trajectory.model import Trajectory

WORLD, CAMERA = "world", "world/camera"
IMAGE, DEPTH = "world/camera/image", "depth"
DEPTH_IN_SPACE = "world/camera/image/depth"
REFERENCE = "world/reference"
TRAIL = 10
"""Frames over which a track's trail is drawn."""
LEVELS = 1000
"""Steps of depth in a unit of the positions, as in the depth maps of a run."""
FRUSTUM = 0.12
"""Depth of a drawn camera, as a share of the way or, where that is shorter, of the scene's depth."""
MOVING_CLASS = 1


def log_world(stream: Any, shot: RunShot, trajectory: Trajectory, *, points: bool) -> None:
    """The whole path, and the points that were saved with it, in the axes of the first camera: those of files differ.

    Args:
        trajectory: as it was saved, in the world of the saved points.
    """
    rr = rerun()
    stream.log(WORLD, rr.ViewCoordinates.RDF, static=True)
    log_path(stream, "world/path", as_seen(trajectory), PALETTE[0])
    cloud = read_points(shot, trajectory) if points else None
    if cloud is not None:
        radius = rr.Radius.ui_points(1.5)
        seen = in_first_camera(cloud.in_world, trajectory)
        stream.log("world/points", rr.Points3D(seen, colors=cloud.colour, radii=radius), static=True)


def as_seen(trajectory: Trajectory) -> Trajectory:
    """The path in the axes of its first camera where it has one."""
    return anchor_to_first(trajectory) if trajectory.valid.any() else trajectory


def log_path(stream: Any, entity: str, trajectory: Trajectory, colour: str) -> None:
    """A path as a line that has gaps where frames have no pose."""
    rr = rerun()
    index = np.flatnonzero(trajectory.valid)
    runs = np.split(index, np.flatnonzero(np.diff(index) > 1) + 1) if len(index) else []
    strips = [np.array(trajectory.positions[run]) for run in runs]
    radius = rr.Radius.ui_points(1.5)
    stream.log(entity, rr.LineStrips3D(strips, colors=[rgb_of(colour)] * len(strips), radii=radius), static=True)


def log_camera(stream: Any, entity: str, trajectory: Trajectory, row: int, hw: tuple[int, int], colour: str) -> None:
    """Pose and lens at one frame; a frame without a pose shows no camera."""
    rr = rerun()
    if not trajectory.valid[row]:
        stream.log(entity, rr.Clear(recursive=False))
        stream.log(f"{entity}/image", rr.Clear(recursive=False))
        return
    pose = trajectory.world_from_cam[row]
    stream.log(entity, rr.Transform3D(translation=pose[:3, 3], mat3x3=pose[:3, :3]))
    plane = FRUSTUM * _size(trajectory)
    lens = rr.Pinhole(
        image_from_camera=_k_of(trajectory, row, hw),
        width=hw[1],
        height=hw[0],
        image_plane_distance=plane,
        color=rgb_of(colour),
    )
    stream.log(f"{entity}/image", lens)


def _k_of(trajectory: Trajectory, row: int, hw: tuple[int, int]) -> Float[np.ndarray, "3 3"]:
    """K in pixels of a picture of that size; 55 degrees along the longer side where none is known."""
    if trajectory.intrinsics_px is not None and trajectory.image_hw is not None:
        scale = np.array([hw[1] / trajectory.image_hw[1], hw[0] / trajectory.image_hw[0], 1.0])
        return scale[:, None] * trajectory.intrinsics_px[row]
    focal = max(hw) / 2 / np.tan(np.radians(55.0) / 2)
    return np.array([[focal, 0, hw[1] / 2], [0, focal, hw[0] / 2], [0, 0, 1.0]])


def _size(trajectory: Trajectory) -> float:
    points = trajectory.positions[trajectory.valid]
    way = float(np.linalg.norm(np.ptp(points, axis=0))) if len(points) else 0.0
    known = np.zeros(0) if trajectory.scene_depth is None else trajectory.scene_depth[trajectory.valid]
    depth = float(np.nanmedian(known)) if np.isfinite(known).any() else 1.0
    return max(way, 0.5 * depth)


def log_frames(stream: Any, shot: RunShot, trajectory: Trajectory, film: Film, *, dense: bool, clock: Any) -> None:
    """Frames, tracks, movement and depth of the film's frames.

    Args:
        dense: depth maps stand in space; else they are beside it.
        clock: sets the time of a row.
    """
    rr = rerun()
    depth, tracks = read_depth(shot.folder), read_tracks(shot.folder)
    rests = rr.AnnotationInfo(id=0, label="moves with the scene, or is not known", color=[0, 0, 0, 0])
    moves = rr.AnnotationInfo(id=MOVING_CLASS, label="moves by itself", color=rgb_of(AGAINST))
    stream.log(IMAGE, rr.AnnotationContext([rests, moves]), static=True)
    for number, row in enumerate(film.rows.tolist()):
        clock(row)
        stream.log(IMAGE, rr.EncodedImage(contents=jpeg(film.rgb[number]), media_type="image/jpeg"))
        if film.moving is not None:
            mask = (film.moving[number] * np.uint8(MOVING_CLASS)).astype(np.uint8)
            stream.log(f"{IMAGE}/moving", rr.SegmentationImage(mask, opacity=0.5))
        if tracks is not None:
            _log_tracks(stream, tracks, row, film.hw)
        if depth is not None:
            place = DEPTH_IN_SPACE if dense else DEPTH
            stream.log(
                place, _depth_image(depth, row, film.hw, film.moving[number] if film.moving is not None else None)
            )


def _log_tracks(stream: Any, tracks: SavedTracks, row: int, hw: tuple[int, int]) -> None:
    rr = rerun()
    trail = scaled_tracks(tracks.xy_px[:, max(0, row - TRAIL) : row + 1].astype(float), tracks.image_hw, hw) + 0.5
    here = np.isfinite(trail[:, -1, 0])
    for name, chosen, colour in (("along", here & ~tracks.moving, ALONG), ("against", here & tracks.moving, AGAINST)):
        lines = [each[np.isfinite(each[:, 0])] for each in trail[chosen]]
        colours = [rgb_of(colour)] * len(lines)
        size = rr.Radius.ui_points(2.5)
        stream.log(f"{IMAGE}/tracks/{name}", rr.Points2D(trail[chosen, -1], colors=colours, radii=size))
        stream.log(f"{IMAGE}/trails/{name}", rr.LineStrips2D(lines, colors=colours, radii=rr.Radius.ui_points(0.7)))


def _depth_image(depth: SavedDepth, row: int, hw: tuple[int, int], moving: Bool[np.ndarray, "h w"] | None) -> Any:
    """Depth of a frame at the size of the film, near is bright; what moves and what is not known are left out."""
    rr = rerun()
    near = np.nan_to_num(depth.depth[row].astype(float), nan=0.0) * LEVELS
    levels = np.rint(near.clip(0, 65535)).astype(np.uint16)
    halves = np.stack([levels >> 8, levels & 255, np.zeros_like(levels)], axis=-1).astype(np.uint8)
    wide = enlarged(halves, depth.cell_px, depth.image_hw, hw).astype(np.uint16)
    whole = (wide[..., 0] << 8) | wide[..., 1]
    if moving is not None:
        whole = np.where(moving, 0, whole).astype(np.uint16)
    known = depth.depth[np.isfinite(depth.depth)]
    reach = [float(np.percentile(known, share)) * LEVELS for share in (97, 1)] if len(known) else [LEVELS, 0.0]
    return rr.EncodedDepthImage(
        png(whole), media_type="image/png", meter=float(LEVELS), colormap="viridis", depth_range=reach
    )


def png(levels: UInt16[np.ndarray, "h w"]) -> bytes:
    """A map of 16 bits as a PNG file."""
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(levels).save(data, format="PNG")
    return data.getvalue()
