"""The frames between keyframes whose cameras and depths are known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from flow_scene import clip, set_up, true_cameras
from projected import angle_deg, path_error

from sfm.backends.dense import frames
from sfm.backends.dense.frames import PlacedFrames, place_frames
from sfm.backends.dense.observe import Scene
from sfm.flow.pyramid import grey_of, grid, pyramid
from sfm.types import FULL, ROTATION, ROTATION_ZOOM, STATIC, MotionModel

KEY = np.array([0, 6, 11, 15])
OTHERS = np.setdiff1d(np.arange(16), KEY)


def placed(
    name: str,
    model: MotionModel,
    rgb: np.ndarray | None = None,
    key: np.ndarray = KEY,
    kept: np.ndarray | None = None,
) -> PlacedFrames:
    device = torch.device("cpu")
    shown = clip(name).rgb if rgb is None else rgb
    seen = pyramid(grey_of(shown if kept is None else shown[kept], device), 5)
    centres = grid(seen.hw(0), 8, device)
    usable = torch.ones(centres.shape[0] * centres.shape[1], dtype=torch.bool)
    cameras = true_cameras(set_up(name), key.tolist(), centres.reshape(-1, 2).numpy().astype(float))
    if not model.translates:
        cameras = replace(cameras, inverse_depth=torch.zeros_like(cameras.inverse_depth))
    scene = Scene(pyramid=seen, centres=centres, usable=usable, clock=kept)
    rows = key if kept is None else np.searchsorted(kept, key)
    return place_frames(scene, cameras, rows, model, (1.0, 1.5), torch.ones_like(cameras.inverse_depth))


def centres_of(found: PlacedFrames) -> np.ndarray:
    return -np.einsum("nji,nj->ni", found.rotation, found.translation)


@pytest.mark.parametrize(
    ("name", "model"), [("pan", ROTATION), ("zoom", ROTATION_ZOOM), ("truck", FULL), ("dolly", FULL)]
)
def test_frames_between_are_where_they_were_filmed(name, model):
    found, truth = placed(name, model), clip(name).trajectory
    assert angle_deg(found.rotation.transpose(0, 2, 1), truth.rotations).max() < 0.1
    np.testing.assert_allclose(np.exp(found.zoom), truth.focal_px / truth.focal_px[0], rtol=0.01)
    if model.translates:
        assert path_error(centres_of(found), truth.positions) < 0.015
    else:
        assert np.abs(found.translation).max() == 0
    assert (found.share[KEY] == 1).all()
    assert found.share[OTHERS].min() > 0.7
    assert found.share.max() <= 1


def test_it_is_more_than_interpolation():
    """The pan is eased, so that the frames between the first and the last are not on a line."""
    ends = np.array([0, 15])
    found, truth = placed("pan", ROTATION, key=ends), clip("pan").trajectory
    between = placed("pan", STATIC, key=ends)  # what does not rotate is only interpolated
    assert angle_deg(between.rotation.transpose(0, 2, 1), truth.rotations).max() > 0.4
    assert angle_deg(found.rotation.transpose(0, 2, 1), truth.rotations).max() < 0.15


def test_beside_a_gap_frames_are_where_they_were_filmed():
    """A frame after one keyframe and long before the next one was sought halfway between them, and not found."""
    kept = np.array([0, 1, 13, 14, 15])  # between lie blank frames, or numbers without an image
    found, truth = placed("truck", FULL, key=np.array([0, 13, 15]), kept=kept), clip("truck").trajectory
    assert angle_deg(found.rotation.transpose(0, 2, 1), truth.rotations[kept]).max() < 0.1
    assert path_error(centres_of(found), truth.positions[kept]) < 0.015


def test_a_frame_of_something_else_agrees_less_and_disturbs_none():
    rgb = clip("pan").rgb.copy()
    rgb[8] = np.random.default_rng(0).integers(0, 256, rgb[8].shape)
    found, truth = placed("pan", ROTATION, rgb), clip("pan").trajectory
    others = np.arange(16) != 8
    assert found.share[8] < 0.1  # of the usual number of patches, not of the few that resemble something by chance
    assert found.share[others].min() > 0.7
    assert angle_deg(found.rotation.transpose(0, 2, 1), truth.rotations)[others].max() < 0.1


def test_where_every_frame_is_a_keyframe_nothing_is_left_to_do():
    key = np.arange(16)
    found = placed("truck", FULL, key=key)
    cameras = true_cameras(set_up("truck"), key.tolist(), np.full((1, 2), 100.0))
    np.testing.assert_allclose(found.rotation, cameras.rotation.numpy(), atol=1e-12)
    np.testing.assert_allclose(found.translation, cameras.translation.numpy(), atol=1e-12)
    assert (found.share == 1).all()


def test_frames_placed_a_few_at_a_time_are_where_all_at_once_are(monkeypatch):
    """Shares too, which are counted against what is usual in the clip."""
    whole = placed("dolly", FULL)
    monkeypatch.setattr(frames, "FRAMES_AT_ONCE", 5)
    found = placed("dolly", FULL)
    np.testing.assert_allclose(found.rotation, whole.rotation, atol=1e-6)
    np.testing.assert_allclose(found.translation, whole.translation, atol=1e-6)
    np.testing.assert_allclose(found.share, whole.share, atol=0.01)
