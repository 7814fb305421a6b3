"""The scores of a pair over all that its estimates leave open: medians, and 5 to 95 %."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Float

from compare import metrics
from compare.depth_scales import DepthScale
from compare.draws import Draws, drawn, is_one_path
from compare.laid import Laid, Two, lay_out_each, lay_out_together
from compare.metrics import Metric
from compare.pair_scores import metric_of, scores_of
from compare.protocols import Protocol
from compare.rows import PairScores, Score
from trajectory.errors import CinetrajError
from trajectory.posterior import Posterior

LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95
SAME = "both are one and the same path: what it may be off is off on both sides"
MOST_UNDEFINED = 0.5
"""A metric that is undefined in a larger share of the draws has no interval."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """What is known of both clips of a pair.

    Attributes:
        reference, generated: the answers that are possible.
        depth_scale: metres per unit of both paths, for protocols with a metric scale.
    """

    reference: Posterior
    generated: Posterior
    depth_scale: DepthScale | None = None


def score_posteriors(
    reference: Posterior,
    generated: Posterior,
    protocol: Protocol,
    *,
    depth_scale: DepthScale | None = None,
    seed: int = 0,
) -> PairScores:
    """Scores as `score_poses` gives them; where an estimate has alternatives or a spread, over `Protocol.draws` draws.

    The value of a metric is then its median, with the interval beside it. What all answers share is known.

    Raises:
        CinetrajError: as `score_poses`, of the most probable answers; a less probable one that cannot be compared is
            left out.
    """
    pair = Candidates(reference=reference, generated=generated, depth_scale=depth_scale)
    (found,) = score_posteriors_each((pair,), protocol, seed=seed)
    if isinstance(found, CinetrajError):
        raise found
    return found


def score_posteriors_each(
    each: Sequence[Candidates], protocol: Protocol, *, seed: int = 0
) -> list[PairScores | CinetrajError]:
    """`score_posteriors` of many, whose most probable answers are compared together; what it raises is returned."""
    groups, failed = lay_out_together([_best(pair) for pair in each], protocol)
    found: dict[int, PairScores | CinetrajError] = {**failed}
    for group in groups:
        for i, laid, scores in zip(group.rows, group.laid, scores_of(group), strict=True):
            found[i] = scores if isinstance(scores, CinetrajError) else _over_posterior(scores, laid, each[i], seed)
    return [found[i] for i in range(len(each))]


def _best(pair: Candidates) -> Two:
    return Two(reference=pair.reference.best, generated=pair.generated.best, depth_scale=pair.depth_scale)


def _over_posterior(scores: PairScores, best: Laid, pair: Candidates, seed: int) -> PairScores:
    """The scores of the most probable answers, with intervals where there is more to them."""
    protocol = best.comparison.protocol
    if protocol.draws == 0 or not (pair.reference.spreads or pair.generated.spreads):
        return scores
    note = _one_sided(pair)
    if is_one_path(best):
        note = (SAME,)
        if len(pair.reference.trajectories) == len(pair.generated.trajectories) and _every_answer(pair, protocol):
            return replace(scores, notes=(*scores.notes, *note))
    parts = [drawn(laid, count, seed=seed) for laid, count in _shared_out(best, pair)]
    dropped, charged = dict(scores.dropped), dict(scores.charged)
    for metric in [metric_of(name) for name in protocol.metrics]:
        if metric.spread == "none" or dropped[metric.name].value is charged[metric.name].value is None:
            continue
        both = [_values(part, metric) for part in parts]
        dropped[metric.name] = _with_interval(dropped[metric.name], _weighted([v for v, _ in both], parts))
        if any(more is not plain for plain, more in both):
            charged[metric.name] = _with_interval(charged[metric.name], _weighted([v for _, v in both], parts))
        else:  # no point is charged, so that both are one score
            charged[metric.name] = dropped[metric.name]
    return replace(scores, dropped=dropped, charged=charged, notes=(*scores.notes, *note))


def _every_answer(pair: Candidates, protocol: Protocol) -> bool:
    """Whether all that is known of both is the same, as of a run against itself."""
    others = zip(pair.reference.trajectories[1:], pair.generated.trajectories[1:], strict=True)
    twos = [Two(reference=a, generated=b, depth_scale=pair.depth_scale) for a, b in others]
    return all(isinstance(each, Laid) and is_one_path(each) for each in lay_out_each(twos, protocol))


def _one_sided(pair: Candidates) -> tuple[str, ...]:
    """What to say where one side alone tells how far it may be off."""
    if pair.reference.spreads == pair.generated.spreads:
        return ()
    told, silent = ("reference", "generated clip") if pair.reference.spreads else ("generated clip", "reference")
    return (f"intervals hold the errors of the {told} alone: nothing says how far the {silent} may be off",)


def _weighted(values: list[np.ndarray], parts: list[Draws]) -> Float[np.ndarray, " m"]:
    """The values of all candidates together, each as often as its probability says."""
    each = [v if part.weight == 1 else np.repeat(v, part.weight) for v, part in zip(values, parts, strict=True)]
    return each[0] if len(each) == 1 else np.concatenate(each)


def _shared_out(best: Laid, pair: Candidates) -> Iterator[tuple[Laid, int]]:
    """Each pair of candidates that can be compared, with its share of the draws: at equal steps of the probability."""
    protocol, reference, generated = best.comparison.protocol, pair.reference, pair.generated
    if len(reference.trajectories) == len(generated.trajectories) == 1:
        yield best, protocol.draws
        return
    pairs = [(a, b) for a in range(len(reference.trajectories)) for b in range(len(generated.trajectories))]
    others = [
        Two(reference=reference.trajectories[a], generated=generated.trajectories[b], depth_scale=pair.depth_scale)
        for a, b in pairs[1:]
    ]
    # The probability of what cannot be compared goes to the others.
    tried = enumerate((best, *lay_out_each(others, protocol)))
    laid = {k: each for k, each in tried if isinstance(each, Laid)}
    both = [(reference.probability[pairs[k][0]], generated.probability[pairs[k][1]]) for k in laid]
    share: np.ndarray = np.array(both).prod(1)
    levels = (np.arange(protocol.draws) + 0.5) / protocol.draws * share.sum()
    chosen = np.minimum(np.searchsorted(np.cumsum(share), np.asarray(levels)), len(share) - 1)
    for each, count in zip(laid.values(), np.bincount(chosen, minlength=len(share)).tolist(), strict=True):
        if count:
            yield each, count


def _values(draws: Draws, metric: Metric) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """The metric of each draw, without and with the charges for points that have no pose."""
    protocol, pair = draws.comparison.protocol, draws.comparison.pair
    how = metric.how(protocol)
    if metric.over_draws is None:
        return _one_by_one(draws, metric)
    found = metric.over_draws(draws)
    if found.ndim == 1:
        return found, found
    plain = _aggregate(found, pair.scored, how)
    worst = metric.worst_under(protocol)
    if worst is None or not pair.charged.any():
        return plain, plain
    return plain, _aggregate(np.where(pair.charged[:, None], worst, found), pair.scored | pair.charged, how)


def _aggregate(errors: Float[np.ndarray, "k m"], where: np.ndarray, how: str) -> Float[np.ndarray, " m"]:
    """Sum, mean or root mean square over the points of each draw; points without an error are left out."""
    found = errors if where.all() else errors[where]
    found = found**2 if how == "rmse" else found
    total = found.sum(0, dtype=np.float64)
    if not np.isnan(total).any():
        if how == "sum":
            return total
        return np.sqrt(total / len(found)) if how == "rmse" else total / len(found)
    known = ~np.isnan(found)
    total, count = np.where(known, found, 0.0).sum(0, dtype=np.float64), known.sum(0)
    if how == "sum":
        return np.where(count > 0, total, np.nan)
    mean = total / np.where(count > 0, count, np.nan)
    return np.sqrt(mean) if how == "rmse" else mean


def _one_by_one(draws: Draws, metric: Metric) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """A metric that looks at one pair at a time, or that is made of others."""
    protocol = draws.comparison.protocol
    rows: list[tuple[float, float]] = []
    for number in range(draws.angle.shape[1]):
        one = draws.one(number)
        if metric.compute is not None:
            score = metric.compute(one)
            more = metrics.charge(score, one.pair.charged, metric.how(protocol))
        else:
            assert metric.combine is not None
            parts = {name: metric_of(name) for name in metric.parts}
            plain = {name: part.compute(one) for name, part in parts.items() if part.compute is not None}
            with_charges = {
                name: metrics.charge(score, one.pair.charged, parts[name].how(protocol))
                for name, score in plain.items()
            }
            score, more = metric.combine(plain), metric.combine(with_charges)
        plain_value, charged_value = (np.nan if s.value is None else s.value for s in (score, more))
        rows.append((plain_value, charged_value))
    table = np.array(rows)
    return table[:, 0], table[:, 1]


def _with_interval(score: Score, values: Float[np.ndarray, " m"]) -> Score:
    """The score as the median of its draws; as it was where it is undefined, or where most draws are."""
    lost = np.isnan(values)
    known = values[~lost] if lost.any() else values
    if score.value is None or len(known) < (1 - MOST_UNDEFINED) * len(values):
        return score
    low, middle, high = quantiles(known, (LOW, MIDDLE, HIGH))
    return replace(score, value=middle, interval=(low, high))


def quantiles(values: Float[np.ndarray, " m"], shares: Sequence[float]) -> list[float]:
    """Quantiles such that a further draw lies below each with that very probability (Weibull's plotting positions)."""
    ordered = np.sort(values)
    last = len(ordered) - 1
    found: list[float] = []
    for share in shares:
        at = min(max(share * (len(ordered) + 1) - 1, 0.0), float(last))
        left = int(at)
        below, above = float(ordered[left]), float(ordered[min(left + 1, last)])
        found.append(below + (at - left) * (above - below))
    return found
