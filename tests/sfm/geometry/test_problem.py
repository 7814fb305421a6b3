"""What is observed, and what may move."""

import numpy as np
from projected import FOCAL_PX

from sfm.geometry.problem import FocalPrior, free_parameters, observations_of
from sfm.types import MOTION_MODELS

GIVEN = FocalPrior(focal_px=FOCAL_PX, sigma=0.0)


UNKNOWN = FocalPrior(focal_px=0.85 * 640, sigma=0.35)


def test_free_parameters_name_what_each_model_moves():
    free = free_parameters(MOTION_MODELS, UNKNOWN)
    assert free.rotation.tolist() == [False, True, True, True, True]
    assert free.translation.tolist() == [False, False, False, True, True]
    assert free.zoom.tolist() == [False, False, True, False, True]
    assert free.focal.tolist() == [False, True, True, True, True]
    assert not free_parameters(MOTION_MODELS, GIVEN).focal.any()


def test_scene_is_centred_and_blind_where_tracks_are_not_seen():
    xy = np.full((2, 3, 2), np.nan)
    xy[0, 1] = (319.5, 179.5)
    xy[1, 2] = (0.0, 0.0)
    scene = observations_of(xy, (360, 640), 1.0)
    assert scene.weight.sum() == 2
    assert scene.xy_px[0, 1].tolist() == [0.0, 0.0]
    assert scene.xy_px[1, 2].tolist() == [-319.5, -179.5]
    assert np.isfinite(scene.xy_px).all()
