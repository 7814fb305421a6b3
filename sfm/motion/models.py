"""One fitted model of the ladder, how it is fitted, and how far the content agrees with it."""

import math
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from jaxtyping import Float, Int

from sfm.geometry.bundle_adjustment import Fit, adjust
from sfm.geometry.problem import FreeParameters, Observations, Parameters
from sfm.motion.rigid_scene import rigid_scene, weighted_quantiles

WIDE = (16.0, 6.0, 2.5)
"""Robust kernels in pixels of a 640-pixel frame, wide to tight; the last is about five times a good residual."""
GOOD_TRACK = 0.06
"""Least residual of a good track in units of the tightest kernel: 0.15 px of a 640-pixel frame."""
MANY = 400
"""Of so many tracks, every other one will do for a search; all of them say where it ends."""


@final
@dataclass(frozen=True, kw_only=True)
class FocalPrior:
    """What is known of the focal length (fy, pixels of the working size) before looking.

    sigma: standard deviation of its logarithm; 0 where it was given.
    """

    focal_px: float
    sigma: float

    @property
    def given(self) -> bool:
        """Whether it is known and stays as it is."""
        return self.sigma == 0.0


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FittedModel:
    """One fitted model: its state (a batch of one) and the residuals of every track in every keyframe."""

    model: str
    state: Parameters
    cost: float
    residual_px: Float[np.ndarray, "m n"]
    start: str


def observations_of(
    xy_px: Float[np.ndarray, "m n 2"], hw: tuple[int, int], pixel_aspect: float, device: torch.device
) -> Observations:
    """Tracks as tensors, relative to the centre of the frame."""
    height, width = hw
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    seen = np.isfinite(xy_px[..., 0])
    relative = np.where(seen[..., None], xy_px - centre, 0.0)
    return Observations(
        xy_px=torch.tensor(relative, dtype=torch.float64, device=device),
        weight=torch.tensor(seen, dtype=torch.float64, device=device),
        pixel_aspect=pixel_aspect,
    )


def thinned(scene: Observations) -> tuple[Int[torch.Tensor, " s"], Observations]:
    """Every other track where there are `MANY`, and the scene that they make: enough to tell which way to go."""
    rows = torch.arange(0, len(scene.xy_px), 2 if len(scene.xy_px) >= MANY else 1, device=scene.xy_px.device)
    return rows, replace(scene, xy_px=scene.xy_px[rows], weight=scene.weight[rows])


def freedom(models: list[str], prior: FocalPrior, device: torch.device) -> FreeParameters:
    """The parameters that each model moves."""

    def flags(names: set[str]) -> torch.Tensor:
        return torch.tensor([m in names for m in models], device=device)

    movable = set() if prior.given else {"rotation", "rotation_zoom", "full", "full_zoom"}
    return FreeParameters(
        rotation=flags({"rotation", "rotation_zoom", "full", "full_zoom"}),
        translation=flags({"full", "full_zoom"}),
        zoom=flags({"rotation_zoom", "full_zoom"}),
        focal=flags(movable),
        log_focal_prior=math.log(prior.focal_px),
        log_focal_sigma=prior.sigma or 1e-3,
    )


def fit(
    scene: Observations,
    state: Parameters,
    models: list[str],
    labels: list[str],
    prior: FocalPrior,
    kernels: tuple[float, ...],
    noise_px: float,
    *,
    drop_outliers: bool = True,
) -> list[FittedModel]:
    """Every hypothesis under its model; `drop_outliers` lets the tracks that disagree go in the end."""
    found: Fit = adjust(
        scene,
        state,
        freedom(models, prior, scene.xy_px.device),
        kernel_px=kernels,
        noise_px=noise_px,
        good_track_px=GOOD_TRACK * kernels[-1] if drop_outliers else None,
        tolerance=1e-4 if drop_outliers else 1e-3,
    )
    residual = torch.where(scene.weight > 0, found.residual_px, torch.nan).cpu().numpy()
    return [
        FittedModel(
            model=m, state=found.state.take([i]), cost=float(found.cost[i]), residual_px=residual[i], start=labels[i]
        )
        for i, m in enumerate(models)
    ]


def agreement(rungs: list[FittedModel], unit_px: float, turned: list[FittedModel] | None = None) -> list[float]:
    """How much of the content agrees with each of several fits, 0..1: what starts of one model are ranked by.

    A track counts by 1 / (1 + (rms / 3 s)²), with s the residual of the best third under the best of them. By the
    robust cost, a solution that bends towards a large moving object beats the one that fits the background.

    turned: fits of cameras that do not translate. What agrees beside the rigid scene that they leave (see
        `rigid_scene`) does not count: by following it, a solution would win.
    """
    good = max(0.15 * unit_px, min(share_quantile(r.residual_px, 0.35) for r in rungs))
    seen = ~np.isnan(rungs[0].residual_px)
    weight = seen.sum(1) / max(seen.sum(), 1)
    fixed = [track_rms(r.residual_px) < 3.0 * good for r in turned or []]
    still = max(fixed, key=lambda s: weight[s].sum(), default=None)
    scores: list[float] = []
    for r in rungs:
        rms = track_rms(r.residual_px)
        counts = np.ones(len(rms), bool)
        if still is not None and r.model.startswith("full"):
            agrees = rms < 3.0 * good
            counts = ~agrees | rigid_scene(nearness(r), weight, agrees, still)
        scores.append(float((counts * weight / (1.0 + (rms / (3.0 * good)) ** 2)).sum()))
    return scores


def ranked(rungs: list[FittedModel], unit_px: float, turned: list[FittedModel] | None = None) -> list[FittedModel]:
    """Fits of one model, the one that most of the (rigid) content agrees with first."""
    scores = agreement(rungs, unit_px, turned)
    return [rungs[i] for i in sorted(range(len(rungs)), key=lambda i: -scores[i])]


def nearness(rung: FittedModel) -> Float[np.ndarray, " m"]:
    """Inverse distance of each track's point from the first keyframe's camera."""
    point = rung.state.point[0].cpu().numpy()
    return point[:, 3] / np.linalg.norm(point[:, :3], axis=1)


def share_quantile(residual_px: Float[np.ndarray, "m n"], share: float) -> float:
    """The residual that this share of the content stays below; tracks weigh with the time that they last."""
    seen = (~np.isnan(residual_px)).sum(1)
    return float(weighted_quantiles(track_rms(residual_px), seen.astype(float), (share,))[0])


def track_rms(residual_px: Float[np.ndarray, "m n"]) -> Float[np.ndarray, " m"]:
    """Root mean square of the residuals of each track; a single slip cannot spoil one (upper tenth left out)."""
    squared = np.sort(np.where(np.isnan(residual_px), np.inf, residual_px) ** 2, axis=1)
    count = (~np.isnan(residual_px)).sum(1)  # behind the camera is inf, and counts against the track
    keep = np.maximum(np.ceil(0.9 * count), 1).astype(int)
    capped = np.where(np.arange(squared.shape[1])[None] < keep[:, None], np.minimum(squared, 1e12), 0.0)
    return np.sqrt(capped.sum(1) / keep)
