"""What is shown again behind a passer-by, a short shot, or in images that are only numbered."""

from dataclasses import replace

import clips
import numpy as np
import pytest

from sfm.shots import boundaries as shots


@pytest.mark.parametrize(("scene_behind", "cuts"), [(0, 0), (7, 1)])
def test_what_is_there_before_and_behind_a_near_thing_is_one_shot(scene_behind: int, cuts: int) -> None:
    """A camera that passes through something sees nothing of the scene for a while, in which one thing blends into
    another; another scene behind it is a cut."""
    scene, behind = clips.pan(0, 80, step_px=0.5), clips.pan(scene_behind, 80, step_px=0.5)
    near, nearer = clips.pan(3, 16, step_px=3.0), clips.pan(4, 16, step_px=-3.0)
    share = (np.arange(1, 13) / 13)[:, None, None, None]
    blend = np.rint((1 - share) * near[4:] + share * nearer[:12]).astype(np.uint8)
    whole = clips.as_frames(np.concatenate([scene[:30], near[:4], blend, nearer[12:], behind[50:]]))
    assert len(shots.at_breaks(whole, [(30, 48)])) == cuts


def covered(count: int = 40, *, gone: int = 24, hw: tuple[int, int] = (120, 160)) -> np.ndarray:
    """A pan behind a subject that comes near, covers the lens for ten frames and is past it at frame `gone`."""
    import cv2

    rgb, coat = clips.pan(3, count, step_px=0.5).copy(), clips.texture(4, hw)
    for i in range(gone):
        near = 1.12 ** (i - gone + 14)
        wide = min(hw[1], round(60 * near))
        scale = max(1.0, 1.5 * near)
        large = cv2.resize(coat, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        left = (hw[1] - wide) // 2
        rgb[i, :, left : left + wide] = large[: hw[0], :wide]
    return rgb


def test_a_lens_that_a_subject_covers_is_no_cut() -> None:
    rgb = covered()
    assert clips.shot_starts(rgb) == []
    # The same subject before another scene is one.
    assert clips.shot_starts(np.concatenate([rgb[:24], clips.pan(5, 16)])) == [24]


@pytest.mark.parametrize("between", [6, 12])
def test_a_short_shot_between_two_of_one_scene_has_two_cuts(between: int) -> None:
    scene = clips.pan(3, 40, step_px=0.5)
    rgb = np.concatenate([scene[:20], clips.pan(4, between), scene[20:]])
    assert clips.shot_starts(rgb) == [20, 20 + between]


def test_numbered_images_of_one_scene_are_one_shot() -> None:
    """Three views, each far from the one before, the last close to the first."""
    image = clips.texture(0, (160, 700))
    views = [(0, 5), (330, 5), (40, 8)]
    rgb = np.concatenate([[clips.window(image, x + 2 * k, y, (120, 160)) for k in range(5)] for x, y in views])
    numbered = replace(clips.as_frames(rgb), time_s=np.arange(15.0), time_source="index")
    assert len(shots.split(clips.as_frames(rgb))) == 3
    found = shots.find(numbered)
    cuts = [suspect.frame for suspect in found.suspects if suspect.cut]
    assert len(cuts) < 3
