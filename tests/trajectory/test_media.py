"""Videos are told by their names."""

import pytest

from trajectory.media import VIDEO_SUFFIXES, is_video


@pytest.mark.parametrize("suffix", sorted(VIDEO_SUFFIXES))
def test_a_suffix_counts_in_any_case(suffix: str) -> None:
    assert is_video(f"folder/clip{suffix}")
    assert is_video(f"CLIP{suffix.upper()}")


@pytest.mark.parametrize("name", ["clip", "clip.mp4.txt", "mp4", "folder.mp4/pred_traj.txt"])
def test_what_is_no_video_by_its_name(name: str) -> None:
    assert not is_video(name)
