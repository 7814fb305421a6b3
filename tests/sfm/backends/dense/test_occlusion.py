"""Who is seen where patches cover one another: a card that passes before a wall."""

from dataclasses import replace
from functools import cache

import clips
import numpy as np
import torch

from sfm.backends.dense.graph import DenseParameters, still
from sfm.backends.dense.observe import Scene, unobserved
from sfm.backends.dense.occlusion import Covered, covered
from sfm.backends.dense.refinement import Refined, scene_of
from sfm.backends.dense.rotations import exp_so3
from sfm.flow.pyramid import grey_of, pyramid
from sfm.types import Masks

HW = (120, 200)
FRAMES = 8
FOCAL_PX = 4000.0
STEP_PX = 6.0
KEY = torch.arange(FRAMES)


def card(frame: int) -> tuple[slice, slice]:
    left = 110 - round(STEP_PX * frame)
    return slice(30, 90), slice(left, left + 60)


@cache
def scene() -> Scene:
    """The wall rests, at infinity; the card goes left as a camera that trucks to the right sees it."""
    wall, front = clips.texture(1, HW), clips.texture(2, (60, 60))
    rgb = np.stack([wall] * FRAMES)
    for frame in range(FRAMES):
        rgb[(frame, *card(frame))] = front
    frames = clips.as_frames(clips.noisy(rgb, 1.0, np.random.default_rng(0)))
    seen = pyramid(grey_of(frames.rgb, torch.device("cpu")), 3)
    every = Masks(usable=np.ones(HW, bool), blank=np.zeros(FRAMES, bool), duplicate_of=np.arange(FRAMES))
    return scene_of(seen, frames, every, 8)


def on_card(frame: int, margin: int = 0) -> torch.Tensor:
    rows, columns = card(frame)
    x, y = scene().centres.reshape(-1, 2).unbind(-1)
    inside = (x > columns.start + margin) & (x < columns.stop - margin)
    return inside & (y > rows.start + margin) & (y < rows.stop - margin)


def refined(*, inside_out: bool = False, moves: bool = True) -> Refined:
    """True cameras and depths, or their twin: ways reversed, wall near, and a turn that brings the wall to rest."""
    patches = scene().centres[..., 0].numel()
    cameras: DenseParameters = still(FRAMES, FRAMES, patches, FOCAL_PX, torch.device("cpu"))
    near = torch.stack([on_card(frame) for frame in range(FRAMES)]).float()
    way = -torch.arange(FRAMES) * STEP_PX / FOCAL_PX * moves
    shift = torch.stack([way, 0 * way, 0 * way], 1).double()
    if inside_out:
        turn = torch.stack([0 * way, way, 0 * way], 1).double()
        cameras = replace(cameras, rotation=exp_so3(turn), translation=-shift, inverse_depth=1.0 - near)
    else:
        cameras = replace(cameras, translation=shift, inverse_depth=near)
    graph = unobserved(scene(), KEY, KEY[:, None])
    return Refined(
        scene=scene(),
        graph=graph,
        parameters=cameras,
        belongs=torch.ones(FRAMES, patches),
        residual_px=torch.zeros(FRAMES, 1, patches),
        scale=1.0,
    )


def votes(found: Refined, limit_px: float = 1.0) -> Covered:
    return covered(found, KEY, limit_px)


def test_the_nearer_one_is_seen():
    found = votes(refined())
    assert found.balance > 0.7
    assert found.nearer > 20


def test_the_twin_is_told_by_its_sign():
    twin = votes(refined(inside_out=True))
    assert twin.balance < -0.7
    assert twin.farther > 20


def test_nothing_that_moves_together_covers():
    assert votes(refined(moves=False)) == Covered(nearer=0.0, farther=0.0)


def test_what_the_fit_does_not_explain_is_not_asked():
    found = refined()
    off = torch.where(torch.stack([on_card(frame, -8) for frame in range(FRAMES)])[:, None], 3.0, 0.0)
    assert votes(replace(found, residual_px=off)) == Covered(nearer=0.0, farther=0.0)
    unseen = torch.full_like(found.residual_px, torch.nan)
    assert votes(replace(found, residual_px=unseen)) == Covered(nearer=0.0, farther=0.0)


def test_what_was_told_to_move_is_not_asked():
    moving = torch.zeros(FRAMES, *HW, dtype=torch.bool)
    for frame in range(FRAMES):
        moving[(frame, *card(frame))] = True
    found = refined()
    told = votes(replace(found, scene=replace(scene(), moving=moving)))
    assert told.nearer + told.farther < 0.1 * votes(found).nearer
