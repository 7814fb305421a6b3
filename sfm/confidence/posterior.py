"""Which answer, and how sure: a posterior over all answers, and of each quantity the probability that it is right.

A softmax of a few weighted features (`sfm.confidence.evidence`) says how probable each answer is among the others.
Answers that agree share their probability: what all of them say is known, whichever is right. That none is right has a
probability, too; a logistic regression says it, for each quantity by itself. All weights are fitted to rendered clips
whose truth is known (`benchmarks/confidence.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float

from sfm.confidence.evidence import Answer, Seen, features, inside_out, seen_by
from sfm.confidence.missed_zoom import missed_zoom
from sfm.confidence.sightings import Cameras, Sightings
from sfm.confidence.weights import POSTERIOR, QUANTITIES
from sfm.geometry.problem import FocalPrior
from sfm.geometry.projection import camera_centres
from sfm.types import Solved

SURE = 0.6
"""A quantity is sure from this probability on."""
TURN_DEG, TURN_SHARE = 1.5, 0.15
"""Two rotations agree within this angle, or within this share of it."""
STANDS, NEARLY_STANDS = 0.02, 0.04
"""A way below the first, in scene depths, is none, and agrees with one below the second."""
DIRECTION_DEG, TIMES = 30.0, 3.0
"""Two ways agree in direction within this angle, and in length within this factor."""
ZOOM, ZOOM_SHARE = 0.05, 0.2
"""Two zooms agree within this log ratio, or within this share of it."""
SAME_MASS = 0.02
"""Of answers whose followers are equally many up to this, the most probable one stands for them."""
OPPOSED_ZOOM, OPPOSED_WAY, OPPOSED_AXIAL = 0.1, 0.04, 0.5
"""A zoom (its log) opposes a way of so many scene depths along the axis, where that is so much of the whole way."""
FAR_FOCAL = 1.25
"""A focal length 3.5 times the usual one, or so much below it, lies at the end of what is tried: a lens, or something
flat that slides by and looks as from infinitely far. On no real clip told rightly this logarithm is more than 1.1."""
FILM, SAYS, USUAL = 0.4, 0.575, 0.75
"""Of film less is explained than of what is rendered, right or wrong (movers, water, blur): from the first share on it
says as much as the second, to which the weights were fitted, and up to the third, which was usual then, more of it says
half as much as there. A choice: of 264 estimates of real and generated clips those that explain .4 to .9 are all right
equally often; of rendered ones .6 are at .5, and .85 at .9."""
RIGID_SHARE = 0.3
"""Where the best answer explains this share of the content, something rigid was filmed for sure, and for nothing it was
not: a rule, no calibration, since no clip that was rendered is without a scene. The real clips that were told rightly
are at 0.31 or more."""
COVERED = 4.0
"""What covers what counts so much for the answers that go the way that it tells, and against those that go the opposite
one, times the balance of its votes: a balance that decides (`dolly_zoom.SURE`) makes the first seven times as likely.
A choice: of the rendered clips on which more than ten votes fell, the balance was right on all."""
FAR_BELOW = 8.0
"""What an answer leaves infinitely far low in the picture (`Seen.far_below`) counts so much against it: one and a half
for a fifth of it. A choice: it is .00 to .05 for 40 real clips that travel and .2 to .6 for things that pass by."""
RESTS = 20.0
"""What rests in the picture though an answer would have it move (`Seen.rests`) counts so much against it: two for a
tenth of the content. A choice: it is 0 for all 12 real clips that turn or zoom, and .02 to .5 where a ground rests
below a sky that moves."""
MISSED_ZOOM = 100.0
"""What an answer that travels misses of a zoom (`missed_zoom`) counts so much against it: two for a fiftieth of the
content. A choice."""
SURE_OF_ITSELF = 0.5
"""Tracks that chose a model by themselves and are more than even sure of it are not overruled by another of their own
models: that may see more in blur or in what moves by itself, where the law of their choice asks what it is worth."""
QUANTITY_NAMES = ("rotation", "translation", "zoom")
"""In the order of `agreement`."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """What an answer says of the motion: relative to the first keyframe, its way in scene depths."""

    rotation: Float[np.ndarray, "k 3 3"]
    way: Float[np.ndarray, "k 3"]
    log_zoom: Float[np.ndarray, " k"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """The answers, weighed.

    Attributes:
        answers: all of them.
        probability: of each among them.
        best: number of the one that stands for the most probable motion.
        agree: whether, were the first one true, what the second one says of rotation, translation and zoom is right.
        quantity: probability that what it says of each quantity is right.
        turned: whether it goes the way that what covers what tells, against what the residuals took first.
        features, seen: what was looked at, for the calibration.
        lens: what was known of the focal length.
    """

    answers: tuple[Answer, ...]
    probability: Float[np.ndarray, " a"]
    best: int
    agree: Bool[np.ndarray, "a a 3"]
    quantity: Mapping[str, float]
    features: Mapping[str, Any]
    seen: Mapping[str, Seen]
    lens: FocalPrior
    turned: bool = False

    @property
    def answer(self) -> Answer:
        """The best."""
        return self.answers[self.best]

    @property
    def follows(self) -> Bool[np.ndarray, "a 3"]:
        """Whether, were each one true, what the best says of rotation, translation and zoom is right."""
        return self.agree[:, self.best]

    @property
    def focal_apart_log(self) -> float:
        """How far the focal lengths of all answers lie from that of the best: root mean square of the log ratio. One
        at the end of what was tried may lie as far from the usual one as it was found."""
        focal = np.log([a.cameras.focal_px[0] for a in self.answers])
        apart = np.sqrt(self.probability @ (focal - focal[self.best]) ** 2)
        unusual_log = self.lens.unusual(float(self.answer.cameras.focal_px[0]))
        return float(np.hypot(apart, unusual_log if unusual_log > FAR_FOCAL else 0.0))

    def times(self, factor: float, quantities: Iterable[str]) -> "Judged":
        """What it says of some quantities, or of "all", so much less probably right."""
        less = {name: float(factor * self.quantity[name]) for name in quantities}
        return replace(self, quantity={**self.quantity, **less})

    def with_odds(self, factor: float) -> "Judged":
        """The odds of its rotation times a factor; those of all together, which hang on more, times its root."""
        quantity = dict(self.quantity)
        for name, times in (("rotation", factor), ("all", factor**0.5)):
            quantity[name] = of_log_odds(log_odds(quantity[name]) + np.log(times))
        return replace(self, quantity=quantity)

    def rivals(self, least: float) -> list[int]:
        """One answer for each other motion whose followers together have at least this probability, likeliest first."""
        left = ~self.follows.all(1)
        found: list[int] = []
        while left.any():
            best = int(np.argmax(np.where(left, self.probability, -1.0)))
            with_it = np.asarray(left & self.agree[:, best].all(1))
            with_it[best] = True
            if self.probability[with_it].sum() >= least:
                found.append(best)
            left &= ~with_it
        return found


def judge(
    answers: Sequence[Answer], seen: Mapping[str, Seen], prior: FocalPrior, covered: tuple[int, float] | None = None
) -> Judged:
    """Weigh the answers by how they fare with what was seen ("tracks", "flow", or both).

    Args:
        answers: of one clip, all at the same keyframes.
        seen: how they fare.
        prior: what was known of the focal length.
        covered: number of the answer that what covers what turned inside out, and the balance of the votes (0..1).
    """
    found = features(answers, seen, prior)
    kind = "+".join(seen)
    score = sum(POSTERIOR[kind].get(name, 0.0) * value for name, value in found.items())
    motions = [motion_of(a.cameras) for a in answers]
    side = np.zeros(len(answers)) if covered is None else same_side([each.way for each in motions], covered[0])
    missed = missed_zoom(answers, seen)
    against = MISSED_ZOOM * missed + RESTS * rests(seen)
    by_choice = by_rules(seen, side, 0.0 if covered is None else covered[1]) - against
    weight = score + by_choice
    probability = np.exp(weight - weight.max())
    probability /= probability.sum()
    agree = np.array([[agreement(one, other) for other in motions] for one in motions])
    best = held_to(most_probable(probability, agree), answers, against)
    shared = shared_by(probability, agree, best)
    facts = facts_of(best, answers, seen, prior)
    return Judged(
        answers=tuple(answers),
        probability=probability,
        best=best,
        agree=agree,
        quantity={
            **{q: calibrated(kind, q, share, facts) for q, share in shared.items()},
            "rigid": min(1.0, max(float(how.share.max()) for how in seen.values()) / RIGID_SHARE),
        },
        features={"answers": found, "by rules": by_choice, "shared": shared, "facts": facts, "kind": kind},
        seen=seen,
        lens=prior,
        turned=bool(side[best] > 0),
    )


def weigh(
    answers: Sequence[Answer], sightings: Mapping[str, Sightings], prior: FocalPrior, by_flow: Solved | None
) -> Judged:
    """Weigh the answers by what was seen.

    Args:
        answers: of one clip, all at the same keyframes.
        sightings: "tracks", "flow", or both; a kind that saw nothing twice at these keyframes is not asked.
        prior: what was known of the focal length.
        by_flow: what the flow chose by itself, where it was asked.
    """
    seen = {kind: seen_by(each, answers) for kind, each in sightings.items() if len(each.anchor)}
    return judge(answers, seen, prior, None if by_flow is None else inside_out(answers, by_flow))


def by_rules(seen: Mapping[str, Seen], side: Float[np.ndarray, " a"], balance: float) -> Float[np.ndarray, " a"]:
    """What speaks for each answer by choice and not by a fit: what rests low in the picture, and what covers what.

    Args:
        seen: how the answers fare.
        side: of each, as in `same_side`.
        balance: of the votes of what covers what.
    """
    return COVERED * balance * side - FAR_BELOW * far_below(seen)


def far_below(seen: Mapping[str, Seen]) -> Float[np.ndarray, " a"]:
    """Of what each answer explains low in the picture, the share that it leaves infinitely far: mean of all kinds."""
    return np.mean([how.far_below for how in seen.values()], axis=0)


def rests(seen: Mapping[str, Seen]) -> Float[np.ndarray, " a"]:
    """Of the content, what rests in the picture though each answer would have it move: by the kind that sees most."""
    return np.max([how.rests for how in seen.values()], axis=0)


def most_probable(probability: Float[np.ndarray, " a"], agree: Bool[np.ndarray, "a a 3"]) -> int:
    """The number of the answer that stands for the most probable motion.

    Those stand together of which each is right if the other is. One way is not enough: a short way is nearly rest where
    rest is true, so that a camera at rest would be followed by all that are not, however improbable it is itself.

    Args:
        probability: of each answer among them.
        agree: of the first, were it true, and of the second, as in `Judged`.
    """
    mass = (agree & agree.transpose(1, 0, 2)).all(2) @ probability
    return int(np.argmax(np.where(mass > mass.max() - SAME_MASS, probability, -1.0)))


def held_to(best: int, answers: Sequence[Answer], against: Float[np.ndarray, " a"]) -> int:
    """The best answer; where it is one of the tracks, their own choice if they are sure of that (`SURE_OF_ITSELF`), and
    neither miss a zoom by it that the best one has, nor move what rests.

    Flow that nothing else stands beside is held to its own choice, sure or not: as many of its answers are right as
    by the posterior's choice, and right and wrong ones are told apart better (docs/confidence.md).

    Args:
        best: its number.
        answers: all of them.
        against: of each, what it misses of a zoom and what it would move though it rests.
    """
    source = answers[best].source
    alone = all(each.source == "flow" for each in answers)
    own = (number for number, each in enumerate(answers) if each.source == source and each.chosen[0])
    number = next(own, best)
    sure = source == "tracks" and answers[number].chosen[1] > SURE_OF_ITSELF and against[number] <= against[best]
    return number if sure or alone else best


def shared_by(probability: Float[np.ndarray, " a"], agree: Bool[np.ndarray, "a a 3"], best: int) -> dict[str, float]:
    """The probability of what an answer says of each of `QUANTITY_NAMES`, and of "all" of them together.

    Args:
        probability: of each answer among them.
        agree: as in `Judged`.
        best: number of the answer.
    """
    right = agree[:, best]
    shared = {name: float(probability @ right[:, i]) for i, name in enumerate(QUANTITY_NAMES)}
    return shared | {"all": float(probability @ right.all(1))}


def log_odds(share: float) -> float:
    """Of a probability, one of nothing or of everything held off."""
    share = float(np.clip(share, 0.01, 0.99))
    return float(np.log(share / (1.0 - share)))


def of_log_odds(score: float) -> float:
    """The probability that has them."""
    return float(1.0 / (1.0 + np.exp(-score)))


def calibrated(kind: str, quantity: str, share: float, facts: Mapping[str, float]) -> float:
    """The probability that a quantity is right, from that of the answers that agree on it and what else is known."""
    weights = QUANTITIES[kind][quantity]
    score = weights["bias"] + weights["shared"] * log_odds(share)
    score += sum(weights.get(name, 0.0) * value for name, value in facts.items())
    return of_log_odds(score)


def facts_of(best: int, answers: Sequence[Answer], seen: Mapping[str, Seen], prior: FocalPrior) -> dict[str, float]:
    """What bears on whether an answer is right, whatever its rivals.

    Args:
        best: its number.
        answers, seen, prior: as for `judge`.
    """
    motion = motion_of(answers[best].cameras)
    start, end = farthest(motion.way)
    step, zoom = motion.way[end] - motion.way[start], float(motion.log_zoom[end] - motion.log_zoom[start])
    along, length = float(step[2]), float(np.linalg.norm(step))
    against = max(OPPOSED_WAY, OPPOSED_AXIAL * length)
    opposed = zoom * along < 0 and abs(zoom) > OPPOSED_ZOOM and abs(along) > against
    found = {
        "noise": max(float(np.log(how.noise_px)) for how in seen.values()),
        "share": of_film(min(float(how.share[best]) for how in seen.values())),
        "border": of_film(min(float(how.border[best]) for how in seen.values())),
        "translates": float(answers[best].model.translates),
        "axial": abs(along) / length if length > 0.01 else 0.0,
        "opposed": float(opposed),
        "unusual focal": min(prior.unusual(float(answers[best].cameras.focal_px[0])), 1.0),
    }
    for source in seen:
        chosen = (a.chosen for a in answers if a.source == source and a.chosen[0])
        _, confidence, ok = next(chosen, (False, 0.0, False))
        found |= {f"ok {source}": float(ok), f"confidence {source}": confidence}
    return found


def of_film(share: float) -> float:
    """The share of a rendered clip that would say as much as a share of the content that is explained (`FILM`)."""
    return float(np.interp(share, (0.0, FILM, USUAL, 1.0), (0.0, SAYS, USUAL, 1.0)))


def motion_of(cameras: Cameras) -> Motion:
    """Relative to the first camera, the way in median scene depths."""
    rotation = cameras.rotation[0] @ cameras.rotation.transpose(0, 2, 1)
    centre = camera_centres(cameras.rotation, cameras.translation)
    way = (centre - centre[0]) @ cameras.rotation[0].T * cameras.nearness
    return Motion(
        rotation=rotation,
        way=way if cameras.translates else np.zeros_like(way),
        log_zoom=np.log(cameras.focal_px / cameras.focal_px[0]),
    )


def agreement(one: Motion, other: Motion) -> Bool[np.ndarray, " 3"]:
    """Whether another motion says the same of rotation, translation and zoom, within what `one` does.

    What it does is told by the two keyframes that are farthest apart, not by how far it goes from the first: a path
    that goes to and fro is as long wherever it is cut.
    """
    back = one.rotation.transpose(0, 2, 1)
    turn = _angle_deg(back[:, None] @ one.rotation).max()
    apart = _angle_deg(back @ other.rotation).max()
    zoom = np.abs(one.log_zoom - other.log_zoom).max()
    return np.array(
        [
            apart <= max(TURN_DEG, TURN_SHARE * turn),
            _same_way(one.way, other.way),
            zoom <= max(ZOOM, ZOOM_SHARE * np.ptp(one.log_zoom)),
        ]
    )


def _apart(way: Float[np.ndarray, "k 3"]) -> Float[np.ndarray, "k k"]:
    return np.linalg.norm(way[:, None] - way, axis=2)


def farthest(way: Float[np.ndarray, "k 3"]) -> tuple[int, int]:
    """The two keyframes between which a camera is farthest apart, the earlier one first."""
    start, end = np.unravel_index(int(np.argmax(_apart(way))), (len(way), len(way)))
    return int(start), int(end)


def same_side(ways: Sequence[Float[np.ndarray, "k 3"]], of: int) -> Float[np.ndarray, " a"]:
    """1 for ways on the same side as that of one of them, -1 for those on the opposite one, 0 for those that rest."""
    start, end = farthest(ways[of])
    steps = np.stack([way[end] - way[start] for way in ways])
    travels = np.linalg.norm(steps, axis=1) >= STANDS
    return np.where(travels, np.sign(steps @ steps[of]), 0.0)


def _same_way(one: Float[np.ndarray, "k 3"], other: Float[np.ndarray, "k 3"]) -> bool:
    start, end = farthest(one)
    step, said = one[end] - one[start], other[end] - other[start]
    length, told = float(np.linalg.norm(step)), float(np.linalg.norm(said))
    longest = float(_apart(other).max())
    if length < STANDS:
        return longest < NEARLY_STANDS
    if longest < 0.01 or told < 1e-9:
        return False
    along = float(step @ said) / (length * told)
    return bool(along > np.cos(np.radians(DIRECTION_DEG)) and 1 / TIMES < told / length < TIMES)


def _angle_deg(rotation: Float[np.ndarray, "*k 3 3"]) -> Float[np.ndarray, "*k"]:
    return np.degrees(np.arccos(np.clip((np.trace(rotation, axis1=-2, axis2=-1) - 1) / 2, -1, 1)))
