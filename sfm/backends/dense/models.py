"""The five motion models fitted to one graph of flow, each with a focal length of its own and the same care."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sfm.backends.dense.adjustment import TESTIFIES, adjust, held_out_residual_px, noise_scale, residual_px
from sfm.backends.dense.depth_prior import start_of
from sfm.backends.dense.graph import DenseParameters, FlowGraph, still
from sfm.backends.dense.normal import SHARED, Freedom
from sfm.backends.dense.starts import along_the_axis, chained_directions, chained_turns, mirrored, refocused
from sfm.flow.information import LEAST_SIGMA_PX
from sfm.geometry.problem import FocalPrior
from sfm.geometry.projection import camera_centres
from sfm.motion.consensus import ranked
from sfm.types import FULL, FULL_ZOOM, ROTATION, ROTATION_ZOOM, STATIC, MotionModel

ROUGH_KERNELS, ROUGH_STEPS, ROUGH_TOLERANCE = (40.0, 16.0), 8, 1e-2
FREED_KERNELS = (16.0, 8.0)
FOCAL_FACTORS = (1.0, 1.6, 1 / 1.6)
"""The best starts are tried with other focal lengths too: a lens far from the usual one is found from no nearer."""
ROUGH_EVERY = 3
"""The search for a start looks at every third patch."""
KERNELS, STEPS = (8.0, 4.0), 10
"""Kernels in units of the noise found."""
TURN_KERNELS = (40.0, 12.0, 4.0)


BEST_STARTS = 2
"""So many are followed to the end."""
SPARES_ONE = 3
"""A patch that is seen in so many keyframes is judged without the worst of them."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class DenseFit:
    """A motion model fitted to the flow between keyframes.

    Attributes:
        model: what may move.
        parameters: of the keyframes.
        cost: robust, in units of the noise.
        scale: of the kernel, standard deviations: noise over what the patches promise.
        patch_residual_px: of every patch in every slot, NaN where it does not testify, inf behind the camera.
        patch_votes: how much each patch testifies: its places, each by what it knows of the best that one can know.
        start: where the fit began, in words.
    """

    model: MotionModel
    parameters: DenseParameters
    cost: float
    scale: float
    patch_residual_px: Float[np.ndarray, "k m p"]
    patch_votes: Float[np.ndarray, "k p"]
    start: str

    @property
    def residual_px(self) -> Float[np.ndarray, "t m"]:
        """One patch of one keyframe a row, those with a vote; the worst of three or more places is left out."""
        rows = self.patch_residual_px.transpose(0, 2, 1)[self.patch_votes > 0]
        rows = np.sort(rows, axis=1)  # NaN last
        seen = (~np.isnan(rows)).sum(1)
        many = np.flatnonzero(seen >= SPARES_ONE)
        rows[many, seen[many] - 1] = np.nan
        return rows

    def votes(self) -> Float[np.ndarray, " t"]:
        """Patches count by their information: bare surfaces follow grain and blocks of the codec: static, they say."""
        return self.patch_votes[self.patch_votes > 0]

    def nearness(self) -> Float[np.ndarray, " t"]:
        """Inverse depth of each patch."""
        return self.parameters.inverse_depth.cpu().numpy().astype(float)[self.patch_votes > 0]

    @property
    def log_zoom(self) -> Float[np.ndarray, " k"]:
        """Log focal length of each keyframe over that of the first."""
        return self.parameters.zoom.cpu().numpy()

    def forward(self) -> float:
        """Way of the last camera along the axis of the first, in scene depths."""
        centre = camera_centres(self.parameters.rotation[-1], self.parameters.translation[-1])
        return float(centre[2]) * float(self.parameters.inverse_depth.median())


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Lens:
    """What is known of the lens.

    Attributes:
        focal: prior of the focal length.
        undistortion: κ, where the fits begin.
        radial: whether κ is fitted.
    """

    focal: FocalPrior
    undistortion: float = 0.0
    radial: bool = False

    def freedom(self, model: MotionModel, *, scale: float = 1.0, held: bool = False) -> Freedom:
        """What a model may move.

        Args:
            model: the model.
            scale: noise found, in standard deviations.
            held: the lens stays as it is.
        """
        focal = replace(self.focal, sigma=0.0) if held else self.focal
        return Freedom(model=model, focal=focal, radial=self.radial and not held, shared=SHARED * scale**2)


def fit_models(
    graph: FlowGraph,
    lens: Lens,
    unit_px: float = 1.0,
    *,
    begin: DenseParameters | None = None,
    given: Sequence[tuple[str, DenseParameters]] = (),
    search: bool = True,
) -> list[DenseFit]:
    """All five models, in the order of `MOTION_MODELS`.

    Args:
        graph: flow between keyframes.
        lens: what is known of it.
        unit_px: length of one pixel of a 640-pixel frame.
        begin: where full motion begins; found among several starts where None.
        given: such starts, with their names.
        search: whether directions of translation are searched for, too.
    """
    rest = _at_rest(graph, lens)
    far = replace(rest, inverse_depth=torch.zeros_like(rest.inverse_depth))
    if graph.nearness is not None:
        rest = replace(rest, inverse_depth=start_of(graph.nearness))
    fits = [_fitted(STATIC, far, graph, lens, "still")]
    for model in (ROTATION, ROTATION_ZOOM):
        turned = chained_turns(far, graph, zoom=model.zooms)
        fits.append(_fitted(model, turned, graph, lens, "turns of neighbours"))
    if begin is None:
        starts = [*given, *(chained_directions(rest, graph) if search else ())]
        starts.append(("turn alone", replace(fits[1].parameters, inverse_depth=rest.inverse_depth)))
        full = _best_full(graph, lens, starts, fits, unit_px)
    else:
        full = _or_mirrored(_fitted(FULL, begin, graph, lens, "the scene"), graph, lens, fits, unit_px)
    zoomed = replace(fits[2].parameters, inverse_depth=rest.inverse_depth)
    both = [
        _fitted(FULL_ZOOM, full.parameters, graph, lens, "full motion"),
        _fitted(FULL_ZOOM, zoomed, graph, lens, "turn and zoom"),
        *fits_along_the_axis(graph, lens),
    ]
    return [*fits, full, ranked(both, unit_px, fits)[0]]


