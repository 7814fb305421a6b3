"""A model fitted to tracks."""

from dataclasses import replace

import numpy as np
import pytest
from fitted_moves import GIVEN, fitted, rotation_of
from projected import FOCAL_PX, angle_deg, project

from sfm.geometry.problem import observations_of
from sfm.motion.models import Start, fit
from sfm.types import FULL


def test_model_hold_the_parameters_that_they_do_not_have():
    _, found, _ = fitted("truck with zoom", 0.3)
    by_name = {r.model.name: r.parameters for r in found}
    assert np.array_equal(by_name["static"].rotation[0], [np.eye(3)] * 8)
    for model in ("static", "rotation", "rotation_zoom"):
        assert np.abs(by_name[model].translation).max() == 0.0
    for model in ("static", "rotation", "full"):
        assert np.abs(by_name[model].zoom).max() == 0.0
    for state in by_name.values():
        assert np.array_equal(state.rotation[0, 0], np.eye(3))
        assert np.exp(state.log_focal[0]) == pytest.approx(FOCAL_PX)


def test_tracks_that_slip_away_slowly_are_let_go():
    """A third of the content drifts by three pixels in all, which a kernel of 2.5 takes for noise in most frames."""
    tracks = project({"truck": 0.15}, seed=6, noise_px=0.05)
    drift = np.where(np.arange(len(tracks.xy_px)) % 3 == 0, 3.0, 0.0)[:, None] * np.linspace(0, 1, 8)
    xy = tracks.xy_px + np.stack([0.3 * drift, drift], -1)
    observations = observations_of(xy, (360, 640), 1.0)
    problem = replace(tracks.problem(GIVEN), observations=observations)
    start = Start(parameters=tracks.parameters(), model=FULL, origin="truth")
    off = {
        rough: angle_deg(rotation_of(fit(problem, [start], (6.0, 2.5), rough=rough)[0]), tracks.rotation).max()
        for rough in (True, False)
    }
    assert off[False] < 0.02
    assert off[False] < 0.5 * off[True]
