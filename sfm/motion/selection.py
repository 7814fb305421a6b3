"""Geometric model selection: which motion model the clip pays for, from the residuals of its tracks alone.

A richer model always fits better; the question is whether it explains what the simpler one cannot (Torr 1998,
Kanatani 1996). Here each step up has to explain content, or shrink residuals, by more than noise would let it.

A slow push-in is told from a zoom in `_parallax_case`: both are fitted, and a translation has to shrink the residuals
of one rigid scene at several depths against the zoom that imitates it, where that was the best so far (else against
`rotation` or `static`; see `simpler` in `comparisons`). `_zoom_case` asks whether a zoom on top of a translation pays;
where it does, `_walk` takes both back unless they beat the camera without translation, too. A dolly against a zoom
(`opposed`) can only be flagged. docs/estimator.md lists all that decides.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Generic, Protocol, TypeVar, final, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

from sfm.config import SelectionConfig
from sfm.geometry.problem import FocalPrior
from sfm.geometry.robust import trimmed_track_rms, weighted_quantiles
from sfm.motion.rigid_scene import LEAST_BACKGROUND, rigid_scene
from sfm.types import FULL, FULL_ZOOM, ROTATION_ZOOM, MotionModel

FEWEST_TRACKS = 8
"""Fewer tracks that agree with full motion are no scene."""
SURE_MARGINS = 2.5
"""Confidence for each unit of margin: at 0.4 a comparison is sure, if most of the content is explained ..."""
SURE_SHARE = 0.7
"""... that is, this share of it."""
MOST_DEMAND = 3.0
"""What a zoom has to explain is at most so many times the usual, however unusual its lens."""
ABOUT_AS_MUCH = 0.01
"""Models explain about as much where what agrees differs by less of the content."""
PART = 0.25
"""A part of the clip that is long enough to tell travel by itself: a choice; with .2 to .35 much the same is told."""
MOST_SHRINKAGE = 2.0
"""No track counts for more than this log ratio: one that a free depth explains perfectly proves no more than that."""


@runtime_checkable
class Candidate(Protocol):
    """A fitted motion model, of tracks or of a dense flow, as far as the selection looks at it."""

    @property
    def model(self) -> MotionModel:
        """What may move."""
        ...

    @property
    def cost(self) -> float:
        """Robust, in units of the noise."""
        ...

    @property
    def start(self) -> str:
        """Where the fit began, in words."""
        ...

    @property
    def residual_px(self) -> Float[np.ndarray, "m n"]:
        """Of each track in each frame, NaN where unseen, inf behind the camera."""
        ...

    @property
    def focal_px(self) -> float:
        """Focal length of the first keyframe."""
        ...

    @property
    def log_zoom(self) -> Float[np.ndarray, " n"]:
        """Log focal length of each keyframe over that of the first."""
        ...

    def votes(self) -> Float[np.ndarray, " m"]:
        """How much each track counts: the time that it lasts, or what its places testify."""
        ...

    def nearness(self) -> Float[np.ndarray, " m"]:
        """Inverse distance of each track's point."""
        ...

    def forward(self) -> Float[np.ndarray, " n"]:
        """Way of each camera along the axis of the first, in scene depths."""
        ...

    def moment(self) -> Int[np.ndarray, " m"] | None:
        """The keyframe about which each track says something; None where tracks tell of most of the clip."""
        ...


Fitted = TypeVar("Fitted", bound=Candidate)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Residuals:
    """What the selection looks at; pixels are those of a 640-pixel frame.

    Attributes:
        rms: residual of each track under each model, by the model's name.
        weight: of each track, by its votes; they sum to one.
        limit: up to which a track agrees with a model.
        noise: of a good track under the richest model; `Selection.noise_px` is the same in pixels of this frame.
        surprise: how improbable the lens of each model is (`FocalPrior.surprise`).
    """

    rms: Mapping[str, Float[np.ndarray, " m"]]
    weight: Float[np.ndarray, " m"]
    limit: Float[np.ndarray, " m"]
    noise: float
    surprise: Mapping[str, float]

    def agrees(self, model: str) -> Bool[np.ndarray, " m"]:
        """Which tracks a model explains."""
        return self.rms[model] < self.limit

    def share(self, model: str) -> float:
        """Share of the content that a model explains."""
        return float(self.weight[self.agrees(model)].sum())

    def shrinkage(self, simpler: str, richer: str) -> Float[np.ndarray, " m"]:
        """Log ratio of the residuals, each held up by a tenth of the limit, so that noise cannot shrink."""
        floor = 0.1 * self.limit
        return np.clip(
            np.log((self.rms[simpler] + floor) / (self.rms[richer] + floor)), -MOST_SHRINKAGE, MOST_SHRINKAGE
        )


