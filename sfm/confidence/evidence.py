"""What speaks for each answer: how well it foretells the sightings of tracks and of flow, in a few plain numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float, Int

from sfm.confidence.moved_picture import off_as_picture
from sfm.confidence.sightings import Cameras, Sightings, residuals
from sfm.geometry.problem import FocalPrior
from sfm.geometry.robust import weighted_quantiles
from sfm.types import BLANK, MOTION_MODELS, MotionModel, Solved

LEAST_NOISE_PX = 0.1
"""No clip is known better than this (pixels of a 640-pixel frame)."""
GOOD_SHARE = 0.35
"""The residual that this share of the content stays below under the best answer for each, is the noise."""
MISFIT_KERNEL = 3.0
"""Of the logarithmic cost (Cauchy's), in units of the noise."""
AGREES, LEAST_LIMIT_PX = 2.5, 0.12
DRIFT = 0.001 * 12**0.5
"""A point agrees with an answer within so many times the noise, and this share of the way that it goes."""
BORDER = 0.33
"""What lies farther from the middle than this share of a side is the border: what moves by itself seldom fills it."""
LOW, FAR = 1 / 6, 0.1
"""So far below the middle (shares of the height) lies the lowest third of the picture; what is less near than this
share of the median is as good as infinitely far."""
PLANE, LEAST_FAR = 1.13, 0.1
"""From the first to the last of what lies in one plane the inverse depths grow by this factor; so much is far at least
before anything can slide by before it."""
REST_PX, MOVES_BY = 0.5, 5.0
"""What goes less far (pixels of a 640-pixel frame) rests in the picture; an answer that is off there by so many times
as much would have it move."""
CARRIES = 0.2
"""A camera that travels may carry what rests in its picture, a bonnet or a dashboard; one that turns does not. So
nothing is held against a way that explains so much more of the content than all answers without one."""
LOST_MOST = 0.1
"""Share of frames without a pose, up to which the others are no worse for it."""
MOST_PX = 6e4
FEWEST = 8
MOST_RELIEF = 3.0
MOST_SURPRISE = 6.0
"""What a lens counts at most against a way: a turn under a long one imitates a truck with a zoom. Of turns and zooms
alone it says nothing, since a small turn shows no focal length."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """One of the answers that are weighed.

    Attributes:
        source: what it was fitted to, "tracks" or "flow".
        model: what may move.
        cameras: of the keyframes.
        chosen: whether its own estimator chose it, how sure that was (0..1), and whether it vouched for it.
    """

    source: str
    model: MotionModel
    cameras: Cameras
    chosen: tuple[bool, float, bool] = (False, 0.0, False)

    @property
    def name(self) -> str:
        """In words."""
        return f"{self.source}: {self.model.name}"


def chosen_by(solved: Solved, model: MotionModel) -> tuple[bool, float, bool]:
    """Whether an estimator chose a model by itself, how sure it was, and whether it vouched for that."""
    confidence = float(solved.statistics.get("confidence", 0.0))
    return model.name == solved.motion_model, min(max(confidence, 0.0), 1.0), vouched_for(solved)


def vouched_for(solved: Solved) -> bool:
    """Whether an estimator said "ok", or "partial" for few frames, as of a fade or a flash.

    Blank frames before the first picture and after the last are no part of the film.
    """
    if solved.status != "partial" or solved.poses is None:
        return solved.status == "ok"
    valid = solved.poses.valid
    film = np.flatnonzero(valid | (np.array(solved.poses.reason) != BLANK))
    return float(valid[film[0] : film[-1] + 1].mean()) >= 1.0 - LOST_MOST


def inside_out(answers: Sequence[Answer], by_flow: Solved) -> tuple[int, float] | None:
    """Which answer what covers what turned inside out, if any, and how clear its votes are.

    Args:
        answers: of which those of the flow are some.
        by_flow: what the flow chose by itself.
    """
    votes = by_flow.statistics.get("occlusion", {})
    if not votes.get("turned_inside_out"):
        return None
    number = next(i for i, each in enumerate(answers) if each.source == "flow" and each.chosen[0])
    return number, abs(float(votes["balance"]))


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ByFlow:
    """What the flow says.

    Attributes:
        keyframes: their frames.
        answers: all models at the keyframes.
        sightings: the patches that it followed.
        solved: the model that it pays for, with every frame's pose.
        structured: gives it with depth and movement, which take a while and are not needed where it is not told.
        again: gives the same under another model, by its name. To both a table is given for the wall time of each step.
    """

    keyframes: Int[np.ndarray, " k"]
    answers: tuple[Answer, ...]
    sightings: Sightings
    solved: Solved
    structured: Callable[[dict[str, float]], Solved]
    again: Callable[[str, dict[str, float]], Solved]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """How all answers fare with one kind of sightings.

    Attributes:
        misfit: mean of log(1 + (residual / 3 noise)²).
        share, border: of the content, and of that near the border, that agrees.
        relief: spread of the inverse depths of what agrees, over their median.
        nearer_below: -1 to 1, whether of what agrees the near lies low in the picture, as on any ground.
        far_below: of what agrees low in the picture, the share that is as good as infinitely far, where it should be
            ground: it rests or only turns while something else goes by. 0 for cameras that do not travel.
        between: of what agrees the share that lies neither in one plane before the camera nor infinitely far, as what
            slides by before something at rest does. 1 for cameras that do not travel, and where little is far.
        rests: of the content, the share that rests in the picture while an answer would have it move, and that it does
            not carry (`CARRIES`).
        as_picture: of the content, the share that moves as one flat picture does (`sfm.confidence.moved_picture`).
        noise_px: in pixels of a 640-pixel frame.
    """

    misfit: Float[np.ndarray, " a"]
    share: Float[np.ndarray, " a"]
    border: Float[np.ndarray, " a"]
    relief: Float[np.ndarray, " a"]
    nearer_below: Float[np.ndarray, " a"]
    far_below: Float[np.ndarray, " a"]
    between: Float[np.ndarray, " a"]
    rests: Float[np.ndarray, " a"]
    as_picture: float
    noise_px: float


def seen_by(sightings: Sightings, answers: Sequence[Answer]) -> Seen:
    """How all answers fare with the sightings."""
    found = [residuals(sightings, answer.cameras) for answer in answers]
    unit_px = max(sightings.hw) / 640
    rms = np.minimum(np.stack([off_px for off_px, _ in found]) / unit_px, MOST_PX)
    weight = sightings.votes / sightings.votes.sum()
    noise = max(LEAST_NOISE_PX, float(weighted_quantiles(rms.min(0), weight, (GOOD_SHARE,))[0]))
    went = _moved_px(sightings) / unit_px
    limit = AGREES * max(noise, LEAST_LIMIT_PX) + DRIFT * np.minimum(went, 640.0)
    agrees = rms < limit
    stands = (went < REST_PX) & ~agrees & (rms > MOVES_BY * REST_PX)
    height, width = sightings.hw
    outside = np.abs(sightings.xy_px) > BORDER * np.array([width * sightings.pixel_aspect, height])
    rim = weight * outside.any(1)
    y_px = sightings.xy_px[:, 1]
    travels = np.array([answer.cameras.translates for answer in answers])
    share = (weight * agrees).sum(1)
    carries = travels & (share > share[~travels].max(initial=0.0) + CARRIES)
    explained = [(near[fits], y_px[fits], weight[fits]) for (_, near), fits in zip(found, agrees, strict=True)]
    return Seen(
        misfit=(weight * np.log1p((rms / (MISFIT_KERNEL * noise)) ** 2)).sum(1),
        share=share,
        border=(rim * agrees).sum(1) / max(rim.sum(), 1e-9),
        relief=np.array([_relief(near, votes) for near, _, votes in explained]),
        nearer_below=np.array([_nearer_below(*each) for each in explained]),
        far_below=np.array([_far_below(*each, height) for each in explained]) * travels,
        between=np.where(travels, [_between(near, votes) for near, _, votes in explained], 1.0),
        rests=np.where(carries, 0.0, (weight * stands).sum(1)),
        as_picture=float(weight @ (off_as_picture(sightings) / unit_px < limit)),
        noise_px=noise,
    )


def features(
    answers: Sequence[Answer], seen: Mapping[str, Seen], prior: FocalPrior
) -> dict[str, Float[np.ndarray, " a"]]:
    """What the posterior looks at, by name; see docs/confidence.md."""
    translates = np.array([a.model.translates for a in answers], float)
    zooms = np.array([a.model.zooms for a in answers], float)
    surprise = np.array([prior.surprise(float(a.cameras.focal_px[0])) for a in answers])
    found: dict[str, np.ndarray] = {"translates x unusual lens": translates * np.minimum(surprise, MOST_SURPRISE)}
    for kind, how in seen.items():
        found |= {
            f"misfit {kind}": how.misfit,
            f"share {kind}": how.share,
            f"border {kind}": how.border,
            f"relief {kind}": how.relief,
            f"translates x noise {kind}": translates * np.log(how.noise_px),
            f"zooms x noise {kind}": zooms * np.log(how.noise_px),
        }
    for model in MOTION_MODELS:
        found[model.name] = np.array([a.model == model for a in answers], float)
    for source in seen:
        own = np.array([[a.source == source and a.chosen[0], a.chosen[1], a.chosen[2]] for a in answers], float)
        found |= {
            f"chosen {source}": own[:, 0],
            f"chosen x confidence {source}": own[:, 0] * own[:, 1],
            f"chosen x ok {source}": own[:, 0] * own[:, 2],
        }
    if len(seen) > 1:
        found["from tracks"] = np.array([a.source == "tracks" for a in answers], float)
    return found


def _moved_px(sightings: Sightings) -> Float[np.ndarray, " s"]:
    """How far each point goes between the keyframes that found it."""
    standing = np.tile(np.eye(3), (int(sightings.target.max(initial=0)) + 1, 1, 1))
    still = Cameras(
        rotation=standing,
        translation=np.zeros((len(standing), 3)),
        focal_px=np.full(len(standing), float(max(sightings.hw))),
        translates=False,
    )
    return residuals(sightings, still)[0]


def _relief(nearness: Float[np.ndarray, " s"], weight: Float[np.ndarray, " s"]) -> float:
    if len(nearness) < FEWEST:
        return 0.0
    low, middle, high = weighted_quantiles(nearness, weight, (0.16, 0.5, 0.84))
    return float(np.clip((high - low) / 2 / max(abs(middle), 1e-9), 0.0, MOST_RELIEF))


def _nearer_below(
    nearness: Float[np.ndarray, " s"], y_px: Float[np.ndarray, " s"], weight: Float[np.ndarray, " s"]
) -> float:
    """Rank correlation of how near and how low things lie (Spearman 1904, weighted); 0 where there is no relief."""
    if len(nearness) < FEWEST:
        return 0.0
    spread = np.cov(np.stack([_ranks(nearness), _ranks(y_px)]), aweights=weight, bias=True)
    return float(spread[0, 1] / max(np.sqrt(spread[0, 0] * spread[1, 1]), 1e-9))


def _ranks(values: Float[np.ndarray, " s"]) -> Float[np.ndarray, " s"]:
    """As `scipy.stats.rankdata`, whose import takes longer than all of this room's."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]


def _far_below(
    nearness: Float[np.ndarray, " s"], y_px: Float[np.ndarray, " s"], weight: Float[np.ndarray, " s"], height: int
) -> float:
    low = y_px > LOW * height
    if low.sum() < FEWEST:
        return 0.0
    far = nearness[low] <= FAR * weighted_quantiles(nearness, weight, (0.5,))[0]
    return float((weight[low] * far).sum() / max(weight[low].sum(), 1e-9))


def _between(nearness: Float[np.ndarray, " s"], weight: Float[np.ndarray, " s"]) -> float:
    if len(nearness) < FEWEST or not weight.any():
        return 1.0
    order = np.argsort(nearness)
    near = nearness[order]
    below = np.concatenate([[0.0], np.cumsum(weight[order])]) / weight.sum()
    beyond = np.searchsorted(near, PLANE * near, side="right")
    in_plane = np.where(near > 0, below[beyond] - below[:-1], 0.0)
    plane = int(np.argmax(in_plane))
    far = float(below[np.searchsorted(near, FAR * near[plane])])
    return 1.0 if far < LEAST_FAR else max(0.0, 1.0 - far - float(in_plane[plane]))
