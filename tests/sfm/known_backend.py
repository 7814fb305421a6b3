"""Frames, and a backend whose answer about them is known."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sfm import backends
from sfm.types import BackendResult, Frames, Masks
from trajectory.model import Provenance, Trajectory

HW = (60, 80)
SOURCE_HW = (240, 320)
Install = Callable[[Callable[[Frames], BackendResult]], list[Frames]]
"""Puts a function in the place of all backends; returns the list of frames that it was given."""


def frames(n: int = 6, *, blank: bool = False) -> Frames:
    rgb = np.random.default_rng(0).integers(0, 255, (n, 6, 8, 3), dtype=np.uint8).repeat(10, 1).repeat(10, 2)
    return Frames(
        rgb=np.zeros_like(rgb) if blank else rgb,
        time_s=np.arange(n) / 10,
        index=np.arange(n),
        source_hw=SOURCE_HW,
        source="clip.mp4",
    )


def working_trajectory(part: Frames, *, invalid: int | None = None) -> Trajectory:
    n = len(part)
    valid = np.ones(n, bool)
    if invalid is not None:
        valid[invalid] = False
    return Trajectory(
        world_from_cam=np.tile(np.eye(4), (n, 1, 1)),
        time_s=part.time_s,
        valid=valid,
        image_hw=part.hw,
        intrinsics_px=np.tile(np.array([[50.0, 0, 39.5], [0, 52.0, 29.5], [0, 0, 1]]), (n, 1, 1)),
        focal_sigma_px=np.full(n, 2.0),
        provenance=Provenance(evidence={"confidence": 0.8}),
    )


def answer(part: Frames, status: Any = "ok", reason: str = "", **changes: Any) -> BackendResult:
    given: dict[str, Any] = {
        "status": status,
        "reason": reason,
        "trajectory": None if status == "failed" else working_trajectory(part),
        "motion_model": "rotation",
        "statistics": {"inliers": np.float64(0.9), "nan": float("nan"), "table": np.arange(3)},
        "seconds": {"motion_models": 1.5},
    }
    return BackendResult(**{**given, **changes})


def installer(monkeypatch: pytest.MonkeyPatch) -> Install:
    def install(solve: Callable[[Frames], BackendResult]) -> list[Frames]:
        seen: list[Frames] = []

        def run(part: Frames, found: Masks, config: Any, **options: Any) -> BackendResult:
            seen.append(part)
            return solve(part)

        monkeypatch.setattr(backends, "run", run)
        return seen

    return install
