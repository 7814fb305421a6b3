"""What a backend's answer is worth where no pinhole took the pictures: it may rank a clip, and is not vouched for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sfm.confidence.reason_words import without_probabilities
from sfm.types import BackendResult

PINHOLE_AFTER_ALL = 0.1
"""Probability that one pinhole took pictures that look as if none had. None of some 250 that it did are taken so, real
and rendered: a choice on the safe side and no measurement."""


def doubted(result: BackendResult, why: str) -> BackendResult:
    """The result of pictures that no one pinhole took: its numbers may rank a clip, and are not vouched for."""
    trajectory = result.trajectory
    status = "failed" if result.status == "failed" else "unreliable"
    if trajectory is not None and trajectory.provenance is not None:
        origin = trajectory.provenance
        evidence = {**origin.evidence, **_worth_less(origin.evidence), "status": status}
        trajectory = trajectory.replace(provenance=replace(origin, evidence=evidence))
    return replace(
        result,
        status=status,
        reason=f"{why}; and whatever it is, {without_probabilities(result.reason)}" if result.reason else why,
        trajectory=trajectory,
        statistics={**result.statistics, **_worth_less(result.statistics)},
    )


def _worth_less(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a backend says of its own answer, which holds if a pinhole took the pictures after all.

    That anything rigid was filmed stays as probable as it was: two views or a bent one show a scene as well.
    """
    less: dict[str, Any] = {}
    if said.get("confidence") is not None:
        less["confidence"] = PINHOLE_AFTER_ALL * said["confidence"]
    if "probability" in said:
        told = said["probability"]
        less["probability"] = {k: v if k == "rigid" else PINHOLE_AFTER_ALL * v for k, v in told.items()}
    if "sure" in said:
        less["sure"] = dict.fromkeys(said["sure"], False)
    return less
