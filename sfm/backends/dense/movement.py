"""Which patches are of the scene and which move by themselves, told in turns with the camera.

A camera that follows something else than the scene is not found out by its residuals alone: a free depth takes in
whatever moves along the epipolar line. Three things give a mover away. What its depth cannot *foretell* (the places of
a patch in other keyframes) does not belong, nor does what lies among such patches. Of several cameras that each explain
a part of the frame, the scene's explains the *outer frame*: a subject that fills half of the frame seldom fills its
border. And a camera that was fitted to the scene alone, leaves noise and nothing else there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.spatial import KDTree
from torch import Tensor

from sfm.backends.dense.adjustment import TESTIFIES, adjust, held_out_residual_px
from sfm.backends.dense.graph import DenseParameters, FlowGraph, still
from sfm.backends.dense.models import (
    KERNELS,
    ROUGH_KERNELS,
    ROUGH_TOLERANCE,
    DenseFit,
    Lens,
    every_third,
    fit_models,
    nearest,
    roughly,
    votes_of,
)
from sfm.backends.dense.starts import chained_directions, chained_turns
from sfm.processes.workers import mapped
from sfm.types import FULL, MotionModel

LEAST_MOVING = 0.05
"""Share of the content in regions that no camera foretells from which something is taken to move by itself. Rendered
clips without movers are at 0.00 to 0.02, those with a figure over half of the frame at 0.12 to 0.35."""
GOOD_SHARE = 0.3
"""The residual that this share of the content stays below tells the noise: more may move than half."""
GOOD_OF_CHI2 = 0.713
"""That quantile of the squared length of a pair of standard normal numbers."""
AGREES = 4.0
"""A patch is of the scene by 1 / (1 + (residual / 4 noise)²)."""
NEIGHBOURS = 1.6
"""What lies within so many steps of the grid is asked, too: the eight around a patch."""
CARRIED = 3
"""Labels are carried along the flow so often, each time as far as keyframes are compared: what moves by itself may do
as the scene does for a while, and then does not."""
FOREIGN, OURS = 0.4, 0.8
"""A region with less than the first share of agreeing content moves by itself, one with more than the second is of the
scene, and weights rise in between."""
WHISPER = 1e-3
"""What may move by itself says so little of the camera, but gets a depth, by which it is judged again."""
NEARLY = 0.1
"""Rivals that explain less than the best by at most this share are compared by what they have in common."""
FEWEST_KEYFRAMES = 3
"""With two a patch has one place, and nothing else foretells it."""
TURNS, STEPS = 4, 6
"""Labels and camera are found in turns so often, with at most so many steps each."""
HELD_TURNS = 1
"""Turns in which the lens stays as it is."""
FIRST_KERNEL = 16.0


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Rival:
    """A camera, and what of the frame it would call the scene.

    Attributes:
        parameters: of the camera.
        residual: of each patch in standard deviations, where the patch's other places foretell it; NaN where unseen.
        noise: by how much the residuals of the best part exceed their standard deviations.
    """

    parameters: DenseParameters
    residual: Float[Tensor, "k p"]
    noise: float


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A graph, and which of its patches show the same thing.

    Attributes:
        graph: flow between keyframes.
        votes: of the patches, by what they know.
        near: 1 where two patches are neighbours or the same, else 0.
        carried: where the flow carries each patch: patches of the target.
        held: 1 where that flow testifies, else 0.
    """

    graph: FlowGraph
    votes: Float[Tensor, "k p"]
    near: Float[Tensor, "p p"]
    carried: Int[Tensor, "k m p"]
    held: Float[Tensor, "k m p"]

    def around(self, values: Float[Tensor, "k p"]) -> Float[Tensor, "k p"]:
        """Sums over what lies around each patch, there and, as far as the flow leads, in the keyframes around."""
        total = values @ self.near
        row = self.graph.target[:, :, None]
        for _ in range(CARRIED):
            total = total + (self.held * total[row, self.carried]).sum(1)
        return total


def seen_by(graph: FlowGraph) -> Seen:
    """A graph with its neighbourhoods."""
    patch = graph.patch_px.T
    width, height = (patch.amax(0) - patch.amin(0)).tolist()
    step = (width * height / max(len(patch), 1)) ** 0.5
    places = np.nan_to_num(graph.place_px.transpose(2, 3).cpu().numpy())
    _, carried = KDTree(patch.cpu().numpy()).query(places)
    return Seen(
        graph=graph,
        votes=votes_of(graph),
        near=(torch.cdist(patch, patch) < NEIGHBOURS * step).to(patch.dtype),
        carried=torch.from_numpy(carried).to(graph.device),
        held=(graph.weight > TESTIFIES).to(patch.dtype),
    )


