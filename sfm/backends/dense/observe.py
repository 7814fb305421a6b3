"""Flow between the cameras of a graph: from nothing, and again from where the geometry expects each patch."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sfm.backends.dense.distortion import redistorted
from sfm.backends.dense.graph import DenseParameters, FlowGraph, root_of
from sfm.backends.dense.linearise import predict
from sfm.backends.dense.normal import blocks
from sfm.flow._start import Flow
from sfm.flow.batches import in_batches
from sfm.flow.information import information, inside, resemblance, way_back
from sfm.flow.lucas_kanade import align
from sfm.flow.matched import LOST, coming_back, flow_by_matches
from sfm.flow.patches import patches
from sfm.flow.pyramid import Pyramid, sampled

PAIRS_AT_ONCE = 8
"""Pairs of frames that are matched in one batch; more leave the cache of a CPU."""
CHAIN_STEPS = 4


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """The frames, and where patches are looked at.

    Attributes:
        pyramid: of all frames.
        centres: middles of the patches.
        usable: patches that may testify.
        pixel_aspect: width of a pixel over its height.
        moving: pixels of each frame that were told to move by themselves; None where nothing was told.
        clock: when each frame was filmed, in steps; None where they follow one another evenly.
    """

    pyramid: Pyramid
    centres: Float[Tensor, "gh gw 2"]
    usable: Bool[Tensor, " p"]
    pixel_aspect: float = 1.0
    moving: Bool[Tensor, "n h w"] | None = None
    clock: Int[np.ndarray, " n"] | None = None

    @property
    def patch_px(self) -> Float[Tensor, "2 p"]:
        """Patches in square pixels relative to the principal point."""
        return self.square(self.centres.reshape(-1, 2)).T

    def square(self, place: Float[Tensor, "*s 2"]) -> Float[Tensor, "*s 2"]:
        """Pixels of the frame to square ones relative to its middle."""
        return (place - self._middle(place)) * self._stretch(place)

    def pixels(self, square: Float[Tensor, "*s 2"]) -> Float[Tensor, "*s 2"]:
        """The inverse."""
        return square / self._stretch(square) + self._middle(square)

    def told_at(self, frame: Int[Tensor, "*b"], place: Float[Tensor, "*#b p 2"]) -> Bool[Tensor, "*b p"]:
        """Whether places of frames were told to move; beyond the edge as at the edge."""
        if self.moving is None:
            return place.new_zeros((*frame.shape, place.shape[-2]), dtype=torch.bool)
        height, width = self.moving.shape[1:]
        x, y = place.round().long().unbind(-1)
        return self.moving[frame[..., None], y.clamp(0, height - 1), x.clamp(0, width - 1)]

    def told_cells(self, frame: Int[Tensor, " k"]) -> Bool[Tensor, "k p"]:
        """Whether the patches of frames were told to move: by their middles."""
        return self.told_at(frame, self.centres.reshape(1, -1, 2))

    def filmed_at(self) -> Int[np.ndarray, " n"]:
        """When each frame was filmed, in steps."""
        return np.arange(len(self.pyramid.levels[0])) if self.clock is None else self.clock

    def patches(self, chosen: Int[Tensor, " q"]) -> "Scene":
        """The same frames with some of the patches, in one row."""
        return replace(self, centres=self.centres.reshape(1, -1, 2)[:, chosen], usable=self.usable[chosen])

    def _middle(self, like: Tensor) -> Tensor:
        height, width = self.pyramid.hw(0)
        return like.new_tensor([(width - 1) / 2, (height - 1) / 2])

    def _stretch(self, like: Tensor) -> Tensor:
        return like.new_tensor([self.pixel_aspect, 1.0])


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Displacements:
    """Flow of every slot of a graph.

    Attributes:
        moved: (x, y) in pixels of the frame.
        variance: mean squared difference of grey values that is left.
        tensor, deviation: structure tensors and contrasts of the patches.
        told: patches that were told to move, where they are or where the flow leads.
    """

    moved: Float[Tensor, "k m p 2"]
    variance: Float[Tensor, "k m p"]
    tensor: Float[Tensor, "k p 2 2"]
    deviation: Float[Tensor, "k p"]
    told: Bool[Tensor, "k m p"]


def first_flow(
    scene: Scene, key: Int[Tensor, " k"], target: Int[Tensor, "k m"], flow: Flow, left_out: tuple[int, ...] = ()
) -> Displacements:
    """From nothing for neighbours (slots 0 and 1); the others start from the chain of shorter ones.

    Args:
        scene: frames and patches.
        key: frame of each keyframe.
        target: keyframe of each slot, as `neighbours` gives them.
        flow: what finds the neighbours.
        left_out: keyframes after which frames were left out; where they and the next one lose each other, matched
            features are looked for. In film without a gap what is lost is hidden, and must not be linked so.
    """
    k, m = target.shape
    patch = scene.centres.reshape(-1, 2)
    device = scene.pyramid.device
    moved = torch.zeros(k, m, len(patch), 2, device=device)
    variance = torch.zeros(k, m, len(patch), device=device)
    tensor = torch.zeros(k, len(patch), 2, 2, device=device)
    deviation = torch.ones(k, len(patch), device=device)
    there = target != torch.arange(k, device=device)[:, None]
    slot, row = there[:, :2].T.nonzero().unbind(-1)

    def near(part: slice) -> None:
        pair = row[part], slot[part]
        moved[pair], variance[pair] = flow(scene.pyramid, key[pair[0]], key[target[pair]], scene.centres)

    def far(part: slice) -> None:
        template = patches(scene.pyramid, 0, key[part], patch)
        tensor[part], deviation[part] = template.tensor, template.deviation
        for number in range(2, m):
            own = there[part, number].nonzero()[:, 0]
            here = own + part.start
            first = moved[here, number - 2]
            second = moved[target[here, number - 2], number % 2].reshape(len(own), *scene.centres.shape)
            start = first + sampled(second, scene.centres, patch + first)
            goal = key[target[here, number]]
            found = align(scene.pyramid, template.take(own), goal, start, CHAIN_STEPS)
            moved[here, number], variance[here, number] = found

    in_batches(len(row), PAIRS_AT_ONCE, device, near)
    for one in left_out:
        _found_again(scene, key, (one, int(target[one, 0])), moved, variance)
    in_batches(k, PAIRS_AT_ONCE, device, far)
    told = _told(scene, key, key[target], moved)
    return Displacements(moved=moved, variance=variance, tensor=tensor, deviation=deviation, told=told)


def _found_again(
    scene: Scene,
    key: Int[Tensor, " k"],
    pair: tuple[int, int],
    moved: Float[Tensor, "k m p 2"],
    variance: Float[Tensor, "k m p"],
) -> None:
    """Where a keyframe and the next one have lost each other, their flow by matched features, if these find each other.

    Args:
        scene: frames and patches.
        key: frame of each keyframe.
        pair: the two keyframes.
        moved, variance: of all slots, of which 0 of the first and 1 of the second may be written.
    """
    one, other = pair
    hw = scene.pyramid.hw(0)
    if coming_back(moved[one, 0], moved[other, 1], scene.centres, hw) >= LOST:
        return
    again = flow_by_matches(scene.pyramid, (int(key[one]), int(key[other])), scene.centres, scene.usable)
    if again is not None and coming_back(again[0][0], again[0][1], scene.centres, hw) > LOST:
        (moved[one, 0], moved[other, 1]), (variance[one, 0], variance[other, 1]) = again


def flow_again(
    scene: Scene, key: Int[Tensor, " k"], goal: Int[Tensor, "k m"], start: Float[Tensor, "k m p 2"], steps: int
) -> Displacements:
    """Flow from given starts, on the finest level alone; slots of a frame against itself stay idle.

    Args:
        scene: frames and patches.
        key: frame of each row.
        goal: frame of each slot.
        start: displacements to begin with, pixels.
        steps: of Gauss-Newton.
    """
    k, m, p, _ = start.shape
    moved, variance = start.clone(), torch.zeros(k, m, p, device=start.device)
    tensor = torch.zeros(k, p, 2, 2, device=start.device)
    deviation = torch.ones(k, p, device=start.device)
    row, slot = (goal != key[:, None]).nonzero().unbind(-1)

    def again(part: slice) -> None:
        own, place = torch.unique(row[part], return_inverse=True)
        template = patches(scene.pyramid, 0, key[own], scene.centres.reshape(-1, 2))
        tensor[own], deviation[own] = template.tensor, template.deviation
        pair = row[part], slot[part]
        moved[pair], variance[pair] = align(scene.pyramid, template.take(place), goal[pair], start[pair], steps)

    in_batches(len(row), PAIRS_AT_ONCE, start.device, again)
    told = _told(scene, key, goal, moved)
    return Displacements(moved=moved, variance=variance, tensor=tensor, deviation=deviation, told=told)


def _told(
    scene: Scene, frame: Int[Tensor, " k"], goal: Int[Tensor, "k m"], moved: Float[Tensor, "k m p 2"]
) -> Bool[Tensor, "k m p"]:
    """Patches of frames that were told to move, or that lie in the other frame where that was told."""
    return scene.told_cells(frame)[:, None] | scene.told_at(goal, scene.centres.reshape(-1, 2) + moved)


def expected_flow(scene: Scene, parameters: DenseParameters, graph: FlowGraph) -> Float[Tensor, "k m p 2"]:
    """Where the parameters put each patch of a graph, as displacements in pixels of the frame."""
    found: list[Tensor] = []
    kappa = float(parameters.undistortion)
    for rows in blocks(graph):
        predicted = predict(parameters, graph, rows)
        x, y = predicted.ideal.unbind(2)
        bent = torch.stack(redistorted(x, y, kappa), 2)
        place = (bent * predicted.focal_px[..., None]).transpose(2, 3)
        found.append(scene.pixels(place) - scene.centres.reshape(-1, 2))
    height, width = scene.pyramid.hw(0)
    return torch.cat(found).clamp(-2.0 * max(height, width), 2.0 * max(height, width))


def unobserved(scene: Scene, source: Int[Tensor, " k"], target: Int[Tensor, "k m"]) -> FlowGraph:
    """A graph of which nothing is known yet but which cameras are compared: every place weighs nothing."""
    patch_px = scene.patch_px
    nothing = torch.zeros(*target.shape, 3, patch_px.shape[1], device=patch_px.device)
    return FlowGraph(
        source=source,
        target=target,
        patch_px=patch_px,
        place_px=patch_px.expand(*target.shape, 2, -1),
        root=nothing,
        weight=nothing[:, :, 0],
    )


def graph_of(
    scene: Scene, found: Displacements, source: Int[Tensor, " k"], target: Int[Tensor, "k m"], *, back: bool
) -> FlowGraph:
    """The graph that a flow makes; idle slots (a camera against itself) weigh nothing.

    Args:
        scene: frames and patches.
        found: the flow.
        source: camera of each row.
        target: camera of each slot.
        back: whether the opposite slots exist (as `neighbours` gives them), so that the way back can be asked for.
    """
    k, m, p, _ = found.moved.shape
    info = information(found.tensor[:, None].expand(k, m, p, 2, 2), found.variance, scene.pyramid.noise)
    place = scene.centres.reshape(-1, 2) + found.moved
    contrast = found.deviation[:, None].expand(k, m, p)
    may = scene.usable & ~found.told
    weight = inside(place, scene.pyramid.hw(0)) * may * resemblance(found.variance, contrast)
    for slot in range(m if back else 0):
        opposite = found.moved[target[:, slot], slot ^ 1]
        weight[:, slot] *= way_back(found.moved[:, slot], opposite, info[:, slot], scene.centres, scene.pyramid.hw(0))
    weight = weight * (target != source[:, None])[..., None]
    scale = info.new_tensor([1.0 / scene.pixel_aspect**2, 1.0 / scene.pixel_aspect, 1.0])
    return FlowGraph(
        source=source,
        target=target,
        patch_px=scene.patch_px,
        place_px=scene.square(place).transpose(2, 3).contiguous(),
        root=root_of(info * scale).movedim(-1, 2).contiguous(),
        weight=weight,
    )
