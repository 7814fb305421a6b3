"""What is fitted to the flow of a shot before one model is chosen."""

import clips
import numpy as np
import pytest
from flow_scene import clip

from sfm.backends.dense.fitting import fit_flow
from sfm.config import DenseConfig
from sfm.masks import find as masks
from sfm.synthetic import ClipSpec, render
from sfm.types import MOTION_MODELS, Masks


def test_every_model_is_fitted_between_frames_that_show_something():
    rgb = np.concatenate([np.zeros_like(clip("truck").rgb[:1]), clip("truck").rgb])
    frames = clips.as_frames(rgb)
    seconds: dict[str, float] = {}
    fitted = fit_flow(frames, masks.find(frames), DenseConfig(), seconds)
    assert not isinstance(fitted, str)
    assert [fit.model for fit in fitted.fits] == list(MOTION_MODELS)
    assert fitted.kept[0] == 1
    assert fitted.key[0] == 0
    assert fitted.key[-1] == len(fitted.kept) - 1
    assert fitted.belongs.shape == (len(fitted.key), fitted.graph.weight.shape[2])
    assert {"keyframes", "flow", "motion_models"} <= set(seconds)


def test_a_truck_with_a_zoom_is_no_turn_under_a_long_lens():
    """Full motion alone ends there, and so does the zoom that begins at it."""
    spec = ClipSpec(scene="street", move={"truck": -0.15, "zoom": 1.3}, frames=12, image_hw=(180, 320), focal_px=270.0)
    frames = clips.as_frames(render(spec).rgb)
    fitted = fit_flow(frames, masks.find(frames), DenseConfig(), {})
    assert not isinstance(fitted, str)
    zoomed = fitted.fits[-1]
    assert zoomed.focal_px == pytest.approx(270.0, rel=0.1)
    assert zoomed.log_zoom[-1] == pytest.approx(np.log(1.3), abs=0.02)


def test_noise_on_flat_ground_is_nothing_to_follow():
    """Frames that the masks let through: there is nothing to follow in them."""
    flat = clips.noisy(np.full((8, 90, 160, 3), 128, np.uint8), 1.5, np.random.default_rng(0))
    seen = Masks(usable=np.ones((90, 160), bool), blank=np.zeros(8, bool), duplicate_of=np.arange(8))
    fitted = fit_flow(clips.as_frames(flat), seen, DenseConfig(), {})
    assert isinstance(fitted, str)
    assert "patches can be followed" in fitted


@pytest.mark.parametrize("hw", [(64, 8), (15, 64), (20, 20), (32, 32)])
def test_a_picture_of_few_pixels_is_told_so(hw):
    frames = clips.as_frames(clip("truck").rgb[:4, : hw[0], : hw[1]])
    fitted = fit_flow(frames, masks.find(frames), DenseConfig(), {})
    assert isinstance(fitted, str)
    assert ("pixels a side" in fitted) == (min(hw) < 32)


def test_what_is_advised_for_a_small_picture_helps_and_is_not_there_already():
    """Of 36 by 64 pixels the fine grid has too few patches, whatever the coarse one has."""
    spec = ClipSpec(move={"truck": 0.4, "pan_deg": 5.0}, frames=12, image_hw=(36, 64), focal_px=55.0, seed=8)
    frames = clips.as_frames(render(spec).rgb)

    def told(config: DenseConfig) -> str:
        fitted = fit_flow(frames, masks.find(frames), config, {})
        return fitted if isinstance(fitted, str) else "followed"

    assert "--dense.search-px 8 --dense.grid-px 4" in told(DenseConfig())
    assert "--dense.search-px 8 --dense.grid-px 4" in told(DenseConfig(search_px=8))
    assert told(DenseConfig(search_px=8, grid_px=4)) == "followed"
    frames = clips.as_frames(clips.noisy(np.full((8, 36, 64, 3), 128, np.uint8), 1.5, np.random.default_rng(0)))
    nothing = Masks(usable=np.ones((36, 64), bool), blank=np.zeros(8, bool), duplicate_of=np.arange(8))
    fitted = fit_flow(frames, nothing, DenseConfig(search_px=8, grid_px=4), {})
    assert isinstance(fitted, str)
    assert fitted.endswith("the picture has but 32: give a larger picture")
