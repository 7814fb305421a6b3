"""Where the frames of a shot see the patches of one another."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
import torch
from jaxtyping import Float, Int

from sfm.backends.dense.distortion import redistorted
from sfm.backends.dense.observe import Scene
from sfm.geometry.projection import LEAST_DEPTH


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FrameCameras:
    """The cameras of all frames that were looked at, and the patches that each of them sees.

    Attributes:
        scene: frames and patches.
        rotation, translation: camera from world.
        focal_px: of each frame.
        kappa: κ of the lens.
    """

    scene: Scene
    rotation: Float[np.ndarray, "n 3 3"]
    translation: Float[np.ndarray, "n 3"]
    focal_px: Float[np.ndarray, " n"]
    kappa: float

    @cached_property
    def patch_px(self) -> Float[np.ndarray, "2 p"]:
        """The patches in square pixels relative to the principal point."""
        return self.scene.patch_px.cpu().numpy().astype(float)

    @cached_property
    def centre_px(self) -> Float[np.ndarray, "p 2"]:
        """Middles of the patches."""
        return self.scene.centres.reshape(-1, 2).cpu().numpy()

    def carried(
        self, of: int, to: int, nearness: Float[np.ndarray, " p"]
    ) -> tuple[Float[np.ndarray, "p 2"], Float[np.ndarray, " p"]]:
        """Where a frame sees the patches of another one (pixels, NaN behind it), and their inverse depths there.

        Args:
            of: whose patches.
            to: where they are seen.
            nearness: their inverse depths; NaN is infinitely far, and stays unknown.
        """
        rotation = self.rotation[to] @ self.rotation[of].T
        translation = self.translation[to] - rotation @ self.translation[of]
        x = self.patch_px / self.focal_px[of]
        ray = np.concatenate([x * (1.0 + self.kappa * (x**2).sum(0)), np.ones((1, x.shape[1]))])
        there = rotation @ ray + translation[:, None] * np.nan_to_num(nearness)
        front = there[2] > LEAST_DEPTH
        z = np.where(front, there[2], 1.0)
        ideal = there[:2] / z
        bent = np.stack(redistorted(ideal[0], ideal[1], self.kappa))
        place = self.scene.pixels(torch.from_numpy((bent * self.focal_px[to]).T)).numpy()
        return np.where(front[:, None], place, np.nan), np.where(front, nearness / z, np.nan)

    def cells(self, place_px: Float[np.ndarray, "p 2"]) -> Int[np.ndarray, " p"]:
        """Numbers of the patches that places lie in, -1 outside of the grid."""
        rows, columns = self.scene.centres.shape[:2]
        first = self.centre_px[0]
        at = np.rint(np.nan_to_num((place_px - first) / (2.0 * first[0] + 1.0), nan=-1.0))
        inside = ((at >= 0) & (at < (columns, rows))).all(1)
        return np.where(inside, at[:, 1] * columns + at[:, 0], -1).astype(int)
