"""Inverse depth at any point: that of the rays cast, of a plane computed by hand, and of movers before the scene."""

import numpy as np
import pytest

from sfm.synthetic import ClipSpec, stage
from sfm.synthetic.inverse_depth import inverse_depth, pixel_centres, surfaces_of
from sfm.synthetic.raster import Camera
from sfm.synthetic.surfaces import Scene, Surface, sheet
from sfm.synthetic.textures import Texture
from sfm.synthetic.truth import Caster, depth_map


@pytest.mark.parametrize("scene", ["room", "landscape"])
def test_it_is_the_depth_of_the_rays(scene):
    spec = ClipSpec(seed=3, scene=scene, frames=2, image_hw=(90, 160), focal_px=140.0, textures="low")
    set_up = stage(spec)
    camera = set_up.cameras(np.zeros(1))[0]
    found = inverse_depth(surfaces_of(set_up.scene), camera, pixel_centres(spec.image_hw))
    cast = 1 / depth_map(Caster(set_up.scene), camera, spec.image_hw).ravel()
    # Outlines of trees are read from their pictures to half a texel, one way here and another way there.
    assert (np.abs(found / cast - 1) < 1e-9).mean() > (0.999 if scene == "room" else 0.97)


def test_a_sheet_before_a_wall():
    grey = Texture(image=np.full((8, 8, 3), 128, np.uint8))
    wall = Surface(origin=np.array([-9.0, -9, 4]), u=np.array([18.0, 0, 0]), v=np.array([0, 18.0, 0]), texture=grey)
    scene = Scene(shell=(wall,), solids=(), reference_depth=4.0)
    figure = sheet(np.array([0.0, 1, 2]), 1.0, 2.0, np.array([1.0, 0, 0]), grey, moving=True)
    camera = Camera(np.eye(4), 20.0, (40, 40))
    points = np.array([[20.0, 20.0], [20.0 + 0.49 * 10, 20.0], [20.0 + 0.51 * 10, 20.0], [1.0, 1.0]])
    assert inverse_depth(surfaces_of(scene, (figure,)), camera, points) == pytest.approx([0.5, 0.5, 0.25, 0.25])
    assert inverse_depth(surfaces_of(scene), camera, points) == pytest.approx([0.25] * 4)
    assert inverse_depth((), camera, points).tolist() == [0.0] * 4
