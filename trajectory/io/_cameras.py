"""Which images of a model belong to which camera, told by their names: a rig is several paths and never one.

Cameras of a rig lie in folders of their own (COLMAP's ImageReader.single_camera_per_folder, nerfstudio, EuRoC's cam0/
and cam1/), or their names differ beside the frame number (left_0001.png, right_0001.png).
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float, Int

from trajectory.errors import AmbiguousError, ReadError
from trajectory.io._build import frame_numbers_in, numbered_grid
from trajectory.io._probe import ALL


def by_camera(names: Sequence[str]) -> dict[str, list[int]]:
    """Places of the images of each camera by its name; one group under "" where all are of one camera.

    Images in several folders are of several cameras. In one folder they are where the names without their numbers are
    several and frame numbers recur; dates and times in names (several numbers) are no cameras.
    """
    paths = [PurePosixPath(name.replace("\\", "/")) for name in names]
    folders = _grouped([str(path.parent) for path in paths])
    if len(folders) > 1 and any(len(places) > 1 for places in folders.values()):
        labels = _labels([tuple(PurePosixPath(folder).parts) for folder in folders])
        return dict(sorted(zip(labels, folders.values(), strict=True)))
    stems = [path.name.rsplit(".", 1)[0] for path in paths]
    parts = [re.fullmatch(r"(.*?)(\d{1,15})(\D*)", stem, re.DOTALL) for stem in stems]
    found = [part.groups() for part in parts if part is not None]
    if len(found) < len(stems):
        return {"": list(range(len(names)))}
    patterns = _grouped([f"{before}\0{after}" for before, _, after in found])
    dated = any(len(re.findall(r"\d+", pattern)) > 1 for pattern in patterns)
    numbers = [{int(found[place][1]) for place in places} for places in patterns.values()]
    recur = sum(map(len, numbers)) > len(set[int]().union(*numbers))
    if len(patterns) < 2 or dated or not recur or not all(len(group) > 1 for group in numbers):
        return {"": list(range(len(names)))}
    labels = _labels([tuple(re.findall(r"[^\W_]+", pattern.replace("\0", " "))) for pattern in patterns])
    return dict(sorted(zip(labels, patterns.values(), strict=True)))


def numbers_by_name(names: Sequence[str]) -> list[int] | None:
    """Frame numbers of the images of one camera; None where the names tell no order."""
    return frame_numbers_in([re.sub(r"\.\w+$", "", name) for name in names])


def ordered(
    path: Path, numbers: Sequence[int] | None, count: int
) -> tuple[list[int], Float[np.ndarray, " m"], Int[np.ndarray, " n"]]:
    """Places of the images by their numbers, the time axis, and their slots on it; as they are where they have none."""
    if numbers is None:
        places = np.arange(count)
        return places.tolist(), places.astype(np.float64), places
    order = sorted(range(count), key=numbers.__getitem__)
    return order, *numbered_grid(path, np.array([numbers[i] for i in order]))


def chosen(path: Path, cameras: Mapping[str, list[int]], part: str) -> list[int]:
    """Places of the images of the camera that is named; several without a name are refused with theirs."""
    if part in cameras:
        return cameras[part]
    names = list(cameras)
    if part:
        known = f"name one of {', '.join(names[:12])}" if "" not in cameras else f"give {path.name} alone"
        raise ReadError(path, f"has no camera {part!r}", remedy=known)
    rest = f" (or {', '.join(names[1:12])})"
    remedy = f"name one, as {path.name}#{names[0]}{rest}, or all where several clips are taken, as {path.name}#{ALL}"
    raise AmbiguousError(path, f"holds {len(cameras)} cameras", remedy=remedy)


def _grouped(keys: Sequence[str]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        groups.setdefault(key, []).append(place)
    return groups


def _labels(parts: Sequence[tuple[str, ...]]) -> list[str]:
    """Short names: what differs between the groups, without what all share at both ends."""
    shortest = min(map(len, parts))
    head = next((i for i in range(shortest) if len({part[i] for part in parts}) > 1), shortest)
    rest = [part[head:] for part in parts]
    shortest = min(map(len, rest))
    tail = next((i for i in range(shortest) if len({part[-1 - i] for part in rest}) > 1), shortest)
    labels = ["-".join(part[: len(part) - tail]) or "main" for part in rest]
    if len(set(labels)) == len(labels):
        return labels
    return [f"{label}-{i + 1}" for i, label in enumerate(labels)]
