"""The unit of work, and how it becomes lighter."""

from pathlib import Path

import numpy as np
import pytest

from sfm.batch.work import SMALLEST_SIDE, at_half_size, can_be_smaller
from sfm.config import CommandConfig, EstimateConfig, VideoConfig
from sfm.video.encode import encode


def config(long_side: int | None) -> EstimateConfig:
    return EstimateConfig(video=VideoConfig(long_side=long_side))


@pytest.mark.parametrize(("wanted", "half"), [(640, 80), (None, 80), (150, 75), (100, SMALLEST_SIDE)])
def test_half_of_the_option_or_of_the_clip_where_that_is_smaller(tmp_path: Path, wanted: int | None, half: int) -> None:
    encode(np.zeros((2, 90, 160, 3), np.uint8), tmp_path / "a.mp4", fps=10.0)
    changed = at_half_size(str(tmp_path / "a.mp4"), config(wanted))
    assert changed.video.long_side == half
    assert changed == EstimateConfig(video=VideoConfig(long_side=half))


def test_what_has_no_header_is_halved_by_the_option_alone(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("no film")
    for clip in (tmp_path, tmp_path / "a.mp4", tmp_path / "absent.mp4"):
        assert at_half_size(str(clip), config(640)).video.long_side == 320
        assert at_half_size(str(clip), config(100)).video.long_side == SMALLEST_SIDE


def test_another_program_has_no_size_of_ours() -> None:
    assert can_be_smaller(EstimateConfig())
    assert not can_be_smaller(EstimateConfig(backend=CommandConfig(command="prog {video}")))
