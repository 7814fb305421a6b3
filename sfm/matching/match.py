"""Which key points of two frames show the same place, for many pairs of frames. One file of this folder per matcher."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from jaxtyping import Int

from sfm.config import MatchConfig
from sfm.features.types import Features
from sfm.matching._matcher import Matcher, Setting
from trajectory.errors import CinetrajError
from trajectory.registry import registry


@cache
def matchers() -> dict[str, Matcher]:
    """All matchers by name, those of other distributions (`cinetraj.matchers`) included."""
    besides = ("match", "pairs", "two_view")
    return registry("sfm.matching", "MATCHER", Matcher, group="cinetraj.matchers", besides=besides)


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

    Args:
        features: of each frame.
        pairs: numbers of frames.
        config: names the matcher.
        device: "cpu" or "cuda".
        seed: of matchers that sample.
        hw: size of the frames, for matchers that scale their neighbourhoods by it.
        progress: called with the number of pairs done so far.

    Raises:
        CinetrajError: the matcher is unknown, or the budget does not suffice for it.
    """
    config = config or MatchConfig()
    if config.method not in matchers():
        raise CinetrajError(f"matcher {config.method!r} is unknown, expected one of {', '.join(matchers())}")
    return matchers()[config.method].match(
        features, pairs, config, Setting(device=device, seed=seed, hw=hw, progress=progress)
    )
