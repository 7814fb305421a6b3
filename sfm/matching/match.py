"""Which key points of two frames show the same place: on the device for many pairs, with OpenCV for a single one."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from sfm.config import MatchConfig
from sfm.features.extract import Features
from trajectory.errors import CinetrajError

Method = Literal["mnn", "snn", "smnn", "adalam"]
METHODS: tuple[Method, ...] = ("mnn", "snn", "smnn", "adalam")


def match(
    features: Sequence[Features],
    pairs: Int[np.ndarray, "p 2"],
    config: MatchConfig | None = None,
    *,
    device: str = "cpu",
    seed: int = 0,
    hw: tuple[int, int] | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[Int[np.ndarray, "m 2"]]:
    """For each pair of frames the rows (in the first, in the second) of the key points that match, sorted.

    seed, hw: used by AdaLAM alone, which samples, and scales its neighbourhoods by the frame.
    progress: called with the number of pairs done so far.
    """
    import torch

    config = config or MatchConfig()
    tables = [torch.from_numpy(np.ascontiguousarray(each.descriptors)).to(device) for each in features]
    result: list[np.ndarray] = []
    if config.method == "adalam":
        for i, j in pairs:
            result.append(_adalam(features[i], features[j], (tables[i], tables[j]), config, seed, hw))
            if progress is not None:
                progress(len(result))
        return result
    largest = max((len(each) for each in features), default=0)
    group = max(1, config.budget_mb * 2**20 // (12 * max(largest, 1) ** 2)) if device != "cpu" else 1
    with torch.inference_mode():
        for start in range(0, len(pairs), group):
            part = pairs[start : start + group]
            result += _mutual([tables[i] for i in part[:, 0]], [tables[j] for j in part[:, 1]], config)
            if progress is not None:
                progress(len(result))
    return result


def _mutual(first: list[Any], second: list[Any], config: MatchConfig) -> list[np.ndarray]:
    """Nearest neighbours of a group of pairs, padded to one batch, through the budget in blocks of rows."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    n, m = max(map(len, first)), max(map(len, second))
    if n < 2 or m < 2:
        return [np.zeros((0, 2), np.int64) for _ in first]
    a, b = pad_sequence(first, batch_first=True), pad_sequence(second, batch_first=True)
    device = a.device
    short_a = torch.arange(n, device=device) >= torch.tensor([len(x) for x in first], device=device)[:, None]
    short_b = torch.arange(m, device=device) >= torch.tensor([len(x) for x in second], device=device)[:, None]
    rows = max(1, config.budget_mb * 2**20 // (12 * len(first) * m))
    forward, ahead = [], []
    best = torch.full((len(first), 2, m), -torch.inf, device=device)
    back = torch.zeros((len(first), m), dtype=torch.int64, device=device)
    for start in range(0, n, rows):
        likeness = a[:, start : start + rows] @ b.transpose(1, 2)
        likeness.masked_fill_(short_b[:, None, :], -torch.inf)
        likeness.masked_fill_(short_a[:, start : start + rows, None], -torch.inf)
        top, at = likeness.topk(2, dim=2)
        ahead.append(top)
        forward.append(at[..., 0])
        top, at = likeness.topk(min(2, likeness.shape[1]), dim=1)
        back = torch.where(top[:, 0] > best[:, 0], at[:, 0] + start, back)
        best = torch.cat([best, top], dim=1).topk(2, dim=1).values
    forward, ahead = torch.cat(forward, 1), torch.cat(ahead, 1)
    good = ~short_a & (back.gather(1, forward) == torch.arange(n, device=device))
    if config.method in ("snn", "smnn"):
        good &= _passes(ahead[..., 0], ahead[..., 1], config.ratio)
    if config.method == "smnn":
        good &= _passes(best[:, 0], best[:, 1], config.ratio).gather(1, forward)
    return [
        torch.stack([keep.nonzero()[:, 0], to[keep]], 1).cpu().numpy() for keep, to in zip(good, forward, strict=True)
    ]


def _passes(nearest: Any, second: Any, ratio: float) -> Any:
    """Lowe's ratio test on scalar products of unit vectors: |a - b|² = 2 - 2ab."""
    return (2 - 2 * nearest).clamp(min=0) <= ratio**2 * (2 - 2 * second)


def _adalam(
    first: Features,
    second: Features,
    tables: tuple[Any, Any],
    config: MatchConfig,
    seed: int,
    hw: tuple[int, int] | None,
) -> np.ndarray:
    """AdaLAM: matches supported by a local affine map; orientation and scale help where the features have them."""
    import torch
    from kornia.feature import laf_from_center_scale_ori, match_adalam

    if min(len(first), len(second)) < 2:
        return np.zeros((0, 2), np.int64)
    need_mb = 24 * len(first) * len(second) / 2**20
    if need_mb > config.budget_mb:
        raise CinetrajError(
            f"AdaLAM needs the whole table of distances, {need_mb:.0f} MB, but budget_mb is {config.budget_mb};"
            " lower max_features, raise budget_mb, or choose the matcher smnn"
        )
    device = tables[0].device
    oriented = first.angle_deg is not None and second.angle_deg is not None
    sized = first.scale_px is not None and second.scale_px is not None

    def lafs(each: Features) -> Any:
        def tensor(values: np.ndarray) -> Any:
            return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(device)[None]

        scale = tensor(each.scale_px)[..., None, None] if sized and each.scale_px is not None else None
        angle = tensor(each.angle_deg)[..., None] if oriented and each.angle_deg is not None else None
        return laf_from_center_scale_ori(tensor(each.xy_px), scale, angle)

    options: Any = {"device": device}
    if not oriented:
        options["orientation_difference_threshold"] = None
    if not sized:
        options["scale_rate_threshold"] = None
    cuda = [device] if device.type == "cuda" else []
    with torch.inference_mode(), torch.random.fork_rng(cuda):
        torch.manual_seed(seed)
        _, found = match_adalam(*tables, lafs(first), lafs(second), config=options, hw1=hw, hw2=hw)
    found = np.unique(found.cpu().numpy().astype(np.int64).reshape(-1, 2), axis=0)
    _, once = np.unique(found[:, 1], return_index=True)
    return found[np.sort(once)]


def match_pair(
    first: UInt8[np.ndarray, "h w"],
    second: UInt8[np.ndarray, "h w"],
    *,
    mask: Bool[np.ndarray, "h w"] | None = None,
    max_features: int = 1500,
    ratio: float = 0.8,
    max_error_px: float = 2.0,
    min_matches: int = 12,
    seed: int = 0,
) -> tuple[Float[np.ndarray, "m 2"], Float[np.ndarray, "m 2"]]:
    """Pixel positions of the same points in two gray images of one clip that may lie far apart.

    mask: pixels of both that may testify.

    RootSIFT (Arandjelovic and Zisserman 2012), mutual nearest neighbours, Lowe's ratio test in both directions, then
    one rigid scene or one plane: the fundamental matrix or homography that more matches agree with (RANSAC).
    Pixel centres have integer coordinates. Both arrays are empty where fewer than `min_matches` agree.
    """
    import cv2

    nothing = np.zeros((0, 2))
    xy_first, descriptors_first = _sift(first, mask, max_features)
    xy_second, descriptors_second = _sift(second, mask, max_features)
    if min(len(xy_first), len(xy_second)) < max(min_matches, 2):
        return nothing, nothing
    likeness = descriptors_first @ descriptors_second.T
    forward, backward = likeness.argmax(1), likeness.argmax(0)
    mutual = backward[forward] == np.arange(len(forward))
    rows = np.flatnonzero(mutual & _distinct(likeness, ratio) & _distinct(likeness.T, ratio)[forward])
    a, b = xy_first[rows], xy_second[forward[rows]]
    if len(a) < min_matches:
        return nothing, nothing
    cv2.setRNGSeed(seed)  # OpenCV's MAGSAC aborts on some degenerate samples, so plain RANSAC verifies
    best = np.zeros(len(a), bool)
    for _, inliers in (
        cv2.findFundamentalMat(a, b, cv2.FM_RANSAC, max_error_px, 0.999, 2000),
        cv2.findHomography(a, b, cv2.RANSAC, max_error_px, maxIters=2000, confidence=0.999),
    ):
        if inliers is not None and np.count_nonzero(inliers) > best.sum():
            best = inliers.ravel().astype(bool)
    if best.sum() < min_matches:
        return nothing, nothing
    return a[best], b[best]


def _sift(gray: np.ndarray, mask: np.ndarray | None, count: int) -> tuple[np.ndarray, np.ndarray]:
    from sfm.features.sift import on_cpu

    found = on_cpu(gray[None], count)[0]
    if mask is not None:
        column, row = np.rint(found.xy_px).astype(int).T
        found = found.take(mask[np.clip(row, 0, len(mask) - 1), np.clip(column, 0, mask.shape[1] - 1)])
    return found.xy_px.astype(np.float64), found.descriptors


def _distinct(likeness: np.ndarray, ratio: float) -> np.ndarray:
    """Rows whose best match is nearer than `ratio` times the second best (unit descriptors, Lowe 2004)."""
    best = np.partition(likeness, -2, axis=1)[:, -2:]
    squared = np.maximum(2.0 - 2.0 * best, 0.0)
    return squared[:, 1] < ratio**2 * squared[:, 0]
