"""Models without translation."""

import numpy as np
from projected import FOCAL_PX, angle_deg, project

from sfm.geometry.problem import FocalPrior
from sfm.motion.rotation_models import fit_rotation_models
from sfm.types import ROTATION, ROTATION_ZOOM, STATIC

GIVEN = FocalPrior(focal_px=FOCAL_PX, sigma=0.0)


def test_a_pan_is_found_beside_a_subject_that_fills_much_of_the_frame() -> None:
    tracks = project({"pan_deg": 8.0}, seed=1, noise_px=0.1, movers=0.45, rigid_mover=True)
    static, rotation, zoomed = fit_rotation_models(tracks.problem(GIVEN))
    assert (static.model, rotation.model, zoomed.model) == (STATIC, ROTATION, ROTATION_ZOOM)
    assert angle_deg(rotation.parameters.rotation[0], tracks.rotation).max() < 0.2
    np.testing.assert_allclose(np.exp(zoomed.parameters.zoom[0]), 1.0, atol=0.01)
    assert not rotation.parameters.translation.any()
