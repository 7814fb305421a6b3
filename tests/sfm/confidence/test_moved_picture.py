"""What moves as one flat picture does, and what does not."""

from dataclasses import replace

import numpy as np
import pytest
from weighed_paths import HW, cameras, seen

from sfm.confidence.moved_picture import off_as_picture
from sfm.confidence.sightings import of_tracks


def shown(count: int = 200, keyframes: int = 8) -> np.ndarray:
    """Points of a photograph that is shifted, turned and scaled."""
    rng = np.random.default_rng(0)
    xy = rng.uniform((0.0, 0.0), (640.0, 360.0), (count, 1, 2)) - np.array([320.0, 180.0])
    share = np.linspace(0.0, 1.0, keyframes)
    angle, scale = np.radians(10.0) * share, 1.4**share
    turn = np.stack([np.stack([np.cos(angle), -np.sin(angle)], -1), np.stack([np.sin(angle), np.cos(angle)], -1)], 1)
    moved = scale[:, None] * np.einsum("kij,mkj->mki", turn, np.broadcast_to(xy, (count, keyframes, 2)))
    return moved + np.outer(share, (60.0, -30.0)) + np.array([320.0, 180.0])


def test_a_photograph_that_is_shifted_turned_and_scaled_moves_as_one_picture():
    xy = shown()
    assert off_as_picture(of_tracks(xy, HW, 1.0)).max() < 1e-9
    rng = np.random.default_rng(1)
    noisy = off_as_picture(of_tracks(xy + 0.3 * rng.normal(size=xy.shape), HW, 1.0))
    assert np.median(noisy) == pytest.approx(0.3 * 2, rel=0.25)  # two axes, of both ends


def test_what_moves_by_itself_is_off_and_spoils_nothing_else():
    xy = shown()
    xy[:60] += np.linspace(0.0, 40.0, xy.shape[1])[:, None]
    off_px = off_as_picture(of_tracks(xy, HW, 1.0))
    assert off_px[:60].min() > 5.0
    assert off_px[60:].max() < 0.05


def test_a_camera_that_travels_past_depths_shows_no_flat_picture_but_one_before_a_parallel_plane_does():
    truck = cameras((0.3, 0.0, 0.0))
    assert np.median(off_as_picture(seen(truck))) > 2.0
    plane = seen(truck, depth_of=lambda ray: np.full(len(ray), 2.0))
    assert off_as_picture(plane).max() < 1e-9


def test_a_pan_of_an_ordinary_lens_bends_the_picture():
    assert np.median(off_as_picture(seen(cameras(pan_deg=20.0)))) > 1.0


def test_of_a_few_points_nothing_is_asked():
    few = of_tracks(shown(count=5), HW, 1.0)
    assert np.isinf(off_as_picture(few)).all()
    fields = ("anchor", "xy_px", "target", "place_px", "seen", "votes")
    assert len(off_as_picture(replace(few, **{name: getattr(few, name)[:0] for name in fields}))) == 0
