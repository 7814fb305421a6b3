"""What `strict` promises: gauge, scale and frame rate do not matter; motion, mirrors and failures do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import elsewhere, smooth, strict

from trajectory.frames import mirrored

seeds = st.integers(0, 2**32 - 1)
ERRORS = ("RotErr", "TransErr", "CamMC", "DirErr")


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_identity_is_zero(seed: int) -> None:
    a = smooth(seed)
    clip = strict(a, a)
    assert [clip[name] for name in ERRORS] == pytest.approx([0, 0, 0, 0], abs=1e-12)
    assert clip["Smoothness"] == 0


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_world_and_scale_of_either_side_do_not_matter(seed: int) -> None:
    a, b = smooth(seed), smooth(seed + 1)
    plain = strict(a, b)
    for moved in (
        strict(elsewhere(a, seed), b),
        strict(a, elsewhere(b, seed)),
        strict(elsewhere(a, 1), elsewhere(b, 2)),
    ):
        for name in ERRORS:
            assert moved[name] == pytest.approx(plain[name], rel=1e-7, abs=1e-8)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_a_mirrored_path_has_an_error(seed: int) -> None:
    a = smooth(seed)
    clip = strict(a, mirrored(a))
    assert clip["RotErr"] > 0.1
    assert clip["TransErr"] > 1e-3


def test_zoom_is_compared_as_a_ratio() -> None:
    zoom = np.tile(np.diag([500.0, 500, 1]), (40, 1, 1))
    zoom[:, [0, 1], [0, 1]] *= np.linspace(1, 2, 40)[:, None]
    a = smooth(1, image_hw=(480, 640), intrinsics_px=zoom)
    small = smooth(1, image_hw=(240, 320), intrinsics_px=zoom * np.array([0.5, 0.5, 1])[None, :, None])
    flat = smooth(1, image_hw=(480, 640), intrinsics_px=np.tile(zoom[0], (40, 1, 1)))
    assert strict(a, small)["ZoomErr"] == pytest.approx(0, abs=1e-12)
    assert strict(a, flat)["ZoomErr"] == pytest.approx(np.log2(np.linspace(1, 2, 40)).mean(), rel=0.01)
