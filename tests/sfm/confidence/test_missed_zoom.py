"""A zoom that hides behind a way, and what a way alone misses of it."""

import numpy as np
import pytest
from weighed_paths import answer, cameras, seen

from sfm.confidence.evidence import seen_by
from sfm.confidence.missed_zoom import missed_zoom
from sfm.confidence.posterior import judge
from sfm.geometry.problem import FocalPrior

PRIOR = FocalPrior(focal_px=544.0, sigma=0.35)
ZOOMED = cameras((0.3, 0.0, 0.0), zoom=1.3)
NEARER = cameras((0.3, 0.0, 0.25))  # what a way alone makes of it
ANSWERS = [answer("rotation", cameras(pan_deg=6.0)), answer("full", NEARER, chosen=True), answer("full_zoom", ZOOMED)]


def test_a_way_misses_a_zoom_that_explains_more():
    missed = missed_zoom(ANSWERS, {"tracks": seen_by(seen(ZOOMED, noise_px=0.2), ANSWERS)})
    assert missed[1] > 0.05
    assert missed[[0, 2]].tolist() == [0.0, 0.0]


def test_tracks_and_flow_both_have_to_say_so_and_flow_alone_is_not_asked():
    shows, hides = (seen_by(seen(path, noise_px=0.2), ANSWERS) for path in (ZOOMED, NEARER))
    assert missed_zoom(ANSWERS, {"tracks": shows, "flow": hides})[1] == 0.0
    assert missed_zoom(ANSWERS, {"tracks": shows, "flow": shows})[1] > 0.05
    assert missed_zoom(ANSWERS, {"flow": shows})[1] == 0.0


def test_a_drift_of_the_lens_is_not_missed():
    drifting = [*ANSWERS[:2], answer("full_zoom", cameras((0.3, 0.0, 0.0), zoom=1.05))]
    assert missed_zoom(drifting, {"tracks": seen_by(seen(drifting[2].cameras, noise_px=0.2), drifting)})[1] == 0.0


@pytest.mark.parametrize(("truth", "told"), [(ZOOMED, "full_zoom"), (NEARER, "full")])
def test_tracks_are_not_held_to_a_choice_that_misses_a_zoom(truth, told):
    found = judge(ANSWERS, {"tracks": seen_by(seen(truth, noise_px=0.2), ANSWERS)}, PRIOR)
    assert found.answer.model.name == told
    assert np.isclose(found.probability.sum(), 1.0)