def fit_scene(
    graph: FlowGraph, lens: Lens, fits: Sequence[DenseFit], unit_px: float = 1.0
) -> tuple[list[DenseFit], Float[Tensor, "k p"]]:
    """All five models fitted to the scene alone, and the weight 0..1 of each patch as a part of it.

    They are what they were, and all weights are 1, where no region is left unexplained, where there are too few
    keyframes to foretell one from the others, or where less would be left of the scene than tells the noise.

    Args:
        graph: flow between keyframes.
        lens: what is known of it.
        fits: the models fitted to all of the content, as `fit_models` gives them.
        unit_px: length of one pixel of a 640-pixel frame.
    """
    if len(graph.source) < FEWEST_KEYFRAMES:
        return list(fits), torch.ones_like(graph.weight[:, 0])
    seen = seen_by(graph)
    if min(_moving_share(fit, seen, lens) for fit in fits if fit.model.translates) < LEAST_MOVING:
        return list(fits), torch.ones_like(graph.weight[:, 0])
    begin, scene = _scene(seen, fits, lens)
    if float((seen.votes * scene).sum() / seen.votes.sum().clamp_min(1e-9)) < GOOD_SHARE:
        return list(fits), torch.ones_like(scene)
    return fit_models(of_scene(graph, scene), lens, unit_px, begin=begin), scene


def of_scene(graph: FlowGraph, scene: Float[Tensor, "k p"]) -> FlowGraph:
    """A graph in which patches testify by their weight as a part of the scene."""
    return replace(graph, weight=graph.weight * scene[:, None])


def scene_weights(rival: Rival, seen: Seen, noise: float) -> Float[Tensor, "k p"]:
    """The weight 0..1 of each patch as a part of the scene, by what agrees around it, before and after.

    Args:
        rival: a camera.
        seen: what it was judged by.
        noise: in standard deviations.
    """
    share = seen.around(seen.votes * _agrees(rival, noise)) / seen.around(seen.votes).clamp_min(1e-9)
    return ((share - FOREIGN) / (OURS - FOREIGN)).clamp(0.0, 1.0)


def judged(parameters: DenseParameters, graph: FlowGraph, lens: Lens, model: MotionModel, noise: float) -> Rival:
    """A camera with what it foretells of all patches, whatever they weigh in its fit.

    Args:
        parameters: of the camera, and a depth for each patch.
        graph: flow between keyframes.
        lens: what is known of it.
        model: what the camera may do.
        noise: by which places are weighed against each other, standard deviations.
    """
    left_px = held_out_residual_px(parameters, graph, lens.freedom(model, scale=noise), KERNELS[-1] * noise)
    each = left_px * ((graph.root**2).sum(2) / 2.0).clamp_min(1e-6).sqrt()
    residual = each.nanmedian(1).values
    seen = ~residual.isnan()
    good = _quantile(residual[seen], votes_of(graph)[seen], GOOD_SHARE) / GOOD_OF_CHI2**0.5
    return Rival(parameters=parameters, residual=residual, noise=max(1.0, good))


def _agrees(rival: Rival, noise: float) -> Float[Tensor, "k p"]:
    """How well each patch is foretold, 0..1."""
    agrees = 1.0 / (1.0 + (rival.residual / (AGREES * noise)) ** 2)
    return torch.where(rival.residual.isnan(), 0.0, agrees)


def _moving_share(fit: DenseFit, seen: Seen, lens: Lens) -> float:
    """Share of the content in regions that a fit does not foretell."""
    rival = judged(fit.parameters, seen.graph, lens, fit.model, fit.scale)
    foreign = scene_weights(rival, seen, rival.noise) < 0.5
    return float((seen.votes * foreign).sum() / seen.votes.sum().clamp_min(1e-9))


