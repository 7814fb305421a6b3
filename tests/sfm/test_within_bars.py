"""The picture within bars, cut out for a backend, and what it says put back into the whole frame."""

from dataclasses import replace
from functools import partial

import numpy as np
import planes_scene as scene
import pytest
from made_structure import CELL, N, structure, trajectory

from sfm import backends
from sfm.config import DenseConfig
from sfm.types import BackendResult, Frames, Masks
from sfm.within_bars import STEP_PX, margins_of, run_within

ROWS, COLUMNS = 16, 24


def masks(hw: tuple[int, int], *, top: int = 0, bottom: int = 0, left: int = 0, right: int = 0) -> Masks:
    usable = np.zeros(hw, bool)
    usable[top : hw[0] - bottom, left : hw[1] - right] = True
    return Masks(usable=usable, blank=np.zeros(N, bool), duplicate_of=np.arange(N))


def frames(hw: tuple[int, int]) -> Frames:
    rgb = np.random.default_rng(0).integers(0, 255, (N, *hw, 3), dtype=np.uint8)
    source_hw = (2 * hw[0], 2 * hw[1])
    return Frames(rgb=rgb, time_s=np.arange(N) / 8, index=np.arange(N), source_hw=source_hw, source="made")


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ({}, (0, 0)),
        ({"left": 23, "right": 20}, (0, 16)),
        ({"left": 23}, (0, 0)),  # the axis of the lens is in the middle of the frame
        ({"top": 23, "bottom": 20}, (0, 0)),  # the longer side stays as it is
        ({"top": 8, "bottom": 9, "left": 40, "right": 47}, (8, 40)),
        ({"top": 60, "bottom": 60, "left": 40, "right": 40}, (0, 40)),  # too little would be left
    ],
)
def test_what_is_cut_off_lies_outside_of_the_picture_on_both_sides(
    sides: dict[str, int], expected: tuple[int, int]
) -> None:
    assert margins_of(masks((180, 320), **sides)) == expected


def test_a_logo_is_no_bar_and_where_nothing_is_seen_nothing_is_cut() -> None:
    logo = masks((180, 320))
    usable = np.array(logo.usable)
    usable[:40, :40] = False
    assert margins_of(replace(logo, usable=usable)) == (0, 0)
    assert margins_of(replace(logo, usable=np.zeros_like(usable))) == (0, 0)


def test_a_backend_sees_the_picture_alone_and_is_told_of_whole_frames() -> None:
    hw = (2 * ROWS + 20, 2 * COLUMNS + 30)
    whole, seen = frames(hw), masks(hw, top=ROWS, bottom=ROWS, left=COLUMNS, right=COLUMNS)
    inner = trajectory().replace(image_hw=(20, 30))
    tracks_px = np.array([[[1.0, 2.0]]], np.float32)

    def run(cut: Frames, usable: Masks) -> BackendResult:
        np.testing.assert_array_equal(cut.rgb, whole.rgb[:, ROWS:-ROWS, COLUMNS:-COLUMNS])
        assert cut.source_hw == (40, 60)
        assert usable.usable.all()
        return BackendResult(
            status="ok",
            reason="",
            trajectory=inner,
            motion_model="full",
            picture={"tracks_px": tracks_px},
            structure=structure(),
            alternatives=(inner,),
        )

    found = run_within((ROWS, COLUMNS), run, whole, seen)
    assert found.trajectory is not None
    for each in (found.trajectory, *found.alternatives):
        assert each.image_hw == hw
        assert each.intrinsics_px is not None
        assert inner.intrinsics_px is not None
        moved = each.intrinsics_px[0] - inner.intrinsics_px[0]
        np.testing.assert_array_equal(moved, [[0, 0, COLUMNS], [0, 0, ROWS], [0, 0, 0]])
    np.testing.assert_array_equal(found.picture["tracks_px"], tracks_px + (COLUMNS, ROWS))
    padded, plain = found.structure, structure()
    assert padded is not None
    assert padded.tracks is not None
    assert plain.tracks is not None
    np.testing.assert_array_equal(padded.tracks.xy_px, plain.tracks.xy_px + np.float32((COLUMNS, ROWS)))
    inside = np.s_[:, ROWS // CELL : ROWS // CELL + 5, COLUMNS // CELL : COLUMNS // CELL + 7]
    for name, unknown in (("depth", np.nan), ("depth_sigma_log", np.nan), ("moving", False)):
        grid = np.array(getattr(padded, name))
        assert grid.shape == (N, hw[0] // CELL, hw[1] // CELL)
        np.testing.assert_array_equal(grid[inside], getattr(plain, name))
        grid[inside] = unknown
        np.testing.assert_array_equal(grid, np.full_like(grid, unknown))


def test_without_bars_nothing_is_copied() -> None:
    whole = frames((20, 30))
    result = BackendResult(status="failed", reason="no", trajectory=None, motion_model=None)

    def run(given: Frames, _: Masks) -> BackendResult:
        assert given is whole
        return result

    assert run_within((0, 0), run, whole, masks((20, 30))) is result


@pytest.mark.slow
def test_bars_on_all_sides_change_nothing_but_the_frame() -> None:
    poses = scene.path(13, shift=(0.9, 0.1, 0.3), pan_deg=-4.0)
    rgb, _ = scene.render(poses)
    plain, evidence = scene.clip(rgb)
    height, width = plain.hw
    framed = np.zeros((len(rgb), height + 80, width + 2 * 64, 3), np.uint8)
    framed[:, 40:-40, 64:-64] = rgb
    whole, _ = scene.clip(framed)
    seen = masks(whole.hw, top=40, bottom=40, left=64, right=64)
    seen = replace(seen, blank=evidence.blank, duplicate_of=evidence.duplicate_of)
    margins = margins_of(seen)
    assert margins == (40 // STEP_PX * STEP_PX, 64)
    run = partial(backends.run, config=DenseConfig(keyframes=5), device="cpu", threads=1)
    bare, found = run(plain, evidence), run_within(margins, run, whole, seen)
    assert bare.trajectory is not None
    assert found.trajectory is not None
    np.testing.assert_array_equal(found.trajectory.world_from_cam, bare.trajectory.world_from_cam)
    assert found.trajectory.image_hw == whole.hw
