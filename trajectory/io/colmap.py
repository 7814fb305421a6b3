"""COLMAP sparse model, text or binary: a folder with cameras, images and points3D. Images are ordered by name.

Numbers in the image names that differ only there (frame_0012.png) become frame numbers, and those missing between
the first and the last, at the stride of the names, become frames that are not valid. scene_depth is the median depth
of the points that each image sees. A model of several cameras is several paths: MODEL#NAME names one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float, Int

from trajectory.errors import CinetrajError, ReadError
from trajectory.io import _colmap
from trajectory.io._build import (
    gap_fields,
    k_from,
    make,
    noted,
    numbered_frames,
    numbered_grid,
    pinhole,
    scatter,
    size_of,
    some_valid,
)
from trajectory.io._cameras import by_camera, chosen, numbers_by_name
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, inverse, poses_from_quat, quat_from_rotations
from trajectory.io._probe import split_part
from trajectory.io._scene import Cloud, Scene
from trajectory.io._text import spell
from trajectory.model import Trajectory


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]{1,18})", name)]


def _folder(path: Path) -> Path:
    for folder in (path, path / "sparse" / "0", path / "sparse", path / "0"):
        if any((folder / f"images.{kind}").is_file() for kind in ("bin", "txt")):
            return folder
    raise ReadError(path, "holds no COLMAP model (images.bin or images.txt)", remedy="name the folder of the model")


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Model:
    """What of a model poses need, images ordered by name. cameras_of: places of the images by camera of a rig."""

    folder: Path
    binary: bool
    cameras: Mapping[int, _colmap.Camera]
    images: Sequence[_colmap.Image]
    cameras_of: Mapping[str, list[int]]
    notes: tuple[str, ...]

    def file(self, name: str) -> Path:
        """One of its files."""
        return self.folder / f"{name}.{'bin' if self.binary else 'txt'}"


def _load(path: Path) -> _Model:
    folder = _folder(path if path.is_dir() else path.parent)
    binary = (folder / "images.bin").is_file()
    file = folder / ("images.bin" if binary else "images.txt")
    images, lacking, told = (_colmap.images_binary(file), 0, 0) if binary else _colmap.images_text(file)
    cameras = (_colmap.cameras_binary if binary else _colmap.cameras_text)(file.with_stem("cameras"))
    if not images:
        raise ReadError(file, "holds no images", remedy="the reconstruction failed; leave the clip out")
    images = sorted(images, key=lambda image: _natural(image.name))
    names = [image.name for image in images]
    if len(set(names)) < len(names):
        raise ReadError(file, "an image is listed twice", remedy="keep one entry per image")
    unknown = next((image for image in images if image.camera not in cameras), None)
    if unknown is not None:
        raise ReadError(
            file.with_stem("cameras"), f"has no camera {unknown.camera}, used by {unknown.name}", remedy="copy it again"
        )
    which = "the images" if lacking >= len(images) - 1 else f"{lacking} of {len(images)} images"
    notes = [f"{which} have no second lines, which list the points that they see"] if lacking > 1 else []
    if len(images) < told:
        notes.append(f"{file.name} holds {len(images)} of the {told} images that its head tells of: is it cut short?")
    return _Model(
        folder=folder,
        binary=binary,
        cameras=cameras,
        images=images,
        cameras_of=_rig(file.with_stem("rigs"), images, cameras),
        notes=tuple(notes),
    )


def _rig(rigs: Path, images: Sequence[_colmap.Image], cameras: Mapping[int, _colmap.Camera]) -> Mapping[str, list[int]]:
    """Images by camera: by their names, else by what COLMAP 4 says of rigs, by turns, or by models of the lens."""
    named = by_camera([image.name for image in images])
    if len(named) > 1:
        return named
    order = [image.camera for image in images]
    used = set(order)
    turns = len(used) > 1 and len(order) >= 3 * len(used)  # cameras that take turns: no zoom comes back so regularly
    turns = turns and all(camera == order[i % len(used)] for i, camera in enumerate(order))
    sensors_in = _colmap.sensors_binary if rigs.suffix == ".bin" else _colmap.sensors_text
    rig = any(len(sensors & used) > 1 for sensors in (sensors_in(rigs) if rigs.is_file() else []))
    if not rig and not turns and len({cameras[key].model for key in used}) < 2:
        return named
    return {
        f"camera{key}": [place for place, image in enumerate(images) if image.camera == key] for key in sorted(used)
    }


def _cameras_in(path: Path) -> tuple[str, ...]:
    return tuple(_load(path).cameras_of)


def _read(path: Path) -> Trajectory:
    path, part = split_part(path)
    model = _load(path)
    images = [model.images[place] for place in chosen(path, model.cameras_of, part)]
    names = [image.name for image in images]
    rows = Rows(
        path=model.file("images"),
        lines=None if model.binary else [image.line or 0 for image in images],
        labels=names,
        tokens=None if model.binary else [image.tokens or () for image in images],
    )
    cam_from_world = poses_from_quat(
        rows,
        np.array([image.quat_wxyz for image in images], dtype=np.float64),
        np.array([image.translation for image in images], dtype=np.float64),
    )
    used = [model.cameras[image.camera] for image in images]
    depth = _scene_depth(model.file("points3D"), model.binary, images, cam_from_world)
    time_s, slot = _time(model.file("images"), names)
    valid, reason = gap_fields(slot, len(time_s), "not in the model")
    n = len(time_s)
    sizes = {(camera.height, camera.width) for camera in used}
    lenses = {camera.distortion for camera in used}
    distortion = lenses.pop() if len(lenses) == 1 else None
    return make(
        path,
        "colmap",
        scatter(inverse(cam_from_world), slot, n),
        time_s=time_s,
        valid=valid,
        reason=reason,
        image_hw=sizes.pop() if len(sizes) == 1 else None,
        intrinsics_px=scatter(k_from(np.array([camera.pinhole_px for camera in used])), slot, n),
        distortion=np.array(distortion) if distortion and any(distortion) else None,
        scene_depth=None if depth is None else scatter(depth, slot, n),
        conventions={
            "pose": "cam_from_world",
            "quaternion": "wxyz",
            "axes": "opencv",
            "camera_models": sorted({camera.model for camera in used}),
            **({"camera": part} if part else {}),
            **lens_of(used),
            **noted(*model.notes),
        },
    )


def lens_of(used: Sequence[_colmap.Camera]) -> dict[str, str]:
    """What of the lenses a trajectory has no place for, as an entry of the conventions."""
    others = sorted({camera.lens for camera in used if camera.lens})
    if others:
        return {"lens": ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")}
    several = len({camera.distortion for camera in used}) > 1
    return {"lens": "distortion that differs from image to image"} if several else {}


def _time(path: Path, names: Sequence[str]) -> tuple[Float[np.ndarray, " m"], np.ndarray]:
    numbers = numbers_by_name(names)
    if numbers is None or sorted(numbers) != numbers:
        return np.arange(len(names), dtype=np.float64), np.arange(len(names))
    return numbered_grid(path, np.array(numbers))


def _scene_depth(
    path: Path, binary: bool, images: Sequence[_colmap.Image], cam_from_world: Float[np.ndarray, "n 4 4"]
) -> Float[np.ndarray, " n"] | None:
    if not path.is_file() or not path.stat().st_size:
        return None
    points = _colmap.points_binary(path) if binary else _colmap.points_text(path)
    if not len(points.ids):
        return None
    out = np.full(len(images), np.nan)
    for i, image in enumerate(images):
        place, known = points.rows(image.points)
        seen = points.in_world[place[known]]
        with np.errstate(all="ignore"):
            depth = seen @ cam_from_world[i, 2, :3] + cam_from_world[i, 2, 3]
        depth = depth[np.isfinite(depth) & (depth > 0)]
        if len(depth):
            out[i] = np.median(depth)
    return out if np.isfinite(out).any() else None


def _read_scene(path: Path) -> Scene:
    return Scene(cloud=read_cloud(path)[0])


def read_cloud(path: Path) -> tuple[Cloud | None, Float[np.ndarray, " n"]]:
    """The points of a model, seen by the rows of the trajectory that the same path gives, and that one's time_s."""
    path, part = split_part(path)
    model = _load(path)
    images = [model.images[place] for place in chosen(path, model.cameras_of, part)]
    time_s, slot = _time(model.file("images"), [image.name for image in images])
    file = model.file("points3D")
    if not file.is_file() or not file.stat().st_size:
        return None, time_s
    points = _colmap.points_binary(file) if model.binary else _colmap.points_text(file)
    finite = np.isfinite(points.in_world).all(axis=1)
    if not finite.any():
        return None, time_s
    points = replace(points, ids=points.ids[finite], in_world=points.in_world[finite], colour=points.colour[finite])
    seen = [points.rows(image.points) for image in images]
    sound = [known & np.isfinite(image.xy_px).all(axis=1) for (_, known), image in zip(seen, images, strict=True)]
    frames = [np.full(int(good.sum()), at) for at, good in zip(slot.tolist(), sound, strict=True)]
    cloud = Cloud(
        in_world=points.in_world,
        colour=points.colour,
        point=np.concatenate([place[good] for (place, _), good in zip(seen, sound, strict=True)]),
        frame=np.concatenate(frames).astype(np.int64),
        xy_px=np.concatenate([image.xy_px[good] for image, good in zip(images, sound, strict=True)]),
    )
    return cloud, time_s


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    return encode_model(trajectory, path, None)


