"""Which of several models is best by a metric, if the clips tell."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compare.common import common_clips, values_of
from compare.uncertainty import badness, paired_values


def mean_badness(
    record: Mapping[str, Any], records: Sequence[Mapping[str, Any]], metric: str, policy: str
) -> float | None:
    """Mean over the clips that all of `records` have of how bad each is; of ratios, how far each is from one.

    A mean of ratios says little: that of 0 and 2 is one.
    """
    table = values_of(record, metric, policy)
    names = common_clips(records, metric, policy) if table else []
    return float(badness(np.array([table[name] for name in names]), metric).mean()) if names else None


def best_of(
    records: Sequence[Mapping[str, Any]], metric: str, policy: str, *, noise: float | None = None
) -> int | None:
    """The place of the model that is better than every other one by `paired_values`; None where none is.

    Args:
        noise: the instrument's own, as in `paired`.
    """
    sizes = {i: mean_badness(record, records, metric, policy) for i, record in enumerate(records)}
    known = sorted((size, i) for i, size in sizes.items() if size is not None)
    if len(known) < 2:
        return None
    first = known[0][1]
    mine = values_of(records[first], metric, policy)
    for _, other in known[1:]:  # the nearest first: most often it is the one that cannot be told from the best
        theirs = values_of(records[other], metric, policy)
        if not mine.keys() & theirs.keys():
            return None
        if paired_values(mine, theirs, metric, names=("best", "other"), noise=noise).verdict != "best is better":
            return None
    return first
