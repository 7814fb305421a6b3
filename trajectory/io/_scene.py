"""What belongs to a camera path besides its poses: points of the scene, and the film that was shot."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Float, Int, UInt8


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Cloud:
    """Points to write with a trajectory, and where its frames see them: one row for each sighting.

    Attributes:
        in_world: in the trajectory's world.
        colour: sRGB.
        point: row of the point that is seen.
        frame: row of the frame that sees it; those without a pose are left out.
        xy_px: where, in pixels of `image_hw`, the picture spanning 0..width.
    """

    in_world: Float[np.ndarray, "m 3"]
    colour: UInt8[np.ndarray, "m 3"]
    point: Int[np.ndarray, " o"]
    frame: Int[np.ndarray, " o"]
    xy_px: Float[np.ndarray, "o 2"]

    def most_seen(self, count: int) -> Int[np.ndarray, " k"]:
        """Rows of the points that most frames see, at most `count`; without sightings, points from all over."""
        if not len(self.point):
            return np.unique(np.linspace(0, len(self.in_world) - 1, count).astype(int))
        seen = np.bincount(self.point, minlength=len(self.in_world))
        return np.argsort(-seen, kind="stable")[:count]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """What is known of the scene and its film.

    Attributes:
        cloud: None where no points are known.
        movie: path of the film, "" where it is not known.
        first, step: frame of the film, from 0, that row 0 of the trajectory is, and those from row to row.
    """

    cloud: Cloud | None = None
    movie: str = ""
    first: int = 0
    step: int = 1

    @property
    def timeless(self) -> bool:
        """Whether nothing of it belongs to single frames."""
        return not self.movie and (self.cloud is None or not len(self.cloud.point))

    def resampled(self) -> "Scene":
        """For other frames of the path: points keep their places, sightings and film belong to frames that were."""
        if self.cloud is None:
            return Scene()
        none = np.zeros(0, np.int64)
        return Scene(cloud=replace(self.cloud, point=none, frame=none, xy_px=np.zeros((0, 2))))

    def resized(self, old_hw: tuple[int, int] | None, new_hw: tuple[int, int]) -> "Scene":
        """For pictures of another size: points are seen at the same place of them."""
        cloud = self.cloud
        if cloud is None or old_hw is None:
            return self
        factor = np.array([new_hw[1] / old_hw[1], new_hw[0] / old_hw[0]])
        return replace(self, cloud=replace(cloud, xy_px=factor * cloud.xy_px))

    def scaled(self, factor: float) -> "Scene":
        """In another unit of length."""
        cloud = self.cloud
        return self if cloud is None else replace(self, cloud=replace(cloud, in_world=factor * cloud.in_world))


NOTHING = Scene()