def _encode_scene(trajectory: Trajectory, scene: Scene, path: Path) -> Mapping[Path, bytes]:
    return encode_model(trajectory, path, scene.cloud)


def encode_model(trajectory: Trajectory, path: Path, cloud: Cloud | None) -> Mapping[Path, bytes]:
    """The three text files of a model by path, with the points of `cloud` and their tracks."""
    keep = some_valid(trajectory, "colmap")
    model, lens = _lens(trajectory)
    height, width = size_of(trajectory, "colmap")
    cameras: dict[tuple[float, ...], int] = {}
    cam_from_world = inverse(trajectory.world_from_cam[keep])
    quat = quat_from_rotations(cam_from_world[:, :3, :3]).tolist()
    intrinsics = pinhole(trajectory, "colmap")[keep].tolist()
    numbers = numbered_frames(trajectory)
    seen, points = _sightings(keep, cloud)
    image_lines: list[str] = []
    for i, row in enumerate(keep.tolist()):
        camera = cameras.setdefault(tuple(intrinsics[i]), len(cameras) + 1)
        pose = " ".join(map(spell, [*quat[i], *cam_from_world[i, :3, 3].tolist()]))
        image_lines.append(f"{i + 1} {pose} {camera} frame_{numbers[row]:06d}.png\n{seen[i]}\n")
    camera_lines = [
        f"{key} {model} {width} {height} {' '.join(map(spell, [*k, *lens]))}\n" for k, key in cameras.items()
    ]
    about_points = f"# id x y z r g b error track: {'image, row of it' if points else 'none'}\n"
    return {
        path / "cameras.txt": "".join(["# id MODEL width height params\n", *camera_lines]).encode(),
        path / "points3D.txt": "".join([about_points, *points]).encode(),
        path / "images.txt": "".join(
            [
                "# id qw qx qy qz tx ty tz camera name, then x y point\n",
                f"# Number of images: {len(keep)}\n",
                *image_lines,
            ]
        ).encode(),
    }