def _scene(seen: Seen, fits: Sequence[DenseFit], lens: Lens) -> tuple[DenseParameters, Float[Tensor, "k p"]]:
    """Where full motion begins, and the weights of the patches: those of the best of several rivals.

    Args:
        seen: flow between keyframes.
        fits: of all models to all of the content.
        lens: what is known of it.
    """
    graph = seen.graph
    few = every_third(graph.patch_px)
    thin = seen_by(graph.patches(few))
    every = torch.ones_like(thin.votes)
    moved = [fit for fit in fits if fit.model.translates]
    starts = [(fit.model, fit.parameters.patches(few), every) for fit in moved]
    parts = _parts(thin.graph.patch_px)
    starts += mapped(lambda part: (FULL, _started(thin.graph, part, lens), every * part), parts)
    rivals = mapped(lambda each: _in_turns(each[1], each[2], thin, lens, each[0]), starts)
    best = best_rival(rivals, thin)
    model = starts[best][0]
    whole = nearest(thin.graph.patch_px, graph.patch_px)
    scene = scene_weights(rivals[best], thin, rivals[best].noise)[:, whole]
    start = rivals[best].parameters.patches(whole)
    found = _in_turns(start, scene, seen, lens, model)
    begin = moved[0].parameters if model.zooms else found.parameters
    return begin, scene_weights(found, seen, found.noise)


def best_rival(rivals: Sequence[Rival], seen: Seen) -> int:
    """The rival that explains most of the outer frame; where others explain nearly as much, what they share decides.

    A camera that bends to take in a part of a mover pays with what all call the scene.
    """
    patch = seen.graph.patch_px
    outer = seen.votes * (patch / patch.abs().amax(1, keepdim=True)).square().sum(0)
    noise = min(rival.noise for rival in rivals)
    agrees = [_agrees(rival, noise) for rival in rivals]
    scenes = [scene_weights(rival, seen, noise) for rival in rivals]
    share = [float((outer * a * s).sum()) for a, s in zip(agrees, scenes, strict=True)]
    near = [i for i in range(len(rivals)) if share[i] >= (1.0 - NEARLY) * max(share)]
    common = torch.stack([scenes[i] for i in near]).prod(0)
    explained = {i: float((outer * agrees[i] * common).sum()) for i in near}
    if max(explained.values()) < 0.5 * max(share):
        return max(near, key=lambda i: share[i])
    return max(near, key=lambda i: explained[i])


def _parts(patch_px: Float[Tensor, "2 p"]) -> Iterator[Bool[Tensor, " p"]]:
    """Parts of the outer frame: both sides, each side, the top. What stands before the camera stands at the bottom."""
    x, y = patch_px / patch_px.abs().amax(1, keepdim=True)
    yield x.abs() > 0.5
    yield x < -1 / 3
    yield x > 1 / 3
    yield y < -1 / 3


def _started(graph: FlowGraph, part: Bool[Tensor, " p"], lens: Lens) -> DenseParameters:
    """The camera that a part of the frame asks for; what lies elsewhere has the usual depth."""
    chosen = part.nonzero()[:, 0]
    own = graph.patches(chosen)
    k, p = len(graph.source), len(chosen)
    rest = still(k, k, p, lens.focal.focal_px, graph.device)
    rest = replace(rest, undistortion=torch.full_like(rest.undistortion, lens.undistortion))
    starts = [start for _, start in chained_directions(rest, own)]
    starts.append(chained_turns(rest, own, zoom=False))
    found = roughly(starts, own, lens.freedom(FULL, held=True), ROUGH_KERNELS)[0][1]
    depth = torch.ones_like(graph.weight[:, 0])
    depth[:, chosen] = found.inverse_depth
    return replace(found, inverse_depth=depth)


def _in_turns(
    start: DenseParameters,
    scene: Float[Tensor, "k p"],
    seen: Seen,
    lens: Lens,
    model: MotionModel,
) -> Rival:
    """A camera fitted to its scene, and the scene told by the camera, in turns.

    Args:
        start: of the camera.
        scene: weights of the patches to begin with.
        seen: flow between keyframes.
        lens: what is known of it.
        model: what the camera may do.
    """
    parameters, noise = start, FIRST_KERNEL / KERNELS[-1]
    rival = None
    for turn in range(TURNS):
        heard = of_scene(seen.graph, scene.clamp_min(WHISPER))
        freedom = lens.freedom(model, scale=noise, held=turn < HELD_TURNS)
        kernel = (KERNELS[-1] * noise,)
        parameters, _ = adjust(parameters, heard, freedom, kernel, iterations=STEPS, tolerance=ROUGH_TOLERANCE)
        rival = judged(parameters, seen.graph, lens, model, noise)
        noise = rival.noise
        scene = scene_weights(rival, seen, noise)
    assert rival is not None
    return rival


def _quantile(values: Float[Tensor, " n"], weight: Float[Tensor, " n"], share: float) -> float:
    """The value that a share of the weight stays below."""
    if not len(values):
        return 0.0
    order = values.argsort()
    total = weight[order].cumsum(0)
    at = int((total < share * total[-1]).sum())
    return float(values[order][min(at, len(values) - 1)])