@final
@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The case for a richer model against a simpler one.

    Attributes:
        simpler, richer: names of the models.
        gained: share of the content that only the richer one explains.
        margin: above zero if it pays; in shares of what was left to explain, or of the threshold that decided.
        improvement: how much smaller the residuals are, as a mean log ratio over the content that agrees with the
            richer model, where that decided; before a model without translation, what agrees but is not of the rigid
            scene counts as not shrunk.
        relief: spread of the inverse depths that the richer one needs, where that was asked.
        ambiguous: what cannot be told apart here, or nothing.
    """

    simpler: str
    richer: str
    gained: float
    margin: float
    improvement: float | None = None
    relief: float | None = None
    ambiguous: str = ""

    @property
    def pays(self) -> bool:
        """Whether the richer model is worth it."""
        return self.margin >= 0


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Selection(Generic[Fitted]):
    """The selected model, how sure, and the evidence for run.json.

    Attributes:
        fitted: the model and its parameters.
        noise_px: of a good track, pixels of this frame.
        agrees: which tracks agree with it.
        share: of the content that it explains.
        confidence: 0..1; from the gap to the nearest other verdict and the share of content explained.
        rigid: whether anything rigid was filmed: else no translation is believed.
        ambiguous: what cannot be told apart.
        evidence: JSON values.
    """

    fitted: Fitted
    noise_px: float
    agrees: Bool[np.ndarray, " m"]
    share: float
    confidence: float
    rigid: bool
    ambiguous: tuple[str, ...]
    evidence: dict[str, Any]

    @property
    def model(self) -> MotionModel:
        """The selected model."""
        return self.fitted.model


def select_model(
    candidates: Sequence[Fitted],
    unit_px: float,
    config: SelectionConfig | None = None,
    *,
    prior: FocalPrior | None = None,
    model: str | None = None,
) -> Selection[Fitted]:
    """The simplest model that is sufficient.

    Each step up must explain most of what the simpler model leaves unexplained; tracks vote with the time that they
    last, so that one area of the frame has one voice whatever moves through it.

    Args:
        candidates: fitted models, from simple to rich.
        unit_px: length of one pixel of a 640-pixel frame.
        config: thresholds.
        prior: what is known of the focal length; without it any lens is as usual as any other.
        model: name of the one to take where more than these residuals decided.
    """
    config = config or SelectionConfig()
    residuals = residuals_of(candidates, unit_px, config, prior)
    noise = residuals.noise
    rigid = noise < config.rigid_px or noise * unit_px < config.rigid_native_px
    by_name: dict[str, Fitted] = {r.model.name: r for r in candidates}
    chosen, comparisons = _walk(candidates, residuals, config, rigid=rigid)
    chosen = model or chosen
    share: dict[str, float] = {name: residuals.share(name) for name in residuals.rms}
    near = [abs(c.margin) for c in comparisons if chosen in (c.simpler, c.richer)]
    confidence = float(np.clip(SURE_MARGINS * min(near, default=0.0), 0, 1) * np.clip(share[chosen] / SURE_SHARE, 0, 1))
    ambiguous = sorted({c.ambiguous for c in comparisons if c.ambiguous and chosen in (c.simpler, c.richer)})
    full, zoomed = FULL.name, FULL_ZOOM.name
    if by_name[chosen].model.translates and share[zoomed] >= share.get(full, 0.0) and opposed(by_name[zoomed], config):
        ambiguous.append("dolly_zoom")
    evidence = {
        "noise_px": noise * unit_px,
        "rigid": rigid,
        "share": share,
        "median_rms_px": {m: float(np.median(e)) * unit_px for m, e in residuals.rms.items()},
        "cost": {r.model.name: r.cost for r in candidates},
        "start": {r.model.name: r.start for r in candidates},
        "comparisons": [asdict(each) for each in comparisons],
        "ambiguous": ambiguous,
    }
    return Selection(
        fitted=by_name[chosen],
        noise_px=noise * unit_px,
        agrees=residuals.agrees(chosen),
        share=share[chosen],
        confidence=confidence,
        rigid=rigid,
        ambiguous=tuple(ambiguous),
        evidence=evidence,
    )


def residuals_of(
    candidates: Sequence[Candidate], unit_px: float, config: SelectionConfig, prior: FocalPrior | None = None
) -> Residuals:
    """Residuals of the tracks under each model, their weights, the limit up to which they agree, and the lenses."""
    rms: dict[str, np.ndarray] = {r.model.name: trimmed_track_rms(r.residual_px) / unit_px for r in candidates}
    weight = candidates[0].votes()
    weight = weight / weight.sum()
    noise = measured_noise(rms["full_zoom"], weight, config)
    limit = config.tolerance * noise + config.drift * 12**0.5 * np.minimum(rms["static"], 640.0)
    surprise = {r.model.name: 0.0 if prior is None else prior.surprise(r.focal_px) for r in candidates}
    return Residuals(rms=rms, weight=weight, limit=limit, noise=noise, surprise=surprise)


def measured_noise(rms: Float[np.ndarray, " m"], weight: Float[np.ndarray, " m"], config: SelectionConfig) -> float:
    """Noise level: the weighted median residual, among the tracks that it can explain at all, of the richest model."""
    good = rms < 3 * config.noise_cap_px / 2
    if not good.any():
        return config.noise_cap_px
    median = weighted_quantiles(rms[good], weight[good], (0.5,))[0]
    return float(np.clip(median, config.noise_floor_px, config.noise_cap_px))


def _walk(
    candidates: Sequence[Candidate], residuals: Residuals, config: SelectionConfig, *, rigid: bool
) -> tuple[str, list[Comparison]]:
    """From the simplest model up: each richer one against the best so far. The name of the last, and all cases.

    Full motion with zoom is compared with full motion where that was chosen (`_zoom_case`), else with the best camera
    that does not translate (`_parallax_case`); where it beats full motion it must beat that camera, too.
    """
    chosen: str = candidates[0].model.name
    comparisons: list[Comparison] = []
    for richer in candidates[1:]:
        case = _compare(richer, chosen, residuals, config)
        if not rigid and richer.model.translates:
            case = replace(case, margin=min(case.margin, config.rigid_px / residuals.noise - 1.0))
        if case.pays and case.simpler == FULL.name:
            # Full motion may have won by following a mover, so that the zoom on top of it has to beat the camera
            # without translation by itself; where it does not, that one it is.
            won = next(c for c in comparisons if c.richer == FULL.name)
            direct = _compare(richer, won.simpler, residuals, config)
            if not direct.pays:
                comparisons[comparisons.index(won)] = replace(won, margin=direct.margin)
                chosen = won.simpler
            comparisons.append(case)
            case = direct
        comparisons.append(case)
        if case.pays:
            chosen = richer.model.name
    return chosen, comparisons


def _compare(richer: Candidate, simpler: str, residuals: Residuals, config: SelectionConfig) -> Comparison:
    """Whether a richer model pays; the margin is negative for no."""
    name = richer.model.name
    gained = float(residuals.weight[residuals.agrees(name) & ~residuals.agrees(simpler)].sum())
    found = Comparison(simpler=simpler, richer=name, gained=gained, margin=-1.0)
    if not richer.model.translates:
        left = 1.0 - residuals.share(simpler)
        need = max(min(config.gain * left, residuals.share(simpler)), config.gain_least)
        return replace(found, margin=(gained - need) / max(left, need))
    if simpler == FULL.name:
        return _zoom_case(richer, found, residuals, config)
    found = _parallax_case(richer, found, residuals, config)
    if not richer.model.zooms:
        return found
    return replace(found, margin=min(found.margin, (found.improvement or 0.0) / config.improvement_both - 1.0))


def _zoom_case(richer: Candidate, found: Comparison, residuals: Residuals, config: SelectionConfig) -> Comparison:
    """Whether a zoom on top of full motion pays.

    A turn under a long lens imitates a way with a zoom. So the less usual the lens of full motion is beside that of
    the motion with zoom, the less the zoom has to explain, down to as much (and the more, the other way round).
    """
    weight, agrees = residuals.weight, residuals.agrees(found.richer)
    shrink = residuals.shrinkage(found.simpler, found.richer)
    improvement = float((weight * shrink)[agrees].sum() / max(weight[agrees].sum(), 1e-9))
    zoomed = float(np.ptp(richer.log_zoom))
    need = config.zoom_improvement * max(1.0, config.zoom_clear / max(zoomed, 1e-9))
    if opposed(richer, config):
        need *= config.zoom_opposed
    more = residuals.share(found.richer) - residuals.share(found.simpler)
    odds = residuals.surprise[found.simpler] - residuals.surprise[found.richer]
    demand = float(np.clip(1.0 - odds / config.lens_odds, 0.0, MOST_DEMAND))
    least = config.zoom_gain * demand - ABOUT_AS_MUCH * max(0.0, 1.0 - demand)
    margin = min(improvement / need - demand, (more - least) / config.zoom_gain)
    return replace(found, margin=margin, improvement=improvement)


def _parallax_case(richer: Candidate, found: Comparison, residuals: Residuals, config: SelectionConfig) -> Comparison:
    """Whether the camera moves: full motion, or full motion with zoom, against a camera that does not translate.

    It must shrink the residuals of one rigid scene, not only explain a mover.
    """
    weight, agrees, by_simpler = residuals.weight, residuals.agrees(found.richer), residuals.agrees(found.simpler)
    if agrees.sum() < FEWEST_TRACKS:
        return found
    near = richer.nearness()
    low, middle, high = weighted_quantiles(near[agrees], weight[agrees], (0.16, 0.5, 0.84))
    relief = (high - low) / 2 / max(abs(middle), 1e-9)
    scene = rigid_scene(near, weight, agrees, by_simpler)
    shrink = residuals.shrinkage(found.simpler, found.richer)
    improvement = float((weight * shrink)[scene].sum() / weight[agrees].sum())
    if found.simpler != ROTATION_ZOOM.name:
        in_a_part = improvement_in_a_part(richer.moment(), weight * shrink * scene, weight * agrees)
        improvement = max(improvement, in_a_part / config.improvement_part)
    flat = weight[by_simpler].sum() >= LEAST_BACKGROUND and relief < config.flat
    need = config.improvement_flat if flat else config.improvement
    need += config.improvement_noise * (residuals.noise - config.noise_floor_px)
    return replace(
        found,
        margin=improvement / need - 1.0,
        improvement=improvement,
        relief=relief,
        ambiguous="rotation_or_translation_before_a_flat_scene" if flat and improvement > 0.5 * need else "",
    )


def improvement_in_a_part(
    moment: Int[np.ndarray, " m"] | None, shrunk: Float[np.ndarray, " m"], weight: Float[np.ndarray, " m"]
) -> float:
    """The largest mean shrinkage of the residuals over a quarter of the clip (`PART`), 0 where tracks have no moment.

    What tells of a moment alone, as patches of flow do, knows nothing of a push in that comes after a pan; over the
    whole clip its residuals hardly shrink.

    Args:
        moment: keyframe of each track.
        shrunk: log ratio of its residuals, times its weight, 0 outside of the rigid scene.
        weight: of each track that agrees, else 0.
    """
    if moment is None or not weight.any():
        return 0.0
    count = int(moment.max()) + 1
    length = max(2, math.ceil(PART * count))
    ones = np.ones(min(length, count))
    won, asked = (np.convolve(np.bincount(moment, each, count), ones, "valid") for each in (shrunk, weight))
    told = asked > 0.5 * PART * weight.sum()
    return float((won[told] / asked[told]).max(initial=0.0))


def opposed(fitted: Candidate, config: SelectionConfig) -> bool:
    """Whether the lens zooms against the camera's way along its axis, as in a dolly zoom.

    Algebraically that is a dolly with shifted inverse depths, so no residual can tell; it can only be flagged. The
    widest and the longest lens are compared, since a clip that goes to and fro ends where it began.
    """
    log_zoom, forward = fitted.log_zoom, fitted.forward()
    wide, long = int(np.argmin(log_zoom)), int(np.argmax(log_zoom))
    back = float(forward[wide] - forward[long])
    return float(log_zoom[long] - log_zoom[wide]) > config.dolly_zoom and back > 0.4 * config.dolly_zoom
