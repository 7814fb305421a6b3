"""What a shot looks like beyond the camera's path: depth and movement on a grid, points of the scene."""

from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int64, UInt8

from trajectory.errors import CinetrajError
from trajectory.frozen import frozen_array, reduced


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class PointTracks:
    """Which frames see which points; one row for each sighting.

    Attributes:
        point: row of the point in `Structure.points`.
        frame: number of the frame in the shot.
        xy_px: where, in pixels of the working size, centres being integers.
    """

    point: Int64[np.ndarray, " o"]
    frame: Int64[np.ndarray, " o"]
    xy_px: Float32[np.ndarray, "o 2"]

    def __post_init__(self) -> None:
        for name, dtype in (("point", np.int64), ("frame", np.int64), ("xy_px", np.float32)):
            object.__setattr__(self, name, frozen_array(getattr(self, name), dtype))
        if self.xy_px.shape != (len(self.point), 2) or self.frame.shape != self.point.shape or self.point.ndim != 1:
            raise CinetrajError(
                f"tracks have point {self.point.shape}, frame {self.frame.shape} and xy_px {self.xy_px.shape}, "
                f"expected (o), (o) and (o, 2)"
            )
        if not np.isfinite(self.xy_px).all():
            raise CinetrajError("tracks have pixels that are not finite; leave out what is not seen")

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)

    def of(self, chosen: Bool[np.ndarray, " o"]) -> "PointTracks":
        """Some of the sightings."""
        return PointTracks(point=self.point[chosen], frame=self.frame[chosen], xy_px=self.xy_px[chosen])


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Structure:
    """Depth, movement and points of one shot. What a backend does not know is None.

    World and unit are those of the poses that come with it: of the `Trajectory`, once `sfm.backends.assemble` made it
    (first valid frame at the identity, median scene depth 1). Cells are square; that of row r and column c has its
    middle at the pixel (c, r) * cell_px + (cell_px - 1) / 2, and what is left over at the right and below has none.

    Attributes:
        image_hw: working size, to which all pixels refer.
        cell_px: side of a cell in pixels; 0 where there is no grid.
        depth: of each frame along the optical axis, in the unit of the positions; NaN where unknown, and everywhere
            where the camera does not translate.
        depth_sigma_log: standard deviation of the log of each depth, one scale for all of them taken out; NaN where
            there is no depth.
        moving: what moves by itself; False where unknown.
        points: (x, y, z) in the world.
        colour: sRGB of each point.
        tracks: which frames see which points.
    """

    image_hw: tuple[int, int]
    cell_px: int = 0
    depth: Float32[np.ndarray, "n gh gw"] | None = None
    depth_sigma_log: Float32[np.ndarray, "n gh gw"] | None = None
    moving: Bool[np.ndarray, "n gh gw"] | None = None
    points: Float[np.ndarray, "m 3"] | None = None
    colour: UInt8[np.ndarray, "m 3"] | None = None
    tracks: PointTracks | None = None

    def __post_init__(self) -> None:
        grids = (("depth", np.float32), ("depth_sigma_log", np.float32), ("moving", bool))
        for name, dtype in (*grids, ("points", np.float64), ("colour", np.uint8)):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, frozen_array(getattr(self, name), dtype))
        self._check_grid()
        self._check_points()

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)

    def _check_grid(self) -> None:
        grids = [grid for grid in (self.depth, self.depth_sigma_log, self.moving) if grid is not None]
        if (self.cell_px > 0) != bool(grids):
            raise CinetrajError(f"cell_px is {self.cell_px}, expected a size where there is a grid, else 0")
        for grid in grids:
            expected = tuple(side // self.cell_px for side in self.image_hw)
            if grid.ndim != 3 or grid.shape[1:] != expected or len(grid) != len(grids[0]):
                raise CinetrajError(
                    f"a grid has shape {grid.shape}, expected ({len(grids[0])}, {expected[0]}, {expected[1]}): "
                    f"cells of {self.cell_px} px in a picture of {self.image_hw}"
                )
        if self.depth is not None and not (np.isnan(self.depth) | ((self.depth > 0) & np.isfinite(self.depth))).all():
            raise CinetrajError("depth has values that are not positive; write NaN where it is unknown")
        if self.depth_sigma_log is not None:
            known = np.zeros(self.depth_sigma_log.shape, bool) if self.depth is None else np.isfinite(self.depth)
            given = np.isfinite(self.depth_sigma_log)
            if (
                (self.depth_sigma_log[known] < 0).any()
                or (given != known).any()
                or np.isinf(self.depth_sigma_log).any()
            ):
                raise CinetrajError("depth_sigma_log is a number from 0 up where depth is known, and NaN elsewhere")

    def _check_points(self) -> None:
        if (self.points is None) != (self.colour is None) or (self.points is None and self.tracks is not None):
            raise CinetrajError("points, their colours and their tracks come together; colours are needed")
        if self.points is None or self.colour is None:
            return
        if self.points.shape != self.colour.shape or self.points.shape[1:] != (3,):
            raise CinetrajError(f"points have shape {self.points.shape} and colours {self.colour.shape}, expected m 3")
        if not np.isfinite(self.points).all():
            raise CinetrajError("points have coordinates that are not finite; leave such points out")
        tracks = self.tracks
        if (
            tracks is not None
            and len(tracks.point)
            and not 0 <= tracks.point.min() <= tracks.point.max() < len(self.points)
        ):
            raise CinetrajError(f"tracks name point {tracks.point.max()}, but there are {len(self.points)}")

    def has_depth(self) -> bool:
        """Whether any depth is known on the grid."""
        return self.depth is not None and bool(np.isfinite(self.depth).any())

    def in_gauge(
        self, world_from_own: Float[np.ndarray, "4 4"], unit: float, valid: Bool[np.ndarray, " n"]
    ) -> "Structure":
        """The same in another world and unit, what frames without a pose said of it left out.

        Args:
            world_from_own: rigid transform of the points, in their present unit.
            unit: present length of the new unit.
            valid: frames that have a pose.
        """
        keep = valid[:, None, None]
        tracks = self.tracks
        rotation, shift = world_from_own[:3, :3], world_from_own[:3, 3]
        return replace(
            self,
            depth=None if self.depth is None else np.where(keep, self.depth / unit, np.nan),
            depth_sigma_log=None if self.depth_sigma_log is None else np.where(keep, self.depth_sigma_log, np.nan),
            moving=None if self.moving is None else self.moving & keep,
            points=None if self.points is None else (self.points @ rotation.T + shift) / unit,
            tracks=None if tracks is None else tracks.of(valid[tracks.frame]),
        )


def colours_at(
    rgb: UInt8[np.ndarray, "n h w 3"], frame: Int[np.ndarray, " m"], xy_px: Float[np.ndarray, "m 2"]
) -> UInt8[np.ndarray, "m 3"]:
    """Colours of the nearest pixels; places outside take that of the edge."""
    height, width = rgb.shape[1:3]
    column = np.rint(xy_px[:, 0]).astype(int).clip(0, width - 1)
    row = np.rint(xy_px[:, 1]).astype(int).clip(0, height - 1)
    return rgb[frame, row, column]
