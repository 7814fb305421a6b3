"""What an estimate holds."""

from sfm.runs.estimate import ShotEstimate
from sfm.types import Frames


def test_frames_are_not_kept_by_estimates() -> None:
    # A thousand clips must not hold a thousand videos.
    assert not any(field == Frames for field in ShotEstimate.__annotations__.values())
