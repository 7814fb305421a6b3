"""The common measure of answers of different making: what each one foretells of what was seen, whoever saw it.

A sighting is a point of one keyframe and the places where it was found in others, by a track or by a patch of flow. A
camera path foretells these places up to one inverse depth, which is sought anew for every path, so that the paths of
tracks and those of flow are asked the same question.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int

from sfm.geometry.projection import LEAST_DEPTH, straightened
from sfm.geometry.robust import geman_mcclure, trimmed_track_rms, without_worst
from sfm.types import FramePoses

MOST = {"tracks": 600, "flow": 1500}
"""So many sightings of each kind are asked; more say nothing new."""
NEARNESS = (0.02, 25.0, 44)
"""Least and most inverse depth that is tried, in units of the path's own median one, and how many between them."""
FINER, ROUNDS = 9, 3
"""So many between the neighbours of the best, so many times."""
KERNEL_PX = 2.0
"""Of the robust cost by which the depth is chosen, pixels of a 640-pixel frame."""
BEHIND_PX = 1e3
"""What does not testify, behind a camera or too near to it (`LEAST_DEPTH`), is off by so much."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Cameras:
    """The cameras of the keyframes under one answer.

    Attributes:
        rotation, translation: camera from world.
        focal_px: of each.
        translates: whether they may move; else depth means nothing.
        nearness: median inverse depth of what they saw, in the unit of the translation.
        undistortion: κ of their lens, x (1 + κ |x|²).
    """

    rotation: Float[np.ndarray, "k 3 3"]
    translation: Float[np.ndarray, "k 3"]
    focal_px: Float[np.ndarray, " k"]
    translates: bool
    nearness: float = 1.0
    undistortion: float = 0.0


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Sightings:
    """Points of keyframes, and where they were found in others; square pixels, relative to the principal point.

    Attributes:
        anchor: keyframe of each point.
        xy_px: where it lies there.
        target: other keyframes.
        place_px: where it was found in them.
        seen: whether it was.
        votes: how much each point counts.
        hw: of the frames, whose border is asked apart.
        pixel_aspect: width of their pixels over the height.
    """

    anchor: Int[np.ndarray, " s"]
    xy_px: Float[np.ndarray, "s 2"]
    target: Int[np.ndarray, "s m"]
    place_px: Float[np.ndarray, "s m 2"]
    seen: Bool[np.ndarray, "s m"]
    votes: Float[np.ndarray, " s"]
    hw: tuple[int, int]
    pixel_aspect: float = 1.0

    def some(self, most: int) -> "Sightings":
        """At most so many of them, drawn with one seed."""
        if len(self.anchor) <= most:
            return self
        rows = np.sort(np.random.default_rng(0).choice(len(self.anchor), most, replace=False))
        return replace(
            self,
            anchor=self.anchor[rows],
            xy_px=self.xy_px[rows],
            target=self.target[rows],
            place_px=self.place_px[rows],
            seen=self.seen[rows],
            votes=self.votes[rows],
        )


def cameras_at(poses: FramePoses, frames: Int[np.ndarray, " k"]) -> Cameras:
    """The cameras of some frames of an estimate."""
    return Cameras(
        rotation=poses.rotation[frames],
        translation=poses.translation[frames],
        focal_px=poses.focal_px[frames],
        translates=poses.translates,
        nearness=1.0 / float(np.nanmedian(poses.depth[frames])) if poses.translates else 1.0,
    )


def of_tracks(xy_px: Float[np.ndarray, "t k 2"], hw: tuple[int, int], pixel_aspect: float) -> Sightings:
    """Tracks at the keyframes (NaN where unseen): each one anchored in the middle of those that see it."""
    height, width = hw
    xy = (xy_px - np.array([(width - 1) / 2, (height - 1) / 2])) * np.array([pixel_aspect, 1.0])
    seen = np.isfinite(xy[..., 0])
    kept = seen.sum(1) >= 2
    xy, seen = xy[kept], seen[kept]
    row = np.arange(len(xy))
    anchor = (np.cumsum(seen, 1) * 2 > seen.sum(1, keepdims=True)).argmax(1)
    others = seen.copy()
    others[row, anchor] = False
    return Sightings(
        anchor=anchor,
        xy_px=xy[row, anchor],
        target=np.tile(np.arange(xy.shape[1]), (len(xy), 1)),
        place_px=np.nan_to_num(xy),
        seen=others,
        votes=seen.sum(1).astype(float),
        hw=hw,
        pixel_aspect=pixel_aspect,
    ).some(MOST["tracks"])


def residuals(sightings: Sightings, cameras: Cameras) -> tuple[Float[np.ndarray, " s"], Float[np.ndarray, " s"]]:
    """What each point is off where the cameras foretell it, pixels, and its inverse depth over their median one.

    The root of the mean square over the keyframes that found it (`trimmed_track_rms`), without the worst of several
    (`without_worst`).
    """
    if not len(sightings.anchor):
        return np.zeros(0), np.zeros(0)
    turned, shift, focal = _relative(sightings, cameras)
    observed, bend = straightened(sightings.place_px.astype(np.float32), focal, cameras.undistortion)
    seen, kernel = sightings.seen[..., None], np.float32((KERNEL_PX * max(sightings.hw) / 640) ** 2)

    def squared(nearness: Float[np.ndarray, "s d"]) -> Float[np.ndarray, "s m d"]:
        x, y, z = (turned[..., i, None] + shift[..., i, None] * nearness[:, None] for i in range(3))
        scale = focal[..., None] / np.maximum(z, LEAST_DEPTH)
        off_x, off_y = ((each * scale - observed[..., i, None]) / bend for i, each in enumerate((x, y)))
        return np.where(z > LEAST_DEPTH, off_x**2 + off_y**2, np.float32(BEHIND_PX**2))

    def cost(nearness: Float[np.ndarray, "s d"]) -> Float[np.ndarray, "s d"]:
        return (seen * geman_mcclure(squared(nearness), kernel)).sum(1)

    best = np.zeros((len(observed), 1), np.float32)
    if cameras.translates:
        best = _best_nearness(cost, len(observed), cameras.nearness)
    off_px = np.where(sightings.seen, np.sqrt(squared(best)[..., 0]), np.nan)
    return trimmed_track_rms(without_worst(off_px)), best[:, 0] / cameras.nearness


def _relative(
    sightings: Sightings, cameras: Cameras
) -> tuple[Float[np.ndarray, "s m 3"], Float[np.ndarray, "s m 3"], Float[np.ndarray, "s m"]]:
    """Rays of the points turned into the axes of their targets, the targets' translations, and their focal lengths."""
    short = (each.astype(np.float32) for each in (cameras.rotation, cameras.translation, cameras.focal_px))
    rotation, translation, focal = short
    anchor, target = sightings.anchor, sightings.target
    ray, _ = straightened(sightings.xy_px.astype(np.float32), focal[anchor], cameras.undistortion)
    ray = np.pad(ray / focal[anchor, None], ((0, 0), (0, 1)), constant_values=1.0)
    between = rotation[:, None] @ rotation.swapaxes(1, 2)  # of two keyframes, target first
    shift = translation[:, None] - np.einsum("taij,aj->tai", between, translation)
    turn = between[target, anchor[:, None]]
    return np.einsum("smij,sj->smi", turn, ray), shift[target, anchor[:, None]], focal[target]


def _best_nearness(
    cost: Callable[[Float[np.ndarray, "s d"]], Float[np.ndarray, "s d"]], count: int, median: float
) -> Float[np.ndarray, "s 1"]:
    """Of each point the inverse depth that costs least: infinity, or one of a row that gets finer around the best."""
    tried = np.append(0.0, np.geomspace(*NEARNESS)).astype(np.float32) * np.float32(median)
    tried = np.broadcast_to(tried, (count, len(tried)))
    for _ in range(ROUNDS):
        at = cost(tried).argmin(1)[:, None]
        before = np.take_along_axis(tried, np.maximum(at - 1, 0), 1)
        after = np.take_along_axis(tried, np.minimum(at + 1, tried.shape[1] - 1), 1)
        tried = before + (after - before) * np.linspace(0.0, 1.0, FINER, dtype=np.float32)
    return np.take_along_axis(tried, cost(tried).argmin(1)[:, None], 1)
