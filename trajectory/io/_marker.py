"""A comment that our writers leave in text files, so that reading them back loses no meaning of time and scale."""

import math
from collections.abc import Sequence
from typing import Any

from trajectory.model import Trajectory

_TAG = "cinetraj"
_ALLOWED = {"time_source": ("seconds", "index", "assumed"), "scale": ("metric", "arbitrary", "bounded")}


def marker(trajectory: Trajectory) -> str:
    """One line: cinetraj time_source=index scale=arbitrary."""
    text = f"{_TAG} time_source={trajectory.time_source} scale={trajectory.scale}"
    if trajectory.translation_bound is not None:
        text += f" translation_bound={trajectory.translation_bound!r}"
    return text


def marked(comments: Sequence[str]) -> dict[str, Any]:
    """Fields of a Trajectory from such a line; nothing without one."""
    for comment in comments:
        words = comment.split()
        if not words or words[0] != _TAG:
            continue
        pairs = dict(word.split("=", 1) for word in words[1:] if "=" in word)
        fields: dict[str, Any] = {key: pairs[key] for key, allowed in _ALLOWED.items() if pairs.get(key) in allowed}
        try:
            bound = float(pairs.get("translation_bound", "nan"))
        except ValueError:
            bound = math.nan
        if not math.isnan(bound):
            fields["translation_bound"] = bound
        elif fields.get("scale") == "bounded":
            fields.pop("scale")
        return fields
    return {}
