"""Minor moves: too small to be called by the name of a primitive, and clearly more than noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, final

import numpy as np
from jaxtyping import Float

from trajectory.components import CHANNEL_OF, CHANNELS, ROTATION, TRANSLATION, ZOOM
from trajectory.decisions import Decision
from trajectory.depth_deviation import depth_deviation
from trajectory.image_motion import ImageMotion
from trajectory.model import Trajectory
from trajectory.normal_distribution import below
from trajectory.probabilities import MOVES
from trajectory.segments import Segment

AmountUnit = Literal["scene_depth", "near_depth", "deg", "ratio"]
SIGMAS: Final = 3.0
"""Deviations of its noise that a minor move exceeds: seven components pass it by chance in one clip of fifty."""


@final
@dataclass(frozen=True, kw_only=True)
class Minor:
    """One minor move from the first to the last frame with a pose.

    Attributes:
        amount: in `unit`: share of the scene depth (of its near part, where that is what counts), degrees, or change of
            the focal ratio; positive.
        score: content displacement in image diagonals. sigma_diag: its standard deviation.
        probability: that the camera moved this way: the reliability of the component, or where that fails how often
            cameras move so (`trajectory.probabilities.MOVES`), times the chance that noise is less.
    """

    primitive: str
    amount: float
    unit: AmountUnit
    score: float
    sigma_diag: float
    probability: float


def find(
    trajectory: Trajectory,
    seen: ImageMotion,
    limits: Float[np.ndarray, " 7"],
    decisions: Mapping[str, Decision],
    segments: Sequence[Segment],
    *,
    still_diag: float,
) -> tuple[Minor, ...]:
    """Minor moves, the most visible first; none where the noise is not known.

    A component counts that is under its limit, in no segment and decided neither way, beyond what a fixed camera may
    show (`still_diag`) and beyond `SIGMAS` of its noise. Beside a translation that is decided no other one is minor: a
    camera is never aimed better than a few degrees.
    """
    if decisions["Static"].yes:
        return ()
    named = {name for name, decision in decisions.items() if decision.yes} | {s.primitive for s in segments}
    travels = any(name.startswith("Move") for name in named)
    sigma = noise_of_components(trajectory, seen)
    found: list[Minor] = []
    for channel, pair in enumerate(CHANNELS):
        score, noise = float(seen.endpoint[channel]), float(sigma[channel])
        shift = channel < TRANSLATION.stop
        if named & set(pair) or (shift and (travels or seen.unit == "path_length")):
            continue
        if not (still_diag <= abs(score) < limits[channel] and abs(score) > SIGMAS * noise):
            continue
        name = pair[0] if score > 0 else pair[1]
        amount, unit = _amount(channel, abs(score), name, seen)
        chance = below(abs(score) / noise) if noise > 0 else 1.0
        found.append(
            Minor(
                primitive=name,
                amount=amount,
                unit=unit,
                score=abs(score),
                sigma_diag=noise,
                probability=(MOVES + (1.0 - MOVES) * decisions[name].reliability) * chance,
            )
        )
    return tuple(sorted(found, key=lambda each: -each.score / limits[CHANNEL_OF[each.primitive][0]]))


def noise_of_components(trajectory: Trajectory, seen: ImageMotion) -> Float[np.ndarray, " 7"]:
    """Standard deviation of each component of the endpoint, in image diagonals; inf where nothing tells it.

    From the covariance of the last pose against the first one where the trajectory has it, else the measured noise of
    one content position, which is more than that of a component seen in many. Zoom has the latter only.
    """
    measured = seen.noise_diag if seen.noise_diag > 0 else np.inf
    sigma = np.full(7, measured)
    if trajectory.pose_covariance is None:
        return sigma
    covariance = trajectory.pose_covariance[seen.moved.frame[-1]]
    if not np.isfinite(covariance).all():
        return sigma
    if seen.unit == "scene_depth" and seen.moved.depth is not None:
        turned = seen.moved.rotation[-1]
        depth = seen.nearness * float(np.median(seen.moved.depth))
        sigma[TRANSLATION] = _deviations(turned @ covariance[:3, :3] @ turned.T) / depth * seen.weight[TRANSLATION]
    to_frame = seen.turns.from_camera
    sigma[ROTATION] = _deviations(to_frame @ covariance[3:, 3:] @ to_frame.T) * seen.weight[ROTATION]
    return sigma


def spread_of_scores(trajectory: Trajectory, seen: ImageMotion) -> Float[np.ndarray, " 7"] | None:
    """Standard deviation of each component of the endpoint, in its unit, by what the estimator tells of its poses and
    of the depth that translation is measured in; None where it tells nothing."""
    if trajectory.pose_covariance is None:
        return None
    sigma = noise_of_components(trajectory, seen)
    sigma = np.where(np.isfinite(sigma), sigma, 0.0)
    if seen.unit == "scene_depth":
        sigma[TRANSLATION] = np.hypot(sigma[TRANSLATION], depth_deviation(trajectory) * seen.endpoint[TRANSLATION])
    return sigma


def _deviations(covariance: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, " 3"]:
    return np.sqrt(np.maximum(0.0, np.diag(covariance)))


def _amount(channel: int, score: float, name: str, seen: ImageMotion) -> tuple[float, AmountUnit]:
    if channel < TRANSLATION.stop:
        return score / float(seen.weight[channel]), "near_depth" if seen.nearness < 1.0 else "scene_depth"
    natural = abs(float(seen.amount[-1, channel]))  # the lens of each step, which may zoom, has weighed the score
    if channel < ZOOM:
        return float(np.degrees(natural)), "deg"
    return float(abs(np.expm1(natural if name == "Zoom_In" else -natural))), "ratio"
