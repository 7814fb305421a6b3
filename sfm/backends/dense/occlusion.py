"""Which way round the relief is, by what covers what: the one witness of a sign that no residual can tell.

Where a camera moves along its axis and may zoom, inverse depths w and b - w explain the same flow exactly (see
`starts.along_the_axis`): near and far change places. But where two patches come to lie on one another in another frame,
only the nearer one is seen there.
"""

from dataclasses import dataclass
from itertools import product
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sfm.backends.dense.observe import PAIRS_AT_ONCE, expected_flow, unobserved
from sfm.backends.dense.refinement import Refined
from sfm.flow.batches import in_batches
from sfm.flow.information import inside, resemblance
from sfm.flow.lucas_kanade import variance
from sfm.flow.patches import RADIUS, patches

SPANS = (0.25, 0.5, 0.75)
"""Keyframes so far apart are compared, in shares of the clip: what covers is seen best when it has come far."""
CELLS = 3
"""Patches up to so many cells apart are asked whether they come together."""
TOGETHER_PX = RADIUS
"""Patches cover one another whose middles come so near: half of a patch ..."""
NEARER_PX = 2 * RADIUS
"""... and nearer than they were by a whole one. What moves together less only overlaps a little more than it did."""
CONTRAST = 3.0
"""Patches of less contrast than so many standard deviations of the noise would be like anything."""
FEWEST = 10.0
"""So many votes of one mind are believed half: those of neighbours and of several keyframes are not independent."""


@final
@dataclass(frozen=True, kw_only=True)
class Covered:
    """Votes of places where two patches come to lie on one another.

    Attributes:
        nearer: for the nearer one being seen.
        farther: for the other one.
    """

    nearer: float
    farther: float

    @property
    def balance(self) -> float:
        """-1 (inside out) to 1; few votes count little."""
        return (self.nearer - self.farther) / (self.nearer + self.farther + FEWEST)


def covered(refined: Refined, key: Int[Tensor, " k"], limit_px: float) -> Covered:
    """Who is seen where patches cover one another in keyframes far apart.

    Args:
        refined: a fit that translates.
        key: frames of the keyframes.
        limit_px: only patches that the fit explains up to this testify: the others are somewhere else.
    """
    scene, near = refined.scene, refined.parameters.inverse_depth
    source = torch.arange(len(key), device=key.device)
    steps = sorted({sign * max(2, round(share * len(key))) for share in SPANS for sign in (1, -1)})
    target = source[:, None] + torch.tensor(steps, device=key.device)
    there = (target >= 0) & (target < len(key))
    target = torch.where(there, target, source[:, None])
    moved = expected_flow(scene, refined.parameters, unobserved(scene, source, target))
    known = scene.usable & (refined.residual_px.nanmedian(1).values < limit_px)
    row, slot = there.nonzero().unbind(-1)
    votes = near.new_zeros(len(row), 2)

    def vote(part: slice) -> None:
        own, goal, flow = row[part], key[target[row[part], slot[part]]], moved[row[part], slot[part]]
        unique, place_of = torch.unique(own, return_inverse=True)
        template = patches(scene.pyramid, 0, key[unique], scene.centres.reshape(-1, 2)).take(place_of)
        like = resemblance(variance(scene.pyramid, template, goal, flow), template.deviation)
        place = scene.centres.reshape(-1, 2) + flow
        asked = known[own] & (template.deviation > CONTRAST * scene.pyramid.noise)
        asked &= (inside(place, scene.pyramid.hw(0)) > 0) & ~scene.told_cells(key[own]) & ~scene.told_at(goal, place)
        grid = scene.centres.shape[:2]
        on_grid = (value.unflatten(1, grid) for value in (place, near[own], like, asked))
        votes[part.start] = _votes(scene.centres, *on_grid)

    in_batches(len(row), PAIRS_AT_ONCE, key.device, vote)
    nearer, farther = votes.sum(0).tolist()
    return Covered(nearer=nearer, farther=farther)


def _votes(
    centres: Float[Tensor, "gh gw 2"],
    place: Float[Tensor, "b gh gw 2"],
    near: Float[Tensor, "b gh gw"],
    like: Float[Tensor, "b gh gw"],
    asked: Bool[Tensor, "b gh gw"],
) -> Float[Tensor, "2"]:
    """Votes for the nearer and for the farther patch of all that come together: by how much more one resembles."""
    gh, gw, _ = centres.shape
    total = near.new_zeros(2)
    for down, across in product(range(CELLS + 1), range(-CELLS, CELLS + 1)):
        if (down, across) <= (0, 0):
            continue
        one = (..., slice(0, gh - down), slice(max(0, -across), gw - max(0, across)))
        other = (..., slice(down, gh), slice(max(0, across), gw + min(0, across)))
        before = (centres[one[1:]] - centres[other[1:]]).norm(dim=-1)
        after = (place[(*one, slice(None))] - place[(*other, slice(None))]).norm(dim=-1)
        together = (after < TOGETHER_PX) & (before - after > NEARER_PX) & asked[one] & asked[other]
        vote = (like[one] - like[other]) * (near[one] - near[other]).sign() * together
        total += torch.stack([vote.clamp_min(0).sum(), (-vote).clamp_min(0).sum()])
    return total
