"""Units of length: what brings two paths to one, and by what a protocol divides the positions of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float

from compare.align import extent, l21_scale, least_squares_scale
from compare.depth_scales import DepthScale
from compare.motion_state import MotionState
from compare.protocols import Protocol
from compare.sampling import Pair
from trajectory.model import Scale


def common_units(pair: Pair, scales: tuple[Scale, Scale], told: DepthScale | None) -> tuple[float, float] | str:
    """Factors that bring both paths to one unit, or why there are none."""
    if told is not None:
        return told.reference, told.generated
    if scales == ("metric", "metric"):
        return 1.0, 1.0
    factors: list[float] = []
    for scale, depth in zip(scales, (pair.reference_depth, pair.generated_depth), strict=True):
        if scale == "bounded":
            factors.append(1.0)  # its positions are zero in any unit
            continue
        known = np.flatnonzero(pair.scored & np.isfinite(depth)) if depth is not None else np.empty(0, dtype=int)
        if depth is None or len(known) == 0:
            return (
                "the two have no common unit of length: neither metres nor scene depth in both; "
                "give metres per unit of each with --depth-scales"
            )
        factors.append(1.0 / float(depth[known[0]]))
    return factors[0], factors[1]


def common_extents(
    paths: tuple[np.ndarray, np.ndarray], scored: np.ndarray, units: Sequence[tuple[float, float] | str]
) -> list[tuple[float, float] | str]:
    """The largest distance of either camera from its first point, both in one unit; or why there is none."""
    found: list[tuple[float, float] | str] = [*units]
    known = [i for i, unit in enumerate(units) if not isinstance(unit, str)]
    if known:
        first = (np.arange(len(known)), scored[known].argmax(1), None)
        places = [poses[known, :, :3, 3] for poses in paths]
        sizes: list[list[float]] = [extent(x - x[first], scored[known]).tolist() for x in places]
        for i, a, b in zip(known, sizes[0], sizes[1], strict=True):
            unit = units[i]
            assert not isinstance(unit, str)
            found[i] = a * unit[0], b * unit[1]
    return found


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Scales:
    """By what the positions of each pair are divided, the unit that is left, and why there is none."""

    reference: Float[np.ndarray, " b"]
    generated: Float[np.ndarray, " b"]
    unit: Sequence[str]
    no_unit: Sequence[str]


def scales(
    paths: tuple[np.ndarray, np.ndarray],
    scored: np.ndarray,
    protocol: Protocol,
    units: Sequence[tuple[float, float] | str],
    states: Sequence[tuple[MotionState, MotionState]],
) -> Scales:
    """The protocol's scale of each pair."""
    p, q = (poses[..., :3, 3] for poses in paths)
    count, ones, none = len(scored), np.ones(len(scored)), ("",) * len(scored)
    epsilon = 0.0 if protocol.static == "guard" else protocol.epsilon
    if protocol.anchor == "gauge":
        size = extent(p, scored)
        unit = ["reference extent" if each else "unit" for each in size.tolist()]
        return Scales(reference=_or_one(size), generated=_or_one(size), unit=unit, no_unit=none)
    if protocol.scale == "none":
        unit = ["metre" if each == (1.0, 1.0) else "unit" for each in units]
        return Scales(reference=ones, generated=ones, unit=unit, no_unit=none)
    if protocol.scale == "own_extent":
        a, b = (_or_one(extent(x, scored) + epsilon) for x in (p, q))
        return Scales(reference=a, generated=b, unit=("own extent",) * count, no_unit=none)
    if protocol.scale in ("reference_extent", "common_extent"):
        return _by_the_reference(extent(p, scored), protocol, units, states, epsilon)
    if protocol.scale == "path_length":
        a, b = (_or_one(_path_lengths(x, scored) + epsilon) for x in (p, q))
        return Scales(reference=a, generated=b, unit=("own path length",) * count, no_unit=none)
    fit = l21_scale if protocol.scale == "l21" else least_squares_scale
    factor = np.array([fit(p[i, kept], q[i, kept]) for i, kept in enumerate(scored)])
    size = ones if protocol.scale == "l21" else _or_one(extent(p, scored))
    # A factor of zero leaves nothing of the generated path, as dividing by infinity does.
    divisor = np.divide(size, factor, out=np.full(count, np.inf), where=factor != 0)
    unit = "reference unit" if protocol.scale == "l21" else "reference extent"
    return Scales(reference=size, generated=divisor, unit=(unit,) * count, no_unit=none)


def _by_the_reference(
    extents: np.ndarray,
    protocol: Protocol,
    units: Sequence[tuple[float, float] | str],
    states: Sequence[tuple[MotionState, MotionState]],
    epsilon: float,
) -> Scales:
    """Both paths of each pair by the extent of the reference, in one unit of length or each in its own."""
    divisors: list[tuple[float, float]] = []
    no_unit: list[str] = []
    for own, common, state in zip(extents.tolist(), units, states, strict=True):
        factors = common if protocol.scale == "common_extent" else (1.0, 1.0)
        why = f"{factors}, or use --scale relative" if isinstance(factors, str) else ""
        size = 1.0 if isinstance(factors, str) else own * factors[0] + epsilon
        if size == 0:
            if state[1].translates:
                why = "the reference does not translate: its extent is no unit; use --scale relative"
            size = 1.0  # else both stand still: every error is zero in any unit
        no_unit.append(why)
        divisors.append((1.0, 1.0) if why or isinstance(factors, str) else (size / factors[0], size / factors[1]))
    table = np.array(divisors)
    unit = ["" if why else "reference extent" for why in no_unit]
    return Scales(reference=table[:, 0], generated=table[:, 1], unit=unit, no_unit=no_unit)


def _path_lengths(positions: np.ndarray, scored: np.ndarray) -> Float[np.ndarray, " b"]:
    kept = [x[where] for x, where in zip(positions, scored, strict=True)]
    return np.array([float(np.linalg.norm(np.diff(x, axis=0), axis=1).sum()) for x in kept])


def _or_one(sizes: np.ndarray) -> np.ndarray:
    """A path without size stays as it is."""
    return np.where(sizes == 0, 1.0, sizes)
