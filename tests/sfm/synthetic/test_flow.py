"""Exact flow: computed by hand before a wall and a sheet, through a lens, with a rolling shutter, and beside movers."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sfm.geometry.radial_lens import distorted, undistorted
from sfm.synthetic import ClipSpec, flow, render
from sfm.synthetic.clip import RenderedClip, Stage
from sfm.synthetic.surfaces import Scene, Surface, sheet
from sfm.synthetic.textures import Texture

GREY = Texture(image=np.full((8, 8, 3), 128, np.uint8))
H, W, FOCAL = 90, 160, 140.0


def _clip(move: dict[str, float], **effects: float) -> RenderedClip:
    """A wall 5 m ahead and, before its middle, a sheet of 1 by 2 m at 2.5 m; a move of two frames."""
    spec = ClipSpec(scene="planar", move=move, frames=2, easing="linear", image_hw=(H, W), focal_px=FOCAL, **effects)
    wall = Surface(origin=np.array([-40.0, -40, 5]), u=np.array([80.0, 0, 0]), v=np.array([0, 80.0, 0]), texture=GREY)
    figure = sheet(np.array([0.0, 1, 2.5]), 1.0, 2.0, np.array([1.0, 0, 0]), GREY)
    scene = Scene(shell=(wall,), solids=(figure,), reference_depth=5.0)
    return replace(_plain(), spec=spec, set_up=Stage(spec=spec, scene=scene, world_from_first=np.eye(4)))


@cache
def _plain() -> RenderedClip:
    return render(ClipSpec(scene="planar", frames=2, image_hw=(H, W), focal_px=FOCAL, textures="low"))


def test_a_truck_before_a_sheet_and_a_wall():
    """Half a metre to the right: the wall moves by 140 * .5 / 5 = 14 px, the sheet (columns 52 to 108) by 28."""
    motion, visible = flow(_clip({"truck": 0.1}), 0, 1)
    sheet_rows, sheet_columns = slice(5, 85), slice(53, 107)
    assert motion[40, 10] == pytest.approx([-14.0, 0.0])
    assert motion[40, 80] == pytest.approx([-28.0, 0.0])
    assert motion[sheet_rows, sheet_columns].reshape(-1, 2) == pytest.approx(np.tile([-28.0, 0.0], (80 * 54, 1)))
    assert visible[sheet_rows, sheet_columns].all()
    # In the second frame the sheet covers columns 24 to 80: wall from 38 to 52 is hidden, columns up to 14 are gone.
    assert not visible[40, 39:51].any()
    assert visible[40, 15:37].all()
    assert not visible[:, :14].any()
    assert visible[40, 109:].all()


def test_a_pan_and_a_zoom():
    motion, _ = flow(_clip({"pan_deg": 5.0}), 0, 1)
    x = np.tan(np.arctan((30.5 - 80) / FOCAL) - np.radians(5)) * FOCAL
    assert motion[45, 30, 0] == pytest.approx(x - (30.5 - 80), abs=0.02)  # row 45 is half a pixel off the axis
    motion, _ = flow(_clip({"zoom": 1.2}), 0, 1)
    assert motion[10, 20] == pytest.approx([0.2 * (20.5 - 80), 0.2 * (10.5 - 45)])


def test_back_again_and_nowhere():
    clip = _clip({"truck": 0.1, "roll_deg": 4.0, "dolly": 0.1}, radial=-0.1)
    assert np.abs(flow(clip, 0, 0)[0]).max() < 1e-9
    assert flow(clip, 1, 1)[1].all()
    there, visible = flow(clip, 0, 1)
    back, _ = flow(clip, 1, 0)
    row, column = np.nonzero(visible)
    x, y = np.rint(there[row, column] + np.column_stack([column, row])).astype(int).T
    inside = (x < W) & (y < H)
    gap = there[row, column][inside] + back[y[inside], x[inside]]
    assert np.median(np.linalg.norm(gap, axis=1)) < 0.1, "to the next pixel, so not to the bit"


def test_through_a_lens():
    motion, _ = flow(_clip({"truck": 0.1}, radial=-0.2), 0, 1)
    start = undistorted((np.array([[20.5, 10.5]]) - [80, 45]) / FOCAL, -0.2)
    end = distorted(start - [0.5 / 5, 0.0], -0.2)
    assert motion[10, 20] == pytest.approx((end[0] * FOCAL + [80, 45]) - [20.5, 10.5])


def test_rows_of_a_rolling_shutter_move_by_their_own_times():
    """A truck has the same rows in both frames: moved by one frame interval, and sheared alike in each frame."""
    clip = _clip({"truck": 0.1, "pedestal": 0.06}, rolling_shutter=0.8)
    motion, _ = flow(clip, 0, 1)
    # Downwards the wall goes by v = 140 * .3 / 5 = 8.4 px an interval; a row lower is .8 / 90 of an interval later.
    down = 8.4 / (1 - 8.4 * 0.8 / H)
    assert motion[40, 10, 1] == pytest.approx(down, abs=0.08)
    assert motion[40, 10, 0] == pytest.approx(-14 * (1 + down * 0.8 / H), abs=0.14)
    assert np.abs(flow(clip, 0, 0)[0]).max() < 1e-9


def test_movers_are_marked():
    clip = _clip({"truck": 0.1})
    moving = np.zeros((2, H, W), bool)
    moving[0, 20:30, 120:130] = moving[1, 50:60, 120:130] = True
    motion, visible = flow(replace(clip, moving=moving), 0, 1)
    assert not visible[20:30, 120:130].any()
    assert not visible[50:60, 134:144].any(), "under the mover of the second frame"
    assert motion[25, 125] == pytest.approx([-14.0, 0.0]), "the scene behind it"
    assert visible[30:45, 110:].all()