def _lens(trajectory: Trajectory) -> tuple[str, list[float]]:
    """Camera model and its distortion coefficients."""
    lens: list[float] = [] if trajectory.distortion is None else trajectory.distortion.tolist()
    if len(lens) > 8 and any(lens[8:]):
        raise CinetrajError(f"colmap holds 8 distortion coefficients, this trajectory has {len(lens)}; write native")
    size = 0 if not any(lens) else 4 if not any(lens[4:]) else 8
    return {0: "PINHOLE", 4: "OPENCV", 8: "FULL_OPENCV"}[size], (lens + [0.0] * 8)[:size]


def _sightings(keep: Int[np.ndarray, " k"], cloud: Cloud | None) -> tuple[list[str], list[str]]:
    """What each image sees, and the lines of the points with their tracks; no error is claimed (-1)."""
    seen: list[list[str]] = [[] for _ in range(len(keep))]
    if cloud is None:
        return ["" for _ in keep], []
    image_of = {row: i for i, row in enumerate(keep.tolist())}
    tracks: list[list[str]] = [[] for _ in range(len(cloud.in_world))]
    for point, frame, (x, y) in zip(cloud.point.tolist(), cloud.frame.tolist(), cloud.xy_px.tolist(), strict=True):
        i = image_of.get(int(frame))
        if i is not None:
            tracks[int(point)].append(f"{i + 1} {len(seen[i])}")
            seen[i].append(f"{x:.3f} {y:.3f} {point + 1}")
    points = [
        f"{j + 1} {' '.join(map(spell, place))} {red} {green} {blue} -1 {' '.join(tracks[j])}".rstrip() + "\n"
        for j, (place, (red, green, blue)) in enumerate(
            zip(cloud.in_world.tolist(), cloud.colour.tolist(), strict=True)
        )
    ]
    return [" ".join(each) for each in seen], points


def _sniff(probe: Probe) -> Match | None:
    names = {"images.txt", "images.bin"}
    if probe.kind == "folder":
        inner = [probe.path / "sparse" / "0", probe.path / "sparse", probe.path / "0"]
        if names & probe.names and {"cameras.txt", "cameras.bin"} & probe.names:
            return Match(evidence="cameras and images in the folder", sure=True)
        if any((folder / name).is_file() for folder in inner for name in names):
            return Match(evidence="a COLMAP model in sparse/", sure=True)
        return None
    beside = [probe.path.parent / name for name in ("cameras.txt", "cameras.bin")]
    if probe.path.name in names and any(file.is_file() for file in beside):
        return Match(evidence=f"{probe.path.name} beside its cameras", sure=True)
    return None


FORMAT = Format(
    name="colmap",
    summary="COLMAP model folder: text and binary are read, text is written; frame numbers in the image names",
    target="sparse/0/",
    read=_read,
    encode=_encode,
    encode_scene=_encode_scene,
    scene=_read_scene,
    sniff=_sniff,
    keeps=frozenset({"gaps", "intrinsics", "zoom", "image_hw", "distortion"}),
    cameras=_cameras_in,
)
