"""What a clip takes and what would fit, and the way from a full GPU to the message; nothing here has a GPU."""

import re

import clips
import numpy as np
import pytest
import torch

from sfm import backends
from sfm.backends.dense import fitting, running
from sfm.backends.dense.memory import LEAST_SIDE, SIDE_STEP, does_not_fit, needed_bytes
from sfm.config import DenseConfig
from sfm.masks import find as masks
from sfm.types import Frames
from trajectory.errors import CinetrajError

CONFIG = DenseConfig()
HW = (180, 320)


def frames(count: int = 20) -> Frames:
    texture = clips.texture(3)
    return clips.as_frames(np.stack([clips.window(texture, 30 + 2 * i, 30, HW) for i in range(count)]))


def numbers(error: CinetrajError) -> tuple[int | None, int]:
    """The long side and the number of frames that a message names."""
    side = re.search(r"--long-side (\d+)", str(error))
    fewer = re.search(r"at most (\d+) frames", str(error))
    assert fewer is not None
    return None if side is None else int(side[1]), int(fewer[1])


def test_what_is_needed_grows_with_frames_and_pixels():
    one = needed_bytes(1, (360, 640), CONFIG)
    assert needed_bytes(600, (360, 640), CONFIG) == 600 * one
    assert 3.0 < one / needed_bytes(1, (180, 320), CONFIG) < 4.0  # rims do not shrink
    assert one > needed_bytes(1, (360, 640), DenseConfig(reach=1))
    assert one > needed_bytes(1, (360, 640), DenseConfig(grid_px=16))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_the_numbers_of_the_message_fit_and_no_more_would(share):
    clip = frames()
    available = int(share * needed_bytes(len(clip), HW, CONFIG))
    usable = min(available, needed_bytes(len(clip), HW, CONFIG) // 2)
    side, fewer = numbers(does_not_fit(clip, CONFIG, available))

    def at(long_side: int) -> int:
        return needed_bytes(len(clip), (round(HW[0] * long_side / HW[1]), long_side), CONFIG)

    assert needed_bytes(fewer, HW, CONFIG) <= usable < needed_bytes(fewer + 1, HW, CONFIG)
    if side is None:
        assert at(LEAST_SIDE) > usable
    else:
        assert at(side) <= usable < at(side + SIDE_STEP)


def test_it_asks_for_less_even_where_the_estimate_says_that_it_fits():
    """It did not: somebody else may have taken the memory, or the estimate be wrong."""
    side, fewer = numbers(does_not_fit(frames(), CONFIG, 2**40))
    assert side is not None
    assert side < HW[1]
    assert fewer <= 10


def test_a_full_gpu_is_a_message_with_numbers(monkeypatch):
    def full(*args: object, **kwargs: object) -> object:
        raise torch.cuda.OutOfMemoryError("made up")

    monkeypatch.setattr(fitting, "frame_motion_px", full)
    monkeypatch.setattr(running, "available_bytes", lambda device: 2**23)
    clip = frames()
    with pytest.raises(CinetrajError, match=r"20 frames of 320x180 need up to .* GiB on the GPU") as caught:
        backends.run(clip, masks.find(clip), CONFIG, device="cpu", threads=1)
    assert caught.value.__cause__ is None
