"""The five motion models fitted to one graph of flow, each with a focal length of its own and the same care."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sfm.backends.dense.adjustment import (
    TESTIFIES,
    adjust_all,
    costs,
    held_out_residual_px,
    noise_scales,
    place_costs,
    residual_px,
)
from sfm.backends.dense.depth_prior import start_of
from sfm.backends.dense.graph import DenseParameters, FlowGraph, still
from sfm.backends.dense.normal import SHARED, Freedom, blocks
from sfm.backends.dense.starts import along_the_axis, chained_directions, chained_turns, mirrored, refocused
from sfm.flow.information import LEAST_SIGMA_PX
from sfm.geometry.problem import FocalPrior
from sfm.geometry.projection import camera_centres
from sfm.geometry.robust import without_worst
from sfm.geometry.states import joined, taken
from sfm.motion.consensus import ranked
from sfm.processes.workers import mapped
from sfm.types import FULL, FULL_ZOOM, ROTATION, ROTATION_ZOOM, STATIC, MotionModel

ROUGH_KERNELS, ROUGH_STEPS, ROUGH_TOLERANCE = (40.0, 16.0), 8, 1e-2
FREED_KERNELS = (16.0, 8.0)
FOCAL_FACTORS = (1.0, 1.6, 1 / 1.6)
"""The best starts are tried with other focal lengths too: a lens far from the usual one is found from no nearer."""
ROUGH_EVERY = 3
"""All that is tried is fitted to every third patch; only the best of each model to all."""
KERNELS, STEPS = (8.0, 4.0), 10
"""Kernels in units of the noise found."""
TURN_KERNELS = (40.0, 12.0, 4.0)
TURNS = (STATIC, ROTATION, ROTATION_ZOOM)
DEPTHS = 8
"""So many depths of those found are offered to a patch that joins."""
BEST_STARTS = 2
"""So many are followed to the end."""


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
        return without_worst(self.patch_residual_px.transpose(0, 2, 1)[self.patch_votes > 0])

    def votes(self) -> Float[np.ndarray, " t"]:
        """Patches count by their information: bare surfaces follow grain and blocks of the codec: static, they say."""
        return self.patch_votes[self.patch_votes > 0]

    def moment(self) -> Int[np.ndarray, " t"]:
        """The keyframe of each patch."""
        return np.nonzero(self.patch_votes > 0)[0]

    def nearness(self) -> Float[np.ndarray, " t"]:
        """Inverse depth of each patch."""
        return self.parameters.inverse_depth.cpu().numpy().astype(float)[self.patch_votes > 0]

    @property
    def focal_px(self) -> float:
        """Focal length of the first keyframe."""
        return float(self.parameters.log_focal.exp())

    @property
    def log_zoom(self) -> Float[np.ndarray, " k"]:
        """Log focal length of each keyframe over that of the first."""
        return self.parameters.zoom.cpu().numpy()

    def forward(self) -> Float[np.ndarray, " k"]:
        """Way of each camera along the axis of the first, in scene depths."""
        centre = camera_centres(self.parameters.rotation, self.parameters.translation)
        return centre[:, 2].cpu().numpy() * float(self.parameters.inverse_depth.median())


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

    def freedom(self, model: MotionModel, *, scale: float | Float[Tensor, " s"] = 1.0, held: bool = False) -> Freedom:
        """What a model may move.

        Args:
            model: the model.
            scale: noise found, in standard deviations; one number for each of several states.
            held: the lens stays as it is.
        """
        focal = replace(self.focal, sigma=0.0) if held else self.focal
        return Freedom(model=model, focal=focal, radial=self.radial and not held, shared=SHARED * scale**2)


def fit_models(
    graph: FlowGraph, lens: Lens, unit_px: float = 1.0, *, begin: DenseParameters | None = None
) -> list[DenseFit]:
    """All five models, in the order of `MOTION_MODELS`.

    Args:
        graph: flow between keyframes.
        lens: what is known of it.
        unit_px: length of one pixel of a 640-pixel frame.
        begin: where full motion begins; found among several starts where None.
    """
    few = every_third(graph.patch_px)
    thin = graph.patches(few)
    rest = _at_rest(thin, lens)
    far = replace(rest, inverse_depth=torch.zeros_like(rest.inverse_depth))
    if thin.nearness is not None:
        rest = replace(rest, inverse_depth=start_of(thin.nearness))
    turned = mapped(lambda model: _fitted(model, [_turned(model, far, thin)], thin, lens)[0], TURNS)
    if begin is None:
        starts = chained_directions(rest, thin)
        starts.append(("turn alone", replace(turned[1].parameters, inverse_depth=rest.inverse_depth)))
        starts = _best_starts(thin, lens, starts)
    else:
        starts = [("the scene", begin.patches(few))]
    full = ranked(_fitted(FULL, starts, thin, lens), unit_px, turned, lens.focal)[0]
    twin = _fitted(FULL, [(f"mirrored {full.start}", mirrored(full.parameters))], thin, lens)
    full = cheapest([full, *twin], thin, lens)
    zoomed = replace(turned[2].parameters, inverse_depth=rest.inverse_depth)
    both = [("full motion", full.parameters), ("turn and zoom", zoomed), *starts_along_the_axis(thin, lens)]
    both.append(("no turn", _unturned(rest, thin, lens)))
    best = [*turned, full, ranked(_fitted(FULL_ZOOM, both, thin, lens), unit_px, turned, lens.focal)[0]]
    return mapped(lambda fit: everywhere(fit, thin, graph, lens), best)


def cheapest(fits: Sequence[DenseFit], graph: FlowGraph, lens: Lens) -> DenseFit:
    """The fit of one model that costs least under the kernel of the least noise.

    Twins are told apart by that: both explain the same content by the same relief, one of them inside out, so that what
    moves by itself is not the question, and leaving out what lies near would speak for the one that puts it far away.
    """
    scale = min(fit.scale for fit in fits)
    freedom, states = lens.freedom(fits[0].model, scale=scale), stacked([fit.parameters for fit in fits])
    return fits[int(costs(states, graph, freedom, KERNELS[-1] * scale).argmin())]


def every_third(patch_px: Float[Tensor, "2 p"]) -> Int[Tensor, " q"]:
    """Numbers of every third patch, along diagonals of the grid: each keeps neighbours on all sides."""
    number = torch.arange(patch_px.shape[1], device=patch_px.device)
    columns = int((patch_px[1] == patch_px[1, 0]).sum())
    return number[(number % columns + number // columns) % ROUGH_EVERY == 0]


def nearest(graph_px: Float[Tensor, "2 p"], other_px: Float[Tensor, "2 q"]) -> Int[Tensor, " q"]:
    """For each of other patches the nearest one."""
    return torch.cdist(other_px.T, graph_px.T).argmin(1)


def starts_along_the_axis(graph: FlowGraph, lens: Lens) -> list[tuple[str, DenseParameters]]:
    """Ways along the axis with a zoom, there and back: dolly zooms, which no other start is near to; with names."""
    rest = _at_rest(graph, lens)
    names = {1: "back along the axis", -1: "along the axis"}
    return [(name, along_the_axis(rest, graph, sign)) for sign, name in names.items()]


def fits_along_the_axis(graph: FlowGraph, lens: Lens) -> list[DenseFit]:
    """Full motion and zoom, fitted from there."""
    thin = graph.patches(every_third(graph.patch_px))
    tried = _fitted(FULL_ZOOM, starts_along_the_axis(thin, lens), thin, lens)
    return mapped(lambda fit: everywhere(fit, thin, graph, lens), tried)


def _unturned(rest: DenseParameters, graph: FlowGraph, lens: Lens) -> DenseParameters:
    """A zooming camera that travels and does not turn: from any other start a way with a zoom ends as a turn under a
    long lens, which imitates it."""
    zooming = replace(rest, zoom=chained_turns(rest, graph, zoom=True).zoom)
    only = lens.freedom(replace(FULL, rotates=False), held=True)
    found, _ = adjust_all(taken(zooming, None), graph, only, ROUGH_KERNELS, iterations=ROUGH_STEPS)
    return taken(found, 0)


def _at_rest(graph: FlowGraph, lens: Lens) -> DenseParameters:
    """Cameras that stand still before a scene at depth 1."""
    k, _, p = graph.weight.shape
    rest = still(k, k, p, lens.focal.focal_px, graph.device)
    return replace(rest, undistortion=torch.full_like(rest.undistortion, lens.undistortion))


def _turned(model: MotionModel, far: DenseParameters, graph: FlowGraph) -> tuple[str, DenseParameters]:
    """Where a model without translation begins, and its name."""
    if not model.rotates:
        return "still", far
    return "turns of neighbours", chained_turns(far, graph, zoom=model.zooms)


def _best_starts(
    graph: FlowGraph, lens: Lens, starts: Sequence[tuple[str, DenseParameters]]
) -> list[tuple[str, DenseParameters]]:
    """The starts of full motion whose rough fits cost least, adjusted to these.

    Not the cost decides in the end but how much of the content agrees, movers that a free depth explains left out: by
    cost a large crossing vehicle makes the camera that takes it for something near.
    """
    found = roughly([start for _, start in starts], graph, lens.freedom(FULL, held=True), ROUGH_KERNELS)
    if not lens.focal.given:
        lenses = [(i, refocused(each, factor)) for i, each in found[:BEST_STARTS] for factor in FOCAL_FACTORS]
        freed = roughly([each for _, each in lenses], graph, lens.freedom(FULL), FREED_KERNELS)
        found = [(lenses[i][0], each) for i, each in freed]
    return [(starts[i][0], each) for i, each in found[:BEST_STARTS]]


def roughly(
    starts: Sequence[DenseParameters], graph: FlowGraph, freedom: Freedom, kernels: tuple[float, ...]
) -> list[tuple[int, DenseParameters]]:
    """Each start adjusted a little, with its number, the cheapest first."""
    found, left = adjust_all(
        stacked(starts), graph, freedom, kernels, iterations=ROUGH_STEPS, tolerance=ROUGH_TOLERANCE
    )
    return [(i, taken(found, i)) for i in left.argsort(stable=True).tolist()]


def _fitted(
    model: MotionModel, starts: Sequence[tuple[str, DenseParameters]], graph: FlowGraph, lens: Lens
) -> list[DenseFit]:
    """A model adjusted from each start, first with the focal length held, then free, under kernels in units of the
    noise found."""
    names, states = [name for name, _ in starts], stacked([start for _, start in starts])
    if model.rotates and not model.translates:
        states, _ = adjust_all(states, graph, lens.freedom(model), TURN_KERNELS, iterations=STEPS)
    elif model.translates:
        wide = [KERNELS[0] * noise_scales(states, graph)]
        states, _ = adjust_all(states, graph, lens.freedom(model, held=True), wide, iterations=STEPS)
    return _finished(model, names, states, noise_scales(states, graph), graph, lens)


def everywhere(fit: DenseFit, thin: FlowGraph, graph: FlowGraph, lens: Lens) -> DenseFit:
    """A fit to some of the patches, adjusted to all.

    Args:
        fit: to the patches of `thin`.
        thin, graph: the flow of some patches, and of all.
        lens: what is known of it.
    """
    near = fit.parameters.inverse_depth
    start = fit.parameters.patches(nearest(thin.patch_px, graph.patch_px))
    if fit.model.translates:
        levels = torch.linspace(0.0, 1.0, DEPTHS + 2, device=near.device, dtype=near.dtype)[1:-1]
        offered = [
            start.inverse_depth,
            *(each[:, None].expand_as(start.inverse_depth) for each in near.quantile(levels, 1)),
        ]
        start = best_depths(start, offered, graph, KERNELS[0] * fit.scale)
    scale = start.log_focal.new_tensor([fit.scale])
    return _finished(fit.model, [fit.start], taken(start, None), scale, graph, lens)[0]


def best_depths(
    cameras: DenseParameters, offered: Sequence[Float[Tensor, "k p"]], graph: FlowGraph, kernel: float
) -> DenseParameters:
    """The cameras with that of the offered inverse depths for each patch that costs least."""
    states = stacked([replace(cameras, inverse_depth=each) for each in offered])
    found: list[Tensor] = []
    for rows in blocks(graph, len(offered)):
        found.append(place_costs(states, graph, rows, kernel).sum(-2))
    best = torch.cat(found, 1).argmin(0, keepdim=True)
    return replace(cameras, inverse_depth=states.inverse_depth.gather(0, best)[0])


def stacked(states: Sequence[DenseParameters]) -> DenseParameters:
    """Several states of one graph as one."""
    return joined([taken(state, None) for state in states])


def _finished(
    model: MotionModel,
    names: Sequence[str],
    states: DenseParameters,
    scale: Float[Tensor, " s"],
    graph: FlowGraph,
    lens: Lens,
) -> list[DenseFit]:
    """A model adjusted with all that may move, under kernels in units of the noise.

    Args:
        model: what may move.
        names: of the starts.
        states: where to begin.
        scale: noise of each, in standard deviations.
        graph: flow between keyframes.
        lens: what is known of it.
    """
    free = lens.freedom(model, scale=scale)
    states, left = adjust_all(states, graph, free, [kernel * scale for kernel in KERNELS], iterations=STEPS)
    votes = votes_of(graph).cpu().numpy().astype(float)
    fits: list[DenseFit] = []
    for i, name in enumerate(names):
        found, noise = taken(states, i), float(scale[i])
        if model.translates:
            left_px = held_out_residual_px(found, graph, lens.freedom(model, scale=noise), KERNELS[-1] * noise)
        else:
            left_px = residual_px(found, graph)
        fits.append(
            DenseFit(
                model=model,
                parameters=found,
                cost=float(left[i]),
                scale=noise,
                patch_votes=votes,
                patch_residual_px=left_px.cpu().numpy().astype(float),
                start=name,
            )
        )
    return fits


def votes_of(graph: FlowGraph) -> Float[Tensor, "k p"]:
    """Sum over the places of a patch of their information, in units of the most that a place can have."""
    known = (graph.root**2).sum(2) / 2.0 * LEAST_SIGMA_PX**2
    return (torch.where(graph.weight > TESTIFIES, graph.weight, 0.0) * known).sum(1)
