"""Which rung of the ladder the clip pays for, from the residuals of its tracks alone."""

from dataclasses import asdict, dataclass, replace
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float

from sfm.config import SelectionConfig
from sfm.motion.models import FittedModel, nearness, track_rms
from sfm.motion.rigid_scene import LEAST_BACKGROUND, rigid_scene, weighted_quantiles


@final
@dataclass(frozen=True, kw_only=True)
class Step:
    """The case for climbing from one rung to another.

    gained: share of the content that only the upper one explains.
    margin: above zero if it pays; in shares of what was left to explain, or of the threshold that decided.
    improvement: how much smaller the residuals of the rigid scene are, as a mean log ratio, where that decided.
    relief: spread of the inverse depths that the upper one needs, where that was asked.
    """

    below: str
    above: str
    gained: float
    margin: float
    improvement: float | None = None
    relief: float | None = None
    ambiguous: str = ""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Selection:
    """The chosen rung, how sure, and the evidence for run.json.

    agrees: which tracks agree with it.
    confidence: 0..1; from the gap to the nearest other verdict and the share of content explained.
    """

    rung: FittedModel
    noise_px: float
    agrees: Bool[np.ndarray, " m"]
    share: float
    confidence: float
    evidence: dict[str, Any]


def select_model(rungs: list[FittedModel], unit_px: float, config: SelectionConfig | None = None) -> Selection:
    """The simplest rung that is sufficient.

    Each step up must explain most of what the rung below leaves unexplained; tracks vote with the time that they
    last, so that one area of the frame has one voice whatever moves through it.
    """
    config = config or SelectionConfig()
    rms = {r.model: track_rms(r.residual_px) / unit_px for r in rungs}
    weight = (~np.isnan(rungs[0].residual_px)).sum(1).astype(float)
    weight /= weight.sum()
    noise = measured_noise(rms["full_zoom"], weight, config)
    limit = config.tolerance * noise + config.drift * 12**0.5 * np.minimum(rms["static"], 640.0)
    rigid = noise < config.rigid_px or noise * unit_px < config.rigid_native_px
    share = {model: float(weight[e < limit].sum()) for model, e in rms.items()}
    by_name = {r.model: r for r in rungs}
    chosen = rungs[0].model
    steps: list[Step] = []
    for model in [r.model for r in rungs[1:]]:
        step = _step(by_name[model], chosen, rms, weight, limit, share, noise, config)
        if not rigid and model.startswith("full"):
            step = replace(step, margin=min(step.margin, config.rigid_px / noise - 1.0))
        if step.margin >= 0 and step.below == "full":
            # Full motion may have won by following a mover, so that the zoom on top of it has to beat the camera
            # without translation by itself; where it does not, that one it is.
            won = next(s for s in steps if s.above == "full")
            direct = _step(by_name[model], won.below, rms, weight, limit, share, noise, config)
            if direct.margin < 0:
                steps[steps.index(won)] = replace(won, margin=direct.margin)
                chosen = won.below
            steps.append(step)
            step = direct
        steps.append(step)
        if step.margin >= 0:
            chosen = model
    near = [abs(s.margin) for s in steps if chosen in (s.below, s.above)]
    confidence = float(np.clip(2.5 * min(near), 0, 1) * np.clip(share[chosen] / 0.7, 0, 1))
    rung = by_name[chosen]
    agrees = rms[chosen] < limit
    ambiguous = sorted({s.ambiguous for s in steps if s.ambiguous and chosen in (s.below, s.above)})
    if chosen.startswith("full") and share["full_zoom"] >= share["full"] and opposed(by_name["full_zoom"], config):
        ambiguous.append("dolly_zoom")
    evidence = {
        "noise_px": noise * unit_px,
        "rigid": rigid,
        "share": share,
        "median_rms_px": {m: float(np.median(e)) * unit_px for m, e in rms.items()},
        "cost": {r.model: r.cost for r in rungs},
        "start": {r.model: r.start for r in rungs},
        "steps": [asdict(step) for step in steps],
        "ambiguous": ambiguous,
    }
    return Selection(
        rung=rung,
        noise_px=noise * unit_px,
        agrees=agrees,
        share=share[chosen],
        confidence=confidence,
        evidence=evidence,
    )


