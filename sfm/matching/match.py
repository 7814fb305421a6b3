"""Which key points of two frames show the same place, for many pairs of frames. One file of this folder per matcher."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, UInt8

from sfm.config import MatchConfig
from sfm.features.extract import shrunk
from sfm.features.types import Features
from sfm.matching._matcher import Matcher, Setting
from trajectory.errors import CinetrajError, expected_of
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
    setting: Setting | None = None,
) -> list[Int[np.ndarray, "m 2"]]:
    """For each pair of frames the rows (in the first, in the second) of the key points that match, sorted.

    Args:
        features: of each frame.
        pairs: numbers of frames.
        config: names the matcher.
        setting: where and how it runs; None: on the CPU.

    Raises:
        CinetrajError: the matcher is unknown, looks at pictures, is not for such features, the budget does not
            suffice for it, or it gives other rows than these.
    """
    config = config or MatchConfig()
    chosen = matcher(config.method)
    if chosen.match is None:
        raise CinetrajError(f"matcher {chosen.name} looks at pictures and not at features; use match_images")
    setting = setting or Setting()
    chosen.require(setting.features)
    found = chosen.match(features, pairs, config, setting)
    return _checked_rows(chosen.name, [len(each) for each in features], pairs, found)


def match_images(
    rgb: UInt8[np.ndarray, "n h w 3"],
    pairs: Int[np.ndarray, "p 2"],
    config: MatchConfig,
    *,
    usable: Bool[np.ndarray, "h w"] | Bool[np.ndarray, "n h w"] | None = None,
    setting: Setting | None = None,
) -> tuple[list[Features], list[Int[np.ndarray, "m 2"]]]:
    """Key points of n frames, without descriptors, and the rows that match of each pair, by a matcher of pictures.

    Args:
        usable: pixels that may testify, of all frames or of each.
    """
    chosen = matcher(config.method)
    if chosen.match_images is None:
        raise CinetrajError(f"matcher {chosen.name} looks at features and not at pictures; use match")
    allowed = shrunk(np.ones(rgb.shape[1:3], bool) if usable is None else usable, len(rgb))
    features, found = chosen.match_images(rgb, allowed, pairs, config, setting or Setting())
    if len(features) != len(rgb):
        raise CinetrajError(f"matcher {chosen.name!r} gave key points of {len(features)} frames, expected {len(rgb)}")
    return features, _checked_rows(chosen.name, [len(each) for each in features], pairs, found)


def _checked_rows(
    name: str, counts: Sequence[int], pairs: Int[np.ndarray, "p 2"], given: Sequence[Any]
) -> list[np.ndarray]:
    """A matcher's rows. Raises CinetrajError where they are not those of the pairs, or name what is no key point."""
    found = [np.asarray(rows) for rows in given]
    if len(found) != len(pairs):
        raise CinetrajError(f"matcher {name!r} gave rows of {len(found)} pairs, expected {len(pairs)}")
    for (i, j), rows in zip(pairs.tolist(), found, strict=True):
        if rows.ndim != 2 or rows.shape[1] != 2 or rows.dtype.kind not in "iu":
            raise CinetrajError(
                f"matcher {name!r} gave rows of shape {rows.shape} and type {rows.dtype} for frames {i} and {j}, "
                "expected (m, 2) whole numbers, (0, 2) where nothing matches"
            )
        if len(rows) and not (rows.min() >= 0 and (rows.max(0) < (counts[i], counts[j])).all()):
            raise CinetrajError(
                f"matcher {name!r} names key points that are not there: frames {i} and {j} have {counts[i]} and "
                f"{counts[j]}, and rows go from {rows.min(0).tolist()} to {rows.max(0).tolist()}"
            )
    return found


def matcher(name: str) -> Matcher:
    """The matcher of that name. Raises CinetrajError where there is none."""
    if name not in matchers():
        raise CinetrajError(f"matcher {name!r} is unknown{expected_of(name, matchers())}")
    return matchers()[name]