def fits_along_the_axis(graph: FlowGraph, lens: Lens) -> list[DenseFit]:
    """Full motion and zoom from ways along the axis, there and back: dolly zooms, which no other start is near to."""
    rest = _at_rest(graph, lens)
    names = {1: "back along the axis", -1: "along the axis"}
    return [_fitted(FULL_ZOOM, along_the_axis(rest, graph, s), graph, lens, name) for s, name in names.items()]


def _at_rest(graph: FlowGraph, lens: Lens) -> DenseParameters:
    """Cameras that stand still before a scene at depth 1."""
    k, _, p = graph.weight.shape
    rest = still(k, k, p, lens.focal.focal_px, graph.device)
    return replace(rest, undistortion=torch.full_like(rest.undistortion, lens.undistortion))


def _best_full(
    graph: FlowGraph,
    lens: Lens,
    starts: Sequence[tuple[str, DenseParameters]],
    turned: Sequence[DenseFit],
    unit_px: float,
) -> DenseFit:
    """Full motion from the starts whose rough fits cost least, or from the mirrored twin of the best.

    Not the cost decides in the end but how much of the content agrees, movers that a free depth explains left out: by
    cost a large crossing vehicle makes the camera that takes it for something near.
    """
    few = torch.arange(0, graph.weight.shape[2], ROUGH_EVERY, device=graph.device)
    thin = [replace(start, inverse_depth=start.inverse_depth[:, few]) for _, start in starts]
    held = roughly(thin, graph.patches(few), lens.freedom(FULL, held=True), ROUGH_KERNELS)
    if not lens.focal.given:
        lenses = [(i, refocused(found, factor)) for i, found in held[:BEST_STARTS] for factor in FOCAL_FACTORS]
        freed = roughly([each for _, each in lenses], graph.patches(few), lens.freedom(FULL), FREED_KERNELS)
        held = [(lenses[i][0], found) for i, found in freed]
    fits: list[DenseFit] = []
    for i, found in held[:BEST_STARTS]:
        depth = starts[i][1].inverse_depth.clone()
        depth[:, few] = found.inverse_depth
        fits.append(_fitted(FULL, replace(found, inverse_depth=depth), graph, lens, starts[i][0]))
    return _or_mirrored(ranked(fits, unit_px, turned)[0], graph, lens, turned, unit_px)


def _or_mirrored(best: DenseFit, graph: FlowGraph, lens: Lens, turned: Sequence[DenseFit], unit_px: float) -> DenseFit:
    """A full motion or its mirrored twin, whichever more of the content agrees with."""
    twin = _fitted(FULL, mirrored(best.parameters), graph, lens, f"mirrored {best.start}")
    return ranked([best, twin], unit_px, turned)[0]


def roughly(
    starts: Sequence[DenseParameters], graph: FlowGraph, freedom: Freedom, kernels: tuple[float, ...]
) -> list[tuple[int, DenseParameters]]:
    """Each start adjusted a little, with its number, the cheapest first."""
    tried: list[tuple[float, int, DenseParameters]] = []
    for i, start in enumerate(starts):
        found, left = adjust(start, graph, freedom, kernels, iterations=ROUGH_STEPS, tolerance=ROUGH_TOLERANCE)
        tried.append((left, i, found))
    return [(i, found) for _, i, found in sorted(tried, key=lambda each: each[:2])]


def _fitted(model: MotionModel, start: DenseParameters, graph: FlowGraph, lens: Lens, origin: str) -> DenseFit:
    """A model adjusted, first with the focal length held, then free, under kernels in units of the noise found."""
    parameters = start
    if model.rotates and not model.translates:
        parameters, _ = adjust(parameters, graph, lens.freedom(model), TURN_KERNELS, iterations=STEPS)
    elif model.translates:
        scale = noise_scale(parameters, graph)
        parameters, _ = adjust(
            parameters, graph, lens.freedom(model, held=True), (KERNELS[0] * scale,), iterations=STEPS
        )
    scale = noise_scale(parameters, graph)
    free = lens.freedom(model, scale=scale)
    parameters, left = adjust(parameters, graph, free, tuple(k * scale for k in KERNELS), iterations=STEPS)
    left_px = residual_px(parameters, graph)
    if model.translates:
        left_px = held_out_residual_px(parameters, graph, free, KERNELS[-1] * scale)
    return DenseFit(
        model=model,
        parameters=parameters,
        cost=left,
        scale=scale,
        patch_votes=votes_of(graph).cpu().numpy().astype(float),
        patch_residual_px=left_px.cpu().numpy().astype(float),
        start=origin,
    )


def votes_of(graph: FlowGraph) -> Float[Tensor, "k p"]:
    """Sum over the places of a patch of their information, in units of the most that a place can have."""
    known = (graph.root**2).sum(2) / 2.0 * LEAST_SIGMA_PX**2
    return (torch.where(graph.weight > TESTIFIES, graph.weight, 0.0) * known).sum(1)
