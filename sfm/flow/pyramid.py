"""Grey frames at halved sizes, and windows cut out of them at subpixel places."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from sfm.flow.batches import in_batches

RIM = 16
"""Pixels by which a level is continued beyond its edge, so that windows may reach over it."""
RED, GREEN, BLUE = 0.299, 0.587, 0.114
"""Luma of BT.601, as OpenCV's grey."""
BINOMIAL = (1.0, 4.0, 6.0, 4.0, 1.0)
LEAST_NOISE = 0.004
"""One grey level of 255: rounding alone makes a third of it."""
FRAMES_AT_ONCE = 4
"""Frames of which a pyramid is made in one batch; more are no faster on a CPU, whose cache they leave."""


@final
@dataclass(frozen=True, eq=False)
class Pyramid:
    """Frames at full size and at halved ones; pixel x of level l is pixel 2ˡ x of level 0.

    Attributes:
        levels: grey values 0..1 of all frames, finest first, each with `RIM` more pixels on every side.
        noise: standard deviation of the sensor's noise in grey values.
    """

    levels: tuple[Float[Tensor, "n _ _"], ...]
    noise: float

    def hw(self, level: int) -> tuple[int, int]:
        """Size of a level without its rim."""
        height, width = self.levels[level].shape[1:]
        return height - 2 * RIM, width - 2 * RIM

    @property
    def device(self) -> torch.device:
        """Where the frames are."""
        return self.levels[0].device


def grey_of(rgb: UInt8[np.ndarray, "n h w 3"], device: torch.device) -> Float[Tensor, "n h w"]:
    """Grey values 0..1, frame by frame, so that no copy of the clip in floats and colour is made."""
    weight = torch.tensor([RED, GREEN, BLUE], device=device) / 255.0
    return torch.stack([torch.from_numpy(frame).to(device).float() @ weight for frame in rgb])


def pyramid(grey: Float[Tensor, "n h w"], levels: int) -> Pyramid:
    """The pyramid of grey frames; a level is dropped where a side would be under 12 pixels."""
    return Pyramid(levels=_levels(grey, levels), noise=noise_of(grey))


def pyramid_of(
    rgb: UInt8[np.ndarray, "n h w 3"], chosen: Int[np.ndarray, " q"], levels: int, device: torch.device
) -> Pyramid:
    """The pyramid of some frames of a clip, made a few frames at a time: nothing but itself is held in floats."""
    first = min(FRAMES_AT_ONCE, len(chosen))
    begun = _levels(grey_of(rgb[chosen[:first]], device), levels)
    held = [level.new_empty(len(chosen), *level.shape[1:]) for level in begun]

    def put(part: slice, few: Sequence[Tensor]) -> None:
        for whole, level in zip(held, few, strict=True):
            whole[part] = level

    def made(part: slice) -> None:
        part = slice(first + part.start, first + part.stop)
        put(part, _levels(grey_of(rgb[chosen[part]], device), levels))

    put(slice(first), begun)
    in_batches(len(chosen) - first, FRAMES_AT_ONCE, device, made)
    return Pyramid(levels=tuple(held), noise=noise_of(held[0][:, RIM:-RIM, RIM:-RIM]))


def pyramid_bytes(hw: tuple[int, int], levels: int) -> int:
    """Memory of one frame in a pyramid, in floats of 4 bytes: 4/3 of its pixels, and the rims."""
    height, width = hw
    total = 0
    for number in range(levels):
        if number and min(height, width) < 24:
            break
        if number:
            height, width = (height + 1) // 2, (width + 1) // 2
        total += 4 * (height + 2 * RIM) * (width + 2 * RIM)
    return total


def _levels(grey: Float[Tensor, "n h w"], levels: int) -> tuple[Float[Tensor, "n _ _"], ...]:
    kernel = torch.tensor(BINOMIAL, device=grey.device, dtype=grey.dtype) / sum(BINOMIAL)
    images = [grey[:, None]]
    while len(images) < levels and min(images[-1].shape[-2:]) >= 24:
        padded = F.pad(images[-1], (2, 2, 2, 2), mode="replicate")
        smooth = F.conv2d(
            F.conv2d(padded, kernel.view(1, 1, 1, 5), stride=(1, 2)), kernel.view(1, 1, 5, 1), stride=(2, 1)
        )
        images.append(smooth)
    return tuple(F.pad(image, (RIM, RIM, RIM, RIM), mode="replicate")[:, 0].contiguous() for image in images)


