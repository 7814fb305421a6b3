"""Which rung of the ladder the clip pays for, from the residuals of its tracks alone."""

from dataclasses import asdict, dataclass, replace
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float

from sfm.motion.models import Rung, nearness, track_rms
from sfm.motion.rigid_scene import LEAST_BACKGROUND, rigid_scene, weighted_quantiles


@final
@dataclass(frozen=True, kw_only=True)
class ChoiceConfig:
    """Thresholds of the choice; pixels are those of a 640-pixel frame.

    noise_floor_px: model error (lens, shutter, compression) that no clip is below; forward-backward residuals
        and the richest model both underestimate the noise.
    noise_cap_px: a richest model worse than this explains nothing, so it cannot set the noise.
    rigid_px, rigid_native_px: where the richest model leaves more than this to the tracks it explains, in pixels of a
        640-pixel frame and in pixels as tracked, nothing rigid was filmed: a depth for every track then only follows
        what melts, as in some generated clips, and no translation is believed.
    tolerance: a track agrees with a model if its rms is below this many noise levels ...
    drift: ... plus this share of the way that it goes: lens distortion, rolling shutter and blur grow with motion.
    gain: a richer turning model must explain this share of what the simpler one leaves over, or double what that one
        explains ...
    gain_least: ... and at least this share of all content.
    improvement: full motion must shrink the residuals of the rigid scene by this much (mean log ratio against the
        best turning model, each held up by a tenth of the limit): a free depth for each track shrinks those of a
        mere turn by up to 0.6 where blur or weak texture make tracks drift together.
    improvement_flat: the same where the scene is flat; a lens's distortion would look alike.
    improvement_noise: more of both for each pixel of noise above the floor: blurred or grainy tracks drift further.
    improvement_both: the same for full motion and zoom at once.
    flat: inverse depths that vary by less than this share are a wall facing the camera.
    zoom_improvement, zoom_clear: a zoom on top of full motion must shrink the residuals by this much (mean log ratio),
        and by more the further its log focal ratio stays below `zoom_clear`; by twice as much where it opposes the way
        along the axis, since a free depth imitates that.
    zoom_gain: and it must explain this much more of the content.
    dolly_zoom: log zoom from which its opposition to the way along the axis (0.4 of it, in scene depths) is flagged.
    reliable: a full model that explains less than this share of the content is not to be trusted: a free depth
        per track lets it explain much that is not rigid.
    reliable_without_depth: the same for static and turning cameras, whose models leave a track no freedom.
    doubtful: below this confidence two models explain the clip almost equally well.
    """

    noise_floor_px: float = 0.15
    noise_cap_px: float = 2.0
    rigid_px: float = 1.0
    rigid_native_px: float = 0.45
    tolerance: float = 2.5
    drift: float = 0.001
    gain: float = 0.5
    gain_least: float = 0.1
    improvement: float = 0.65
    improvement_flat: float = 0.75
    improvement_noise: float = 0.5
    improvement_both: float = 1.15
    flat: float = 0.085
    zoom_improvement: float = 0.2
    zoom_clear: float = 0.15
    zoom_gain: float = 0.05
    dolly_zoom: float = 0.1
    reliable: float = 0.5
    reliable_without_depth: float = 0.35
    doubtful: float = 0.08


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
class Choice:
    """The chosen rung, how sure, and the evidence for run.json.

    agrees: which tracks agree with it.
    confidence: 0..1; from the gap to the nearest other verdict and the share of content explained.
    """

    rung: Rung
    noise_px: float
    agrees: Bool[np.ndarray, " m"]
    share: float
    confidence: float
    evidence: dict[str, Any]


def choose(rungs: list[Rung], unit_px: float, config: ChoiceConfig | None = None) -> Choice:
    """The simplest rung that is sufficient.

    Each step up must explain most of what the rung below leaves unexplained; tracks vote with the time that they
    last, so that one area of the frame has one voice whatever moves through it.
    """
    config = config or ChoiceConfig()
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
    return Choice(
        rung=rung,
        noise_px=noise * unit_px,
        agrees=agrees,
        share=share[chosen],
        confidence=confidence,
        evidence=evidence,
    )


def _step(
    richer: Rung,
    below: str,
    rms: dict[str, np.ndarray],
    weight: np.ndarray,
    limit: Float[np.ndarray, " m"],
    share: dict[str, float],
    noise: float,
    config: ChoiceConfig,
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
    full: Rung,
    below: str,
    gained: float,
    agrees: Bool[np.ndarray, " m"],
    still: Bool[np.ndarray, " m"],
    shrink: Float[np.ndarray, " m"],
    weight: Float[np.ndarray, " m"],
    noise: float,
    config: ChoiceConfig,
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


def opposed(rung: Rung, config: ChoiceConfig) -> bool:
    """Whether the lens zooms against the camera's way along its axis, as in a dolly zoom.

    Algebraically that is a dolly with shifted inverse depths, so no residual can tell; it can only be flagged.
    """
    rotation, translation = rung.state.rotation[0, -1], rung.state.translation[0, -1]
    point = rung.state.point[0]
    middle = float((point[:, 3] / point[:, :3].norm(dim=-1)).median())
    forward = float((-rotation.T @ translation)[2]) * middle
    log_zoom = float(rung.state.zoom[0, -1])
    return log_zoom * forward < 0 and abs(log_zoom) > config.dolly_zoom and abs(forward) > 0.4 * config.dolly_zoom


def measured_noise(rms: Float[np.ndarray, " m"], weight: Float[np.ndarray, " m"], config: ChoiceConfig) -> float:
    """Noise level: the weighted median residual, among the tracks that it can explain at all, of the richest model."""
    good = rms < 3 * config.noise_cap_px / 2
    if not good.any():
        return config.noise_cap_px
    median = weighted_quantiles(rms[good], weight[good], (0.5,))[0]
    return float(np.clip(median, config.noise_floor_px, config.noise_cap_px))
