"""Which rung of the ladder the clip pays for, from the residuals of its tracks alone."""

from dataclasses import dataclass
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
    tolerance: a track agrees with a model if its rms is below this many noise levels.
    gain: a richer model must explain this share of what the simpler one leaves over, or double what that one
        explains ...
    gain_least: ... and at least this share of all content.
    reliable: a full model that explains less than this share of the content is not to be trusted: a free depth
        per track lets it explain much that is not rigid.
    reliable_without_depth: the same for static and turning cameras, whose models leave a track no freedom.
    """

    noise_floor_px: float = 0.15
    noise_cap_px: float = 2.0
    tolerance: float = 2.5
    gain: float = 0.5
    gain_least: float = 0.10
    reliable: float = 0.5
    reliable_without_depth: float = 0.35


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
    weight = np.isfinite(rungs[0].residual_px).sum(1).astype(float)
    weight /= weight.sum()
    noise = measured_noise(rms["full_zoom"], weight, config)
    limit = config.tolerance * noise
    share = {model: float(weight[e < limit].sum()) for model, e in rms.items()}
    by_name = {r.model: r for r in rungs}
    chosen = rungs[0].model
    margins: dict[str, float] = {}
    for model in [r.model for r in rungs[1:]]:
        gained = float(weight[(rms[model] < limit) & (rms[chosen] >= limit)].sum())
        need = max(min(config.gain * (1.0 - share[chosen]), share[chosen]), config.gain_least)
        margins[f"{chosen}->{model}"] = (gained - need) / max(1.0 - share[chosen], need)
        if gained >= need:
            chosen = model
    rung = by_name[chosen]
    agrees = rms[chosen] < limit
    confidence = float(np.clip(min(abs(m) for m in margins.values()) * 2, 0, 1) * np.clip(share[chosen] / 0.8, 0, 1))
    evidence = {
        "noise_px": noise * unit_px,
        "share": share,
        "median_rms_px": {m: float(np.median(e)) * unit_px for m, e in rms.items()},
        "cost": {r.model: r.cost for r in rungs},
        "start": {r.model: r.start for r in rungs},
        "margins": margins,
    }
    return Choice(
        rung=rung,
        noise_px=noise * unit_px,
        agrees=agrees,
        share=share[chosen],
        confidence=confidence,
        evidence=evidence,
    )


def measured_noise(rms: Float[np.ndarray, " m"], weight: Float[np.ndarray, " m"], config: ChoiceConfig) -> float:
    """Noise level: the weighted median residual, among the tracks that it can explain at all, of the richest model."""
    good = rms < 3 * config.noise_cap_px / 2
    if not good.any():
        return config.noise_cap_px
    order = np.argsort(rms[good])
    cumulative = np.cumsum(weight[good][order])
    median = rms[good][order][np.searchsorted(cumulative, 0.5 * cumulative[-1])]
    return float(np.clip(median, config.noise_floor_px, config.noise_cap_px))