def pictures(pyramid: Pyramid, frame: Int[Tensor, " b"]) -> Float[Tensor, "b h w"]:
    """Grey values 0..1 of some frames at full size, without the rim."""
    return pyramid.levels[0][frame, RIM:-RIM, RIM:-RIM]


def noise_of(grey: Float[Tensor, "n h w"], frames: int = 8) -> float:
    """Standard deviation of the noise, by the median response of Immerkær's mask (1996), which sees no linear ramp."""
    some = grey[:: max(1, len(grey) // frames)]
    second = some[:, :, :-2] - 2 * some[:, :, 1:-1] + some[:, :, 2:]
    mask = second[:, :-2] - 2 * second[:, 1:-1] + second[:, 2:]
    return max(float(mask.abs().median()) / (0.6745 * 6.0), LEAST_NOISE)


def grid(hw: tuple[int, int], stride: int, device: torch.device) -> Float[Tensor, "gh gw 2"]:
    """Middles (x, y) of cells of `stride` pixels, row by row; what is left over at the right and below has none."""
    y = torch.arange(hw[0] // stride, device=device, dtype=torch.float32) * stride + (stride - 1) / 2
    x = torch.arange(hw[1] // stride, device=device, dtype=torch.float32) * stride + (stride - 1) / 2
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)


def windows(
    level: Float[Tensor, "n h w"], frame: Int[Tensor, " b"], centre: Float[Tensor, "b p 2"], size: int
) -> Float[Tensor, "b p size size"]:
    """Windows of `size` (odd) pixels a side about subpixel places, by bilinear interpolation.

    Args:
        level: frames with their rim.
        frame: number of the frame of each row.
        centre: (x, y) in pixels of the level; places far outside give what lies at the edge.
        size: pixels a side.
    """
    height, width = level.shape[1:]
    corner = centre + (RIM - size // 2)
    limit = torch.tensor([width, height], device=level.device) - (size + 2)
    corner = torch.minimum(corner.clamp_min(0.0), limit.to(corner.dtype))
    whole = corner.floor()
    part = (corner - whole)[..., None, None]
    column, row = whole.long().unbind(-1)
    first = (frame[:, None] * height + row) * width + column
    rows = first[..., None] + torch.arange(size + 1, device=level.device) * width
    flat = level.reshape(-1)
    table = flat.as_strided((flat.numel() - size, size + 1), (1, 1))
    cut = table.index_select(0, rows.reshape(-1)).reshape(*first.shape, size + 1, size + 1)
    cut = torch.lerp(cut[..., :-1], cut[..., 1:], part[:, :, 0])
    return torch.lerp(cut[..., :-1, :], cut[..., 1:, :], part[:, :, 1])


def sampled(
    values: Float[Tensor, "b gh gw c"], centres: Float[Tensor, "gh gw 2"], place: Float[Tensor, "b p 2"]
) -> Float[Tensor, "b p c"]:
    """Values on a grid of cell middles, read at other places by bilinear interpolation; beyond the grid its edge."""
    first, step = centres[0, 0], cell(centres)
    at = (place - first) / step
    scale = torch.tensor([2.0 / max(n - 1, 1) for n in (values.shape[2], values.shape[1])], device=place.device)
    image = values.permute(0, 3, 1, 2)
    found = F.grid_sample(image, (at * scale - 1.0)[:, :, None], padding_mode="border", align_corners=True)
    return found[..., 0].transpose(1, 2)


def cell(centres: Float[Tensor, "gh gw 2"]) -> float:
    """Side of the cells of a grid, pixels."""
    rows, columns = centres.shape[:2]
    if columns > 1:
        return float(centres[0, 1, 0] - centres[0, 0, 0])
    return float(centres[1, 0, 1] - centres[0, 0, 1]) if rows > 1 else 1.0


def chunks(count: int, size: int) -> Sequence[slice]:
    """Slices of at most `size` that cover `count`."""
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]
