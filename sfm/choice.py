"""Which rung of the ladder the clip pays for, from the residuals of its tracks alone."""

from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float

from sfm.ladder import Rung, track_rms


@final
@dataclass(frozen=True, kw_only=True)
class ChoiceConfig:
    """Thresholds of the choice; pixels are those of a 640-pixel frame.

    noise_floor_px: model error (lens, shutter, compression) that no clip is below; forward-backward residuals
        and the richest model both underestimate the noise.
    noise_cap_px: a richest model worse than this explains nothing, so it cannot set the noise.
    tolerance: a track agrees with a model if its rms is below this many noise levels ...
    drift: ... plus this share of the way that it goes: lens distortion, rolling shutter and blur grow with motion.
    gain: a richer model must explain this share of what the simpler one leaves over, or double what that one
        explains ...
    gain_least: ... and at least this share of all content.
    background: from this share on, what stands still or turns rigidly may be the background ...
    background_gain: ... and then a translation must show in it: a full model that leaves the background's residuals
        above this share of what they were has only found something that moves by itself.
    deep: inverse depths that spread more than this many medians put the background at infinity, and the mover near.
    flat: a full model whose inverse depths vary by less than this share needs a wall facing the camera; distortion
        of the lens would look the same, so a turning camera is preferred where it explains a background.
    dolly_zoom: log zoom from which its opposition to the way along the axis (0.4 of it, in scene depths) is flagged.
    reliable: a full model that explains less than this share of the content is not to be trusted: a free depth
        per track lets it explain much that is not rigid.
    reliable_without_depth: the same for static and turning cameras, whose models leave a track no freedom.
    doubtful: below this confidence two models explain the clip almost equally well.
    """

    noise_floor_px: float = 0.15
    noise_cap_px: float = 2.0
    tolerance: float = 2.5
    drift: float = 0.001
    gain: float = 0.5
    gain_least: float = 0.1
    background: float = 0.3
    background_gain: float = 0.76
    deep: float = 5.0
    flat: float = 0.085
    dolly_zoom: float = 0.1
    reliable: float = 0.5
    reliable_without_depth: float = 0.35
    doubtful: float = 0.08


@final
@dataclass(frozen=True, kw_only=True)
class Step:
    """The case for climbing from one rung to another.

    gained: share of the content that only the upper one explains.
    margin: above zero if it pays; in shares of what was left to explain, or of the threshold that refused it.
    relief: spread of the inverse depths that the upper one needs, where that was asked.
    """

    below: str
    above: str
    gained: float
    margin: float
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
    share = {model: float(weight[e < limit].sum()) for model, e in rms.items()}
    by_name = {r.model: r for r in rungs}
    chosen = rungs[0].model
    steps: list[Step] = []
    for model in [r.model for r in rungs[1:]]:
        step = _step(by_name[model], chosen, rms, weight, limit, share, config)
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
    config: ChoiceConfig,
) -> Step:
    """Whether one rung pays for another: a margin in shares of the content that is open, negative for no."""
    above = richer.model
    left = 1.0 - share[below]
    gained = float(weight[(rms[above] < limit) & (rms[below] >= limit)].sum())
    need = max(min(config.gain * left, share[below]), config.gain_least)
    margin = (gained - need) / max(left, need)
    if not above.startswith("full") or below.startswith("full"):
        return Step(below=below, above=above, gained=gained, margin=margin)
    relief = relief_of(richer, rms[above] < limit)
    if share[below] >= config.background:
        still = rms[below] < limit
        kept = float(np.median((rms[above][still] + 0.02) / (rms[below][still] + 0.02)))
        margin = min(
            (gained - config.gain_least) / max(left, config.gain_least),
            (config.background_gain - kept) / config.background_gain,
            (config.deep - relief) / config.deep,
        )
    if margin < 0:
        return Step(below=below, above=above, gained=gained, margin=margin, relief=relief)
    ambiguous = ""
    if share[below] >= config.background / 2 and relief < config.flat:
        ambiguous = "rotation_or_translation_before_a_flat_scene"
        if share[below] >= config.background:
            margin = min(margin, (relief - config.flat) / config.flat)
    return Step(below=below, above=above, gained=gained, margin=margin, relief=relief, ambiguous=ambiguous)


def opposed(rung: Rung, config: ChoiceConfig) -> bool:
    """Whether the lens zooms against the camera's way along its axis, as in a dolly zoom.

    Algebraically that is a dolly with shifted inverse depths, so no residual can tell; it can only be flagged.
    """
    rotation, translation = rung.state.rotation[0, -1], rung.state.translation[0, -1]
    point = rung.state.point[0]
    nearness = float((point[:, 3] / point[:, :3].norm(dim=-1)).median())
    forward = float((-rotation.T @ translation)[2]) * nearness
    log_zoom = float(rung.state.zoom[0, -1])
    return log_zoom * forward < 0 and abs(log_zoom) > config.dolly_zoom and abs(forward) > 0.4 * config.dolly_zoom


def relief_of(rung: Rung, agrees: Bool[np.ndarray, " m"]) -> float:
    """Relative spread of the inverse depths of the points that agree (half the distance from 16th to 84th centile)."""
    point = rung.state.point[0].cpu().numpy()[agrees]
    if len(point) < 5:
        return 0.0
    low, middle, high = np.quantile(point[:, 3] / np.linalg.norm(point[:, :3], axis=1), (0.16, 0.5, 0.84))
    return float((high - low) / 2 / max(abs(middle), 1e-9))


def measured_noise(rms: Float[np.ndarray, " m"], weight: Float[np.ndarray, " m"], config: ChoiceConfig) -> float:
    """Noise level: the weighted median residual, among the tracks that it can explain at all, of the richest model."""
    good = rms < 3 * config.noise_cap_px / 2
    if not good.any():
        return config.noise_cap_px
    order = np.argsort(rms[good])
    cumulative = np.cumsum(weight[good][order])
    median = rms[good][order][np.searchsorted(cumulative, 0.5 * cumulative[-1])]
    return float(np.clip(median, config.noise_floor_px, config.noise_cap_px))
