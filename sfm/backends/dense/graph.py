"""The values of the dense backend: a graph of flow between cameras, and the parameters that are fitted to it."""

from dataclasses import dataclass, replace
from typing import Any, TypeVar, final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sfm.backends.dense.rotations import exp_so3

Value = TypeVar("Value", bound=Any)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FlowGraph:
    """Where the patches of some cameras lie in others; `m` slots a camera, idle ones of weight 0.

    Pixels are square and relative to the principal point.

    Attributes:
        source: camera of each row.
        target: camera of each slot.
        patch_px: (x, y) of the patches in their own camera, the same for all.
        place_px: (x, y) in the target.
        root: entries xx, xy, yy of the upper triangular root of the information of a place (1/px).
        weight: 0..1 of each place.
        nearness: inverse depths that were told beforehand, up to a scale and a shift of each row.
    """

    source: Int[Tensor, " k"]
    target: Int[Tensor, "k m"]
    patch_px: Float[Tensor, "2 p"]
    place_px: Float[Tensor, "k m 2 p"]
    root: Float[Tensor, "k m 3 p"]
    weight: Float[Tensor, "k m p"]
    nearness: Float[Tensor, "k p"] | None = None

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return self.patch_px.device

    def to(self, device: torch.device | str) -> "FlowGraph":
        """The same on a device."""
        return on_device(self, device)

    def double(self) -> "FlowGraph":
        """In 64 bits: what is hardly known (the scale of a path, a focal length) drowns in the rounding of 32."""
        return replace(
            self,
            patch_px=self.patch_px.double(),
            place_px=self.place_px.double(),
            root=self.root.double(),
            weight=self.weight.double(),
            nearness=None if self.nearness is None else self.nearness.double(),
        )

    def patches(self, chosen: Int[Tensor, " q"]) -> "FlowGraph":
        """The graph of some of the patches."""
        return replace(
            self,
            patch_px=self.patch_px[:, chosen],
            place_px=self.place_px[..., chosen],
            root=self.root[..., chosen],
            weight=self.weight[..., chosen],
            nearness=None if self.nearness is None else self.nearness[:, chosen],
        )


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class DenseParameters:
    """Cameras and depths; or several states of them, stacked before all other dimensions.

    Attributes:
        rotation, translation: camera from world.
        inverse_depth: of each patch of each row of a graph; 0 is infinity.
        log_focal: of the first camera, fy in pixels.
        zoom: log focal length of each camera over that of the first.
        undistortion: κ of x_undistorted = x (1 + κ |x|²), x in units of the focal length.
    """

    rotation: Float[Tensor, "*s n 3 3"]
    translation: Float[Tensor, "*s n 3"]
    inverse_depth: Float[Tensor, "*s k p"]
    log_focal: Float[Tensor, "*s"]
    zoom: Float[Tensor, "*s n"]
    undistortion: Float[Tensor, "*s"]

    @property
    def focal_px(self) -> Float[Tensor, "*s n"]:
        """Of each camera."""
        return (self.log_focal[..., None] + self.zoom).exp()

    def to(self, device: torch.device | str) -> "DenseParameters":
        """The same on a device."""
        return on_device(self, device)

    def patches(self, chosen: Int[Tensor, " q"]) -> "DenseParameters":
        """With the depths of some of the patches."""
        return replace(self, inverse_depth=self.inverse_depth[..., chosen])

    def moved(self, pose: Float[Tensor, "*s n 6"], zoom: Float[Tensor, "*s n"]) -> "DenseParameters":
        """The cameras after a step: x' = exp(ω) x + v in camera axes for (v, ω), and the log zooms increased."""
        turn = exp_so3(pose[..., 3:])
        return replace(
            self,
            rotation=turn @ self.rotation,
            translation=(turn @ self.translation[..., None])[..., 0] + pose[..., :3],
            zoom=self.zoom + zoom,
        )


def on_device(value: Value, device: torch.device | str) -> Value:
    """A value with its tensors on a device."""
    return replace(value, **{name: part.to(device) for name, part in vars(value).items() if isinstance(part, Tensor)})


def still(cameras: int, rows: int, patches: int, focal_px: float, device: torch.device) -> DenseParameters:
    """Cameras that all stand at the origin before a scene at depth 1."""
    wide = {"device": device, "dtype": torch.float64}
    return DenseParameters(
        rotation=torch.eye(3, **wide).repeat(cameras, 1, 1),
        translation=torch.zeros(cameras, 3, **wide),
        inverse_depth=torch.ones(rows, patches, device=device),
        log_focal=torch.tensor(focal_px, **wide).log(),
        zoom=torch.zeros(cameras, **wide),
        undistortion=torch.zeros((), **wide),
    )


def root_of(information: Float[Tensor, "... 3"]) -> Float[Tensor, "... 3"]:
    """Upper triangular root U of 2x2 matrices W = Uᵀ U, by their entries xx, xy, yy (Cholesky)."""
    xx, xy, yy = information.unbind(-1)
    first = xx.clamp_min(1e-12).sqrt()
    cross = xy / first
    return torch.stack([first, cross, (yy - cross**2).clamp_min(0.0).sqrt()], -1)
