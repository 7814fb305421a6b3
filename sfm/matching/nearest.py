"""Mutual nearest neighbours on the device, for many pairs at once, with Lowe's ratio test where asked (Lowe 2004)."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from sfm.config import MatchConfig
from sfm.features.types import Features
from sfm.matching._matcher import Matcher, Setting

Ratio = Literal["none", "one way", "both ways"]


def match_nearest(
    features: Sequence[Features],
    pairs: np.ndarray,
    config: MatchConfig,
    setting: Setting,
    *,
    ratio: Ratio,
    group: int | None = None,
) -> list[np.ndarray]:
    """For each pair of frames the rows that are each other's nearest.

    Args:
        features, pairs, config, setting: as `sfm.matching.match.match` takes them.
        ratio: where Lowe's test is made.
        group: pairs in one batch; None takes on a GPU what fits the memory budget, on a CPU one.
    """
    import torch

    tables = [torch.from_numpy(np.ascontiguousarray(each.descriptors)).to(setting.device) for each in features]
    largest = max((len(each) for each in features), default=0)
    fits = max(1, config.budget_mb * 2**20 // (12 * max(largest, 1) ** 2))
    group = group or (fits if setting.device != "cpu" else 1)
    result: list[np.ndarray] = []
    with torch.inference_mode():
        for start in range(0, len(pairs), group):
            part = pairs[start : start + group]
            first, second = [tables[i] for i in part[:, 0]], [tables[j] for j in part[:, 1]]
            result += _mutual(first, second, config, ratio=ratio)
            if setting.progress is not None:
                setting.progress(len(result))
    return result


def _mutual(first: list[Any], second: list[Any], config: MatchConfig, *, ratio: Ratio) -> list[np.ndarray]:
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
    if ratio != "none":
        good &= _passes(ahead[..., 0], ahead[..., 1], config.ratio)
    if ratio == "both ways":
        good &= _passes(best[:, 0], best[:, 1], config.ratio).gather(1, forward)
    return [
        torch.stack([keep.nonzero()[:, 0], to[keep]], 1).cpu().numpy() for keep, to in zip(good, forward, strict=True)
    ]


def _passes(nearest: Any, second: Any, ratio: float) -> Any:
    """Lowe's ratio test on scalar products of unit vectors: |a - b|² = 2 - 2ab."""
    return (2 - 2 * nearest).clamp(min=0) <= ratio**2 * (2 - 2 * second)


MATCHER = (
    Matcher(name="mnn", summary="mutual nearest neighbours", match=partial(match_nearest, ratio="none")),
    Matcher(
        name="snn",
        summary="mutual nearest neighbours, ratio test from the first frame",
        match=partial(match_nearest, ratio="one way"),
    ),
    Matcher(
        name="smnn",
        summary="mutual nearest neighbours, ratio test from both frames",
        match=partial(match_nearest, ratio="both ways"),
    ),
)