def _step(
    richer: FittedModel,
    below: str,
    rms: dict[str, np.ndarray],
    weight: np.ndarray,
    limit: Float[np.ndarray, " m"],
    share: dict[str, float],
    noise: float,
    config: SelectionConfig,
) -> Step:
    """Whether one rung pays for another; the margin is negative for no."""
    above = richer.model
    gained = float(weight[(rms[above] < limit) & (rms[below] >= limit)].sum())
    if not above.startswith("full"):
        left = 1.0 - share[below]
        need = max(min(config.gain * left, share[below]), config.gain_least)
        return Step(below=below, above=above, gained=gained, margin=(gained - need) / max(left, need))
    floor = 0.1 * limit
    shrink = np.clip(np.log((rms[below] + floor) / (rms[above] + floor)), -2.0, 2.0)
    agrees = rms[above] < limit
    if below == "full":
        zoomed = float(np.ptp(richer.state.zoom.cpu().numpy()))
        improvement = float((weight * shrink)[agrees].sum() / max(weight[agrees].sum(), 1e-9))
        need = config.zoom_improvement * max(1.0, config.zoom_clear / max(zoomed, 1e-9))
        if opposed(richer, config):
            need *= 2.0
        more = share[above] - share[below]
        margin = min(improvement / need - 1.0, more / config.zoom_gain - 1.0)
        return Step(below=below, above=above, gained=gained, margin=margin, improvement=improvement)
    step = _parallax(richer, below, gained, agrees, rms[below] < limit, shrink, weight, noise, config)
    if above == "full":
        return step
    return replace(step, margin=min(step.margin, (step.improvement or 0.0) / config.improvement_both - 1.0))


def _parallax(
    full: FittedModel,
    below: str,
    gained: float,
    agrees: Bool[np.ndarray, " m"],
    still: Bool[np.ndarray, " m"],
    shrink: Float[np.ndarray, " m"],
    weight: Float[np.ndarray, " m"],
    noise: float,
    config: SelectionConfig,
) -> Step:
    """Whether the camera moves: full motion must shrink the residuals of one rigid scene, not only explain a mover.

    agrees: with full motion; still: with the best model that has no translation.
    """
    if agrees.sum() < 8:
        return Step(below=below, above=full.model, gained=gained, margin=-1.0)
    near = nearness(full)
    low, middle, high = weighted_quantiles(near[agrees], weight[agrees], (0.16, 0.5, 0.84))
    relief = (high - low) / 2 / max(abs(middle), 1e-9)
    scene = rigid_scene(near, weight, agrees, still)
    improvement = float((weight * shrink)[scene].sum() / weight[agrees].sum())
    flat = weight[still].sum() >= LEAST_BACKGROUND and relief < config.flat
    need = config.improvement_flat if flat else config.improvement
    need += config.improvement_noise * (noise - config.noise_floor_px)
    return Step(
        below=below,
        above=full.model,
        gained=gained,
        margin=improvement / need - 1.0,
        improvement=improvement,
        relief=relief,
        ambiguous="rotation_or_translation_before_a_flat_scene" if flat and improvement > 0.5 * need else "",
    )


def opposed(rung: FittedModel, config: SelectionConfig) -> bool:
    """Whether the lens zooms against the camera's way along its axis, as in a dolly zoom.

    Algebraically that is a dolly with shifted inverse depths, so no residual can tell; it can only be flagged.
    """
    rotation, translation = rung.state.rotation[0, -1], rung.state.translation[0, -1]
    point = rung.state.point[0]
    middle = float((point[:, 3] / point[:, :3].norm(dim=-1)).median())
    forward = float((-rotation.T @ translation)[2]) * middle
    log_zoom = float(rung.state.zoom[0, -1])
    return log_zoom * forward < 0 and abs(log_zoom) > config.dolly_zoom and abs(forward) > 0.4 * config.dolly_zoom


def measured_noise(rms: Float[np.ndarray, " m"], weight: Float[np.ndarray, " m"], config: SelectionConfig) -> float:
    """Noise level: the weighted median residual, among the tracks that it can explain at all, of the richest model."""
    good = rms < 3 * config.noise_cap_px / 2
    if not good.any():
        return config.noise_cap_px
    median = weighted_quantiles(rms[good], weight[good], (0.5,))[0]
    return float(np.clip(median, config.noise_floor_px, config.noise_cap_px))
