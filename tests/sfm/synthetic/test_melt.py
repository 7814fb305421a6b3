"""The swim: as large as asked for, smooth in space and time, forgotten after a while, no camera's."""

import numpy as np
import pytest

from sfm.synthetic import ClipSpec, render
from sfm.synthetic.melt import bent, content_places, drift, swim
from sfm.synthetic.paths import rotation_about
from trajectory.errors import CinetrajError

SIZE = {"image_hw": (180, 320), "focal_px": 275.0}


def _swim(frame: int, seed: int = 0, *, renewal_frames: float = 8.0) -> np.ndarray:
    return swim((360, 640), frame, seed=seed, rms_px=2.0, wave_px=120.0, renewal_frames=renewal_frames)


def _likeness(one: np.ndarray, two: np.ndarray) -> float:
    return float((one * two).sum() / np.sqrt((one**2).sum() * (two**2).sum()))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_is_as_large_as_asked_for_and_no_turn_of_the_camera(seed):
    offset = _swim(5, seed)
    assert np.sqrt((offset**2).sum(-1).mean()) == pytest.approx(2.0, rel=0.15)
    assert np.linalg.norm(offset.mean((0, 1))) < 0.25


def test_it_is_smooth_in_space():
    """Steepest slope of waves of 90 px: a pixel farther on it differs by a seventh of a pixel, not by more."""
    offset = _swim(5)
    slope = np.sqrt((np.diff(offset, axis=1) ** 2).sum(-1).mean())
    assert slope < 2.0 * 2 * np.pi / 90
    far = [_likeness(offset[:, :-d], offset[:, d:]) for d in (4, 300)]
    assert far[0] > 0.9
    assert abs(far[1]) < 0.3


def test_it_is_smooth_in_time_and_decorrelates():
    """exp(-(t / 8)^2): .98 after a frame, 1/e after 8, next to nothing after 20."""
    pairs = {gap: np.mean([_likeness(_swim(3, s), _swim(3 + gap, s)) for s in range(6)]) for gap in (1, 8, 20)}
    assert pairs[1] == pytest.approx(np.exp(-1 / 64), abs=0.01)
    assert pairs[8] == pytest.approx(np.exp(-1), abs=0.12)
    assert abs(pairs[20]) < 0.15
    assert _likeness(_swim(3, 0), _swim(3, 1)) < 0.3, "other seeds, other swims"


def test_a_drift_starts_at_none_and_grows_to_twice_the_variance_of_a_swim():
    places = np.stack(np.meshgrid(np.arange(640.0), np.arange(360.0)), -1)
    wave = {"rms_px": 2.0, "wave_px": 120.0, "renewal_frames": 8.0}

    def variance(frame: int) -> float:
        return float(np.mean([(drift(places, frame, seed=s, **wave) ** 2).sum(-1).mean() for s in range(6)]))

    assert variance(0) == 0.0
    assert variance(1) == pytest.approx(2 * 4.0 * (1 - np.exp(-1 / 64)), rel=0.25)
    assert variance(40) == pytest.approx(2 * 4.0, rel=0.25)


def test_content_keeps_its_place_while_the_camera_turns_and_zooms():
    """A pan of 5 degrees under 275 px moves the middle by 24 px; a zoom moves what is off the middle."""
    at_start = content_places((180, 320), np.eye(3), 275.0, 275.0)
    turn = rotation_about(1, np.radians([5.0]))[0]
    panned = content_places((180, 320), turn, 275.0, 275.0)
    middle = panned[89:91, 159:161].mean((0, 1))
    assert middle == pytest.approx([275.0 * np.radians(5.0), 0.0], abs=1e-6)
    step = panned[90, 161, 0] - panned[90, 160, 0]
    assert step == pytest.approx(at_start[90, 161, 0] - at_start[90, 160, 0], rel=1e-3)
    zoomed = content_places((180, 320), np.eye(3), 550.0, 275.0)
    assert zoomed[90, 260, 0] == pytest.approx(275.0 * np.arctan(100.5 / 550.0))


def test_bending_takes_each_pixel_from_where_it_says():
    image = np.add.outer(np.arange(40), 3 * np.arange(60)).astype(np.uint8)
    offset = np.full((40, 60, 2), [2.0, -1.0])
    assert (bent(image, offset)[5:-5, 5:-5] == image[4:-6, 7:-3]).all()


def test_the_picture_melts_and_the_truth_does_not():
    spec = ClipSpec(seed=3, scene="planar", move={"pan_deg": 2.0}, frames=3, **SIZE)
    firm, soft = render(spec), render(ClipSpec.from_dict({**spec.to_dict(), "melt": 2.0}))
    assert (firm.trajectory.world_from_cam == soft.trajectory.world_from_cam).all()
    assert (firm.depth == soft.depth).all()
    back = [
        bent(f, swim(spec.image_hw, k, seed=3, rms_px=2.0, wave_px=120.0, renewal_frames=8.0))
        for k, f in enumerate(firm.rgb)
    ]
    assert (np.stack(back) == soft.rgb).all()
    assert (firm.rgb != soft.rgb).mean() > 0.5


def test_what_drifts_is_whole_in_the_first_frame_and_off_in_the_last():
    spec = ClipSpec(seed=3, scene="planar", move={"pan_deg": 2.0}, frames=3, melt_frames=2.0, **SIZE)
    firm = render(spec)
    soft = render(ClipSpec.from_dict({**spec.to_dict(), "melt": 3.0, "melt_drifts": True}))
    assert (soft.trajectory.world_from_cam == firm.trajectory.world_from_cam).all()
    off = np.abs(soft.rgb.astype(int) - firm.rgb).mean((1, 2, 3))
    assert off[0] == 0.0
    assert off[2] > 4.0


def test_a_still_camera_sees_it_move():
    clip = render(ClipSpec(seed=3, scene="planar", frames=3, melt=2.0, **SIZE))
    assert (clip.rgb[0] != clip.rgb[2]).mean() > 0.3


def test_impossible_waves_are_refused():
    with pytest.raises(CinetrajError, match="melt"):
        ClipSpec(melt=1.0, melt_wave_px=0.0)
